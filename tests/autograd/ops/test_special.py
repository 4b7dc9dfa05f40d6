"""Special functions: against values computed to 50 digits, PyTorch's at singular points, and differences."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Tensor, grad, gradcheck, gradgradcheck
from autograd.engine.tensor import unwrap
from autograd.ops import special

from .table import Row, anywhere, check_dtype, check_gradients, positive, probability, rows

REFERENCE = Path(__file__).parents[2] / "reference"
SHAPES = [(), (1,), (2, 3), (0, 2)]
BIG = [(2, 3, 4)]
AXES: list[dict[str, Any]] = [{"axis": 0}, {"axis": -1}, {"axis": (0, 2)}]


def sigmoid_of(x: Any) -> Any:
    return special.sigmoid(unwrap(x))


TABLE = [
    *[
        row
        for f in [
            special.sigmoid,
            special.relu,
            special.softplus,
            special.logsigmoid,
            special.erf,
            special.erfc,
            special.log_ndtr,
            special.ndtr,
            special.gelu,
            special.inverse_mills,
            special.mills_excess,
            special.softsign,
            special.silu,
            special.gelu_tanh,
            special.gelu_tanh_slope,
            special.hardswish,
            special.hardswish_slope,
            special.i0,
            special.i1,
        ]
        for row in rows(f, anywhere, shapes=SHAPES)
    ],
    *[row for f in [special.gammaln, special.digamma] for row in rows(f, anywhere, shapes=SHAPES)],
    *[
        row
        for f in [special.softmax, special.log_softmax]
        for row in rows(f, anywhere, shapes=BIG, options=[{}, *AXES])
    ],
    *rows(
        special.logsumexp, anywhere, shapes=BIG, options=[{}, {"keepdims": True}, *AXES, {"axis": 1, "keepdims": True}]
    ),
    *rows(special.logsumexp, anywhere, shapes=[(), (1,)]),
    *rows(lambda x: special.silu_slope(x, sigmoid_of(x)), anywhere, shapes=SHAPES, name="silu_slope"),
    *rows(special.logit, probability, shapes=SHAPES),
    *rows(special.huber, anywhere, positive, shapes=[((2, 3), (2, 3)), ((2, 3), ()), ((), ())]),
    *rows(special.logistic_loss, anywhere, probability, shapes=[((2, 3), (2, 3)), ((2, 3), (3,)), ((), ())]),
    *rows(special.sigmoid_surplus, anywhere, probability, shapes=[((2, 3), (2, 3)), ((), ())]),
    *rows(special.xlogy, anywhere, positive, shapes=[((2, 1), (3,)), ((), (2,)), ((0, 1), (2,))]),
    *[
        row
        for n in range(4)
        for row in rows(
            lambda x, n: special.polygamma(n, x), anywhere, shapes=[(3,)], options=[{"n": n}], name="polygamma"
        )
    ],
]


@pytest.mark.parametrize("row", TABLE)
def test_derivatives(row: Row) -> None:
    check_gradients(row)


@pytest.mark.parametrize("dtype", ["f2", "f4"])
@pytest.mark.parametrize("row", [p for p in TABLE if p.values[0].shapes[0] in ((2, 3), (2, 3, 4), (2, 1))])
def test_small_dtypes_stay_small(row: Row, dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    exact = row(*[x.astype("f8") for x in row.inputs(dtype)])
    result = row(*row.inputs(dtype))
    assert result.dtype == dtype
    np.testing.assert_allclose(result, exact, rtol=8 * np.finfo(dtype).eps, atol=8 * np.finfo(dtype).eps)
    check_dtype(row, dtype, monkeypatch)


@pytest.fixture(scope="module")
def values() -> Any:
    with np.load(REFERENCE / "special.npz") as file:
        return dict(file)


@pytest.mark.parametrize(
    ("name", "points", "tolerance"),
    [
        ("erf", "signed", 4e-16),
        ("erfc", "signed", 1e-15),
        ("i1", "signed", 1e-15),
        ("log_ndtr", "signed", 4e-13),
        ("gammaln", "gamma", 1e-15),
    ],
)
def test_values(values: Any, name: str, points: str, tolerance: float) -> None:
    x, expected = values[points], values[name]
    if name == "gammaln":  # between its zeros at negative arguments the error is absolute
        near = x < 0
        np.testing.assert_allclose(special.gammaln(x[near]), expected[near], rtol=1e-14, atol=1e-14)
        x, expected = x[~near], expected[~near]
    np.testing.assert_allclose(getattr(special, name)(x), expected, rtol=tolerance, atol=0)


@pytest.mark.parametrize("n", range(5))
def test_polygamma(values: Any, n: int) -> None:
    expected = values["polygamma"][n]
    scale = np.abs(expected) + (np.pi**n * (values["gamma"] < 0) if n else 1)  # digamma has a zero at 1.46
    assert (np.abs(special.polygamma(n, values["gamma"]) - expected) / scale).max() < 4e-15


def test_error_functions_in_single_precision(values: Any) -> None:
    x = values["signed"].astype("f4")
    exact = x.astype("f8")
    np.testing.assert_allclose(special.erf(x), special.erf(exact), rtol=3e-7)
    np.testing.assert_allclose(special.erfc(x), special.erfc(exact).astype("f4"), rtol=1e-7)
    assert special.erf(x).dtype == np.float32
    assert np.abs(special.erf(np.linspace(-9, 9, 9999, dtype="f4"))).max() <= 1


@pytest.mark.parametrize(
    "f", [special.erf, special.erfc, special.gammaln, special.log_ndtr, special.i1, special.digamma]
)
def test_large_arrays_go_in_pieces(f: Any) -> None:
    x = np.random.default_rng(0).uniform(0.1, 6, (150, 190))
    whole = f(x.T)
    assert whole.shape == (190, 150)
    np.testing.assert_array_equal(whole[::19, ::7], np.array([[f(v) for v in row] for row in x.T[::19, ::7]]))


@pytest.mark.parametrize("f", [special.erf, special.erfc, special.gammaln, special.sigmoid, special.softplus])
def test_results_are_arrays_and_inputs_stay(f: Any) -> None:
    x = np.array([0.5, 1.5])
    before = x.copy()
    assert type(f(x)) is np.ndarray
    assert isinstance(f(Tensor(0.5)).data, np.ndarray)
    np.testing.assert_array_equal(x, before)
    assert f(Tensor([1, 2])).dtype == np.float64


def test_what_is_not_real_is_refused() -> None:
    for f in (special.erf, special.erfc, special.gammaln):
        with pytest.raises(TypeError, match=r"expected a real array"):
            f(Tensor([1j]))


# ---- singular points -------------------------------------------------------------------------------------------------


def cases() -> list[Any]:
    data = json.loads((REFERENCE / "ops.json").read_text())
    return [pytest.param(case, id=f"{case['name']}-{i}") for i, case in enumerate(data["cases"])]


def from_json(value: Any) -> Any:
    return np.array(value, dtype=float)  # "inf", "-inf" and "nan" are written as text


@pytest.mark.parametrize("case", cases())
def test_as_pytorch(case: Any) -> None:
    """Values, gradients and second derivatives at the points where there is a choice, as PyTorch chooses."""
    function = FUNCTIONS[case["name"]]
    inputs = [Tensor(from_json(x), requires_grad=True) for x in case["inputs"]]
    result = function(*inputs)
    np.testing.assert_allclose(result.data, from_json(case["value"]), rtol=1e-12)
    result.sum().backward(create_graph=True)
    first = [x.grad for x in inputs]
    for g, expected in zip(first, case["first"], strict=True):
        np.testing.assert_allclose(g.data, from_json(expected), rtol=1e-9, atol=1e-12)
    for x in inputs:
        x.grad = None
    total = sum((g.sum() for g in first), Tensor(0.0))
    if total.requires_grad:
        total.backward()
    for x, expected in zip(inputs, case["second"], strict=True):
        np.testing.assert_allclose(0 if x.grad is None else x.grad.data, from_json(expected), rtol=1e-9, atol=1e-12)


FUNCTIONS: dict[str, Any] = {
    "sigmoid": special.sigmoid,
    "softplus": special.softplus,
    "logsigmoid": special.logsigmoid,
    "relu": special.relu,
    "softmax": special.softmax,
    "log_softmax": special.log_softmax,
    "logsumexp": lambda x: special.logsumexp(x, axis=-1),
    "tanh": np.tanh,
    "abs": np.abs,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "amax": lambda x: np.max(x, axis=-1),
    "amin": lambda x: np.min(x, axis=-1),
    "clip": lambda x: np.clip(x, -1, 1),
    "sinc": np.sinc,
    "square": lambda x: x**2,
    "zeroth": lambda x: x**0,
    "xlogy": special.xlogy,
    "std": np.std,
    "prod": np.prod,
    "cumprod": lambda x: np.cumprod(x, axis=-1),
    "erf": special.erf,
    "erfc": special.erfc,
    "gammaln": special.gammaln,
    "log1p": np.log1p,
    "expm1": np.expm1,
    "sort": lambda x: np.sort(x) * np.arange(4.0),
    "median": lambda x: np.quantile(x, 0.5),
}


def test_logsumexp_of_nothing_but_minus_infinity() -> None:
    """PyTorch's gradient is NaN there. A sum of zeros does not change when one stays zero: ours is 0."""
    x = Tensor([[-np.inf, -np.inf], [-np.inf, 1.0]], requires_grad=True)
    result = special.logsumexp(x, axis=1)
    np.testing.assert_array_equal(result.data, [-np.inf, 1.0])
    result.sum().backward(create_graph=True)
    assert x.grad.tolist() == [[0.0, 0.0], [0.0, 1.0]]
    g, x.grad = x.grad, None
    g[1].sum().backward()
    assert (x.grad.data[1] == 0).all()


