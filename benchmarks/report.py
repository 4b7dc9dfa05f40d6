"""The tables and docs/benchmarks.md."""

from __future__ import annotations

import os
import platform
import re
from dataclasses import dataclass, field
from statistics import median

from . import figures, plots
from .workers import OURS
from .workloads import FAMILIES, STEPS, WORKLOADS, Workload

ORDER = (
    "Time of a step",
    "Ratios",
    "First steps",
    "Memory",
    "Checkpoints",
    "Long chains",
    "Scaling",
    "Import",
    "Notes",
)


@dataclass
class Results:
    """Everything that was measured; what is empty was not.

    libraries    what the libraries are called, with their versions
    times        workload -> library -> seconds of a step in each round
    firsts       workload -> library -> seconds of the first three steps
    imports      library -> (seconds, megabytes)
    memory       workload -> library -> megabytes
    chains       "library nodes" -> (seconds, megabytes)
    checkpoints  layers -> (seconds, megabytes) without and with
    scaling      family -> library -> size -> seconds
    notes        what a library could not do
    """

    libraries: dict[str, str]
    threads: int
    times: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    firsts: dict[str, dict[str, float]] = field(default_factory=dict)
    imports: dict[str, tuple[float, float]] = field(default_factory=dict)
    memory: dict[str, dict[str, float]] = field(default_factory=dict)
    chains: dict[str, tuple[float, float]] = field(default_factory=dict)
    checkpoints: dict[int, list[tuple[float, float]]] = field(default_factory=dict)
    scaling: dict[str, dict[str, dict[int, float]]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def name(self, library: str) -> str:
        return self.libraries[library].rsplit(" ", 1)[0]

    def ratio(self, workload: str, of: str, to: str) -> float | None:
        """How much time `of` takes relative to `to`: the median over the rounds of their ratio in each."""
        a, b = self.times.get(workload, {}).get(of), self.times.get(workload, {}).get(to)
        return median(x / y for x, y in zip(a, b, strict=False)) if a and b else None  # a slow one has fewer rounds


def shown(seconds: float, workload: Workload) -> str:
    return number(seconds / workload.divide * {"ms": 1e3, "µs": 1e6}[workload.unit])


def number(value: float) -> str:
    for least, digits in ((100, ",.0f"), (10, ".1f"), (1, ".2f")):
        if value >= least:
            return f"{value:{digits}}"
    return f"{value:.2g}"


def row(workload: Workload, found: Results) -> str:
    """A workload's times as a line of the table."""
    cells = [f"{workload.name}, {workload.unit}"]
    times = found.times[workload.name]
    for library in found.libraries:
        cells.append(shown(median(times[library]), workload) if library in times else "–")
    return _line(cells)


def sections(found: Results) -> dict[str, str]:
    """What was measured, as the sections of docs/benchmarks.md."""
    made = {
        **(_times(found) if found.times else {}),
        **({"Memory": _memory(found)} if found.memory else {}),
        **({"Checkpoints": _checkpoints(found)} if found.checkpoints else {}),
        **({"Long chains": _chains(found)} if found.chains else {}),
        **({"Scaling": _scaling(found)} if found.scaling else {}),
        **({"Import": _imports(found)} if found.imports else {}),
    }
    if found.times:
        made["Notes"] = "\n".join(f"- {note}" for note in found.notes) or "Every library did all that it has."
    return made


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _table(head: list[str], rows: list[list[str]], words: int = 1) -> str:
    """A table whose first columns are words and the others numbers."""
    return "\n".join([_line(head), "|---" * words + "|---:" * (len(head) - words) + "|", *map(_line, rows)])


def _times(found: Results) -> dict[str, str]:
    names = [found.name(library) for library in found.libraries]
    first = ["| " + " | ".join(["a step", *names]) + " |", "|---" + "|---:" * len(names) + "|"]
    table = "\n".join(first + [row(WORKLOADS[name], found) for name in found.times])
    what = "\n".join(f"- **{name}**: {WORKLOADS[name].text}" for name in found.times)
    ratios_text = "\n\n".join([_ratios(found, ours) for ours in OURS if ours in found.libraries and ours != "by_hand"])
    return {
        "Time of a step": f"{_made(found)} Every library runs in a process of its own, kept to as many processors as "
        "it has threads, with the same weights and data in float32; after the first steps its results must be "
        "those of NumPy by hand in float64. Then the libraries take turns, and the median of the rounds is shown. "
        "Absolute times belong to that machine; read the ratios.\n\n"
        f"![time relative to backgraph](benchmarks.svg)\n\n{table}\n\n{what}",
        "Ratios": f"Below 1: backgraph is faster.\n\n{ratios_text}",
        **({"First steps": _firsts(found)} if found.firsts else {}),
    }


def _ratios(found: Results, ours: str) -> str:
    """The time of one of ours relative to that of each other library."""
    others = [library for library in found.libraries if library != ours]
    rows = []
    for name in found.times:
        ratios = [found.ratio(name, ours, library) for library in others]
        rows.append([name, *("–" if ratio is None else f"{ratio:.2f}" for ratio in ratios)])
    return _table([f"time of {found.name(ours)} relative to", *map(found.name, others)], rows)


def _firsts(found: Results) -> str:
    """What a compiler takes, before its first quick step."""
    rows = []
    for name, of in found.firsts.items():
        cells = [number(of[library] * 1e3) if library in of else "–" for library in found.libraries]
        rows.append([f"{name}, ms", *cells])
    return (
        f"The first {STEPS} steps together, in a process that has done other workloads before: what is traced and "
        "compiled, without anything that was kept from an earlier process.\n\n"
        + _table(["three steps", *[found.name(library) for library in found.libraries]], rows)
    )


def _memory(found: Results) -> str:
    rows = []
    for workload, of in found.memory.items():
        base = of.get("pytorch")
        for library, megabytes in of.items():
            first = "" if rows and library != next(iter(of)) else workload
            relative = f"{megabytes / base:.2f}" if base else "–"
            rows.append([first, found.name(library), number(megabytes), relative])
    return (
        "What a process grows by until the end of a step, its gradients and the state of its optimizer included: the "
        "most that it ever needs beside its weights and data. **memory** is a step of "
        f"{WORKLOADS['memory'].text}.\n\n" + _table(["workload", "library", "MB", "relative to PyTorch"], rows, 2)
    )


def _checkpoints(found: Results) -> str:
    rows = [
        [f"{n:,}", number(plain[1]), number(safe[1]), number(plain[0] * 1e3), number(safe[0] * 1e3),
         f"{safe[0] / plain[0]:.2f}"]
        for n, (plain, safe) in found.checkpoints.items()
    ]  # fmt: skip
    growth = [
        figures.exponent({n: both[k][1] for n, both in found.checkpoints.items()}) for k in (0, 1)
    ]  # fmt: skip
    head = ["layers", "MB", "MB, checkpoints", "ms", "ms, checkpoints", "relative"]
    return (
        "A chain of tanh layers, 64 wide, batch 1024, that share one weight; with `autograd.checkpoint` around each √n "
        "of them. The bytes are those of all arrays at their highest. Without checkpoints they grow as the number of "
        f"layers to the power {growth[0]:.2f}, with them to the power {growth[1]:.2f}; the layers run forward once "
        f"more, which is about a third of a step.\n\n{_table(head, rows)}"
    )


def _chains(found: Results) -> str:
    rows = []
    for key, (seconds, megabytes) in found.chains.items():
        library, nodes = key.split()[0], int(key.split()[1])
        cells = [found.name(library), f"{nodes:,}", f"{seconds:.2f}", f"{megabytes:,.0f}"]
        rows.append([*cells, f"{megabytes * 1e6 / nodes:,.0f}"])
    head = ["chain", "nodes", "seconds", "MB", "bytes a node"]
    return f"0-d `y = y*a + b`, forward and backward, the highest memory on the way.\n\n{_table(head, rows)}"


def _scaling(found: Results) -> str:
    names = list(dict.fromkeys(library for of in found.scaling.values() for library in of))
    rows = []
    for name, of in found.scaling.items():
        family = FAMILIES[name]
        exponents = [f"{figures.exponent(of[library]):.2f}" if library in of else "–" for library in names]
        rows.append([f"**{name}**: {family.text}", f"{family.sizes[0]:,} to {family.sizes[-1]:,}"])
        rows[-1] += [str(family.expected), *exponents]
    head = ["what grows", "sizes", "operations", *map(found.name, names)]
    return (
        f"{_made(found)} The time of forward and backward grows with the size to this power, fitted to the larger half "
        "of the sizes, beside the power that the number of operations grows with. Less than that is overhead that "
        "matters less and less, or a machine that is better used at larger sizes; more would be a mistake.\n\n"
        f"![milliseconds against size](scaling.svg)\n\n{_table(head, rows, 2)}"
    )


def _imports(found: Results) -> str:
    alone = found.imports["NumPy alone"][0]
    rows = [[n, f"{s * 1e3:.0f}", f"{s / alone:.2f}", f"{m:.0f}"] for n, (s, m) in found.imports.items()]
    return _table(["import", "ms", "relative to NumPy", "MB"], rows)


def _made(found: Results) -> str:
    libraries = ", ".join(found.libraries.values())
    return f"On {_machine()}, {found.threads} threads: {libraries}, Python {platform.python_version()}."


def _machine() -> str:
    model = platform.machine()
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo") as file:
            model = next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), model)
    return f"{model} ({os.cpu_count()} cores), {platform.system()}"


