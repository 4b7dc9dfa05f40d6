"""Measure, check and report: `make bench`, or `python -m benchmarks --help`."""

from __future__ import annotations

import argparse
import os
import tempfile
from typing import Any

import numpy as np

from . import figures, report
from .libraries import by_hand
from .workers import LIBRARIES, Worker, take_turns
from .workloads import STEPS, WORKLOADS, Workload

TOLERANCE = {"": 0.01, "sgd": 0.01, "adam": 0.1}
"""Of what the reference moves by. Adam moves a weight whose gradient is mere rounding as far as any other."""
PATIENCE = 90
"""So many seconds a library has to get ready for a workload, compiling included."""


SECTIONS = ("import", "memory", "chains", "checkpoints", "scaling")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--only", metavar="NAME", nargs="+", choices=(*WORKLOADS, *SECTIONS),
        help=f"of {', '.join((*WORKLOADS, *SECTIONS))} (default: all but scaling)",
    )  # fmt: skip
    parser.add_argument(
        "--libraries",
        metavar="NAME",
        nargs="+",
        choices=LIBRARIES,
        default=LIBRARIES,
        help=f"of {', '.join(LIBRARIES)}",
    )
    parser.add_argument("--scaling", action="store_true", help="also how costs grow with sizes")
    parser.add_argument("--rounds", type=int, default=5, help="how often the libraries take turns (default: 5)")
    parser.add_argument("--seconds", type=float, default=0.5, help="of each turn (default: 0.5)")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="of each library (default: all)")
    parser.add_argument("--write", metavar="FOLDER", help="write benchmarks.md and its pictures there")
    options = parser.parse_args()
    wanted = set(options.only or (*WORKLOADS, *SECTIONS[:-1])) | ({"scaling"} if options.scaling else set())

    workers = [Worker(library, options.threads) for library in options.libraries]
    for worker in workers:
        print(f"{worker.library}: {f'{worker.name} {worker.version}' if worker.alive else 'not installed, left out'}")
    workers = [worker for worker in workers if worker.alive]
    found = report.Results({worker.library: f"{worker.name} {worker.version}" for worker in workers}, options.threads)
    for workload in WORKLOADS.values():
        if workload.timed and workload.name in wanted:
            able = [worker for worker in workers if check(worker, workload, found)]
            found.times[workload.name] = take_turns(able, workload.name, options.rounds, options.seconds)
            print(report.row(workload, found), flush=True)
    for worker in workers:
        worker.close()
    libraries = [worker.library for worker in workers]
    if "memory" in wanted:
        found.memory = figures.memory(libraries, options.threads, min(options.rounds, 3))
    if "checkpoints" in wanted:
        found.checkpoints = figures.checkpoints(options.threads)
    if "chains" in wanted:
        found.chains = figures.chains(libraries, options.threads)
    if "scaling" in wanted:
        found.scaling = figures.scaling(options.threads)
    if "import" in wanted:
        found.imports = figures.imports(options.rounds, options.threads)
    print("\n" + report.markdown(report.sections(found)))
    if options.write:
        report.write(found, options.write)


def check(worker: Worker, workload: Workload, found: report.Results) -> bool:
    """Whether a library can do a workload, and rightly; if not, a note says why."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "results.npz")
        answer = worker.ask("prepare", PATIENCE, workload=workload.name, dtype="float32", path=path)
        if not answer.get("can"):
            if "error" in answer:
                found.notes.append(f"{worker.name} fails at {workload.name}: {answer['error'].splitlines()[0][:150]}")
            return False
        found.firsts.setdefault(workload.name, {})[worker.library] = answer["seconds"]
        with np.load(path) as file:
            wrong = disagreement(workload, dict(file))
    if wrong:
        found.notes.append(f"{worker.name} is left out of {workload.name}: {wrong}")
    return not wrong


def disagreement(workload: Workload, got: dict[str, Any]) -> str:
    """What is wrong with the results of the first steps, which must be those of by_hand.py in float64; or nothing."""
    weights, data = workload.problem(np.float64)
    before = {name: value.copy() for name, value in weights.items()}
    step, results = by_hand.make(workload, weights, data)
    for _ in range(STEPS):
        step()
    tolerance = TOLERANCE[workload.optimizer[0] if workload.optimizer else ""]
    for name, value in results().items():
        moved = value - before[name] if workload.optimizer else value
        error = np.linalg.norm(got[name].reshape(value.shape) - value) / max(np.linalg.norm(moved), 1e-30)
        if not error < tolerance:
            return f"its {name} is off by {error:.2g}"
    return ""


if __name__ == "__main__":
    main()
