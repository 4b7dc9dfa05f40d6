"""DataLoader: batches of a dataset, in a reproducible order, prepared ahead in threads if asked for."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from .collate import take
from .sampler import BatchSampler, RandomSampler, SequentialSampler


class DataLoader:
    """Batches of a dataset; each iteration is one epoch.

    batch_size       samples in a batch; None: the samples themselves, one by one
    shuffle          take the samples in a new random order each epoch
    sampler          the indices in their order, instead of shuffle
    batch_sampler    the lists of indices, instead of batch_size, shuffle, sampler and drop_last
    num_workers      threads that prepare batches ahead (NumPy and file reading let them run side by side); the batches
                     and their order are the same with any number of them, if the dataset draws nothing at random
    collate_fn       makes a batch of a list of samples; see `default_collate`
    drop_last        leave out a last batch that is shorter
    rng              the generator that shuffling draws from; without it the one that `manual_seed` seeds
    prefetch_factor  batches that each worker prepares ahead

    An error in a worker is raised where its batch would have come, with the traceback of the worker.
    Raises ValueError for options out of range or that exclude each other.

    >>> from nn.data import TensorDataset
    >>> data = TensorDataset(Tensor([1.0, 2.0, 3.0]), Tensor([0, 1, 0]))
    >>> for x, y in DataLoader(data, batch_size=2):
    ...     print(x, y)
    Tensor([1., 2.]) Tensor([0, 1])
    Tensor([3.]) Tensor([0])
    """

    def __init__(
        self, dataset: Any, batch_size: int | None = 1, shuffle: bool = False, sampler: Iterable[Any] | None = None,
        batch_sampler: Iterable[Any] | None = None, num_workers: int = 0, collate_fn: Callable[..., Any] | None = None,
        *, drop_last: bool = False, rng: np.random.Generator | None = None, prefetch_factor: int = 2,
    ) -> None:  # fmt: skip
        if num_workers < 0 or prefetch_factor < 1:
            raise ValueError(
                f"DataLoader: expected num_workers >= 0 and prefetch_factor >= 1, "
                f"got {num_workers} and {prefetch_factor}"
            )
        if sampler is not None and shuffle:
            raise ValueError("DataLoader: expected a sampler or shuffle, got both; the sampler settles the order")
        if batch_sampler is not None and (batch_size != 1 or shuffle or sampler is not None or drop_last):
            raise ValueError("DataLoader: expected no batch_size, shuffle, sampler or drop_last beside a batch_sampler")
        if batch_size is None and drop_last:
            raise ValueError("DataLoader: expected no drop_last with batch_size=None, for there are no batches")
        if batch_sampler is None and sampler is None:
            sampler = RandomSampler(dataset, rng=rng) if shuffle else SequentialSampler(dataset)
        if batch_sampler is None and batch_size is not None:
            assert sampler is not None
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.dataset = dataset
        self.batch_size = batch_size
        self.sampler = getattr(batch_sampler, "sampler", None) if sampler is None else sampler
        self.batch_sampler = batch_sampler
        self.num_workers = num_workers
        self.collate_fn = collate_fn
        self.prefetch_factor = prefetch_factor
        self.rng = rng
        self._order: Any = sampler if batch_sampler is None else batch_sampler
        self._done = 0  # batches of the epoch under way that have been handed out
        self._skip = 0  # batches of the next epoch that an earlier run has handed out

    def __len__(self) -> int:
        return len(self._order)

    def __iter__(self) -> Iterator[Any]:
        order = iter(self._order)
        skip, self._skip = self._skip, 0
        for _ in range(skip):
            next(order, None)
        self._done = skip
        for batch in self._ahead(order) if self.num_workers else map(self._load, order):
            self._done += 1
            yield batch
        self._done = 0

    def _load(self, indices: Any) -> Any:
        """The batch of a list of indices, or without batches the sample of an index."""
        if self.batch_sampler is None:
            sample = self.dataset[indices]
            return sample if self.collate_fn is None else self.collate_fn(sample)
        if self.collate_fn is None:
            return take(self.dataset, indices)
        return self.collate_fn([self.dataset[i] for i in indices])

    def _ahead(self, order: Iterator[Any]) -> Iterator[Any]:
        """The batches, prepared by threads, handed out in order."""
        from concurrent.futures import ThreadPoolExecutor

        pool = ThreadPoolExecutor(self.num_workers, thread_name_prefix="DataLoader")
        waiting: deque[tuple[Any, Any]] = deque()
        try:
            while True:
                while len(waiting) < self.num_workers * self.prefetch_factor and (i := next(order, None)) is not None:
                    waiting.append((i, pool.submit(self._load, i)))
                if not waiting:
                    return
                indices, future = waiting.popleft()
                try:
                    batch = future.result()
                except Exception as error:
                    error.add_note(f"DataLoader: raised by a worker, for the indices {indices!r:.200}")
                    raise
                yield batch
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    # ---- resuming --------------------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """Where the epoch under way is: how many of its batches were handed out, and the seed of its order.

        With a generator of its own, that one's state too. A sampler of another kind than those of this package has to
        give the same order again by itself.
        """
        rng = None if self.rng is None else self.rng.bit_generator.state
        return {"batches": self._done, "seed": getattr(self.sampler, "seed", None) if self._done else None, "rng": rng}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Have the next iteration go on where `state_dict` was called: with the batch after the last one handed out."""
        missing = {"batches", "seed", "rng"} - set(state_dict)
        if missing:
            raise KeyError(f"DataLoader.load_state_dict: expected batches, seed and rng, got no {sorted(missing)}")
        if (state_dict["rng"] is None) != (self.rng is None):
            raise ValueError("DataLoader.load_state_dict: expected rng= given to both loaders or to neither")
        if self.rng is not None:
            self.rng.bit_generator.state = state_dict["rng"]
        self._skip = int(state_dict["batches"])
        if state_dict["seed"] is not None:
            self.sampler.repeat(int(state_dict["seed"]))  # type: ignore[union-attr]
