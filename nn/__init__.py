"""Neural networks: modules written with differentiable primitives only, with PyTorch's names and numerics."""

from . import functional, init
from .containers import ModuleDict, ModuleList, ParameterDict, ParameterList, Sequential
from .linear import Bilinear, Flatten, Identity, Linear, Unflatten
from .module import Module
from .parameter import Parameter

__all__ = [
    "Bilinear", "Flatten", "Identity", "Linear", "Module", "ModuleDict", "ModuleList", "Parameter", "ParameterDict",
    "ParameterList", "Sequential", "Unflatten", "functional", "init",
]  # fmt: skip
