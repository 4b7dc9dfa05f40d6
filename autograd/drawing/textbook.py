"""What a book says of a derivative, in the place of a rule that takes more care than a reader wants to see.

The rule looks after zeros, ties, and what leaves the range; the book's formula does not, and is the derivative
everywhere else. Those of linear algebra are of Giles, "Collected matrix derivative results for forward and reverse mode
algorithmic differentiation" (2008), Walter and Lehmann (2010, qr), and Golub and Pereyra (1973, least squares).
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

import numpy as np

from .reading import put_in

TEXTBOOK = {
    "arcsinh.x": "lambda g, x: g / np.sqrt(1 + x ** 2)",
    "arctan.x": "lambda g, x: g / (1 + x ** 2)",
    "arctan2.x": "lambda g, x, y: g * y / (x ** 2 + y ** 2)",
    "arctan2.y": "lambda g, x, y: -g * x / (x ** 2 + y ** 2)",
    "center.x": "lambda g, out, axis, kept, n: g[0] - g[0].mean(axis, keepdims=kept) + 2 * out[0] * g[2] / n",
    "cumprod.a": "lambda g, a, out, axis: np.flip(np.cumsum(np.flip(g * out, axis), axis), axis) / a",
    "cumsum.a": "lambda g, axis: np.flip(np.cumsum(np.flip(g, axis), axis), axis)",
    "frexp.x": "lambda g, out: np.ldexp(g[0], -out[1])",
    "gelu_tanh_slope.x": "lambda g, x: g * gelu_tanh′′(x)",
    "glu.x": "lambda g, x, s, axis: np.concatenate([g * s, g * np.split(x, 2, axis)[0] * s * (1 - s)], axis)",
    "hypot.x": "lambda g, x, out: g * x / out",
    "hypot.y": "lambda g, y, out: g * y / out",
    "inverse_mills.x": "lambda g, x, out: -g * out * (x + out)",
    "irfft.a": "lambda g, n, axis, norm: add_conjugate_pairs(np.fft.ifft(g, n, axis, norm), axis)",
    "leaky_relu.x": "lambda g, x, slope: g * np.where(x > 0, 1, slope)",
    "log_softmax.x": "lambda g, out, axis: g - np.exp(out) * g.sum(axis, keepdims=True)",
    "logsumexp.x": "lambda G, x, OUT: G * np.exp(x - OUT)",
    "lstm_gates.c": "lambda g, out: to_the_cell(g, out) * forget_gate(out)",
    "lstm_gates.z": "lambda g, c, out: to_the_gates(g, c, out)",
    **dict.fromkeys(
        ("max.a", "min.a", "nanmax.a", "nanmin.a"),
        "lambda G, a, OUT, axis, kept: G * (a == OUT) / (a == OUT).sum(axis, keepdims=kept)",
    ),
    **dict.fromkeys(("median.a", "nanmedian.a"), "lambda g, a, axis: to_the_middle_ones(g, a, axis)"),
    "mills_excess.x": "lambda g, x, out: g * (1 - out * (out - x))",
    "norm.x": "lambda g, x, out: g * x.conj() / out",
    "norm.x of other powers": "lambda g, x, p, out: g * x.conj() * np.abs(x) ** (p - 2) / out ** (p - 1)",
    "prod.a": "lambda G, a, OUT: G * OUT / a",
    **dict.fromkeys(
        ("nanpercentile.a", "nanquantile.a", "percentile.a", "quantile.a"),
        "lambda g, a, q, axis: to_the_ones_around_the_quantile(g, a, q, axis)",
    ),
    "repeat.a": "lambda g, repeats, axis: sum_of_repeats(g, repeats, axis)",
    "rescale.x": "lambda g, out, axis, eps, kept: "
    "(g[0] - out[0] * (g[0] * out[0]).mean(axis, keepdims=kept)) / np.sqrt(out[1] + eps)",
    "reversed_cumsum.a": "lambda g, axis: np.cumsum(g, axis)",
    "rfft.a": "lambda g, n, axis, norm: np.fft.fft(g, n, axis, norm).real",
    "softmax.x": "lambda g, out, axis: (g - (g * out).sum(axis, keepdims=True)) * out",
    "sort.a": "lambda g, a, axis: np.take_along_axis(g, np.argsort(np.argsort(a, axis), axis), axis)",
    "split.ary": "lambda g, axis: np.concatenate(g, axis)",
    "standardize.x": "lambda g, out, axis, eps, kept: "
    "(g[0] - g[0].mean(axis, keepdims=kept) - out[0] * (g[0] * out[0]).mean(axis, keepdims=kept)) "
    "/ np.sqrt(out[2] + eps)",
    "std.a": "lambda G, a, OUT, axis, ddof, n, kept: G * (a - a.mean(axis, keepdims=kept)).conj() / (OUT * (n - ddof))",
    "tile.A": "lambda g, reps: sum_of_copies(g, reps)",
    "var.a": "lambda G, a, axis, ddof, n, kept: G * 2 * (a - a.mean(axis, keepdims=kept)).conj() / (n - ddof)",
}
"""By the primitive and its argument. The words are made of what the rule needs, and of

    G, OUT  g and out with axes of size 1 for those that the function took away
    kept    True where it took away some of the axes, None where that were all
    n       the number of elements that went into one of the result
