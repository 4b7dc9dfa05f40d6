"""The tables, the plot and docs/benchmarks.md."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from .workloads import WORKLOADS, Workload

COLORS = {
    "by_hand": "#8a949e", "pytorch": "#d1495b", "jax_jit": "#3d7a5f", "hips": "#8d6cab", "my_grad": "#e0913f",
    "tiny_grad": "#4f9fc4", "small_pebble": "#a3865b",
}  # fmt: skip


@dataclass
class Results:
    """Everything that was measured.

    libraries  what the libraries are called, with their versions
    times      workload -> library -> seconds of a step in each round
    imports    library -> (seconds, megabytes)
    memory     library -> megabytes
    chains     "library nodes" -> (seconds, megabytes)
    """

    libraries: dict[str, str]
    threads: int
    times: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    imports: dict[str, tuple[float, float]] = field(default_factory=dict)
    memory: dict[str, float] = field(default_factory=dict)
    chains: dict[str, tuple[float, float]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def ratio(self, workload: str, of: str, to: str) -> float | None:
        """How much time `of` takes relative to `to`: the median over the rounds of their ratio in each."""
        a, b = self.times.get(workload, {}).get(of), self.times.get(workload, {}).get(to)
        return median(x / y for x, y in zip(a, b, strict=False)) if a and b else None  # a slow one has fewer rounds


def shown(seconds: float, workload: Workload) -> str:
    return number(seconds / workload.divide * {"ms": 1e3, "µs": 1e6}[workload.unit])


def number(value: float) -> str:
    return (
        f"{value:,.0f}"
        if value >= 100
        else f"{value:.1f}"
        if value >= 10
        else f"{value:.2g}"
        if value < 1
        else f"{value:.2f}"
    )


def row(workload: Workload, found: Results) -> str:
    """A workload's times as a line of the table."""
    cells = [f"{workload.name}, {workload.unit}"]
    times = found.times[workload.name]
    for library in found.libraries:
        cells.append(shown(median(times[library]), workload) if library in times else "–")
    return "| " + " | ".join(cells) + " |"


def markdown(found: Results) -> str:
    """docs/benchmarks.md."""
    names = [name.rsplit(" ", 1)[0] for name in found.libraries.values()]
    parts = [
        "# Benchmarks",
        f"Made by `make bench` on {_machine()}, {found.threads} threads: {', '.join(found.libraries.values())}, "
        f"Python {platform.python_version()}. Every library runs in a process of its own, with the same weights and "
        "data in float32; after two steps its results must be those of NumPy by hand in float64. Then the libraries "
        "take turns, and the median of the rounds is shown. Absolute times belong to that machine; read the ratios.",
    ]
    if found.times:
        head = ["a step", *names]
        table = ["| " + " | ".join(head) + " |", "|---" + "|---:" * len(names) + "|"]
        table += [row(WORKLOADS[name], found) for name in found.times]
        parts += ["## Time of a step", "![time relative to backgraph](benchmarks.svg)", "\n".join(table)]
        parts.append("\n".join(f"- **{name}**: {WORKLOADS[name].text}" for name in found.times))
        table = [
            "| time of backgraph relative to | " + " | ".join(names[1:]) + " |",
            "|---" + "|---:" * (len(names) - 1) + "|",
        ]
        for name in found.times:
            ratios = [found.ratio(name, "backgraph", library) for library in list(found.libraries)[1:]]
            table.append("| " + " | ".join([name, *("–" if r is None else f"{r:.2f}" for r in ratios)]) + " |")
        parts += ["## Ratios", "Below 1: backgraph is faster.", "\n".join(table)]
    if found.imports:
        alone = found.imports["NumPy alone"][0]
        table = ["| import | ms | relative to NumPy | MB |", "|---|---:|---:|---:|"]
        table += [f"| {n} | {s * 1e3:.0f} | {s / alone:.2f} | {m:.0f} |" for n, (s, m) in found.imports.items()]
        parts += ["## Import", "\n".join(table)]
    if found.memory:
        base = found.memory.get("pytorch")
        table = ["| library | MB | relative to PyTorch |", "|---|---:|---:|"]
        for library, megabytes in found.memory.items():
            relative = f"{megabytes / base:.2f}" if base else "–"
            table.append(f"| {_name(found, library)} | {megabytes:,.0f} | {relative} |")
        parts += [
            "## Memory",
            f"What a process grows by during one step: {WORKLOADS['memory'].text}.",
            "\n".join(table),
        ]
    if found.chains:
        table = ["| chain | nodes | seconds | MB | bytes a node |", "|---|---:|---:|---:|---:|"]
        for key, (seconds, megabytes) in found.chains.items():
            library, nodes = key.split()[0], int(key.split()[1])
            cells = [_name(found, library), f"{nodes:,}", f"{seconds:.2f}", f"{megabytes:,.0f}"]
            table.append("| " + " | ".join([*cells, f"{megabytes * 1e6 / nodes:,.0f}"]) + " |")
        parts += [
            "## Long chains",
            "0-d `y = y*a + b`, forward and backward, the highest memory on the way.",
            "\n".join(table),
        ]
    if found.notes:
        parts += ["## Notes", "\n".join(f"- {note}" for note in found.notes)]
    return "\n\n".join(parts) + "\n"


def _name(found: Results, library: str) -> str:
    return found.libraries[library].rsplit(" ", 1)[0]


def _machine() -> str:
    model = platform.machine()
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo") as file:
            model = next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), model)
    return f"{model} ({os.cpu_count()} cores), {platform.system()}"


def write(found: Results, text: str, folder: str) -> None:
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "benchmarks.md"), "w") as file:
        file.write(text)
    if found.times:
        plot(found, os.path.join(folder, "benchmarks.svg"))


def plot(found: Results, path: str) -> None:
    """Each library's time relative to backgraph's, on a logarithmic axis."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    names = list(found.times)
    with rc_context(
        {"font.size": 10, "svg.fonttype": "none", "svg.hashsalt": "backgraph", "font.family": "sans-serif"}
    ):
        made = Figure(figsize=(9, 0.42 * len(names) + 1.4), layout="constrained")
        axes: Any = made.subplots()
        axes.axvline(1, color="#2f6690", linewidth=2.5, zorder=1)
        axes.annotate(
            "backgraph", (1, 1), (0, 4), xycoords=("data", "axes fraction"), textcoords="offset points",
            color="#2f6690", ha="center", weight="bold",
        )  # fmt: skip
        axes.hlines(range(len(names)), 0, 1, transform=axes.get_yaxis_transform(), color="#e3e7eb", zorder=0)
        for library, color in COLORS.items():
            ratios = [(k, found.ratio(name, library, "backgraph")) for k, name in enumerate(names)]
            points = [(r, k) for k, r in ratios if r is not None]
            if points:
                axes.scatter(*zip(*points, strict=True), s=42, color=color, label=_name(found, library), zorder=2)
        axes.set(xscale="log", yticks=range(len(names)), yticklabels=names, ylim=(len(names) - 0.4, -0.6))
        axes.set_xlabel("time of a step relative to backgraph (left: faster, right: slower)")
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}×")
        axes.grid(axis="x", color="#e3e7eb")
        axes.set_axisbelow(True)
        axes.tick_params(length=0)
        for side in ("top", "right", "left"):
            axes.spines[side].set_visible(False)
        axes.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
        made.savefig(path, metadata={"Date": None})
