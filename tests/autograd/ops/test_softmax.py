"""softmax and its kin on large arrays, where the maximum is subtracted only if that is needed; log_softmax_at."""

import numpy as np
import pytest

from autograd import Tensor, gradcheck, gradgradcheck, log_softmax, logsumexp, softmax
from autograd.ops import log_softmax_at

SCORES = {
    "small": lambda x: x,
    "large": lambda x: x * 50,
    "far": lambda x: x * 1000,
    "high": lambda x: x + 300,
    "low": lambda x: x - 300,
    "one row low": lambda x: x - 40 * (np.arange(x.shape[0]) == 3).reshape(-1, *[1] * (x.ndim - 1)),
    "masked": lambda x: np.where(x > 1, -np.inf, x),
}


def exact(x, axis):
    x = x.astype("f8")
    shifted = x - x.max(axis, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis, keepdims=True)), x


@pytest.mark.parametrize("scores", SCORES)
@pytest.mark.parametrize("axis", [0, 1, -1, (0, 2)])
def test_large_arrays(scores, axis):
    data = SCORES[scores](np.random.default_rng(0).normal(size=(30, 20, 40))).astype("f4")
    before = data.copy()
    logp, x8 = exact(data, axis)
    p = np.exp(logp)
    x = Tensor(data, requires_grad=True)
    g = np.random.default_rng(1).normal(size=data.shape).astype("f4")
    near = {"rtol": 3e-6, "atol": 2e-6 * max(1, np.abs(x8[np.isfinite(x8)]).max() / 100)}

    soft = softmax(x, axis)
    np.testing.assert_allclose(soft, p, rtol=1e-5, atol=1e-7)
    soft.backward(g)
    np.testing.assert_allclose(x.grad, p * (g - (g * p).sum(axis, keepdims=True)), atol=1e-5)

    x.grad = None
    lse = logsumexp(x, axis, keepdims=True)
    np.testing.assert_allclose(lse, logsumexp(x8, axis, keepdims=True), **near)
    seed = g[: lse.shape[0], : lse.shape[1], : lse.shape[2]]
    lse.backward(seed)
    np.testing.assert_allclose(x.grad, p * seed, rtol=5e-4, atol=1e-6)  # thousands have few digits after the point

    x.grad = None
    result = log_softmax(x, axis)
    finite = np.isfinite(logp)
    np.testing.assert_allclose(result.data[finite], logp[finite], **near)
    result.backward(g)
    np.testing.assert_allclose(x.grad, g - p * g.sum(axis, keepdims=True), rtol=1e-4, atol=1e-4)

    if isinstance(axis, int):
        x.grad = None
        index = data.argmin(axis) if scores != "masked" else data.argmax(axis)
        found, lse = log_softmax_at(x, index, axis)
        expected = np.take_along_axis(logp, np.expand_dims(index, axis), axis).squeeze(axis)
        np.testing.assert_allclose(found, expected, **near)
        np.testing.assert_allclose(lse, logsumexp(x8, axis), **near)
        seed = np.random.default_rng(1).normal(size=found.shape).astype("f4")
        found.backward(seed)
        one = np.zeros(data.shape)
        np.put_along_axis(one, np.expand_dims(index, axis), 1, axis)
        np.testing.assert_allclose(x.grad, (one - p) * np.expand_dims(seed, axis), rtol=5e-4, atol=1e-5)
    np.testing.assert_array_equal(data, before)


def test_a_confident_prediction_keeps_its_sign_and_a_nan_stays_in_its_row():
    x = np.zeros((1000, 10), "f4")
    x[:, 3] = np.linspace(0, 60, 1000)
    found, _ = log_softmax_at(x, np.full(1000, 3), 1)
    assert (found <= 0).all()
    np.testing.assert_allclose(found, exact(x, 1)[0][:, 3], atol=2e-7)
    x[5, 2] = np.nan
    for y in (softmax(x, 1), log_softmax(x, 1), logsumexp(x, 1)[:, None], log_softmax_at(x, np.zeros(1000, int), 1)[0]):
        assert np.isnan(y[5]).all()
        assert np.isfinite(np.delete(y, 5, 0)).all()


@pytest.mark.parametrize(("shape", "axis"), [((3, 4), 1), ((4,), 0), ((2, 4, 3), 1), ((4, 2), 0)])
@pytest.mark.parametrize("pick", [lambda o: o[0], lambda o: o[1], lambda o: o[0] * o[1]])
def test_log_softmax_at_to_second_order(shape, axis, pick):
    x = Tensor(np.random.default_rng(2).normal(size=shape), requires_grad=True)
    index = np.random.default_rng(3).integers(0, shape[axis], [n for i, n in enumerate(shape) if i != axis])
    gradcheck(lambda x: pick(log_softmax_at(x, index, axis)), x)
    gradgradcheck(lambda x: pick(log_softmax_at(x, index, axis)), x)


@pytest.mark.parametrize("axis", [0, -1])
def test_of_one_number(axis):
    for f, value, slope in ((softmax, 1, 0), (log_softmax, 0, 0), (logsumexp, 2, 1)):
        x = Tensor(2.0, requires_grad=True)
        y = f(x, axis)
        y.backward()
        assert (y.shape, y.item(), x.grad.item()) == ((), value, slope)


@pytest.mark.parametrize("shape", [(0,), (2, 0), (5, 0, 0), (0, 3)])
def test_of_no_numbers(shape):
    for f in (softmax, log_softmax):
        x = Tensor(np.ones(shape), requires_grad=True)
        y = f(x, -1)
        y.sum().backward()
        assert y.shape == x.grad.shape == shape
    assert logsumexp(np.ones((2, 0)), -1).tolist() == [-np.inf, -np.inf]


def test_logsumexp_of_complex_numbers_is_the_principal_value():
    x = np.array([5.5 - 8.9j, 3 + 1j])
    np.testing.assert_allclose(logsumexp(x), np.log(np.exp(x).sum()))
    gradcheck(logsumexp, x)
