"""Matrices of a pattern from scipy.linalg: Toeplitz, Hankel, circulant, of blocks."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..numpy.creation import array
from .on_tensors import on_tensors


@on_tensors
def block_diag(*arrs: Any) -> Any:
    """As scipy.linalg.block_diag, of matrices, vectors (as rows) and numbers.

    >>> from autograd.scipy.linalg import block_diag
    >>> block_diag(Tensor(1.0), [[2.0, 3.0]])
    Tensor([[1., 0., 0.],
            [0., 2., 3.]])
    """
    blocks = [np.atleast_2d(array(block, copy=None)) for block in arrs]
    width, before, rows = sum(block.shape[-1] for block in blocks), 0, []
    for block in blocks:
        rows.append(np.pad(block, [(0, 0), (before, width - before - block.shape[-1])]))
        before += block.shape[-1]
    return np.concatenate(rows)


@on_tensors
def toeplitz(c: Any, r: Any = None) -> Any:
    """As scipy.linalg.toeplitz: the matrix with c for its first column, r or conj(c) for its first row, and constant
    diagonals."""
    c = array(c, copy=None)
    r = np.conj(c) if r is None else array(r, copy=None)
    rows, columns = np.ogrid[: c.size, : r.size]
    return np.concatenate([c.ravel()[::-1], r.ravel()[1:]])[c.size - 1 - rows + columns]


@on_tensors
def hankel(c: Any, r: Any = None) -> Any:
    """As scipy.linalg.hankel: the matrix with c for its first column, r or zeros for its last row, and constant
    diagonals the other way."""
    c = array(c, copy=None)
    r = np.zeros_like(c) if r is None else array(r, copy=None)
    rows, columns = np.ogrid[: c.size, : r.size]
    return np.concatenate([c.ravel(), r.ravel()[1:]])[rows + columns]


@on_tensors
def circulant(c: Any) -> Any:
    """As scipy.linalg.circulant: the matrix with c for its first column, and for each next one c turned by one."""
    n = c.shape[-1]
    return c[..., (np.arange(n)[:, None] - np.arange(n)) % n]


@on_tensors
def khatri_rao(a: Any, b: Any) -> Any:
    """As scipy.linalg.khatri_rao: the Kronecker products of the columns."""
    return np.reshape(np.einsum("ik,jk->ijk", a, b), (-1, np.shape(a)[-1]))
