"""What statements of NumPy's become as loops gives what NumPy gives: function by function, layout by layout."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograd.program.compiling import Compiled
from autograd.program.native import expansions
from autograd.program.native.kernels import Total, calls_of
from autograd.program.native.lowering import lower
from autograd.program.native.steps import Memory
from autograd.program.tracing import trace
from nn import functional as F

from .plain import PLAIN

RNG = np.random.default_rng(0)


def both(function: Any, *arrays: Any) -> tuple[Any, Any, Any]:
    """What a function gives on arrays, what it gives as loops, and its code."""
    compiled = Compiled(function, (), PLAIN)
    found = [compiled(*arrays) for _ in range(3)]
    assert compiled.why_not is None
    return function(*arrays), found[2], compiled._entries[0].code


def assert_near(expected: Any, found: Any) -> None:
    for a, b in zip(*[x if isinstance(x, tuple) else (x,) for x in (expected, found)], strict=True):
        a, b = np.asarray(a), np.asarray(b)
        assert (a.dtype, a.shape) == (b.dtype, b.shape)
        close = {"rtol": 1e-5, "atol": 1e-6} if a.dtype == np.float32 else {"rtol": 1e-12, "atol": 1e-12}
        np.testing.assert_allclose(b, a, **(close if a.dtype.kind == "f" else {"rtol": 0, "atol": 0}))


def floats(*shape: int, dtype: Any = np.float32) -> Any:
    return RNG.standard_normal(shape).astype(dtype)


def chain(x: Any) -> Any:
    return np.tanh(x) * 2 + x


FUNCTIONS = {
    "a chain": (chain, [(3, 4)]),
    "no dimensions": (chain, [()]),
    "one element": (chain, [(1, 1)]),
    "one axis": (lambda x, y: (x - y) / (x * x + 1), [(7,), (7,)]),
    "broadcast along rows": (lambda x, b: np.exp(x + b) - 1, [(3, 4), (4,)]),
    "broadcast along columns": (lambda x, b: np.sqrt(np.abs(x * b)) + b, [(3, 4), (3, 1)]),
    "an outer product": (lambda x, y: x * y + x, [(3, 1), (1, 4)]),
    "three axes": (lambda x, y: (x + y) * y, [(2, 3, 4), (3, 1)]),
    "turned": (lambda x: x.T * 2 + np.exp(x.T), [(3, 4)]),
    "turned against itself": (lambda x: x.T * x + 1, [(4, 4)]),
    "a part": (lambda x: np.tanh(x[1:, ::2]) + x[:-1, 1::2], [(4, 6)]),
    "backwards": (lambda x: x[::-1] * 2 + 1, [(5,)]),
    "maximum": (lambda x: np.maximum(x, 0) + np.minimum(x, 1), [(3, 4)]),
    "clip": (lambda x: np.clip(x, -0.5, 0.5) * 2, [(3, 4)]),
    "where": (lambda x, y: np.where(x > y, x * 2, -y), [(3, 4), (4,)]),
    "comparisons": (lambda x, y: ((x < y) & ~(x <= 0)) | (y == x), [(3, 4), (3, 4)]),
    "a mask that multiplies": (lambda x, g: g * (x > 0) + x, [(3, 4), (3, 4)]),
    "signs": (lambda x: np.sign(x) * np.abs(x) + np.sign(x - x), [(9,)]),
    "powers": (lambda x: (x**2 + 1) ** 0.5 + (x * x + 1) ** -1 + x**1, [(5,)]),
    "logarithms": (lambda x: np.log(x * x + 1) + np.log1p(x * x) + np.expm1(x), [(3, 4)]),
    "a sum": (lambda x: (x * 2).sum(), [(3, 4)]),
    "a sum over rows": (lambda x: (x + 1).sum(0) * 2, [(5, 4)]),
    "a sum over columns": (lambda x: x - (x + 1).sum(1, keepdims=True), [(5, 4)]),
    "a sum over the middle": (lambda x: (x * x).sum(1) + 1, [(2, 3, 4)]),
    "a sum over the outside": (lambda x: (x * x).sum((0, 2)) + 1, [(2, 3, 4)]),
    "means": (lambda x: x - x.mean(0) + np.mean(x), [(5, 4)]),
    "extremes": (lambda x: x.max(1) - x.min(1) + x.max(), [(5, 4)]),
    "extremes over rows": (lambda x: np.exp(x - x.max(0)), [(5, 4)]),
    "a sum of products": (lambda x, y: np.einsum("ab,ab->b", x, y) + np.vecdot(x.T, y.T), [(5, 4), (5, 4)]),
    "softmax": (lambda x: F.softmax(x, 1) * 2, [(5, 4)]),
    "standardized": (lambda x: (x - x.mean(1, keepdims=True)) / np.sqrt(((x - x.mean(1, keepdims=True)) ** 2).mean(
        1, keepdims=True) + 1e-5), [(5, 4)]),
    "over all, and used": (lambda x: x / np.sqrt((x * x).sum()), [(5, 4)]),
    "joined": (lambda x, y: np.concatenate([x * 2, y + 1], 1) - np.concatenate([y, x], 1), [(3, 2), (3, 2)]),
    "stacked": (lambda x, y: np.stack([x * 2, y + 1]) * 3, [(3, 2), (3, 2)]),
    "reshaped": (lambda x: (x * 2).reshape(6, 2) + x.reshape(6, 2), [(3, 4)]),
    "reshaped after turning": (lambda x: (x.T.reshape(-1) + 1) * x.reshape(-1), [(3, 4)]),
    "heads": (lambda x: (x.reshape(2, 3, 2, 2).transpose(2, 0, 1, 3) * 2).sum(3) + 1, [(6, 4)]),
    "a product between": (lambda x, w: np.tanh(np.tanh(x + 1) @ w + 1), [(3, 4), (4, 2)]),
    "products with ones": (lambda x: (x * 2) @ np.ones(4, x.dtype) + np.ones(3, x.dtype) @ (x * 2).T[:3, :3], [(3, 4)]),
    "several results": (lambda x: (x * 2, (x * 2).sum(0), x * 2 + 1), [(3, 4)]),
    "doubled and read again": (lambda x: (x + x.sum()) * (x + x.sum()).max(), [(3, 4)]),
    "gelu": (lambda x: F.gelu(x, approximate="tanh") + 0, [(3, 4)]),
}  # fmt: skip


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_loops_give_what_numpy_gives(name: str, dtype: Any) -> None:
    function, shapes = FUNCTIONS[name]
    expected, found, _ = both(function, *[floats(*shape, dtype=dtype) for shape in shapes])
    assert_near(expected, found)


def test_in_place() -> None:
    def function(x: Any) -> Any:
        y = x * 2
        y += 1
        y[1:] *= x[:-1]
        y[:, 0] = 5
        y -= y.mean()
        return y, y.sum(1)

    expected, found, _ = both(function, floats(4, 3))
    assert_near(expected, found)


def test_one_element_of_each_row() -> None:
    def function(x: Any, index: Any) -> Any:
        rows = np.arange(len(x))
        y = np.exp(x)
        picked = y[rows, index] * 2
        y[rows, index] -= 1
        return y / y.sum(1, keepdims=True), picked

    expected, found, code = both(function, floats(5, 3), np.array([0, 2, -1, 1, -3]))
    assert_near(expected, found)
    assert any(call.kernel.may_fail for call in code.calls)


def test_an_index_out_of_bounds_is_the_error_that_numpy_raises() -> None:
    def function(x: Any, index: Any) -> Any:
        return (np.exp(x)[np.arange(len(x)), index] * 2).sum()

    compiled = Compiled(function, (), PLAIN)
    for _ in range(3):
        compiled(floats(4, 3), np.array([0, 1, 2, 0]))
    assert compiled.why_not is None
    with pytest.raises(IndexError) as expected:
        function(floats(4, 3), np.array([0, 1, 3, 0]))
    with pytest.raises(IndexError, match="index 3 is out of bounds for axis 1 with size 3") as found:
        compiled(floats(4, 3), np.array([0, 1, 3, 0]))
    assert str(found.value) == str(expected.value)


@pytest.mark.parametrize("dtype", [np.float16, np.complex64, np.int8, np.int64, np.bool_])
def test_other_dtypes_run_too(dtype: Any) -> None:
    x = (RNG.standard_normal((3, 4)) * 3).astype(dtype)
    if dtype == np.bool_:
        expected, found, _ = both(lambda x: (x | ~x[::-1]) & (x == x[:, ::-1]), x)
    else:
        expected, found, _ = both(lambda x: (x * x + x).sum(1) - x.max(1), x)
    np.testing.assert_allclose(np.asarray(found), np.asarray(expected), rtol=1e-3)
    assert np.asarray(found).dtype == np.asarray(expected).dtype


def test_whole_numbers_wrap_and_divide_as_numpys() -> None:
    x = np.array([2**62, -3, 7, 0])
    expected, found, _ = both(lambda x: (x + x * 3, x > 5, x / 2, np.maximum(x, 1)), x)
    for a, b in zip(expected, found, strict=True):
        np.testing.assert_array_equal(a, b)


def test_nan_infinity_and_zeros_are_as_numpys() -> None:
    x = np.array([[np.nan, 1, -1], [np.inf, -np.inf, 0], [0.0, -0.0, 3]], np.float32)
    with np.errstate(all="ignore"):
        for function in (
            lambda x: (np.maximum(x, 0), np.minimum(x, 0) + 0, np.where(x > 0, x, -x)),
            lambda x: (x.max(1) + 0, x.min(1) * 2, (x + 1).sum(1)),
            lambda x: (np.exp(x) + 0, np.tanh(x) * 1, np.log(x * x), np.sqrt(x) + 1, np.sign(x) * 2),
            lambda x: (1 / x, x / x, x - x),
        ):
            expected, found, _ = both(function, x)
            for a, b in zip(expected, found, strict=True):
                np.testing.assert_allclose(b, a, rtol=1e-6)
                np.testing.assert_array_equal(np.signbit(b[~np.isnan(a)]), np.signbit(a[~np.isnan(a)]))


# ---- what becomes of memory ------------------------------------------------------------------------------------------


def nests(code: Any) -> list[Any]:
    return [nest for call in code.calls for nest in call.kernel.nests]


def test_a_chain_is_one_loop_and_what_lies_between_is_not_in_memory() -> None:
    _, _, code = both(lambda x, y: (np.tanh(x * y) + np.sqrt(np.exp(x))) / (1 + y * y) - x, floats(4, 5), floats(4, 5))
    (call,) = code.calls
    assert call.kernel.flat
    assert len(call.kernel.buffers) == 3


def test_softmax_and_its_like_go_through_memory_once() -> None:
    _, _, code = both(lambda x: F.softmax(x, 1) * 2, floats(6, 5))
    (nest,) = nests(code)
    assert (nest.outer, nest.inner) == ((0,), 5)
    (call,) = code.calls
    assert [buffer.local for buffer in call.kernel.buffers].count(False) == 2


def test_equal_kernels_are_one() -> None:
    def function(a: Any, b: Any, c: Any) -> Any:
        return tuple([np.tanh(x) * 2 + x for x in (a, b, c)])

    _, _, code = both(function, floats(3), floats(4, 5), floats(2, 2, 2))
    assert len(code.calls) == 3
    assert len({call.kernel for call in code.calls}) == 1


def test_long_sums_are_taken_in_parts() -> None:
    program = trace(lambda x: (x * 2).sum(), floats(400_000, 3))
    memory = Memory()
    steps = [step for s in program.statements for step in lower(s, memory) or []]
    calls = calls_of(steps, memory, {value.root for value in program.outgoing()})
    (total,) = [call for call in calls if isinstance(call, Total)]
    assert 10 < total.parts.shape[0] < 100


def test_a_sum_over_many_rows_is_taken_in_parts() -> None:
    program = trace(lambda x: (x * 2).sum(0), floats(4096, 16))
    memory = Memory()
    steps = [step for s in program.statements for step in lower(s, memory) or []]
    calls = calls_of(steps, memory, {value.root for value in program.outgoing()})
    assert [type(call).__name__ for call in calls] == ["Clear", "Call", "Total"]
    assert calls[1].kernel.divided


WHOLLY: dict[str, Any] = {
    "a chain": lambda x: np.tanh(x) * 2 + x,
    "kept within bounds": lambda x: np.clip(x, -0.5, 0.5) * 2,
    "a choice": lambda x: np.where(x > 0, x, -x),
    "powers": lambda x: (x**2 + 1) ** 0.5 + x**-1,
    "copies": lambda x: np.copy(x, order="F") + x.copy(),
    "a cast": lambda x: x.astype(np.float64) * 2,
    "a sum, a mean and an extreme": lambda x: (x.sum(0), x.mean(1), x.mean(), x.max(1), np.mean(x, axis=0)),
    "joined": lambda x: (np.concatenate([x, x * 2], 1), np.stack([x, x * 2])),
    "an element": lambda x: (x * 2)[0, 0] + 1,
    "zeros that are added to": lambda x: _onto(np.zeros_like(x), x),
    "ones that are added to": lambda x: _onto(np.ones_like(x), x),
    "one of each row": lambda x: (x * 2)[np.arange(3), np.array([0, 1, 1])],
    "a number in each row": lambda x: set_to(x * 2, (np.arange(3), np.array([0, 1, 1])), 5.0),
    "products with ones": lambda x: (x @ np.ones(4, np.float32), np.ones(3, np.float32) @ x),
    "sums of products": lambda x: (np.vecdot(x, x), np.einsum("ab,ab->b", x, x)),
    "all of one": lambda x: (x[0, 0] > 0).all(),
    "kept within bounds, into an array": lambda x: np.clip(x, 0, 1, out=x * 2),
    "whole numbers": lambda x: (x > 0).astype(np.int64) * 2 + 1,
}


def _onto(made: Any, x: Any) -> Any:
    made += x
    return made


def whole(x: Any) -> Any:
    return np.floor(x * 5).astype(np.int64)


def set_to(made: Any, index: Any, value: Any) -> Any:
    made[index] = value
    return made


LEFT: dict[str, tuple[Any, str]] = {
    "parts of two dtypes": (lambda x: np.concatenate([x, x.astype(np.float64)]), "concatenate"),
    "parts as one axis": (lambda x: np.concatenate([x, x], axis=None), "concatenate"),
    "parts cast": (lambda x: np.concatenate([x, x], dtype=np.float64), "concatenate"),
    "a count": (lambda x: (x > 0).sum(), "sum"),
    "an extreme of truth values": (lambda x: (x > 0).max(0), "max"),
    "half precision": (lambda x: x.astype(np.float16) * 2, "multiply"),
    "a sum in half precision": (lambda x: x.astype(np.float16).sum(0), "sum"),
    "a mean in half precision": (lambda x: x.astype(np.float16).mean(0), "mean"),
    "a mean of whole numbers": (lambda x: whole(x).mean(0), "mean"),
    "a sum in another dtype": (lambda x: x.sum(0, dtype=np.float64), "sum"),
    "a sum in another dtype, by its place": (lambda x: x.sum(0, np.float64), "sum"),
    "a sum from a number on": (lambda x: x.sum(0, initial=3), "sum"),
    "a sum of some": (lambda x: x.sum(0, where=x > 0), "sum"),
    "an extreme of some": (lambda x: x.max(0, initial=1, where=x > 0), "max"),
    "a mean of some": (lambda x: x.mean(0, where=x > -5), "mean"),
    "some elements": (lambda x: np.add(x, 1, out=x * 2, where=x > 0), "add"),
    "another dtype": (lambda x: np.add(x, 1, dtype=np.float64), "add"),
    "another power": (lambda x: x**3, "pow"),
    "a power in another dtype": (lambda x: np.power(x, 2, dtype=np.float64), "power"),
    "a power of some": (lambda x: np.power(x, 2, out=x * 2, where=x > 0), "power"),
    "a power of whole numbers": (lambda x: whole(x) ** 2, "pow"),
    "a power of another dtype": (lambda x: x ** np.float64(2), "pow"),
    "a power that is an array": (lambda x: x ** np.array(2.0), "pow"),
    "a power that is true": (lambda x: x**True, "pow"),
    "a power of a number": (lambda x: 2.0**x, "pow"),
    "a choice by numbers": (lambda x: np.where(np.floor(x), x, -1), "where"),
    "a choice in half precision": (lambda x: np.where(x > 0, x.astype(np.float16), np.float16(1)), "where"),
    "one bound": (lambda x: np.clip(x, None, 0.5), "clip"),
    "the other bound": (lambda x: np.clip(x, 0.5, None), "clip"),
    "bounds of another dtype": (lambda x: np.clip(whole(x), 0, 2.5), "clip"),
    "bounds in another dtype": (lambda x: np.clip(x, 0, 1, dtype=np.float64), "clip"),
    "a cast to whole numbers": (lambda x: x.astype(np.int64) * 2, "astype"),
    "a cast to truth values": (lambda x: x.astype(bool), "astype"),
    "a cast to shorter numbers": (lambda x: whole(x).astype(np.int32), "astype"),
    "a careful cast": (lambda x: x.astype(np.float64, casting="safe"), "astype"),
    "columns first": (lambda x: x.reshape(12, order="F"), "reshape"),
    "where a mask is": (lambda x: set_to(x * 2, x > 0, 5.0), "setitem"),
    "elements of another dtype": (
        lambda x: set_to(x * 2, (np.arange(3), np.array([0, 1, 1])), x[:, 0].astype(np.float64)), "setitem"),
    "rows in another order": (lambda x: (x * 2)[np.array([1, 0, 2]), np.array([0, 1, 1])], "getitem"),
    "fewer rows": (lambda x: (x * 2)[np.arange(2), np.array([0, 1])], "getitem"),
    "shorter indices": (lambda x: (x * 2)[np.arange(3), np.array([0, 1, 1], np.int32)], "getitem"),
    "of one column": (lambda x: (x * 2)[:, :1][np.arange(3), np.array([0, 0, 0])], "getitem"),
    "of three axes": (lambda x: (x * 2).reshape(3, 2, 2)[np.arange(3), np.array([0, 0, 1])], "getitem"),
    "a product of whole numbers": (lambda x: (x > 0).astype(np.int64) @ (x.T > 0).astype(np.int64), "matmul"),
    "a product of two dtypes": (lambda x: x @ x.T.astype(np.float64), "matmul"),
    "a product with a row": (lambda x: x @ x[0], "matmul"),
    "a product of a column": (lambda x: x[:, 0] @ x, "matmul"),
    "a stack of products": (lambda x: x.reshape(3, 2, 2) @ x.reshape(3, 2, 2), "matmul"),
    "a product along other axes": (lambda x: np.matmul(x, x, axes=[(0, 1), (1, 0), (0, 1)]), "matmul"),
    "products of columns": (lambda x: np.vecdot(x, x, axis=0), "vecdot"),
    "products with one row": (lambda x: np.vecdot(x, x[0]), "vecdot"),
    "einsum without a result named": (lambda x: np.einsum("ba,ba", x, x), "einsum"),
    "einsum along a diagonal": (lambda x: np.einsum("aa,aa->a", x[:3, :3], x[:3, :3]), "einsum"),
    "einsum that turns": (lambda x: np.einsum("abc,abc->ca", x.reshape(3, 2, 2), x.reshape(3, 2, 2)), "einsum"),
    "einsum that turns all": (lambda x: np.einsum("ab,ab->ba", x, x), "einsum"),
    "einsum that sums nothing": (lambda x: np.einsum("ab,ab->ab", x, x), "einsum"),
    "einsum as a product": (lambda x: np.einsum("ab,bc->ac", x, x.T), "einsum"),
    "einsum of one": (lambda x: np.einsum("ab->b", x), "einsum"),
    "einsum of three": (lambda x: np.einsum("ab,ab,ab->b", x, x, x), "einsum"),
    "einsum of lists": (lambda x: np.einsum(x, [0, 1], x, [0, 1], [1]), "einsum"),
    "einsum with one row": (lambda x: np.einsum("ab,ab->b", x, x[:1]), "einsum"),
    "all of many": (lambda x: (x > 0).all(), "all"),
    "all of columns": (lambda x: (x > -9).all(0), "all"),
    "all of one number": (lambda x: x[0, 0].all(), "all"),
    "a sum of truth values": (lambda x: (x > 0) + (x < 0), "add"),
    "a quotient of whole numbers": (lambda x: whole(x) // 2, "floor_divide"),
    "sizes of whole numbers": (lambda x: np.abs(whole(x)), "absolute"),
    "bits": (lambda x: whole(x) & 3, "bitwise_and"),
    "backwards": (lambda x: (x * 2)[::-1] + 1, "add"),
    "nothing": (lambda x: x[:0] * 2, "multiply"),
}  # fmt: skip


@pytest.mark.parametrize("name", LEFT)
def test_these_are_left_to_numpy(name: str) -> None:
    function, what = LEFT[name]
    program, memory = trace(function, floats(3, 4)), Memory()
    assert what in [s.function.__name__ for s in program.statements if lower(s, memory) is None]
    x = floats(3, 4)
    expected, found, _ = both(function, x)
    assert_near(expected, found)


@pytest.mark.parametrize("name", WHOLLY)
def test_nothing_of_these_is_left_to_numpy(name: str) -> None:
    program, memory = trace(WHOLLY[name], floats(3, 4)), Memory()
    left = [s.function.__name__ for s in program.statements if not s.is_view and lower(s, memory) is None]
    assert left == []


def test_what_an_index_shows_that_is_computed_is_looked_up_at_each_call() -> None:
    table = floats(6, 3)

    def f(i: Any, x: Any) -> Any:
        row = table[i[0]]
        return np.tanh(x * row).sum() + row.sum() + (table[i] * 2).sum(), table[i[1]] * x

    compiled = Compiled(f, (), PLAIN)
    for k in range(6):
        rng = np.random.default_rng(k)
        i, x = rng.integers(-6, 6, 4), rng.standard_normal(3).astype(np.float32)
        assert_near(f(i, x), compiled(i, x))
    assert compiled.why_not is None


def test_what_is_run_on_trial_are_no_contractions(monkeypatch: Any) -> None:
    """Of a convolution they would take longer than all else of compiling, and no loops come of it."""
    asked: list[Any] = []

    def run(function: Any, args: Any, kwargs: Any) -> Any:
        asked.append(function)
        return function(*args, **kwargs)

    monkeypatch.setattr(expansions, "run", run)
    x, w = floats(2, 3, 6, 6), floats(4, 3, 3, 3)
    expected, found, _ = both(lambda x, w: np.tanh(F.conv2d(x, w)) * 2 + F.silu(F.conv2d(x, w)), x, w)
    assert_near(expected, found)
    assert asked
    assert np.einsum not in asked
