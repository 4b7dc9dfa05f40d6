"""The table of kinds, and what they share."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

import nn
from autograd import Tensor

from ..training import Program

KINDS: dict[str, Callable[[], Program]] = {}


def kind(build: Callable[[], Program]) -> Callable[[], Program]:
    """Take a program into the table, under its function's name."""
    KINDS[build.__name__] = build
    return build


def normal(rng: Any, *shape: int, dtype: Any = np.float32) -> Any:
    return rng.standard_normal(shape).astype(dtype)


def mlp(*sizes: int, act: Any = nn.Tanh) -> nn.Sequential:
    """Linear layers with a function between two of them."""
    layers: list[Any] = []
    for a, b in itertools.pairwise(sizes):
        layers += [nn.Linear(a, b), act()]
    return nn.Sequential(*layers[:-1])


def nothing() -> None:
    """Between the steps nothing is done."""


def xt(n: int = 12) -> Callable[[Any], Any]:
    """A batch of n inputs and classes."""
    return lambda rng: (Tensor(normal(rng, n, 8)), Tensor(rng.integers(0, 4, n)))
