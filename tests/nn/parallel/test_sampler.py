"""DistributedSampler: every example once, the same batches for all ranks together, and the epoch that follows."""

from itertools import chain

import numpy as np
import pytest

from autograd import Tensor
from nn.data import DataLoader, Dataset, DistributedSampler, TensorDataset

DATA = TensorDataset(Tensor(np.arange(23.0)))


def batches(ranks, size, **options):
    """For each rank its batches of two epochs."""
    loaders = [DataLoader(DATA, size, sampler=DistributedSampler(DATA, ranks, r, **options)) for r in range(ranks)]
    assert len({len(loader) for loader in loaders}) == 1
    found = [[[x.tolist() for (x,) in loader] for _ in range(2)] for loader in loaders]
    assert {len(epoch) for epochs in found for epoch in epochs} == {len(loaders[0])}
    return found


def joined(found):
    """The batches of all ranks together."""
    return [[list(chain(*parts)) for parts in zip(*epochs, strict=True)] for epochs in zip(*found, strict=True)]


@pytest.mark.parametrize("ranks", [2, 3, 4, 9])
def test_batches_that_are_split_do_not_depend_on_the_ranks(ranks):
    expected = joined(batches(1, 6, split_batches=True))
    assert joined(batches(ranks, 6, split_batches=True)) == expected
    assert expected[0] != expected[1]
    for epoch in expected:
        assert sorted(chain(*epoch)) == list(range(23))
        assert [len(batch) for batch in epoch] == [6, 6, 6, 5]


def test_the_batch_size_is_that_of_each_rank():
    found = batches(3, 4)
    assert [[len(batch) for batch in epochs[0]] for epochs in found] == [[4, 3], [4, 4], [4, 4]]
    assert sorted(chain(*joined(found)[0])) == list(range(23))
    last = batches(5, 11)  # of which the first has all, and cuts it in five
    assert [len(epochs[0][0]) for epochs in last] == [4, 5, 4, 5, 5]


def test_a_rank_may_have_no_example_of_a_batch():
    class Rows(Dataset):
        def __len__(self):
            return 3

        def __getitem__(self, i):
            return {"x": np.full(2, i), "y": i, "name": str(i)}

    got = [next(iter(DataLoader(Rows(), 1, sampler=DistributedSampler(Rows(), 5, r, shuffle=False)))) for r in range(5)]
    assert [batch["x"].shape for batch in got] == [(0, 2), (1, 2), (0, 2), (1, 2), (1, 2)]
    assert [batch["y"].tolist() for batch in got] == [[], [0], [], [1], [2]]


def test_each_iteration_is_the_next_epoch():
    sampler = DistributedSampler(DATA, 2, 0)
    first, second = list(sampler), list(sampler)
    assert first != second
    sampler.set_epoch(0)
    assert (list(sampler), list(sampler)) == (first, second)
    assert list(DistributedSampler(DATA, 2, 0, seed=1)) != first
    assert len(sampler) == len(first) == 11
    assert [len(DistributedSampler(DATA, 2, r)) for r in (0, 1)] == [11, 12]
    assert [len(list(DistributedSampler(DATA, 2, r, drop_last=True))) for r in (0, 1)] == [11, 11]
    dropped = DataLoader(DATA, 6, sampler=DistributedSampler(DATA, 2, 0, split_batches=True), drop_last=True)
    assert [len(x) for (x,) in dropped] == [3, 3, 3]


@pytest.mark.parametrize("done", [0, 2, 4])
def test_a_loader_goes_on_where_another_was(done):
    def make():
        return DataLoader(DATA, 6, sampler=DistributedSampler(DATA, 2, 1, split_batches=True))

    loader = make()
    list(loader)
    iterator = iter(loader)
    for _ in range(done):
        next(iterator)
    state = loader.state_dict()
    rest = [x.tolist() for (x,) in iterator] + [x.tolist() for (x,) in loader]
    other = make()
    other.load_state_dict(state)
    found = [x.tolist() for (x,) in other]
    assert found + [x.tolist() for (x,) in other] == rest if done else [*found] == rest[:4]


def test_wrong_uses():
    with pytest.raises(ValueError, match="DistributedSampler: expected a rank from 0 to 1, got 2"):
        DistributedSampler(DATA, 2, 2)
    with pytest.raises(ValueError, match="expected a batch size of at least 1, got 0"):
        DataLoader(DATA, 0, sampler=DistributedSampler(DATA))