def test_logsumexp_of_infinity() -> None:
    np.testing.assert_array_equal(special.logsumexp(np.array([np.inf, 1.0])), np.inf)


def test_all_are_exported_with_their_documentation() -> None:
    for name in [
        "sigmoid",
        "relu",
        "softplus",
        "logsigmoid",
        "logsumexp",
        "softmax",
        "log_softmax",
        "erf",
        "erfc",
        "gammaln",
        "digamma",
        "polygamma",
        "i0",
        "i1",
        "log_ndtr",
        "logit",
        "xlogy",
    ]:
        function = getattr(autograd, name)
        assert name in autograd.__all__
        assert function.__doc__
        assert function.__qualname__ == name


def test_poles_of_the_gamma_function() -> None:
    """At 0 the sign of the zero tells the side; at a negative integer both sides differ, unless both are +inf."""
    at = np.array([0.0, -0.0, -1.0, -3.0])
    np.testing.assert_array_equal(special.digamma(at), [-np.inf, np.inf, np.nan, np.nan])
    np.testing.assert_array_equal(special.polygamma(1, at), np.inf)


def test_xlogy_at_the_logarithms_pole() -> None:
    x, y = Tensor([0.0, 2.0], requires_grad=True), Tensor([0.0, 0.0], requires_grad=True)
    with np.errstate(divide="ignore"):
        special.xlogy(x, y).sum().backward()
    np.testing.assert_array_equal(y.grad.data, [0, np.inf])


