"""Functions of sampled values: differences, sliding products, polynomials, covariances, evenly spaced values."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.declare import composite, primitive
from ..engine.halves import in_single
from ..engine.primitive import Function
from ..engine.sums import axes_of
from ..engine.tensor import alike, unwrap
from .joining import _axis, _slices

# ---- differences ----------------------------------------------------------------------------------------------------


def _piece(x: Any, axis: int, start: Any, stop: Any, step: Any = None) -> Any:
    return x[_slices(x.ndim, axis, start, stop, step)]


@composite(np.diff)
def diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Any:
    """As np.diff."""
    if n < 0:
        raise ValueError(f"diff: expected an order of at least 0, got {n}")
    if n == 0:
        return a
    if a.ndim == 0:
        raise ValueError("diff: expected at least one dimension, got a 0-d array")
    axis = _axis("diff", axis, a.ndim)
    ends = []
    for end in (prepend, append):
        if end is not None and end is not np._NoValue:
            shape = (*a.shape[: axis % a.ndim], 1, *a.shape[axis % a.ndim + 1 :])
            ends.append(np.broadcast_to(end, shape) if np.ndim(end) == 0 else end)
        else:
            ends.append(None)
    parts = [part for part in (ends[0], a, ends[1]) if part is not None]
    a = np.concatenate(parts, axis) if len(parts) > 1 else a
    for _ in range(n):
        after, before = _piece(a, axis, 1, None), _piece(a, axis, None, -1)
        a = after != before if a.dtype.kind == "b" else after - before
    return a


@composite(np.ediff1d)
def ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    """As np.ediff1d."""
    ary = np.reshape(ary, -1)
    parts = [to_begin, ary[1:] - ary[:-1], to_end]
    parts = [np.reshape(part, -1) for part in parts if part is not None]
    for part in parts:
        if not np.can_cast(part.dtype, ary.dtype, "same_kind"):
            raise TypeError(f"ediff1d: expected ends that fit differences of {ary.dtype}, got {part.dtype}")
    return np.concatenate(parts).astype(ary.dtype) if len(parts) > 1 else parts[0]


@composite(np.gradient)
@in_single
def gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    """As np.gradient: second-order differences inside, of order `edge_order` at the ends."""
    f = f if hasattr(f, "ndim") else np.asarray(f)
    f = f.astype(float) if f.dtype.kind in "iu" else f
    if f.ndim == 0 and axis is not None:
        raise np.exceptions.AxisError(axis, 0, "gradient")
    axes = axes_of(axis, f.ndim)
    if len(varargs) not in (0, 1, len(axes)):
        raise TypeError(f"gradient: expected no spacing, one, or one for each of {len(axes)} axes, got {len(varargs)}")
    spacings = varargs or (1.0,)
    if len(varargs) == 1:
        if np.ndim(varargs[0]) and len(axes) > 1:
            raise ValueError(f"gradient: expected coordinates for each of {len(axes)} axes, got one array")
        spacings = varargs
    spacings = spacings * len(axes) if len(spacings) == 1 else spacings
    if edge_order not in (1, 2):
        raise ValueError(f"gradient: expected edge_order 1 or 2, got {edge_order}")
    made = [_slope(f, spacing, a, edge_order) for a, spacing in zip(axes, spacings, strict=True)]
    made = [slope if slope.dtype == f.dtype else slope.astype(f.dtype) for slope in made]
    return made[0] if len(made) == 1 else tuple(made)


def _slope(f: Any, spacing: Any, axis: int, edge_order: int) -> Any:
    n = f.shape[axis]
    if n < edge_order + 1:
        raise ValueError(f"gradient: expected at least {edge_order + 1} elements along axis {axis}, got {n}")
    if np.ndim(spacing) == 0:
        steps: Any = None
        first = last = before = after = spacing
    else:
        if len(spacing) != n:
            raise ValueError(f"gradient: expected {n} coordinates along axis {axis}, got {len(spacing)}")
        spacing = spacing if hasattr(spacing, "ndim") else np.asarray(spacing)
        steps = spacing[1:] - spacing[:-1]
        steps = steps.reshape((-1,) + (1,) * (f.ndim - 1 - axis))
        before, after = steps[:-1], steps[1:]
        first, last = steps[:1], steps[-1:]
    left, middle, right = _piece(f, axis, None, -2), _piece(f, axis, 1, -1), _piece(f, axis, 2, None)
    if steps is None:
        inside = (right - left) / (2.0 * spacing)
    else:
        both = before + after
        a, b, c = -after / (before * both), (after - before) / (before * after), before / (after * both)
        inside = a * left + b * middle + c * right
    at: Any = lambda k: _piece(f, axis, k, None if k == -1 else k + 1)
    if edge_order == 1:
        begin, end = (at(1) - at(0)) / first, (at(-1) - at(-2)) / last
    elif steps is None:
        begin = (-1.5 * at(0) + 2.0 * at(1) - 0.5 * at(2)) / spacing
        end = (0.5 * at(-3) - 2.0 * at(-2) + 1.5 * at(-1)) / spacing
    else:
        begin = _end(at(0), at(1), at(2), first, steps[1:2])
        end = -_end(at(-1), at(-2), at(-3), last, steps[-2:-1])
    return np.concatenate([begin, inside, end], axis)


def _end(a: Any, b: Any, c: Any, near: Any, far: Any) -> Any:
    """The slope at a of the parabola through a, b and c, which lie `near` and then `far` apart."""
    both = near + far
    return -(2 * near + far) / (near * both) * a + both / (near * far) * b - near / (far * both) * c


# ---- sliding products -----------------------------------------------------------------------------------------------


def _convolve(a: Any, v: Any) -> Any:
    return np.convolve(a, v)


def _convolve_rule(g: Any, other: Any) -> Any:
    """The gradient of one factor: the other one slides over that of the result."""
    return np.convolve(g, other[::-1], "valid")


convolve_full: Function = primitive(
    _convolve, name="convolve", kind="bilinear", single=True,
    a=lambda g, v: _convolve_rule(g, v),
    v=lambda g, a: _convolve_rule(g, a),
)  # fmt: skip


@composite(np.convolve)
def convolve(a: Any, v: Any, mode: str = "full") -> Any:
    """As np.convolve."""
    a, v = np.reshape(a, -1) if np.ndim(a) == 0 else a, np.reshape(v, -1) if np.ndim(v) == 0 else v
    full = convolve_full(a, v)
    n, m = max(len(a), len(v)), min(len(a), len(v))
    if mode == "full":
        return full
    if mode == "same":
        return full[(m - 1) // 2 : (m - 1) // 2 + n]
    if mode == "valid":
        return full[m - 1 : n]
    raise ValueError(f"convolve: expected mode 'full', 'same' or 'valid', got {mode!r}")


@composite(np.correlate)
def correlate(a: Any, v: Any, mode: str = "valid") -> Any:
    """As np.correlate."""
    if np.ndim(a) != 1 or np.ndim(v) != 1:
        raise ValueError(f"correlate: expected one dimension each, got shapes {np.shape(a)} and {np.shape(v)}")
    if mode == "same" and len(v) > len(a):  # NumPy centres on the longer one, which here is turned round
        return correlate(v, a, mode)[::-1].conj()
    return convolve(a, np.conj(v[::-1]) if np.iscomplexobj(v) else v[::-1], mode)


# ---- polynomials ----------------------------------------------------------------------------------------------------


@composite(np.polyval)
@in_single
def polyval(p: Any, x: Any) -> Any:
    """As np.polyval, by Horner's rule."""
    made = np.zeros_like(x)
    for k in range(len(p)):
        made = made * x + p[k]
    return made


