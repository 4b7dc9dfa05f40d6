"""A scope within which every node keeps all that its operation was given, not only what its rules need."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from .modes import mode
from .node import Node
from .primitive import Primitive
from .signature import signature_of


@contextmanager
def keeping_arguments() -> Iterator[None]:
    """Within it `node.extras.given` has every argument, by name; of a sequence of arguments, a tuple."""
    before = mode.recording, mode.watch
    mode.recording = mode.watch = _Keep(*before)
    try:
        yield
    finally:
        mode.recording, mode.watch = before


class _Keep:
    """What is shown every operation and every VJP; it passes on what was watching before."""

    def __init__(self, recording: Any, watch: Any) -> None:
        self.recording = recording if callable(recording) else None
        self.watch = watch

    def __call__(
        self, primitive: Primitive, node: Node | None, results: Any, given: dict[str, Any], listed: Any
    ) -> None:
        if node is not None:
            signature = signature_of(primitive)
            sequence = signature.sequence if signature is not None else None
            node.more().given = {**given, sequence: listed} if sequence else given
        if self.recording is not None:
            self.recording(primitive, node, results, given, listed)

    def vjp(self, node: Node, parent: Node, rule: Callable[..., Any], g: Any, saved: Any) -> Any:
        return rule(g, saved) if self.watch is None else self.watch.vjp(node, parent, rule, g, saved)

    def freed(self, node: Node) -> None:
        if self.watch is not None:
            self.watch.freed(node)