"""

OF_MATRICES = {
    "cholesky.a": "lambda g, out: "
    "to_triangle(np.linalg.inv(out).mT @ symmetric_from_lower(out.mT @ g) @ np.linalg.inv(out) / 2, 'L')",
    "det.a": "lambda g, a, out: g[..., None, None] * out[..., None, None] * np.linalg.inv(a).mT",
    "eig.a": "lambda g, out: np.linalg.solve(out[1].mT, g[0][..., None] * out[1].mT + inverse_gaps(out[0]) * "
    "(out[1].mT @ g[1] - out[1].mT @ out[1] * (out[1] * g[1]).sum(-2)[..., None, :]) @ out[1].mT)",
    "eigh.a": "lambda g, out, UPLO: to_triangle("
    "(out[1] * g[0][..., None, :] + out[1] @ (out[1].mT @ g[1] * inverse_gaps(out[0]))) @ out[1].mT, UPLO)",
    "eigvals.a": "lambda g, a: np.linalg.solve((V := np.linalg.eig(a)[1]).mT, g[..., None] * V.mT)",
    "eigvalsh.a": "lambda g, a, UPLO: to_triangle((V := np.linalg.eigh(a, UPLO)[1]) * g[..., None, :] @ V.mT, UPLO)",
    "lstsq.a": "lambda g, a, b: (b - a @ (x := (P := np.linalg.pinv(a)) @ b)) @ (P @ (y := P.T @ g)).T - y @ x.T "
    "+ P.T @ x @ (g - P @ a @ g).T",
    "lstsq.a of a vector": "lambda g, a, b: np.outer(b - a @ (x := (P := np.linalg.pinv(a)) @ b), P @ (y := P.T @ g)) "
    "- np.outer(y, x) + np.outer(P.T @ x, g - P @ a @ g)",
    "pinv.a": "lambda g, a, out: (g.mT - a @ out @ g.mT) @ out @ out.mT "
    "+ out.mT @ out @ (g.mT - g.mT @ out @ a) - out.mT @ g @ out.mT",
    "polar_factor.a": "lambda g, a, out: out @ lyapunov(out.mT @ a, minus_transpose(out.mT @ g)) "
    "+ outside_of(out, g) @ np.linalg.inv(out.mT @ a)",
    "qr.a": "lambda g, out: (g[0] + out[0] @ symmetric_from_lower(out[1] @ g[1].mT - g[0].mT @ out[0])) "
    "@ np.linalg.inv(out[1]).mT",
    "slogdet.a": "lambda g, a: g[1][..., None, None] * np.linalg.inv(a).mT",
    "solve.a of a vector": "lambda g, a, out: -np.outer(np.linalg.solve(a.T, g), out)",
    "solve.b of a vector": "lambda g, a: np.linalg.solve(a.T, g)",
    "svd.a": "lambda g, out: (out[0] * g[1][..., None, :] + out[0] @ (inverse_gaps(out[1] ** 2) * "
    "(minus_transpose(out[0].mT @ g[0]) * out[1][..., None, :] "
    "+ out[1][..., None] * minus_transpose(out[2] @ g[2].mT))) "
    "+ outside_of(out[0], g[0]) / out[1][..., None, :]) @ out[2] "
    "+ out[0] / out[1][..., None, :] @ outside_of(out[2].mT, g[2].mT).mT",
    "svdvals.x": "lambda g, x: (S := np.linalg.svd(x, False)).U * g[..., None, :] @ S.Vh",
}
"""Those of linear algebra, of real matrices but where COMPLEX says so, or of stacks of them (`.mT`); with the words

    inverse_gaps(w)           1 / (w[j] - w[i]) for i, j, and 0 for those that are equal
    minus_transpose(x)        x - x.T
    outside_of(q, x)          x - q @ q.T @ x: of x, what lies outside of the space of q's columns
    symmetric_from_lower(x)   the symmetric matrix that has the lower triangle of x
    to_triangle(x, 'L')       the lower triangle of x + x.T, its diagonal halved: NumPy reads one of a symmetric matrix
