"""Elementwise functions: value, dtype, first and second derivative of each, and their singular points."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograd import Tensor, gradcheck, gradgradcheck, vjp
from autograd.engine.primitive import registry
from autograd.ops import special
from autograd.ops.elementwise import turned

from .table import (
    Row,
    above_one,
    anywhere,
    between_integers,
    check_dtype,
    check_gradients,
    check_value,
    elsewhere,
    inside,
    integers,
    plane,
    positive,
    rows,
)  # fmt: skip

ONE = [(), (1,), (2, 3), (0, 2)]
TWO = [
    ((), ()), ((2, 3), (2, 3)), ((2, 1), (3,)), ((1, 3, 1), ()), ((), (2,)), ((1,), (0,)), ((2, 0), (1,))
]  # fmt: skip

UNARY = {
    anywhere: [
        np.negative, np.positive, np.absolute, np.fabs, np.square, np.exp, np.exp2, np.expm1, np.sin, np.cos,
        np.arctan, np.sinh, np.cosh, np.tanh, np.arcsinh, np.cbrt, np.deg2rad, np.radians, np.rad2deg, np.degrees,
        np.sinc, np.i0, np.conjugate, np.real, np.nan_to_num, np.real_if_close,
    ],
    positive: [np.reciprocal, np.log, np.log2, np.log10, np.log1p, np.sqrt, np.frexp],
    above_one: [np.arccosh],
    inside: [np.arcsin, np.arccos, np.arctanh, np.tan],
    between_integers: [np.modf],
}  # fmt: skip
BINARY = {
    (anywhere, elsewhere): [np.add, np.subtract, np.multiply, np.maximum, np.minimum, np.fmax, np.fmin],
    (anywhere, positive): [np.divide, np.arctan2, np.hypot, np.logaddexp, np.logaddexp2, np.copysign],
    (positive, anywhere): [np.power, np.float_power],
    (above_one, positive): [np.true_divide],
    (between_integers, above_one): [lambda x, y: np.remainder(x, y * 5), lambda x, y: np.fmod(x, y * 5)],
    (anywhere, integers): [np.ldexp],
    (positive, integers): [np.power],
}
COMPLEX = [
    np.negative, np.positive, np.absolute, np.square, np.exp, np.exp2, np.expm1, np.sin, np.cos, np.tan, np.arctan,
    np.sinh, np.cosh, np.tanh, np.arcsin, np.arccos, np.arcsinh, np.arccosh, np.arctanh, np.log, np.log2, np.log10,
    np.log1p, np.sqrt, np.reciprocal, np.conjugate, np.real, np.imag, np.angle, np.sign, np.sinc, np.nan_to_num,
]  # fmt: skip
COMPLEX_BINARY = [np.add, np.subtract, np.multiply, np.divide, np.power, np.float_power]

CLIPS: list[dict[str, Any]] = [{"a_min": -1.1, "a_max": None}, {"a_min": -1.1, "a_max": 0.2}]
if np.lib.NumpyVersion(np.__version__) >= "2.1.0":
    CLIPS += [{"min": -1.1}, {"max": 0.2}, {"min": -1.1, "max": 0.2}, {}]
TABLE = [
    *[row for domain, fs in UNARY.items() for f in fs for row in rows(f, domain, shapes=ONE)],
    *[row for domains, fs in BINARY.items() for f in fs for row in rows(f, *domains, shapes=TWO)],
    *[row for f in COMPLEX for row in rows(f, plane, shapes=[(2, 2)], name=f"complex-{f.__name__}")],
    *[row for f in COMPLEX_BINARY for row in rows(f, plane, plane, shapes=[((2, 1), (2,))])],
    *[row for f in COMPLEX_BINARY for row in rows(f, positive, plane, shapes=[((2, 1), (2,))])],
    *rows(turned, plane, shapes=ONE),
    *rows(np.clip, anywhere, shapes=ONE, options=CLIPS),
    *rows(np.clip, anywhere, elsewhere, above_one, shapes=[(2, 3), ((2, 3), (3,), ()), ((), (2,), (1, 1))]),
    *rows(np.angle, plane, shapes=ONE, options=[{}, {"deg": True}]),
    *rows(np.nan_to_num, anywhere, shapes=[(3,)], options=[{"nan": 3.0, "posinf": 1.0, "neginf": 2.0}]),
    *rows(np.unwrap, between_integers, shapes=[(3, 4)], options=[{"axis": 0}, {"discont": 4.0}, {"period": 1.5}]),
    *rows(np.divmod, between_integers, above_one, shapes=[((2, 1), (3,))]),
    *rows(lambda x, y: np.where(x > 0.5, x * y, y), anywhere, anywhere, shapes=TWO),
    *rows(np.heaviside, anywhere, anywhere, shapes=TWO),
]  # fmt: skip


@pytest.mark.parametrize("row", TABLE)
def test_value_and_derivatives(row: Row) -> None:
    check_value(row)
    check_gradients(row)


HALVES = [
    p
    for p in TABLE
    if plane not in p.values[0].domains and p.values[0].shapes in (((2, 3),), ((2, 3), (2, 3)), ((2, 3), (3,), ()))
]


@pytest.mark.parametrize("dtype", ["f2", "f4"])
@pytest.mark.parametrize("row", [p for p in HALVES if p.values[0].function is not np.float_power])
def test_small_dtypes_stay_small(row: Row, dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    check_value(row, dtype=dtype, close=row.function is np.sinc)  # whose steps NumPy rounds one by one
    if not any(domain is integers for domain in row.domains):
        check_dtype(row, dtype, monkeypatch)


SCALARS = [np.add, np.subtract, np.multiply, np.divide, np.power, np.maximum, np.minimum, np.arctan2, np.hypot,
           np.logaddexp, np.remainder, np.fmod, np.copysign, np.fmax, np.floor_divide]  # fmt: skip


@pytest.mark.parametrize("function", SCALARS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("scalar", [2, 2.5, True])
def test_python_scalars_stay_weak(function: Any, scalar: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for flip in (False, True):
        row = Row(
            lambda x, flip: function(scalar, x) if flip else function(x, scalar),
            (positive,),
            ((3,),),
            {"flip": flip},
            "f",
        )
        for dtype in ("f2", "f4", "f8"):
            check_value(row, dtype=dtype, close=function is np.power)  # whose last bit NumPy 2.0 rounds otherwise
        if function is not np.floor_divide:
            check_dtype(row, "f4", monkeypatch)


@pytest.mark.parametrize("f", [*COMPLEX, *COMPLEX_BINARY], ids=lambda f: f.__name__)
def test_complex64_stays_complex64(f: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    if f is np.float_power:
        return
    n = getattr(f, "nin", 1)
    row = Row(f, (lambda rng, shape: plane(rng, shape).astype("c8"),) * n, ((3,),) * n, {}, "f")
    check_value(row)
    check_dtype(row, None, monkeypatch)


STEPS = [np.floor, np.ceil, np.trunc, np.rint, np.fix, np.round, np.around, np.sign, np.spacing]


@pytest.mark.filterwarnings("ignore:numpy.fix is deprecated:DeprecationWarning")
@pytest.mark.parametrize("function", STEPS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("shape", ONE)
def test_steps_give_tensors_without_a_gradient(function: Any, shape: Any) -> None:
    x = Tensor(np.random.default_rng(0).normal(size=shape) * 3, requires_grad=True)
    result = function(x)
    assert isinstance(result, Tensor)
    assert not result.requires_grad
    np.testing.assert_array_equal(result.data, function(x.data))


COMPARISONS = [np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal, np.logical_and,
               np.logical_or, np.logical_xor]  # fmt: skip
TESTS = [np.isnan, np.isinf, np.isfinite, np.signbit, np.logical_not, np.isposinf, np.isneginf, np.isreal,
         np.iscomplex]  # fmt: skip


@pytest.mark.parametrize("function", [*COMPARISONS, *TESTS], ids=lambda f: f.__name__)
def test_predicates_give_plain_arrays(function: Any) -> None:
    x = Tensor([1.0, np.nan, -np.inf, 0.0], requires_grad=True)
    inputs = (x, np.array([1.0, 1.0, 0.0, -0.0]))[: 2 if function in COMPARISONS else 1]
    result = function(*inputs)
    assert type(result) is np.ndarray
    np.testing.assert_array_equal(result, function(x.data, *inputs[1:]))


BITS = [np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.left_shift, np.right_shift, np.gcd, np.lcm, np.floor_divide,
        np.remainder]  # fmt: skip


@pytest.mark.parametrize("function", [*BITS, np.invert, np.bitwise_count], ids=lambda f: f.__name__)
def test_integers(function: Any) -> None:
    x, y = np.array([6, 5, 4]), np.array([2, 3, 1])
    inputs = (x, y) if function in BITS else (x,)
    result = function(*[Tensor(v) for v in inputs])
    np.testing.assert_array_equal(result.data, function(*inputs))
    assert result.dtype == function(*inputs).dtype


def test_operators() -> None:
    x, i, b = np.array([3.5, -2.0]), np.array([5, 6]), np.array([True, False])
    X, I, B = Tensor(x), Tensor(i), Tensor(b)
    for got, expected in [
        (X // 2, x // 2), (7 // X, 7 // x), (X % 3, x % 3), (7 % X, 7 % x), (I & 3, i & 3), (3 | I, 3 | i),
        (I ^ I, i ^ i), (~I, ~i), (~B, ~b), (B & b, b & b), (I << 1, i << 1), (1 >> I, 1 >> i), (-X, -x), (+X, +x),
        (abs(X), abs(x)), (X**2, x**2), (2**X, 2**x), (round(X), np.round(x)), (X - i, x - i), (i / X, i / x),
        (I // 2, i // 2), (divmod(X, 2)[0], x // 2), (divmod(7, X)[1], 7 % x), (X.clip(-1, 1), x.clip(-1, 1)),
        (X.clip(max=1), x.clip(max=1)), (X.round(1), x.round(1)), (X.conj(), x.conj()), (X.real, x), (X.imag, x * 0),
    ]:  # fmt: skip
        assert isinstance(got, Tensor)
        assert got.dtype == expected.dtype
        np.testing.assert_array_equal(got.data, expected)
    for got, expected in [(X > 1, x > 1), (x == X, x == x), (X >= 1, x >= 1), (X != 3.5, x != 3.5)]:
        assert type(got) is np.ndarray
        np.testing.assert_array_equal(got, expected)
    total = X
    total %= 2
    np.testing.assert_array_equal(total.data, x % 2)


def test_every_ufunc_of_numpy_is_known() -> None:
    names = [name for name in dir(np) if isinstance(getattr(np, name), np.ufunc)]
    assert len(names) > 90
    assert [name for name in names if getattr(np, name) not in registry] == []


# ---- singular points -------------------------------------------------------------------------------------------------


def derivatives(function: Any, *values: Any) -> tuple[list[Any], list[Any]]:
    """The gradients of the sum of a function, and those of the sum of these; None where nothing flows."""
    xs = [Tensor(value, dtype=float, requires_grad=True) for value in values]
    function(*xs).sum().backward(create_graph=True)
    first = [x.grad for x in xs]
    for x in xs:
        x.grad = None
    total = sum((g.sum() for g in first if g is not None), Tensor(0.0))
    if total.requires_grad:
        total.backward()
    return [None if g is None else g.data.tolist() for g in first], [None if x.grad is None else x.grad.data.tolist()
                                                                    for x in xs]  # fmt: skip


@pytest.mark.parametrize(
    ("function", "values", "first", "second"),
    [
        (np.abs, [0.0], [0.0], [None]),
        (np.sinc, [0.0], [0.0], [-np.pi**2 / 3]),
        (np.sinc, [1e-5], [-np.pi**2 / 3 * 1e-5], [-np.pi**2 / 3]),
        (np.i0, [0.0], [0.0], [0.5]),
        (np.hypot, [0.0, 0.0], [0.0, 0.0], None),
        (np.arctan2, [0.0, 0.0], [0.0, 0.0], None),
        (lambda x: x**0, [0.0], [0.0], [None]),
        (lambda x: x**0.0, [0.0], [0.0], [None]),
        (lambda x: x**1, [0.0], [1.0], [0.0]),
        (lambda x: x**2, [0.0], [0.0], [2.0]),
        (lambda x: x**2, [-2.0], [-4.0], [2.0]),
        (lambda x: x**3, [-2.0], [12.0], [-12.0]),
        (lambda x: x ** np.array(2.0), [-2.0], [-4.0], [2.0]),
        (lambda x: x ** np.array([0.0, 1.0, 2.0]), [[0.0, 0.0, 0.0]], [[0.0, 1.0, 0.0]], [[0.0, 0.0, 2.0]]),
        (lambda x: np.power(x, 0), [0.0], [0.0], [None]),
        (lambda y: 0**y, [[0.0, 1.0, 2.0]], [[0.0, 0.0, 0.0]], [[0.0, 0.0, 0.0]]),
        (lambda y: np.array(0.0) ** y, [[0.0, 2.0]], [[0.0, 0.0]], [[0.0, 0.0]]),
        (np.power, [0.0, 0.0], [0.0, 0.0], None),
        (np.power, [0.0, 2.0], [0.0, 0.0], None),
        (np.power, [3.0, 0.0], [0.0, np.log(3)], [1 / 3, 1 / 3 + np.log(3) ** 2]),
        (np.maximum, [1.0, 1.0], [0.5, 0.5], [None, None]),
        (np.minimum, [1.0, 1.0], [0.5, 0.5], [None, None]),
        (lambda x: np.maximum(x, x), [1.0], [1.0], [None]),
        (np.fmax, [[np.nan, 1.0, 2.0], [1.0, np.nan, 2.0]], [[0.0, 1.0, 0.5], [1.0, 0.0, 0.5]], None),
        (np.fmin, [[np.nan, 1.0, 2.0], [1.0, np.nan, 2.0]], [[0.0, 1.0, 0.5], [1.0, 0.0, 0.5]], None),
        (lambda x: np.clip(x, 0, 1), [[0.0, 1.0, 0.5, 2.0]], [[1.0, 1.0, 1.0, 0.0]], None),
        (lambda x, a, b: np.clip(x, a, b), [[0.0, 5.0], [1.0, 1.0], [2.0, 2.0]],
         [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]], None),
        (lambda x, a, b: np.clip(x, a, b), [0.0, 3.0, 2.0], [0.0, 0.0, 1.0], None),
        (np.log1p, [1e-20], [1.0], [-1.0]),
        (np.expm1, [1e-20], [1.0], [1.0]),
        (np.logaddexp, [-np.inf, -np.inf], [0.0, 0.0], None),
        (np.logaddexp, [-np.inf, 1.0], [0.0, 1.0], [0.0, 0.0]),
        (np.logaddexp, [-1000.0, 1000.0], [0.0, 1.0], [0.0, 0.0]),
        (np.copysign, [0.0, 1.0], [0.0, None], None),
        (lambda x: np.nan_to_num(x), [[np.nan, np.inf, 1.0]], [[0.0, 0.0, 1.0]], None),
        (lambda x: np.where(x > 0, np.sqrt(np.where(x > 0, x, 1)), 0), [[0.0, 4.0]], [[0.0, 0.25]],
         [[0.0, -1 / 32]]),
        (lambda x: np.tanh(x), [[1000.0, -1000.0]], [[0.0, 0.0]], [[0.0, 0.0]]),
    ],
)  # fmt: skip
def test_singular_points(function: Any, values: Any, first: Any, second: Any) -> None:
    got_first, got_second = derivatives(function, *values)
    for got, expected in zip(got_first, first, strict=True):
        assert (got is None) == (expected is None)
        if expected is not None:
            np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-12)
    for got, expected in zip(got_second, second or [], strict=second is not None):
        assert (got is None) == (expected is None)
        if expected is not None:
            np.testing.assert_allclose(got, expected, rtol=1e-6, atol=1e-9)
    assert second is not None or all(g is None or np.isfinite(g).all() for g in got_second)


def test_square_root_at_zero() -> None:
    """The derivative is infinite; `where` outside of it does not help, `where` inside of it does."""
    x = Tensor([0.0, 4.0], requires_grad=True)
    with np.errstate(divide="ignore"):
        np.sqrt(x).sum().backward()
    assert x.grad.tolist() == [np.inf, 0.25]
    x.grad = None
    with np.errstate(divide="ignore", invalid="ignore"):
        np.where(x.data > 0, np.sqrt(x), 0).sum().backward()
    assert np.isnan(x.grad.data[0])


def test_a_constant_exponent_or_base_gets_no_derivative() -> None:
    x = Tensor([-2.0, 3.0], requires_grad=True)
    y = x ** Tensor([2.0, 2.0])  # log(-2) would be NaN, and warn
    y.sum().backward()
    assert x.grad.tolist() == [-4.0, 6.0]
    assert len(y.grad_fn.parents) == 1


def test_sinc_to_fourth_order() -> None:
    for at in (0.0, 0.1, 0.6, 1.7):
        x = Tensor(at, requires_grad=True)
        y = np.sinc(x)
        for _ in range(3):
            y.backward(create_graph=True)
            y, x.grad = x.grad, None
        t = np.linspace(0, 1, 20001)  # sinc(x) is the mean of cos(pi x t)
        expected = np.trapezoid((np.pi * t) ** 3 * np.sin(np.pi * at * t), t)
        np.testing.assert_allclose(y.item(), expected, atol=1e-7)
        gradcheck(np.sinc, np.array(at))
        gradgradcheck(np.sinc, np.array(at))


def test_where_of_one_argument_gives_places() -> None:
    x = np.array([[1.0, 0.0], [0.0, 2.0]])
    for got, expected in zip(np.where(Tensor(x, requires_grad=True)), np.where(x), strict=True):
        assert type(got) is np.ndarray
        np.testing.assert_array_equal(got, expected)
    with pytest.raises(TypeError, match="missing 1 required"):
        np.where(Tensor(x), 1.0)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int64, np.complex128])
def test_where_of_large_arrays_is_where(dtype: Any) -> None:
    """They are selected by their bits: also zeros of both signs, NaN and infinities, broadcast and turned."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(80, 90)).astype(dtype)
    odd = np.resize(np.array([0.0, -0.0, np.nan, np.inf, -np.inf, 1e-310]), (80, 90))
    conditions = [rng.random((80, 90)) > 0.5, rng.random((90, 80)).T > 0.5, (rng.random((80, 180)) > 0.5)[::-1, ::2]]
    for condition in conditions:
        for a in (x, x[:, :1], x.T.copy().T, odd, 0, 0.0, -1.5, np.float32(2)):
            for b in (x[::-1], odd, 0, -0.0, np.array(3.0)):
                got, expected = registry[np.where](condition, a, b), np.where(condition, a, b)
                assert got.dtype == expected.dtype
                np.testing.assert_array_equal(got, expected)
                np.testing.assert_array_equal(np.signbit(got.real), np.signbit(expected.real))


