"""The project itself: what it depends on, what importing it costs, and what must not be in its files."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def tracked():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def run(code):
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)


def test_metadata():
    project = PROJECT["project"]
    assert project["name"] == "backgraph"
    assert project["requires-python"] == ">=3.11"
    assert sorted(re.split("[><=]", need)[0] for need in project["dependencies"]) == ["graphviz", "numpy"]
    assert "numpy>=2.0" in project["dependencies"]
    assert (ROOT / project["readme"]).is_file()
    assert "MIT License" in (ROOT / "LICENSE").read_text()
    extras = project["optional-dependencies"]
    assert set(extras["demo"]) <= set(extras["test"])  # `make test` brings what `make demo` needs
    for package in ("autograd", "nn", "optim"):
        assert (ROOT / package / "py.typed").is_file()


def test_every_package_and_its_data_are_in_the_distribution():
    find_packages = pytest.importorskip("setuptools").find_packages

    found = find_packages(str(ROOT), include=PROJECT["tool"]["setuptools"]["packages"]["find"]["include"])
    kinds = PROJECT["tool"]["setuptools"]["package-data"]["*"]
    for path in tracked():
        relative = path.relative_to(ROOT)
        if relative.parts[0] in ("autograd", "nn", "optim"):
            assert ".".join(relative.parts[:-1]) in found, f"{relative} is in no package: an __init__.py is missing"
            assert path.suffix == ".py" or any(path.match(kind) for kind in kinds), (
                f"package-data leaves out {relative}"
            )


def test_importing_needs_nothing_but_numpy_and_graphviz():
    """With every other installed distribution hidden, the packages import and compute a gradient."""
    done = run("""
import sys
class Hide:
    def find_spec(self, name, path=None, target=None):
        known = sys.stdlib_module_names | {"numpy", "graphviz", "autograd", "nn", "optim", "backgraph"}
        if name.split(".")[0] not in known and not name.startswith("__editable__"):
            raise ModuleNotFoundError(f"{name} is not among the dependencies", name=name)
sys.meta_path.insert(0, Hide())
import autograd, nn, optim
import numpy as np
network = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
network(autograd.Tensor(np.ones((4, 2), np.float32))).sum().backward()
optim.SGD(network.parameters(), lr=0.1).step()
print("fine")
""")
    assert done.stdout == "fine\n", done.stderr


def test_importing_brings_in_nothing_heavy():
    done = run("import sys, autograd, nn, optim; print(*sorted({name.split('.')[0] for name in sys.modules}))")
    assert done.returncode == 0, done.stderr
    heavy = {
        "dask",
        "graphviz",
        "matplotlib",
        "networkx",
        "pandas",
        "pygraphviz",
        "safetensors",
        "scipy",
        "torch",
        "tqdm",
    }
    assert not heavy & set(done.stdout.split())


FORBIDDEN = {
    "a path of one machine": r"(?<![\w.])/(?:work|root|opt|home|Users)/\w|(?<![\w.])/tmp/(?!\.)\w",
    "a merge's leftovers": r"^(?:<<<<<<<|>>>>>>>) ",
    "something unfinished": r"\b(?:TO" r"DO|FIX" r"ME|X" r"XX)\b",
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_contains(what):
    pattern = re.compile(FORBIDDEN[what], re.MULTILINE)
    found = []
    for path in tracked():
        if path.suffix in (".py", ".md", ".toml", ".txt", ".ipynb", ".html", ".js", ".css", ".svg") or path.name in (
            "Makefile",
            "run",
        ):
            text = path.read_text(encoding="utf-8")
            text = re.sub(r'"image/png": "[^"]*"', "", text)  # letters that stand for pixels can spell anything
            found += [f"{path.relative_to(ROOT)}: {match.group()!r}" for match in pattern.finditer(text)]
    assert not [line for line in found if not line.startswith("tests/test_project.py")]


def test_asserts_only_tell_the_type_checker_something():
    """Under `python -O` they are not there: no assert of the packages may compute or check what a user gave."""
    for path in tracked():
        if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in ("autograd", "nn", "optim"):
            tree = ast.parse(path.read_text())
            tests = [node.test for node in ast.walk(tree) if isinstance(node, ast.Assert)]
            for test in tests:
                harmless = isinstance(test, ast.Compare | ast.BoolOp) and "is not None" in ast.unparse(test)
                harmless = harmless or (isinstance(test, ast.Call) and ast.unparse(test.func) == "isinstance")
                assert harmless, f"{path.relative_to(ROOT)}:{test.lineno}: {ast.unparse(test)}"


def test_ci_runs_the_test_command_of_the_readme():
    assert "make test" in (ROOT / "README.md").read_text()
    commands = [line for line in (ROOT / ".ci" / "run").read_text().splitlines() if line.startswith("make ")]
    assert commands == ["make test", "make compat ARGS=smoke", "make notebooks ARGS=--check", "make docs ARGS=--fresh"]
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o100


def test_make_says_what_there_is():
    done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    targets = re.findall(r"^make ([\w-]+)", done.stdout, re.MULTILINE)
    assert {"demo", "test", "lint", "mutants", "fuzz", "compat", "notebooks", "lab", "docs", "bench", "clean"} <= set(
        targets
    )
    for target in targets:
        assert f"\n{target}:" in (ROOT / "Makefile").read_text()
