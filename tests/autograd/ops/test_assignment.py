"""Assignments to a recorded tensor are seen by all that share its memory, as in NumPy."""

from __future__ import annotations

import operator
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd import Tensor, detect_anomaly, grad, gradcheck, gradgradcheck, no_grad

A = np.arange(1.0, 10.0).reshape(3, 3) / 7


def _a_row(y: Any) -> None:
    row = y[1]
    row += 2 * y[0]
    row *= row


def _each_row(y: Any) -> None:
    for row in y:
        row *= row.sum()


def _flat(y: Any) -> None:
    flat = y.reshape(-1)
    flat[::2] *= 3
    flat[0] = 7.0


def _turned(y: Any) -> None:
    turned, mirrored = y.T, y[::-1, ::-1]
    turned[0] = y[1] * y[2]
    mirrored[0, 1] -= turned[2, 2]
    y[:, 2] += mirrored[1]


def _the_whole(y: Any) -> None:
    column = y[:, 1]
    y[...] = np.exp(y)
    column[...] = np.tanh(column)
    y += column


def _overlapping(y: Any) -> None:
    upper, lower = y[:2], y[1:]
    del y
    upper *= 2
    lower *= upper[1]
    upper[0] += lower[0]


def _places(y: Any) -> None:
    diagonal_and_more = y.ravel()[::2]
    y[[0, 2], [1, 0]] = y[1, :2] ** 2
    y[y > 1] *= 0.5
    diagonal_and_more[[0, -1]] = diagonal_and_more[1]


def _others_lie_elsewhere(y: Any) -> None:
    first, second = y[0], y[1]
    y[0] *= 2
    second += first
    y[1] = first * second
    first -= second


def _held(y: Any) -> None:
    rows = list(y)
    rows[0] += rows[1]
    y[2] += 1
    rows[2] *= rows[0]


def _real(y: Any) -> None:
    same = y.real
    same[0] = 2.0
    y[1] += same[0]


def _out(y: Any) -> None:
    block = y[1:, 1:]
    np.multiply(block, block, out=block)
    np.add(y[0], 1, out=y[2])


def _by_a_function(y: Any) -> None:
    def change(v: Any) -> None:
        v -= v.mean()

    change(y[0])
    change(y.T[1])


