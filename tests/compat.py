"""The tests wherever the project says that it runs: each row below is an environment, made once, in .cache/compat.

    python -m tests.compat                  all rows that this machine has the Pythons and packages for
    python -m tests.compat oldest wheel     these
    python -m tests.compat smoke            what CI runs: the wheel is built, holds every module, all are imported

Warnings are errors in all of them (pyproject.toml says so). What a row lacks is said, and the row left out. What the
whole tests gave is kept in tests/figures.json.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from .figures import write_figures

ROOT = Path(__file__).resolve().parents[1]
PLACE = ROOT / ".cache" / "compat"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PACKAGES = ("autograd", "nn", "optim")
BESIDE = ("tests", "docs", "notebooks", "benchmarks")
OF_THE_CHECKOUT = (
    "docs/test_engine_guide.py", "test_compat.py", "test_layers.py", "test_mutants.py", "test_project.py"
)  # fmt: skip
LINTERS = ("ruff", "mypy")


class Row(NamedTuple):
    """An environment: whether it has the newest Python at hand or the oldest, what is installed, what is run in it."""

    what: str
    newest: bool
    requirements: list[str]
    arguments: list[str] = []  # noqa: RUF012 (nobody changes it)
    optimize: bool = False
    wheel: bool = False


def extras(name: str) -> list[str]:
    """What an extra installs, but for what only reads the code."""
    return [need for need in PROJECT["optional-dependencies"][name] if not need.startswith(LINTERS)]


def lowest(need: str) -> str:
    """The oldest series that a requirement allows: numpy>=2.0 as numpy==2.0.*"""
    name, version = need.split(">=")
    return f"{name}=={version}.*"


NUMPY = next(need for need in PROJECT["dependencies"] if need.startswith("numpy"))
ROWS = {
    "oldest": Row("the oldest Python and NumPy", False, [*PROJECT["dependencies"], lowest(NUMPY), *extras("test")]),
    "newest": Row("the newest Python and NumPy", True, [*PROJECT["dependencies"], *extras("test")]),
    "optimized": Row("python -O", True, [*PROJECT["dependencies"], *extras("test")], optimize=True),
    "minimal": Row("the minimal install", True, [*PROJECT["dependencies"], "pytest>=8"]),
    "wheel": Row(
        "the built wheel",
        True,
        [*PROJECT["dependencies"], *extras("test")],
        ["tests", *(f"--ignore=tests/{name}" for name in OF_THE_CHECKOUT)],
        wheel=True,
    ),
}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser("make compat", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("rows", nargs="*", metavar="row", help=f"{', '.join([*ROWS, 'smoke'])} (all)")
    parser.add_argument("--pytest", default="", help="what else pytest is told, as in --pytest='-k engine'")
    options = parser.parse_args(arguments)
    unknown = set(options.rows) - {*ROWS, "smoke"}
    if unknown:
        parser.error(f"expected rows out of {', '.join([*ROWS, 'smoke'])}, got {', '.join(sorted(unknown))}")
    figures: dict[str, Any] = {}
    results: dict[str, Callable[[], str]] = {"smoke": smoke}
    results |= {name: lambda name=name: run(name, options.pytest.split(), figures) for name in ROWS}  # type: ignore[misc]
    failed = 0
    for name in options.rows or results:
        print(f"compat: {name}: {ROWS[name].what if name in ROWS else 'the wheel, and imports'}", flush=True)
        result = results[name]()
        print(f"compat: {name}: {result}", flush=True)
        failed += result.startswith("failed")
    if figures:  # now, for the tests look whether docs/trust.md shows what is there
        write_figures("compat", figures)
    return 1 if failed else 0


def pythons() -> list[str]:
    """The Pythons at hand that the project supports, oldest first; of each version one."""
    least = tuple(map(int, PROJECT["requires-python"].removeprefix(">=").split(".")))
    places = [os.environ.get("PYTHON", ""), *(shutil.which(f"python3.{n}") or "" for n in range(least[1], 30))]
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    places += [str(path) for path in sorted(root.glob("versions/*/bin/python"))]
    found: dict[tuple[int, ...], str] = {}
    for place in filter(None, [*places, sys.executable]):
        code = "import sys, venv, ensurepip; print(*sys.version_info[:2])"
        done = subprocess.run([place, "-c", code], capture_output=True, text=True, check=False)
        if done.returncode == 0 and (version := tuple(map(int, done.stdout.split()))) >= least:
            found.setdefault(version, place)
    return [found[version] for version in sorted(found)]


def environment(python: str, requirements: list[str]) -> tuple[Path | None, str]:
    """The Python of an environment with these packages, made now or earlier; or None, and what pip said."""
    name = hashlib.sha256("\n".join([python, *requirements]).encode()).hexdigest()[:12]
    place = PLACE / name
    inside = place / "bin" / "python"
    if (place / "made").exists():
        return inside, ""
    subprocess.run([python, "-m", "venv", "--clear", place], check=True)
    pip = [inside, "-m", "pip", "install", "--quiet", *requirements]
    done = subprocess.run(pip, capture_output=True, text=True, check=False)
    if done.returncode:
        return None, done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "pip failed"
    (place / "made").touch()
    return inside, ""


def run(name: str, more: list[str], figures: dict[str, Any]) -> str:
    """Run the tests in the environment of a row; returns how that went, and if it was all of them puts it down."""
    row = ROWS[name]
    python = pythons()[-1 if row.newest else 0]
    requirements = row.requirements
    with tempfile.TemporaryDirectory() as folder:
        where = ROOT
        if row.wheel:
            wheel = build(Path(folder))
            where = outside(Path(folder) / "elsewhere")
        inside, trouble = environment(python, requirements)
        if inside is None:
            return f"left out: {trouble}"
        project = ["--force-reinstall", wheel] if row.wheel else ["--editable", ROOT]
        subprocess.run([inside, "-m", "pip", "install", "--quiet", "--no-deps", *project], check=True)
        command = [
            inside,
            *(["-O"] if row.optimize else []),
            "-m",
            "pytest",
            "-p",
            "no:cacheprovider",
            "-rfEs",
            "--tb=short",
        ]
        command += [*row.arguments, *more]
        if row.optimize:  # pytest says that asserts outside of tests are not run: that is what is tried
            command += ["-W", "ignore::pytest.PytestConfigWarning"]
        environ = {**os.environ, "PYTHONPATH": str(where), "PYTHONDONTWRITEBYTECODE": "1"}
        environ |= {"PYTHONOPTIMIZE": "1"} if row.optimize else {}
        done = subprocess.run(command, cwd=where, env=environ, capture_output=True, text=True, check=False)
    versions = subprocess.run(
        [inside, "-c", "import sys, numpy; print(f'Python {sys.version.split()[0]}, NumPy {numpy.__version__}')"],
        capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip
    summary = done.stdout.strip().splitlines()[-1] if done.stdout.strip() else done.stderr.strip()
    if done.returncode:
        print(done.stdout[-20_000:], done.stderr[-5_000:], sep="\n")
    if not more:
        counts = {outcome: int(count) for count, outcome in re.findall(r"(\d+) (passed|failed|skipped)", summary)}
        figures[name] = {"what": row.what, "on": versions, **counts}
    return f"{'failed' if done.returncode else 'passed'} on {versions}: {summary}"


def build(folder: Path) -> Path:
    """The wheel, built from a copy of what the project consists of."""
    source = folder / "source"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    for package in PACKAGES:
        shutil.copytree(ROOT / package, source / package, ignore=shutil.ignore_patterns("__pycache__"))
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, source]
    subprocess.run(pip, check=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def outside(folder: Path) -> Path:
    """All that the tests read, without the packages."""
    folder.mkdir()
    for path in ROOT.iterdir():
        if path.is_file():
            shutil.copy(path, folder)
        elif path.name in BESIDE:
            shutil.copytree(path, folder / path.name, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


SMOKE = """
import importlib, sys
names = sys.argv[1:]
import autograd, nn, optim
assert all(module.__file__.startswith(sys.path[1]) for module in (autograd, nn, optim)), autograd.__file__
left = []
for name in names:
    try:
        importlib.import_module(name)
    except ImportError as error:
        if "install" not in str(error):
            raise
        left.append(name)
