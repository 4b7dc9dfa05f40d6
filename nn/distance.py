"""Distances and similarities of vectors."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.ops import in_single, pair_distances

from .layer import Layer
from .shared import axis_of, norm, plain


@in_single
def cosine_similarity(x1: Any, x2: Any, dim: int = 1, eps: float = 1e-8) -> Any:
    """The cosine of the angle between vectors along an axis, norms below eps taken for eps; x1 and x2 broadcast.

    >>> cosine_similarity(np.array([[1.0, 0.0]]), np.array([[1.0, 1.0]])).round(4)
    array([0.7071])
    """
    try:
        shape = np.broadcast_shapes(x1.shape, x2.shape) or (1,)
    except ValueError:
        raise ValueError(f"cosine_similarity: expected shapes that broadcast, got {x1.shape} and {x2.shape}") from None
    axis = axis_of(dim, len(shape), "cosine_similarity")
    x1, x2 = (x if x.shape == shape else np.broadcast_to(x, shape) for x in (x1, x2))
    n1, n2 = (np.maximum(norm(x, 2, axis, keepdims=True), eps) for x in (x1, x2))
    return ((x1 / n1) * (x2 / n2)).sum(axis)


@in_single
def pairwise_distance(x1: Any, x2: Any, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Any:
    """The p-norm of x1 - x2 + eps along the last axis; x1 and x2 broadcast."""
    return norm(x1 - x2 + eps, p, -1, keepdim)


_ROWS = 32  # rows whose distances to all after them are found together


@in_single
def pdist(input: Any, p: float = 2.0) -> Any:
    """The p-norm distances of all pairs of rows of (n, m), in the order (0, 1), (0, 2), … (1, 2), …: (n(n-1)/2,).

    >>> pdist(np.array([[0.0, 0.0], [3.0, 4.0], [0.0, 1.0]])).round(4)
    array([5.    , 1.    , 4.2426])
    """
    if input.ndim != 2:
        raise ValueError(f"pdist: expected (n, m), got shape {input.shape}")
    if p < 0:
        raise ValueError(f"pdist: expected p >= 0, got {p}")
    if p == 2 and input.dtype.kind == "f" and input.shape[0] > 1:
        with np.errstate(over="ignore", under="ignore"):
            made = pair_distances(input)
        lengths, kind = plain(made), np.finfo(made.dtype)
        if ((lengths > kind.tiny**0.5 / kind.eps) & (lengths < np.inf)).all():  # no square has left the range
            return made
    n, parts = input.shape[0], []
    columns = input.T.copy()  # so that all pairs, which are many, are next to each other
    for start in range(0, max(n, 1), _ROWS):
        later = columns[:, start:]
        part = norm(later[:, :_ROWS, None] - later[:, None], p, 0)
        parts.append(part[np.tri(*part.shape) == 0])
    return np.concatenate(parts)


class CosineSimilarity(Layer, function=cosine_similarity, shown=""):
    """The module of `cosine_similarity`."""

    def __init__(self, dim: int = 1, eps: float = 1e-8) -> None:
        self.hold(locals())


class PairwiseDistance(Layer, shown=""):
    """The module of `pairwise_distance`."""

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> None:
        self.hold({"norm": p, "eps": eps, "keepdim": keepdim})

    def forward(self, x1: Any, x2: Any) -> Any:
        return pairwise_distance(x1, x2, self.norm, self.eps, self.keepdim)
