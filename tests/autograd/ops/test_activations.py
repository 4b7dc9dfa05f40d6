"""Activations in pieces: values, slopes and curvatures as books have them, where the pieces meet too."""

import numpy as np
import pytest

from autograd import Tensor, grad, gradcheck, gradgradcheck
from autograd.ops import elu, glu, hardsigmoid, hardtanh, leaky_relu, softshrink

X = np.array([-1000.0, -4.0, -3.0, -1.0, -0.5, -1e-9, -0.0, 0.0, 1e-9, 0.5, 1.0, 3.0, 4.0, 1000.0])
LARGE = 100_000  # elements: of so many, bounds are kept in another way


def of_leaky(x, slope=0.01):
    return np.where(x > 0, x, slope * x), np.where(x > 0, 1, slope), 0 * x


def of_elu(x, alpha=1.0, scale=1.0):
    e = alpha * scale * np.exp(np.minimum(x, 0))
    below = np.where(x > 0, scale * x, alpha * scale * np.expm1(np.minimum(x, 0)))
    return below, np.where(x > 0, scale, e), np.where(x > 0, 0, e)


def of_hardtanh(x, low=-1.0, high=1.0):
    return np.minimum(np.maximum(x, low), high), np.where((x > low) & (x < high), 1, 0), 0 * x


def of_hardsigmoid(x):
    return np.minimum(np.maximum(x + 3, 0), 6) / 6, np.where((x > -3) & (x < 3), 1 / 6, 0), 0 * x


def of_softshrink(x, lambd=0.5):
    return np.where(abs(x) > lambd, x - np.sign(x) * lambd, 0), np.where(abs(x) > lambd, 1, 0), 0 * x


CASES = [
    *[(leaky_relu, of_leaky, args) for args in ((), (0,), (0.0,), (0.5,), (1.0,), (2.0,), (-0.5,))],
    *[
        (elu, of_elu, args)
        for args in ((), (1.5,), (0.5,), (-0.5,), (0.0,), (1.0, 1.5), (1.6732632423543772, 1.0507009873554805))
    ],
    *[(hardtanh, of_hardtanh, args) for args in ((), (-0.5, 3.0))],
    (hardsigmoid, of_hardsigmoid, ()),
    *[(softshrink, of_softshrink, args) for args in ((), (1.0,))],
]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize(("f", "of", "args"), CASES)
def test_values_slopes_and_curvatures(f, of, args, large, dtype):
    x = np.resize(X, LARGE).astype(dtype) if large else X.astype(dtype)
    value, slope, curvature = of(x.astype(float), *args)
    near = {"rtol": 2e-6, "atol": 1e-45} if dtype == np.float32 else {"rtol": 1e-14, "atol": 0}
    tensor = Tensor(x, requires_grad=True)
    for made in (f(x, *args), f(tensor, *args)):
        np.testing.assert_allclose(np.asarray(made.data), value, **near)
        assert made.dtype == dtype
    g = np.linspace(-1, 2, x.size).astype(dtype)
    made.backward(g)
    np.testing.assert_allclose(tensor.grad, g * slope, **near)
    assert tensor.grad.dtype == dtype
    if not large:
        twice = grad(lambda x: (grad(lambda x: f(x, *args).sum())(x) * (x + 2) * g).sum())
        np.testing.assert_allclose(twice(x), g * (slope + (x + 2) * curvature), **near)


@pytest.mark.parametrize("f", [leaky_relu, elu, hardtanh, hardsigmoid, softshrink])
def test_infinity(f):
    with np.errstate(invalid="ignore"):
        of = {leaky_relu: of_leaky, elu: of_elu, hardtanh: of_hardtanh, hardsigmoid: of_hardsigmoid}
        x = np.array([-np.inf, np.inf])
        expected = of.get(f, of_softshrink)(x)[0]
    np.testing.assert_array_equal(f(x), expected)
    np.testing.assert_array_equal(leaky_relu(x, 0), [0, np.inf])


@pytest.mark.parametrize("axis", [0, 1, 2, -1, -2])
def test_glu(axis):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2, 4, 6))
    a, b = np.split(x, 2, axis)
    np.testing.assert_allclose(glu(x, axis), a / (1 + np.exp(-b)), rtol=1e-14)
    tensor = Tensor(x, requires_grad=True)
    g = rng.standard_normal(a.shape)
    glu(tensor, axis).backward(g)
    s = 1 / (1 + np.exp(-b))
    np.testing.assert_allclose(tensor.grad, np.concatenate([g * s, g * a * s * (1 - s)], axis), rtol=1e-13)
    assert gradgradcheck(lambda x: glu(x, axis), Tensor(x[:, :2, :2], requires_grad=True))
    assert gradcheck(lambda x: glu(x, axis), Tensor(x[:, :2, :2], requires_grad=True))
