"""DataLoader: batches of a dataset, in a reproducible order, prepared ahead in threads if asked for."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import count, islice, repeat
from typing import Any, NamedTuple

from autograd import tree

from ..shared import Rng
from .collate import default_collate, default_convert, samples, take
from .dataset import IterableDataset
from .distributed import DistributedSampler
from .sampler import BatchSampler, RandomSampler, SequentialSampler, random


class WorkerInfo(NamedTuple):
    """What `get_worker_info` tells a worker: its number, how many there are, and what they read."""

    id: int
    num_workers: int
    dataset: Any


_here = threading.local()  # .info, in the thread of a worker
_END: Any = object()


def get_worker_info() -> WorkerInfo | None:
    """Which worker of a DataLoader this is; None outside of workers."""
    return getattr(_here, "info", None)


class DataLoader:
    """Batches of a dataset; each iteration is one epoch.

    batch_size          samples in a batch; None: the samples themselves, one by one
    shuffle             take the samples in a new random order each epoch
    sampler             the indices in their order, instead of shuffle
    batch_sampler       the lists of indices, instead of batch_size, shuffle, sampler and drop_last
    num_workers         threads that prepare batches ahead (NumPy and file reading let them run side by side); the
                        batches and their order are the same with any number of them, if the dataset draws nothing at
                        random. One thread reads an IterableDataset, and it alone
    collate_fn          makes a batch of a list of samples; see `default_collate` (without batches: `default_convert`)
    drop_last           leave out a last batch that is shorter
    timeout             seconds that a worker may take for a batch; 0: any
    worker_init_fn      called in each worker with its number before its first batch
    generator, rng      either name: what shuffling draws from; without it the generator that `manual_seed` seeds
    prefetch_factor     batches that each worker prepares ahead; 2 unless given
    persistent_workers  keep the workers for the next epoch

    The rest is PyTorch's, and has no effect: there is no device whose memory to pin, there are no processes.

    An error in a worker is raised where its batch would have come, with the traceback of the worker. In a forked child,
    in which there are no threads of the parent's, new workers are hired.
    Raises ValueError for options out of range or that exclude each other, RuntimeError after the timeout, for a
    StopIteration of a dataset with an index, which would end the epoch without a word, and in a forked child for an
    epoch that workers of the parent had begun.

    >>> from nn.data import TensorDataset
    >>> data = TensorDataset(Tensor([1.0, 2.0, 3.0]), Tensor([0, 1, 0]))
    >>> for x, y in DataLoader(data, batch_size=2):
    ...     print(x, y)
    Tensor([1., 2.]) Tensor([0, 1])
    Tensor([3.]) Tensor([0])
    """

    def __init__(
        self, dataset: Any, batch_size: int | None = 1, shuffle: bool | None = None,
        sampler: Iterable[Any] | None = None, batch_sampler: Iterable[Any] | None = None, num_workers: int = 0,
        collate_fn: Callable[..., Any] | None = None, pin_memory: bool = False, drop_last: bool = False,
        timeout: float = 0, worker_init_fn: Callable[[int], Any] | None = None, multiprocessing_context: Any = None,
        generator: Rng = None, *, prefetch_factor: int | None = None, persistent_workers: bool = False,
        pin_memory_device: str = "", in_order: bool = True, rng: Rng = None,
    ) -> None:  # fmt: skip
        if not any(hasattr(dataset, name) for name in ("__getitem__", "__getitems__", "__iter__")):
            raise TypeError(
                f"DataLoader: expected a dataset, with len() and an item for an index, got {type(dataset).__name__}"
            )
        if len(getattr(batch_size, "shape", ())):
            raise TypeError(
                f"DataLoader: expected a whole number as batch_size, got {type(batch_size).__name__}; write "
                f"DataLoader(TensorDataset(data, labels), batch_size)"
            )
        given = rng is not None or generator is not None
        self.rng = self.generator = random(rng, generator) if given else None
        self.iterable = isinstance(dataset, IterableDataset)
        if num_workers < 0 or (prefetch_factor is not None and prefetch_factor < 1) or timeout < 0:
            raise ValueError(
                f"DataLoader: expected num_workers >= 0, prefetch_factor >= 1 and timeout >= 0, "
                f"got {num_workers}, {prefetch_factor} and {timeout}"
            )
        if num_workers == 0 and (prefetch_factor is not None or persistent_workers or timeout):
            raise ValueError("DataLoader: expected workers for prefetch_factor, persistent_workers and timeout, got 0")
        if self.iterable and (shuffle or sampler is not None or batch_sampler is not None):
            raise ValueError(
                "DataLoader: expected no shuffle, sampler or batch_sampler, as the dataset is iterated over"
            )
        if sampler is not None and shuffle:
            raise ValueError("DataLoader: expected a sampler or shuffle, got both; the sampler settles the order")
        if batch_sampler is not None and (batch_size != 1 or shuffle or sampler is not None or drop_last):
            raise ValueError("DataLoader: expected no batch_size, shuffle, sampler or drop_last beside a batch_sampler")
        if batch_size is None and drop_last:
            raise ValueError("DataLoader: expected no drop_last with batch_size=None, for there are no batches")
        if batch_sampler is None and sampler is None:
            indices = range(0) if self.iterable else dataset
            sampler = RandomSampler(indices, rng=self.rng) if shuffle else SequentialSampler(indices)
        if batch_sampler is None and batch_size is not None:
            assert sampler is not None
            batches = getattr(sampler, "in_batches", None)
            batch_sampler = (
                BatchSampler(sampler, batch_size, drop_last) if batches is None else batches(batch_size, drop_last)
            )
        self.dataset = dataset
        self.batch_size = batch_size
        self.sampler = getattr(batch_sampler, "sampler", None) if sampler is None else sampler
        self.batch_sampler = batch_sampler
        self.num_workers = num_workers
        self.collate_fn = collate_fn
        self.drop_last = drop_last
        self.timeout = timeout
        self.worker_init_fn = worker_init_fn
        self.prefetch_factor = 2 if prefetch_factor is None else prefetch_factor
        self.persistent_workers = persistent_workers
        self._kept: _Workers | None = None  # those that are kept for the next epoch
        self._order: Any = sampler if batch_sampler is None else batch_sampler
        self._done = 0  # batches of the epoch under way that have been handed out
        self._skip = 0  # batches of the next epoch that an earlier run has handed out

    def __len__(self) -> int:
        if not self.iterable:
            return len(self._order)
        size = len(self.dataset)
        return (
            size
            if self.batch_size is None
            else (size if self.drop_last else size + self.batch_size - 1) // self.batch_size
        )

    def __iter__(self) -> Iterator[Any]:
        skip, self._skip = self._skip, 0
        if self.iterable:
            stream = iter(self.dataset)
            deque(islice(stream, skip * (self.batch_size or 1)), maxlen=0)
            batches = self._batches(lambda _: self._read(stream), repeat(None))
        else:
            batches = self._batches(self._load, islice(self._order, skip, None))
        self._done = skip
        for batch in batches:
            self._done += 1
            yield batch
        self._done = 0

    def _load(self, indices: Any) -> Any:
        """The batch of a list of indices, or without batches the sample of an index."""
        if self.batch_sampler is None:
            return (self.collate_fn or default_convert)(self.dataset[indices])
        if not len(indices):  # a part of a batch for which there was no example
            return tree.map(lambda part: part[:0] if getattr(part, "shape", ()) else part, self._load([0]))
        return self.collate_fn(samples(self.dataset, indices)) if self.collate_fn else take(self.dataset, indices)

    def _read(self, stream: Iterator[Any]) -> Any:
        """The next batch of what is iterated over, or without batches the next sample."""
        if self.batch_size is None:
            sample = next(stream, _END)
            return sample if sample is _END else (self.collate_fn or default_convert)(sample)
        batch = list(islice(stream, self.batch_size))
        if not batch or (self.drop_last and len(batch) < self.batch_size):
            return _END
        return (self.collate_fn or default_collate)(batch)

    def _batches(self, load: Callable[[Any], Any], order: Iterator[Any]) -> Iterator[Any]:
        """What `load` makes of each in order, until that is the end; prepared by threads if there are any."""
        if not self.num_workers:
            for indices in order:
                batch = _made(load, indices)
                if batch is _END:
                    return
                yield batch
            return
        kept, self._kept = self._kept, None
        workers = kept if kept is not None and kept.process == os.getpid() else _Workers(self)
        waiting: deque[tuple[Any, Any]] = deque()
        try:
            while True:
                if workers.process != os.getpid():
                    raise RuntimeError(
                        "DataLoader: the batches of this epoch were being prepared by threads of the parent process, "
                        "which a forked child does not have; iterate over the loader anew"
                    )
                ahead = self.num_workers * self.prefetch_factor - len(waiting)
                waiting.extend((i, workers.submit(load, i)) for i in islice(order, ahead))
                if not waiting:
                    return
                indices, future = waiting.popleft()
                try:
                    batch = future.result(self.timeout or None)
                except TimeoutError:
                    if future.done():
                        raise  # the dataset's own
                    raise RuntimeError(
                        f"DataLoader: expected a batch within {self.timeout} seconds, got none"
                    ) from None
                except Exception as error:
                    where = "" if indices is None else f", for the indices {indices!r:.200}"
                    error.add_note(f"DataLoader: raised by a worker{where}")
                    raise
                if batch is _END:
                    return
                yield batch
        finally:
            if workers.process == os.getpid():
                for _, future in waiting:
                    future.cancel()
                if self.persistent_workers:
                    self._kept = workers
                else:
                    workers.pool.shutdown(wait=not self.timeout)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_kept": None}  # a copy hires its own

    # ---- resuming --------------------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """Where the epoch under way is: how many of its batches were handed out, and the seed of its order.

        With a generator of its own, that one's state too; of a DistributedSampler the number of the epoch instead. A
        sampler of another kind than those of this package has to give the same order again by itself.
        """
        rng = None if self.rng is None else self.rng.bit_generator.state
        if isinstance(self.sampler, DistributedSampler):
            epoch = self.sampler.epoch - (self._done > 0)  # the one under way, or the next
            return {"batches": self._done, "seed": None, "rng": rng, "epoch": epoch}
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
        if "epoch" in state_dict and isinstance(self.sampler, DistributedSampler):
            self.sampler.set_epoch(state_dict["epoch"])
        if state_dict["seed"] is not None:
            self.sampler.repeat(int(state_dict["seed"]))  # type: ignore[union-attr]


def _made(load: Callable[[Any], Any], indices: Any) -> Any:
    """A batch. Raises RuntimeError for a StopIteration, by which Python would take the epoch to be at its end."""
    try:
        return load(indices)
    except StopIteration as error:
        raise RuntimeError(
            "DataLoader: expected a sample, but the dataset (or its transform, or collate_fn) raised StopIteration; an "
            "iterator that came to its end within it?"
        ) from error


class _Workers:
    """Threads, of the process that hired them; a forked child has none of them."""

    def __init__(self, loader: DataLoader) -> None:
        from concurrent.futures import ThreadPoolExecutor

        self.process = os.getpid()
        self.number = 1 if loader.iterable else loader.num_workers
        self.numbers = count()
        self.dataset, self.begin = loader.dataset, loader.worker_init_fn
        self.pool = ThreadPoolExecutor(self.number, thread_name_prefix="DataLoader")

    def submit(self, load: Callable[[Any], Any], indices: Any) -> Any:
        """What will be the batch."""
        return self.pool.submit(self._work, load, indices)

    def _work(self, load: Callable[[Any], Any], indices: Any) -> Any:
        """In a thread: its part in the batches. Before its first, it is given its number."""
        if get_worker_info() is None:
            _here.info = WorkerInfo(next(self.numbers), self.number, self.dataset)
            if self.begin is not None:
                self.begin(_here.info.id)
        return _made(load, indices)
