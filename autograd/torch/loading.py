"""torch.utils.data: that of nn.data, whose batches are Tensors of PyTorch's convention."""

from __future__ import annotations

from typing import Any

from nn.data import DataLoader as Loader
from nn.data import default_collate, default_convert

from .boundary import below


class DataLoader(Loader):
    """nn.data.DataLoader, whose batches are Tensors of PyTorch's convention."""

    def __init__(
        self, dataset: Any, batch_size: Any = 1, shuffle: Any = None, sampler: Any = None, batch_sampler: Any = None,
        num_workers: int = 0, collate_fn: Any = None, *args: Any, generator: Any = None, **options: Any,
    ) -> None:  # fmt: skip
        collate_fn = collate_fn or below(default_convert if batch_size is None else default_collate)
        given = (dataset, batch_size, shuffle, sampler, batch_sampler, num_workers, collate_fn, *args)
        options["generator"] = getattr(generator, "rng", generator)
        super().__init__(*given, **options)
