"""A formula in the words of its readers: the engine's own helpers as what NumPy or a textbook calls them.

The formula's code calls a helper where the rule does; its text must not, for a reader knows `np.cross` and `silu′`, and
not the name of a function inside of the engine.
"""

from __future__ import annotations

import ast
import copy
import functools
import re
from collections.abc import Mapping
from typing import Any

from .expressions import UNKNOWN

WORDS = {
    "activations.kept": "lambda x, low, high: np.clip(x, low, high)",
    "bell": "lambda x, rate, height: height * np.exp(-rate * x ** 2)",
    "correlate_kernel": "lambda y, x: correlate(x, y)",
    "correlate_transpose": "lambda y, w: conv_transpose(y, w)",
    "cross3": "lambda a, b: np.cross(a, b)",
    "deviation": "lambda a, g, axis, ddof: g * (a - a.mean(axis, keepdims=True)) / (n - ddof)",
    "fft_whole": "lambda x, axes, norm: np.fft.fftn(x, axes=axes, norm=norm)",
    "gelu_slope": "lambda x: gelu′(x)",
    "gelu_tanh_slope": "lambda x: gelu_tanh′(x)",
    "elu_slope": "lambda x: elu′(x)",
    "hardswish_slope": "lambda x: hardswish′(x)",
    "ifft_whole": "lambda x, axes, norm: np.fft.ifftn(x, axes=axes, norm=norm)",
    "from_max": "lambda g, x, highest, size: at_the_maximum_of_each_window(g, x, size)",
    "i1_slope": "lambda x: np.i0(x) - i1(x) / x",
    "i_over_power": "lambda n, x: iv(n, x) / x ** n",
    "indexing.along": "lambda index, shape, axis: index_along(index, axis)",
    "inverse_mills": "lambda x: np.exp(-x ** 2 / 2) / (np.sqrt(2 * np.pi) * ndtr(x))",
    "linalg.inverse": "lambda x: 1 / x",
    "line_x": "lambda g, shape, width, axis, mode: adjoint_of_pad(g, width, axis, mode)",
    "log_softmax_at_rule": "lambda g, x, index, axis: g * (one_hot(index) - softmax(x, axis))",
    "masked": "lambda g, keep: g * keep",
    "multiply_add_x": "lambda g, w: g * w",
    "padded": "lambda x, widths: np.pad(x, widths)",
    "pair_products": "lambda a, b: products_of_pairs(a, b)",
    "pair_sums": "lambda w, x: sum_over_pairs(w, x)",
    "permuted": "lambda x, order, axis: np.take_along_axis(x, order, axis)",
    "pinv_general": "lambda a: np.linalg.pinv(a)",
    "polar_factor": "lambda a: polar_factor(a)",
    "power_y": "lambda g, x, y, out: g * out * np.log(x)",
    "reached_rule": "lambda g, emitted: forward_backward(g, emitted)",
    "reductions.kept": "lambda g, axis: np.expand_dims(g, axis)",
    "shape.reshaped": "lambda x, shape, order: x.reshape(shape, order=order)",
    "roll_vjp": "lambda g, shift, axis: np.roll(g, -shift, axis)",
    "sigmoid_surplus": "lambda x, y: sigmoid(x) - y",
    "setitem_value": "lambda g, shape, index: g[index]",
    "silu_slope": "lambda x: silu′(x)",
    "sorting.inverse": "lambda order, axis: np.argsort(order, axis)",
    "spread_windows": "lambda g, shape, size: spread_over_windows(g, size)",
    "to_max": "lambda g, x, highest, size: to_the_maximum_of_each_window(g, x, size)",
    "tril": "lambda m, k=None: np.tril(m, k)",
    "triu": "lambda m, k=None: np.triu(m, k)",
}
"""What stands for a call of a helper, with the arguments that a reader needs; where several modules have one of that
name, with the module's."""

KNOWN = {
    "add_conjugate_pairs", "adjoint_of_pad", "at_the_maximum_of_each_window", "beta", "broadcast_to", "cofactors",
    "conv_transpose", "correlate", "crop", "digamma", "erfcx", "fold", "forget_gate", "forward_backward",
    "frechet_derivative", "gamma", "i0e", "i1", "i1e", "index_along", "inverse_gaps", "iv", "lyapunov",
    "minus_transpose", "ndtr", "on_diagonal", "one_hot", "outside_of", "polar_factor", "polygamma",
    "products_of_pairs", "relu", "scatter_add", "sigmoid", "softmax", "softplus", "solve_sylvester",
    "solve_triangular", "spread_over_windows", "sum_of_copies", "sum_of_repeats", "sum_over_pairs", "sum_to",
    "sum_windows", "symmetric_from_lower", "to_the_cell", "to_the_gates", "to_the_maximum_of_each_window",
    "to_the_middle_ones", "to_the_ones_around_the_quantile", "to_triangle", "where", "windows",
}  # fmt: skip
"""Names that say it, besides what a user's own rule calls."""

