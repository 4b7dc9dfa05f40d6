"""What is measured in fresh processes: imports, the memory of a step, long chains."""

from __future__ import annotations

import subprocess
from statistics import median
from typing import Any

from .workers import OURS, Worker, environment, python_of

IMPORTS = {
    "NumPy alone": ("by_hand", "numpy"),
    "backgraph": ("backgraph", "autograd, nn, optim"),
    "PyTorch": ("pytorch", "torch"),
    "JAX": ("jax_jit", "jax.numpy"),
    "HIPS autograd": ("hips", "autograd.numpy"),
    "MyGrad": ("my_grad", "mygrad"),
    "tinygrad": ("tiny_grad", "tinygrad"),
    "SmallPebble": ("small_pebble", "smallpebble"),
}
_TIME_IMPORT = """
import time
begin = time.perf_counter()
import {}
seconds = time.perf_counter() - begin
print(seconds, *[line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")])
"""


def imports(rounds: int, threads: int) -> dict[str, tuple[float, float]]:
    """For each library: seconds of its import, and the megabytes of a process that has done it."""
    found: dict[str, list[tuple[float, float]]] = {}
    for k in range(rounds + 1):
        for name, (library, modules) in IMPORTS.items():
            python = python_of(library)
            if python is None:
                continue
            command = [python, "-P", "-c", _TIME_IMPORT.format(modules)]
            done = subprocess.run(command, capture_output=True, text=True, env=environment(threads), cwd="/")
            if done.returncode == 0 and k:  # the first round compiles
                seconds, kilobytes = map(float, done.stdout.split())
                found.setdefault(name, []).append((seconds, kilobytes / 1024))
    return {name: (median(s for s, _ in values), median(m for _, m in values)) for name, values in found.items()}


def memory(libraries: list[str], threads: int, rounds: int = 3) -> dict[str, float]:
    """The megabytes that a process grows by during one step of the workload `memory`."""
    answers = {library: [_peak(library, threads, "memory") for _ in range(rounds)] for library in libraries}
    return {
        library: median(answer["bytes"] for answer in found) / 1e6
        for library, found in answers.items() if all("bytes" in answer for answer in found)
    }  # fmt: skip


def chains(libraries: list[str], threads: int) -> dict[str, Any]:
    """Long chains: seconds and megabytes for 200,000 nodes; of our own also 1,000,000."""
    found: dict[str, Any] = {}
    for library in libraries:
        if library in (*OURS, "pytorch", "hips", "my_grad"):
            for nodes in (200_000, 1_000_000) if library == "backgraph" else (200_000,):
                answer = _peak(library, threads, "chain", steps=nodes // 2)
                if "bytes" in answer:
                    found[f"{library} {nodes}"] = (answer["seconds"], answer["bytes"] / 1e6)
    return found


def _peak(library: str, threads: int, workload: str, **question: Any) -> dict[str, Any]:
    worker = Worker(library, threads)
    try:
        return worker.ask("peak", workload=workload, **question) if worker.alive else {}
    finally:
        worker.close()
