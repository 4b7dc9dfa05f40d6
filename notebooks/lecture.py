"""What every notebook of the lecture begins with: one style, one seed, claims that are checked, exercises that answer.

A notebook says `from lecture import claim, exercise, setup` and `rng = setup(seed=1)`, and needs nothing else of it.
"""

from __future__ import annotations

import types
from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd import Tensor, manual_seed

__all__ = ["COLOURS", "claim", "exercise", "progress", "setup"]

# Okabe and Ito's colours (jfly.uni-koeln.de/color), which the colour-blind can tell apart. Yellow is left out:
# on white paper it cannot be read.
COLOURS = {
    "blue": "#0072B2",
    "vermilion": "#D55E00",
    "green": "#009E73",
    "purple": "#CC79A7",
    "orange": "#E69F00",
    "sky": "#56B4E9",
    "black": "#000000",
}
DASHES = ["-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1))]

STYLE: dict[str, Any] = {
    "figure.dpi": 90,
    "figure.figsize": (6.0, 3.6),
    "figure.constrained_layout.use": True,
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.alpha": 0.3,
    "image.cmap": "cividis",
    "image.interpolation": "nearest",
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "savefig.facecolor": "white",
    "svg.hashsalt": "lecture",
}


def setup(seed: int = 0) -> np.random.Generator:
    """Style matplotlib for print and for every kind of eye, seed all random numbers, and return their generator.

    The generator is the one that layers, dropout and data loaders draw from as well. Lines differ in colour and in
    dashes, so that they can be told apart without colour. Images are drawn in `cividis`; the grid that suits curves
    does not suit them: say `axes.grid(False)` or `axes.axis("off")` there.

    >>> float(setup(3).random()) == float(setup(3).random())
    True
    """
    import matplotlib as mpl
    from cycler import cycler

    colours = list(COLOURS.values())
    mpl.rcParams.update(STYLE | {"axes.prop_cycle": cycler(color=colours) + cycler(linestyle=DASHES[: len(colours)])})
    return manual_seed(seed)


def claim(condition: Any, text: str) -> None:
    """Print "✓ text" if the condition holds, and raise AssertionError if it does not.

    `condition` is a bool or an array of bools, all of which must hold. A claim about nothing (an empty array) and a
    condition that is no truth value raise as well: they would hold whatever happens.

    >>> claim(1 + 1 == 2, "one and one make two")
    ✓ one and one make two
    >>> claim(np.array([True, False]), "both hold")
    Traceback (most recent call last):
    AssertionError: not so: both hold
    """
    truths = np.asarray(condition.data if isinstance(condition, Tensor) else condition)
    if truths.dtype != np.bool_:
        raise TypeError(f"claim: expected a truth value or an array of them, got {condition!r}: compare it")
    if not truths.size:
        raise ValueError("claim: got an empty array: what is claimed of nothing always holds")
    if not truths.all():
        raise AssertionError(f"not so: {text}")
    print(f"✓ {text}")


def exercise(answer: Any, right: Any, text: str = "", hint: str = "", tolerance: float = 1e-6) -> None:
    """Say whether the reader's answer is right.

    answer     what the reader wrote; still `...` (Ellipsis) where nothing has been written yet
    right      the right value (a number, a string, an array: compared in shape and, up to `tolerance`, in value),
               or a function that takes the answer and says whether it is right
    text       what was asked, in a few words: it stands in front of the verdict
    hint       what to try, said when the answer is wrong

    An answer that `right` cannot even look at (it raises) is wrong, and the exception is shown. Nothing raises here:
    a reader who errs goes on reading.

    >>> exercise(..., 14, "the width after pooling")
    … the width after pooling: not answered yet
    >>> exercise(14, 14, "the width after pooling")
    ✓ the width after pooling: right
    >>> exercise(15, 14, "the width after pooling", hint="the window moves by two")
    ✗ the width after pooling: not yet (hint: the window moves by two)
    """
    lead = f"{text}: " if text else ""
    if answer is ...:
        print(f"… {lead}not answered yet")
        return
    try:
        fits, wrong = _fits(answer, right, tolerance), ""
    except Exception as error:
        fits, wrong = False, f"; checking it raised {type(error).__name__}: {error}"
    if fits:
        print(f"✓ {lead}right")
    else:
        print(f"✗ {lead}not yet{f' (hint: {hint})' if hint else ''}{wrong}")


def _fits(answer: Any, right: Any, tolerance: float) -> bool:
    if isinstance(right, types.FunctionType | types.BuiltinFunctionType | types.MethodType):
        return bool(np.all(np.asarray(right(answer))))
    if isinstance(right, str | bool | None.__class__):
        return bool(answer == right)
    given, wanted = (np.asarray(v.data if isinstance(v, Tensor) else v) for v in (answer, right))
    return given.shape == wanted.shape and bool(np.allclose(given, wanted, rtol=tolerance, atol=tolerance))


def progress(steps: Iterable[Any], text: str = "") -> Iterable[Any]:
    """The same steps behind a progress bar that vanishes when they are done."""
    from tqdm import tqdm

    bar: Iterable[Any] = tqdm(steps, desc=text, leave=False)
    return bar
