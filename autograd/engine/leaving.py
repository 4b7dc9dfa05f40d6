"""What leaves the graph says so: a tracked Tensor that is made a plain value would be a constant for every gradient.

NumPy and Python ask a Tensor for its plain value without saying what for. Who asks decides. To show a value, or to test
it, is no loss. A library that computes with it would lose its gradient, and is refused. For the rest, the program's own
conversions, there are two strictnesses: a function that is just being differentiated, and anomaly mode, refuse what
they would lose; elsewhere a warning says, once for each place, what becomes of the gradient.

`detach()`, `data`, `numpy()`, `item()`, `tolist()` and `no_grad` are the words with which a constant is meant.
"""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any, NamedTuple

from .modes import mode
from .node import Node, depends_on_arguments
from .place import Doing, line_of, outside, warn

_SHOWING = (
    "matplotlib.", "mpl_toolkits.", "seaborn.", "plotly.", "bokeh.", "IPython.", "logging.", "tensorboardX.",
    "torch.utils.tensorboard.", "wandb.", "_pytest.", "numpy.testing.",
)  # fmt: skip
"""Packages that show a value, or compare it in a test."""

_COMPUTING = (
    "scipy.", "pandas.", "sklearn.", "statsmodels.", "numba.", "torch.", "jax.", "tensorflow.", "statistics.",
    "numpy.ma.", "numpy.polynomial.", "math.", "cmath.",
)  # fmt: skip
"""Packages that compute with a value."""

_TESTS = frozenset({"isnan", "isinf", "isfinite", "isclose", "floor", "ceil", "trunc"})
"""Functions of the math module whose results have no slope: as of the comparisons, nothing is lost."""

_ELSEWHERE = {
    "math.fsum": "np.sum", "math.lgamma": "autograd.gammaln", "math.dist": "np.linalg.norm(x - y)",
    "math.remainder": "np.fmod", "scipy.integrate.quad": "scipy.integrate.fixed_quad",
    "scipy.integrate.quad_vec": "scipy.integrate.fixed_quad", "scipy.integrate.simpson": "numpy.trapezoid",
}  # fmt: skip
"""Functions that are called otherwise where they have a derivative, or are recorded step by step."""

_INSTEAD = {
    "STORE_SUBSCR": "assign to a Tensor, Tensor(array) or np.zeros(shape, like=x)",
    "Parameter": "keep what is computed from parameters in an attribute that is none",
    "from_dlpack": "export .detach()",
    "": "compute with functions of NumPy, join Tensors with np.stack, make arrays with autograd.numpy.array",
}
"""What to write for what the program does itself, by the operation or by the name of what is called."""


class _Asking(NamedTuple):
    """Who asks for a plain value.

    frame    of the program that called, outside of these packages and of those that convert
    kind     "shows", "computes" or "" where it is the program itself
    who      what is called there, for messages
    instead  what to write
    """

    frame: FrameType
    kind: str
    who: str
    instead: str


def leave(node: Node | None, shape: tuple[int, ...], what: str, export: bool = False) -> None:
    """A tracked tensor at `node` is made a plain value, by the method `what`: let it, warn, or raise TypeError.

    With `export` it is given to another library, which is always refused.
    """
    if node is None or mode.recording is False:
        return
    asking = _asking(what)
    if asking.kind == "shows":
        return
    start = mode.start
    if start is not None and depends_on_arguments(node, start):
        why = "that a function is just being differentiated by"
    elif export or asking.kind == "computes" or getattr(mode.watch, "refuses", False):
        why = "that requires a gradient"
    else:
        warn(
            f"{asking.who}: a tensor that requires a gradient becomes a plain value, through which no gradient flows; "
            f"write .detach(), .data or .item() if that is meant, else {asking.instead}",
            asking.frame,
        )
        return
    raise TypeError(
        f"{asking.who}: expected a plain value, got a tensor of shape {shape} {why}, which would count as a constant; "
        f"{asking.instead}, or take .data or .item() where the value alone is wanted; at {line_of(asking.frame)}"
    )


def left_to_operand() -> bool:
    """Whether an operator of SciPy's sparse matrices asks, to see whether its other operand is an array."""
    frame = outside(sys._getframe(2))
    asked = False
    while frame is not None and _module(frame).startswith("scipy.sparse."):
        asked = frame.f_code.co_name in _OPERATORS
        frame = None if asked else frame.f_back
    return asked


