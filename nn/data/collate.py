"""From samples to a batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograd import Tensor

from ..shared import plain


def take(dataset: Any, indices: Sequence[Any]) -> Any:
    """The batch of a dataset's samples: by its own `take_batch`, or of one sample after another."""
    return dataset.take_batch(indices) if hasattr(dataset, "take_batch") else default_collate(samples(dataset, indices))


def samples(dataset: Any, indices: Sequence[Any]) -> list[Any]:
    """The dataset's samples: by its own `__getitems__`, or one after another."""
    found: list[Any]
    found = dataset.__getitems__(indices) if hasattr(dataset, "__getitems__") else [dataset[i] for i in indices]
    return found


def default_convert(sample: Any) -> Any:
    """A sample that is to be no batch: its arrays become Tensors, in tuples, lists and dicts too; the rest stays."""
    if isinstance(sample, np.ndarray | np.generic):
        return Tensor(sample) if sample.dtype.kind in "biufc" else sample
    if isinstance(sample, Mapping):
        return {key: default_convert(value) for key, value in sample.items()}
    if isinstance(sample, tuple | list):
        parts = [default_convert(value) for value in sample]
        return type(sample)(*parts) if hasattr(sample, "_fields") else type(sample)(parts)
    return sample


def default_collate(samples: list[Any]) -> Any:
    """A batch of samples: numbers, arrays and Tensors are stacked into a Tensor along a new first axis.

    Of tuples, lists and dicts each place becomes a batch of its own; strings and bytes stay in a list.

    Raises ValueError for samples that differ in shape, length or keys, TypeError for others than those.

    >>> default_collate([(1, {"a": 2.0}), (3, {"a": 4.0})])
    [Tensor([1, 3]), {'a': Tensor([2., 4.])}]
    """
    first = samples[0]
    if isinstance(first, Tensor) and not any(getattr(sample, "requires_grad", False) for sample in samples):
        samples = [plain(sample) for sample in samples]
    if isinstance(first, Tensor | np.ndarray | np.generic | bool | int | float | complex):
        arrays = [sample if isinstance(sample, Tensor) else np.asarray(sample) for sample in samples]
        if len({array.shape for array in arrays}) != 1:
            raise ValueError(
                f"default_collate: expected samples of one shape, got {sorted({array.shape for array in arrays})}; "
                f"pass collate_fn to pad them"
            )
        batch = np.stack(arrays)
        return batch if isinstance(batch, Tensor) else Tensor(batch)
    if isinstance(first, str | bytes):
        return samples
    if isinstance(first, Mapping):
        for sample in samples:
            if sample.keys() != first.keys():
                raise ValueError(
                    f"default_collate: expected dicts with the same keys, got {list(first)} and {list(sample)}; "
                    f"pass collate_fn for others"
                )
        return {key: default_collate([sample[key] for sample in samples]) for key in first}
    if isinstance(first, tuple | list):
        if len({len(sample) for sample in samples}) != 1:
            raise ValueError("default_collate: expected samples of one length, got some that are longer than others")
        parts = [default_collate(list(part)) for part in zip(*samples, strict=True)]
        return type(first)(*parts) if hasattr(first, "_fields") else parts
    raise TypeError(
        f"default_collate: expected numbers, arrays, Tensors, strings, or tuples, lists and dicts of them, "
        f"got {type(first).__name__}; pass collate_fn for others"
    )
