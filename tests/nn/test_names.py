"""nn and nn.functional load what they offer when it is first used, and say the same to readers and to type checkers."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import nn
import nn.functional

PLACES = [nn, nn.functional]


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
def test_type_checkers_read_the_same_table(place):
    tree = ast.parse(Path(place.__file__).read_text())
    (block,) = [node for node in tree.body if isinstance(node, ast.If)]
    told = {alias.name: line.module or "" for line in block.body for alias in line.names}
    assert told == place._names.homes
    assert list(told) == place.__all__


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
def test_every_name_is_there(place):
    assert set(place.__all__) <= set(dir(place))
    for name, home in place._names.homes.items():
        value = getattr(place, name)
        assert value is getattr(place, name)
        assert value.__name__ == (name if home else f"nn.{name}")
        assert getattr(value, "__module__", f"nn.{home}") == f"nn.{home}"


def test_unknown_names():
    with pytest.raises(AttributeError, match=r"module 'nn' has no attribute 'Foo'"):
        nn.Foo  # noqa: B018
    with pytest.raises(ImportError, match="foo"):
        from nn.functional import foo  # noqa: F401


def test_only_what_is_used_is_loaded():
    code = """
import sys, nn
print(sorted(name for name in sys.modules if name.startswith("nn.")))
nn.Linear(2, 2)
print("nn.conv" in sys.modules, "nn.recurrent" in sys.modules, "nn.transformer" in sys.modules)
from nn import *
print(Conv2d.__module__, functional.conv2d.__module__, summary.__module__)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines() == ["['nn.names']", "False False False", "nn.conv nn.conv nn.overview"]