def test_hardswish_is_straight_beyond_3_to_the_second_order() -> None:
    x = Tensor([-4.0, -1.0, 0.5, 4.0], requires_grad=True)
    (slope,) = grad(autograd.ops.hardswish(x).sum(), x, create_graph=True)
    np.testing.assert_allclose(slope.data, [0, 1 / 6, 2 / 3, 1])
    slope.sum().backward()
    np.testing.assert_allclose(x.grad.data, [0, 1 / 3, 1 / 3, 0])


def test_xlogy_by_x_where_the_logarithm_is_infinite() -> None:
    for x, slope in ((0.0, 0.0), (1.0, -np.inf)):
        at = Tensor(x, requires_grad=True)
        with np.errstate(divide="ignore"):
            autograd.xlogy(at, 0.0).backward()
        assert at.grad.item() == slope


def test_hardswish_of_the_largest_numbers() -> None:
    for kind in (np.float16, np.float32, np.float64):
        largest = np.finfo(kind).max
        assert special.hardswish(np.array([largest, -largest], kind)).tolist() == [largest, 0]


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("f", [autograd.relu, autograd.softplus, autograd.logsigmoid])
def test_ends_and_zeros_of_many_are_those_of_few(f, dtype):
    """Many elements are clipped, few compared with 0; NaN and the sign of 0 come out of both alike."""
    few = np.array([-np.inf, -1000.0, -1.0, -0.0, 0.0, 1.0, 1000.0, np.inf, np.nan], dtype)
    many = np.tile(few, 1000)
    found, expected = f(many), np.tile(f(few), 1000)
    np.testing.assert_allclose(found, expected, rtol=4 * np.finfo(dtype).eps)
    np.testing.assert_array_equal(np.signbit(found[many == 0]), np.signbit(expected[many == 0]))
    assert found.dtype == dtype


@pytest.mark.parametrize("n", [2, 3, 5])
def test_the_bessel_functions_over_powers(n):
    """Which the derivatives of i1 from the second on are made of: to second order, near 0 and beyond 8."""
    at = np.array([-9.5, -3.0, -0.4, 0.3, 2.0, 7.5, 8.5, 12.0])
    over_power = lambda x: special.i_over_power(n, x)
    assert gradcheck(over_power, at)
    assert gradgradcheck(over_power, at)


def test_the_slope_of_a_bessel_function_to_second_order():
    at = np.array([-9.5, -3.0, -0.4, 0.3, 2.0, 7.5, 8.5, 12.0])
    assert gradcheck(special.i1_slope, at)
    assert gradgradcheck(special.i1_slope, at)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_hardswish_bends_between_its_ends_alone(dtype):
    at = np.array([-3.5, -3.0, -2.9, 0.0, 2.9, 3.0, 3.5], dtype)
    bend = grad(lambda x: grad(lambda x: special.hardswish(x).sum())(x).sum())(at)
    np.testing.assert_array_equal(bend, np.array(1 / 3, dtype) * [0, 0, 1, 1, 1, 0, 0])