@composite(np.vander)
def vander(x: Any, N: int | None = None, increasing: bool = False) -> Any:
    """As np.vander: the powers of x as columns."""
    if x.ndim != 1:
        raise ValueError(f"vander: expected one dimension, got shape {x.shape}")
    N = len(x) if N is None else N
    if N < 0:
        raise ValueError(f"vander: expected N of 0 or more columns, got {N}")
    powers = np.arange(N) if increasing else np.arange(N - 1, -1, -1)
    return x[:, None] ** alike(powers, x)


def _aligned(a: Any, b: Any) -> tuple[Any, Any]:
    """The coefficients of two polynomials, with zeros in front of the shorter."""
    a, b = np.atleast_1d(a), np.atleast_1d(b)
    n = max(len(a), len(b))
    a, b = (x if len(x) == n else np.concatenate([np.zeros_like(x, shape=n - len(x)), x]) for x in (a, b))
    return a, b


def _trimmed(p: Any) -> Any:
    """Coefficients without the zeros in front."""
    p = np.atleast_1d(p)
    places = np.flatnonzero(p)
    return p[int(places[0]) :] if len(places) else p[-1:]


def _coefficients(x: Any) -> Any:
    return x if hasattr(x, "dtype") else np.asarray(x)


@composite(np.polyadd)
def polyadd(a1: Any, a2: Any) -> Any:
    """As np.polyadd."""
    a, b = _aligned(a1, a2)
    return a + b


@composite(np.polysub)
def polysub(a1: Any, a2: Any) -> Any:
    """As np.polysub."""
    a, b = _aligned(a1, a2)
    return a - b