def test_refusals_name_the_function() -> None:
    with pytest.raises(TypeError, match="nan_to_num: copy=False"):
        np.nan_to_num(Tensor([1.0]), copy=False)
    with pytest.raises(ValueError, match="clip: expected one"):
        np.clip(Tensor([1.0]), 0, 1, max=2)
    with pytest.raises(TypeError, match="no derivative rule is known"):
        np.frompyfunc(lambda x: x, 1, 1)(Tensor([1.0]))


@pytest.mark.parametrize("function", [np.logaddexp, np.logaddexp2])
def test_logaddexp_shares_the_gradient_however_large_the_numbers(function: Any) -> None:
    ends = [(1e20, 1e20, 0.5), (-1e20, -1e20, 0.5), (800, -800, 1), (1, -np.inf, 1), (-np.inf, 1, 0)]
    for a, b, share in [*ends, (-np.inf, -np.inf, 0)]:
        x, y = Tensor(a, float, requires_grad=True), Tensor(b, float, requires_grad=True)
        function(x, y).backward()
        assert x.grad.item() == share
        assert y.grad.item() == (1 - share if max(a, b) > -np.inf else 0)


def test_powers_of_zero() -> None:
    for base in (0, Tensor(np.zeros(4))):
        y = Tensor([-1.0, 0.0, 0.5, 2.0], requires_grad=True)
        with np.errstate(divide="ignore"):
            np.power(base, y).sum().backward()
        np.testing.assert_array_equal(y.grad.data, [-np.inf, 0, 0, 0])


