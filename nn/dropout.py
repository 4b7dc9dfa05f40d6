"""Dropout: in training, elements or whole channels are left out at random. `rng=` draws them."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from autograd import generator
from autograd.ops import alike

from .layer import Layer
from .shared import Rng, probability, replaced


def _kept(shape: tuple[int, ...], p: float, rng: Rng) -> Any:
    """Which elements stay: each with probability 1 - p."""
    return generator(rng).random(shape, dtype=np.float32) >= p


def dropout(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False, *, rng: Rng = None) -> Any:
    """In training: each element is 0 with probability p, else multiplied by 1 / (1 - p). (Srivastava et al. 2014)

    Raises ValueError for a p outside of [0, 1].

    >>> dropout(np.ones(4), 0.5, rng=np.random.default_rng(0))
    array([2., 2., 2., 0.])
    """
    return _dropout("dropout", input, p, training, inplace, rng, input.shape)


def _dropout(who: str, input: Any, p: float, training: bool, inplace: bool, rng: Rng, shape: tuple[int, ...]) -> Any:
    probability(p, who)
    if not training or p == 0:
        return input
    scale = 0.0 if p == 1 else 1 / (1 - p)
    return replaced(input, input * alike(_kept(shape, p, rng) * input.dtype.type(scale), input), inplace)


def _channels(who: str, n: int, input: Any, p: float, training: bool, inplace: bool, rng: Rng) -> Any:
    """Dropout of whole channels, each with n axes: (N, C, ...) or (C, ...)."""
    if input.ndim not in (n + 1, n + 2):
        raise ValueError(f"{who}: expected {n + 1} or {n + 2} axes, got shape {input.shape}")
    return _dropout(who, input, p, training, inplace, rng, (*input.shape[: input.ndim - n], *[1] * n))


def dropout1d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False, *, rng: Rng = None) -> Any:
    """Dropout of whole channels of (N, C, L) or (C, L)."""
    return _channels("dropout1d", 1, input, p, training, inplace, rng)


def dropout2d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False, *, rng: Rng = None) -> Any:
    """Dropout of whole channels of (N, C, H, W); three axes are taken for (N, C, L), as in PyTorch.

    Of two axes, too, the first two are taken for (N, C), which warns: there each element is a channel.
    """
    if input.ndim == 2:
        warnings.warn(f"dropout2d: expected (N, C, H, W), got shape {input.shape}; dropout does the same", stacklevel=2)
    return _channels("dropout2d", {2: 0, 3: 1}.get(input.ndim, 2), input, p, training, inplace, rng)


def dropout3d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False, *, rng: Rng = None) -> Any:
    """Dropout of whole channels of (N, C, D, H, W) or (C, D, H, W)."""
    return _channels("dropout3d", 3, input, p, training, inplace, rng)


ALPHA = 1.7580993408473766
"""What selu tends to at -inf, negated: the value that alpha dropout puts in the place of what it leaves out."""


def alpha_dropout(input: Any, p: float = 0.5, training: bool = False, inplace: bool = False, *, rng: Rng = None) -> Any:
    """Dropout that keeps mean 0 and variance 1 of the values that selu makes. (Klambauer et al. 2017)"""
    return _alpha_dropout("alpha_dropout", input, p, training, inplace, rng, input.shape)


def feature_alpha_dropout(
    input: Any, p: float = 0.5, training: bool = False, inplace: bool = False, *, rng: Rng = None
) -> Any:
    """Alpha dropout of whole channels of (N, C, ...)."""
    if input.ndim < 2 and training:
        raise ValueError(f"feature_alpha_dropout: expected (N, C, ...), got shape {input.shape}")
    shape = (*input.shape[:2], *[1] * (input.ndim - 2))
    return _alpha_dropout("feature_alpha_dropout", input, p, training, inplace, rng, shape)


def _alpha_dropout(
    who: str, input: Any, p: float, training: bool, inplace: bool, rng: Rng, shape: tuple[int, ...]
) -> Any:
    probability(p, who)
    if not training or p == 0:
        return input
    if p == 1:
        return replaced(input, input * input.dtype.type(0), inplace)
    kind = input.dtype.type
    scale = 1 / math.sqrt((1 - p) * (1 + p * ALPHA**2))
    kept = alike(_kept(shape, p, rng), input)
    shift = kept * kind(ALPHA * scale) - kind(ALPHA * scale * (1 - p))
    return replaced(input, input * (kept * kind(scale)) + shift, inplace)


# ---- modules ---------------------------------------------------------------------------------------------------------


class _Dropout(Layer, shown="p={p}, inplace={inplace}"):
    def __init__(self, p: float = 0.5, inplace: bool = False, *, rng: Rng = None) -> None:
        probability(p, type(self).__name__)
        self.hold(locals())

    def forward(self, input: Any) -> Any:
        return self.function(input, self.p, self.training, self.inplace, rng=self.rng)


class Dropout(_Dropout, function=dropout):
    """The module of `dropout`."""


class Dropout1d(_Dropout, function=dropout1d):
    """The module of `dropout1d`."""


class Dropout2d(_Dropout, function=dropout2d):
    """The module of `dropout2d`."""


class Dropout3d(_Dropout, function=dropout3d):
    """The module of `dropout3d`."""


class AlphaDropout(_Dropout, function=alpha_dropout):
    """The module of `alpha_dropout`."""


class FeatureAlphaDropout(_Dropout, function=feature_alpha_dropout):
    """The module of `feature_alpha_dropout`."""
