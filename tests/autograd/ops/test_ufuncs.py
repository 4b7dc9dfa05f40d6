"""The options and methods of ufuncs on Tensors."""

from __future__ import annotations

import functools
import operator
from typing import Any

import numpy as np
import pytest

from autograd import Tensor, gradcheck, gradgradcheck

RNG = np.random.default_rng(0)
X = RNG.uniform(0.3, 2.0, (3, 4))
Y = RNG.uniform(0.3, 2.0, (4,))
MASK = np.arange(12).reshape(3, 4) % 3 != 0


def check(function: Any, *inputs: Any) -> None:
    result, expected = function(*[Tensor(x) for x in inputs]), function(*inputs)
    assert isinstance(result, Tensor)
    assert (result.dtype, result.shape) == (expected.dtype, expected.shape)
    np.testing.assert_allclose(result.data, expected, rtol=1e-14)
    gradcheck(function, *inputs)
    gradgradcheck(function, *inputs)


def start(like: Any, value: Any) -> Any:
    return Tensor(value) if isinstance(like, Tensor) else np.array(value)


# ---- options of a call -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "function",
    [
        lambda x: np.log(x, out=start(x, np.zeros((3, 4))), where=MASK),
        lambda x: np.exp(x, out=start(x, np.ones((3, 4))), where=MASK[0]),
        lambda x: np.divide(x, Y, out=start(x, np.ones((3, 4))), where=MASK),
        lambda x: np.power(2.0, x, out=start(x, np.ones((3, 4))), where=False),
        lambda x: np.modf(x, out=(start(x, np.ones((3, 4))), start(x, np.ones((3, 4)))), where=MASK)[0],
        lambda x: np.add(x, 1.0, dtype=np.float64),
        lambda x: np.sin(x, out=start(x, np.zeros((3, 4)))),
        lambda x: np.multiply(x, x, out=start(x, np.zeros((2, 3, 4)))),
    ],
)
def test_options(function: Any) -> None:
    check(function, X)


def test_where_lets_no_nan_through() -> None:
    """Nothing is computed where the condition is false: no warning, no NaN, forward or backward."""
    x = Tensor([0.0, 2.0, -1.0, 4.0], requires_grad=True)
    for f, slope in [(np.log, [0, 0.5, 0, 0.25]), (np.sqrt, [0, 0.5 / 2**0.5, 0, 0.25])]:
        x.grad = None
        out = f(x, out=Tensor(np.zeros(4)), where=x > 0)
        assert out.tolist() == f(np.array([1.0, 2, 1, 4]) if f is np.log else np.array([0.0, 2, 0, 4])).tolist()
        out.sum().backward(create_graph=True)
        np.testing.assert_allclose(x.grad.data, slope)
        g, x.grad = x.grad, None
        g.sum().backward()
        assert np.isfinite(x.grad.data).all()


def test_the_values_under_where_keep_their_gradient() -> None:
    x, kept = Tensor([1.0, 2.0], requires_grad=True), Tensor([5.0, 6.0], requires_grad=True)
    out = np.exp(x, out=kept * 1, where=[True, False])
    out.sum().backward()
    np.testing.assert_allclose(x.grad.data, [np.e, 0])
    assert kept.grad.tolist() == [0, 1]


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64])
def test_dtype_is_that_of_the_computation(dtype: Any) -> None:
    for inputs in ((np.array([1, 2]), 3), (np.array([1.5, 2], "f4"), np.array([0.1, 0.2], "f4"))):
        expected = np.add(*inputs, dtype=dtype)
        t = Tensor(inputs[0], requires_grad=inputs[0].dtype.kind == "f")
        result = np.add(t, inputs[1], dtype=dtype)
        np.testing.assert_array_equal(result.data, expected)
        assert result.dtype == expected.dtype
        if t.requires_grad:
            result.backward(np.ones_like(expected))
            assert t.grad.dtype == np.float32


