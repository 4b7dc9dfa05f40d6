"""Tests run on a changed module, each time in a process forked for it; and before that, which tests run which lines.

The change is made in memory, as the module is imported: nothing is written, and so two can run at a time.
"""

from __future__ import annotations

import ast
import importlib.machinery
import importlib.util
import os
import sys
import time
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


class Tests:
    """A plugin of pytest's: runs the named tests alone, in their order, and writes down how each went.

    With `lines_of`, the paths of modules or the beginning of them, it also notes which of their lines each test ran.
    """

    def __init__(self, names: Sequence[str] | None, lines_of: str | None = None) -> None:
        self.names = None if names is None else {name: k for k, name in enumerate(names)}
        self.lines_of = lines_of
        self.seconds: dict[str, float] = {}
        self.lines: dict[str, dict[str, list[int]]] = {}
        self.failed: list[str] = []
        self.changed: Any = None

    def pytest_sessionstart(self) -> None:
        """What is given on the command line, as a module with examples is, pytest would import by a way of its own."""
        if self.changed is not None:
            sys.meta_path.remove(self.changed)
            sys.meta_path.insert(0, self.changed)

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        if self.names is not None:
            items[:] = sorted((i for i in items if i.nodeid in self.names), key=lambda i: self.names[i.nodeid])  # type: ignore[index]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: Any) -> Any:
        begun, found = time.perf_counter(), set[tuple[str, int]]()
        beginning = self.lines_of

        def line(frame: Any, event: str, _: Any) -> Any:
            found.add((frame.f_code.co_filename, frame.f_lineno))
            return line

        def call(frame: Any, event: str, _: Any) -> Any:
            return line(frame, event, None) if frame.f_code.co_filename.startswith(beginning) else None

        if beginning:
            sys.settrace(call)
        try:
            return (yield)
        finally:
            if beginning:
                sys.settrace(None)
                self.lines[item.nodeid] = _by_module(found)
            self.seconds[item.nodeid] = time.perf_counter() - begun

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed:
            self.failed.append(report.nodeid)


def _by_module(found: set[tuple[str, int]]) -> dict[str, list[int]]:
    made: dict[str, list[int]] = {}
    for path, number in sorted(found):
        made.setdefault(str(Path(path).relative_to(ROOT)), []).append(number)
    return made


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


def run(files: Sequence[str], plugin: Tests, changed: Changed | None = None, first: bool = True) -> dict[str, Any]:
    """Run tests of these files in this process, which has not imported the packages yet."""
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    hypothesis.settings.register_profile("mutants", derandomize=True, database=None, deadline=None)
    hypothesis.settings.load_profile("mutants")
    if changed is not None:
        plugin.changed = changed
        sys.meta_path.insert(0, changed)
    options = [
        "-q",
        "-p",
        "no:cacheprovider",
        "-W",
        "ignore::pytest.PytestAssertRewriteWarning",
        *(["-x"] if first else []),
    ]
    code = pytest.main([*options, *files], plugins=[plugin])
    return {"code": int(code), "failed": plugin.failed, "seconds": plugin.seconds, "lines": plugin.lines}