CHANGES: list[Callable[[Any], None]] = [
    _a_row, _each_row, _flat, _turned, _the_whole, _overlapping, _places, _others_lie_elsewhere, _held, _real, _out,
    _by_a_function,
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_as_numpys(change: Callable[[Any], None]) -> None:
    def run(x: Any) -> Any:
        y = x * 1.0
        view = y[:, ::2]
        change(y)
        return y, view**2

    wanted = run(A)
    assert not np.array_equal(wanted[0], A)
    for warm in range(10):
        for result, want in zip(run(Tensor(A, requires_grad=warm % 2 > 0)), wanted, strict=True):
            np.testing.assert_array_equal(result.data, want)
    assert gradcheck(run, A)
    assert gradgradcheck(run, A)
    with detect_anomaly():
        run(Tensor(A, requires_grad=True))[1].sum().backward()


def test_what_was_saved_stays() -> None:
    x = Tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = x * 1
    squares, view = y * y, y[1:]
    view += 10
    view += 10
    (squares.sum() + (y * view[0]).sum()).backward()
    assert x.grad.tolist() == [2 + 22, 4 + 22 + 1 + 22 + 23, 6 + 22]
    assert y.tolist() == [1, 22, 23]


def test_arguments_of_a_differentiated_function() -> None:
    def fun(x: Any) -> Any:
        a, b = x[:2], x[2:]
        a -= b
        return (a * b).sum() + x[0]

    x = np.array([1.0, 2.0, 3.0, 4.0])
    assert grad(fun)(x).tolist() == [4, 4, 1 - 6 - 1, 2 - 8]
    assert x.tolist() == [1, 2, 3, 4]


def test_constants_become_recorded_with_what_they_share() -> None:
    v = Tensor([1.0, 2.0], requires_grad=True)
    y = Tensor(np.zeros((2, 2)))
    row = y[0]
    row += v
    assert y.requires_grad
    with no_grad():
        y[1, 1] = 5.0
        row[0] = 3.0
    assert y.tolist() == [[3, 2], [0, 5]]
    (y[0] * 2).sum().backward()
    assert v.grad.tolist() == [2, 2]


def test_leaves_and_other_numbers_refuse() -> None:
    x = Tensor([1.0, 2.0], requires_grad=True)
    view = x[:1]
    with pytest.raises(RuntimeError, match="view of a leaf that requires a gradient"):
        view += 1
    z = Tensor([1.0 + 2.0j]) * Tensor(1.0, requires_grad=True)
    real = z.real
    with pytest.raises(RuntimeError, match="of float64, shares the memory of this one, of complex128"):
        z[0] = 0.0
    y = z * 2
    wide = np.broadcast_to(y, (2, 1))
    with pytest.raises(ValueError, match=r"this tensor of shape \(2, 1\) is read-only"):
        wide += np.array([[1.0], [2.0]])
    with pytest.raises(ValueError, match="is read-only"):
        wide[0] = 1.0
    pairs = np.lib.stride_tricks.sliding_window_view(longer := Tensor(np.ones(3)) * z.real, 2)
    with pytest.raises(ValueError, match="is read-only"):
        pairs[0, 0] = 1.0
    longer[1] = 2.0
    assert pairs.tolist() == [[1, 2], [2, 1]]
    folded = Tensor(0.0)
    folded.data = np.lib.stride_tricks.as_strided(np.ones(3), (2, 2), (8, 8))
    with pytest.raises(ValueError, match=r"elements of this tensor of shape \(2, 2\) lie in the same memory"):
        folded[0, 0] = y[0].real
    y *= 2
    assert view.tolist() == [1]
    assert real.tolist() == [1]
    assert wide.tolist() == [[4 + 8j], [4 + 8j]]


def test_without_elements_or_axes() -> None:
    x = Tensor(np.ones(3), requires_grad=True)
    y = x * 1
    none, one = y[3:], y[1:2].reshape(())
    none += 1
    one *= 5
    y[0] = one
    assert y.tolist() == [5, 5, 1]
    y.sum().backward()
    assert x.grad.tolist() == [0, 10, 1]


def _machine(seed: int, x: Any) -> list[Any]:
    """Views are taken, assigned to and forgotten, by chance."""
    rng = random.Random(seed)
    alive = [x * 1.0]
    for _ in range(12):
        t = alive[rng.randrange(len(alive))]
        step = rng.randrange(8)
        if step < 3:
            alive.append(
                (lambda t: t[1:], lambda t: t.T, lambda t: t[..., ::-1], lambda t: t[:, :2])[rng.randrange(4)](t)
            )
        elif step < 5:
            t *= 1 + t[-1, -1] / 8
        elif step < 6:
            t[0] = t[-1] + x[0, : t.shape[1]]
        elif step < 7:
            t[:, 0] = 0.25
        elif len(alive) > 1:
            del alive[rng.randrange(len(alive))]
    return alive


@pytest.mark.parametrize("seed", range(40))
def test_by_chance(seed: int) -> None:
    x = np.random.default_rng(seed).normal(size=(4, 4))
    arrays, tensors = _machine(seed, x), _machine(seed, Tensor(x, requires_grad=True))
    for array, tensor in zip(arrays, tensors, strict=True):
        np.testing.assert_allclose(tensor.data, array, rtol=1e-12)
    assert gradcheck(lambda x: [t * 1 for t in _machine(seed, x)], x)


def test_views_of_no_axes_see_it() -> None:
    x = Tensor([1.0, 2.0, 3.0], requires_grad=True)
    t = x * 1
    number, first = t[:1].squeeze(), t[0, ...]
    t[:] = 10 * x
    assert (t.tolist(), number.item(), first.item()) == ([10, 20, 30], 10, 10)
    t[1] = first * number
    first[...] = 3.0
    assert (t.tolist(), number.item()) == ([3, 100, 30], 3)
    (t.sum() + number).backward()
    assert x.grad.tolist() == [200, 0, 10]
    v = Tensor(1.0, requires_grad=True) * 1
    v.reshape(1)[0] = 5.0
    assert v.item() == 5


def test_an_item_that_is_not_assigned_again_changes_what_it_is_of() -> None:
    x = Tensor([1.0, 2.0, 3.0], requires_grad=True)
    t = x * 1
    operator.iadd(t[0:2], 1)
    t[1:].__imul__(x[1:])
    rows = {0: t[:1]}
    rows[0] *= 2
    assert t.tolist() == [4, 6, 9]
    t.sum().backward()
    assert x.grad.tolist() == [2, 2 + 3, 3 + 3]


def test_a_retained_gradient_is_that_of_the_value_there_is() -> None:
    x = Tensor([1.0, 2.0], requires_grad=True)
    h, g, v = x * 1, x * 1, x * 1
    for t in (h, g, v):
        t.retain_grad()
    view = v[:1]
    h *= 3
    g[0] = 5.0
    view *= 4
    (h.sum() + g.sum() + v.sum()).backward()
    assert (h.grad.tolist(), g.grad.tolist(), v.grad.tolist()) == ([1, 1], [1, 1], [1, 1])
    assert x.grad.tolist() == [3 + 0 + 4, 3 + 1 + 1]


def test_the_order_in_memory_stays() -> None:
    t = (Tensor(np.ones((3, 3)), requires_grad=True) * 1).T.copy(order="F")
    t[0, 0] = 2.0
    assert t.flags.f_contiguous
    row = t[1]
    row *= 3
    assert t.flags.f_contiguous
    assert t.tolist() == [[2, 1, 1], [3, 3, 3], [1, 1, 1]]


def test_whole_numbers_take_no_tracked_value() -> None:
    counts, x = Tensor([1, 2]), Tensor(3.0, requires_grad=True)
    for change in (lambda: counts.__setitem__(0, x), lambda: np.copyto(counts, x, casting="unsafe")):
        with pytest.raises(TypeError, match="a tensor of int64 has no gradient"):
            change()
    counts[0] = x.detach()
    assert counts.tolist() == [3, 2]


COPIES: dict[str, Callable[[Any], Any]] = {
    "ravel of a column": lambda a: np.ravel(a[:, 0]),
    "ravel of a transposed one": lambda a: np.ravel(a.T),
    "ravel as it lies": lambda a: np.ravel(a.T, "K"),
    "ravel in its order": lambda a: np.ravel(a.T, "F"),
    "ravel of what is broadcast, as it lies": lambda a: np.ravel(np.broadcast_to(a[:, 0, None], (3, 4)), "K"),
    "flatten": lambda a: a.flatten(),
    "fold of one": lambda a: np.logaddexp.reduce(a[:1], axis=0),
    "fold of one, axes kept": lambda a: np.hypot.reduce(a[:, :1], axis=1, keepdims=True),
    "fold along no axis": lambda a: np.logaddexp.reduce(a, axis=()),
    "folds of one": lambda a: np.hypot.reduceat(a, [0, 1, 2]),
    "sum along no axis": lambda a: np.sum(a, ()),
    "block of one": lambda a: np.block(a),
    "real part": lambda a: np.real(a),
    "conjugate": lambda a: a.conj(),
    "its own copy": lambda a: np.conj(a),
    "nothing put in": lambda a: np.insert(a, [], 0, 0),
    "rolled back": lambda a: np.rot90(a, 4),
}


@pytest.mark.parametrize("name", COPIES)
@pytest.mark.parametrize("tracked", [False, True])
def test_what_is_written_to_a_result_is_seen_where_numpy_shows_it(name: str, tracked: bool) -> None:
    plain = A.copy()
    result = COPIES[name](plain)
    np.copyto(result, 7.0)
    t = Tensor(A, requires_grad=True) * 1.0 if tracked else Tensor(A)
    found = COPIES[name](t)
    found[...] = 7.0
    np.testing.assert_array_equal(found.data, result)
    np.testing.assert_array_equal(t.data, plain)


def test_nothing_to_put_changes_nothing() -> None:
    t = Tensor(A, requires_grad=True) * 1.0
    np.put(t, [0, 1], [])
    np.fill_diagonal(t, [])
    np.putmask(t, t.data > 0, [])
    t.flat[[0, 1]] = []
    np.place(t, t.data > 100, [1.0])
    assert t.tolist() == A.tolist()
    number = Tensor(2.0, requires_grad=True) * 1.0
    np.put(number, [0, 0], [5.0, 6.0])
    assert number.item() == 6
    with pytest.raises(TypeError, match=r"Tensor.fill: expected a number, got an array of shape \(2,\)"):
        t.fill(np.ones(2))


@pytest.mark.parametrize("read_only", [np.diagonal, lambda t: np.broadcast_to(t, (2, 3, 3))])
def test_what_numpy_makes_read_only_stays_so(read_only: Callable[[Any], Any]) -> None:
    t = Tensor(A, requires_grad=True) * 1.0
    view = read_only(t)
    t[0] = 2.0
    for change in (lambda: view.__setitem__(0, 1.0), lambda: view.__iadd__(1.0), lambda: np.copyto(view, 0.0)):
        with pytest.raises(ValueError, match="read-only"):
            change()
    with detect_anomaly():
        y = Tensor(A, requires_grad=True) * 1.0
        squares = y * y
        y[0] = 1.0  # locked for the squares' sake, and rebound
        squares.sum().backward()


INDICES: dict[str, Callable[[Any, Any], Any]] = {
    "assigned to": lambda x, i: [y := x * 1.0, y.__setitem__(i, 5.0)][0],
    "a slice of it": lambda x, i: x[:i],
    "in a tuple": lambda x, i: x[..., i],
    "a slice in a tuple": lambda x, i: x[:, i:],
    "rolled by": lambda x, i: np.roll(x, i, 0),
    "taken": lambda x, i: np.take(x, i, 0),
    "repeated": lambda x, i: np.repeat(x, i, 0),
    "tiled": lambda x, i: np.tile(x, i),
    "turned": lambda x, i: np.rot90(x, i),
    "a power": lambda x, i: x**i,
}


@pytest.mark.parametrize("name", INDICES)
def test_an_index_that_is_overwritten_is_noticed(name: str) -> None:
    x, i = Tensor(A, requires_grad=True), Tensor(1)
    for wanted in (1, i):
        INDICES[name](x, wanted).sum().backward()
    assert (x.grad.data == 2 * (x.grad.data / 2)).all()
    y = INDICES[name](x, i)
    i[...] = 2
    with pytest.raises(RuntimeError, match="has been overwritten since"):
        y.sum().backward()
