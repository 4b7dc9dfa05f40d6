"""The test suites of programs written for HIPS autograd, with HIPS autograd and with this package in its place.

    python -m benchmarks.clients                            all of them, three times each, into docs/clients.md
    python -m benchmarks.clients ssm pymoo --rounds 1       some, once
    python -m benchmarks.clients --sources DIR              the programs' sources are in DIR, and not to be cloned

It makes an environment from published packages, of the versions in clients.txt, in .venv-clients, where HIPS autograd
is installed; for our turn a folder with our `autograd` alone stands first on the path. One suite after the other is run
in turn by both, a process at a time, and compared test by test. It takes hours, and is not part of the tests.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
HERE = ROOT / ".venv-clients"
PAGE = ROOT / "docs" / "clients.md"
LIBRARIES = ("HIPS", "ours")


class Suite(NamedTuple):
    """Tests of a program.

    what      of the program is tested, for the table
    source    the repository and the tag that is cloned
    tests     files and folders, from `folder` in the repository
    options   of pytest
    settings  of the environment
    prepare   a command of Python's that is run once in the repository
    """

    what: str
    source: tuple[str, str]
    tests: tuple[str, ...]
    folder: str = "."
    options: tuple[str, ...] = ()
    settings: tuple[tuple[str, str], ...] = ()
    prepare: tuple[str, ...] = ()


_PENNYLANE = ("PennyLaneAI/pennylane", "v0.45.0")
_PLAIN = ("-m", "not torch and not tf and not jax and not all_interfaces and not capture and not external")

SUITES = {
    "HIPS autograd": Suite(
        "its own tests", ("HIPS/autograd", "v1.9.1"), (".",), "tests", ("-o", "required_plugins=", "-o", "addopts=")
    ),
    "lifelines": Suite(
        "parametric models and accelerated failure time", ("CamDavidsonPilon/lifelines", "v0.30.1"),
        ("lifelines/tests/test_estimation.py",),
        options=("-k", "TestWeibullFitter or TestExponentialFitter or TestLogLogisticFitter or TestWeibullAFTFitter"),
    ),
    "ssm": Suite(
        "all", ("lindermanlab/ssm", "master"), ("tests",), prepare=("setup.py", "-q", "build_ext", "--inplace")
    ),
    "pymanopt": Suite(
        "the core, manifolds, optimizers and the autograd backend", ("pymanopt/pymanopt", "2.2.1"),
        ("tests/manifolds", "tests/optimizers", "tests/backends/test_autograd.py", "tests/test_multi_tools.py"),
        options=("--noconftest",),
    ),
    "pymoo": Suite(
        "automatic differentiation, gradients and reference directions", ("anyoptimization/pymoo", "0.6.2"),
        ("tests/gradients", "tests/problems/test_autodiff.py", "tests/misc/test_kktpm.py",
         "tests/misc/test_reference_directions.py"),
    ),
    "geomstats": Suite(
        "the autograd backend, numerics, pullback metrics", ("geomstats/geomstats", "2.8.0"),
        tuple(f"tests/tests_geomstats/{name}" for name in (
            "test_backend", "test_numerics", "test_integrator.py", "test_geometry/test_pullback_metric.py")),
        options=("--continue-on-collection-errors",), settings=(("GEOMSTATS_BACKEND", "autograd"),),
    ),
    "ceviche": Suite(
        "primitives and the frequency domain", ("fancompute/ceviche", "master"),
        ("tests/test_primitives.py", "tests/test_gradients_fdfd.py", "tests/test_gradients_fdfd_complex.py"),
        options=("-k", "not reverse"),
    ),
    "grcwa": Suite("all", ("weiliangjinca/grcwa", "master"), ("tests",)),
    "legume": Suite(
        "gradients, primitives, shapes", ("fancompute/legume", "master"),
        ("test_gme_grad.py", "test_primitives.py", "test_gme_1layer.py", "test_shapes.py"), "tests",
    ),
    "mici": Suite(
        "the autograd backend", ("matt-graham/mici", "main"), ("tests",), options=("-k", "autograd or autodiff")
    ),
    "qoc": Suite("all", ("SchusterLab/qoc", "master"), ("tests",)),
    "paragami": Suite("all", ("rgiordan/paragami", "master"), ("paragami/tests",)),
    "autograd-gamma": Suite("all", ("CamDavidsonPilon/autograd-gamma", "master"), ("tests",)),
    "kernel-gof": Suite("all", ("wittawatj/kernel-gof", "master"), ("kgof/test",)),
    "PennyLane numpy": Suite("pennylane.numpy", _PENNYLANE, ("numpy",), "tests", _PLAIN),
    "PennyLane math": Suite("pennylane.math", _PENNYLANE, ("math",), "tests", _PLAIN),
    "PennyLane grad": Suite(
        "grad, jacobian, classical gradients", _PENNYLANE,
        ("test_autograd_grad.py", "test_grad.py", "test_classical_gradients.py", "gradients/core/test_vjp.py",
         "gradients/core/test_jvp.py", "gradients/core/test_metric_tensor.py", "gradients/core/test_fisher.py"),
        "tests", _PLAIN,
    ),
    "PennyLane QNode": Suite(
        "QNodes by backprop, parameter-shift, adjoint, finite-diff", _PENNYLANE,
        ("workflow/interfaces/qnode/test_autograd_qnode.py", "workflow/interfaces/run/test_autograd_run.py"), "tests",
        (*_PLAIN, "-k", "TestQNode and not hadamard and not spsa"),
    ),
}  # fmt: skip


def environment(home: Path) -> Path:
    """The Python of the environment, which is made where it is not there yet, and the folder of our package alone."""
    python = home / "env" / "bin" / "python"
    if not python.exists():
        print(f"clients: installing the programs in {home}", flush=True)
        subprocess.run([sys.executable, "-m", "venv", home / "env"], check=True)
        wanted = Path(__file__).with_name("clients.txt")
        subprocess.run([python, "-m", "pip", "install", "-q", "-r", wanted], check=True)
    for folder, target in (("ours", ROOT / "autograd"), ("plugin", Path(__file__).with_name("clients_times.py"))):
        (home / folder).mkdir(exist_ok=True)
        if not (link := home / folder / target.name).exists():
            link.symlink_to(target)
    return python


def source_of(suite: Suite, sources: Path, python: Path) -> Path:
    """The program's sources, cloned where they are not there yet."""
    repository, tag = suite.source
    place = sources / repository.partition("/")[2]
    if not place.exists():
        command = ["git", "clone", "-q", "--depth", "1", "-b", tag, f"https://github.com/{repository}", place]
        subprocess.run(command, check=True)
    made = place / ".prepared"
    if suite.prepare and not made.exists():
        subprocess.run([python, *suite.prepare], cwd=place, check=True)
        made.touch()
    return place


