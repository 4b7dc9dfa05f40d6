"""What every notebook of the lecture begins with: one style, one seed, claims that are checked, exercises that
answer, pictures with sliders.

A notebook says `from lecture import claim, exercise, setup` and `rng = setup(seed=1)`, and needs nothing else of it.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from autograd import Tensor, manual_seed
from autograd.drawing.drawn import Drawing

__all__ = ["COLOURS", "claim", "exercise", "explore", "progress", "setup"]

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


def _picture_for_everyone(drawing: Any) -> Any:
    """A drawing's PNG beside its SVG: what JupyterLab shows of a notebook that it does not trust yet, as on a fresh
    clone, where it drops every SVG."""
    import struct
    import tempfile
    from pathlib import Path

    from autograd.drawing.rendering import RenderError

    with tempfile.TemporaryDirectory() as folder:
        try:
            drawing.save(Path(folder) / "drawing.png")
        except RenderError:  # nothing to render with: its text is shown
            return None
        made = (Path(folder) / "drawing.png").read_bytes()
    (width,) = struct.unpack(">I", made[16:20])
    return made, {"width": width * 96 // 144}  # as large as the SVG: it has 144 pixels an inch, a page 96


def setup(seed: int = 0) -> np.random.Generator:
    """Style matplotlib for print and for every kind of eye, seed all random numbers, and return their generator.

    The generator is the one that layers, dropout and data loaders draw from as well. Lines differ in colour and in
    dashes, so that they can be told apart without colour. Images are drawn in `cividis`; the grid that suits curves
    does not suit them: say `axes.grid(False)` or `axes.axis("off")` there.

    >>> float(setup(3).random()) == float(setup(3).random())
    True
    """
    import sys

    import matplotlib as mpl
    from cycler import cycler

    if "IPython" in sys.modules and (shell := sys.modules["IPython"].get_ipython()):
        shell.display_formatter.formatters["image/png"].for_type(Drawing, _picture_for_everyone)

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


def exercise(number: str, answer: Any, **given: Any) -> None:
    """Say whether the reader's answer is right.

    number  of the exercise: what is right, and a hint, stand under it in answers.py
    answer  what the reader wrote; still `...` (Ellipsis) where nothing has been written yet
    given   what the check needs of the notebook

    Of a wrong answer it says what is wrong, where that is known, and gives a hint. Nothing raises here: a reader who
    errs goes on reading.

    >>> exercise("02.2", ...)
    … the updates: not answered yet
    >>> exercise("02.2", 60)
    ✓ the updates: right
    >>> exercise("02.2", 20)
    ✗ the updates: not yet: that is one pass (hint: how many batches make one pass?)
    """
    from answers import ANSWERS

    asked = ANSWERS[number]
    if answer is ...:
        print(f"… {asked.text}: not answered yet")
        return
    fault = asked.fault(answer, given)
    if fault is None:
        print(f"✓ {asked.text}: right")
    else:
        print(f"✗ {asked.text}: not yet{fault and ': '}{fault} (hint: {asked.hint})")


def explore(picture: Callable[..., None], **ranges: tuple[float, float, float]) -> None:
    """A picture with a slider for each of its numbers; where there are no sliders, the picture alone.

    picture  draws with matplotlib, from a value for each name in `ranges`
    ranges   the least, the largest and the first value of each; whole numbers step by 1

    Sliders need ipywidgets and a notebook that is open: `make notebooks`, which keeps what it shows, sets
    BACKGRAPH_STILL so that it keeps the picture.

    >>> explore(lambda stride: print("stride", stride), stride=(1, 3, 2))
    stride 2
    """
    import os
    import sys

    first = {name: start for name, (_, _, start) in ranges.items()}
    live = "IPython" in sys.modules and sys.modules["IPython"].get_ipython() is not None
    if not live or os.environ.get("BACKGRAPH_STILL") or importlib.util.find_spec("ipywidgets") is None:
        picture(**first)
        return
    from ipywidgets import FloatSlider, IntSlider, interact

    interact(picture, **{
        name: IntSlider(start, low, high, description=name, continuous_update=False)
        if all(isinstance(end, int) for end in (low, high, start))
        else FloatSlider(start, min=low, max=high, step=(high - low) / 100, readout_format=".3g", description=name,
                         continuous_update=False)
        for name, (low, high, start) in ranges.items()
    })  # fmt: skip


def progress(steps: Iterable[Any], text: str = "") -> Iterable[Any]:
    """The same steps behind a progress bar that vanishes when they are done."""
    from tqdm import tqdm

    bar: Iterable[Any] = tqdm(steps, desc=text, leave=False)
    return bar