def test_the_sign_of_complex_zero_has_gradient_zero() -> None:
    x = Tensor([0j, 2j], requires_grad=True)
    np.sign(x).real.sum().backward()
    np.testing.assert_array_equal(x.grad.data, [0, 0.5])


def test_logaddexp_of_many_is_that_of_few() -> None:
    values = np.array([0.0, -0.0, 1.0, -1.0, 700.0, -700.0, 1e300, np.inf, -np.inf, np.nan])
    x, y = (np.tile(part.ravel(), 20) for part in np.meshgrid(values, values))
    many = np.logaddexp(Tensor(x), Tensor(y)).data
    with np.errstate(invalid="ignore"):
        np.testing.assert_allclose(many, np.logaddexp(x, y), rtol=1e-14, atol=1e-300)
    assert np.logaddexp(Tensor(np.ones(2000, "f")), Tensor(np.ones(2000, "f"))).dtype == np.float32


@pytest.mark.parametrize("dtype", ["f", "d"])
def test_where_of_many_is_that_of_few(dtype: str) -> None:
    """Large arrays are chosen from by their bits, which leaves NaNs and infinities where they are."""
    rng = np.random.default_rng(0)
    x = rng.choice([1.5, -0.0, np.nan, np.inf], (80, 70)).astype(dtype)
    condition = rng.random(x.shape) < 0.5
    for choices in ((x, -x), (x, 0), (0, x), (x, 2.5), (2.5, x), (x, x[:1]), (x[:, :1], x)):
        tracked = [Tensor(c, requires_grad=True) if c is x else c for c in choices]
        found = np.where(condition, *tracked)
        np.testing.assert_array_equal(found.data, np.where(condition, *choices))
        found.backward(np.ones_like(x))
        for c, kept in zip(tracked, (condition, ~condition), strict=True):
            if isinstance(c, Tensor):
                np.testing.assert_array_equal(c.grad.data, kept)


