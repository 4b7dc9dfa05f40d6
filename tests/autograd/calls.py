"""One call of every function of NumPy's that Tensors know: whoever adds a function adds its row here.

`Of` stands for an array, of each dtype in turn; everything else is given as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np


class Of(NamedTuple):
    """An array of a shape, its elements all different where the dtype allows, between two bounds."""

    shape: tuple[int, ...] = (3, 4)
    low: float = -2.0
    high: float = 2.0
    form: Callable[[Any], Any] | None = None
    seed: int = 0

    def array(self, kind: str) -> Any:
        rng = np.random.default_rng(self.seed)
        n = int(np.prod(self.shape))
        steps = (rng.permutation(n) + 0.37) / n
        real = (self.low + steps * (self.high - self.low)).reshape(self.shape)
        if kind[0] == "c":
            real = real + 1j * np.flip(real * 0.7 + 0.11)
        elif kind[0] in "iu?":
            real = np.ceil(abs(real) * 2 if kind[0] != "i" else real * 2)
            real = real % 2 if kind == "?" else real
        return (real if self.form is None else self.form(real)).astype(kind)


class Call(NamedTuple):
    args: tuple[Any, ...]
    options: dict[str, Any]
    through: Callable[..., Any] | None = None

    def run(self, function: Any, args: Any, options: Any) -> Any:
        call = function if self.through is None else self.through(function)
        return call(*args, **options)


def call(*args: Any, through: Any = None, **options: Any) -> Call:
    """The arguments; `through` makes of the function one of these arguments."""
    return Call(args, options, through)


def changed(function: Any) -> Any:
    """A function that writes into its first argument, as one of a copy, which it returns."""

    def run(a: Any, *args: Any, **options: Any) -> Any:
        made = np.copy(a)
        function(made, *args, **options)
        return made

    return run


def upright(a: Any) -> Any:
    """Made positive definite."""
    return a @ a.swapaxes(-1, -2).conj() + 2 * np.eye(a.shape[-1])


X, Y = Of(), Of(low=-1.9, high=2.1, seed=1)
POSITIVE, INSIDE, OVER = Of(low=0.3, high=2.2), Of(low=-0.9, high=0.85), Of(low=1.1, high=2.9, seed=1)
V, W, SQUARE, STACK = Of((4,)), Of((4,), seed=2), Of((3, 3)), Of((2, 3, 3), seed=3)
HERMITIAN, DEFINITE = Of((3, 3), form=lambda a: a + a.swapaxes(-1, -2).conj()), Of((3, 3), form=upright)
MASK = np.arange(12).reshape(3, 4) % 3 != 0
INDEX = np.array([2, 0, 0])
LIST = [X, Y]


def each(names: str, row: Call) -> dict[str, Call]:
    return dict.fromkeys(names.split(), row)


CALLS: dict[str, Call] = {
    # element by element
    **each(
        "negative positive square exp exp2 expm1 sin cos arctan sinh cosh tanh arcsinh cbrt deg2rad radians rad2deg "
        "degrees sinc i0 conjugate real imag angle real_if_close absolute fabs nan_to_num sign modf frexp "
        "floor ceil trunc rint fix spacing round around invert bitwise_count "
        "logical_not isnan isinf isfinite isposinf isneginf signbit isreal iscomplex isrealobj iscomplexobj",
        call(X),
    ),
    **each("reciprocal log log2 log10 log1p sqrt tan", call(POSITIVE)),
    **each("arcsin arccos arctanh", call(INSIDE)),
    "arccosh": call(OVER),
    **each(
        "add subtract multiply maximum minimum fmax fmin logaddexp logaddexp2 nextafter bitwise_and bitwise_or "
        "bitwise_xor left_shift right_shift gcd lcm equal not_equal less less_equal greater greater_equal "
        "logical_and logical_or logical_xor heaviside hypot arctan2 copysign",
        call(X, Y),
    ),
    **each("divide remainder fmod floor_divide divmod", call(X, OVER)),
    **each("power float_power", call(POSITIVE, Y)),
    "ldexp": call(X, np.array([1, 2, 0, -1])),
    "where": call(MASK, X, Y),
    "clip": call(X, -0.7, 1.2),
    "unwrap": call(Of((3, 4), -9, 9)),
    "interp": call(Of((5,), -3.1, 3.2), np.linspace(-2, 2, 4), V),
    # sums and their kin
    **each("sum prod mean var std nansum nanprod nanmean nanvar nanstd median nanmedian", call(X, axis=1)),
    **each("max min amax amin nanmax nanmin ptp", call(X, axis=0)),
    **each("argmax argmin nanargmax nanargmin any all count_nonzero", call(X, axis=1)),
    **each("cumsum cumprod nancumsum nancumprod cumulative_sum cumulative_prod", call(X, axis=1)),
    "average": call(X, axis=0, weights=[1.0, 2.0, 0.5]),
    "trapezoid": call(X, dx=0.5),
    **each("quantile nanquantile", call(X, [0.2, 0.7], axis=1)),
    **each("percentile nanpercentile", call(X, 30, axis=0)),
    "diff": call(X, axis=0),
    "ediff1d": call(V),
    "gradient": call(X),
    "cov": call(X),
    "corrcoef": call(X),
    "bincount": call(np.array([0, 2, 2, 1]), V),
    "histogram": call(np.linspace(-1, 1, 4), bins=3, weights=V),
    "histogram_bin_edges": call(V, bins=3, range=(-2, 2)),
    "histogram2d": call(np.linspace(-1, 1, 4), np.linspace(0, 1, 4) ** 2, bins=2, weights=V),
    "histogramdd": call(np.linspace(-1, 1, 8).reshape(4, 2), bins=2, weights=V),
    # order
    **each("sort argsort", call(X, axis=0)),
    "sort_complex": call(V),
    "partition": call(V, [0, 1, 2, 3]),
    "argpartition": call(V, [0, 1, 2, 3]),
    "lexsort": call(X),
    "searchsorted": call(np.array([-1, 0, 1]), X),
    "digitize": call(X, np.array([-1, 0, 1])),
    **each("unique unique_all unique_counts unique_inverse", call(X)),
    "unique_values": call(X, through=lambda f: lambda x: np.sort(f(x))),  # NumPy's come in no order
    **each("union1d setdiff1d setxor1d", call(V, Of((5,)))),  # of five: other numbers than those of four
    "intersect1d": call(V, through=lambda f: lambda x: f(x, x)),
    **each("isin in1d", call(V, W)),
    # products
    **each("dot inner vdot convolve correlate", call(V, W)),
    **each("outer linalg.outer kron", call(V, Of((3,), seed=3))),
    **each("matmul linalg.matmul", call(X, Of((4, 2)))),
    **each("tensordot linalg.tensordot", call(X, Of((3, 2)), axes=([0], [0]))),
    **each("vecdot linalg.vecdot", call(X, Y)),
    "matvec": call(X, V),
    "vecmat": call(Of((3,)), X),
    **each("cross linalg.cross", call(Of((2, 3)), Of((2, 3), seed=1))),
    "einsum": call("ij,kj->ik", X, Y),
    "einsum_path": call("ij,kj->ik", X, Y),
    "linalg.multi_dot": call([X, Of((4, 2)), Of((2, 3))]),
    # polynomials, and evenly spaced values
    "polyval": call(V, W),
    "vander": call(POSITIVE._replace(shape=(3,)), 4),
    **each("polyadd polysub polymul", call(V, Of((3,), seed=5))),
    "polyder": call(V),
    "polyint": call(V),
    "polydiv": call(V, OVER._replace(shape=(2,))),
    "poly": call(V),
    "roots": call(OVER._replace(shape=(3,))),
    "polyfit": call(np.arange(5.0), Of((5,)), 2),
    **each("linspace", call(V, W, 5)),
    **each("logspace", call(V, W, 3)),
    "geomspace": call(POSITIVE, OVER, 4),
    # shapes
    "broadcast_to": call(V, (2, 4)),
    "broadcast_arrays": call(X, V),
    "reshape": call(X, (2, 6)),
    **each("ravel transpose flip flipud fliplr rot90 atleast_1d atleast_2d atleast_3d copy matrix_transpose "
           "linalg.matrix_transpose", call(X)),
    "squeeze": call(Of((1, 3, 1))),
    "expand_dims": call(X, 1),
    "swapaxes": call(X, 0, 1),
    "moveaxis": call(X, 0, -1),
    "rollaxis": call(X, 1),
    "roll": call(X, 2, axis=1),
    **each("tril triu", call(X, 1)),
    "repeat": call(X, 2, axis=0),
    "tile": call(X, (2, 1)),
    "resize": call(X, (2, 7)),
    "meshgrid": call(V, Of((3,))),
    "astype": call(X, np.complex128),
    **each("shares_memory may_share_memory", call(X, Y)),
    # joining and splitting
    **each("concatenate stack vstack hstack dstack column_stack", call(LIST)),
    "block": call([LIST, LIST[::-1]]),
    "append": call(X, Y, axis=0),
    "delete": call(X, [1], axis=1),
    "insert": call(X, 1, Of((3,), seed=5), axis=1),
    "pad": call(X, 1, mode="reflect"),
    **each("array_split split hsplit", call(Of((4, 2)), 2)),
    "vsplit": call(Of((4, 3)), 2),
    "dsplit": call(Of((2, 1, 4)), 2),
    "unstack": call(X),
    # places
    "take": call(X, INDEX, axis=1),
    "take_along_axis": call(X, np.array([[0], [3], [1]]), 1),
    **each("diagonal linalg.diagonal trace linalg.trace diag", call(SQUARE)),
    "diagflat": call(V),
    "compress": call([True, False, True], X, axis=0),
    "extract": call(MASK, X),
    "choose": call(np.array([0, 1, 1, 0]), [V, W]),
    "select": call([MASK, ~MASK], LIST),
    "piecewise": call(X, [MASK], [lambda x: x * x, 0]),
    "trim_zeros": call(V, through=lambda f: lambda x: f(np.concatenate([x[:2] * 0, x]))),
    "apply_along_axis": call(lambda x: x[1:] * x[0], 1, X),
    "apply_over_axes": call(np.sum, X, (0, 1)),
    "put": call(X, [1, 5, 1], V, through=changed),
    "place": call(X, MASK, V, through=changed),
    "putmask": call(X, MASK, Y, through=changed),
    "copyto": call(X, Y, where=MASK, through=changed),
    "put_along_axis": call(X, np.array([[0], [3], [1]]), Of((3, 1), seed=6), 1, through=changed),
    "fill_diagonal": call(X, W, through=changed),
    **each("nonzero argwhere flatnonzero", call(X)),
    "unravel_index": call(Of((3,), 0, 3), (3, 4)),
    "ravel_multi_index": call([Of((3,), 0, 1), Of((3,), 0, 1)], (9, 9), through=lambda f: lambda x, s: f(tuple(x), s)),
    "ix_": call(Of((3,), 0, 3), Of((2,), 0, 3)),
    **each("diag_indices_from tril_indices_from triu_indices_from", call(SQUARE)),
    **each("packbits unpackbits", call(X)),
    # about arrays
    **each("allclose isclose array_equal array_equiv", call(X, Y)),
    **each("shape ndim size result_type min_scalar_type common_type array_repr array_str array2string", call(X)),
    "can_cast": call(X, np.complex128, through=lambda f: lambda x, to: f(x.dtype, to)),
    **each("zeros_like ones_like", call(X)),
    "empty_like": call(X, through=lambda f: lambda x: np.zeros_like(f(x))),
    "full_like": call(X, Of(())),
    # transforms
    **each("fft.fft fft.ifft fft.rfft fft.irfft fft.hfft fft.ihfft fft.fft2 fft.ifft2 fft.rfft2 fft.irfft2 fft.fftn "
           "fft.ifftn fft.rfftn fft.irfftn fft.fftshift fft.ifftshift", call(X)),
    # linear algebra
    **each("linalg.inv linalg.det linalg.slogdet linalg.matrix_rank linalg.norm linalg.vector_norm "
           "linalg.matrix_norm linalg.cond linalg.svdvals linalg.eig linalg.eigvals", call(DEFINITE)),
    "linalg.solve": call(DEFINITE, Of((3, 2))),
    "linalg.tensorsolve": call(DEFINITE, Of((3,))),
    "linalg.tensorinv": call(Of((2, 2, 4))),
    "linalg.lstsq": call(Of((4, 2)), V),
    **each("linalg.pinv linalg.qr", call(Of((4, 3)))),
    "linalg.svd": call(Of((4, 3)), False),
    "linalg.cholesky": call(DEFINITE),
    **each("linalg.eigh linalg.eigvalsh", call(HERMITIAN)),
    "linalg.matrix_power": call(SQUARE, 3),
}  # fmt: skip
"""By name in numpy: the call. Names that this NumPy does not have are left out."""