def test_casting_is_numpys() -> None:
    x = Tensor([1.5, 2.5])
    for call in (
        lambda x: np.add(x, 1, dtype=int),
        lambda x: np.add(x, 1, dtype="f4", casting="no"),
        lambda x: np.add(x, 1, dtype="f4", casting="safe"),
    ):
        with pytest.raises(TypeError, match="Cannot cast ufunc 'add'"):
            call(x.data)
        with pytest.raises(TypeError, match="Cannot cast ufunc 'add'"):
            call(x)
    with pytest.raises(TypeError, match="Cannot cast ufunc 'add' output") as caught:
        np.add(x, 1, out=np.zeros(2, int))
    assert caught.value.__notes__ == ["in numpy.add, with out= of shape (2,) and int64"]
    out = np.zeros(2, int)
    assert np.add(x, 1, out=out, casting="unsafe") is out
    assert out.tolist() == [2, 3]


def test_refusals_say_why() -> None:
    x = Tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(TypeError, match=r"numpy.log: where= needs out="):
        np.log(x, where=[True, False])
    with pytest.raises(ValueError, match=r"with shape \(1,\) doesn't match the broadcast shape \(2,\)"):
        np.log(x, out=Tensor(np.zeros(1)))
    with pytest.raises(ValueError, match=r"with shape \(2,\) doesn't match the broadcast shape \(3,2\)"):
        np.log(x, out=Tensor(np.zeros(2)), where=np.ones((3, 2), bool))
    with pytest.raises(TypeError, match="cannot be stored in a plain array"):
        np.log(x, out=np.zeros(2))
    with pytest.raises(TypeError, match="cannot be stored in a plain array"):
        np.log(x, out=np.zeros(2), where=[True, False])
    with pytest.raises(TypeError, match="signature="):
        np.log(x, signature="f->f")
    with pytest.raises(RuntimeError, match="leaf"):
        np.log(x, out=x)
    with pytest.raises(TypeError, match=r"where= has no derivative rule"):
        np.hypot.reduce(x, where=[True, False])
    with pytest.raises(TypeError, match="cannot be stored in a plain array"):
        np.add.at(np.zeros(2), [0, 1], x)
    total = np.zeros(2)
    with pytest.raises(TypeError, match=r"augmented assignment: .* Tensor\(array\) or np.zeros\(shape, like=x\)"):
        total += x
    total = np.zeros(2, like=x)
    total += x
    assert total.requires_grad


def test_out_may_be_a_tensor_or_an_array() -> None:
    x = Tensor([1.0, 2.0])
    for out in (np.zeros(2), Tensor(np.zeros(2))):
        assert np.exp(x, out=out) is out
        np.testing.assert_array_equal(np.asarray(out), np.exp(x.data))
        assert np.add(x.data, 1.0, out=(Tensor(np.zeros(2)),)).tolist() == [2, 3]
    flags = Tensor([False, False])
    assert np.less(x, 1.5, out=flags) is flags
    assert flags.tolist() == [True, False]
    assert np.less(x, 1.5, out=np.ones(2, bool), where=[False, True]).tolist() == [True, False]
    first, second = Tensor(np.zeros(2)), Tensor(np.zeros(2))
    assert np.modf(x, out=(first, second)) == (first, second)
    assert second.tolist() == [1, 2]


def test_writing_into_a_saved_value_is_noticed() -> None:
    x = Tensor([1.0, 2.0], requires_grad=True)
    y = np.exp(x)
    z = y.detach()
    np.add(z, 1, out=z)
    with pytest.raises(RuntimeError, match="exp saved"):
        y.sum().backward()


# ---- methods ---------------------------------------------------------------------------------------------------------

REDUCED = [np.add, np.multiply, np.maximum, np.minimum, np.subtract, np.divide, np.logaddexp, np.logaddexp2, np.hypot,
           np.fmax, np.fmin]  # fmt: skip


@pytest.mark.parametrize("ufunc", REDUCED, ids=lambda u: u.__name__)
def test_reduce_and_accumulate(ufunc: Any) -> None:
    x = X[:, :3] / 2 + 0.5
    check(lambda x: ufunc.reduce(x), x)
    check(lambda x: ufunc.reduce(x, axis=-1, keepdims=True), x)
    check(lambda x: ufunc.reduce(x[0], axis=None, initial=1.5), x)
    check(lambda x: ufunc.accumulate(x, axis=1), x)
    check(lambda x: ufunc.reduceat(x, [0, 2, 1], axis=1), x)
    if ufunc in (np.add, np.multiply, np.maximum, np.logaddexp, np.hypot):
        check(lambda x: ufunc.reduce(x, axis=(0, 1)), x)
    if ufunc in (np.add, np.multiply):
        check(lambda x: ufunc.reduce(x, axis=1, where=MASK[:, :3]), x)


