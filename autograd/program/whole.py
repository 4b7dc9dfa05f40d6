"""A derivative rule as one statement, where it cannot be traced inside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..engine.node import Node
from ..engine.primitive import Cotangents


class WholeRule:
    """A derivative rule as one function, of the gradient and the saved values.

    named  the rule itself, for who prints it; `wants` says which of the saved values it takes, by their places
    """

    def __init__(self, rule: Callable[..., Any], name: str, several: bool) -> None:
        self.rule = rule
        self.__name__ = name
        self.several = several

    def __call__(self, g: Any, *saved: Any) -> Any:
        return self.rule(Cotangents(g) if self.several else g, saved)


_wholes: dict[Any, WholeRule] = {}


def whole_rule(rule: Callable[..., Any], node: Node, several: bool) -> WholeRule:
    key = rule, several
    if key not in _wholes:
        _wholes[key] = WholeRule(rule, f"{node.name}_rule", several)
    return _wholes[key]


def listed(g: Any) -> Any:
    return list(g) if type(g) is Cotangents else g
