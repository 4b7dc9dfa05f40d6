"""The polar factor of a matrix and the nuclear norm: functions of the singular vectors that are smooth where those are
not, when singular values are equal.

With a = u p, of orthonormal columns u and a positive definite p, the derivative of u divides by sums of singular
values, where those of the singular vectors divide by differences (N. Higham, "Functions of Matrices", 2008, theorem
8.10).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..engine.declare import primitive
from ..engine.primitive import Function
from ..engine.tensor import alike


def _h(x: Any) -> Any:
    return x.conj().swapaxes(-1, -2)


def _plain(x: Any) -> Any:
    return getattr(x, "_content", x)


def _vanishing(s: Any, size: int) -> Any:
    """Which singular values (..., n) are 0 up to rounding."""
    return s <= s.max(-1, keepdims=True, initial=0) * (size * np.finfo(s.dtype).eps)


def _lyapunov(p: Any, r: Any) -> Any:
    w, v = np.linalg.eigh(p)
    sums = np.where(
        _vanishing(w, 4 * w.shape[-1]).any(-1)[..., None, None], math.nan, w[..., None, :] + w[..., :, None]
    )
    return v @ ((_h(v) @ r @ v) / sums.astype(w.dtype)) @ _h(v)


def _lyapunov_p(g: Any, p: Any, out: Any) -> Any:
    back = lyapunov(p, g.conj())
    return -(back @ _h(out) + _h(out) @ back).conj()


lyapunov: Function = primitive(  # the y with p y + y p = r, for positive definite p; NaN if that is singular
    _lyapunov, name="lyapunov", p=_lyapunov_p, r=lambda g, p: lyapunov(p, g.conj()).conj()
)


def _polar_factor(a: Any, whole: bool = True) -> Any:
    u, s, vh = np.linalg.svd(a, False)
    kept = u if whole else u * ~_vanishing(s, max(a.shape[-2:]))[..., None, :]
    return kept @ vh


def _polar_a(g: Any, a: Any, out: Any) -> Any:
    if a.shape[-2] < a.shape[-1]:
        return _h(_polar_tall(_h(g.conj()), _h(a), _h(out))).conj()
    return _polar_tall(g.conj(), a, out).conj()


def _polar_tall(g: Any, a: Any, u: Any) -> Any:
    p = _h(u) @ a
    p = (p + _h(p)) / 2
    inner = _h(u) @ g
    made = u @ lyapunov(p, inner - _h(inner))
    if a.shape[-2] == a.shape[-1]:
        return made
    s = np.linalg.svd(_plain(p), compute_uv=False)
    singular = _vanishing(s, 4 * s.shape[-1]).any(-1)[..., None, None]  # then the other part is NaN
    p = np.where(singular, alike(np.eye(p.shape[-1], dtype=p.dtype), p), p) if singular.any() else p
    return made + _h(np.linalg.solve(p, _h(g - u @ inner)))


polar_factor: Function = primitive(_polar_factor, name="polar_factor", a=_polar_a)
"""u @ vh, of the reduced singular value decomposition u s vh; of the values that are not 0 alone, if not `whole`."""

nuclear_norm: Function = primitive(
    lambda a: np.linalg.svd(a, compute_uv=False).sum(-1), name="nuclear_norm",
    a=lambda g, a: g[..., None, None] * polar_factor(a, False).conj(),
)  # fmt: skip
"""The sum of the singular values. Of those that are 0 the gradient is 0, as of other norms."""
