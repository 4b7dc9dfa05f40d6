"""Change the code in small ways, one at a time, and see whether its own tests notice.

    python -m tests.mutants ops/elementwise optim          these modules, by any part of their path; default: all
    python -m tests.mutants ops --rules                     only what stands in derivative rules
    python -m tests.mutants --sample 300 --seed 1           so many of them, drawn at random
    python -m tests.mutants ops --report                    run nothing; print what earlier runs found

Tests that run the changed lines go first, those in the file of the module's name, or its folder's, and short ones
before others; then those that run its function; where it is no derivative rule, the shortest of the other tests follow.
They are collected once, and run in a process that is forked for the mutant; only what matters while the packages are
imported has them imported anew. What was found is kept in .cache/mutants until the code around a mutant changes (of one
that survived: or the tests), so an interrupted run goes on where it was; and, at the end, in found.json here, which is
checked in, with the names of the survivors. Then stand these, each with its place and its change, and a figure per
module, which is also written to tests/figures.json.
"""

from __future__ import annotations

import argparse
import ast
import functools
import json
import multiprocessing
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(name, "1")  # before NumPy comes

from tests.figures import read_figures, write_figures  # noqa: E402
from tests.forked import forked  # noqa: E402
from tests.mutants.changes import Mutant, mutants  # noqa: E402
from tests.mutants.found import CACHE, Found, digest  # noqa: E402
from tests.mutants.table import PACKAGES, ROOT, family, own_tests  # noqa: E402
from tests.mutants.trial import Changed, run  # noqa: E402
from tests.mutants.warm import Warm, side_by_side, warm  # noqa: E402

NEAR = 4.0  # seconds: so much of the tests that run a changed line; what they do not notice counts as survived (--near)
AROUND = 1.0  # seconds: so much of those that run its function, of which only the first calls are followed
REST = 0.1  # seconds: so much of the tests that do not (but may have, had the result not been kept)
PATIENCE = 20.0  # seconds, beside ten times what the tests take on the unchanged module, where it is imported for them


def main(arguments: list[str]) -> int:
    options = _options(arguments)
    modules = [path for path in _modules() if not options.what or any(what in path for what in options.what)]
    if not modules:
        print(f"mutants: no module has {' or '.join(options.what)} in its path", file=sys.stderr)
        return 2
    known = {path: Found(path) for path in modules}
    made = [(path, k) for path in modules for k, m in enumerate(known[path].mutants) if m.rule or not options.rules]
    if options.sample:
        made = sorted(random.Random(options.seed).sample(made, min(options.sample, len(made))))
    todo = [(path, k) for path, k in made if not known[path].is_known(k) and not known[path].reason(k)]
    if not options.report:
        _run(todo, known, options.jobs, options.near)
    _print(made, known)
    for found in known.values():
        found.keep()
    _write(known)
    return 0


def _write(known: dict[str, Found]) -> None:
    """The figures of these modules; and of the others that none is known of, for those not tried count as such."""
    before = read_figures().get("mutants", {})
    told = {**{path: Found(path) for path in _modules() if path not in known and path not in before}, **known}
    write_figures("mutants", {path: found.figures() for path, found in told.items()})
    write_figures("mutants of rules", {path: found.figures(rules=True) for path, found in told.items()})


