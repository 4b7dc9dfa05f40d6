"""The table of functions side by side: `make bench-functions`, or `python -m benchmarks.side_by_side --help`."""

from __future__ import annotations

import argparse
import math
import os
import tempfile
from statistics import median
from typing import Any

import numpy as np

from .functions import FUNCTIONS
from .workers import Worker, take_turns

OURS, PEER = ("backgraph", "backgraph_compiled", "backgraph_numba"), "pytorch"
TOLERANCE = 1e-3  # of the length of a value or a gradient
Times = dict[str, dict[str, list[float]]]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.side_by_side", description=__doc__)
    parser.add_argument("--only", metavar="WORD", nargs="+", help="functions whose names have one of these in them")
    parser.add_argument("--rounds", type=int, default=7, help="how often the libraries take turns (default: 7)")
    parser.add_argument("--seconds", type=float, default=0.05, help="of each turn (default: 0.05)")
    options = parser.parse_args()
    workers = [Worker(library, threads=1) for library in (*OURS, PEER)]
    for worker in workers:
        print(f"{worker.library}: {f'{worker.name} {worker.version}' if worker.alive else 'not installed, left out'}")
    workers = [worker for worker in workers if worker.alive]
    names = [name for name in FUNCTIONS if not options.only or any(word in name for word in options.only)]
    times: Times = {}
    notes: list[str] = []
    for name in names:
        able = able_to(name, workers, notes)
        # of one thread, so the processor's time is what counts: the least of steps this short is undisturbed
        times[name] = take_turns(able, name, options.rounds, options.seconds, min, clock="process_time")
    for worker in workers:
        worker.close()
    print("\n" + "\n".join([*table(times), *notes]))


def able_to(name: str, workers: list[Worker], notes: list[str]) -> list[Worker]:
    """The libraries whose value and gradients are those of the first one in float64; of the others a note says why."""
    with tempfile.TemporaryDirectory() as folder:

        def found(worker: Worker, dtype: str) -> dict[str, Any]:
            path = os.path.join(folder, f"{worker.library}.npz")
            answer = worker.ask("function", 60, name=name, dtype=dtype, path=path)
            if "error" in answer:
                notes.append(f"{worker.name} cannot do {name}: {answer['error'].splitlines()[0][:150]}")
                return {}
            with np.load(path) as file:
                return dict(file)

        expected = found(workers[0], "float64")
        able = []
        for worker in workers:
            wrong = disagreement(found(worker, "float32"), expected)
            if wrong:
                notes.append(f"{worker.name} is left out of {name}: {wrong}")
            else:
                able.append(worker)
        return able


def disagreement(got: dict[str, Any], expected: dict[str, Any]) -> str:
    """What is wrong with a value and gradients, or nothing."""
    for key, value in expected.items():
        if key not in got or got[key].shape != value.shape:
            return f"no {key} of shape {value.shape}"
        error = np.linalg.norm(got[key] - value) / max(np.linalg.norm(value), 1e-30)
        if not error < TOLERANCE:
            return f"its {key} is off by {error:.2g}"
    return ""


def table(times: Times) -> list[str]:
    """Microseconds and ratios to the peer, the greatest ratio of the first library first; means at the end."""
    ratios = {name: {library: _ratio(of, library) for library in OURS} for name, of in times.items()}
    head = ["backgraph", "compiled", "Numba", "PyTorch", "ratio", "compiled", "Numba"]
    lines = [f"{'µs, forward and backward':34}" + "".join(f"{cell:>12}" for cell in head)]
    for name in sorted(times, key=lambda name: -(ratios[name][OURS[0]] or 0)):
        micro = [_cell(1e6 * median(of) if (of := times[name].get(lib)) else None, ".0f") for lib in (*OURS, PEER)]
        cells = [*micro, *[_cell(ratios[name][library], ".2f") for library in OURS]]
        lines.append(f"{name:34}" + "".join(f"{cell:>12}" for cell in cells))
    for library, title in zip(OURS, ("eager", "compiled", "Numba"), strict=True):
        known = [ratio for of in ratios.values() if (ratio := of[library])]
        if known:
            mean = math.exp(math.fsum(map(math.log, known)) / len(known))
            above = ", ".join(f"{sum(ratio > limit for ratio in known)} above {limit}" for limit in (1.0, 1.5))
            lines.append(f"{title}: geometric mean {mean:.3f} of {len(known)} functions; {above}")
    return lines


def _ratio(of: dict[str, list[float]], library: str) -> float | None:
    """The median over the rounds of a library's time relative to the peer's in each."""
    a, b = of.get(library), of.get(PEER)
    return median(x / y for x, y in zip(a, b, strict=False)) if a and b else None


def _cell(value: float | None, form: str) -> str:
    return "–" if value is None else f"{value:{form}}"


if __name__ == "__main__":
    main()
