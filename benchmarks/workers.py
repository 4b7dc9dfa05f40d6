"""Starting the workers, and asking them."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from collections.abc import Callable
from statistics import median
from typing import Any

HERE = os.path.dirname(os.path.abspath(__file__))
LIBRARIES = (
    "backgraph",
    "backgraph_compiled",
    "backgraph_numba",
    "backgraph_c",
    "by_hand",
    "pytorch",
    "torch_compile",
    "jax_jit",
    "hips",
    "my_grad",
    "tiny_grad",
    "small_pebble",
)
OURS = (
    "backgraph",
    "backgraph_compiled",
    "backgraph_numba",
    "backgraph_c",
    "by_hand",
)  # these run in the Python that runs this; the others in the environment of the peers
ENOUGH = 10
"""So many seconds of steps, and a library gets no more turns: what is that slow shows it in a round or two."""


def peers_python() -> str | None:
    """The Python of the environment that holds the other libraries: $BENCH_PEERS, else .venv-peers."""
    folder = os.environ.get("BENCH_PEERS") or os.path.join(os.path.dirname(HERE), ".venv-peers")
    path = os.path.join(folder, "bin", "python")
    return path if os.path.exists(path) else None


def environment(threads: int) -> dict[str, str]:
    """The environment of a worker: so many threads for every library, and nothing of the checkout in the path.

    A worker keeps itself to as many processors, where the system lets it.
    """
    limits = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "CPU_COUNT")
    left_out = ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE")  # the latter would make imports compile every time
    kept = {name: value for name, value in os.environ.items() if name not in left_out}
    flags = f"--xla_cpu_multi_thread_eigen={'true' if threads > 1 else 'false'}"
    return {
        **kept, **dict.fromkeys(limits, str(threads)), "XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu", "DEV": "CPU",
        "BACKGRAPH_CACHE": "", "TORCHINDUCTOR_FORCE_DISABLE_CACHES": "1",  # so that what is compiled is compiled here
    }  # fmt: skip


def python_of(library: str) -> str | None:
    return sys.executable if library in OURS else peers_python()


class Worker:
    """A library in a process of its own; `alive` is False where it is not installed."""

    def __init__(self, library: str, threads: int) -> None:
        self.library = library
        self.threads = threads
        self.process: Any = None
        self.start()

    def start(self) -> None:
        python = python_of(self.library)
        if python is not None:
            self.process = subprocess.Popen(
                [python, os.path.join(HERE, "worker.py"), self.library, str(self.threads)], stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment(self.threads), cwd=HERE,
            )  # fmt: skip
        greeting = self._read(60)
        self.alive = bool(greeting)
        self.name, self.version = greeting.get("name", self.library), greeting.get("version", "")

    def ask(self, do: str, limit: float = 600, **question: Any) -> dict[str, Any]:
        """The answer to a question; {"error": ...} if the worker died of it, or took longer than so many seconds.

        After such an end there is a new process.
        """
        if self.process.poll() is None:
            self.process.stdin.write(json.dumps({"do": do, **question}) + "\n")
            self.process.stdin.flush()
        answer = self._read(limit)
        if not answer:
            late = self.process.poll() is None
            self.close()
            self.start()
            return {"error": f"no answer in {limit:g} seconds" if late else "the process ended"}
        return answer

    def _read(self, limit: float) -> dict[str, Any]:
        if self.process is None or not select.select([self.process.stdout], [], [], limit)[0]:
            return {}
        line = self.process.stdout.readline()
        answer: dict[str, Any] = json.loads(line) if line else {}
        return answer

    def close(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.stdin.close()
            self.process.stdout.close()
            self.process.wait()


def take_turns(
    workers: list[Worker], workload: str, rounds: int, seconds: float,
    typical: Callable[[list[float]], float] = median, **question: Any,
) -> dict[str, list[float]]:  # fmt: skip
    """For each library the median time of a step in each round, or another typical one; who begins a round changes."""
    times: dict[str, list[float]] = {worker.library: [] for worker in workers}
    spent = dict.fromkeys(times, 0.0)
    for k in range(rounds + 1 if workers else 0):
        for worker in workers[k % len(workers) :] + workers[: k % len(workers)]:
            if spent[worker.library] > ENOUGH and times[worker.library]:
                continue
            answer: dict[str, Any] = worker.ask("measure", workload=workload, seconds=seconds, **question)
            spent[worker.library] += sum(answer.get("times", ()))
            if "times" in answer and k:  # the first round warms up
                times[worker.library].append(typical(answer["times"]))
    return {library: values for library, values in times.items() if values}
