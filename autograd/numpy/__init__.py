"""`import autograd.numpy as np`: NumPy for code written for HIPS autograd.

NumPy's own functions take Tensors already, so these are NumPy's. What NumPy offers no way to overrule, above all making
an array of a list that holds Tensors, stands in `creation`. Nothing here is fetched when it is asked for: there are
packages that take over all that stands in this one. Each imports only what stands before it:

    creation, numpy_wrapper, fft, linalg, random
"""

# ruff: noqa: E402, F401

from __future__ import annotations

import numpy as _numpy

from .creation import lifted as _lifted

globals().update(_lifted(_numpy))
__version__ = _numpy.__version__

from ..hips import builtins, numpy_boxes, numpy_vjps, numpy_vspaces
from . import fft, linalg, numpy_wrapper, random
from .creation import array, asanyarray, asarray, ascontiguousarray, c_, full, make_diagonal, r_, where

__all__ = [_name for _name in globals() if not _name.startswith("_") and _name != "annotations"]