@pytest.mark.parametrize("ufunc", [np.power, np.arctan2], ids=lambda u: u.__name__)
@pytest.mark.parametrize("tracked", [False, True])
def test_reduction_takes_every_element(ufunc: Any, tracked: bool) -> None:
    """Of a line NumPy's loops for AVX-512 take the first element and the last, and forget those between them."""
    line = np.array([1.1, 2.0, 3.0, 0.5, 1.25])
    right = functools.reduce(ufunc, line)
    x = Tensor(line, requires_grad=tracked)
    for found in (
        ufunc.reduce(x),
        ufunc.reduceat(x, [0])[0],
        ufunc.accumulate(x)[-1],
        ufunc.reduce(x[None], axis=1)[0],
    ):
        np.testing.assert_allclose(found.detach(), right)
    assert ufunc.reduce(x, keepdims=True).shape == (1,)
    np.testing.assert_allclose(ufunc.reduce(x, initial=1.5).detach(), functools.reduce(ufunc, line, 1.5))


def test_running_extremes() -> None:
    x = Tensor([[1.0, 3.0, 3.0, 2.0], [np.nan, 1.0, 0.0, 2.0]], requires_grad=True)
    result = np.maximum.accumulate(x, axis=1)
    np.testing.assert_array_equal(result.data, np.maximum.accumulate(x.data, axis=1))
    result.sum().backward()  # of equal elements the latest, as torch.cummax
    assert x.grad.tolist() == [[1, 1, 2, 0], [4, 0, 0, 0]]
    long = Tensor(np.arange(100_000.0), requires_grad=True)
    np.minimum.accumulate(long).sum().backward()
    assert long.grad.data[0] == 100_000


@pytest.mark.parametrize("ufunc", [np.add, np.multiply, np.divide, np.power, np.arctan2], ids=lambda u: u.__name__)
def test_outer(ufunc: Any) -> None:
    check(lambda x, y: ufunc.outer(x, y), X, Y)
    check(lambda x: ufunc.outer(x, 2.0), X)
    check(lambda x: ufunc.outer([1.0, 2.0], x), X)


def updated(ufunc: Any, indices: Any) -> Any:
    def function(x: Any, *values: Any) -> Any:
        result = x * 1
        ufunc.at(result, indices, *values)
        return result

    return function


@pytest.mark.parametrize("indices", [([0, 0, 2, 0], [1, 1, 3, 1]), (slice(None), [0, 2, 0, 1]), (1,), (MASK,)])
@pytest.mark.parametrize("ufunc", [np.add, np.subtract, np.multiply, np.divide, np.maximum], ids=lambda u: u.__name__)
def test_at(ufunc: Any, indices: Any) -> None:
    indices = indices[0] if len(indices) == 1 else indices
    value = Y if np.zeros((3, 4))[indices].shape[-1:] == (4,) else np.array(1.7)
    check(updated(ufunc, indices), X, value)
    check(lambda x: updated(ufunc, indices)(x, 2.0), X)


def test_at_of_one_argument() -> None:
    check(updated(np.exp, ([0, 0, 2], [1, 1, 3])), X / 3)
    x = Tensor([1.0, 2.0])
    np.negative.at(x, [0, 0, 1])
    assert x.tolist() == [1, -2]
    array = np.zeros(3)
    np.add.at(array, [0, 0], Tensor([1.0, 2.0]))
    assert array.tolist() == [3, 0, 0]
    with pytest.raises(RuntimeError, match="leaf"):
        np.add.at(Tensor([1.0], requires_grad=True), [0], 1.0)