PRIME = "_prime"
"""What stands for the sign of a derivative, which is no part of Python's names."""

HUGE = "-greatest", "-1.797", "-3.402"
"""How the bound begins that keeps the infinite apart from the numbers; it changes none of these."""


def in_words(tree: ast.expr, space: Mapping[str, Any]) -> ast.expr | None:
    """The formula without the engine's own helpers; None if that cannot be written.

    space  the values of the names in it
    """
    reader = _Reader(space)
    made: ast.expr = reader.visit(copy.deepcopy(tree))
    return None if reader.lost else made


class _Reader(ast.NodeTransformer):
    def __init__(self, space: Mapping[str, Any]) -> None:
        self.space = space
        self.lost = False

    def visit_Call(self, call: ast.Call) -> ast.AST:
        self.generic_visit(call)
        if ast.unparse(call.func) == "np.maximum" and ast.unparse(call.args[-1]).startswith(HUGE):
            return call.args[0]
        if not isinstance(call.func, ast.Name):
            root: ast.expr = call.func
            while isinstance(root, ast.Attribute):
                root = root.value
            self.lost = self.lost or (isinstance(root, ast.Name) and self._is_ours(root.id))
            return call
        name = call.func.id.lstrip("_")
        if name == "setitem" and ast.unparse(call.args[1]) == "0":
            return ast.Name(f"{ast.unparse(call.args[0])} with [{_index(call.args[2])}] = 0", ast.Load())
        if name == "sinc" and len(call.args) == 2 and isinstance(call.args[1], ast.Constant):
            return ast.Call(ast.Name("sinc" + "′" * int(str(call.args[1].value)), ast.Load()), call.args[:1], [])
        home = str(getattr(self.space.get(call.func.id), "__module__", "")).rpartition(".")[2]
        words = WORDS.get(f"{home}.{name}") or WORDS.get(name)
        if words is not None:
            return put_in(words, call.args)
        known = name in KNOWN or not self._is_ours(call.func.id)
        self.lost = self.lost or not known
        return call

    def _is_ours(self, name: str) -> bool:
        return str(getattr(self.space.get(name), "__module__", "")).startswith("autograd.")


def says_little(text: str) -> bool:
    """Whether something unknown stands deep inside of a long formula."""
    return UNKNOWN in text and (len(text) > 120 or re.search(r"\b(len|range|slice|tuple)\(", text) is not None)


def _index(index: ast.expr) -> str:
    text = ast.unparse(index)
    return text[len("np.s_[") : -1] if text.startswith("np.s_[") else text


def put_in(words: str, arguments: Mapping[str, ast.expr] | list[ast.expr]) -> ast.expr:
    """The words with the arguments of a call in them, and without what they leave as it is."""
    function = copy.deepcopy(_parsed(words))
    if isinstance(arguments, list):
        names = [argument.arg for argument in function.args.args]
        defaults = function.args.defaults
        usual = dict(zip(names[len(names) - len(defaults) :], defaults, strict=True))
        arguments = usual | dict(zip(names, arguments, strict=False))
    given = arguments

    class Put(ast.NodeTransformer):
        def visit_Name(self, name: ast.Name) -> ast.AST:
            if name.id.endswith(PRIME):
                return ast.Name(name.id.replace(PRIME, "′"), ast.Load())
            found: ast.expr = copy.deepcopy(given.get(name.id, name))
            return found

        def visit_Call(self, made: ast.Call) -> ast.AST:
            self.generic_visit(made)
            made.args = [item for item in made.args if not _says_nothing(item)]
            made.keywords = [item for item in made.keywords if not _says_nothing(item.value)]
            return made

        def visit_BinOp(self, made: ast.BinOp) -> ast.AST:
            self.generic_visit(made)
            if isinstance(made.op, ast.Sub) and isinstance(made.right, ast.Constant) and made.right.value == 0:
                return made.left
            return made

    result: ast.expr = Put().visit(function.body)
    return result


@functools.cache
def _parsed(words: str) -> Any:
    return ast.parse(words.replace("′", PRIME), mode="eval").body


def _says_nothing(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