"""

MATRIX_FUNCTIONS = (
    "expm", "logm", "signm", "sinm", "cosm", "tanm", "sinhm", "coshm", "tanhm", "fractional_matrix_power",
)  # fmt: skip

SCIPYS = {
    "beta.x": "lambda g, x, y, out: g * out * (digamma(x) - digamma(x + y))",
    "beta.y": "lambda g, x, y, out: g * out * (digamma(y) - digamma(x + y))",
    "betainc.x": "lambda g, a, b, x: g * x ** (a - 1) * (1 - x) ** (b - 1) / beta(a, b)",
    "betaln.x": "lambda g, x, y: g * (digamma(x) - digamma(x + y))",
    "betaln.y": "lambda g, x, y: g * (digamma(y) - digamma(x + y))",
    "dawsn.x": "lambda g, x, out: g * (1 - 2 * x * out)",
    "erfcx.x": "lambda g, x: g * (2 * x * erfcx(x) - 2 / np.sqrt(np.pi))",
    "gammainc.y": "lambda g, x, y: g * y ** (x - 1) * np.exp(-y) / gamma(x)",
    "gammaincc.y": "lambda g, x, y: -g * y ** (x - 1) * np.exp(-y) / gamma(x)",
    "i0e.x": "lambda g, x, out: g * (i1e(x) - np.sign(x) * out)",
    "i1e.x": "lambda g, x, out: g * (i0e(x) - out / x - np.sign(x) * out)",
    "polygamma.x": "lambda g, n, x: g * polygamma(n + 1, x)",
    "rgamma.x": "lambda g, x: -g * digamma(x) / gamma(x)",
    "stdtr.y": "lambda g, x, y: g * (1 + y ** 2 / x) ** (-(x + 1) / 2) / (np.sqrt(x) * beta(1 / 2, x / 2))",
    **{f"{name}.A": f"lambda g, A, t: frechet_derivative({name}, A.T, g, t)" for name in MATRIX_FUNCTIONS},
    "solve_sylvester.a": "lambda g, a, b, out: -solve_sylvester(a.T, b.T, g) @ out.T",
    "solve_sylvester.b": "lambda g, a, b, out: -out.T @ solve_sylvester(a.T, b.T, g)",
    "solve_sylvester.q": "lambda g, a, b: solve_sylvester(a.T, b.T, g)",
    "sqrtm.A": "lambda g, out: solve_sylvester(out.T, out.T, g)",
    "solve_triangular.b": "lambda g, a, trans, lower: solve_triangular(a, g, 1 - trans, lower)",
}
"""Those of SciPy's functions; frechet_derivative(f, A, E) is that of a function of matrices at A along E."""

COMPLEX = {"eigvals.a"}

