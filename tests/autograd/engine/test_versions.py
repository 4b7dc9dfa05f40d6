"""What was overwritten since it was saved is found out."""

import gc

import numpy as np
import pytest

from autograd import Tensor, no_grad
from autograd.engine import versions


def leaf(value, dtype=None):
    return Tensor(value, dtype=dtype, requires_grad=True)


def gradient(t):
    assert t.grad is not None
    return t.grad.data


def overwrite_by_step(t):
    t.data -= 1.0


def overwrite_by_index(t):
    with no_grad():
        t[0] = 7.0


def overwrite_by_out(t):
    with no_grad():
        np.multiply(t, 2, out=t)


def overwrite_by_augmented(t):
    with no_grad():
        t += 1


@pytest.mark.parametrize("overwrite", [overwrite_by_step, overwrite_by_index, overwrite_by_out, overwrite_by_augmented])
@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda w: w * w, "multiply"), (lambda w: w.T * 2.0 * w, "multiply"),
        (lambda w: w[::-1].reshape(2, 1) ** 2, "power"),
        (lambda w: np.einsum("i,i->i", w, w), ""), (lambda w: w @ w, "matmul"),
    ],
)  # fmt: skip
def test_overwriting_what_is_saved_raises_and_names_the_operation(overwrite, make, name):
    w = leaf([1.0, 2.0])
    y = make(w).sum()
    overwrite(w)
    with pytest.raises(RuntimeError, match=rf"{name}.*overwritten"):
        y.backward()


@pytest.mark.parametrize("overwrite", [overwrite_by_step, overwrite_by_index, overwrite_by_out])
def test_overwriting_what_nothing_saved_is_allowed(overwrite):
    w = leaf([1.0, 2.0])
    y = (w + 1).sum() * 2
    overwrite(w)
    y.backward()
    np.testing.assert_array_equal(gradient(w), [2, 2])


def test_overwriting_a_constant_that_was_saved_raises():
    c, w = Tensor([1.0, 2.0]), leaf([3.0, 4.0])
    y = (c * w).sum()
    c[0] = 5.0
    with pytest.raises(RuntimeError, match="overwritten"):
        y.backward()
    (c * w).sum().backward()
    np.testing.assert_array_equal(gradient(w), [5, 2])


@pytest.mark.parametrize(
    "view",
    [
        lambda y: y[1:], lambda y: y[::-1], lambda y: y.reshape(3, 1),
        lambda y: np.lib.stride_tricks.sliding_window_view(y, 2), lambda y: np.broadcast_to(y, (2, 3)),
    ],
)  # fmt: skip
def test_overwriting_what_a_saved_view_looks_at_raises(view):
    y = Tensor([1.0, 2.0, 3.0], requires_grad=True) * 1
    v = view(y)
    z = (v * v).sum()
    with no_grad():
        y[1] = 100.0
    assert 100.0 in v
    with pytest.raises(RuntimeError, match=r"multiply saved .* overwritten"):
        z.backward()


def test_a_new_array_is_not_an_overwritten_one():
    w = leaf([1.0, 2.0])
    y = (w * w).sum()
    w.data = np.array([5.0, 6.0])
    y.backward()
    np.testing.assert_array_equal(gradient(w), [2, 4])


def test_nothing_is_kept_of_what_was_written_and_is_gone():
    gc.collect()
    before = len(versions._writes)
    c = Tensor([1.0, 2.0])
    c[0] = 3.0
    assert len(versions._writes) == before + 1
    del c
    assert len(versions._writes) == before


def test_what_was_written_within_a_scope_can_be_put_back_and_forth():
    a = np.array([1.0, 2.0])
    outer, inner = versions.Writes(), versions.Writes()
    with outer:
        with inner:
            versions.writing(a[:1])
            a[0] = 9.0
            versions.touch(a)
        versions.writing(a)
        a[1] = 8.0
        versions.touch(a)
    last = versions.record_of(a)[1]
    inner.swap()
    assert a.tolist() == [1, 2]
    assert versions.record_of(a)[1] > 0  # as if it had never been written
    inner.swap()
    assert (a.tolist(), versions.record_of(a)[1]) == ([9, 8], last)
    outer.swap()
    assert a.tolist() == [1, 2]
    outer.swap()
    assert (a.tolist(), versions.record_of(a)[1]) == ([9, 8], last)
    outer.touch_changed()
    assert versions.record_of(a)[1] == versions.last_write != last
    a[:] = [1, 2]
    last = versions.last_write
    inner.touch_changed()  # it is what inner keeps
    outer.touch_changed()
    assert versions.last_write == last


def test_what_is_kept_for_a_scope_keeps_nothing_alive():
    writes = versions.Writes()
    with writes:
        a = np.ones(2)
        versions.writing(a)
    assert len(writes.alive()) == len(writes.kept) == 1
    del a
    assert writes.alive() == []
    assert not writes.kept


def test_memory_that_came_read_only():
    assert versions.came_read_only(np.frombuffer(bytes(8)))
    own = np.ones(2)
    assert not versions.came_read_only(np.broadcast_to(own, (3, 2)))
    own.flags.writeable = False
    assert not versions.came_read_only(own)