_OPERATORS = frozenset({"__matmul__", "__mul__", "__rmul__", "__truediv__"})


def _asking(what: str) -> _Asking:
    """From the inside out: the packages that the value is passed through, up to the program that called them."""
    frame = last = outside(sys._getframe(2))
    kind = ""
    passed: list[FrameType] = []
    while frame is not None:
        module = _module(frame)
        if module.startswith(_SHOWING):
            kind = "shows"
        elif module.startswith(_COMPUTING):
            kind = kind or "computes"
            passed.append(frame)
        elif not module.startswith("numpy."):
            break
        last, frame = frame, outside(frame.f_back)
    at = frame or last
    assert at is not None
    doing = Doing.of(at)
    called = doing.called(at)
    if not kind:
        kind = _directly(doing, called)
    if kind == "shows":
        return _Asking(at, kind, "", "")
    if kind == "computes":
        who = _named(called) if _module_of(called).startswith(_COMPUTING) else _entry(passed)
        if who == "scipy.stats" or who.startswith("scipy.stats.rv_"):  # a method of a distribution, as it is written
            who = ".".join(["scipy.stats", *filter(None, doing.names[-2:])])
        return _Asking(at, kind, who, _instead_of(who))
    instead = _INSTEAD.get(doing.names[-1] if doing.names else doing.operation, _INSTEAD[""])
    return _Asking(at, kind, ".".join(name for name in doing.names if name) or what, instead)


def _directly(doing: Doing, called: Any) -> str:
    """What a function written in C does with it, which the program calls itself."""
    if doing.operation == "BINARY_OP %":
        return "shows"  # a number in a string
    if doing.names[-1:] == ("dot",) and called is None:
        return "computes"  # ndarray's method, which asks nobody
    if _module_of(called) in ("math.", "cmath."):
        return "shows" if called.__name__ in _TESTS else "computes"
    return ""


def _instead_of(who: str) -> str:
    """What to write for a function that computes with plain arrays: that with a derivative, if there is one."""
    module, _, name = who.rpartition(".")
    if name == "dot" and not module:
        return "write X @ w or np.dot(X, w), which are recorded"
    if module.startswith("numpy.ma"):
        return "use np.where(mask, value, x) instead of a masked array"
    if who.startswith("pandas"):
        return "compute with the table's .to_numpy()"
    places = [f"autograd.{module}"]
    places += ["numpy", "autograd"] if module in ("math", "cmath") else []
    places += [module.replace("scipy", "numpy")] if module in ("scipy.linalg", "scipy.fft") else []
    places += ["numpy"] if module == "scipy.integrate" else []
    for place in places:
        found = known(f"{place}.{name}")
        if callable(found) and found is not known(who):
            return f"use {place}.{name}, which has a derivative"
    if who.startswith("scipy.sparse"):
        return "write S @ x or S * x with a sparse matrix S, which are recorded"
    if who in _ELSEWHERE:
        return f"use {_ELSEWHERE[who]}, which has a derivative"
    return "write it with functions of NumPy, or give it a derivative (primitive)"


def known(path: str) -> Any:
    """What stands at a place in packages that are loaded, which load their own modules when they are asked for."""
    first, *rest = path.split(".")
    found: Any = sys.modules.get(first)
    for name in rest:
        found = getattr(found, name, None)
    return found


def _module(frame: FrameType) -> str:
    return f"{frame.f_globals.get('__name__', '')}."


def _module_of(function: Any) -> str:
    return f"{getattr(function, '__module__', None) or ''}."


def _named(function: Any) -> str:
    """A function's public name: scipy.linalg.cholesky."""
    return f"{_public(_module_of(function))}.{getattr(function, '__name__', '')}"


def _entry(passed: list[FrameType]) -> str:
    """The outermost function that a package's users know, of those that the value was passed through."""
    if not passed:
        return "dot"
    for frame in reversed(passed):
        parts, name = _public(_module(frame)).split("."), frame.f_code.co_qualname
        for place in (".".join(parts[: end + 1]) for end in range(len(parts))):
            if place != "numpy" and hasattr(sys.modules.get(place), name.partition(".")[0]):
                return f"{place}.{name}"
    return _public(_module(passed[-1]))


def _public(module: str) -> str:
    """A module's name up to what is private to its package."""
    parts = module.rstrip(".").split(".")
    private = next((i for i, part in enumerate(parts) if part.startswith("_") or part == "core"), len(parts))
    return ".".join(parts[:private])
