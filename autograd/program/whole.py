"""A derivative rule as one statement, where it cannot be traced inside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..engine.node import Node
from ..engine.primitive import Cotangents, needs_of, rule_of


class WholeRule:
    """A derivative rule as one function, of the gradient and the saved values.

    named  the rule itself, for who prints it
    wants  what it is given after the gradient: the place of a saved value, or (i,) where it asks for which of a
           sequence of arguments the gradient is
    """

    def __init__(self, rule: Callable[..., Any], node: Node, several: bool) -> None:
        self.rule = rule
        self.__name__ = f"{node.name}_rule"
        self.several = several
        plan = node.plan
        (input,) = [input for input, vjp in zip(plan.inputs, plan.vjps, strict=True) if vjp is rule]
        self.named = rule_of(plan.primitive, input)
        self.wants = [
            (input[-1],) if name == "i" and name not in plan.names else plan.names.index(name)
            for name in needs_of(self.named)
        ]

    def __call__(self, g: Any, *saved: Any) -> Any:
        return self.rule(Cotangents(g) if self.several else g, saved)


_wholes: dict[Any, WholeRule] = {}


def whole_rule(rule: Callable[..., Any], node: Node, several: bool) -> WholeRule:
    key = rule, several
    if key not in _wholes:
        _wholes[key] = WholeRule(rule, node, several)
    return _wholes[key]


def listed(g: Any) -> Any:
    return list(g) if type(g) is Cotangents else g
