"""All steps of a long short-term memory at once: against one after the other, with derivatives by every part."""

import gc
import itertools
import weakref

import numpy as np
import pytest

from autograd import Tensor, grad, gradcheck, gradgradcheck, hvp, vmap
from autograd.ops import lstm, lstm_gates
from autograd.ops.sequences import _known, lstm_steps

N, STEPS, BATCH = 2, 3, 2
PARTS = [part for size in (1, 2, 4) for part in itertools.combinations(range(4), size)]


def problem(dtype="f8", steps=STEPS):
    rng = np.random.default_rng(0)
    shapes = ((4 * N, steps, BATCH), (4 * N, N), (N, BATCH), (N, BATCH))
    return [Tensor(rng.normal(size=shape).astype(dtype), requires_grad=True) for shape in shapes]


def one_by_one(z, w, h, c):
    outputs = []
    for k in range(z.shape[1]):
        h, c, *_ = lstm_gates(z[:, k] + w @ h, c)
        outputs.append(h)
    return np.stack(outputs), c


@pytest.mark.parametrize("dtype", ["f4", "f8", "f2"])
@pytest.mark.parametrize("steps", [1, STEPS])
def test_values_and_slopes(dtype, steps):
    tolerance = {"f4": 1e-5, "f8": 1e-12, "f2": 3e-3}[dtype]
    found, expected = [], []
    for function, kept in ((lstm, found), (one_by_one, expected)):
        given = problem(dtype, steps)
        outputs, memory = function(*given)
        (outputs * outputs).sum().backward(retain_graph=True)
        (memory * outputs[0]).sum().backward()
        kept += [outputs.data, memory.data, *[x.grad.data for x in given]]
    for a, b in zip(found, expected, strict=True):
        assert a.dtype == b.dtype == dtype
        np.testing.assert_allclose(a, b, tolerance, tolerance)


@pytest.mark.parametrize("parts", PARTS, ids=str)
def test_derivatives_by_every_part_of_the_result(parts):
    def chosen(*given):
        return tuple(lstm_steps(*given)[k] for k in parts)

    gradcheck(chosen, *problem())
    gradgradcheck(chosen, *problem())


def test_large_activations_close_and_open_the_gates():
    z = np.full((4, 2, 1), 1000.0)
    z[1] = -1000.0  # forgets
    outputs, memory = lstm(z, np.zeros((4, 1)), np.zeros((1, 1)), np.ones((1, 1)))
    assert memory.tolist() == [[1.0]]
    assert np.allclose(outputs, np.tanh(1.0))


def test_some_inputs_alone_and_other_transforms():
    z, w, h, c = (x.data for x in problem())

    def value(w):
        return (lstm(z, w, h, c)[0] ** 2).sum()

    expected = grad(lambda w: (one_by_one(z, w, h, c)[0] ** 2).sum())(w)
    np.testing.assert_allclose(grad(value)(w), expected)
    along = hvp(value, (w,), (np.ones_like(w),))[1]
    by_steps = hvp(lambda w: (one_by_one(z, w, h, c)[0] ** 2).sum(), (w,), (np.ones_like(w),))[1]
    np.testing.assert_allclose(along, by_steps)
    several = vmap(value)(np.stack([w, 2 * w]))
    np.testing.assert_allclose(several, [value(w), value(2 * w)])
    assert type(lstm(z, w, h, c)[0]) is np.ndarray


def test_nothing_is_kept_once_the_record_is_gone():
    given = problem()
    outputs, _ = lstm(*given)
    g = weakref.ref(outputs._node)
    gc.disable()
    try:
        outputs.sum().backward()
        del outputs
        assert g() is None
        assert _known.found is None
    finally:
        gc.enable()


def test_twice_over_a_record_that_is_kept():
    given = problem()
    outputs, _ = lstm(*given)
    first = grad(outputs.sum(), given, retain_graph=True)
    twice = grad((2 * outputs).sum(), given)
    for a, b in zip(first, twice, strict=True):
        np.testing.assert_allclose(2 * a.data, b.data)
