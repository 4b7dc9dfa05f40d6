"""What distributions of one's own are written with: torch.distributions.utils."""

from __future__ import annotations

from functools import cached_property as lazy_property
from typing import Any

import numpy as np

import autograd

from .distribution import arrays

__all__ = ["broadcast_all", "clamp_probs", "lazy_property", "logits_to_probs", "probs_to_logits"]


def broadcast_all(*values: Any) -> tuple[Any, ...]:
    """Parameters in one shape, and in their floating dtype; numbers, and whole ones, take the default.

    >>> [part.tolist() for part in broadcast_all(np.array([1.0, 2.0]), 3)]
    [[1.0, 2.0], [3.0, 3.0]]
    """
    return tuple(arrays(*values))


def clamp_probs(probs: Any) -> Any:
    """Chances that are neither 0 nor 1, so that their logarithms are finite: at least eps, at most 1 - eps.

    >>> bool(clamp_probs(np.zeros(1))[0] > 0)
    True
    """
    eps = np.finfo(probs.dtype).eps
    return np.clip(probs, eps, 1 - eps)


def probs_to_logits(probs: Any, is_binary: bool = False) -> Any:
    """The logarithms of chances, up to a constant: of one of several, or of one of two, log(p / (1 - p)).

    >>> probs_to_logits(np.array([0.5]), is_binary=True).tolist()
    [0.0]
    """
    return autograd.logit(clamp_probs(probs)) if is_binary else np.log(clamp_probs(probs))


def logits_to_probs(logits: Any, is_binary: bool = False) -> Any:
    """The inverse: the softmax over the last axis, or the sigmoid.

    >>> logits_to_probs(np.zeros(2)).tolist()
    [0.5, 0.5]
    """
    return autograd.sigmoid(logits) if is_binary else autograd.softmax(logits, -1)
