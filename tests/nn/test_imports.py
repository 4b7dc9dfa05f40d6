"""nn and optim are written with autograd's public names only, and know no derivative."""

import ast
import sys
from pathlib import Path

import pytest

import autograd
import nn
import optim

ROOT = Path(nn.__file__).parents[1]
FILES = sorted(path for package in (nn, optim) for path in Path(package.__file__).parent.rglob("*.py"))
RULES = {"primitive", "elementwise", "linear", "nondifferentiable", "ops"}
PUBLIC = {*autograd.__all__} - RULES
EXTRAS = ("nn/__main__.py", "nn/demo/", "nn/data/")  # these may import what an extra installs, inside functions


def faults(source, place):
    """What a file does that it may not, as lines of text."""
    tree = ast.parse(source)
    inside = {id(inner) for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) for inner in ast.walk(node)}
    package = place.split("/")[0]
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules = [(alias.name, []) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            modules = [(node.module, [alias.name for alias in node.names])]
        elif isinstance(node, ast.ImportFrom):
            depth = len(Path(place).parts) - node.level
            modules = [(package, [])] if depth >= 1 else [("autograd.relative", [])]
        else:
            modules = []
        for module, names in modules:
            top = module.split(".")[0]
            if top == "autograd":
                wrong = [name for name in names if name not in PUBLIC]
                if module != "autograd" or wrong:
                    found.append(f"{place}:{node.lineno}: {module} {' '.join(wrong)}")
            elif top not in {"numpy", "nn", "optim", *sys.stdlib_module_names}:
                if not (place.startswith(EXTRAS) and id(node) in inside):
                    found.append(f"{place}:{node.lineno}: {module}")
            elif package == "optim" and top == "nn" and id(node) not in inside and place != "optim/swa_utils.py":
                found.append(f"{place}:{node.lineno}: optim stands without nn")
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name in {
            "backward",
            "vjp",
            "jvp",
            "pullback",
        }:
            found.append(f"{place}:{node.lineno}: defines {node.name}")
        if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "autograd" and node.attr not in PUBLIC:
            found.append(f"{place}:{node.lineno}: autograd.{node.attr}")
        if isinstance(node, ast.Attribute) and node.attr in {"_node", "_data", "_grad", "_family", "grad_fn"}:
            found.append(f"{place}:{node.lineno}: reaches for {node.attr}")
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_public_names_only(path):
    assert faults(path.read_text(), path.relative_to(ROOT).as_posix()) == []


@pytest.mark.parametrize(
    ("source", "place"),
    [
        ("from autograd import primitive", "nn/x.py"),
        ("from autograd import wrap", "nn/x.py"),
        ("import autograd\nautograd.primitive(f)", "nn/x.py"),
        ("import autograd\nautograd.engine", "nn/x.py"),
        ("import autograd.engine", "nn/x.py"),
        ("from autograd.engine import backward", "nn/x.py"),
        ("import scipy", "nn/x.py"),
        ("def f():\n    import scipy", "nn/x.py"),
        ("import scipy", "nn/data/x.py"),
        ("from .. import autograd", "nn/x.py"),
        ("def backward(g): pass", "nn/x.py"),
        ("x._data", "optim/x.py"),
    ],
)
def test_the_test_can_fail(source, place):
    assert len(faults(source, place)) == 1


def test_what_is_allowed_passes():
    source = (
        "import math\nimport numpy as np\nfrom autograd import Tensor\nfrom .module import Module\nfrom . import init"
    )
    assert faults(source, "nn/x.py") == []
    assert faults("def f():\n    import tqdm", "nn/data/x.py") == []
    assert faults("from ..module import Module", "nn/utils/x.py") == []