def test_methods_without_a_derivative_give_what_numpy_gives() -> None:
    x, i = np.array([[1.0, 0.0], [2.0, 3.0]]), np.array([6, 4, 9])
    assert np.logical_and.reduce(Tensor(x)).tolist() == [True, False]
    assert np.less.outer(Tensor(x[0]), x[1]).tolist() == [[True, True], [True, True]]
    assert np.gcd.reduce(Tensor(i)).item() == 1
    assert np.bitwise_or.accumulate(Tensor(i)).tolist() == [6, 6, 15]
    out = Tensor(np.zeros(2))
    assert np.add.reduce(Tensor(x), out=out) is out
    assert out.tolist() == [3, 3]
    with pytest.raises(ValueError, match="not reorderable"):
        np.subtract.reduce(Tensor(x, requires_grad=True), axis=(0, 1))
    with pytest.raises(TypeError, match="no derivative rule is known"):
        np.frompyfunc(lambda a, b: a, 2, 1).reduce(Tensor(x))


# ---- dtypes ----------------------------------------------------------------------------------------------------------

KINDS = ["?", "i1", "u1", "i4", "i8", "f2", "f4", "f8", "c8", "c16"]
FOUND = [getattr(np, name) for name in dir(np) if isinstance(getattr(np, name), np.ufunc)]
UFUNCS = [ufunc for ufunc in dict.fromkeys(FOUND) if ufunc.signature is None]


def outcome(ufunc: Any, inputs: Any) -> Any:
    """The dtypes and values of the results, or the type of error."""
    try:
        with np.errstate(all="ignore"):
            results = ufunc(*inputs)
    except TypeError:
        return TypeError
    except ValueError:
        return ValueError
    results = results if isinstance(results, tuple) else (results,)
    return [(np.asarray(getattr(r, "data", r)) if isinstance(r, Tensor) else np.asarray(r)) for r in results]


@pytest.mark.parametrize("ufunc", UFUNCS, ids=lambda u: u.__name__)
def test_dtypes_are_numpys(ufunc: Any) -> None:
    """For every pair of dtypes, and with Python's numbers on either side: NumPy's dtype and value, or NumPy's error."""
    arrays = [np.array([1, 2, 3]).astype(kind) for kind in KINDS]
    ones: list[Any] = [*arrays, True, 2, 0.5, 1j]
    cases = [(x,) for x in arrays] if ufunc.nin == 1 else [(x, y) for x in ones for y in ones]
    for case in cases:
        if not any(isinstance(x, np.ndarray) for x in case):
            continue
        expected = outcome(operator.pow if ufunc is np.power else ufunc, case)  # of booleans they differ: ours is `**`
        got = outcome(ufunc, [Tensor(x) if isinstance(x, np.ndarray) else x for x in case])
        if isinstance(expected, type):
            assert got is expected, case
            continue
        assert not isinstance(got, type), case
        for result, value in zip(got, expected, strict=True):
            assert (result.dtype, result.shape) == (value.dtype, value.shape), case
            np.testing.assert_allclose(
                result, value, rtol=4 * np.finfo(value.dtype).eps if value.dtype.kind in "fc" else 0
            )


@pytest.mark.parametrize("ufunc", [np.logaddexp, np.hypot])
def test_folds_of_many_halves(ufunc: Any) -> None:
    """In single precision, as sums are: half of 3000 steps would be lost to rounding."""
    half = np.linspace(0, 1, 3000).astype(np.float16)
    expected = ufunc.reduce(half.astype(float))
    x, y = Tensor(half, requires_grad=True), Tensor(half.astype(float), requires_grad=True)
    assert ufunc.reduce(x).dtype == np.float16
    np.testing.assert_allclose(ufunc.reduce(Tensor(half)).data, expected, rtol=1e-3)
    ufunc.reduce(x).backward()
    ufunc.reduce(y).backward()
    np.testing.assert_allclose(x.grad.data, y.grad.data, rtol=2e-3, atol=1e-7)
    for found in (ufunc.accumulate(x)[-1], ufunc.reduceat(x, [0])[0]):
        assert found.dtype == np.float16
        np.testing.assert_allclose(found.data, expected, rtol=1e-3)
    assert np.logical_or.reduce(Tensor(half)) is np.True_


def test_at_writes_into_nothing_that_is_read_only() -> None:
    row = Tensor([1.0, 2.0])
    with pytest.raises(ValueError, match=r"add\.at: expected an array that can be written"):
        np.add.at(np.broadcast_to(row, (3, 2)), 0, 1.0)
    assert row.tolist() == [1, 2]
