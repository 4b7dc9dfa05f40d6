"""ArrayBox, for code that asks whether a value is tracked: here that is a Tensor."""

from ..tensor import Tensor as ArrayBox

__all__ = ["ArrayBox"]