import autograd.numpy as np
from autograd import grad
from autograd.extend import defvjp, primitive
from autograd.misc.optimizers import adam
from autograd.numpy.numpy_boxes import ArrayBox
assert grad(lambda x: np.sum(np.sin(x) ** 2))(np.ones(2)).shape == (2,)
print(len(names) - len(left), *left)
"""


def smoke() -> str:
    """Build the wheel, look whether every file is in it, and import every module from it, outside of the checkout."""
    with tempfile.TemporaryDirectory() as folder:
        wheel = build(Path(folder))
        with zipfile.ZipFile(wheel) as archive:
            held = [name for name in archive.namelist() if ".dist-info/" not in name]
            archive.extractall(Path(folder) / "installed")
        paths = [path for package in PACKAGES for path in (ROOT / package).rglob("*")]
        expected = {str(p.relative_to(ROOT)) for p in paths if p.is_file() and "__pycache__" not in p.parts}
        if set(held) != expected:
            return f"failed: the wheel and the packages differ in {sorted(set(held) ^ expected)}"
        names = [re.sub(r"(/__init__)?\.py$", "", name).replace("/", ".") for name in held if name.endswith(".py")]
        names = sorted(name for name in names if not name.endswith("__main__"))
        environ = {**os.environ, "PYTHONPATH": str(Path(folder) / "installed")}
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", SMOKE, *names],
            cwd=folder, env=environ, capture_output=True, text=True, check=False,
        )  # fmt: skip
    if done.returncode:
        return f"failed: {done.stderr.strip()}"
    count, *left = done.stdout.split()
    return f"passed: {count} modules imported" + (f"; these need an extra: {', '.join(left)}" if left else "")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
