"""Random programs in our engine, in a naive one, in JAX where it is, as compiled steps, and for several examples at
once: they give the same, or we refuse.

    python -m tests.fuzzing --seconds 60               as many programs as that takes
    python -m tests.fuzzing --programs 1000 --seed 7   those of the seeds 7, 8, 9, …
    python -m tests.fuzzing --programs 1 --seed 339    one that differed, once more

As many steps as a user writes them, or for as long again, are compiled and printed. As many damaged files, or for as
long again, are read in bounded memory and time.
A program that differs is shown by its seed and by the fewest of its steps that still do. The figure at the end is also
written to tests/figures.json, unless only some were asked for by --seed.
"""

from __future__ import annotations

import argparse
import importlib.util
import itertools
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from autograd.program.native import NUMPY, choose
from tests.figures import write_figures
from tests.forked import forked

from .batched import batched_difference
from .compiled import compiled_difference
from .files import mangled_files
from .programs import Program, difference, draw, shortest
from .written import printed_difference, shortest_lines, write, written_difference

PATIENCE = 20.0  # seconds to read a file
EVERY = {
    "numpy": 2,
    "c": 8,
    "numba": 64,
}  # of how many programs one is compiled so, which takes seconds
EVERY_BATCHED = 2  # of how many one runs for several examples at once


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser("make fuzz", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seconds", type=float, default=None, help="how long (60, unless --programs says how many)")
    parser.add_argument("--programs", type=int, default=None, help="how many")
    parser.add_argument("--seed", type=int, default=None, help="of the first (by the clock)")
    options = parser.parse_args(arguments)
    seconds = 60.0 if options.seconds is None and options.programs is None else options.seconds
    first = int(time.time()) if options.seed is None else options.seed
    print(f"fuzz: programs from seed {first}")
    count, differing = run_programs(first, options.programs, seconds)
    steps, wrong = run_written(first, options.programs, seconds)
    count.update(steps)
    differing += wrong
    read, faults = run_files(mangled_files(np.random.default_rng(first)), options.programs, seconds)
    count.update(read)
    differing += faults
    print(f"fuzz: damaged files: {read['damaged files read']}, of them at fault: {faults}")
    if options.seed is None:
        write_figures("fuzz", {**dict.fromkeys(["differing", "damaged files at fault"], 0), **count})
    return 1 if differing else 0


def run_written(first: int, number: int | None, seconds: float | None) -> tuple[Counter[str], int]:
    """The written steps of the seeds from `first` on; prints those that differ."""
    count: Counter[str] = Counter()
    begun = time.monotonic()
    for seed in itertools.count(first):
        if seed - first == number or (seconds is not None and time.monotonic() - begun > seconds):
            break
        step = write(seed)
        for how, differ in {"compiled": lambda p: written_difference(p, NUMPY), "printed": printed_difference}.items():
            if _differs(step, differ):
                count["differing"] += 1
                fewest = shortest_lines(step, lambda p, differ=differ: _differs(p, differ))
                print(f"fuzz: the written step of seed {seed}, {how}: {differ(fewest)}\n{fewest.text()}")
        count["written steps"] += 1
    print(f"fuzz: written steps: {count['written steps']}, differing: {count['differing']}")
    return count, count["differing"]


def _differs(program: Any, differ: Callable[[Any], str | None]) -> bool:
    found = differ(program)
    return found is not None and not found.startswith("refused")


def run_files(
    files: Iterable[tuple[str, Callable[[], Any]]], number: int | None, seconds: float | None
) -> tuple[Counter[str], int]:
    """Read files that are not what they should be, each in a process of its own, of little memory and time.

    A file is what it is called, and a function that reads it, and raises if it is neither read as it was written nor
    refused in words. Prints those.
    """
    count: Counter[str] = Counter()
    begun = time.monotonic()
    for what, load in itertools.islice(files, number):
        if seconds is not None and time.monotonic() - begun > seconds:
            break
        _, end = forked(load, PATIENCE)
        count["damaged files read"] += 1
        if end != "done":
            count["damaged files at fault"] += 1
            print(f"fuzz: {what}: {end.strip().splitlines()[-1]}")
    return count, count["damaged files at fault"]


def run_programs(first: int, programs: int | None, seconds: float | None) -> tuple[Counter[str], int]:
    """The programs of the seeds from `first` on; prints those that differ."""
    count: Counter[str] = Counter()
    others = _others()
    begun = time.monotonic()
    seed = first
    while (programs is None or seed < first + programs) and (seconds is None or time.monotonic() - begun < seconds):
        program = draw(seed, in_place=seed % 4 != 0)
        for name, (suits, differ) in {"the naive engine": (lambda _: True, difference), **others}.items():
            if not suits(program):
                continue
            found = differ(program)
            count[f"compared with {name}"] += 1
            if found is not None and found.startswith("refused"):
                count["refused in words"] += 1
            elif found is not None:
                count["differing"] += 1
                _show(seed, name, program, differ)
        seed += 1
    count["programs"] = seed - first
    print("fuzz: " + ", ".join(f"{name}: {n}" for name, n in sorted(count.items())))
    return count, count["differing"]


def _others() -> dict[str, Any]:
    batched = lambda program: program.seed % EVERY_BATCHED == 0
    found: dict[str, Any] = {"a loop over what vmap does at once": (batched, batched_difference)}
    for name, every in EVERY.items():
        try:
            backend = choose(name)
        except ImportError as error:
            print(f"fuzz: {error}")
            continue
        found[f"steps compiled for {name}"] = (
            lambda program, every=every: program.seed % every == 0,
            lambda program, backend=backend: compiled_difference(program, backend),
        )
    if importlib.util.find_spec("jax") is None:
        print("fuzz: JAX is not installed")
        return found
    from .jax_engine import can_run, run_jax

    return {**found, "JAX": (can_run, lambda program: difference(program, run_jax))}


def _show(seed: int, name: str, program: Program, differ: Callable[[Program], str | None]) -> None:
    fewest = shortest(program, lambda p: (found := differ(p)) is not None and not found.startswith("refused"))
    print(f"fuzz: seed {seed} differs from {name}: {differ(fewest)}\n{fewest.text()}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
