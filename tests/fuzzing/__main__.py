"""Random programs in our engine, in a naive one, and in JAX where it is installed: they give the same, or we refuse.

    python -m tests.fuzzing --seconds 60               as many programs as that takes
    python -m tests.fuzzing --programs 1000 --seed 7   those of the seeds 7, 8, 9, …
    python -m tests.fuzzing --programs 1 --seed 339    one that differed, once more

A program that differs is shown by its seed and by the fewest of its steps that still do. The figure at the end is also
written to tests/figures.json, unless only some were asked for by --seed.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from tests.figures import write_figures

from .programs import Program, difference, draw, shortest


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
    if importlib.util.find_spec("tests.fuzzing.files") is not None:
        from tests.fuzzing import files  # type: ignore[attr-defined]

        count.update(files.run(first, seconds or 60.0))
    if options.seed is None:
        write_figures("fuzz", dict(count))
    return 1 if differing else 0


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
    if importlib.util.find_spec("jax") is None:
        print("fuzz: JAX is not installed; compared with the naive engine alone")
        return {}
    from .jax_engine import can_run, run_jax

    return {"JAX": (can_run, lambda program: difference(program, run_jax))}


def _show(seed: int, name: str, program: Program, differ: Callable[[Program], str | None]) -> None:
    fewest = shortest(program, lambda p: (found := differ(p)) is not None and not found.startswith("refused"))
    print(f"fuzz: seed {seed} differs from {name}: {differ(fewest)}\n{fewest.text()}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
