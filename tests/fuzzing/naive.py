"""A second engine, to check the first one by: forward mode, out of place, with no cleverness whatever.

A number is a value and its derivatives along two directions u and v, and along both (a hyper-dual number): four arrays,
which every function computes side by side by the rules of calculus. There is no graph. What shares memory in NumPy
shares it in all four, so that views and assignments need no thought: they are NumPy's own, four times.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Function = Callable[..., Any]


class Dual:
    """A value with its derivatives along u, along v, and along u and v."""

    def __init__(self, *parts: Any) -> None:
        self.parts = [part if type(part) in (int, float) else np.asarray(part) for part in parts]

    @property
    def value(self) -> Any:
        return self.parts[0]

    @classmethod
    def constant(cls, value: Any) -> Dual:
        value = np.asarray(value)
        return cls(value, *[np.zeros_like(value) for _ in range(3)])


def dual(x: Any) -> Dual:
    """Itself; of a Python number one, which leaves the other operand's dtype alone."""
    return x if isinstance(x, Dual) else Dual(x, 0, 0, 0)


def linear(function: Function) -> Function:
    """A function that is linear in its first argument, a view if NumPy's is one."""
    return lambda x, *args, **options: Dual(*[function(part, *args, **options) for part in x.parts])


def bilinear(function: Function) -> Function:
    """A function that is linear in each of its two arguments: the product rule, twice."""

    def both(x: Any, y: Any) -> Dual:
        (x, xu, xv, xuv), (y, yu, yv, yuv) = dual(x).parts, dual(y).parts
        f = function
        return Dual(
            f(x, y), f(xu, y) + f(x, yu), f(xv, y) + f(x, yv), f(xuv, y) + f(xu, yv) + f(xv, yu) + f(x, yuv)
        )  # fmt: skip

    return both


def smooth(f: Function, first: Function, second: Function) -> Function:
    """An elementwise function with its first and second derivative: the chain rule, twice."""

    def of(x: Dual) -> Dual:
        value, u, v, uv = x.parts
        one, two = first(value), second(value)
        return Dual(f(value), one * u, one * v, one * uv + two * u * v)

    return of


def chosen(choose: Function) -> Function:
    """A function of two that takes, of each element, x, y, or where choose(x, y) is 0 the half of both derivatives."""

    def of(x: Dual, y: Dual) -> Dual:
        which = choose(x.value, y.value)
        half = lambda a, b: (a + b) * a.dtype.type(0.5)
        return Dual(
            np.where(which > 0, x.value, y.value),
            *[np.where(which > 0, a, np.where(which < 0, b, half(a, b)))
              for a, b in zip(x.parts[1:], y.parts[1:], strict=True)]
        )  # fmt: skip

    return of


add = lambda x, y: Dual(*[a + b for a, b in zip(dual(x).parts, dual(y).parts, strict=True)])
subtract = lambda x, y: Dual(*[a - b for a, b in zip(dual(x).parts, dual(y).parts, strict=True)])
multiply = bilinear(np.multiply)
reciprocal = smooth(lambda x: 1 / x, lambda x: -1 / x**2, lambda x: 2 / x**3)
divide = lambda x, y: multiply(x, reciprocal(y))
exp = smooth(np.exp, np.exp, np.exp)
log = smooth(np.log, lambda x: 1 / x, lambda x: -1 / x**2)
expm1 = smooth(np.expm1, np.exp, np.exp)
log1p = smooth(np.log1p, lambda x: 1 / (1 + x), lambda x: -1 / (1 + x) ** 2)
sin = smooth(np.sin, np.cos, lambda x: -np.sin(x))
cos = smooth(np.cos, lambda x: -np.sin(x), lambda x: -np.cos(x))
tanh = smooth(np.tanh, lambda x: 1 - np.tanh(x) ** 2, lambda x: -2 * np.tanh(x) * (1 - np.tanh(x) ** 2))
arctan = smooth(np.arctan, lambda x: 1 / (1 + x**2), lambda x: -2 * x / (1 + x**2) ** 2)
square = smooth(np.square, lambda x: 2 * x, lambda x: 2 + 0 * x)
cube = smooth(lambda x: x**3, lambda x: 3 * x**2, lambda x: 6 * x)
root = smooth(np.sqrt, lambda x: 0.5 * x**-0.5, lambda x: -0.25 * x**-1.5)  # of x > 0
absolute = smooth(np.abs, np.sign, np.zeros_like)
maximum, minimum = chosen(lambda x, y: np.sign(x - y)), chosen(lambda x, y: np.sign(y - x))
positive_part = smooth(  # as the larger one of x and 0, which share the slope where they are equal
    lambda x: np.where(x > 0, x, 0 * x), lambda x: 1.0 * (x > 0) + 0.5 * (x == 0), np.zeros_like
)


