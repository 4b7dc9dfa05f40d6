"""Tests run on a changed module that is imported for them, each time in a process forked for it.

The change is made in memory, as the module is imported: nothing is written, and so two can run at a time.
"""

from __future__ import annotations

import ast
import importlib.machinery
import importlib.util
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import hypothesis
import numpy as np
import pytest
import scipy.linalg
import scipy.special

ROOT = Path(__file__).resolve().parents[2]
LOADED = (np, scipy)  # before the forks, so that not each of them has to


OPTIONS = ["-q", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning"]


class Tests:
    """A plugin of pytest's: runs the named tests alone, in their order, and writes down which fail."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = {name: k for k, name in enumerate(names)}
        self.failed: list[str] = []
        self.changed: Any = None

    def pytest_sessionstart(self) -> None:
        """What is given on the command line, as a module with examples is, pytest would import by a way of its own."""
        sys.meta_path.remove(self.changed)
        sys.meta_path.insert(0, self.changed)

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        items[:] = sorted((i for i in items if i.nodeid in self.names), key=lambda i: self.names[i.nodeid])

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed:
            self.failed.append(report.nodeid)


class Changed:
    """Finds one module, and gives it another tree than the one of its file."""

    def __init__(self, path: str, tree: ast.Module) -> None:
        self.name = module_name(path)
        self.path, self.tree = str(ROOT / path), tree

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if name != self.name:
            return None
        tree = self.tree

        class Loader(importlib.machinery.SourceFileLoader):
            def get_code(self, fullname: str) -> Any:
                return compile(tree, self.path, "exec")

        package = self.path.endswith("__init__.py")
        return importlib.util.spec_from_file_location(
            name,
            self.path,
            loader=Loader(name, self.path),
            submodule_search_locations=[str(Path(self.path).parent)] if package else None,
        )


def module_name(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def as_here() -> None:
    """Find what is to be imported, and draw the same examples each time, in a process that has not imported it yet."""
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    hypothesis.settings.register_profile("mutants", derandomize=True, database=None, deadline=None)
    hypothesis.settings.load_profile("mutants")


def run(names: Sequence[str], changed: Changed) -> dict[str, Any]:
    """Run these tests up to the first that fails, in this process, which has not imported the packages yet."""
    as_here()
    plugin = Tests(names)
    plugin.changed = changed
    sys.meta_path.insert(0, changed)
    files = dict.fromkeys(name.split("::")[0] for name in names)
    code = pytest.main([*OPTIONS, "-x", *files], plugins=[plugin])
    return {"code": int(code), "failed": plugin.failed}
