"""Learning rates that change with the epochs, with PyTorch's names.

    base      LRScheduler
    factors   LambdaLR, MultiplicativeLR, StepLR, MultiStepLR, ConstantLR, LinearLR, ExponentialLR, PolynomialLR,
              CosineAnnealingLR
    cycles    CyclicLR, OneCycleLR, CosineAnnealingWarmRestarts
    plateau   ReduceLROnPlateau
    combined  ChainedScheduler, SequentialLR

Each imports only what stands before it.
"""

# ruff: noqa: I001 (a table of contents, to be read as lines and not as a column)

from .base import LRScheduler
from .combined import ChainedScheduler, SequentialLR
from .cycles import CosineAnnealingWarmRestarts, CyclicLR, OneCycleLR
from .factors import (
    ConstantLR, CosineAnnealingLR, ExponentialLR, LambdaLR, LinearLR, MultiplicativeLR, MultiStepLR, PolynomialLR,
    StepLR,
)  # fmt: skip
from .plateau import ReduceLROnPlateau

_LRScheduler = LRScheduler  # under this name, too, it is the base of schedulers that were written for PyTorch

__all__ = [
    "ChainedScheduler", "ConstantLR", "CosineAnnealingLR", "CosineAnnealingWarmRestarts", "CyclicLR", "ExponentialLR",
    "LRScheduler", "LambdaLR", "LinearLR", "MultiStepLR", "MultiplicativeLR", "OneCycleLR", "PolynomialLR",
    "ReduceLROnPlateau", "SequentialLR", "StepLR",
]  # fmt: skip