def clipped(x: Dual, low: float, high: float) -> Dual:
    """Between bounds, which belong to the inside."""
    value, inside = np.clip(x.value, low, high), (x.value >= low) & (x.value <= high)
    return Dual(value, *[(part * inside).astype(value.dtype) for part in x.parts[1:]])


where = lambda condition, x, y: Dual(*[np.where(condition, a, b) for a, b in zip(x.parts, y.parts, strict=True)])
matmul = bilinear(np.matmul)
outer = bilinear(lambda x, y: np.einsum("...i,...j->...ij", x, y))
total = linear(np.sum)
mean = linear(np.mean)
concatenate = lambda xs, axis: Dual(*[np.concatenate(parts, axis) for parts in _columns(xs)])
stack = lambda xs, axis: Dual(*[np.stack(parts, axis) for parts in _columns(xs)])


def _columns(xs: Any) -> Any:
    return zip(*[x.parts for x in xs], strict=True)


def largest(x: Dual, axis: Any) -> Dual:
    """The maximum over an axis; elements that tie share its derivative."""
    at = x.value == x.value.max(axis, keepdims=True)
    share = at / at.sum(axis, keepdims=True).astype(x.value.dtype)
    return Dual(x.value.max(axis), *[(part * share).sum(axis) for part in x.parts[1:]])


def smallest(x: Dual, axis: int) -> Dual:
    """The minimum over an axis, which stays."""
    return linear(np.expand_dims)(linear(np.negative)(largest(linear(np.negative)(x), axis)), axis)


def ordered(x: Dual, axis: int) -> Dual:
    order = np.argsort(x.value, axis, kind="stable")
    return Dual(*[np.take_along_axis(part, order, axis) for part in x.parts])


def product(x: Dual, axis: int) -> Dual:
    """The product over an axis, one factor after the other."""
    rows = [Dual(*[np.take(part, k, axis) for part in x.parts]) for k in range(x.value.shape[axis])]
    result = Dual.constant(np.ones_like(np.take(x.value, [0], axis).squeeze(axis)))
    for row in rows:
        result = multiply(result, row)
    return result


def variance(x: Dual, axis: int) -> Dual:
    centre = mean(x, axis, keepdims=True)
    return mean(square(subtract(x, centre)), axis)


def softmax(x: Dual, axis: int) -> Dual:
    powers = exp(x)
    return divide(powers, total(powers, axis, keepdims=True))


def logsumexp(x: Dual, axis: int) -> Dual:
    return log(total(exp(x), axis))


def norm(x: Dual, axis: int) -> Dual:
    if not x.value.shape[axis]:
        raise ValueError("of nothing it is 0, where the root has no slope")
    return root(total(multiply(x, x), axis))


def inverse(x: Dual) -> Dual:
    """Of a matrix: the derivative of X X⁻¹ = 1, twice."""
    value, u, v, uv = x.parts
    i = np.linalg.inv(value)
    return Dual(i, -i @ u @ i, -i @ v @ i, i @ (u @ i @ v + v @ i @ u - uv) @ i)


def assign(x: Dual, index: Any, y: Any) -> None:
    """x[index] = y, and with it whatever shares memory; integers have no derivative."""
    for part, new in zip(x.parts, dual(y).parts, strict=True):
        part[index] = new if x.value.dtype.kind == "f" or part is x.value else 0


def scaled_gradient(x: Dual, factor: float) -> None:
    """What a hook does that multiplies the gradient, before anything has been computed from x."""
    for part in x.parts[1:]:
        part *= factor
