"""`out=`: what NumPy puts there, or its error, whatever the function, and the shape and dtype of `out`."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd import Tensor, no_grad
from autograd.engine import versions
from autograd.engine.storing import into

A = np.array([[0.5, -1.25, 2.0], [1.5, 0.75, -0.5], [3.0, -2.0, 0.25]])
B = np.array([[1.5, 0.5, 2.0], [0.25, 1.0, 0.5], [0.5, 2.0, 1.25]])
MASK = np.eye(3) > 0


def _of_one(name: str, *args: Any, **options: Any) -> Callable[..., Any]:
    function = getattr(np, name)
    return lambda a, b, out: function(a, *args, out=out, **options)


def _method(name: str, *args: Any, **options: Any) -> Callable[..., Any]:
    return lambda a, b, out: getattr(a, name)(*args, out=out, **options)


REDUCTIONS = [
    "sum", "prod", "mean", "std", "var", "max", "min", "ptp", "nansum", "nanprod", "nanmean", "nanstd", "nanvar",
    "nanmax", "nanmin", "median", "nanmedian", "argmax", "argmin", "any", "all", "cumsum", "cumprod", "nancumsum",
    "nancumprod",
]  # fmt: skip
CALLS: dict[str, Callable[..., Any]] = {
    **{name: _of_one(name, axis=0) for name in REDUCTIONS},
    **{name: _of_one(name, axis=0) for name in ("cumulative_sum", "cumulative_prod") if hasattr(np, name)},
    **{name: _of_one(name, 0.3, axis=0) for name in ("quantile", "nanquantile", "percentile", "nanpercentile")},
    **{f"{name} method": _method(name, axis=0) for name in REDUCTIONS[:7] + ["argmax", "any", "all", "cumsum"]},
    **{name: _of_one(name) for name in ("round", "trace", "exp", "isnan", "negative", "fix", "isposinf")},
    **{f"{name} method": _method(name) for name in ("round", "trace")},
    "sum of all": _of_one("sum"),
    "sum, axes kept": _of_one("sum", axis=0, keepdims=True),
    "sum in single precision": _of_one("sum", axis=0, dtype="f4"),
    "sum by position": lambda a, b, out: np.sum(a, 0, None, out),
    "max by position": lambda a, b, out: np.max(a, 0, out),
    "argmax by position": lambda a, b, out: np.argmax(a, 0, out),
    "clip": _of_one("clip", -1, 1),
    "clip by position": lambda a, b, out: np.clip(a, -1, 1, out),
    "clip method": _method("clip", -1, 1),
    "dot": lambda a, b, out: np.dot(a, b, out=out),
    "dot by position": lambda a, b, out: np.dot(a, b, out),
    "dot method": lambda a, b, out: a.dot(b, out),
    "matmul": lambda a, b, out: np.matmul(a, b, out=out),
    "outer": lambda a, b, out: np.outer(a[0], b[0], out=out),
    "einsum": lambda a, b, out: np.einsum("ij,jk->ik", a, b, out=out),
    "multi_dot": lambda a, b, out: np.linalg.multi_dot([a, b], out=out),
    "take": _of_one("take", [0, 2], axis=0),
    "take by position": lambda a, b, out: np.take(a, [0, 2], 0, out, "clip"),
    "take beyond by position": lambda a, b, out: np.take(a, [0, 7], 0, out, "clip"),
    "take method": _method("take", [0, 2], axis=0),
    "fix by position": lambda a, b, out: np.fix(a, out),
    "compress": lambda a, b, out: np.compress([True, False, True], a, axis=0, out=out),
    "compress method": _method("compress", [True, False, True], axis=0),
    "choose": lambda a, b, out: np.choose([0, 1, 0], [a[0], b[0]], out=out),
    "choose by position": lambda a, b, out: np.choose([0, 1, 0], [a[0], b[0]], out),
    "concatenate": lambda a, b, out: np.concatenate([a, b], out=out),
    "concatenate, unsafe": lambda a, b, out: np.concatenate([a, b], out=out, casting="unsafe"),
    "stack": lambda a, b, out: np.stack([a[0], b[0]], out=out),
    "add": lambda a, b, out: np.add(a, b, out=out),
    "add by position": lambda a, b, out: np.add(a, b, out),
    "add, broadcast": lambda a, b, out: np.add(a, b[0], out=(out,)),
    "add, unsafe": lambda a, b, out: np.add(a, b, out=out, casting="unsafe"),
    "add in single precision": lambda a, b, out: np.add(a, b, out=out, dtype="f4"),
    "add, where": lambda a, b, out: np.add(a, b, out=out, where=MASK),
    "greater": lambda a, b, out: np.greater(a, b, out=out),
    "floor_divide": lambda a, b, out: np.floor_divide(a, b, out=out),
    "add.reduce": lambda a, b, out: np.add.reduce(a, axis=0, out=out),
    "logaddexp.reduce": lambda a, b, out: np.logaddexp.reduce(a, axis=0, out=out),
    "maximum.accumulate": lambda a, b, out: np.maximum.accumulate(a, axis=0, out=out),
    "hypot.accumulate": lambda a, b, out: np.hypot.accumulate(a, axis=0, out=out),
    "add.outer": lambda a, b, out: np.add.outer(a[0], b[0], out=out),
}
SHAPES = [(3,), (3, 3), (1, 3), (2, 3), (), (2, 3, 3), (6, 3), (1,)]
DTYPES = ["f8", "f4", "i8", "?", "c16"]


def _tried(call: Callable[..., Any], a: Any, b: Any, out: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return call(a, b, out)
        except Exception as error:
            return error


@pytest.mark.parametrize("name", CALLS)
def test_as_numpys(name: str) -> None:
    call = CALLS[name]
    fitting = 0
    for shape, dtype, order in itertools.product(SHAPES, DTYPES, "CF"):
        wanted = np.full(shape, 7, dtype, order=order)
        kept = wanted.copy("K")
        answer = _tried(call, A, B, wanted)
        for tracked in (False, True):
            a, b = Tensor(A, requires_grad=True) * 1 if tracked else Tensor(A), Tensor(B)
            out = Tensor(kept)
            out.data = kept.copy("K")
            got = _tried(call, a, b, out)
            if isinstance(answer, Exception):
                assert isinstance(got, type(answer) if not tracked else Exception), (shape, dtype, got, answer)
                continue
            if tracked and dtype not in ("f8", "f4", "c16") and isinstance(got, TypeError):
                assert "has no gradient" in str(got)
                continue
            assert got is out, (shape, dtype, got)
            assert out.dtype == dtype
            np.testing.assert_array_equal(out.data, wanted)
            fitting += 1
        if not isinstance(answer, Exception):
            plain = kept.copy("K")
            assert _tried(call, Tensor(A), Tensor(B), plain) is plain
            np.testing.assert_array_equal(plain, wanted)
    assert fitting


@pytest.mark.parametrize("name", CALLS)
def test_gradients(name: str) -> None:
    """They are those of the same without out=."""
    call = CALLS[name]
    a = Tensor(A, requires_grad=True)
    plain = call(a, B, Tensor(np.zeros((3, 3)))) if ", where" in name else call(a, B, None)
    if not getattr(plain, "requires_grad", False):
        return
    (plain * np.arange(1.0, 1 + plain.size).reshape(plain.shape)).sum().backward()
    wanted, a.grad = a.grad.data, None
    out = Tensor(np.zeros(plain.shape)) * Tensor(1.0, requires_grad=True)
    assert call(a, B, out) is out
    (out * np.arange(1.0, 1 + plain.size).reshape(plain.shape)).sum().backward()
    np.testing.assert_allclose(a.grad.data, wanted, rtol=1e-6)
    with pytest.raises(TypeError, match="cannot be stored in a plain array"):
        call(a, B, np.zeros(plain.shape))


def test_a_recorded_out_takes_what_has_no_derivative() -> None:
    x = Tensor(A, requires_grad=True)
    y = x[0] * 1.0
    squares = y * y
    assert np.sign(x[1], out=y) is y
    assert np.any(x > 1, axis=0, out=y) is y
    (y.sum() + squares.sum()).backward()
    assert y.tolist() == [1, 0, 1]
    assert x.grad.tolist() == [[1.0, -2.5, 4.0], [0, 0, 0], [0, 0, 0]]


def test_writing_there_is_noticed() -> None:
    x = Tensor(A, requires_grad=True)
    counts = Tensor(np.zeros(3))
    products = x[0] * counts
    with no_grad():
        np.sum(x, 0, out=counts)
    with pytest.raises(RuntimeError, match="multiply saved"):
        products.sum().backward()
    flags, where = Tensor(np.zeros(3, bool)), np.zeros(3, bool)
    for written in (flags, where):
        chosen = np.where(written, x[0], 0.0)
        np.any(Tensor(A), axis=0, out=written)
        with pytest.raises(RuntimeError, match="where saved"):
            chosen.sum().backward()


def test_results_are_stored_in_arrays_and_tensors() -> None:
    plain, tensor = np.zeros(2), Tensor(np.zeros(2))
    assert into(np.sum, np.sum, (np.ones((3, 2)), 0), {}, plain) is plain
    assert plain.tolist() == [3, 3]
    assert into(None, lambda: np.ones(2), (), {}, (tensor,)) is tensor
    assert tensor.tolist() == [1, 1]
    with pytest.raises(TypeError, match="cannot be stored in a plain array; make that a Tensor"):
        into(None, lambda x: x * 2, (Tensor(1.0, requires_grad=True),), {}, np.zeros(()))


def test_errors_say_whose_they_are() -> None:
    for call in (np.sum, lambda x, axis, out: x.sum(axis, out=out)):
        with pytest.raises(ValueError, match="wrong number of dimensions") as caught:
            call(Tensor(A), 0, out=Tensor(np.zeros((2, 3))))
        assert caught.value.__notes__ == ["in sum, with out= of shape (2, 3) and float64"]


def test_halves_add_up_in_single_precision_on_the_way_to_out() -> None:
    x = np.full(4000, 0.1, np.float16)
    out = Tensor(np.zeros(4000, np.float16))
    np.cumsum(Tensor(x), out=out)
    assert out.data[-1] == np.sum(x, dtype=np.float32).astype(np.float16)


class Elsewhere:
    """An array of another library: it knows its dtype, and how to take what is assigned to it."""

    dtype = np.dtype(float)

    def __init__(self) -> None:
        self.taken: list[Any] = []

    def __setitem__(self, index: Any, value: Any) -> None:
        self.taken.append((index, np.asarray(value).tolist()))


def test_an_array_of_another_library_is_assigned_to() -> None:
    out = Elsewhere()
    assert into(np.add, np.add, (np.ones(2), 1.0), {}, out) is out
    assert out.taken == [(..., [2.0, 2.0])]
    with pytest.raises(TypeError, match="add: expected an array or a Tensor as out, got int"):
        into(np.add, np.add, (np.ones(2), 1.0), {}, 3)


def test_what_is_broadcast_to_out_adds_up_on_the_way_back() -> None:
    x = Tensor([1.0, 2.0, 3.0], requires_grad=True)
    out = Tensor(np.zeros((2, 3), np.float32))
    np.multiply(x, 2, out=out)
    assert (out.grad_fn.shape, out.grad_fn.dtype) == ((2, 3), np.float32)
    (out * [[1.0], [10.0]]).sum().backward()
    assert x.grad is not None
    assert (x.grad.tolist(), x.grad.dtype) == ([22.0] * 3, np.float64)


def test_what_out_overwrites_can_be_put_back() -> None:
    out, writes = Tensor([1.0, 2.0]), versions.Writes()
    with writes:
        np.cumsum(out, out=out)
    assert out.tolist() == [1, 3]
    writes.swap()
    assert out.tolist() == [1, 2]