def test_heaviside_by_its_value_at_zero() -> None:
    x, y = Tensor([-1.0, 0.0, -0.0, 2.0], requires_grad=True), Tensor([5.0, 6.0, 7.0, 8.0], requires_grad=True)
    found = np.heaviside(x, y)
    np.testing.assert_array_equal(found.data, [0, 6, 7, 1])
    found.backward([1.0, 2.0, 3.0, 4.0])
    np.testing.assert_array_equal(y.grad.data, [0, 2, 3, 0])
    assert x.grad is None or not x.grad.data.any()


def test_at_a_bound_of_clip_the_gradient_is_the_arrays() -> None:
    values = [0.5, 1.0, 2.0, 3.0, 3.5]
    a, low, high = (Tensor(v, requires_grad=True) for v in (values, [1.0] * 5, [3.0] * 5))
    np.clip(a, low, high).backward([1.0, 2.0, 3.0, 4.0, 5.0])
    np.testing.assert_array_equal(a.grad.data, [0, 2, 3, 4, 0])
    np.testing.assert_array_equal(low.grad.data, [1, 0, 0, 0, 0])
    np.testing.assert_array_equal(high.grad.data, [0, 0, 0, 0, 5])


def test_where_the_bounds_of_clip_meet_or_cross_it_is_the_upper_one() -> None:
    a, low, high = (Tensor(v, requires_grad=True) for v in ([0.0, 9.0, 5.0, 2.0], [4.0] * 4, [3.0, 3.0, 3.0, 4.0]))
    found = np.clip(a, low, high)
    np.testing.assert_array_equal(found.data, [3, 3, 3, 4])
    found.backward([1.0, 2.0, 3.0, 4.0])
    np.testing.assert_array_equal(a.grad.data, [0, 0, 0, 0])
    np.testing.assert_array_equal(low.grad.data, [0, 0, 0, 4])
    np.testing.assert_array_equal(high.grad.data, [1, 2, 3, 0])
    upper = Tensor([3.0, 1.0], requires_grad=True)
    np.clip([4.0, 1.0], None, upper).sum().backward()
    np.testing.assert_array_equal(upper.grad.data, [1, 0])


