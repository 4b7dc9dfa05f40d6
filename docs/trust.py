"""Writes docs/trust.md: what the tests are, and what shows that they would notice a mistake. `make trust` runs it.

The figures come from tests/figures.json, where `make mutants`, `make fuzz` and `make compat` leave them, and from
tests/reference.
"""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.figures import read_figures, write_figures  # noqa: E402

PACKAGES = {
    "autograd/ops": "derivative rules of NumPy's functions", "autograd/scipy": "those of SciPy's",
    "autograd/engine": "the kernel", "autograd/transforms": "`grad`, `jacobian`, checkpoints, …",
    "autograd/program": "traced and compiled programs", "nn/parallel": "training on several processes",
    "optim": "optimizers and schedules",
}  # fmt: skip


def main() -> None:
    collected = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    ).stdout  # fmt: skip
    counts = [int(line.rsplit(": ", 1)[1]) for line in collected.splitlines() if line.count(": ") == 1]
    if not counts:
        raise SystemExit(f"trust: pytest collected nothing: {collected}")
    write_figures("tests", {"tests": sum(counts), "files": len(counts)})
    write_figures("references", dict(_references()))
    (ROOT / "docs" / "trust.md").write_text(page(read_figures()))
    print("trust: docs/trust.md is written")


def page(figures: dict[str, Any]) -> str:
    """The page."""
    tests = figures["tests"]
    return f"""# What shows that it is right

Made by `make trust` from what the tools last found.

## Tests

{tests["tests"]:,} tests and examples in {tests["files"]} files; `make test` runs them, with warnings as errors. Each
derivative rule is compared with differences of its function, to second order, over shapes that are empty, of one
element, and broadcast.

## Values of other libraries

Checked in beside the scripts that made them, so that nobody needs these libraries to run the tests:

{_table(figures["references"])}

## Would the tests notice?

`make mutants` changes the code in one small place at a time (a sign, a factor, a term or a conjugate that is missing,
arguments swapped, `out` for `x`, a comparison, a constant, a statement left out) and runs the tests of that module. A
change that no test can notice, since nothing that can be seen depends on it, stands in `tests/mutants/equivalent.json`
with the reason, and is not counted. Those that are not run yet are left out of the rate. The survivors stand by name in
`tests/mutants/found.json`.

Derivative rules alone:

{_mutants(figures["mutants of rules"])}

All code of these packages, rules among it:

{_mutants(figures["mutants"])}

## Programs made at random

`make fuzz` draws programs (views, assignments, broadcasting, dtypes, hooks, checkpoints, `no_grad`), and compares
values, gradients and second derivatives with a second engine that is naive on purpose (forward mode, 190 lines, in
`tests/fuzzing/naive.py`), and with JAX where it is installed. Some run as compiled steps as well, on NumPy to the last
bit, and with loops in C and by Numba; and by `vmap` for several examples at once, which a loop runs one by one. Written
steps are training steps as a user writes them, in Python, whose data, shapes and surroundings change between the calls:
compiled and printed they do what they do in the engine. A program may be refused, in words; it may not differ.

{_fuzz(figures["fuzz"])}

## Where they pass

`make compat` runs all tests, with warnings as errors, in an environment of its own for each of these:

{_compat(figures["compat"])}
"""


def _references() -> Iterator[tuple[str, Any]]:
    """Of each file of values: what its script says of it, and how many numbers there are."""
    for script in sorted((ROOT / "tests" / "reference").glob("make_*.py")):
        stem = script.stem.removeprefix("make_")
        (data,) = [p for p in script.parent.glob(f"{stem}.*") if p.suffix in (".npz", ".json", ".zip")]
        what = script.read_text().split('"""')[1].split("\n")[0]
        yield data.name, {"what": what, "numbers": _numbers(data)}


def _table(references: dict[str, Any]) -> str:
    rows = ["| file | what | numbers |", "|---|---|---|"]
    rows += [f"| `{name}` | {found['what']} | {found['numbers']:,} |" for name, found in references.items()]
    return "\n".join(rows)


def _numbers(path: Path) -> int:
    if path.suffix == ".npz":
        return sum(array.size for array in np.load(path).values())
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive, archive.open("numbers.npy") as file:
            return int(np.load(file).size)
    return _leaves(json.loads(path.read_text()))


def _leaves(value: Any) -> int:
    if isinstance(value, dict | list):
        return sum(map(_leaves, value.values() if isinstance(value, dict) else value))
    return isinstance(value, int | float)


def _mutants(modules: dict[str, dict[str, int]]) -> str:
    rows = ["| package | what | mutants | run | equivalent | survived | killed |", "|---|---|---|---|---|---|---|"]
    for package, what in PACKAGES.items():
        total: Counter[str] = Counter()
        for path, figures in modules.items():
            if path.startswith(package + "/"):
                total.update(figures)
        count = total["run"] - total["equivalent"]
        if count:
            rate = f"{100 * (count - total['survived']) / count:.1f} %"
            numbers = [f"{total[name]:,}" for name in ("made", "run", "equivalent", "survived")]
            rows.append(f"| `{package}` | {what} | {' | '.join(numbers)} | {rate} |")
    return "\n".join(rows)


def _compat(figures: dict[str, dict[str, Any]]) -> str:
    rows = ["| what | on | passed | skipped | failed |", "|---|---|---|---|---|"]
    for found in figures.values():
        counts = [f"{found.get(outcome, 0):,}" for outcome in ("passed", "skipped", "failed")]
        rows.append(f"| {found['what']} | {found['on']} | {' | '.join(counts)} |")
    return "\n".join(rows)


def _fuzz(figures: dict[str, int]) -> str:
    return "\n".join(f"- {name}: {count:,}" for name, count in figures.items())


if __name__ == "__main__":
    main()