def run(suite: Suite, library: str, place: Path, python: Path, home: Path) -> dict[str, tuple[str, float]]:
    """Every test by name: its outcome, and its seconds."""
    times = home / "times.json"
    times.unlink(missing_ok=True)
    settings = {**os.environ, **dict(suite.settings), **_SETTINGS, "CLIENTS_TIMES": str(times)}
    first = home / "ours" if library == "ours" else home / "plugin"
    settings["PYTHONPATH"] = os.pathsep.join(map(str, (first, home / "plugin")))
    command = [
        python, "-m", "pytest", *suite.tests, "-q", "-p", "no:cacheprovider", "-p", "clients_times", "--tb=short",
        "--no-header", *suite.options,
    ]  # fmt: skip
    with open(home / f"{library}.log", "w") as log:
        subprocess.run(command, cwd=place / suite.folder, env=settings, stdout=log, stderr=log, check=False)
    return {name: tuple(found) for name, found in json.loads(times.read_text()).items()} if times.exists() else {}


_SETTINGS = {"MPLBACKEND": "Agg", "PYTHONHASHSEED": "0", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


class Row(NamedTuple):
    """What a suite gave: how many tests passed with each, the tests with other outcomes, the others' seconds."""

    what: str
    passed: tuple[int, int]
    others: dict[str, tuple[str, str]]
    seconds: tuple[float, float]


def compared(suite: Suite, found: dict[str, list[dict[str, tuple[str, float]]]]) -> Row:
    """The rounds of both libraries as a row: a test's time is its least, and counts where it passed with both."""
    names = list(dict.fromkeys(name for rounds in found.values() for tests in rounds for name in tests))
    outcomes = {
        name: tuple([_worst([tests.get(name, ("missing", 0.0))[0] for tests in found[key]]) for key in LIBRARIES])
        for name in names
    }
    both = [name for name, pair in outcomes.items() if pair == ("passed", "passed")]
    seconds = [sum(min(tests[name][1] for tests in found[key]) for name in both) for key in LIBRARIES]
    passed = [sum(pair[k] == "passed" for pair in outcomes.values()) for k in range(2)]
    others = {name: pair for name, pair in outcomes.items() if pair[0] != pair[1]}
    return Row(suite.what, (passed[0], passed[1]), others, (seconds[0], seconds[1]))  # type: ignore[arg-type]


def _worst(outcomes: list[str]) -> str:
    return next((outcome for outcome in outcomes if outcome != "passed"), "passed")


def table(rows: dict[str, Row]) -> list[str]:
    lines = [
        "| program | tests | pass with HIPS autograd | pass with this package | other outcomes | time |",
        "|---|---|---|---|---|---|",
    ]
    for name, row in rows.items():
        ratio = row.seconds[1] / row.seconds[0] if row.seconds[0] else float("nan")
        lines.append(f"| {name} | {row.what} | {row.passed[0]} | {row.passed[1]} | {len(row.others)} | {ratio:.2f} |")
    sums = [sum(row.seconds[k] for row in rows.values()) for k in range(2)]
    totals = [sum(row.passed[k] for row in rows.values()) for k in range(2)]
    others = sum(len(row.others) for row in rows.values())
    lines.append(f"| all | | {totals[0]} | {totals[1]} | {others} | {sums[1] / sums[0] if sums[0] else 0:.2f} |")
    return lines


def page(rows: dict[str, Row]) -> str:
    """docs/clients.md."""
    lines = [
        "# Programs written for HIPS autograd",
        "",
        "Their own tests, run unchanged with HIPS autograd 1.9.1 and with this package in its place, on the versions",
        "in `benchmarks/clients.txt`; by `python -m benchmarks.clients`, which clones what it tests. Time is processor",
        "time of the tests that pass with both, as a part of HIPS autograd's: below 1 is quicker. Tests that fail with",
        "HIPS autograd too, for want of a package or for another version of NumPy, count for neither. Suites of a few",
        "seconds, as those of ceviche, mici and qoc, show the compiling of functions when they are first called.",
        "",
        *table(rows),
        "",
        "Tests with other outcomes:",
        "",
    ]
    for name, row in rows.items():
        for test, (theirs, ours) in row.others.items():
            lines.append(f"- {name}, `{test}`: {theirs} with HIPS autograd, {ours} here")
    lines += ["", "What the differences are is said in [the guide](guides/from-hips-autograd.md)."]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.clients", description=__doc__.partition("\n")[0])  # type: ignore[union-attr]
    parser.add_argument("suites", nargs="*", metavar="SUITE", help=f"of {', '.join(SUITES)}; all without one")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is run by each library (3)")
    parser.add_argument("--home", type=Path, default=HERE, help="where the environment is, or is made")
    parser.add_argument("--sources", type=Path, default=HERE / "src", help="where the sources are, or are cloned to")
    given = parser.parse_args()
    chosen = {name: suite for name, suite in SUITES.items() if not given.suites or name in given.suites}
    given.home.mkdir(exist_ok=True)
    python = environment(given.home)
    kept = given.home / "rows.json"
    rows = {name: Row(*row) for name, row in json.loads(kept.read_text()).items()} if kept.exists() else {}
    for name, suite in chosen.items():
        place = source_of(suite, given.sources, python)
        found: dict[str, list[dict[str, tuple[str, float]]]] = {library: [] for library in LIBRARIES}
        for _ in range(given.rounds):
            for library in LIBRARIES:
                found[library].append(run(suite, library, place, python, given.home))
        rows[name] = row = compared(suite, found)
        kept.write_text(json.dumps(rows))
        for test, (theirs, ours) in list(row.others.items()):
            print(f"  {test}: {theirs} with HIPS autograd, {ours} with this package")
        print("\n".join(table({name: row})[2:3]), flush=True)
    PAGE.write_text(page({name: rows[name] for name in SUITES if name in rows}))
    print(f"clients: wrote {PAGE}")


if __name__ == "__main__":
    main()
