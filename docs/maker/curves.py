"""Pictures of functions of one number, activations and losses: the function and its derivative, as lines that take the
page's colours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from examples import ONCE

import autograd
import nn

WIDTH, HEIGHT, LEAST, MOST = 240, 120, -4.0, 4.0
"""The picture's size, and the range of x; y goes from half of LEAST to half of MOST, in the same unit."""


def scores(x: Any) -> Any:
    """Those of three classes, of which x is that of the first and the others are 0."""
    return np.stack([x, 0 * x, 0 * x], -1)


def pairs(x: Any) -> Any:
    """Vectors in the plane at the angle x."""
    return np.stack([np.cos(x), np.sin(x)], -1)


def against(loss: Any, target: Any) -> Callable[[Any], Any]:
    """The loss of each number by itself, with one target."""
    return lambda x: loss(x, np.full(x.shape, target))


def of_rows(loss: Any, target: Any) -> Callable[[Any], Any]:
    """The loss of scores of which the first is x, with one target for all."""
    return lambda x: loss(scores(x), np.broadcast_to(np.array(target), (*x.shape, *np.shape(target))))


def from_origin(loss: Any) -> Callable[[Any], Any]:
    """The loss of a triplet in which the negative is at the distance x from the anchor, the positive at 1."""
    return lambda x: loss(0 * x[:, None], np.ones((len(x), 1)), x[:, None])


def in_steps(x: Any) -> Any:
    """The loss of a sequence of one step, of which x is the score of the one label that is to be read."""
    log_probs = nn.functional.log_softmax(scores(x), dim=-1)[None]
    ones = np.ones(len(x), int)
    return nn.CTCLoss(blank=1, reduction="none")(log_probs, 0 * ones[:, None], ones, ones)


EACH: dict[str, Any] = {"reduction": "none"}

CURVES: dict[str, tuple[str, Callable[[Any], Any], float, float]] = {
    **{name: ("x", getattr(nn, name)(), LEAST, MOST) for name in ONCE},
    "PReLU": ("x, weight 0.25", lambda x: nn.functional.prelu(x, np.array([0.25])), LEAST, MOST),
    "RReLU": ("x, in evaluation", nn.RReLU().eval(), LEAST, MOST),
    "Threshold": ("x, threshold 1, value 0", nn.Threshold(1.0, 0.0), LEAST, MOST),
    **{
        name: ("the input, target 0", against(getattr(nn, name)(**EACH), 0.0), LEAST, MOST)
        for name in ("L1Loss", "MSELoss", "HuberLoss", "SmoothL1Loss")
    },
    "BCELoss": ("the probability, target 1", against(nn.BCELoss(**EACH), 1.0), 0.005, 1.0),
    "BCEWithLogitsLoss": ("the logit, target 1", against(nn.BCEWithLogitsLoss(**EACH), 1.0), LEAST, MOST),
    "CrossEntropyLoss": ("the right one of three scores", of_rows(nn.CrossEntropyLoss(**EACH), 0), LEAST, MOST),
    "NLLLoss": ("the log-probability of the right class", of_rows(nn.NLLLoss(**EACH), 0), LEAST, 0.0),
    "CTCLoss": ("the score of the label, in one step", in_steps, LEAST, MOST),
    "GaussianNLLLoss": (
        "the input, target 0, variance 1",
        lambda x: nn.GaussianNLLLoss(**EACH)(x, np.zeros(x.shape), np.ones(x.shape)),
        LEAST,
        MOST,
    ),
    "KLDivLoss": ("the log-probability, target 0.5", against(nn.KLDivLoss(**EACH), 0.5), LEAST, 0.0),
    "PoissonNLLLoss": ("the logarithm of the rate, target 1", against(nn.PoissonNLLLoss(**EACH), 1.0), LEAST, MOST),
    "CosineEmbeddingLoss": (
        "the angle in radians, target 1",
        lambda x: nn.CosineEmbeddingLoss(**EACH)(pairs(x), pairs(np.zeros(x.shape)), np.ones(x.shape)),
        LEAST,
        MOST,
    ),
    "HingeEmbeddingLoss": ("the input, target −1", against(nn.HingeEmbeddingLoss(**EACH), -1.0), LEAST, MOST),
    "MarginRankingLoss": (
        "x1 − x2, target 1, margin 1",
        lambda x: nn.MarginRankingLoss(1.0, **EACH)(x, np.zeros(x.shape), np.ones(x.shape)),
        LEAST,
        MOST,
    ),
    "MultiLabelMarginLoss": (
        "the score of the one label",
        of_rows(nn.MultiLabelMarginLoss(**EACH), [0, -1, -1]),
        LEAST,
        MOST,
    ),
    "MultiLabelSoftMarginLoss": (
        "the score of the one label",
        of_rows(nn.MultiLabelSoftMarginLoss(**EACH), [1.0, 0.0, 0.0]),
        LEAST,
        MOST,
    ),
    "MultiMarginLoss": ("the right one of three scores", of_rows(nn.MultiMarginLoss(**EACH), 0), LEAST, MOST),
    "SoftMarginLoss": ("the input, target 1", against(nn.SoftMarginLoss(**EACH), 1.0), LEAST, MOST),
    "TripletMarginLoss": (
        "the negative's place, the positive at 1",
        from_origin(nn.TripletMarginLoss(**EACH)),
        LEAST,
        MOST,
    ),
    "TripletMarginWithDistanceLoss": (
        "the negative's place, the positive at 1",
        from_origin(nn.TripletMarginWithDistanceLoss(**EACH)),
        LEAST,
        MOST,
    ),
}
"""What x is, the function of it, and from where to where it is drawn."""


def curve(name: str) -> str:
    """The picture of a function of one number as SVG; "" for other layers."""
    if name not in CURVES:
        return ""
    what, function, least, most = CURVES[name]
    x = np.linspace(least, most, 2 * WIDTH + 1)
    axes = f"M0 {HEIGHT / 2}H{WIDTH}" + (f"M{WIDTH * -least / (most - least):g} 0V{HEIGHT}" if least <= 0 else "")
    below = "" if what == "x" else f'<text x="4" y="{HEIGHT - 5}">{what}</text>'
    slope = autograd.grad(lambda x: np.sum(function(x)))(x)
    return (
        f'<svg class="curve" role="img" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'aria-label="{name} from {least:g} to {most:g}, and its derivative (dashed)">'
        f"<title>across: {what}, from {least:g} to {most:g}; up: from −2 to 2</title>{below}"
        f'<path class="axes" d="{axes}"/>'
        f'<path class="derivative" d="{path(x, slope, least, most)}"/>'
        f'<path class="value" d="{path(x, function(x), least, most)}"/></svg>'
    )


def path(x: Any, y: Any, least: float = LEAST, most: float = MOST) -> str:
    """The points of a curve as an SVG path; it begins again where the function jumps or leaves the picture."""
    unit = HEIGHT * 2 / (MOST - LEAST)
    across, down = (x - least) * (WIDTH / (most - least)), HEIGHT / 2 - y * unit
    text, before = "", None
    for a, d in zip(across, down, strict=True):
        if -1 <= d <= HEIGHT + 1:
            begins = before is None or abs(d - before) > unit / 4
            text += f"{'M' if begins else 'L'}{a:.1f} {d:.1f}"
            before = d
        else:
            before = None
    return text
