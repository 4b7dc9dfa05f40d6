"""The handle of a hook."""

import autograd


def test_a_hooks_handle_takes_out_its_own_hook_only():
    hooks = {k: f"unpickled {k}" for k in range(10_000)}
    first, second = autograd.RemovableHandle(hooks, "first"), autograd.RemovableHandle(hooks, "second", prepend=True)
    assert next(iter(hooks.values())) == "second"
    assert list(hooks.values())[-1] == "first"
    first.remove()
    first.remove()
    with second:
        assert len(hooks) == 10_001
    assert list(hooks.values()) == [f"unpickled {k}" for k in range(10_000)]


def test_a_hook_that_is_put_first_goes_first():
    hooks = {}
    for name in "abcd":
        autograd.RemovableHandle(hooks, name, prepend=name in "cd")
    assert list(hooks.values()) == ["d", "c", "a", "b"]
