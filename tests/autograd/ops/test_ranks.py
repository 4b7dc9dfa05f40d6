"""Sums and copies over ranks, with a group of one that stands for several: tests/nn/parallel has several."""

import numpy as np

from autograd import Tensor, gradcheck, gradgradcheck
from autograd.ops import center, center_over_ranks, rows_of_ranks, sent_by_rank, sum_over_ranks


class Twins:
    """Two ranks that have the same: what this one computes is what the other does."""

    def __init__(self, rank=0):
        self.rank = rank

    def total(self, x):
        return 2 * x

    def rows(self, x):
        return np.concatenate([x, x]) if x.ndim else np.array([x, x])

    def sent(self, x, root):
        return x.copy()

    def start(self, n):
        return self.rank * n


def leaf(*shape):
    return Tensor(np.random.default_rng(0).standard_normal(shape), requires_grad=True)


def test_each_is_what_its_rule_says():
    x = leaf(3, 2)
    for rank in (0, 1):
        group = Twins(rank)
        weights = np.arange(12.0).reshape(6, 2)
        x.grad = None
        (rows_of_ranks(x, group) * weights).sum().backward()
        np.testing.assert_array_equal(x.grad.data, 2 * weights[3 * rank : 3 * rank + 3])
        x.grad = None
        (sum_over_ranks(x, group) * weights[:3]).sum().backward()
        np.testing.assert_array_equal(x.grad.data, 2 * weights[:3])
        x.grad = None
        (sent_by_rank(x, group, 1) * weights[:3]).sum().backward()
        np.testing.assert_array_equal(x.grad.data, 2 * weights[:3] * rank)
        number = leaf()
        (rows_of_ranks(number, group) * [3.0, 5.0]).sum().backward()
        assert number.grad.item() == 2 * [3.0, 5.0][rank]


def test_centred_over_twins_it_is_centred_over_twice_the_rows():
    x = leaf(4, 3, 2)
    twice = Tensor(np.concatenate([x.data, x.data]), requires_grad=True)
    parts = [center_over_ranks(x, (0, 2), Twins()), center(twice, (0, 2))]
    assert int(parts[0][3].data) == 16
    for own, both in zip(parts[0][:3], parts[1], strict=True):
        np.testing.assert_allclose(own.data, both.data[: len(own)], atol=1e-15)
    weights = np.random.default_rng(1).standard_normal((4, 3, 2))
    for (y, mean, variance), w in ((parts[0][:3], weights), (parts[1], np.concatenate([weights, weights]))):
        # of the twins' statistics each has a loss of its own
        times = 1 if y is parts[0][0] else 2
        ((y * w).sum() + times * (mean**3).sum() + times * (variance**2).sum()).backward()
    np.testing.assert_allclose(x.grad.data, twice.grad.data[:4], atol=1e-14)


class Alone(Twins):
    """One rank, whose sums are its own."""

    def total(self, x):
        return x

    def rows(self, x):
        return x


def test_derivatives_against_differences():
    x, group = leaf(3, 2), Alone()

    def loss(x):
        y, mean, variance, _ = center_over_ranks(x, 0, group)
        return (y * y * y / (variance + 1)).sum() + mean.sum() ** 2

    assert gradcheck(loss, x)
    assert gradgradcheck(loss, x)
    assert gradgradcheck(lambda x: (sum_over_ranks(x, group) ** 3).sum(), x)
    assert gradgradcheck(lambda x: (rows_of_ranks(x, group) ** 3).sum(), x)


def test_one_row_has_no_variance_and_is_its_mean():
    x = leaf(1, 3)
    y, mean, variance, count = center_over_ranks(x, 0, Alone())
    assert (y.tolist(), variance.tolist(), int(count.data)) == ([[0.0] * 3], [[0.0] * 3], 1)
    ((mean * [1.0, 2.0, 3.0]).sum() + (variance * y).sum()).backward()
    np.testing.assert_array_equal(x.grad.data, [[1, 2, 3]])


def test_a_rank_with_nothing_has_a_gradient_of_nothing():
    x = leaf(0, 3)
    y, mean, variance, count = center_over_ranks(x, 0, Alone())
    (y.sum() + mean.sum() + variance.sum()).backward()
    assert (x.grad.shape, int(count.data), mean.tolist()) == ((0, 3), 0, [[0.0, 0.0, 0.0]])
