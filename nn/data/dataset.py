"""Datasets: what gives a sample for an index, or one sample after another."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Any

import numpy as np

from autograd import Tensor

from ..shared import Rng
from .collate import take
from .sampler import random


class Dataset:
    """What has a length and gives a sample for an index: override `__len__` and `__getitem__`.

    A dataset that can give many samples at once, faster than one by one, defines `take_batch(indices)` as well: the
    batch that collating those samples would make.

    >>> class Squares(Dataset):
    ...     def __len__(self):
    ...         return 4
    ...     def __getitem__(self, i):
    ...         return i, i * i
    >>> Squares()[3]
    (3, 9)
    """

    def __getitem__(self, index: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__}: __getitem__() is to be defined by each dataset")

    def __len__(self) -> int:
        raise NotImplementedError(f"{type(self).__name__}: __len__() is to be defined by each dataset")

    def __iter__(self) -> Iterator[Any]:
        """The samples in order, as many as there are: neither an IndexError nor a StopIteration of one is the end."""
        return (self[i] for i in range(len(self)))

    def __add__(self, other: Dataset) -> ConcatDataset:
        return ConcatDataset([self, other])


class IterableDataset(Dataset):
    """Samples one after another, as from a stream: override `__iter__` and, where it is known, `__len__`.

    A DataLoader reads it from the beginning in each epoch, with one thread however many workers there are, so that no
    sample comes twice.

    >>> class Countdown(IterableDataset):
    ...     def __iter__(self):
    ...         return iter([3, 2, 1])
    >>> list(Countdown() + Countdown())
    [3, 2, 1, 3, 2, 1]
    """

    def __iter__(self) -> Iterator[Any]:
        raise NotImplementedError(f"{type(self).__name__}: __iter__() is to be defined by each dataset")

    def __len__(self) -> int:
        raise TypeError(f"{type(self).__name__}: expected __len__() to be defined where the length is asked for")

    def __getitem__(self, index: Any) -> Any:
        raise TypeError(f"{type(self).__name__}: expected to be iterated over, for it has no samples by index")

    def __add__(self, other: Dataset) -> ChainDataset:  # type: ignore[override]
        return ChainDataset([self, other])


class TensorDataset(Dataset):
    """Samples that are the rows of Tensors or arrays: sample i is (tensors[0][i], tensors[1][i], …).

    Raises ValueError without tensors, and for tensors of different lengths.

    >>> data = TensorDataset(Tensor([[1.0, 2.0], [3.0, 4.0]]), Tensor([0, 1]))
    >>> data[1]
    (Tensor([3., 4.]), Tensor(1))
    """

    def __init__(self, *tensors: Any) -> None:
        self.tensors = tuple(t if isinstance(t, Tensor) else Tensor(t) for t in tensors)
        shapes = [t.shape for t in self.tensors]
        if not shapes or len({shape[:1] for shape in shapes}) != 1 or not shapes[0]:
            raise ValueError(f"TensorDataset: expected tensors of one length, got shapes {shapes}")

    def __len__(self) -> int:
        return len(self.tensors[0])

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple(t[index] for t in self.tensors)

    def take_batch(self, indices: Sequence[int]) -> list[Tensor]:
        """The batch of these samples."""
        rows = np.asarray(indices, dtype=np.intp)
        return [t[rows] for t in self.tensors]


class Subset(Dataset):
    """The samples of a dataset at some indices.

    >>> Subset(["a", "b", "c"], [2, 0])[0]
    'c'
    """

    def __init__(self, dataset: Any, indices: Sequence[int]) -> None:
        self.dataset = dataset
        self.indices = indices

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, index: Any) -> Any:
        return self.dataset[self.indices[index]]

    def take_batch(self, indices: Sequence[int]) -> Any:
        """The batch of these samples."""
        return take(self.dataset, [self.indices[i] for i in indices])


class ConcatDataset(Dataset):
    """Datasets one after another.

    Raises ValueError without datasets, IndexError out of range.

    >>> ConcatDataset([["a", "b"], ["c"]])[-1]
    'c'
    """

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = list(datasets)
        if not self.datasets:
            raise ValueError("ConcatDataset: expected datasets, got none")
        if any(isinstance(dataset, IterableDataset) for dataset in self.datasets):
            raise TypeError("ConcatDataset: expected datasets with an index, got an IterableDataset; use ChainDataset")
        self.cumulative_sizes = list(accumulate(len(dataset) for dataset in self.datasets))

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]

    def __getitem__(self, index: int) -> Any:
        if not -len(self) <= index < len(self):
            raise IndexError(f"ConcatDataset: expected an index below {len(self)}, got {index}")
        index %= len(self)
        which = bisect_right(self.cumulative_sizes, index)
        return self.datasets[which][index - (self.cumulative_sizes[which - 1] if which else 0)]


class ChainDataset(IterableDataset):
    """Datasets that are iterated over, one after another.

    >>> list(ChainDataset([[1, 2], [3]]))
    [1, 2, 3]
    """

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = list(datasets)

    def __iter__(self) -> Iterator[Any]:
        for dataset in self.datasets:
            yield from dataset

    def __len__(self) -> int:
        return sum(len(dataset) for dataset in self.datasets)


class StackDataset(Dataset):
    """Datasets of one length side by side: a sample is a tuple of theirs, or a dict if they are given by name.

    Raises ValueError for different lengths, for none, and for some with and some without names.

    >>> StackDataset(image=["a", "b"], label=[0, 1])[1]
    {'image': 'b', 'label': 1}
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if bool(args) == bool(kwargs):
            raise ValueError("StackDataset: expected datasets, either all by name or none, got both or nothing")
        self.datasets: Any = kwargs or args
        lengths = [len(dataset) for dataset in args or kwargs.values()]
        if len(set(lengths)) != 1:
            raise ValueError(f"StackDataset: expected datasets of one length, got {lengths}")

    def __len__(self) -> int:
        return len(next(iter(self.datasets.values())) if isinstance(self.datasets, dict) else self.datasets[0])

    def __getitem__(self, index: Any) -> Any:
        if isinstance(self.datasets, dict):
            return {name: dataset[index] for name, dataset in self.datasets.items()}
        return tuple(dataset[index] for dataset in self.datasets)


