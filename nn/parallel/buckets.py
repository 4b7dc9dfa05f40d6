"""Gradients side by side in flat arrays of a megabyte and more, added up over ranks while others are computed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd import Tensor

from .group import PIECE, Group


class Bucket:
    """The gradients of some parameters of one dtype, one after the other; of a large one, its own array alone."""

    def __init__(self, params: list[Tensor], ranks: int) -> None:
        self.params = params
        self.ranks = ranks
        self.flat: Any = None
        self.spans: list[tuple[int, int, Any]] = []  # where each parameter's begins and ends in it, and its shape
        self.places: list[Tensor] = []  # each parameter's, in its shape
        self.own: set[int] = set()  # whose gradient is this rank's own; else it is, or will be, the same on all
        self.missing: set[int] = set()  # whose gradient this pass has not brought
        if len(params) > 1 or params[0].nbytes < PIECE:
            self.flat = np.zeros(sum(p.size for p in params), params[0].dtype)
            ends = np.cumsum([p.size for p in params]).tolist()
            self.spans = [(end - p.size, end, p.shape) for end, p in zip(ends, params, strict=True)]
            self.places = [tensor_of(self.flat[start:end].reshape(shape)) for start, end, shape in self.spans]

    def begin(self) -> None:
        """Another pass begins."""
        self.missing = set(range(len(self.params)))

    def put(self, i: int, g: Any, is_ours: bool) -> None:
        """Add this rank's part of the gradient of parameter i to what is there; if it is ours, it may be kept."""
        p = self.params[i]
        self.missing.discard(i)
        if p.grad is not None:
            self._keep(i)
            p.grad.data += g
        elif self.flat is None:
            p.grad = tensor_of(np.array(g, order="C", copy=None if is_ours else True))
        else:
            p.grad = place = self.places[i]
            place.data[...] = g
        self.own.add(i)

    def _keep(self, i: int) -> None:
        """Bring the gradient that parameter i has to its place, and such that over all ranks it adds up to itself."""
        p = self.params[i]
        assert p.grad is not None
        if self.flat is not None and p.grad is not self.places[i]:
            np.copyto(self.places[i].data, p.grad.data)
            p.grad = self.places[i]
            self.own.discard(i)  # who gave it gave it on all ranks
        elif self.flat is None and not p.grad.data.flags.c_contiguous:
            p.grad = tensor_of(np.ascontiguousarray(p.grad.data))
        if i not in self.own:
            p.grad.data /= self.ranks

    def add_up(self, group: Group) -> None:
        """Make all gradients the sums over ranks."""
        for i in self.missing:
            if self.params[i].grad is not None:
                self._keep(i)
            elif self.flat is None:
                self.places = [tensor_of(np.zeros_like(self.params[i].data, order="C"))]
            else:
                self.places[i].data[...] = 0
        self.own.clear()
        if self.flat is not None:
            group.add_up(self.flat)
        else:
            alone = self.params[0].grad
            group.add_up((self.places[0] if alone is None else alone).data.reshape(-1))

    def sums(self, gradients: list[Any], group: Group) -> list[Any]:
        """The sums over ranks of gradients, one for each parameter or None, which are all there is: as new arrays."""
        if self.flat is None:
            p, (g,) = self.params[0], gradients
            made = np.zeros(p.shape, p.dtype) if g is None else np.array(g, order="C")
            group.add_up(made.reshape(-1))
            return [made]
        dtype = self.flat.dtype
        parts = [np.zeros(end - start, dtype) if g is None else g.reshape(-1)
                 for (start, end, _), g in zip(self.spans, gradients, strict=True)]  # fmt: skip
        made = np.concatenate(parts, dtype=dtype)
        group.add_up(made)
        return [made[start:end].reshape(shape) for start, end, shape in self.spans]

    def accept(self, i: int) -> None:
        """Parameter i has a gradient from other ranks."""
        if self.params[i].grad is None:
            self.params[i].grad = self.places[i]


def in_buckets(params: Iterable[Tensor], ranks: int) -> list[Bucket]:
    """The parameters in buckets, last ones first: their gradients are complete first."""
    buckets: list[list[Tensor]] = []
    filling: dict[Any, list[Tensor]] = {}
    for p in reversed(list(params)):
        if p.nbytes >= PIECE:
            buckets.append([p])
            continue
        bucket = filling.get(p.dtype)
        if bucket is None or sum(q.nbytes for q in bucket) + p.nbytes > PIECE:
            bucket = filling[p.dtype] = []
            buckets.append(bucket)
        bucket.append(p)
    return [Bucket(bucket, ranks) for bucket in buckets]


def tensor_of(array: Any) -> Tensor:
    """A Tensor of this very array."""
    made = Tensor(0.0)
    made.data = array
    return made
