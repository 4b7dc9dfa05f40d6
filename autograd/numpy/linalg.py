"""numpy.linalg, whose functions take Tensors already; here also lists of them.

The gradient of `cholesky` is symmetric, as in HIPS autograd: that of a function of symmetric matrices. NumPy's own, on
a Tensor, is that of the lower triangle, which is all that is read.
"""

from __future__ import annotations

from typing import Any

import numpy as _numpy

from ..engine.declare import linear as _linear
from .creation import lifted as _lifted

globals().update(_lifted(_numpy.linalg))

_symmetric = _linear(lambda a: a, name="symmetric", views=True, a=lambda g: (g + _numpy.conj(g.swapaxes(-1, -2))) / 2)
_of_array = globals()["cholesky"]


def T(x: Any) -> Any:
    """The matrices in the last two axes, transposed."""
    return _numpy.swapaxes(x, -1, -2)


_dot = _numpy.matmul  # this and T are names that code for HIPS autograd takes from here


def cholesky(a: Any, *, upper: bool = False) -> Any:
    """As numpy.linalg.cholesky, with a symmetric gradient.

    >>> import autograd.numpy as anp
    >>> grad(lambda a: anp.linalg.cholesky(a).sum())(np.eye(2))
    array([[0.5, 0.5],
           [0.5, 0.5]])
    """
    return _of_array(_symmetric(a), upper=upper)