class TransformDataset(Dataset):
    """The samples of a dataset, each passed through a function of its parts.

    >>> data = TransformDataset([(1, "a"), (2, "b")], lambda number, letter: (10 * number, letter))
    >>> data[1]
    (20, 'b')
    """

    def __init__(self, dataset: Any, transform: Callable[..., Any]) -> None:
        self.dataset = dataset
        self.transform = transform

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, index: Any) -> Any:
        sample = self.dataset[index]
        return self.transform(*sample) if isinstance(sample, tuple | list) else self.transform(sample)


def random_split(dataset: Any, lengths: Sequence[float], generator: Rng = None, *, rng: Rng = None) -> list[Subset]:
    """Deal a dataset out at random into subsets of these lengths.

    lengths         whole numbers that add up to the dataset's length, or fractions that add up to 1 (what is left over
                    by rounding down goes one each to the first subsets; a share that is whole but for the rounding of
                    floating numbers, as 0.29 of 100 is, counts as whole)
    generator, rng  either name: what to draw from; without it the one that `manual_seed` seeds

    Raises ValueError for lengths that do not add up.

    >>> [len(part) for part in random_split(range(10), [0.75, 0.25], rng=np.random.default_rng(0))]
    [8, 2]
    >>> [len(part) for part in random_split(range(100), [0.71, 0.29])]
    [71, 29]
    """
    size = len(dataset)
    if math.isclose(math.fsum(lengths), 1) and all(0 <= length <= 1 for length in lengths):
        whole = [_floor(size * length) for length in lengths]
        for i in range(size - sum(whole)):
            whole[i % len(whole)] += 1
        lengths = whole
    if sum(lengths) != size or any(length != int(length) or length < 0 for length in lengths):
        raise ValueError(
            f"random_split: expected lengths that add up to {size}, or fractions to 1, got {list(lengths)}"
        )
    order = random(rng, generator).permutation(size).tolist()
    ends = list(accumulate(int(length) for length in lengths))
    return [Subset(dataset, order[start:end]) for start, end in zip([0, *ends], ends, strict=False)]


def _floor(share: float) -> int:
    """The whole number below, or next to it if no more than rounding lies between them."""
    nearest = round(share)
    return nearest if math.isclose(share, nearest, rel_tol=1e-12) else math.floor(share)