def test_the_arguments_of_ufuncs_have_places_and_no_names() -> None:
    assert np.sinc(x=Tensor(0.0)).item() == 1  # which is none
    for function in (np.exp, registry[np.exp]):
        with pytest.raises(TypeError):
            function(x=Tensor(1.0))
    for function in (np.power, registry[np.power], registry[np.multiply]):
        with pytest.raises(TypeError):
            function(x=Tensor(1.0), y=2.0)


def test_the_angle_of_a_tiny_vector() -> None:
    """Its square is 0 in float32: the slope was 1e-30 for a division by what stood in for it. JAX: inf; PyTorch: 0."""
    x, y = (Tensor(np.float32(1e-30), requires_grad=True) for _ in range(2))
    np.arctan2(x, y).backward()
    np.testing.assert_allclose([x.grad.item(), y.grad.item()], [5e29, -5e29], rtol=1e-6)
    z = Tensor(np.complex64(1e-30 + 1e-30j), requires_grad=True)
    np.angle(z).backward()
    np.testing.assert_allclose(z.grad.item(), -5e29 + 5e29j, rtol=1e-6)


def test_the_slope_of_fmod_by_the_divisor_is_a_whole_number() -> None:
    """1 / 0.1 rounds to 10, but 0.1 goes into 1 nine times (PyTorch: -10; of remainder -9)."""
    for function in (np.fmod, np.remainder):
        for a, b, n in ((1.0, 0.1, 9), (1.0, -0.1, -9 if function is np.fmod else -10), (0.3, 0.1, 2), (7.0, 2.0, 3)):
            x, y = Tensor(a, requires_grad=True), Tensor(b, requires_grad=True)
            function(x, y).backward()
            assert (x.grad.item(), y.grad.item()) == (1, -n)


