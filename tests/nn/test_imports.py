"""nn and optim are written with autograd's public names only, and know no derivative: read off their source.

What source cannot show, that no value leaves the graph while a layer computes, is seen at run time: test_rule.py.
"""

import ast
import sys
from pathlib import Path
from types import ModuleType

import pytest

import autograd
import nn
import optim
from autograd import ops

ROOT = Path(nn.__file__).parents[1]
FILES = sorted(path for package in (nn, optim) for path in Path(package.__file__).parent.rglob("*.py"))
KERNELS = {name for name in ops.__all__ if not isinstance(getattr(ops, name), ModuleType)}
RULES = {"primitive", "elementwise", "linear", "nondifferentiable"}
TRANSFORMS = {
    "checkpoint", "elementwise_grad", "grad", "gradcheck", "gradgradcheck", "hessian", "hvp", "jacobian", "jvp",
    "set_grad_enabled", "value_and_grad", "vjp",
}  # fmt: skip
OFFERED = {
    ("nn", "autograd"): {*autograd.__all__} - RULES - TRANSFORMS - KERNELS,
    ("nn", "autograd.ops"): KERNELS,
    ("nn", "autograd.engine.sinks"): {"Sink", "give", "sink_of"},
    ("nn", "autograd.random"): {"drawing"},
    ("nn", "autograd.scipy.special"): {"erfinv", "i0e"},
    ("nn", "autograd.program.current"): {"current_trace"},
    ("optim", "autograd"): {"RemovableHandle", "Tensor", "enable_grad", "no_grad"},
    ("optim", "autograd.ops"): {"in_blocks", "writable"},
    ("optim", "autograd.program.current"): {"Changed", "current_trace", "outside"},
}
"""What a package may name of autograd."""
PRIVATE = {"_cut", "_content", "_family", "_grad", "_node", "grad_fn", "primitive"}
"""Attributes that lead into the engine."""
UNSPOKEN = PRIVATE | RULES - {"linear"}
"""Strings that could be given to getattr; "linear" is also a mode of interpolation."""
EXTRAS = (
    "nn/__main__.py",
    "nn/demo/",
    "nn/data/",
    "nn/parallel/",
    "nn/sklearn.py",
)  # these may import what an extra installs, inside functions
OF_AN_EXTRA = {"nn/sklearn.py": {"sklearn"}}  # files that are nothing without it
LATE = ("nn/names.py", "nn/demo/", "optim/__init__.py")  # these import modules by name
ABOVE = ("nn/__main__.py", "nn/demo/", "nn/sklearn.py")  # of nn, what lies above optim
GRADIENTS = {  # who calls what has to do with gradients: hooks of modules, and trainings
    "backward": ("nn/boltzmann.py", "nn/demo/", "nn/sklearn.py"),
    "register_hook": ("nn/hooks.py",),
    "retain_grad": (),
}
ON_NN = {"optim/swa_utils.py": {"nn.module", "nn.normalization", "nn.parameter", "nn.shared"}}


