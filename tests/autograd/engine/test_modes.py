"""Grad modes and scopes: nested, exception-safe, per thread, on functions and on generators."""

import threading

import pytest

from autograd import Tensor, enable_grad, is_grad_enabled, no_grad, scope, set_grad_enabled


@pytest.fixture
def x():
    return Tensor([1.0, 2.0], requires_grad=True)


def test_modes_nest_and_survive_exceptions(x):
    with no_grad():
        assert not (x * 2).requires_grad
        with enable_grad():
            assert (x * 2).requires_grad
            with no_grad():
                assert not is_grad_enabled()
            assert is_grad_enabled()
        assert not is_grad_enabled()
        with pytest.raises(ZeroDivisionError), enable_grad():
            1 / 0  # noqa: B018
        assert not is_grad_enabled()
    assert (x * 2).requires_grad


def test_one_mode_may_be_entered_again(x):
    mode = no_grad()
    with mode, mode:
        pass
    assert is_grad_enabled()
    with mode:
        assert not is_grad_enabled()
    assert is_grad_enabled()


def test_what_is_computed_without_recording_is_a_constant(x):
    with no_grad():
        y = x * 2
    assert y.is_leaf
    assert y.grad_fn is None
    (y * x).sum().backward()
    assert x.grad.tolist() == [2, 4]


def test_a_decorated_function(x):
    @no_grad()
    def f(t, k=2):
        """Doc."""
        return t * k

    assert f.__doc__ == "Doc."
    assert not f(x).requires_grad
    assert (x * 2).requires_grad

    @no_grad()
    def raises():
        raise KeyError

    with pytest.raises(KeyError):
        raises()
    assert is_grad_enabled()

    @no_grad()
    def recursive(n):
        return n == 0 or (not is_grad_enabled() and recursive(n - 1))

    assert recursive(3)
    assert is_grad_enabled()


def test_a_decorated_generator_keeps_its_mode_to_itself(x):
    @no_grad()
    def steps():
        try:
            sent = yield is_grad_enabled()
            assert sent == "a"
            assert not is_grad_enabled()
            yield is_grad_enabled()
        except ValueError:
            yield ("caught", is_grad_enabled())
        return (yield "last")

    body = steps()
    assert next(body) is False
    assert is_grad_enabled()
    assert body.send("a") is False
    assert is_grad_enabled()
    assert body.throw(ValueError) == ("caught", False)
    assert is_grad_enabled()
    assert next(body) == "last"
    with pytest.raises(StopIteration) as end:
        body.send(5)
    assert end.value.value == 5
    assert is_grad_enabled()


def test_a_decorated_generator_is_closed_in_its_mode():
    seen = []

    @no_grad()
    def steps():
        try:
            yield 1
        finally:
            seen.append(is_grad_enabled())

    body = steps()
    next(body)
    body.close()
    assert seen == [False]
    assert is_grad_enabled()


def test_set_grad_enabled_acts_at_once_and_in_with():
    set_grad_enabled(False)
    try:
        assert not is_grad_enabled()
        with set_grad_enabled(True):
            assert is_grad_enabled()
        assert not is_grad_enabled()
    finally:
        set_grad_enabled(True)

    @set_grad_enabled(False)
    def f():
        return is_grad_enabled()

    assert is_grad_enabled()
    assert f() is False


def test_modes_are_per_thread(x):
    inside, go = threading.Event(), threading.Event()
    seen = []

    def other():
        with no_grad():
            inside.set()
            go.wait(10)
            seen.append(is_grad_enabled())

    thread = threading.Thread(target=other)
    thread.start()
    inside.wait(10)
    assert is_grad_enabled()
    assert (x * 2).requires_grad
    go.set()
    thread.join()
    assert seen == [False]


def test_scopes_name_nodes_and_are_left_on_errors(x):
    with scope("a"):
        with scope("b"):
            assert (x * 2).grad_fn.scope == "a.b"
        assert (x * 2).grad_fn.scope == "a"
        with pytest.raises(KeyError), scope("c"):
            raise KeyError
        assert (x * 2).grad_fn.scope == "a"
    assert (x * 2).grad_fn.scope is None


def test_a_decorator_may_stand_without_brackets(x):
    @no_grad
    def f(t):
        return t * 2

    @enable_grad
    def g(t):
        return t * 2

    assert not f(x).requires_grad
    with no_grad():
        assert g(x).requires_grad


@pytest.mark.parametrize("wrong", [lambda: no_grad(3), lambda: no_grad(len, len), lambda: no_grad(mode=1)])
def test_what_is_no_function_is_not_decorated(wrong):
    with pytest.raises(TypeError, match="no_grad: expected nothing, or a function to decorate, got"):
        wrong()


@pytest.mark.parametrize("wrong", [len, "off"])
def test_set_grad_enabled_takes_what_is_true_or_false(wrong):
    with pytest.raises(TypeError, match="set_grad_enabled: expected True or False"):
        set_grad_enabled(wrong)
    assert is_grad_enabled()


def test_set_grad_enabled_is_entered_in_its_mode_whatever_was_set_since():
    off = set_grad_enabled(False)
    set_grad_enabled(True)
    with off:
        assert not is_grad_enabled()
    assert is_grad_enabled()
