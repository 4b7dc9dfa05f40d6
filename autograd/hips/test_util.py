"""check_grads: derivatives against differences in random directions, in both modes, for nested containers.

It is HIPS autograd's check, and cheap where `gradcheck`, which compares whole Jacobians, is not.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..engine.tensor import Tensor
from ..transforms.call import name_of
from ..transforms.tree import is_differentiable, leaves, rebuild
from .core import make_jvp, make_vjp
from .differential_operators import like
from .wrap_util import unary_to_nary

_EPS = 1e-6
_TOLERANCE = 1e-5  # of inner products, relative to the largest they could be
_ROUNDING = 16 * np.finfo(np.float64).eps


@unary_to_nary
def check_grads(fun: Callable[..., Any], x: Any, modes: Sequence[str] = ("fwd", "rev"), order: int = 2) -> None:
    """Compare derivatives with differences: check_grads(fun, argnum=0, modes, order)(*args).

    Raises AssertionError for a wrong one, with the mode and the function (vjp_… and jvp_… for second order), ValueError
    for an unknown mode.

    >>> from autograd.test_util import check_grads
    >>> check_grads(np.sin)(1.0)
    >>> check_grads(np.multiply, (0, 1), modes=["rev"], order=1)(2.0, np.ones(3))
    """
    if not set(modes) <= {"fwd", "rev"}:
        raise ValueError(f"check_grads: expected modes of 'fwd' and 'rev', got {list(modes)}")
    name = name_of(fun)
    tangent = _random(x)
    value = fun(x)
    cotangent = _random(value)
    numerical = _difference(fun, x, tangent)
    rounding = _ROUNDING * _norm(value) * _norm(cotangent) / _EPS
    if "fwd" in modes:
        moved = make_jvp(fun, x)(tangent)[1]
        _compare("derivative (JVP)", name, cotangent, moved, cotangent, numerical, rounding)
        _again(lambda x, v: make_jvp(fun, x)(v)[1], f"jvp_{name}", (x, tangent), modes, order)
    if "rev" in modes:
        pulled = make_vjp(fun, x)[0](cotangent)
        _compare("gradient (VJP)", name, pulled, tangent, cotangent, numerical, rounding)
        _again(lambda x, v: make_vjp(fun, x)[0](v), f"vjp_{name}", (x, cotangent), modes, order)


def _again(fun: Callable[..., Any], name: str, args: tuple[Any, Any], modes: Sequence[str], order: int) -> None:
    if order > 1:
        fun.__name__ = name
        check_grads(fun, (0, 1), modes, order - 1)(*args)


def check_vjp(fun: Callable[..., Any], x: Any) -> None:
    """check_grads of the gradient alone, of a function of one argument."""
    check_grads(fun, modes=("rev",), order=1)(x)


def check_jvp(fun: Callable[..., Any], x: Any) -> None:
    """check_grads of the derivative along a tangent alone, of a function of one argument."""
    check_grads(fun, modes=("fwd",), order=1)(x)


def combo_check(fun: Callable[..., Any], *args: Any, **kwargs: Any) -> Callable[..., None]:
    """check_grads for every combination of the given arguments, each a list of them.

    >>> from autograd.test_util import combo_check
    >>> combo_check(np.sum, 0)([np.ones((2, 3)), np.zeros((1, 1))], axis=[None, 0])
    """
    check = check_grads(fun, *args, **kwargs)

    def combinations(*choices: Any, **named: Any) -> None:
        for values in itertools.product(*choices, *named.values()):
            check(*values[: len(choices)], **dict(zip(named, values[len(choices) :], strict=True)))

    return combinations


def check_equivalent(x: Any, y: Any) -> None:
    """Raise AssertionError unless two values, in the same containers, are almost equal.

    >>> from autograd.test_util import check_equivalent
    >>> check_equivalent([1.0, 2.0], [1.0, 2.0 + 1e-12])
    """
    first, second = leaves(x), leaves(y)
    if len(first) != len(second):
        raise AssertionError(f"check_equivalent: {len(first)} values against {len(second)}")
    for a, b in zip(first, second, strict=True):
        np.testing.assert_allclose(_plain(a), _plain(b), rtol=1e-6, atol=1e-6)


def scalar_close(a: float, b: float) -> bool:
    """Whether two numbers are almost equal.

    >>> from autograd.test_util import scalar_close
    >>> scalar_close(1.0, 1.0 + 1e-9)
    True
    """
    return bool(abs(a - b) <= 1e-6 * max(1.0, abs(a), abs(b)))


# ---- values in containers, as vectors --------------------------------------------------------------------------------


def _plain(value: Any) -> Any:
    return value._content if isinstance(value, Tensor) else value


def _arrays(value: Any) -> list[Any]:
    return [np.asarray(_plain(leaf)) for leaf in leaves(value) if is_differentiable(leaf)]


def _random(value: Any) -> Any:
    def draw(leaf: Any) -> Any:
        leaf = _plain(leaf)
        real = np.random.randn(*np.shape(leaf))
        return real + 1j * np.random.randn(*np.shape(leaf)) if np.iscomplexobj(leaf) else real

    return like(value, draw)


def _moved(x: Any, tangent: Any, step: float) -> Any:
    pairs = zip(leaves(x), leaves(tangent), strict=True)
    return rebuild(x, iter([a if t is None else _plain(a) + step * t for a, t in pairs]))


def _difference(fun: Callable[..., Any], x: Any, tangent: Any) -> list[Any]:
    ahead, behind = _arrays(fun(_moved(x, tangent, _EPS))), _arrays(fun(_moved(x, tangent, -_EPS)))
    return [(a - b) / (2 * _EPS) for a, b in zip(ahead, behind, strict=True)]


def _inner(a: Any, b: Any) -> float:
    """Re Σ a b: what a gradient (in JAX's sense) says of the change b."""
    return float(sum([(u * v).sum().real for u, v in zip(_arrays(a), _arrays(b), strict=True)]))


def _norm(a: Any) -> float:
    return math.sqrt(sum([np.vdot(u, u).real for u in _arrays(a)]))


def _compare(what: str, name: str, a: Any, b: Any, c: Any, d: Any, rounding: float) -> None:
    analytical, numerical = _inner(a, b), _inner(c, d)
    allowed = _TOLERANCE * max(_norm(a) * _norm(b), _norm(c) * _norm(d)) + rounding
    if not abs(analytical - numerical) <= allowed:
        raise AssertionError(
            f"check_grads: {what} check of {name} failed: the derivative in a random direction is {analytical}, "
            f"differences give {numerical}"
        )
