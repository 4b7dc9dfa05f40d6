"""The pictures. They have no background, and greys that read on white and on black."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

COLORS = {
    "backgraph": "#3a86c8", "by_hand": "#8a949e", "pytorch": "#d1495b", "jax_jit": "#3d9970", "hips": "#9d7cbb",
    "my_grad": "#e0913f", "tiny_grad": "#45b5c4", "small_pebble": "#a3865b", "backgraph_compiled": "#1d5fa8",
    "backgraph_numba": "#0b3c73", "backgraph_c": "#6a4fb3", "torch_compile": "#8f2a40",
}  # fmt: skip
TEXT, LINES = "#7d8791", "#8a949e50"


@contextmanager
def _figure(path: str, width: float, height: float) -> Iterator[Any]:
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    style = {
        "font.size": 10, "font.family": "sans-serif", "svg.fonttype": "none", "svg.hashsalt": "backgraph",
        **dict.fromkeys(("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color"), TEXT),
        "grid.color": LINES, "axes.spines.top": False, "axes.spines.right": False,
    }  # fmt: skip
    with rc_context(style):
        made = Figure(figsize=(width, height), layout="constrained")
        yield made
        made.savefig(path, metadata={"Date": None}, transparent=True)


def relative(path: str, ratios: dict[str, dict[str, float]], names: dict[str, str]) -> None:
    """Each library's time relative to backgraph's, workload by workload, on a logarithmic axis."""
    with _figure(path, 9, 0.42 * len(ratios) + 1.4) as made:
        axes: Any = made.subplots()
        axes.axvline(1, color=COLORS["backgraph"], linewidth=2.5, zorder=1)
        axes.annotate(
            "backgraph", (1, 1), (0, 4), xycoords=("data", "axes fraction"), textcoords="offset points",
            color=COLORS["backgraph"], ha="center", weight="bold",
        )  # fmt: skip
        axes.hlines(range(len(ratios)), 0, 1, transform=axes.get_yaxis_transform(), color=LINES, zorder=0)
        for library, name in names.items():
            points = [(of[library], k) for k, of in enumerate(ratios.values()) if library in of]
            if points and library != "backgraph":
                axes.scatter(*zip(*points, strict=True), s=42, color=COLORS[library], label=name, zorder=2)
        axes.set(xscale="log", yticks=range(len(ratios)), yticklabels=ratios, ylim=(len(ratios) - 0.4, -0.6))
        axes.set_xlabel("time of a step relative to backgraph (left: faster, right: slower)")
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}×")
        axes.xaxis.set_minor_formatter("")
        axes.grid(axis="x")
        axes.set_axisbelow(True)
        axes.tick_params(length=0)
        axes.spines["left"].set_visible(False)
        axes.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))


def curves(
    path: str, panels: dict[str, dict[str, dict[int, float]]], names: dict[str, str], unit: str, columns: int = 3
) -> None:
    """One panel for each family: for each library, size -> value, both axes logarithmic."""
    rows = -(-len(panels) // columns)
    with _figure(path, 3.3 * columns, 2.7 * rows + 0.4) as made:
        grid = made.subplots(rows, columns, squeeze=False).ravel()
        for axes, (title, lines) in zip(grid, panels.items(), strict=False):
            for library, values in lines.items():
                axes.plot(values.keys(), values.values(), "o-", ms=4, color=COLORS[library], label=names[library])
            axes.set(xscale="log", yscale="log", title=title)
            axes.set_xticks(sizes := list(next(iter(lines.values()))), [f"{n:,}" for n in sizes], rotation=30)
            axes.minorticks_off()
            axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
            axes.title.set(size=10, weight="bold")
            axes.grid(axis="y")
            axes.set_axisbelow(True)
        for axes in grid[len(panels) :]:
            axes.set_visible(False)
        for axes in grid[::columns]:
            axes.set_ylabel(unit)
        made.legend(*grid[0].get_legend_handles_labels(), loc="outside upper right", ncols=len(names), frameon=False)
