"""What is not the time of a step: imports, memory, long chains, checkpoints, and how costs grow."""

from __future__ import annotations

import subprocess
from statistics import median
from typing import Any

import numpy as np

from .workers import OURS, Worker, environment, python_of
from .workloads import FAMILIES, Family

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
LARGE = ("mlp_large", "lenet", "vgg", "lstm", "gpt", "elementwise", "reduce_norm", "memory")
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


def memory(libraries: list[str], threads: int, rounds: int = 3) -> dict[str, dict[str, float]]:
    """For each workload that needs any to speak of: the megabytes that a process grows by in a step, for each library.

    Of the workload `memory` for all libraries, of the others for ours and PyTorch.
    """
    found: dict[str, dict[str, float]] = {}
    for workload in LARGE:
        for library in libraries:
            if workload == "memory" or library in (*OURS, "pytorch"):
                times = rounds if library in (*OURS, "pytorch") else 1
                answers = [_peak(library, threads, workload) for _ in range(times)]
                if all("bytes" in answer for answer in answers):
                    found.setdefault(workload, {})[library] = median(answer["bytes"] for answer in answers) / 1e6
    return found


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


def checkpoints(threads: int) -> dict[int, list[tuple[float, float]]]:
    """For numbers of layers: (seconds, megabytes) of a step without checkpoints, and with one for each √n layers."""
    worker = Worker("backgraph", threads)
    found = {}
    for layers in (16, 64, 256, 1024):
        answers = [worker.ask("checkpoints", layers=layers, segment=n) for n in (0, round(layers**0.5))]
        found[layers] = [(answer["seconds"], answer["bytes"] / 1e6) for answer in answers]
    worker.close()
    return found


def scaling(threads: int, rounds: int = 3, seconds: float = 0.1) -> dict[str, dict[str, dict[int, float]]]:
    """For each family: library -> size -> the least seconds of a step; the libraries take turns at each size.

    Raises RuntimeError if the gradients of two libraries differ.
    """
    workers = [worker for worker in (Worker(name, threads) for name in (*OURS, "pytorch")) if worker.alive]
    found: dict[str, dict[str, dict[int, float]]] = {}
    for family in FAMILIES.values():
        for size in family.sizes:
            lengths: dict[str, Any] = {}
            for _ in range(rounds):
                for worker in workers:
                    answer = worker.ask("scale", family=family.name, size=size, seconds=seconds)
                    if answer.get("can"):
                        lengths[worker.library] = answer["lengths"]
                        values = found.setdefault(family.name, {}).setdefault(worker.library, {})
                        values[size] = min(answer["least"], values.get(size, answer["least"]))
            _agree(family, size, lengths)
    for worker in workers:
        worker.close()
    return found


def exponent(values: dict[int, float]) -> float:
    """That of the size, fitted to the larger half of the sizes."""
    points = sorted(values.items())[-(len(values) + 1) // 2 :]
    return float(np.polyfit(*np.log(np.array(points).T), 1)[0])


def _agree(family: Family, size: int, lengths: dict[str, dict[str, float]]) -> None:
    for library, found in lengths.items():
        for name, length in found.items():
            if abs(length - lengths["backgraph"][name]) > 1e-3 * length + 1e-9:
                raise RuntimeError(f"{library}: another gradient of {name} in the family {family.name} at size {size}")


def _peak(library: str, threads: int, workload: str, **question: Any) -> dict[str, Any]:
    worker = Worker(library, threads)
    try:
        return worker.ask("peak", 100, workload=workload, **question) if worker.alive else {}
    finally:
        worker.close()