@composite(np.polymul)
def polymul(a1: Any, a2: Any) -> Any:
    """As np.polymul."""
    return convolve(_trimmed(a1), _trimmed(a2))


def _check_order(who: str, m: int) -> None:
    if m < 0:
        raise ValueError(f"{who}: expected an order m of 0 or more, got {m}")


@composite(np.polyder)
def polyder(p: Any, m: int = 1) -> Any:
    """As np.polyder."""
    _check_order("polyder", m)
    for _ in range(m):
        p = p[:-1] * alike(np.arange(len(p) - 1, 0, -1), p)
    return p


@composite(np.polyint)
def polyint(p: Any, m: int = 1, k: Any = None) -> Any:
    """As np.polyint."""
    _check_order("polyint", m)
    constants = [0.0] * m if k is None else [k] * m if np.ndim(k) == 0 else list(k)
    for constant in constants:
        p = np.concatenate([p / alike(np.arange(len(p), 0, -1), p), alike(np.reshape(constant, 1), p)])
    return p


@composite(np.polydiv)
def polydiv(u: Any, v: Any) -> Any:
    """As np.polydiv: quotient and remainder."""
    u, v = np.atleast_1d(u) + 0.0, np.atleast_1d(v) + 0.0
    m, n = len(u) - 1, len(v) - 1
    kind = np.result_type(u.dtype, v.dtype)
    rest = u.astype(kind)
    scale = 1.0 / v[0]
    quotient = []
    for k in range(m - n + 1):
        quotient.append(scale * rest[k])
        rest = np.concatenate([rest[:k], rest[k : k + n + 1] - quotient[k] * v, rest[k + n + 1 :]])
    while len(rest) > 1 and np.isclose(rest[0], 0, rtol=1e-14):
        rest = rest[1:]
    return (np.stack(quotient) if quotient else np.zeros_like(rest, shape=(1,))).astype(kind), rest


@composite(np.poly)
def poly(seq_of_zeros: Any) -> Any:
    """As np.poly: the coefficients of the polynomial with these roots, or of a matrix's characteristic polynomial."""
    roots_ = np.linalg.eigvals(seq_of_zeros) if np.ndim(seq_of_zeros) == 2 else np.atleast_1d(seq_of_zeros)
    kind: Any = np.mintypecode(roots_.dtype.char)
    roots_ = roots_.astype(kind)
    made: Any = np.ones((1,), kind)
    for k in range(len(roots_)):
        made = convolve_full(made, np.stack([np.ones_like(roots_[k]), -roots_[k]]))
    zeros: Any = getattr(roots_, "_content", roots_)
    if zeros.dtype.kind == "c" and (np.sort(zeros) == np.sort(zeros.conj())).all():
        return made.real.copy()
    return made


@composite(np.roots)
def roots(p: Any) -> Any:
    """As np.roots: the eigenvalues of the companion matrix."""
    places = np.flatnonzero(p)
    if not len(places):
        return np.real(p[:0]).astype(float)
    p = p if p.dtype.kind in "fc" else p.astype(float)
    trailing = len(p) - 1 - int(places[-1])
    p = p[int(places[0]) : int(places[-1]) + 1]
    n = len(p)
    if n < 2:
        return np.repeat(np.real(p[:1] * 0).astype(float), trailing)
    top = (-p[1:] / p[0])[None]
    found = np.linalg.eigvals(np.concatenate([top, alike(np.eye(n - 1, dtype=p.dtype)[:-1], p)]))
    if p.dtype.kind == "f" and found.dtype.kind == "c" and not unwrap(found).imag.any():
        found = np.real(found)  # from NumPy 2.5 on eigenvalues are always complex, roots are not
    return np.concatenate([found, np.zeros_like(found, shape=trailing)]) if trailing else found


@composite(np.polyfit)
def polyfit(x: Any, y: Any, deg: int, rcond: Any = None, full: bool = False, w: Any = None, cov: Any = False) -> Any:
    """As np.polyfit, for the coefficients alone."""
    if full or cov:
        raise TypeError("polyfit: full= and cov= are not for Tensors; compute them from lstsq and vander")
    x, y = _coefficients(x) + 0.0, _coefficients(y) + 0.0
    rows = np.vander(x, deg + 1)
    if w is not None:
        w = _coefficients(w)
        rows, y = rows * w[:, None], y * (w if y.ndim == 1 else w[:, None])
    scale = np.sqrt((rows * rows).sum(0))
    found = np.linalg.lstsq(rows / scale, y, len(x) * np.finfo(x.dtype).eps if rcond is None else rcond)[0]
    return found / (scale if y.ndim == 1 else scale[:, None])


# ---- covariances ----------------------------------------------------------------------------------------------------


