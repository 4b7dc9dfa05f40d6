"""A backward sweep of the drawing's own: the gradients at every place, and where a NaN or an infinity came from."""

from __future__ import annotations

from .picture import Flow


class Sweep:
    gradients: dict[int, Flow]
    parts: dict[tuple[int, int], Flow]
    alarms: dict[int, str]
    part_alarms: dict[tuple[int, int], str]
    notes: list[str]
