"""The step of a long short-term memory against its formula, and its derivatives by every part of its result."""

import itertools

import numpy as np
import pytest

from autograd import Tensor, gradcheck, gradgradcheck, sigmoid
from autograd.ops import lstm_gates

N, BATCH = 3, 2
PARTS = [part for size in (1, 2, 4) for part in itertools.combinations(range(4), size)]


def problem(*more):
    rng = np.random.default_rng(0)
    return [Tensor(rng.normal(size=(k * N, *more)), requires_grad=True) for k in (4, 1)]


def by_formula(z, c):
    i, f, g, o = np.split(z, 4)
    memory = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    t = np.tanh(memory)
    return sigmoid(o) * t, memory, np.concatenate([sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)]), t


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("more", [(), (BATCH,)])
def test_values(more, dtype):
    z, c = (t.data.astype(dtype) for t in problem(*more))
    for found, expected in zip(lstm_gates(z, c), by_formula(z, c), strict=True):
        assert found.dtype == dtype
        np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize("parts", PARTS, ids=str)
def test_derivatives_by_every_part_of_the_result(parts):
    z, c = problem(BATCH)

    def chosen(z, c):
        return tuple(lstm_gates(z, c)[k] for k in parts)

    gradcheck(chosen, z, c)
    gradgradcheck(chosen, z, c)


def test_shapes_that_do_not_fit():
    with pytest.raises(ValueError, match=r"expected z of shape \(12, 2\), four times that of c, got \(12,\)"):
        lstm_gates(np.ones(12), np.ones((3, 2)))
