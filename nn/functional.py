"""The functions behind the modules, as torch.nn.functional has them: each is defined beside its module."""

from .linear import bilinear, linear

__all__ = ["bilinear", "linear"]
