"""Short texts: numbers, sizes, gradients, calls."""

from __future__ import annotations

from typing import Any

from .picture import Flow


def flow_text(flow: Flow | None) -> str:
    """A gradient in words: its elements if they are few, else its norm."""
    if flow is None:
        return ""
    return flow.value if flow.value is not None else f"norm {flow.norm:.4g}"


def gradient_text(flow: Flow) -> str:
    """A gradient at its box."""
    what = flow.value if flow.value is not None and len(flow.value) <= 24 else f"‖·‖ {flow.norm:.3g}"
    return f"ḡ {what}" + {"zero": " ∅ zero", "vanished": " ≈0 vanished"}.get(flow.state, "")


def hooks_text(n: int) -> str:
    """What stands at a value whose gradient goes through hooks."""
    return f"{'a hook sees' if n == 1 else f'{n} hooks see'} ḡ, and may change it" if n else ""


def parameters_text(n: int) -> str:
    return f"{n:,} parameter{'s' if n != 1 else ''}"


def operations_text(counts: list[tuple[str, int]], most: int = 4) -> str:
    """How many operations of each kind, the first few by name."""
    rest = len(counts) - most
    others = f" and {rest} other kind{'s' if rest > 1 else ''}" if rest > 0 else ""
    return ", ".join(f"{n:,} {name}" for name, n in counts[:most]) + others


def bytes_text(n: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if n < 1000 or unit == "GB":
            break
        n /= 1000
    return f"{n:.3g} {unit}"


def argument_name(input: Any) -> str:
    return f"{input[0]}[{input[1]}]" if type(input) is tuple else str(input)


def shortened(computed: str, room: int) -> str:
    """A call with as many of its first arguments as there is room for; anything else cut off."""
    head, bracket, _ = computed.partition("(")
    if not (bracket and head.isidentifier()):
        return computed[: room - 2] + "…"
    depth = end = 0
    for k, character in enumerate(computed[: room - 2]):
        depth += (character in "([{") - (character in ")]}")
        if character == "," and depth == 1:
            end = k
    return f"{computed[:end]}, …)" if end else f"{head}(…)"
