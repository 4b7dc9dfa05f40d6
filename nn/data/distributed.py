"""DistributedSampler: the part of a dataset that each of several processes reads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..parallel.group import world
from .sampler import Sampler


class DistributedSampler(Sampler):
    """The indices of a dataset that this rank takes, of those that the ranks of nn.parallel share out.

    num_replicas   how many share them; all ranks unless given
    rank           which of them this is
    shuffle        in a new random order at each iteration, which `seed` and the number of the epoch settle
    drop_last      leave out the last ones where they cannot be shared out evenly
    split_batches  the batch size is that of all ranks together, so that the batches, and what is learnt from them, do
                   not depend on how many ranks there are; else it is that of each rank

    Every index is taken once. Given to a DataLoader, each batch of all ranks is cut into theirs, one after the other:
    all have the same number of batches, and in the last one, where examples are few, some ranks may have one less than
    others, or none at all.

    Each iteration is the next epoch; `set_epoch` says which one is to be the next. Raises ValueError for a rank that
    there is not.

    >>> [list(DistributedSampler(range(5), 2, rank, shuffle=False)) for rank in (0, 1)]
    [[0, 1], [2, 3, 4]]
    """

    def __init__(
        self, dataset: Any, num_replicas: int | None = None, rank: int | None = None, shuffle: bool = True,
        seed: int = 0, drop_last: bool = False, *, split_batches: bool = False,
    ) -> None:  # fmt: skip
        self.dataset = dataset
        self.num_replicas = world().size if num_replicas is None else num_replicas
        self.rank = world().rank if rank is None else rank
        if not 0 <= self.rank < self.num_replicas:
            raise ValueError(f"DistributedSampler: expected a rank from 0 to {self.num_replicas - 1}, got {self.rank}")
        self.shuffle = shuffle
        self.seed = seed
        self.drop_last = drop_last
        self.split_batches = split_batches
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Have the next iteration be that of an epoch, counted from 0; a loader's state_dict does so as well."""
        self.epoch = int(epoch)

    def __len__(self) -> int:
        return len(self.share(range(self._total())))

    def __iter__(self) -> Iterator[int]:
        return iter(self.share(self.order()).tolist())

    def order(self) -> Any:
        """The indices of all ranks, in the order of the next epoch, which is over with it."""
        order = np.arange(len(self.dataset))
        if self.shuffle:
            order = np.random.default_rng([self.seed, self.epoch]).permutation(order)
        self.epoch += 1
        return order[: self._total()]

    def share(self, indices: Any) -> Any:
        """This rank's part of some indices."""
        n = len(indices)
        return indices[self.rank * n // self.num_replicas : (self.rank + 1) * n // self.num_replicas]

    def in_batches(self, batch_size: int, drop_last: bool) -> DistributedBatches:
        """This rank's batches."""
        return DistributedBatches(self, batch_size, drop_last)

    def _total(self) -> int:
        n = len(self.dataset)
        return n - n % self.num_replicas if self.drop_last else n


class DistributedBatches(Sampler):
    """The batches of a rank: its part of each batch of all ranks; where drop_last, of full ones only."""

    def __init__(self, sampler: DistributedSampler, batch_size: int, drop_last: bool) -> None:
        if not isinstance(batch_size, int) or isinstance(batch_size, bool) or batch_size < 1:
            raise ValueError(f"DistributedSampler: expected a batch size of at least 1, got {batch_size!r}")
        self.sampler = sampler
        self.batch_size = batch_size
        self.drop_last = drop_last
        self.of_all = batch_size if sampler.split_batches else batch_size * sampler.num_replicas

    def __len__(self) -> int:
        n = self.sampler._total()
        return n // self.of_all if self.drop_last else -(-n // self.of_all)

    def __iter__(self) -> Iterator[list[int]]:
        order = self.sampler.order()
        for k in range(len(self)):
            yield self.sampler.share(order[k * self.of_all : (k + 1) * self.of_all]).tolist()
