"""Scopes within which every operation is shown to somebody, or its node keeps all that it was given."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from .modes import mode
from .node import Node
from .primitive import Primitive
from .signature import signature_of

See = Callable[[Primitive, Node, dict[str, Any], Any], None]
"""What is shown of a recorded operation: its primitive, node, arguments by name, and sequence of arguments."""


@contextmanager
def observed(see: See) -> Iterator[None]:
    """Within it `see` is called after every operation that is recorded."""
    before = mode.recording, mode.watch
    mode.recording = mode.watch = _Observer(see, *before)
    try:
        yield
    finally:
        mode.recording, mode.watch = before


@contextmanager
def keeping_arguments() -> Iterator[None]:
    """Within it `node.extras.given` has every argument, by name; of a sequence of arguments, a tuple."""
    with observed(_keep):
        yield


def _keep(primitive: Primitive, node: Node, given: dict[str, Any], listed: Any) -> None:
    signature = signature_of(primitive)
    sequence = signature.sequence if signature is not None else None
    node.more().given = {**given, sequence: listed} if sequence else given


class _Observer:
    """What is shown every operation and every VJP; it passes on what was watching before."""

    def __init__(self, see: See, recording: Any, watch: Any) -> None:
        self.see = see
        self.recording = recording if callable(recording) else None
        self.watch = watch
        self.refuses = getattr(watch, "refuses", False)

    def __call__(
        self, primitive: Primitive, node: Node | None, results: Any, given: dict[str, Any], listed: Any
    ) -> None:
        if node is not None:
            self.see(primitive, node, given, listed)
        if self.recording is not None:
            self.recording(primitive, node, results, given, listed)

    def vjp(self, node: Node, parent: Node, rule: Callable[..., Any], g: Any, saved: Any) -> Any:
        return rule(g, saved) if self.watch is None else self.watch.vjp(node, parent, rule, g, saved)

    def freed(self, node: Node) -> None:
        if self.watch is not None:
            self.watch.freed(node)
