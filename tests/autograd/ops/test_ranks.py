"""Sums and copies over ranks, with a group of one that stands for several: tests/nn/parallel has several."""

import numpy as np
import pytest

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
    of_own, shift, *statistics, unbiased, each = center_over_ranks(x, (0, 2), Twins())
    parts = [(of_own + shift, *statistics), center(twice, (0, 2))]
    assert each.item() == 1 / 16
    np.testing.assert_allclose(unbiased.data, statistics[1].data * 16 / 15, rtol=1e-15)
    for own, both in zip(*parts, strict=True):
        np.testing.assert_allclose(own.data, both.data[: len(own)], atol=1e-15)
    weights = np.random.default_rng(1).standard_normal((4, 3, 2))
    for (y, mean, variance), w in ((parts[0], weights), (parts[1], np.concatenate([weights, weights]))):
        # of the twins' statistics each has a loss of its own
        times = 1 if y is parts[0][0] else 2
        ((y * w).sum() + times * (mean**3).sum() + times * (variance**2).sum()).backward()
    np.testing.assert_allclose(x.grad.data, twice.grad.data[:4], atol=1e-14)


class Other(Twins):
    """A rank beside one that has other rows, which are not learned from."""

    def __init__(self, rows):
        self.rank, self.others = 0, rows

    def total(self, x):
        return x

    def rows(self, x):
        parts = (np.mean, np.var)
        return np.concatenate([x, [[*np.concatenate([part(self.others, 0) for part in parts]), len(self.others)]]])


@pytest.mark.parametrize("rows", [3, 1])
def test_the_shift_between_the_mean_of_a_rank_and_that_of_all_has_its_own_derivative(rows):
    x, others = leaf(rows, 2), np.random.default_rng(1).standard_normal((2, 2)) + 1
    y, shift, mean, variance, _, each = center_over_ranks(x, 0, Other(others))
    both = np.concatenate([x.data, others])
    assert each.item() == 1 / (rows + 2)
    for found, expected in ((mean, both.mean(0)), (variance, both.var(0)), (y + shift, x.data - both.mean(0))):
        np.testing.assert_allclose(found.data, np.broadcast_to(expected, found.shape), atol=1e-15)
    weights = np.random.default_rng(2).standard_normal((rows, 2))

    def loss(x):
        y, shift, mean, variance, _, _ = center_over_ranks(x, 0, Other(others))
        return ((y + shift * 3) * weights).sum() + (mean**3).sum() + (variance**2).sum()

    def directly(x):
        mean = (x.sum(0) + others.sum(0)) / (rows + 2)
        variance = (((x - mean) ** 2).sum(0) + ((others - mean) ** 2).sum(0)) / (rows + 2)
        y, shift = x - x.mean(0), x.mean(0) - mean
        return ((y + shift * 3) * weights).sum() + (mean**3).sum() + (variance**2).sum()

    assert gradcheck(loss, x)
    assert gradgradcheck(loss, x)
    for function in (loss, directly):
        x.grad = None
        function(x).backward()
        if function is loss:
            found = x.grad.data
    np.testing.assert_allclose(found, x.grad.data, atol=1e-14)


class Alone(Twins):
    """One rank, whose sums are its own."""

    def total(self, x):
        return x

    def rows(self, x):
        return x


def test_derivatives_against_differences():
    x, group = leaf(3, 2), Alone()

    def loss(x):
        y, shift, mean, variance, _, _ = center_over_ranks(x, 0, group)
        y = y + shift
        return (y * y * y / (variance + 1)).sum() + mean.sum() ** 2

    assert gradcheck(loss, x)
    assert gradgradcheck(loss, x)
    assert gradgradcheck(lambda x: (sum_over_ranks(x, group) ** 3).sum(), x)
    assert gradgradcheck(lambda x: (rows_of_ranks(x, group) ** 3).sum(), x)


def test_one_value_of_all_ranks_has_no_statistics():
    with pytest.raises(ValueError, match="over all ranks: expected more than one value per channel in training, got"):
        center_over_ranks(leaf(1, 3), 0, Alone())


def test_a_rank_with_nothing_has_a_gradient_of_nothing():
    x = leaf(0, 3)
    y, shift, mean, variance, unbiased, each = center_over_ranks(x, 0, Alone())
    (y.sum() + shift.sum() + mean.sum() + variance.sum()).backward()
    assert (x.grad.shape, mean.tolist(), unbiased.tolist(), each.item()) == ((0, 3), [[0.0] * 3], [[0.0] * 3], 1)
    others = np.ones((2, 3)) * [1.0, 2.0, 3.0]
    y, shift, mean, _, _, each = center_over_ranks(x, 0, Other(others))
    assert (shift.tolist(), mean.tolist(), each.item()) == ([[0.0] * 3], [[1.0, 2.0, 3.0]], 0.5)
