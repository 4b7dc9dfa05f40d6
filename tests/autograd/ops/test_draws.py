"""How random numbers move with the parameters of their distribution: against quantiles, and moments."""

import numpy as np
import pytest

from autograd import Tensor, grad, ops
from autograd.ops.draws import gamma_slope

P = np.array([1e-6, 1e-3, 0.1, 0.3, 0.5, 0.7, 0.9, 0.999, 1 - 1e-9])


@pytest.mark.parametrize("a", [0.1, 0.5, 1.0, 2.5, 10.0, 100.0, 1e4, 1e6])
def test_against_differences_of_quantiles(a):
    quantile = pytest.importorskip("scipy.special").gammaincinv
    e = a * 1e-4
    at = {k: quantile(a + k * e, P) for k in (-2, -1, 0, 1, 2)}
    expected = (8 * (at[1] - at[-1]) - (at[2] - at[-2])) / (12 * e)
    assert np.allclose(gamma_slope(np.array(a), at[0]), expected, 1e-6)


def test_small_concentrations_move_numbers_in_proportion():
    """Close to 0 a number is (u Γ(a + 1))^(1/a), so that its slope is (digamma(a + 1) - log(it)) / a times it."""
    a, drawn = 1e-3, 1e-200
    expected = drawn * (-0.5772 - np.log(drawn)) / a
    assert np.isclose(gamma_slope(a, drawn), expected, 0.01)
    assert np.isfinite(gamma_slope(np.full(2, 1e-3), np.array([0.0, 5e-324]))).all()


def test_the_gradient_is_that_of_the_mean_and_of_the_logarithms_mean():
    rng, a = np.random.default_rng(0), np.array([0.3, 1.0, 4.0])
    drawn = rng.standard_gamma(a, (40000, 3))
    moved = gamma_slope(a, drawn)
    assert np.allclose(moved.mean(0), 1, 0.03)  # the mean is a
    trigamma = [12.2453, 1.644934, 0.283823]
    assert np.allclose((moved / drawn).mean(0), trigamma, 0.05)  # the mean of the logarithm is digamma(a)


def test_its_kind_and_what_is_not_known():
    a = Tensor(np.array([2.0], np.float32), requires_grad=True)
    drawn = np.array([[1.5], [3.0]], np.float32)
    made = ops.gamma_draw(a, drawn)
    assert made.data.tolist() == drawn.tolist()
    assert made.dtype == np.float32
    assert not np.shares_memory(made.data, drawn)
    (first,) = grad(made.sum(), [a], create_graph=True)
    assert np.isclose(first.item(), gamma_slope(2.0, drawn).sum())
    with pytest.raises(NotImplementedError, match="second derivative"):
        first.sum().backward()
