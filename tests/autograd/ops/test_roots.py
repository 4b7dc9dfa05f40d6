"""Where a root of squares is 0 its slope is 0, and a smooth function of it has its second derivative."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd import Tensor, detect_anomaly, grad, hessian

EYE = np.eye(3)
CENTRED = EYE - 1 / 3


def squared(root: Any) -> Any:
    """The square as a product with itself, whose gradient by the root comes in two parts."""
    return root * root


@pytest.mark.parametrize(
    ("fun", "expected"),
    [
        (lambda x: np.linalg.norm(x) ** 2, 2 * EYE),
        (lambda x: np.square(np.linalg.vector_norm(x)), 2 * EYE),
        (lambda x: np.linalg.norm(x.reshape(1, 3), "fro") ** 2 / 2, EYE),
        (lambda x: np.linalg.norm(x) ** 4, 0 * EYE),
        (lambda x: 1 - np.cos(np.linalg.norm(x)), EYE),
        (lambda x: np.linalg.norm(x) ** 2 * np.exp(x[0] + 2), 2 * np.exp(2) * EYE),
        (lambda x: (np.linalg.norm(np.stack([x, x + 1, 0 * x]), axis=1) ** 2).sum(), 4 * EYE),
        (lambda x: np.linalg.norm(x * (1 + 2j)) ** 2, 10 * EYE),
        (lambda x: np.hypot(x[0], x[1]) ** 2, 2 * np.diag([1, 1, 0])),
        (lambda x: np.hypot(np.hypot(x[0], x[1]), x[2]) ** 2, 2 * EYE),
        (lambda x: (x + 5).std() ** 2, 2 / 3 * CENTRED),
        (lambda x: (x - 1).std(ddof=1) ** 2, CENTRED),
        (lambda x: squared(np.linalg.norm(x)), 2 * EYE),
        (lambda x: squared(np.linalg.norm(x[None], axis=1)).sum(), 2 * EYE),
        (lambda x: squared(np.hypot(x[0], x[1])), 2 * np.diag([1, 1, 0])),
        (lambda x: squared((x + 1).std()), 2 / 3 * CENTRED),
        (lambda x: (np.abs(x) ** 2).sum(), 2 * EYE),
        (lambda x: (np.fabs(x) * np.abs(x) * np.exp(x)).sum(), 2 * EYE),
        (lambda x: np.cos(abs(x)).sum() + (abs(x) ** 3).sum(), -EYE),
        (lambda x: (abs(x * (3 + 4j)) ** 2).sum(), 50 * EYE),
        (lambda x: np.abs(x).sum() ** 2 + np.exp(-np.abs(x)).sum() ** 2, 0 * EYE),  # kinks: by convention 0
        (lambda x: np.std(x) ** 2 + np.linalg.norm(x) ** 2, 2 / 3 * CENTRED + 2 * EYE),
    ],
)
def test_second_derivatives_at_zero(fun: Callable[..., Any], expected: Any) -> None:
    zero = np.zeros(3)
    np.testing.assert_allclose(hessian(fun)(zero), expected, atol=1e-12)
    np.testing.assert_array_equal(hessian(fun)(zero).dtype, zero.dtype)


@pytest.mark.parametrize("recorded", [False, True])
def test_slopes_away_from_zero_and_where_only_a_part_is_zero(recorded: bool) -> None:
    def slope(fun: Callable[..., Any], at: Any) -> Any:
        x = Tensor(at, requires_grad=True)
        (10 * fun(x)).sum().backward(create_graph=recorded)
        assert x.grad is not None
        return x.grad.data

    np.testing.assert_allclose(slope(lambda x: np.hypot(x[0], x[1]), [3.0, 4.0]), [6, 8])
    np.testing.assert_allclose(slope(lambda x: np.hypot(x[0], x[1]), [[3.0, 0.0], [4.0, 0.0]]), [[6, 0], [8, 0]])
    np.testing.assert_allclose(slope(np.std, [1.0, 7.0]), [-5, 5])
    rows = slope(lambda x: np.std(x, axis=1), [[1.0, 7.0], [2.0, 2.0]])
    np.testing.assert_allclose(rows, [[-5, 5], [0, 0]])
    np.testing.assert_array_equal(slope(np.abs, [-3.0, 0.0, 2.0]), [-10, 0, 10])
    np.testing.assert_array_equal(slope(np.fabs, [-3.0, 0.0, 2.0]), [-10, 0, 10])
    np.testing.assert_allclose(slope(np.abs, [3 + 4j, 0j]), [6 + 8j, 0])  # what lets the modulus grow


def test_what_is_not_smooth_there_keeps_its_convention() -> None:
    for fun in (np.linalg.norm, np.std, lambda x: np.hypot(x[0], x[1])):
        np.testing.assert_array_equal(grad(fun)(np.zeros(3)), 0)
        np.testing.assert_array_equal(hessian(fun)(np.zeros(3)), 0)


def test_rows_that_are_zero_beside_others() -> None:
    x = np.array([[0.0, 0.0], [3.0, 4.0]])
    fun = lambda x: (np.linalg.norm(x, axis=1) ** 3).sum()  # 3 (|x| I + x xᵀ/|x|), 0 at 0
    found = hessian(fun)(x)
    np.testing.assert_array_equal(found[0], 0)
    np.testing.assert_allclose(found[1, :, 1], 3 * (5 * np.eye(2) + np.outer(x[1], x[1]) / 5))


def test_the_graph_is_kept_for_who_goes_on() -> None:
    x = Tensor(np.zeros(2), requires_grad=True)
    (np.linalg.norm(x) ** 2).backward(create_graph=True)
    first, x.grad = x.grad, None
    (first * np.array([1.0, 2.0])).sum().backward()
    np.testing.assert_array_equal(x.grad.data, [2, 4])


def test_a_root_beside_one_that_is_zero() -> None:
    """What is asked where a root is 0 and has no gradient changes neither the others nor one that has a gradient."""
    x = Tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 2.0]], requires_grad=True)
    ((np.linalg.norm(x, axis=1) - 1) ** 2).sum().backward(create_graph=True)
    assert x.grad is not None
    np.testing.assert_array_equal(x.grad.data, [[0, 0], [0, 0], [0, 2]])
    kinked = lambda root: root + root**2  # no smooth function of the square
    np.testing.assert_array_equal(hessian(lambda x: kinked(np.linalg.norm(x)))(np.zeros(3)), 0 * EYE)


@pytest.mark.filterwarnings("ignore:divide by zero")
@pytest.mark.filterwarnings("ignore:invalid value")
@pytest.mark.parametrize(
    "root", [lambda x: abs(x), np.linalg.norm, lambda x: np.hypot(x[0], x[1]), np.std, lambda x: abs(x * (1 + 1j))]
)
def test_a_slope_that_is_recorded_is_still_zero_where_the_second_is_infinite(root: Callable[..., Any]) -> None:
    """The square root of the cube has the slope 0 at 0, and beyond it nothing that is finite."""
    x = Tensor(np.zeros(2), requires_grad=True)
    (root(x) ** 1.5).sum().backward(create_graph=True)
    assert x.grad is not None
    np.testing.assert_array_equal(x.grad.data, 0)
    assert not np.isfinite(hessian(lambda x: (root(x) ** 1.5).sum())(np.zeros(2))).any()


def test_anomalies_are_still_looked_for_after_a_root_that_is_zero() -> None:
    with detect_anomaly(), np.errstate(all="ignore"):
        np.testing.assert_array_equal(hessian(lambda x: np.linalg.norm(x) ** 2)(np.zeros(3)), 2 * EYE)
        rows = Tensor([[0.0, 0.0], [1.0, 0.0]], requires_grad=True)
        size = np.linalg.norm(rows, axis=1)
        (size**2 * abs(size - 1) ** 1.5).sum().backward(create_graph=True)  # of the second row's slope that is infinite
        assert rows.grad is not None
        np.testing.assert_array_equal(rows.grad.data, 0)
        x = Tensor(np.zeros(3), requires_grad=True)
        (np.linalg.norm(x) ** 2).backward(create_graph=True)
        with pytest.raises(RuntimeError, match="detect_anomaly"):
            (np.sqrt(x) * 0).sum().backward()