def _options(arguments: list[str]) -> Any:
    parser = argparse.ArgumentParser("make mutants", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("what", nargs="*", help="parts of modules' paths")
    parser.add_argument("--rules", action="store_true", help="only derivative rules")
    parser.add_argument("--sample", type=int, metavar="N", help="N mutants, drawn at random")
    parser.add_argument("--seed", type=int, default=0, help="of that draw")
    parser.add_argument("--jobs", type=int, default=2, help="how many run at a time (2)")
    parser.add_argument("--near", type=float, default=NEAR, help="seconds of the tests that run a changed line (4)")
    parser.add_argument("--report", action="store_true", help="print what is known, run nothing")
    return parser.parse_args(arguments)


def _modules() -> list[str]:
    return sorted(str(p.relative_to(ROOT)) for package in PACKAGES for p in (ROOT / package).rglob("*.py"))


def _run(todo: list[tuple[str, int]], known: dict[str, Found], jobs: int, near: float) -> None:
    begun, done = time.monotonic(), 0
    for about in sorted({family(path) for path, _ in todo}):
        here = [(path, k) for path, k in todo if family(path) == about]
        random.Random(0).shuffle(here)  # so that a run that is interrupted has seen a bit of each
        for told in _tried(about, here, jobs, near):
            if "file" in told:
                print("mutants: {count} tests in {file} take {seconds:.1f} s".format(**told), flush=True)
                continue
            path, k = told["path"], told["k"]
            known[path].add(k, told["outcome"], told["by"])
            if told["outcome"] == "survived":
                print(_shown(path, known[path].mutants[k]), flush=True)
            if (done := done + 1) % 100 == 0:
                print(f"mutants: {done}/{len(todo)} after {time.monotonic() - begun:.0f} s", flush=True)


def _tried(about: str, todo: list[tuple[str, int]], jobs: int, near: float) -> Iterator[dict[str, Any]]:
    """What is found of the mutants of a family, as it is found: first those that need no module imported anew."""
    files = sorted({file for path, _ in todo for file in own_tests(path)})
    for file in files:
        _kept(about, file)  # as they are now
    rest = []
    for told in warm(about, files, functools.partial(_warmly, about, files, todo, jobs, near)):
        if told.get("outcome") == "import":
            rest.append((told["path"], told["k"]))
        else:
            yield told
    with multiprocessing.get_context("fork").Pool(jobs) as pool:
        yield from pool.imap_unordered(functools.partial(_anew, near), rest)


def _warmly(
    about: str, files: list[str], todo: list[tuple[str, int]], jobs: int, near: float, tests: Warm, answer: Any
) -> None:
    def cover(j: int) -> None:
        for file in files[j::jobs]:
            if not _kept(about, file).exists():
                found = tests.lines(file, about)
                _kept(about, file).parent.mkdir(parents=True, exist_ok=True)
                _kept(about, file).write_text(json.dumps(found))
                answer({"file": file, "count": len(found["seconds"]), "seconds": sum(found["seconds"].values())})

    def attempt(j: int) -> None:
        for path, k in todo[j::jobs]:
            tree, made = _parsed(path)

            def changed(tree: ast.Module = tree, mutant: Mutant = made[k]) -> ast.Module:
                mutant.put()
                return tree

            by = tests.fails(path, changed, _order(path, made[k], near))
            _noticed(path).update([by or ""])
            outcome = "import" if by is None else "killed" if by else "survived"
            answer({"path": path, "k": k, "outcome": outcome, "by": by or ""})

    side_by_side(cover, jobs)
    side_by_side(attempt, jobs)


@functools.cache
def _kept(about: str, file: str) -> Path:
    return CACHE / f"{digest([*_family(about), file])}.json"


@functools.cache
def _family(about: str) -> list[str]:
    return [path for path in _modules() if family(path) == about]


@functools.cache
def _covered(about: str, file: str) -> Any:
    return json.loads(_kept(about, file).read_text())


@functools.cache
def _parsed(path: str) -> tuple[ast.Module, list[Mutant]]:
    tree = ast.parse((ROOT / path).read_text())
    return tree, mutants(tree)


@functools.cache
def _noticed(path: str) -> Counter[str]:
    """How many mutants of a module each test has noticed, in this run and those before it."""
    return Counter(row["by"] for row in Found(path).known.values() if row.get("by"))


def _keenest(path: str, tests: list[tuple[str, float]]) -> list[tuple[str, float]]:
    """The tests, those first that have noticed most of the module's mutants, and then of its neighbours'."""
    here, near = _noticed(path), [_noticed(other) for other in _family(family(path))]
    return sorted(tests, key=lambda test: (-here[test[0]], -sum(counts[test[0]] for counts in near)))


@functools.cache
def _by_line(path: str) -> tuple[dict[str, float], dict[int, list[str]]]:
    """The seconds of a module's own tests, the likely ones first; and those that run a line."""
    seconds: dict[str, float] = {}
    lines: dict[int, list[str]] = {}
    for file in own_tests(path):
        own = _covered(family(path), file)
        seconds.update(own["seconds"])
        for name, ran in own["lines"].items():
            for number in ran.get(path, ()):
                lines.setdefault(number, []).append(name)
    mirrored, around = f"/test_{Path(path).stem}.py::", f"/test_{Path(path).parent.name}.py::"
    order = sorted(seconds, key=lambda name: (mirrored not in name, around not in name, seconds[name]))
    return {name: seconds[name] for name in order}, lines


def _order(path: str, mutant: Mutant, limit: float) -> list[tuple[str, float]]:
    """The tests for a mutant: those that run its lines, the likely ones first, those that run its function, and then
    the shortest of the others. Where none is known to run its lines, it is the likely ones.
    """
    seconds, lines = _by_line(path)

    def of(first: int, last: int) -> set[str]:
        return {name for number in range(first, last + 1) for name in lines.get(number, ())}

    near = of(*mutant.lines)
    around = of(*_function(path, mutant.lines[0])) - near if near else set()
    covering = [(name, s) for name, s in seconds.items() if name in near or not near]
    covering = _within(_keenest(path, covering), limit)
    covering += _within([(name, s) for name, s in seconds.items() if name in around], AROUND)
    known = near | around
    others = [(name, s) for name, s in seconds.items() if near and name not in known and not mutant.rule]
    return covering + _within(others, REST)


def _function(path: str, number: int) -> tuple[int, int]:
    """The first and the last line of the function around a line, or that line."""
    tree, _ = _parsed(path)
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    found = [(n.lineno, n.end_lineno or n.lineno) for n in nodes if n.lineno <= number <= (n.end_lineno or n.lineno)]
    return max(found, default=(number, number))


def _within(tests: list[tuple[str, float]], limit: float) -> list[tuple[str, float]]:
    total = 0.0
    return [(name, seconds) for name, seconds in tests if (total := total + seconds) <= limit]


def _anew(near: float, which: tuple[str, int]) -> dict[str, Any]:
    """The outcome for a mutant whose module must be imported: a file's tests are tried before the others."""
    path, k = which
    tree, made = _parsed(path)
    order = _order(path, made[k], near)
    first = [test for test in order if test[0].split("::")[0] == order[0][0].split("::")[0]]
    for tests in (first, [test for test in order if test not in first]):

        def work(names: tuple[str, ...] = tuple(name for name, _ in tests)) -> Any:
            made[k].put()
            return run(names, Changed(path, tree))

        if not tests:
            continue
        answer, end = forked(work, PATIENCE + 10 * sum(seconds for _, seconds in tests))
        if answer is None or answer["code"] not in (0, 5):
            by = end if answer is None else ", ".join(answer["failed"]) or "import"
            return {"path": path, "k": k, "outcome": "killed", "by": by}
    return {"path": path, "k": k, "outcome": "survived", "by": ""}


def _shown(path: str, mutant: Mutant) -> str:
    name = mutant.key.split(": ")[0]
    return f"{path}:{mutant.lines[0]} {name}\n    - {mutant.before}\n    + {mutant.after}\n      {mutant.key}"


def _print(made: list[tuple[str, int]], known: dict[str, Found]) -> None:
    alive = [(path, k) for path, k in made if known[path].outcome(k) == "survived" and not known[path].reason(k)]
    for path, k in alive:
        print(_shown(path, known[path].mutants[k]))
    total: Counter[str] = Counter()
    for path, found in known.items():
        figures = found.figures()
        total.update(figures)
        print(_line(path, figures))
    print(_line("all of these", total))


def _line(what: str, figures: Any) -> str:
    count = figures["run"] - figures["equivalent"]
    killed = count - figures["survived"]
    rate = f"{100 * killed / count:5.1f} %" if count else "      —"
    rest = f"{figures['made'] - figures['run']} not run, {figures['equivalent']} equivalent"
    return f"{what:40} {rate} killed: {killed} of {count}, {rest}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