@pytest.mark.parametrize("kind", ["?", "b", "B", "h", "H", "i", "I", "l", "L"])
def test_the_slope_of_a_power_with_a_small_integer_exponent(kind: str) -> None:
    """y - 1 of an unsigned 0 is the greatest number, and of the least signed one too."""
    for exponent in (0, 1, 3, -128) if np.dtype(kind).kind == "i" else (0, 1):
        for y in (np.array(exponent, kind), np.array([exponent], kind), np.dtype(kind).type(exponent)):
            x = Tensor([1e3 if exponent >= 0 else 2.0], requires_grad=True)
            (x**y).sum().backward()
            np.testing.assert_allclose(x.grad.data, exponent * x.data ** (exponent - 1.0), rtol=1e-15)


def test_complex_powers_of_negative_numbers_by_the_exponent() -> None:
    for base in (-2, -2.0, np.array(-2.0), np.array(-2.0 + 0j)):
        y = Tensor(1 + 1j, requires_grad=True)
        (base**y).real.backward()
        expected = (-2 + 0j) ** (1 + 1j) * np.log(-2 + 0j)
        np.testing.assert_allclose(y.grad.data.conj(), expected, rtol=1e-14)
    with np.errstate(invalid="ignore"):
        y = Tensor(2.0, requires_grad=True)
        (np.array(-2.0) ** y).backward()
    assert np.isnan(y.grad.data)  # a real power of a negative number is there for whole exponents alone