FILLED_UP = {"_qr_complete_a", "_svd_whole_a"}
"""The rules of decompositions with columns that only fill up a basis, of which a book's formula has none."""

TALL = {"qr.a", "polar_factor.a"}

OF_ALL = {"lstsq.a", "pinv.a"}
"""Of these a book's formula counts every singular value that is not 0."""

OF_ITS_OWN = {"_norm_p_x": "norm.x of other powers"}
"""Rules of primitives that share their name with another, whose words are other ones."""

WHOLE = {"where": True, "initial": np._NoValue}  # type: ignore[attr-defined]
"""The options with which a reduction takes all of its argument, and nothing else, as a book has it."""


def in_a_textbook(
    name: str, rule: Any, node: Any, parent: Any, given: Mapping[str, ast.expr], known: Mapping[str, Any], real: bool
) -> ast.expr | None:
    """What a book says of the derivative of `name`, a primitive and its argument; None if it says nothing.

    given  what stands for each parameter of the rule, and for the further words of `TEXTBOOK`
    known  what is known of each
    real   whether no array in it is complex
    """
    if str(rule.__module__).startswith("autograd.scipy."):
        words = _of_a_triangle(known, len(node.shape)) if name == "solve_triangular.a" else SCIPYS.get(name)
        return put_in(words, {"t": ast.Constant(None), **given}) if words else None
    if not str(rule.__module__).startswith("autograd.ops."):
        return None
    name = OF_ITS_OWN.get(rule.__name__, name)
    if name == "prod.a" and known.get("where") is not True:
        return put_in("lambda G, a, OUT, where: np.where(where, G * OUT / a, 0)", given)
    if name in TEXTBOOK and (name == "prod.a" or all(known.get(what, value) is value for what, value in WHOLE.items())):
        return put_in(TEXTBOOK[name], given)
    shape = parent.shape
    if not (real or name in COMPLEX) or rule.__name__ in FILLED_UP or (name in TALL and shape[-2] < shape[-1]):
        return None
    of_vector = f"{name} of a vector"
    key = of_vector if of_vector in OF_MATRICES and type(node.shape) is tuple and len(node.shape) == 1 else name
    if key not in OF_MATRICES or (name in OF_ALL and _leaves_out(known["rcond"], parent)):
        return None
    made = put_in(OF_MATRICES[key], given)
    made = _OfOne().visit(made) if len(shape) == 2 else made
    return made if real or parent.dtype.kind == "c" else ast.Attribute(made, "real", ast.Load())


def _leaves_out(rcond: Any, matrix: Any) -> bool:
    """Whether singular values may count as none that are more than rounding."""
    return rcond is not None and bool(np.max(rcond) > np.finfo(matrix.dtype).eps * max(matrix.shape[-2:]))


def _of_a_triangle(known: Mapping[str, Any], ndim: int) -> str | None:
    """Of the equations of a triangular matrix, for vectors or columns, transposed or not."""
    back = "solve_triangular(a, g, 1 - trans, lower)"
    first, second = ("out", back) if known["trans"] else (back, "out")
    product = f"np.outer({first}, {second})" if ndim == 1 else f"{first} @ {second}.T"
    words = f"lambda g, a, out, trans, lower: -np.{'tril' if known['lower'] else 'triu'}({product})"
    return None if known["unit_diagonal"] else words


class _OfOne(ast.NodeTransformer):
    """Of one matrix, and no stack: `.T`, and a vector as it stands for a factor of each column."""

    def visit_Attribute(self, part: ast.Attribute) -> ast.AST:
        self.generic_visit(part)
        return ast.Attribute(part.value, "T", ast.Load()) if part.attr == "mT" else part

    def visit_Subscript(self, part: ast.Subscript) -> ast.AST:
        self.generic_visit(part)
        index = ast.unparse(part.slice)
        if index in ("(..., None, :)", "..., None, :", "(..., None, None)", "..., None, None"):
            return part.value
        if index in ("(..., None)", "..., None"):
            part.slice = ast.Tuple([ast.Slice(), ast.Constant(None)], ast.Load())
        return part