@composite(np.cov)
def cov(
    m: Any, y: Any = None, rowvar: bool = True, bias: bool = False, ddof: int | None = None, fweights: Any = None,
    aweights: Any = None, *, dtype: Any = None,
) -> Any:  # fmt: skip
    """As np.cov: the covariance matrix of the rows (rowvar=False: of the columns)."""
    if ddof is not None and ddof != int(ddof):
        raise ValueError(f"cov: expected an integer ddof, got {ddof}")
    x = _observations(m, rowvar)
    if y is not None:
        x = np.concatenate([x, _observations(y, rowvar)], 0)
    x = x.astype(dtype if dtype is not None else np.result_type(x.dtype, np.float64))
    ddof = (0 if bias else 1) if ddof is None else ddof
    w = None if fweights is None else fweights if hasattr(fweights, "dtype") else np.asarray(fweights)
    if aweights is not None:
        aweights = aweights if hasattr(aweights, "dtype") else np.asarray(aweights)
        w = aweights if w is None else w * aweights
    if w is None:
        total: Any = x.shape[1]
        mean, factor = x.mean(1, keepdims=True), total - ddof
    else:
        total = w.sum(dtype=x.dtype)
        mean = (x * w).sum(1, keepdims=True) / total
        factor = total - ddof if aweights is None else total - ddof * (w * aweights).sum() / total
    x = x - mean
    return np.squeeze((x if w is None else x * w) @ x.conj().T / factor)


def _observations(m: Any, rowvar: bool) -> Any:
    m = m if hasattr(m, "dtype") else np.asarray(m)
    if m.ndim > 2:
        raise ValueError(f"cov: expected at most two dimensions, got shape {m.shape}")
    return m.reshape(1, -1) if m.ndim < 2 else m if rowvar or m.shape[0] == 1 else m.T


@composite(np.corrcoef)
def corrcoef(x: Any, y: Any = None, rowvar: bool = True, *, dtype: Any = None) -> Any:
    """As np.corrcoef: covariances of variables scaled to a variance of 1."""
    c = cov(x, y, rowvar, dtype=dtype)
    if c.ndim == 0:
        return c / c
    deviation = np.sqrt(np.diagonal(c).real)
    return c / deviation[:, None] / deviation


# ---- evenly spaced values -------------------------------------------------------------------------------------------


def _ends(*values: Any) -> Any:
    """Lists as arrays; Python's numbers stay, and leave the dtype to the other one."""
    return tuple([np.asarray(value) if isinstance(value, list | tuple) else value for value in values])


@composite(np.linspace)
def linspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, retstep: bool = False, dtype: Any = None, axis: int = 0
) -> Any:
    """As np.linspace."""
    if num < 0:
        raise ValueError(f"linspace: expected at least 0 values, got {num}")
    start, stop = _ends(start, stop)
    kind = np.result_type(start, stop, float(num)) if dtype is None else np.dtype(dtype)
    parts = num - 1 if endpoint else num
    start, stop = np.multiply(start, 1.0), np.multiply(stop, 1.0)
    weights = (np.arange(num) / max(parts, 1)).reshape((-1,) + (1,) * max(np.ndim(start), np.ndim(stop)))
    weights = alike(alike(weights, start), stop)
    values = np.moveaxis(start * (1 - weights) + stop * weights, 0, axis)
    values = (np.floor(values) if kind.kind in "iu" else values).astype(kind)
    return (values, (stop - start) / parts if parts else start * np.nan) if retstep else values


@composite(np.logspace)
def logspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, base: Any = 10.0, dtype: Any = None, axis: int = 0
) -> Any:
    """As np.logspace."""
    values = linspace(start, stop, num, endpoint, axis=axis)
    values = (base if np.ndim(base) == 0 else np.expand_dims(base, axis)) ** values
    return values if dtype is None else values.astype(dtype)


@composite(np.geomspace)
def geomspace(start: Any, stop: Any, num: int = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0) -> Any:
    """As np.geomspace, of values of one sign (or complex ones)."""
    start, stop = _ends(start, stop)
    kind = np.result_type(start, stop, np.float64)
    start, stop = np.multiply(start, 1.0).astype(kind), np.multiply(stop, 1.0).astype(kind)
    ratio = stop / start
    if np.any(np.equal(start, 0)) or np.any(np.equal(stop, 0)):
        raise ValueError("geomspace: expected values other than 0")
    if kind.kind != "c" and np.any(np.less(ratio, 0)):
        raise ValueError("geomspace: expected real values of one sign")
    values = start * ratio ** linspace(np.zeros_like(unwrap(ratio)), 1.0, num, endpoint, axis=axis)
    return values if dtype is None else values.astype(dtype)
