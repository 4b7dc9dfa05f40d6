"""autograd.scipy.integrate.solve_ivp: against SciPy, closed forms and differences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograd import Tensor, compile, grad, gradcheck, gradgradcheck, hessian, jacobian, vmap

scipy_integrate = pytest.importorskip("scipy.integrate")
from autograd.scipy import integrate  # noqa: E402

EXACT = {"rtol": 1e-11, "atol": 1e-12}
METHODS = ["RK45", "RK23", "DOP853", "Radau", "BDF", "LSODA"]


def field(t: Any, y: Any, rate: Any, p: Any) -> Any:
    return -rate * y + np.sin(t) * p["shift"] * y[::-1]


Y0, RATE, SHIFT = np.array([1.0, -0.5]), np.array(0.7), np.array([0.3, 0.6])
TIMES = np.array([0.4, 0.9])


@pytest.mark.parametrize("method", METHODS)
def test_values_are_those_of_scipy(method: str) -> None:
    for options in ({}, {"t_eval": TIMES}, {"t_eval": [0.1, 0.5]}, {"dense_output": True}):
        args = (0.7, {"shift": SHIFT})
        expected = scipy_integrate.solve_ivp(field, (0.1, 0.9), Y0, method, args=args, **options)
        found = integrate.solve_ivp(field, (0.1, 0.9), Y0, method, args=args, **options)
        joined = integrate.solve_ivp(field, (0.1, 0.9), Tensor(Y0, requires_grad=True), method, args=args, **options)
        for made in (found, joined):
            np.testing.assert_array_equal(np.asarray(getattr(made.y, "data", made.y)), expected.y)
            np.testing.assert_array_equal(np.asarray(getattr(made.t, "data", made.t)), expected.t)
            assert (made.nfev, made.message) == (expected.nfev, expected.message)
        assert isinstance(joined.y, Tensor)


@pytest.mark.parametrize("method", ["RK45", "DOP853", "LSODA"])
def test_derivatives_by_everything(method: str) -> None:
    def fun(y0: Any, t: Any, rate: Any, shift: Any) -> Any:
        args = (rate, {"shift": shift})
        return integrate.solve_ivp(field, (0.1, 1.0), y0, method, t_eval=t, args=args, **EXACT).y

    assert gradcheck(fun, Y0, TIMES, RATE, SHIFT, tolerance=1e-4)


def test_second_derivatives() -> None:
    def fun(y0: Any, rate: Any, shift: Any) -> Any:
        return integrate.solve_ivp(field, (0.1, 0.9), y0, "DOP853", [0.9], args=(rate, {"shift": shift}), **EXACT).y

    assert gradgradcheck(fun, Y0, RATE, SHIFT, eps=1e-4, tolerance=1e-4)


def test_a_closed_form_by_all_its_numbers() -> None:
    """y = y0 exp(-rate (t1 - t0))."""

    def found(v: Any) -> Any:
        y0, rate, t0, t1 = v
        made = integrate.solve_ivp(lambda t, y, rate: -rate * y, (t0, t1), y0, args=(rate,), **EXACT)
        return made.y[0, -1]

    def closed(v: Any) -> Any:
        y0, rate, t0, t1 = v
        return y0 * np.exp(-rate * (t1 - t0))

    v = np.array([2.0, 0.7, 0.1, 1.3])
    np.testing.assert_allclose(grad(found)(v), grad(closed)(v), rtol=1e-8)
    np.testing.assert_allclose(jacobian(grad(found))(v), jacobian(grad(closed))(v), rtol=1e-6, atol=1e-7)


def test_all_the_steps_have_a_derivative() -> None:
    def total(rate: Any) -> Any:
        made = integrate.solve_ivp(lambda t, y, rate: -rate * y, (0, 2), np.ones(1), args=(rate,), **EXACT)
        return made.y.sum(), np.array(getattr(made.t, "data", made.t))

    slope, t = grad(total, has_aux=True)(0.5)
    np.testing.assert_allclose(slope, -(t * np.exp(-0.5 * t)).sum(), rtol=1e-7)


def test_a_stiff_equation_backwards_in_time_and_vectorized() -> None:
    stiff = lambda k: integrate.solve_ivp(
        lambda t, y, k: np.stack([-k * (y[0] - y[1]), -y[1]]), (1.0, 0.0)[::-1], np.ones(2), "BDF", args=(k,), **EXACT
    ).y[0, -1]
    closed = lambda k: (k * np.exp(-1.0) - np.exp(-k)) / (k - 1)
    np.testing.assert_allclose(grad(stiff)(200.0), grad(closed)(200.0), rtol=1e-4)
    for vectorized in (False, True):
        back = lambda r: integrate.solve_ivp(
            lambda t, y, r: -r * y, (1, 0), [1.0], args=(r,), vectorized=vectorized, **EXACT  # noqa: B023
        ).y[0, -1]  # fmt: skip
        np.testing.assert_allclose(grad(back)(0.5), np.exp(0.5), rtol=1e-7)


def test_events_end_it() -> None:
    def low(t: Any, y: Any, rate: Any) -> Any:
        return y[0] - 0.5

    low.terminal = True  # type: ignore[attr-defined]
    rate = Tensor(1.0, requires_grad=True)
    made = integrate.solve_ivp(lambda t, y, r: -r * y, (0, 9), [1.0], events=low, args=(rate,), **EXACT)
    np.testing.assert_allclose(made.t_events[0], [np.log(2)])
    np.testing.assert_allclose(made.y.data[0, -1], 0.5)
    made.y[0, -1].backward()
    np.testing.assert_allclose(rate.grad, -np.log(2) / 2, rtol=1e-7)  # at the time of that event


def test_batched_and_compiled() -> None:
    def end(rate: Any) -> Any:
        return integrate.solve_ivp(lambda t, y, r: -r * y, (0, 2), [1.0], t_eval=[2.0], args=(rate,), **EXACT).y[0, 0]

    rates = np.array([0.5, 1.0])
    np.testing.assert_allclose(vmap(end)(rates), np.exp(-2 * rates))
    np.testing.assert_allclose(vmap(grad(end))(rates), -2 * np.exp(-2 * rates))
    np.testing.assert_allclose(vmap(grad(grad(end)))(rates), 4 * np.exp(-2 * rates), rtol=1e-6)
    with pytest.raises(TypeError, match="within vmap, expected t_eval"):
        vmap(lambda r: integrate.solve_ivp(lambda t, y, r: -r * y, (0, 2), [1.0], args=(r,)).y)(rates)
    fast = compile(grad(end))
    with pytest.warns(RuntimeWarning, match="solve_ivp calls the function until it is content"):
        fast(0.5)
    np.testing.assert_allclose([fast(0.5), fast(1.0)], -2 * np.exp(-2 * rates))


def test_wrong_uses() -> None:
    rate = Tensor(1.0, requires_grad=True)
    with pytest.raises(TypeError, match="solve_ivp: fun uses a tracked tensor from outside"):
        integrate.solve_ivp(lambda t, y: -rate * y, (0, 1), np.ones(1))
    with pytest.raises(TypeError, match="solve_ivp: fun uses a tracked tensor from outside"):
        integrate.solve_ivp(lambda t, y, a: -rate * y, (0, 1), np.ones(1), args=(rate,)[:0] or (Tensor(1.0),))


def test_a_single_time_gives_the_state_that_it_begins_with() -> None:
    found = jacobian(lambda y: integrate.odeint(lambda y, t: -y, y, np.array([0.5])))(Y0)
    np.testing.assert_array_equal(found, np.eye(2)[None])


def decay(y0: Any, t: Any, rate: Any) -> Any:
    """y0 exp(-rate (t - t[0])), by solving for it."""
    options = {"rtol": 1e-8, "atol": 1e-10}
    return integrate.odeint(lambda y, t, rate: -rate * y, y0, t, args=(rate,), **options)[:, 0]


def test_the_slope_by_the_first_time_and_by_the_others() -> None:
    t, y = np.array([0.2, 0.5, 0.9]), 3 * np.exp(-0.7 * np.array([0.0, 0.3, 0.7]))
    expected = -0.7 * np.diag(y)
    expected[:, 0] = 0.7 * y * [0, 1, 1]
    np.testing.assert_allclose(jacobian(lambda t: decay(np.array([3.0]), t, 0.7))(t), expected, atol=1e-6)


def test_a_second_derivative_where_the_first_is_zero() -> None:
    """A time whose state has no gradient is left out of the way back, but not where that is differentiated again."""
    t, y = np.array([0.2, 0.5, 0.9]), decay(np.array([3.0]), np.array([0.2, 0.5, 0.9]), 0.7)
    loss = lambda rate: ((decay(np.array([3.0]), t, rate)[1] - y[1]) ** 2).sum()
    np.testing.assert_allclose(hessian(loss)(0.7), 2 * (0.3 * y[1]) ** 2, rtol=1e-5)
