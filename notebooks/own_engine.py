"""An engine in sixty lines: the model answer to notebook 14. Write your own before you read it."""

from __future__ import annotations

import math
from collections.abc import Callable


class Number:
    """A number that remembers what it was computed from, and after `backward` how the result depends on it."""

    def __init__(
        self, value: float, parents: tuple[Number, ...] = (), rules: tuple[Callable[[float], float], ...] = ()
    ):
        self.value, self.grad = float(value), 0.0
        self.parents, self.rules = parents, rules  # rules[k](g) is what goes back to parents[k]

    def __add__(self, other: Number | float) -> Number:
        other = number(other)
        return Number(self.value + other.value, (self, other), (lambda g: g, lambda g: g))

    def __mul__(self, other: Number | float) -> Number:
        other = number(other)
        return Number(self.value * other.value, (self, other), (lambda g: g * other.value, lambda g: g * self.value))

    def __neg__(self) -> Number:
        return self * -1

    def __sub__(self, other: Number | float) -> Number:
        return self + -number(other)

    def __rsub__(self, other: Number | float) -> Number:
        return number(other) - self

    __radd__, __rmul__ = __add__, __mul__

    def exp(self) -> Number:
        y = math.exp(self.value)
        return Number(y, (self,), (lambda g: g * y,))

    def tanh(self) -> Number:
        y = math.tanh(self.value)
        return Number(y, (self,), (lambda g: g * (1 - y * y),))

    def backward(self) -> None:
        """Add d self / d n to n.grad, for each number n that this was computed from."""
        order: list[Number] = []
        waiting, seen = [(self, False)], set()
        while waiting:  # a stack, for long computations are deeper than Python's recursion goes
            n, finished = waiting.pop()
            if finished:
                order.append(n)  # all of its parents stand before it
            elif id(n) not in seen:
                seen.add(id(n))
                waiting += [(n, True), *((parent, False) for parent in n.parents)]
        arrived = {id(self): 1.0}
        for n in reversed(order):
            g = arrived.pop(id(n))  # complete: all that n went into has sent its share
            n.grad += g
            for parent, rule in zip(n.parents, n.rules, strict=True):
                arrived[id(parent)] = arrived.get(id(parent), 0.0) + rule(g)


def number(value: Number | float) -> Number:
    """A plain number as a Number."""
    return value if isinstance(value, Number) else Number(value)
