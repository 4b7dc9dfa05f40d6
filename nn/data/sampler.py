"""Samplers: the order in which the samples of a dataset are taken."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

import autograd

from ..shared import Rng


def random(*given: Rng) -> np.random.Generator:
    """The generator to draw from: the one that is given, as `rng` or as `generator`, or what `manual_seed` seeds.

    Raises TypeError for two, and for what is no numpy.random.Generator.
    """
    several = [one for one in given if one is not None]
    if len(several) > 1:
        raise TypeError("expected rng= or generator=, which are two names of one thing, got both")
    return autograd.generator(several[0] if several else None)


class Sampler:
    """What gives indices, anew at each iteration: override `__iter__` and, where it is known, `__len__`."""

    def __iter__(self) -> Iterator[Any]:
        raise NotImplementedError(f"{type(self).__name__}: __iter__() is to be defined by each sampler")


class SequentialSampler(Sampler):
    """The indices of a dataset, in order.

    >>> list(SequentialSampler("abc"))
    [0, 1, 2]
    """

    def __init__(self, data_source: Any) -> None:
        self.data_source = data_source

    def __len__(self) -> int:
        return len(self.data_source)

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))


class SeededSampler(Sampler):
    """What draws its indices at random: each iteration takes one number, its seed, from the generator.

    So the order under way is known by its seed alone, and `repeat(seed)` makes the next iteration give it again.
    """

    def __init__(self, *given: Rng) -> None:
        self.rng = random(*given) if any(one is not None for one in given) else None
        self.seed: int | None = None  # of the iteration that began last
        self._next: int | None = None

    def repeat(self, seed: int) -> None:
        """Have the next iteration give the order of that seed."""
        self._next = seed

    def draw(self, rng: np.random.Generator) -> Any:
        """The indices, as an array."""
        raise NotImplementedError(f"{type(self).__name__}: draw() is to be defined by each sampler")

    def __iter__(self) -> Iterator[int]:
        self.seed = int(random(self.rng).integers(2**63)) if self._next is None else self._next
        self._next = None
        return iter(self.draw(np.random.default_rng(self.seed)).tolist())


class RandomSampler(SeededSampler):
    """The indices of a dataset, shuffled.

    replacement     draw each index from all of them
    num_samples     how many to draw; the dataset's length unless given
    generator, rng  either name: what to draw from; without it the generator that `manual_seed` seeds

    Raises ValueError for num_samples below 1, or for more than there are without replacement.

    >>> sorted(RandomSampler("abc"))
    [0, 1, 2]
    """

    def __init__(
        self, data_source: Any, replacement: bool = False, num_samples: int | None = None, generator: Rng = None, *,
        rng: Rng = None,
    ) -> None:  # fmt: skip
        super().__init__(rng, generator)
        self.data_source = data_source
        self.replacement = replacement
        self.num_samples = num_samples
        if num_samples is not None and num_samples < 1:
            raise ValueError(f"RandomSampler: expected num_samples of at least 1, got {num_samples}")

    def __len__(self) -> int:
        return len(self.data_source) if self.num_samples is None else self.num_samples

    def draw(self, rng: np.random.Generator) -> Any:
        size = len(self.data_source)
        if self.replacement:
            return rng.integers(size, size=len(self))
        rounds = -(-len(self) // size) if size else 0
        return np.concatenate([rng.permutation(size) for _ in range(rounds)] or [np.empty(0, int)])[: len(self)]


class SubsetRandomSampler(SeededSampler):
    """Given indices, shuffled."""

    def __init__(self, indices: Sequence[int], generator: Rng = None, *, rng: Rng = None) -> None:
        super().__init__(rng, generator)
        self.indices = indices

    def __len__(self) -> int:
        return len(self.indices)

    def draw(self, rng: np.random.Generator) -> Any:
        return rng.permutation(np.asarray(self.indices, dtype=np.intp))


class WeightedRandomSampler(SeededSampler):
    """Indices drawn with probabilities in proportion to `weights`, one for each sample.

    Raises ValueError for weights that are negative, all zero, not finite or not one row, for num_samples below 1, and,
    without replacement, for more samples than there are positive weights.

    >>> list(WeightedRandomSampler([0.0, 1.0], 3))
    [1, 1, 1]
    """

    def __init__(
        self, weights: Sequence[float], num_samples: int, replacement: bool = True, generator: Rng = None, *,
        rng: Rng = None,
    ) -> None:  # fmt: skip
        super().__init__(rng, generator)
        self.weights = np.asarray(weights, dtype=np.float64)
        self.num_samples = num_samples
        self.replacement = replacement
        total = self.weights.sum() if self.weights.ndim == 1 else np.nan
        if not (np.isfinite(total) and total > 0 and (self.weights >= 0).all()):
            raise ValueError(
                f"WeightedRandomSampler: expected a row of finite weights >= 0, some above 0, got {weights!r:.80}"
            )
        if num_samples < 1 or (not replacement and num_samples > np.count_nonzero(self.weights)):
            raise ValueError(
                f"WeightedRandomSampler: expected num_samples of at least 1 and, without replacement, at most "
                f"{np.count_nonzero(self.weights)} (the positive weights), got {num_samples}"
            )

    def __len__(self) -> int:
        return self.num_samples

    def draw(self, rng: np.random.Generator) -> Any:
        shares = self.weights / self.weights.sum()
        return rng.choice(len(shares), size=self.num_samples, replace=self.replacement, p=shares)


class BatchSampler(Sampler):
    """The indices of a sampler, in lists of `batch_size`; the last may be shorter, or is left out with drop_last.

    Raises ValueError for a batch size below 1.

    >>> list(BatchSampler(range(5), 2, drop_last=False))
    [[0, 1], [2, 3], [4]]
    """

    def __init__(self, sampler: Iterable[Any], batch_size: int, drop_last: bool) -> None:
        if not isinstance(batch_size, int) or isinstance(batch_size, bool) or batch_size < 1:
            raise ValueError(f"BatchSampler: expected a batch size of at least 1, got {batch_size!r}")
        self.sampler = sampler
        self.batch_size = batch_size
        self.drop_last = drop_last

    def __len__(self) -> int:
        size = len(self.sampler)  # type: ignore[arg-type]
        return size // self.batch_size if self.drop_last else -(-size // self.batch_size)

    def __iter__(self) -> Iterator[list[Any]]:
        batch: list[Any] = []
        for index in self.sampler:
            batch.append(index)
            if len(batch) == self.batch_size:
                yield batch
                batch = []
        if batch and not self.drop_last:
            yield batch
