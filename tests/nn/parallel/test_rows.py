"""Random numbers by example: what each rank draws is its part of what one process draws for the whole batch."""

import numpy as np
import pytest

from autograd import generator, manual_seed
from nn.parallel.rows import rows_of

from .pair import Pair

OTHERS = 4  # examples of the other rank
DRAWS = {
    "random": lambda rng, n: rng.random((n, 2)),
    "random with a dtype": lambda rng, n: rng.random((n, 2), np.float32),
    "random by name": lambda rng, n: rng.random(size=(n,), dtype=np.float32),
    "standard_normal": lambda rng, n: rng.standard_normal((n, 2)),
    "standard_exponential": lambda rng, n: rng.standard_exponential((n, 2)),
    "normal": lambda rng, n: rng.normal(1.0, 2.0, (n, 2)),
    "normal by name": lambda rng, n: rng.normal(1.0, size=(n,)),
    "uniform": lambda rng, n: rng.uniform(1.0, 2.0, (n, 1, 2)),
    "gumbel": lambda rng, n: rng.gumbel(1.0, 2.0, (n, 2)),
    "laplace": lambda rng, n: rng.laplace(1.0, 2.0, (n, 2)),
    "logistic": lambda rng, n: rng.logistic(1.0, 2.0, (n, 2)),
    "integers": lambda rng, n: rng.integers(0, 100, (n, 2)),
    "integers of a dtype": lambda rng, n: rng.integers(0, 100, (n, 2), np.int32),
    "exponential": lambda rng, n: rng.exponential(2.0, (n, 2)),
    "binomial": lambda rng, n: rng.binomial(10, 0.3, (n, 2)),
}


@pytest.mark.parametrize("rank", [0, 1])
@pytest.mark.parametrize("name", DRAWS)
def test_a_rank_gets_its_rows_of_the_whole(name, rank):
    draw, mine = DRAWS[name], 3
    rng = manual_seed(0)
    whole, after = draw(rng, mine + OTHERS), rng.random()
    group = Pair(rank, theirs=lambda what, brought: np.array([OTHERS]).view(np.uint8))
    rng = manual_seed(0)
    with rows_of(group, mine):
        assert isinstance(generator(), np.random.Generator)
        made = draw(generator(), mine)
    np.testing.assert_array_equal(made, whole[OTHERS:] if rank else whole[:mine])
    assert made.dtype == whole.dtype
    assert rng.random() == after
    assert generator() is rng


def test_all_else_is_drawn_as_it_is():
    """Numbers, other shapes, a size that is no tuple, what goes into an array that is there, other methods."""
    draws = [
        lambda rng: rng.random(),
        lambda rng: rng.random(3),
        lambda rng: rng.random(()),
        lambda rng: rng.random((4, 3)),
        lambda rng: rng.random((3,), out=np.empty(3)),
        lambda rng: rng.permutation(3),
        lambda rng: rng.normal(size=None),
    ]
    group = Pair()
    for draw in draws:
        expected = draw(manual_seed(1))
        manual_seed(1)
        with rows_of(group, 3):
            np.testing.assert_array_equal(draw(generator()), expected)
    assert not group.met


def test_ranks_meet_once_for_a_call():
    group = Pair(1)
    with rows_of(group, 2):
        first, second = (generator().random((2,)) for _ in range(2))
    assert group.met == ["random numbers for each example"]
    assert not np.array_equal(first, second)
