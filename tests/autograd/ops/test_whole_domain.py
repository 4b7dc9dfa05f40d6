"""Elementwise functions over their whole domains, against mpmath (tests/reference/make_elementwise.py).

A slope may be 32 units in the last place from the exact one, and a value 4, where it is not NumPy's or SciPy's own.
What is further off stands in EXCEPTIONS, with the reason and what PyTorch 2.13, JAX 0.10 and SciPy 1.17 give.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

import autograd
import nn.functional as F
from autograd import Tensor
from autograd.ops import special

try:
    from scipy import special as sp

    import autograd.scipy.special  # SciPy's functions take Tensors from now on
except ImportError:
    sp = None  # type: ignore[assignment]

REFERENCE = np.load(Path(__file__).parents[2] / "reference" / "elementwise.npz")
LIMITS = {"value": 4, "slope": 32, "slope_x": 32, "slope_y": 32}

# ---- the functions ---------------------------------------------------------------------------------------------------


def _functions(name: str) -> dict[str, Any]:
    """What goes by this name, by the library whose it is."""
    if name.startswith("polygamma"):
        n = int(name[-1])
        found = {"autograd": lambda x: autograd.polygamma(n, x)}
        return found | ({"scipy": lambda x: autograd.scipy.special.polygamma(n, x)} if sp else {})
    if name[:5] == "power" and name != "power":
        exponent = float(name[5:])
        return {"operator": lambda x: x ** (int(exponent) if exponent.is_integer() else exponent)}
    places = {"numpy": np, "autograd": special, "nn": F if name in ("gelu", "elu", "softsign") else None, "scipy": sp}
    found = {place: getattr(module, name, None) for place, module in places.items()}
    if name in ("huber", "sinc", "log1p", "softplus"):
        del found["scipy"]  # other arguments, or NumPy's again
    if found["numpy"] and name != "i0":
        del found["autograd"]
    return {place: function for place, function in found.items() if callable(function)}


NAMES = sorted({key.split("/")[0] for key in REFERENCE} - {"complex"})
ROWS = [(place, name) for name in NAMES for place in _functions(name)]
OWN = ("autograd", "nn", "operator")  # their values are computed here

# ---- the exceptions --------------------------------------------------------------------------------------------------


class Exempt(NamedTuple):
    """By how much results of these functions ("place.name", "*.name") may be off besides, as an absolute error."""

    names: str
    kinds: str
    allowed: Callable[..., Any]  # (points, right results, the dtype's eps and tiny) -> error; inf: whatever comes
    reason: str


_ANY = "value slope slope_x slope_y"


def _at(condition: Any, error: Any = np.inf) -> Any:
    return np.where(condition, error, 0)


def _infinite(points: Any) -> Any:
    return _at(np.isinf(points[0]))


EXCEPTIONS = [
    Exempt(
        "*.arctan *.arctan2 *.sigmoid *.softsign *.logaddexp operator.power-1 operator.power-2",
        _ANY, lambda p, right, eps, tiny: _at(abs(right) < tiny, tiny),
        "0 for a subnormal result, where an intermediate overflows. PyTorch and JAX: arctan'(1e21), 1e21**-2 and "
        "sigmoid(-89) are 0 in float32 too; SciPy's expit(-89) is 2.2e-39.",
    ),
    Exempt(
        "*.silu", _ANY, lambda p, right, eps, tiny: _infinite(p) + _at(p[0] < -80, 1000 * tiny),
        "sigmoid ends at 1/max: -0 below -88.7 in float32, where -2e-37 is right, and NaN at -inf, its slope at both "
        "ends. PyTorch and JAX: the same.",
    ),
    Exempt(
        "numpy.arctan2 numpy.divide", _ANY,
        lambda p, right, eps, tiny: _at(np.minimum(abs(p[0]), abs(p[1])) < tiny, tiny * 1e-15 + abs(right) * 1e-7),
        "A subnormal operand's quotient has only the digits that are left in it. PyTorch: the same digits; JAX: 0.",
    ),
    Exempt(
        "numpy.divide", _ANY, lambda p, right, eps, tiny: _at((p[0] == 0) & (p[1] == 0)),
        "The slope of 0/0 by the divisor is NaN, as in PyTorch and JAX; the reference is a limit from one side.",
    ),
    Exempt(
        "numpy.hypot", _ANY,
        lambda p, right, eps, tiny: _at((np.hypot(*p) > 0.5 / tiny) | (np.hypot(*p) < 4 * eps * tiny), 1.0),
        "The slope is x/out, and out is infinite or has no digits. PyTorch: 0 for (3e38, 3e38) in float32 too; JAX: "
        "1.06, where 0.71 is right.",
    ),
    Exempt(
        "numpy.tanh autograd.sigmoid", "slope", lambda p, right, eps, tiny: 2 * eps,
        "From the result, 1 - out² and out (1 - out), exact to a unit in the last place of 1: so the input need not be "
        "kept, nor an exponential computed again. PyTorch and JAX: the same, tanh'(9.56) = 0 in float32.",
    ),
    Exempt(
        "autograd.digamma autograd.gammaln scipy.gamma", _ANY,
        lambda p, right, eps, tiny: (
            _at(p[0] < 0, 3e-15 * (1 + abs(right))) + _at((p[0] > 0.4) & (p[0] < 2.3), 2e-15)
        ),
        "The terms are of the size of 1, and cancel next to a zero, at 1.4616 or between the poles of negative numbers."
        " PyTorch and JAX: digamma has 9 digits at 1.4616321.",
    ),
    Exempt(
        "*.polygamma1 autograd.polygamma2 *.polygamma3", _ANY,
        lambda p, right, eps, tiny: _at(p[0] < 0, 4e-13 + abs(right) * 8 * eps),
        "The same, of terms that are larger. JAX: polygamma(1, -9.5) = -2.9e12, where 9.77 is right.",
    ),
    Exempt(
        "*.i0 *.i1", _ANY, lambda p, right, eps, tiny: _at(abs(p[0]) > -np.log(tiny)),
        "np.i0 and SciPy's multiply with exp(x), which overflows from 709.8 (88.7) on, four units before the function. "
        "PyTorch: inf too, and NaN for i1's slope; JAX: NaN for the slopes.",
    ),
    Exempt(
        "*.gelu", _ANY,
        lambda p, right, eps, tiny: _infinite(p) + _at(p[0] < 0, 4e-7 if eps > 1e-10 else 5e-16),
        "In float32 x times a gate that is exact to a unit in the last place of 1; a zero of the slope at -0.75; NaN "
        "at -inf. PyTorch: gelu(-5.85) = -0 in float32, NaN at both ends; JAX: -1.4e-8, NaN at -inf.",
    ),
    Exempt(
        "autograd.gelu_tanh", _ANY,
        lambda p, right, eps, tiny: _infinite(p) + abs(right) * 600 * eps + _at(abs(p[0] + 0.75) < 0.01, eps),
        "Far below 0 the rounding of the exponent is magnified; a zero of the slope at -0.75; NaN at -inf. PyTorch and "
        "JAX give -0 from -5 (float32) or -9 on, and NaN at -inf.",
    ),
    Exempt(
        "autograd.logistic_loss", "slope_x", lambda p, right, eps, tiny: eps,
        "A zero of the slope. At y = 1 it is exact, where PyTorch has 0 for x = 17 in float32 and -4.1e-8 is right.",
    ),
    Exempt(
        "scipy.entr scipy.dawsn scipy.rgamma", "slope", lambda p, right, eps, tiny: _at(abs(right) < 0.1, 2 * eps),
        "A zero of the slope, where terms of the size of 1 cancel. PyTorch and JAX (entr): the same digits.",
    ),
    Exempt(
        "numpy.logaddexp2", _ANY, lambda p, right, eps, tiny: abs(right) * 100 * eps + tiny,
        "exp(log(2) d) magnifies the rounding of its argument for large differences d. PyTorch: the same.",
    ),
    Exempt(
        "numpy.power", "slope_x", lambda p, right, eps, tiny: _at((p[0] < 2 * tiny) | (abs(right) > 0.01 / tiny)),
        "y x^(y-1), of which the power overflows alone. PyTorch and JAX: the same.",
    ),
    Exempt(
        "scipy.j0 scipy.j1 scipy.y0 scipy.y1 scipy.jv scipy.yv", _ANY,
        lambda p, right, eps, tiny: 30 * eps * (1 + abs(right)),
        "SciPy's Bessel functions are exact to their amplitude, not to their size next to a zero.",
    ),
    Exempt(
        "scipy.kv", _ANY, lambda p, right, eps, tiny: abs(right) * 200 * eps,
        "SciPy's kv of fractional order near x = 2.",
    ),
    Exempt(
        "scipy.ive", _ANY, lambda p, right, eps, tiny: 200 * eps,
        "Neighbouring orders, which are almost the same for large x, cancel.",
    ),
    Exempt(
        "scipy.erfcx", _ANY, lambda p, right, eps, tiny: _at(p[0] < -10, abs(right) * 200 * eps),
        "SciPy's erfcx of large negative numbers, 2 exp(x²), magnifies the rounding of x².",
    ),
    Exempt(
        "scipy.gammainc scipy.gammaincc scipy.stdtr scipy.beta", _ANY,
        lambda p, right, eps, tiny: abs(right) * 5000 * eps,
        "An exponential whose argument is the logarithm of the result, or SciPy's beta itself; in float32 they are "
        "computed in float64. JAX: gammaincc'(300, 500) has three digits in float32.",
    ),
]  # fmt: skip


def _allowed(place: str, name: str, kind: str, points: Any, reference: Any, dtype: Any) -> list[tuple[int, Any]]:
    """The exceptions that speak of this, each with the error that it allows."""
    limits = np.finfo(dtype)
    found = []
    for i, row in enumerate(EXCEPTIONS):
        if kind in row.kinds.split() and {f"{place}.{name}", f"*.{name}"} & set(row.names.split()):
            with np.errstate(all="ignore"):
                error = row.allowed(points, reference, float(limits.eps), float(limits.tiny))
            found.append((i, np.broadcast_to(error, reference.shape)))
    return found


# ---- the comparison --------------------------------------------------------------------------------------------------


def _points(name: str, dtype: Any) -> tuple[list[Any], Any]:
    """The points that the dtype can hold, and where they stand; -0 is a point of its own only of complex numbers."""
    columns = [REFERENCE[f"{name}/{axis}"] for axis in "xy" if f"{name}/{axis}" in REFERENCE]
    kept = np.ones(columns[0].shape, bool)
    for x in columns:
        with np.errstate(over="ignore"):
            kept &= (x.astype(dtype).astype(float) == x) & ~((x == 0) & np.signbit(x))
    return [x[kept] for x in columns], kept


@functools.cache
def _results(place: str, name: str, dtype: str) -> list[tuple[str, Any, Any, Any]]:
    """For each kind of result: where it is compared, what came out and what is right."""
    points, kept = _points(name, dtype)
    tensors = [Tensor(x.astype(dtype), requires_grad=True) for x in points]
    with np.errstate(all="ignore"):
        try:
            result = _functions(name)[place](*tensors)
            result.backward(np.ones_like(result.data))
        except NotImplementedError:  # by the order of a Bessel function, say
            tensors[0] = Tensor(tensors[0].data)
            result = _functions(name)[place](*tensors)
            result.backward(np.ones_like(result.data))
    assert result.dtype == dtype or name.startswith("polygamma")  # SciPy's is of float64
    kinds = dict(zip(("slope",) if len(points) == 1 else ("slope_x", "slope_y"), tensors, strict=True))
    given = {kind: x.grad.data for kind, x in kinds.items() if x.grad is not None}
    given |= {"value": result.data} if place in OWN else {}
    assert all(array.dtype == dtype for array in given.values())
    return [
        (kind, points, array.astype(float), REFERENCE[f"{name}/{kind}"][kept])
        for kind, array in given.items()
        if f"{name}/{kind}" in REFERENCE
    ]


def _beyond(kind: str, got: Any, right: Any, dtype: str) -> tuple[Any, Any]:
    """By how much more than the limit allows each result is off, and where that is at all."""
    largest = float(np.finfo(dtype).max)
    unit = np.spacing(np.minimum(abs(right), largest * (1 - 1e-6)).astype(dtype)).astype(float)
    error = abs(np.clip(got, -largest, largest) - np.clip(right, -largest, largest))
    error = np.where(np.isnan(right), 0, np.where(np.isnan(error), np.inf, error))
    return error, error > LIMITS[kind] * unit


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize(("place", "name"), ROWS)
def test_value_and_slope_over_the_whole_domain(place: str, name: str, dtype: str) -> None:
    for kind, points, got, right in _results(place, name, dtype):
        error, beyond = _beyond(kind, got, right, dtype)
        for _, allowed in _allowed(place, name, kind, points, right, dtype):
            beyond &= ~(error <= allowed)
        lines = [f"at {[float(x[i]) for x in points]}: {got[i]}, not {right[i]}" for i in np.flatnonzero(beyond)[:8]]
        assert not lines, "\n".join([f"{kind} of {place}.{name} in {dtype}, {beyond.sum()} of {len(got)}:", *lines])


@pytest.mark.skipif(sp is None, reason="some are SciPy's functions")
def test_every_exception_is_needed() -> None:
    needed = set()
    for place, name in ROWS:
        for dtype in ("f4", "f8"):
            for kind, points, got, right in _results(place, name, dtype):
                error, beyond = _beyond(kind, got, right, dtype)
                found = _allowed(place, name, kind, points, right, dtype)
                needed |= {(i, name) for i, allowed in found if (beyond & (error <= allowed)).any()}
    listed = {(i, full.split(".", 1)[1]) for i, row in enumerate(EXCEPTIONS) for full in row.names.split()}
    assert sorted(listed - needed) == []


def test_the_comparison_can_fail() -> None:
    right = np.array([1.0, 1.0, np.inf, 0.5, np.nan, 1e300, 2.0])
    got = np.array([1.0, 1 + 1e-14, np.inf, np.nan, 5.0, np.inf, np.inf])
    assert _beyond("slope", got, right, "f8")[1].tolist() == [False, True, False, True, False, True, True]
    assert _beyond("value", np.array([1e-44, 0.0]), np.array([1.4e-44, 1e-30]), "f4")[1].tolist() == [False, True]


# ---- complex numbers -------------------------------------------------------------------------------------------------


CUT = sorted({key.split("/")[1] for key in REFERENCE if key.startswith("complex/")} - {"x", "y"})


@pytest.mark.parametrize("dtype", ["c8", "c16"])
@pytest.mark.parametrize(
    "name", sorted({key.split("/")[1] for key in REFERENCE if key.startswith("complex/")} - {"x", "y"})
)
def test_slopes_of_complex_functions_on_both_sides_of_their_cuts(name: str, dtype: str) -> None:
    """PyTorch 2.13 and JAX 0.10 have the wrong sign for arcsin and arccos on one side of each cut."""
    x = np.empty(REFERENCE["complex/x"].shape, dtype)
    x.real, x.imag = REFERENCE["complex/x"], REFERENCE["complex/y"]
    right = REFERENCE[f"complex/{name}"]
    tensor = Tensor(x, requires_grad=True)
    with np.errstate(all="ignore"):
        result = tensor**0.3 if name == "power" else getattr(np, name)(tensor)
        result.real.backward(np.ones(x.shape, result.real.dtype))
        error = abs(tensor.grad.data.conj() - right) / abs(right)
        beyond = (abs(right) < np.finfo(dtype).max) & ~(error <= 32 * np.finfo(dtype).eps)
    assert x[beyond].tolist() == []