def faults(source, place):
    """What a file does that it may not, as lines of text."""
    tree = ast.parse(source)
    inside = {id(inner) for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) for inner in ast.walk(node)}
    spoken = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # docstrings
    package = place.split("/")[0]
    opened = {
        id(item.context_expr.func)
        for node in ast.walk(tree)
        if isinstance(node, ast.With)
        for item in node.items
        if isinstance(item.context_expr, ast.Call)
    }
    owners = {id(node.value): node for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    bound = {}
    found = []

    def fault(node, text):
        found.append(f"{place}:{node.lineno}: {text}")

    def check_import(node, module, names):
        top = module.split(".")[0]
        if top == "autograd":
            if module == "autograd" and "ops" in names and package == "nn":
                names = [name for name in names if name != "ops"]
                bound["ops"] = "autograd.ops"
            wrong = [name for name in names if name not in OFFERED.get((package, module), ())]
            if wrong or (package, module) not in OFFERED:
                fault(node, f"{module} {' '.join(wrong)}")
        elif top not in {"numpy", "nn", "optim", *sys.stdlib_module_names}:
            if not (place.startswith(EXTRAS) and id(node) in inside) and top not in OF_AN_EXTRA.get(place, ()):
                fault(node, module)
        elif package == "optim" and top == "nn" and module not in ON_NN.get(place, ()):
            fault(node, "optim stands without nn")
        elif package == "nn" and top == "optim" and not place.startswith(ABOVE):
            fault(node, "nn stands without optim")

    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                check_import(node, alias.name, [])
                bound |= {"autograd": "autograd"} if alias.name == "autograd" else {}
                if alias.name.startswith("autograd") and (alias.asname or alias.name != "autograd"):
                    fault(node, f"{alias.name} by another name")
        elif isinstance(node, ast.ImportFrom):
            if node.level == 0:
                check_import(node, node.module, [alias.name for alias in node.names])
            elif len(Path(place).parts) <= node.level:
                fault(node, "relative import out of the package")
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            if node.name in {"backward", "vjp", "jvp", "pullback"}:
                fault(node, f"defines {node.name}")
        elif isinstance(node, ast.Name) and node.id == "no_grad" and package == "nn" and id(node) not in opened:
            fault(node, "no_grad that is not open to view: write `with no_grad():`")
        elif isinstance(node, ast.Name) and node.id in bound and isinstance(node.ctx, ast.Load):
            offered = OFFERED.get((package, bound[node.id]), ())
            if id(node) not in owners or owners[id(node)].attr not in offered:
                fault(node, f"{node.id}.{owners[id(node)].attr}" if id(node) in owners else f"{node.id} as a value")
        elif isinstance(node, ast.Attribute):
            if node.attr in PRIVATE:
                fault(node, f"reaches for {node.attr}")
            if node.attr in GRADIENTS and not place.startswith(GRADIENTS[node.attr]):
                fault(node, f"calls {node.attr}")
        elif isinstance(node, ast.Constant) and id(node) not in spoken and node.value in UNSPOKEN:
            fault(node, f"says {node.value!r}")
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
            if name in {"getattr", "attrgetter"} and any(isinstance(given, ast.BinOp) for given in node.args):
                fault(node, f"{name} of a name put together")
            if (name in {"__import__", "eval", "exec"} and isinstance(node.func, ast.Name)) or (
                name == "import_module" and not place.startswith(LATE)
            ):
                fault(node, f"calls {name}")
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_public_names_only(path):
    assert faults(path.read_text(), path.relative_to(ROOT).as_posix()) == []


@pytest.mark.parametrize(
    ("source", "place"),
    [
        ("from autograd import primitive", "nn/x.py"),
        ("from autograd import wrap", "nn/x.py"),
        ("from autograd import grad", "nn/x.py"),
        ("from autograd import affine", "nn/x.py"),
        ("from autograd import sigmoid", "optim/x.py"),
        ("from autograd.ops import affine", "optim/x.py"),
        ("from autograd.ops import special", "nn/x.py"),
        ("import autograd\nautograd.primitive(f)", "nn/x.py"),
        ("import autograd\nautograd.engine", "nn/x.py"),
        ("import autograd\ngetattr(autograd, name)", "nn/x.py"),
        ("import autograd\nvars(autograd)[name]", "nn/x.py"),
        ("import autograd\nautograd.__dict__", "nn/x.py"),
        ("import autograd as ag", "nn/x.py"),
        ("from autograd import ops\nops.special", "nn/x.py"),
        ("from autograd import ops\nwhole = ops", "nn/x.py"),
        ("import autograd.engine", "nn/x.py"),
        ("from autograd.engine import backward", "nn/x.py"),
        ("import importlib\nimportlib.import_module(name)", "nn/x.py"),
        ("import scipy", "nn/x.py"),
        ("def f():\n    import scipy", "nn/x.py"),
        ("import scipy", "nn/data/x.py"),
        ("from .. import autograd", "nn/x.py"),
        ("from optim import SGD", "nn/boltzmann.py"),
        ("from nn.module import Module", "optim/x.py"),
        ("from nn import Linear", "optim/swa_utils.py"),
        ("def backward(g): pass", "nn/x.py"),
        ("x._content", "optim/x.py"),
        ("getattr(x, '_content')", "nn/x.py"),
        ("getattr(x, '_da' + 'ta')", "nn/x.py"),
        ("from .linear import affine\naffine.primitive", "nn/x.py"),
        ("x.register_hook(f)", "nn/x.py"),
        ("@no_grad()\ndef f(x): pass", "nn/x.py"),
        ("loss.backward()", "nn/loss.py"),
    ],
)
def test_the_test_can_fail(source, place):
    assert faults(source, place)


def test_what_is_allowed_passes():
    source = """
import math
import autograd
import numpy as np
from autograd import Tensor, ops
from autograd.ops import affine
from . import init
from .module import Module

def f(x):
    "primitive"
    return autograd.sigmoid(ops.center(affine(x, x), -1)[0])
"""
    assert faults(source, "nn/x.py") == []
    assert faults("def f():\n    import tqdm", "nn/data/x.py") == []
    assert faults("from ..module import Module", "nn/utils/x.py") == []
    assert faults("from nn.module import Module", "optim/swa_utils.py") == []
    assert faults("from optim import SGD\nloss.backward()", "nn/demo/x.py") == []
