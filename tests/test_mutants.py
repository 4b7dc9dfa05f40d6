"""The tool that changes the code to see whether the tests notice: it makes the changes it promises, and they notice."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.mutants import found
from tests.mutants.changes import mutants
from tests.mutants.table import PACKAGES, equivalent, own_tests

pytest.importorskip("hypothesis")
pytest.importorskip("scipy")
ROOT = Path(__file__).parents[1]

CHANGES = {
    "f = elementwise(np.f, x=lambda g, x: -g * x.conj())": {
        "f.x: lambda g, x: -g * x.conj() → lambda g, x: -(-g * x.conj())",
        "f.x: lambda g, x: -g * x.conj() → lambda g, x: 2 * (-g * x.conj())",
        "f.x: lambda g, x: -g * x.conj() → lambda g, out: -g * out.conj()",
        "f.x: -g * x.conj() → -g / x.conj()",
        "f.x: -g * x.conj() → -g",
        "f.x: -g * x.conj() → x.conj()",
        "f.x: -g → g",
        "f.x: x.conj() → x",
    },
    "f = elementwise(np.f, x=lambda g, out: out)": {
        "f.x: lambda g, out: out → lambda g, out: -out",
        "f.x: lambda g, out: out → lambda g, out: 2 * out",
        "f.x: lambda g, out: out → lambda g, x: x",
    },
    "f = linear(h, a=lambda g, x, y: h(x, y) @ g)": {
        "f.a: lambda g, x, y: h(x, y) @ g → lambda g, x, y: -(h(x, y) @ g)",
        "f.a: lambda g, x, y: h(x, y) @ g → lambda g, x, y: 2 * (h(x, y) @ g)",
        "f.a: lambda g, x, y: h(x, y) @ g → lambda g, out, y: h(out, y) @ g",
        "f.a: lambda g, x, y: h(x, y) @ g → lambda g, x, out: h(x, out) @ g",
        "f.a: lambda g, x, y: h(x, y) @ g → lambda g, x, y: h(y, x) @ g",
        "f.a: h(x, y) @ g → g @ h(x, y)",
        "f.a: h(x, y) → h(y, x)",
    },
    "def f(x, /):\n    while x < 1 and not x:\n        x += 1.5\n        continue": {
        "f: (x, /) → (x)",
        "f: x < 1 and (not x) → x < 1 or not x",
        "f: x < 1 → x <= 1",
        "f: 1 → 2",
        "f: not x → x",
        "f: x += 1.5 → x -= 1.5",
        "f: 1.5 → 3.0",
        "f: continue → break",
    },
    "def f(x):\n    assert x > 1\n    x.a = True\n    raise ValueError(x + 1)": {
        "f: x.a = True → pass",
        "f: True → False",
        "f: raise ValueError(x + 1) → pass",
    },
    "LARGE = 4096\n_MOST = 16 * 1024": set(),
    "if TYPE_CHECKING:\n    def f(x: int = 1 + 2) -> bool: ...": set(),
}


@pytest.mark.parametrize("source", CHANGES)
def test_the_changes(source: str) -> None:
    made = mutants(ast.parse(source))
    assert {m.key for m in made} == CHANGES[source]
    assert len(made) == len({m.key for m in made})
    for k in range(len(made)):
        tree = ast.parse(source)
        mutants(tree)[k].put()
        assert ast.unparse(tree) != ast.unparse(ast.parse(source))
        compile(tree, "changed", "exec")


def test_a_change_is_put_in_one_place_and_shown_by_its_line() -> None:
    tree = ast.parse("def f(x):\n    y = x * 2\n    return y - 1")
    mutant = next(m for m in mutants(tree) if m.key == "f: y - 1 → y + 1")
    assert (mutant.lines, mutant.before, mutant.after, mutant.rule) == ((3, 3), "return y - 1", "return y + 1", False)
    mutant.put()
    assert ast.unparse(tree) == "def f(x):\n    y = x * 2\n    return y + 1"


CODE = """
import ast, json, sys
from pathlib import Path
from tests.mutants import found
from tests.mutants.changes import mutants
from tests.forked import forked
from tests.mutants.trial import Changed, run
from tests.mutants.warm import warm