def test_second_derivatives_keep_their_digits_too() -> None:
    for function, at, expected in (
        (special.log_ndtr, [-1e8, -30.0], [-1, -0.9988962285]),
        (np.expm1, [-700.0, -30.0], np.exp([-700.0, -30.0])),
        (np.arcsinh, [-1e8, 30.0], [1e-16, -30 / 901**1.5]),
        (special.softsign, [1e8, -30.0], [-2e-24, 2 / 31**3]),
    ):
        x = Tensor(at, requires_grad=True)
        function(x).sum().backward(create_graph=True)
        first, x.grad = x.grad, None
        first.sum().backward()
        np.testing.assert_allclose(x.grad.data, expected, rtol=1e-6)


def test_the_imaginary_part_of_real_numbers_is_nothing_and_has_no_slope() -> None:
    x = Tensor([1.0, 2.0], requires_grad=True)
    found = np.imag(x)
    np.testing.assert_array_equal(found.data, [0, 0])
    found.backward([3.0, 4.0])
    np.testing.assert_array_equal(x.grad.data, [0, 0])


@pytest.mark.parametrize("function", [np.remainder, np.fmod])
def test_what_is_left_of_a_division_by_its_divisor(function: Any) -> None:
    """x - y n has the slope -n, where n is the whole quotient: rounded down, or toward zero."""
    x, y = np.array([7.5, -7.5, 7.5, -7.5, 1.0]), Tensor([2.0, 2.0, -2.0, -2.0, 3.0], requires_grad=True)
    function(x, y).backward([1.0, 2.0, 3.0, 4.0, 5.0])
    quotient = {np.remainder: [3, -4, -4, 3, 0], np.fmod: [3, -3, -3, 3, 0]}[function]
    np.testing.assert_array_equal(y.grad.data, -np.array(quotient) * [1, 2, 3, 4, 5])


