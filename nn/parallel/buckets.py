"""Gradients side by side in flat arrays of a megabyte and more, added up over ranks while others are computed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd import Tensor

from .group import PIECE, Group


class Bucket:
    """The gradients of some parameters of one dtype.

    flat    one after the other; and behind them for each of them how many ranks have one
    places  each parameter's, as a Tensor of its shape
    """

    def __init__(self, params: list[Tensor]) -> None:
        total = sum(p.size for p in params)
        self.params = params
        self.flat = np.zeros(total + len(params), params[0].dtype)
        self.counts = self.flat[total:]
        self.places: list[Tensor] = []
        start = 0
        for p in params:
            place = Tensor(0.0)
            place.data = self.flat[start : start + p.size].reshape(p.shape)
            self.places.append(place)
            start += p.size
        self.is_common = [True] * len(params)  # whether a gradient that is there is the same on all ranks
        self.has_come = [False] * len(params)  # whether this pass has brought one
        self.missing = len(params)

    def begin(self) -> None:
        """Another pass begins."""
        self.missing = len(self.params)
        self.has_come = [False] * self.missing

    def put(self, i: int, g: Any, ranks: int) -> None:
        """Add this rank's part of the gradient of parameter i to what is there."""
        p, place = self.params[i], self.places[i]
        self._keep(i, ranks)
        if p.grad is None:
            np.copyto(place.data, g)
            p.grad = place
        else:
            place.data += g
        self.is_common[i] = False
        if not self.has_come[i]:
            self.has_come[i] = True
            self.missing -= 1

    def _keep(self, i: int, ranks: int) -> None:
        """Bring what the gradient of parameter i was before to its place, and such that it adds up to itself."""
        p, place = self.params[i], self.places[i]
        known = p.grad
        if known is None:
            self.is_common[i] = True
            return
        if known is not place:
            np.copyto(place.data, known.data)
            p.grad = place
            self.is_common[i] = True  # it was given, on all ranks
        if self.is_common[i]:
            place.data /= ranks

    def add_up(self, group: Group) -> None:
        """Make all gradients the sums over ranks."""
        for i, p in enumerate(self.params):
            if not self.has_come[i]:
                self._keep(i, group.size)
                if p.grad is None:
                    self.places[i].data[...] = 0
            self.counts[i] = p.grad is not None
        group.add_up(self.flat)
        for i, p in enumerate(self.params):
            self.is_common[i] = True
            if p.grad is None and self.counts[i]:
                p.grad = self.places[i]


def in_buckets(params: Iterable[Tensor]) -> list[Bucket]:
    """The parameters in buckets, last ones first: their gradients are complete first."""
    groups: dict[Any, list[list[Tensor]]] = {}
    for p in reversed(list(params)):
        lists = groups.setdefault(p.dtype, [[]])
        if sum(q.nbytes for q in lists[-1]) >= PIECE:
            lists.append([])
        lists[-1].append(p)
    return [Bucket(params) for lists in groups.values() for params in lists]