path, key, name = sys.argv[1:]

def changed():
    tree = ast.parse(Path(path).read_text())
    if key:
        [mutant] = [m for m in mutants(tree) if m.key == key]
        mutant.put()
    return tree

anew, end = forked(lambda: run([name], Changed(path, changed())), 300)
files = [name.split("::")[0]]
[told] = warm("", files, lambda tests, answer: answer({"by": tests.fails(path, changed, [(name, 1.0)])}))
print(json.dumps([end, anew["failed"], told["by"]]))
"""
COS = "tests/autograd/ops/test_elementwise.py::test_value_and_derivatives[cos-((2, 3),)-]"
EXAMPLE = "optim/lbfgs.py::optim.lbfgs.LBFGS"  # an example in the module itself


@pytest.mark.parametrize(
    ("path", "key", "test", "failed", "warm"),
    [
        ("autograd/ops/elementwise.py", "cos.x: -g → g", COS, [COS], COS),
        ("autograd/ops/elementwise.py", "", COS, [], ""),
        (
            "autograd/ops/elementwise.py",
            "cos.x: lambda g, x: -g * np.sin(x) → lambda g, out: -g * np.sin(out)",
            COS,
            [COS],
            None,
        ),
        ("optim/lbfgs.py", "LBFGS._direction: -g → g", EXAMPLE, [EXAMPLE], EXAMPLE),
        ("optim/lbfgs.py", "", EXAMPLE, [], ""),
    ],
)
def test_a_wrong_rule_is_noticed_and_an_equal_one_is_not(
    path: str, key: str, test: str, failed: list[str], warm: str | None
) -> None:
    """In a process that imports the module for the test; and in one that has, where what it read of the rule when it
    was declared cannot be changed any more (None)."""
    arguments = [sys.executable, "-c", CODE, path, key, test]
    environ = {**os.environ, "PYTHONOPTIMIZE": ""}  # else pytest warns of the asserts that it does not run
    done = subprocess.run(arguments, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    told = json.loads(done.stdout or "null")
    if sys.version_info >= (3, 13) and path.startswith("optim") and told and told[2] is None:
        told[2] = warm  # a class's method may not be found by its code there, and is imported anew
    assert told == ["done", failed, warm], done.stderr


def test_every_module_has_tests_of_its_own() -> None:
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            assert len(own_tests(str(path.relative_to(ROOT)))) > 1


def test_equivalent_mutants_are_mutants_and_have_a_reason() -> None:
    known = json.loads((ROOT / "tests" / "mutants" / "equivalent.json").read_text())
    made = {row["module"]: mutants(ast.parse((ROOT / row["module"]).read_text())) for row in known}
    for row in known:
        assert set(row) == {"module", "mutant", "reason"}
        assert len(row["reason"]) > 10
        assert any(equivalent(row["module"], m.key, [row]) for m in made[row["module"]]), f"there is no mutant {row}"


def test_what_was_found_is_known_without_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(found, "CACHE", tmp_path)
    monkeypatch.setattr(found, "FILE", tmp_path / "found.json")
    found.kept.cache_clear()
    path = "optim/arithmetic.py"
    module = found.Found(path)
    count = len(module.mutants)
    for k in range(count):
        assert module.outcome(k) is None
        module.add(k, "survived" if k == 3 else "killed", "")
    module.keep()
    module.file.unlink()
    again = found.Found(path)
    assert [again.outcome(k) for k in range(count)] == ["survived" if k == 3 else "killed" for k in range(count)]
    assert all(again.is_known(k) for k in range(count))
    kept = json.loads(found.FILE.read_text())
    kept[path]["tests"] = "others"
    kept[path]["tried"] = kept[path]["tried"].split()[0]
    found.FILE.write_text(json.dumps(kept))
    found.kept.cache_clear()
    changed = found.Found(path)
    assert not changed.is_known(3)  # as the tests have changed
    assert 0 < sum(changed.outcome(k) is not None for k in range(count)) < count  # as other statements have
    found.kept.cache_clear()
