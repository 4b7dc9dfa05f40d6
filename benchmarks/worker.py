"""One library in a process of its own: answers questions, one JSON object a line, until its input ends.

It is run as a file, so that the folder it stands in, and not the checkout, is where Python looks for modules: one of
the other libraries is called autograd too.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import json
import os
import sys
import time
import tracemalloc
from typing import Any

import numpy as np
from functions import FUNCTIONS
from workloads import FAMILIES, STEPS, WORKLOADS


def main(library: str, threads: int) -> None:
    if hasattr(os, "sched_setaffinity"):  # JAX takes as many threads as there are processors, whatever it is told
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
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
    """Build a workload, do some steps, and write their results to a file; how long these took, compiling included."""
    made.clear()
    prepared = module.make(WORKLOADS[workload], *WORKLOADS[workload].problem(dtype))
    if prepared is None:
        return {"can": False}
    made[workload], results = prepared
    begin = time.perf_counter()
    for _ in range(STEPS):
        made[workload]()
    seconds = time.perf_counter() - begin
    np.savez(path, **{name: np.array(value, dtype=np.float64) for name, value in results().items()})
    return {"can": True, "seconds": seconds}


def measure(
    module: Any, made: dict[str, Any], workload: str, seconds: float, clock: str = "perf_counter"
) -> dict[str, Any]:
    """The times of steps by one of the clocks of `time`, for so many seconds by it."""
    step, now = made[workload], getattr(time, clock)
    times: list[float] = []
    end = now() + seconds
    while not times or now() < end:
        begin = now()
        step()
        times.append(now() - begin)
    return {"times": times}


def function(module: Any, made: dict[str, Any], name: str, dtype: str, path: str) -> dict[str, Any]:
    """Get one function ready to be measured, and write its value and its gradients to a file."""
    made.clear()
    row = FUNCTIONS[name]
    made[name], inputs = module.function(row, *row.problem(name, dtype))
    value = [made[name]() for _ in range(STEPS)][-1]
    np.savez(path, value=value.detach().numpy(), **{f"gradient {k}": x.grad.numpy() for k, x in enumerate(inputs)})
    return {"can": True}


def peak(module: Any, made: dict[str, Any], workload: str, steps: int = 0) -> dict[str, Any]:
    """The time of a step (of the chain: with so many steps), and how many bytes the process grows by until its end.

    All but the chain do two steps before, so that optimizers have their state and programs are compiled. The libraries'
    own code, which comes into memory where it is first used, does not count; what a compiler keeps to itself does.
    """
    instead = {"steps": np.zeros(steps, bool)} if steps else {}
    prepared = module.make(WORKLOADS[workload], *WORKLOADS[workload].problem("float32", **instead))
    if prepared is None:
        return {"can": False}
    step, _ = prepared
    _give_back()
    before, code = _memory("VmRSS"), _memory("RssFile")
    if not steps:
        for _ in range(STEPS - 1):
            step()
        _give_back()
    with open("/proc/self/clear_refs", "w") as file:  # "5" makes the peak what the memory is now
        file.write("5")
    begin = time.perf_counter()
    step()
    seconds = time.perf_counter() - begin
    return {"can": True, "seconds": seconds, "bytes": _memory("VmHWM") - before - (_memory("RssFile") - code)}


def scale(module: Any, made: dict[str, Any], family: str, size: int, seconds: float) -> dict[str, Any]:
    """The least time of a step of one size, and its gradients: the length of each."""
    key = f"{family} {size}"
    if key not in made:
        prepared = module.scaled(family, *FAMILIES[family].problem(size))
        if prepared is None:
            return {"can": False}
        made.clear()
        made[key], results = prepared
        made[key]()
        made["lengths"] = {name: float(np.linalg.norm(value)) for name, value in results().items()}
    return {"can": True, "lengths": made["lengths"], "least": min(measure(module, made, key, seconds)["times"])}


def checkpoints(module: Any, made: dict[str, Any], layers: int, segment: int) -> dict[str, Any]:
    """The time of a step with checkpoints, and the bytes of its arrays at their highest."""
    step = module.checkpointed(layers, segment)
    step()
    times = measure(module, {"step": step}, "step", 1.0)["times"]
    tracemalloc.start()
    step()
    highest = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return {"seconds": min(times), "bytes": highest}


def _give_back() -> None:
    """Give the system the memory that was used while building, so that its use again counts as growth."""
    gc.collect()
    library = ctypes.CDLL(None)
    if hasattr(library, "malloc_trim"):
        library.malloc_trim(0)


def _memory(key: str) -> int:
    with open("/proc/self/status") as file:
        line = next(line for line in file if line.startswith(key))
    return int(line.split()[1]) * 1024


QUESTIONS = {
    "prepare": prepare, "function": function, "measure": measure, "peak": peak, "scale": scale,
    "checkpoints": checkpoints,
}  # fmt: skip

if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
