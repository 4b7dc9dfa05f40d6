"""One library in a process of its own: answers questions, one JSON object a line, until its input ends.

It is run as a file, so that the folder it stands in, and not the checkout, is where Python looks for modules: one of
the other libraries is called autograd too.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from typing import Any

import numpy as np
from workloads import STEPS, WORKLOADS


def main(library: str) -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a library prints must not end up among the answers
    made: dict[str, Any] = {}
    module = importlib.import_module(f"libraries.{library}")
    print(json.dumps({"name": module.NAME, "version": module.VERSION}), file=answers, flush=True)
    for line in sys.stdin:
        question = json.loads(line)
        try:
            answer = QUESTIONS[question.pop("do")](module, made, **question)
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers, flush=True)


def prepare(module: Any, made: dict[str, Any], workload: str, dtype: str, path: str) -> dict[str, Any]:
    """Build a workload, do some steps, and write their results to a file."""
    made.clear()
    prepared = module.make(WORKLOADS[workload], *WORKLOADS[workload].problem(dtype))
    if prepared is None:
        return {"can": False}
    made[workload], results = prepared
    for _ in range(STEPS):
        made[workload]()
    np.savez(path, **{name: np.array(value, dtype=np.float64) for name, value in results().items()})
    return {"can": True}


def measure(module: Any, made: dict[str, Any], workload: str, seconds: float) -> dict[str, Any]:
    """The times of steps, for so many seconds."""
    step = made[workload]
    times: list[float] = []
    end = time.perf_counter() + seconds
    while not times or time.perf_counter() < end:
        begin = time.perf_counter()
        step()
        times.append(time.perf_counter() - begin)
    return {"times": times}


def peak(module: Any, made: dict[str, Any], workload: str, steps: int = 0) -> dict[str, Any]:
    """The time of one step (of the chain: with so many steps), and how many bytes the process grew by in it."""
    instead = {"steps": np.zeros(steps, bool)} if steps else {}
    prepared = module.make(WORKLOADS[workload], *WORKLOADS[workload].problem("float32", **instead))
    if prepared is None:
        return {"can": False}
    with open("/proc/self/clear_refs", "w") as file:  # "5" makes the peak what the memory is now
        file.write("5")
    before = _memory("VmRSS")
    begin = time.perf_counter()
    prepared[0]()
    return {"can": True, "seconds": time.perf_counter() - begin, "bytes": _memory("VmHWM") - before}


def _memory(key: str) -> int:
    with open("/proc/self/status") as file:
        line = next(line for line in file if line.startswith(key))
    return int(line.split()[1]) * 1024


QUESTIONS = {"prepare": prepare, "measure": measure, "peak": peak}

if __name__ == "__main__":
    main(sys.argv[1])