@pytest.mark.parametrize("base", [0.25, 1.0, 3.0])
def test_a_power_of_a_number_has_the_slope_of_its_logarithm(base: float) -> None:
    y = Tensor([-1.0, 0.0, 2.0], requires_grad=True)
    (base**y).sum().backward()
    assert y.grad is not None
    np.testing.assert_allclose(y.grad.data, np.log(base) * base**y.data)


@pytest.mark.parametrize("function", [np.maximum, np.minimum, np.fmax, np.fmin])
def test_a_tie_is_shared_whatever_arrives(function: Any) -> None:
    x, y = (Tensor([1.0, 2.0, 3.0], requires_grad=True) for _ in range(2))
    (function(x, y) * [1.0, 10.0, -4.0]).sum().backward()
    for t in (x, y):
        assert t.grad is not None
        assert t.grad.tolist() == [0.5, 5.0, -2.0]


@pytest.mark.parametrize("function", [np.maximum, np.minimum, np.fmax, np.fmin])
@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
def test_a_tie_is_nothing_to_its_neighbours(function: Any, dtype: str) -> None:
    """Whether others tie or not: a gradient that is infinite is multiplied once, by what is its own share."""
    for last in (3.0, 4.0):
        x = Tensor([2.0, 1.0, 4.0], dtype=dtype, requires_grad=True)
        y = Tensor([1.0, 2.0, last], dtype=dtype, requires_grad=True)
        g = np.array([np.inf, -np.inf, 4.0], dtype) if function in (np.maximum, np.fmax) else None
        g = np.array([-np.inf, np.inf, 4.0], dtype) if g is None else g
        with np.errstate(invalid="ignore"):
            function(x, y).backward(g)
        won = [(x if (a > b) == (function in (np.maximum, np.fmax)) else y).grad for a, b in ((2, 1), (1, 2))]
        assert [float(part[k]) for k, part in enumerate(won)] == g[:2].tolist()
        assert all(t.grad.dtype == dtype and np.isfinite(t.grad[2].item()) for t in (x, y))


def test_a_copied_sign_turns_the_gradient_where_the_signs_differ() -> None:
    x = Tensor([3.0, -3.0, 3.0, -3.0], requires_grad=True)
    np.copysign(x, np.array([1.0, 1.0, -1.0, -1.0])).sum().backward()
    assert x.grad is not None
    assert x.grad.data.tolist() == [1, -1, -1, 1]


def test_a_complex_power_of_negative_numbers_in_an_array() -> None:
    """Their slope is the power times log 2 + πi, whichever of the two arrays is complex already."""
    for base in (np.array([-2.0, 2.0]), np.array([-2, 2])):
        y = Tensor([1 + 1j, 2.0], requires_grad=True)
        (base**y).sum().backward(1 + 0j)
        assert y.grad is not None
        logarithm = np.log(2) + np.array([np.pi * 1j, 0])
        np.testing.assert_allclose(y.grad.data.conj(), logarithm * np.exp(logarithm * y.data))


def test_hypot_of_numbers_at_the_edge_of_range() -> None:
    x, y = (Tensor(np.array([v], "f4"), requires_grad=True) for v in (3e-38, 4e-38))
    np.hypot(x, y).backward(np.array([100], "f4"))
    for t, expected in ((x, 60), (y, 80)):
        assert t.grad is not None
        np.testing.assert_allclose(t.grad.data, expected, rtol=1e-6)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_the_greater_of_two_large_arrays(dtype: str) -> None:
    rng = np.random.default_rng(0)
    x, y, g = (rng.normal(size=(70, 100)).astype(dtype) for _ in range(3))
    row = rng.normal(size=100).astype(dtype)
    of_x, of_y = vjp(np.maximum, x, y)[1](g)
    np.testing.assert_array_equal(of_x, np.where(x > y, g, 0))
    np.testing.assert_array_equal(of_y, np.where(x > y, 0, g))
    of_row, of_x = vjp(np.minimum, row, x)[1](np.ones_like(x))
    np.testing.assert_array_equal(of_row, (row < x).sum(0))
    np.testing.assert_array_equal(of_x, x < row)
