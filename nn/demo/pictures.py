"""What a training leaves to look at: its course, its filters, its mistakes, and its graph."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from autograd import Tensor, draw, no_grad

from .training import Training

INK, BLUE, ORANGE, GRID = "#22303c", "#2f6690", "#e07a3f", "#e3e7eb"
STYLE = {
    "font.size": 10, "axes.edgecolor": "#9aa5b1", "axes.labelcolor": INK, "text.color": INK, "xtick.color": INK,
    "ytick.color": INK, "axes.spines.top": False, "axes.spines.right": False, "axes.titleweight": "bold",
    "axes.titlesize": 11, "axes.titlelocation": "left", "savefig.dpi": 160, "figure.facecolor": "white",
}  # fmt: skip


@contextmanager
def replacing(path: str) -> Iterator[str]:
    """A path to write to, which takes the place of `path` only when it is complete."""
    root, extension = os.path.splitext(path)
    unfinished = f"{root}.unfinished{extension}"
    try:
        yield unfinished
        os.replace(unfinished, path)
    finally:
        if os.path.exists(unfinished):
            os.remove(unfinished)


@contextmanager
def figure(path: str, width: float, height: float) -> Iterator[Any]:
    """A matplotlib figure in inches that is saved at `path`; it needs no display."""
    matplotlib = importlib.import_module("matplotlib")
    with matplotlib.rc_context(STYLE):
        made = importlib.import_module("matplotlib.figure").Figure(figsize=(width, height), layout="constrained")
        yield made
        with replacing(path) as unfinished:
            made.savefig(unfinished)


def loss(training: Training, path: str) -> None:
    """Loss and accuracy by epoch, on what is learned from and on what is held out."""
    epochs, *columns = np.array(training.history).T
    with figure(path, 9, 3.6) as made:
        left, right = made.subplots(1, 2)
        panels = (
            (left, "Loss (cross-entropy, labels smoothed)", columns[0], columns[2], 1),
            (right, "Accuracy, %", columns[1], columns[3], 100),
        )
        for axes, title, train, test, scale in panels:
            for values, color, label in ((train, BLUE, "learned from"), (test, ORANGE, "held out")):
                axes.plot(epochs, values * scale, color=color, label=label, linewidth=2, marker="o", markersize=4)
            axes.set(title=title, xlabel="epoch")
            axes.grid(color=GRID)
            axes.set_axisbelow(True)
            axes.xaxis.set_major_locator(importlib.import_module("matplotlib.ticker").MaxNLocator(integer=True))
        left.set_ylim(bottom=0)
        right.set_ylim(top=100.5)
        right.annotate(
            f"{columns[3][-1]:.1%}".replace("%", " %"), (epochs[-1], columns[3][-1] * 100), (0, -16),
            textcoords="offset points", ha="right", color=ORANGE, weight="bold",
        )  # fmt: skip
        right.legend(frameon=False, loc="lower right")


def filters(training: Training, path: str) -> None:
    """The filters of the first convolution, and under each what it answers to one digit."""
    layer: Any = training.network.get_submodule("conv1")
    weights = layer.weight.numpy()[:, 0]
    digit = training.data.test_images[:1]
    with no_grad():
        answers = layer(Tensor(digit)).numpy()[0]
    columns = 8
    rows = -(-len(weights) // columns)
    with figure(path, 9.6, 2.35 * rows + 0.5) as made:
        made.suptitle(
            "The first layer's filters (blue: negative, red: positive), and what each answers to the digit on the left",
            x=0.01, ha="left", weight="bold", fontsize=11,
        )  # fmt: skip
        grid = made.subplots(2 * rows, columns + 1, width_ratios=[1.25] + [1] * columns)
        for axes in grid.flat:
            axes.set(xticks=[], yticks=[])
            axes.set_frame_on(False)
        grid[1, 0].imshow(digit[0, 0], cmap="gray_r")
        grid[1, 0].set_xlabel("digit")
        reach, strongest = np.abs(weights).max(), np.abs(answers).max()
        for k, (weight, answer) in enumerate(zip(weights, answers, strict=True)):
            row, column = 2 * (k // columns), k % columns + 1
            grid[row, column].imshow(weight, cmap="RdBu_r", vmin=-reach, vmax=reach)
            grid[row, column].set_title(f"{k + 1}", fontsize=9, weight="normal", loc="center", pad=3)
            grid[row + 1, column].imshow(answer, cmap="RdBu_r", vmin=-strongest, vmax=strongest)


def confusion(training: Training, path: str) -> None:
    """How often each held-out digit was taken for which, and the ones that were mistaken."""
    images, labels = training.data.test_images, training.data.test_labels
    guesses = training.scores(images).argmax(axis=1)
    counts = np.zeros((10, 10), dtype=int)
    np.add.at(counts, (labels, guesses), 1)
    wrong = np.flatnonzero(labels != guesses)
    with figure(path, 10, 5.4) as made:
        left, right = made.subfigures(1, 2, width_ratios=[1.25, 1])
        axes = left.subplots()
        most = counts.max()
        share = (
            np.where(np.eye(10, dtype=bool), counts, -np.minimum(counts * 4, most)) / most
        )  # mistakes count fourfold
        axes.imshow(share, cmap="RdBu", vmin=-1.15, vmax=1.15)
        for i, j in np.argwhere(counts):
            axes.text(j, i, counts[i, j], ha="center", va="center", color="white" if abs(share[i, j]) > 0.5 else INK)
        for edge in np.arange(-0.5, 10):
            axes.axhline(edge, color="white", linewidth=1.5)
            axes.axvline(edge, color="white", linewidth=1.5)
        axes.set(
            xticks=range(10), yticks=range(10), xlabel="taken for", ylabel="digit",
            title=f"{len(labels) - len(wrong):,} of {len(labels):,} held-out digits are right",
        )  # fmt: skip
        axes.set_frame_on(False)
        axes.tick_params(length=0)
        shown_wrong = wrong[:20]
        right.suptitle(
            "The mistakes" if len(wrong) <= 20 else f"20 of the {len(wrong)} mistakes", weight="bold", fontsize=11
        )
        for axes in right.subplots(5, 4).flat if len(wrong) else ():
            axes.axis("off")
        for axes, k in zip(right.axes, shown_wrong, strict=False):
            axes.imshow(images[k, 0], cmap="gray_r")
            axes.set_title(f"{labels[k]} taken for {guesses[k]}", fontsize=8, weight="normal", loc="center", pad=2)


def graphs(training: Training, forward: str, backward: str) -> None:
    """The graph that a small batch leaves, and the backward pass over it."""
    training.network.train()
    images = Tensor(training.data.train_images[:4])
    loss = training.loss(training.network(images), Tensor(training.data.train_labels[:4]))
    names = {"images": images, "loss": loss}
    for path, direction in ((forward, "forward"), (backward, "backward")):
        with replacing(path) as unfinished:
            draw(loss, names=names, direction=direction, rankdir="TB", formulas=True).save(unfinished)
