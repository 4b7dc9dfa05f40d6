"""Pictures of activations: the function and its derivative, as lines that take the page's colours."""

from __future__ import annotations

from typing import Any

import numpy as np
from examples import ONCE

import autograd
import nn

WIDTH, HEIGHT, LEAST, MOST = 240, 120, -4.0, 4.0
"""The picture's size, and the range of x; y goes from half of LEAST to half of MOST, in the same unit."""


def curve(name: str) -> str:
    """The picture of a function of each number by itself as SVG; "" for other layers."""
    if name not in ONCE:
        return ""
    function = getattr(nn, name)()
    x = np.linspace(LEAST, MOST, 2 * WIDTH + 1)
    axes = f"M0 {HEIGHT / 2}H{WIDTH}M{WIDTH / 2} 0V{HEIGHT}"
    return (
        f'<svg class="curve" role="img" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'aria-label="{name} from {LEAST:g} to {MOST:g}, and its derivative (dashed)">'
        f'<path class="axes" d="{axes}"/>'
        f'<path class="derivative" d="{path(x, autograd.elementwise_grad(function)(x))}"/>'
        f'<path class="value" d="{path(x, function(x))}"/></svg>'
    )


def path(x: Any, y: Any) -> str:
    """The points of a curve as an SVG path; it begins again where the function jumps or leaves the picture."""
    unit = WIDTH / (MOST - LEAST)
    across, down = (x - LEAST) * unit, HEIGHT / 2 - y * unit
    text, before = "", None
    for a, d in zip(across, down, strict=True):
        if -1 <= d <= HEIGHT + 1:
            begins = before is None or abs(d - before) > unit / 4
            text += f"{'M' if begins else 'L'}{a:.1f} {d:.1f}"
            before = d
        else:
            before = None
    return text
