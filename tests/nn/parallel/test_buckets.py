"""Gradients side by side: where they lie, and what they add up to, with another rank whose part is known."""

import numpy as np
import pytest

from autograd import Tensor
from nn.parallel import buckets
from nn.parallel.buckets import Bucket, in_buckets

from .pair import Pair


def parameter(*shape, dtype=np.float64):
    return Tensor(np.zeros(shape, dtype), requires_grad=True)


def test_what_goes_into_which_bucket(monkeypatch):
    """From the last parameter to the first, by dtype, as long as they fit; one that fills a piece is alone."""
    monkeypatch.setattr(buckets, "PIECE", 64)
    sizes = [3, 8, 7, 5, 3, 1]
    params = [parameter(n, dtype=np.float32 if n == 7 else np.float64) for n in sizes]
    found = in_buckets(params, 2)
    assert [[p.size for p in bucket.params] for bucket in found] == [[1, 3], [5, 3], [7], [8]]
    assert [None if bucket.flat is None else bucket.flat.size for bucket in found] == [4, 8, 7, None]
    assert [place.shape for place in found[0].places] == [(1,), (3,)]
    assert found[2].flat.dtype == np.float32


def passed(bucket, gradients, group):
    bucket.begin()
    for i, g in gradients.items():
        bucket.put(i, g, is_ours=False)
    bucket.add_up(group)


def grads(bucket):
    return [None if p.grad is None else p.grad.data.tolist() for p in bucket.params]


def test_gradients_are_sums_over_ranks_and_add_to_those_before():
    bucket = Bucket([parameter(2), parameter()], 2)
    passed(bucket, {0: np.array([1.0, 2.0]), 1: np.array(3.0)}, Pair(adds=[[10, 20, 30]]))
    assert grads(bucket) == [[11, 22], 33]
    passed(bucket, {0: np.array([1.0, 2.0]), 1: np.array(3.0)}, Pair(adds=[[10 + 5.5, 20 + 11, 30 + 16.5]]))
    assert grads(bucket) == [[22, 44], 66]  # of what was there before, each rank has brought its half
    assert all(p.grad is place for p, place in zip(bucket.params, bucket.places, strict=True))
    assert np.shares_memory(bucket.params[0].grad.data, bucket.flat)


def test_what_a_pass_does_not_reach_stays_as_it_is():
    bucket = Bucket([parameter(2), parameter(1), parameter(1)], 2)
    passed(bucket, {0: np.array([1.0, 2.0]), 1: np.array([3.0])}, Pair())
    bucket.flat[3] = 99.0  # what lies there is nobody's
    passed(bucket, {0: np.array([1.0, 1.0])}, Pair())
    assert grads(bucket) == [[4, 6], [6], None]
    assert bucket.flat[3] == 0
    bucket.accept(1)
    bucket.accept(2)
    assert grads(bucket) == [[4, 6], [6], [0]]


def test_a_gradient_that_somebody_gave_counts_once():
    bucket = Bucket([parameter(2), parameter(2)], 2)
    for p in bucket.params:
        p.grad = np.array([4.0, 8.0])
    given = bucket.params[1].grad
    passed(bucket, {0: np.array([1.0, 2.0])}, Pair())
    assert grads(bucket) == [[6, 12], [4, 8]]
    assert given.tolist() == [4, 8]
    bucket.params[0].grad = np.array([1.0, 1.0])  # another one, in the midst of passes that are this rank's own
    bucket.begin()
    bucket.put(0, np.array([1.0, 2.0]), is_ours=False)
    bucket.params[0].grad = np.array([1.0, 1.0])
    bucket.put(0, np.array([1.0, 2.0]), is_ours=False)
    bucket.add_up(Pair())
    assert grads(bucket)[0] == [3, 5]


def test_passes_of_one_rank_alone_add_up_to_one():
    """Within no_sync: what the first brought is this rank's own still, and is no half of what all have."""
    bucket = Bucket([parameter(2)], 2)
    bucket.begin()
    bucket.put(0, np.array([1.0, 2.0]), is_ours=False)
    bucket.begin()
    bucket.put(0, np.array([1.0, 2.0]), is_ours=False)
    bucket.add_up(Pair(adds=[[30.0, 40.0]]))
    assert grads(bucket) == [[32, 44]]
    passed(bucket, {0: np.array([1.0, 2.0])}, Pair())
    assert grads(bucket) == [[34, 48]]


@pytest.mark.parametrize("is_ours", [False, True])
def test_a_large_one_is_its_own_array(monkeypatch, is_ours):
    monkeypatch.setattr(buckets, "PIECE", 32)
    bucket = Bucket([parameter(2, 2)], 2)
    assert bucket.flat is None
    g = np.array([[1.0, 2.0], [3.0, 4.0]])
    bucket.begin()
    bucket.put(0, g, is_ours)
    assert np.shares_memory(bucket.params[0].grad.data, g) == is_ours
    bucket.add_up(Pair())
    assert grads(bucket) == [[[2, 4], [6, 8]]]
    assert (g[0, 0] == 1) != is_ours
    bucket.params[0].grad = np.asfortranarray([[4.0, 8.0], [2.0, 0.0]])
    passed(bucket, {0: np.ones((2, 2))}, Pair())
    assert grads(bucket) == [[[6, 10], [4, 2]]]
    bucket.params[0].grad = None
    passed(bucket, {}, Pair(adds=[[1.0, 2.0, 3.0, 4.0]]))
    assert grads(bucket) == [None]
    bucket.accept(0)
    assert grads(bucket) == [[[1, 2], [3, 4]]]
    turned = g.T
    bucket.params[0].grad = None
    passed(bucket, {0: turned}, Pair())
    assert grads(bucket) == [(2 * turned).tolist()]


@pytest.mark.parametrize("piece", [32, 1024])
def test_sums_are_new_arrays(monkeypatch, piece):
    monkeypatch.setattr(buckets, "PIECE", piece)
    (bucket,) = in_buckets([parameter(2, 2)], 2)
    g = np.array([[1.0, 2.0], [3.0, 4.0]])
    (made,) = bucket.sums([g.T], Pair())
    np.testing.assert_array_equal(made, 2 * g.T)
    (made,) = bucket.sums([None], Pair(adds=[[1.0, 2.0, 3.0, 4.0]]))
    np.testing.assert_array_equal(made, g)
    assert g[0, 0] == 1
    assert bucket.params[0].grad is None


def test_sums_of_several_and_of_none():
    bucket = Bucket([parameter(2), parameter(), parameter(1)], 2)
    made = bucket.sums([np.array([1.0, 2.0]), None, np.array([4.0])], Pair(adds=[[10, 20, 30, 40]]))
    assert [part.tolist() for part in made] == [[11, 22], 30, [44]]
