"""No circle of imports: each layer imports only what lies below it, and the order stands in its folder's docstring.

All imports count, also those inside functions and those for type checkers only.
"""

import ast
import importlib
import pkgutil
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("autograd", "nn", "optim")
PROGRAMS = {"nn.demo", "nn.__main__", "autograd.drawing.gallery"}  # they stand above all packages
ON_ALL = {f"autograd.torch.{name}" for name in ("classes", "loading", "spaces")}  # the face for PyTorch: on nn, optim
ON_OPTIM = {"nn.sklearn"}  # the face for scikit-learn
BY_NAME = {
    "autograd",
    "autograd.hips",
    "autograd.scipy",
    "nn.names",
    "optim",
}  # load modules of their own when first asked for


def name_of(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {name_of(path): path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))}
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in FILES.items()}
FOLDERS = sorted(name for name, path in FILES.items() if path.name == "__init__.py")


def imports(tree, name, folder, known=FILES):
    """The modules of ours that the module called `name` imports, anywhere in it; `folder` if it is one."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            wanted = [(alias.name, None) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = name.split(".")[: None if folder else -1]
            base = base[: len(base) - node.level + 1] if node.level else []
            whole = ".".join([*base, *([node.module] if node.module else [])])
            wanted = [(whole, alias.name) for alias in node.names]
        else:
            continue
        for module, part in wanted:
            if module.split(".")[0] in PACKAGES:
                found.add(f"{module}.{part}" if f"{module}.{part}" in known else module)
    return found - {name}


def order(docstring):
    """The names in the lines of a docstring that are set off, in their order; a text after two spaces explains."""
    names = []
    for line in docstring.splitlines():
        if match := re.match(r" {4}((?:\w+, )*\w+)(?: {2,}\S.*)?$", line):
            names += match[1].split(", ")
    return names


def circles(graph):
    """The modules that import each other in a circle, and those on a way between two circles."""
    left = {name: {other for other in others if other in graph} for name, others in graph.items()}
    while True:
        used = set().union(*left.values()) & left.keys()
        ends = [name for name, others in left.items() if not others & left.keys() or name not in used]
        if not ends:
            return sorted(left)
        for name in ends:
            del left[name]


GRAPH = {name: imports(tree, name, FILES[name].name == "__init__.py") for name, tree in TREES.items()}


def test_no_circle():
    assert circles(GRAPH) == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_order_of_the_layers_is_said_and_kept(folder):
    inside = {name for name in FILES if name.rpartition(".")[0] == folder}
    if len(inside) < 2:
        return
    said = order(ast.get_docstring(TREES[folder], clean=False) or "")
    here = {name.rpartition(".")[2] for name in inside} - {"__main__"}
    assert sorted(said) == sorted(here), f"the docstring of {folder} does not list its modules, each once, in order"
    depth = folder.count(".") + 1
    for module, others in GRAPH.items():
        if module.startswith(f"{folder}.") and module not in PROGRAMS:
            mine = module.split(".")[depth]
            for other in others:
                if other.startswith(f"{folder}."):
                    theirs = other.split(".")[depth]
                    assert mine == theirs or mine == "__main__" or said.index(theirs) < said.index(mine), (
                        f"{module} imports {other}, which does not stand before it"
                    )


def test_packages_stand_on_one_another():
    for module, others in GRAPH.items():
        above = module in PROGRAMS or module.startswith("nn.demo.")
        for other in others:
            if module.startswith("autograd.") and not above:
                face = module in ON_ALL and other.split(".")[0] in ("nn", "optim")
                assert face or other.split(".")[0] == "autograd", f"{module} imports {other}"
            if other.startswith("autograd.torch"):
                assert module.startswith("autograd.torch"), f"{module} imports {other}, which stands above all"
            if module.split(".")[0] == "nn" and not above and module not in ON_OPTIM:
                assert not other.startswith("optim"), f"{module} imports {other}"


def test_nothing_is_imported_by_its_name_in_secret():
    for name, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
                given = node.args[0].value if isinstance(node.args[0], ast.Constant) else ""
                foreign = given and given.split(".")[0] not in PACKAGES
                assert foreign or name in BY_NAME or name in PROGRAMS, f"{name}:{node.lineno}"


def test_no_public_function_hides_a_module():
    """At no place where a module can be imported stands a function or a class of the same name."""
    for folder in FOLDERS:
        package = importlib.import_module(folder)
        modules = {found.name for found in pkgutil.iter_modules(package.__path__)}
        if folder == "autograd":
            modules |= {name for name in importlib.import_module("autograd.hips").MODULES if "." not in name}
        for name in modules - ({"flatten"} if folder == "autograd.hips.misc" else set()):  # so it is in HIPS autograd
            value = vars(package).get(name)
            assert not callable(value), f"{folder}.{name} is a module and {value!r}"


@pytest.mark.parametrize("folder", ["engine", "transforms"])
def test_every_module_of_the_kernel_has_its_tests(folder):
    modules = {path.stem for path in (ROOT / "autograd" / folder).glob("*.py")} - {"__init__"}
    tested = {path.stem.removeprefix("test_") for path in (ROOT / "tests" / "autograd" / folder).glob("test_*.py")}
    assert modules <= tested


def test_the_folder_of_the_engine_is_a_short_list():
    entries = [path for path in (ROOT / "autograd").iterdir() if path.name != "__pycache__"]
    assert len(entries) <= 15


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("from .b import f", {"nn.x.b"}),
        ("from . import b", {"nn.x.b"}),
        ("from .. import x", {"nn.x"}),
        ("def f():\n    import nn.x.b", {"nn.x.b"}),
        ("if TYPE_CHECKING:\n    from nn.x.b import T", {"nn.x.b"}),
        ("import numpy", set()),
    ],
)
def test_every_import_is_seen(source, found):
    assert imports(ast.parse(source), "nn.x.a", False, {"nn.x", "nn.x.a", "nn.x.b"}) == found


def test_a_circle_is_seen():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": set()}) == ["b", "c"]
    assert circles({"a": {"b"}, "b": {"c"}, "c": set()}) == []
    assert order("Text:\n\n    a, b   what\n    c\n\nMore.\n") == ["a", "b", "c"]