def markdown(parts: dict[str, str]) -> str:
    text = "# Benchmarks\n\nMade by `make bench` and `make bench-scaling`.\n"
    return text + "".join(f"\n## {title}\n\n{parts[title]}\n" for title in ORDER if title in parts)


def write(found: Results, folder: str) -> None:
    """Write benchmarks.md and its pictures; sections that were not measured this time stay as they are."""
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, "benchmarks.md")
    known: dict[str, str] = {}
    if os.path.exists(path):
        with open(path) as file:
            known = {
                title: text.strip() for title, text in re.findall(r"^## (.*)\n((?:(?!## ).*\n)*)", file.read(), re.M)
            }
    with open(path, "w") as file:
        file.write(markdown(known | sections(found)))
    names = {library: found.name(library) for library in found.libraries}
    if found.times:
        ratios = {
            workload: {library: r for library in names if (r := found.ratio(workload, library, "backgraph"))}
            for workload in found.times
        }
        plots.relative(os.path.join(folder, "benchmarks.svg"), ratios, names)
    if found.scaling:
        panels = {
            family: {library: {n: s * 1e3 for n, s in of.items()} for library, of in lines.items()}
            for family, lines in found.scaling.items()
        }
        plots.curves(os.path.join(folder, "scaling.svg"), panels, names, "ms a step")
