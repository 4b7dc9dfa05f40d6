"""The forward algorithm against the sum over all ways through a chain."""

import itertools
import math

import numpy as np
import pytest

import autograd
from autograd import Tensor, gradcheck, gradgradcheck
from autograd.ops import reached

STEPS, STATES = 4, 5
SKIPS = np.array([[False, False, True, False, True], [False, False, False, True, False]])


def emissions(seed=0):
    return np.random.default_rng(seed).normal(size=(STEPS, 2, STATES))


def by_all_ways(emitted, skips, lengths):
    made = np.zeros((len(lengths), STATES))
    for chain, steps in enumerate(lengths):
        for way in itertools.product(range(STATES), repeat=steps):
            if all(b - a in (0, 1) or (b - a == 2 and skips[chain, b]) for a, b in itertools.pairwise((0, *way))):
                made[chain, way[-1] if way else 0] += math.exp(sum(emitted[t, chain, s] for t, s in enumerate(way)))
    return made


@pytest.mark.parametrize("lengths", [(4, 4), (4, 2), (0, 3), (0, 0)])
def test_the_probabilities_are_sums_over_all_ways(lengths):
    found = reached(emissions(), SKIPS, np.array(lengths))
    np.testing.assert_allclose(np.exp(found), by_all_ways(emissions(), SKIPS, lengths), rtol=1e-12)


def test_derivatives():
    def probability(emitted):
        return np.exp(reached(emitted, SKIPS, np.array([4, 2])))

    x = Tensor(emissions(), requires_grad=True)
    assert gradcheck(probability, x)
    assert gradgradcheck(probability, x)


def test_a_state_that_cannot_be_reached_has_no_gradient():
    x = Tensor(emissions()[:1], requires_grad=True)
    found = reached(x, SKIPS, np.array([1, 1]))
    assert np.isneginf(found.data[0, 3:]).all()
    (slope,) = autograd.grad(found[:, 1].sum(), [x], retain_graph=True)
    np.testing.assert_array_equal(slope.data, np.broadcast_to(np.arange(STATES) == 1, x.shape))
    (slope,) = autograd.grad(np.exp(found[0, 4]), [x])
    np.testing.assert_array_equal(slope.data, np.zeros(x.shape))


def test_in_a_program_it_is_one_statement_and_so_is_its_rule():
    slope = autograd.compile(autograd.grad(lambda x: np.exp(reached(x, SKIPS, np.array([4, 2]))).sum()))
    for _ in range(2):
        found = slope(emissions())
    assert len(slope.programs[0].statements) < 12
    np.testing.assert_allclose(
        found, autograd.grad(lambda x: np.exp(reached(x, SKIPS, np.array([4, 2]))).sum())(emissions())
    )
