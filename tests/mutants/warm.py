"""A module's tests collected once, in a process from which one is forked for each mutant.

A function that nothing has called while the packages were imported and the tests collected has left no trace yet: to
give its changed code to the function objects that exist is then the same as to import the changed module. One that was
called may have left something, so what its mutant survives is tried again in a process that has not imported anything
(`trial.run`); and so is what matters while a module is imported.
"""

from __future__ import annotations

import ast
import functools
import gc
import importlib
import importlib.util
import inspect
import itertools
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import pytest

from tests.forked import forked
from tests.mutants.trial import OPTIONS, ROOT, Changed, as_here, module_name

PATIENCE = 2.0  # seconds of processor time, beside ten times what a test takes on the unchanged module
AT_MOST = 600.0  # seconds for a mutant, by the clock
_FOLLOWED = 50  # calls of a function within a test: to follow them all takes longer than the tests
Answer = Callable[[dict[str, Any]], None]


def warm(package: str, files: Sequence[str], work: Callable[[Warm, Answer], None]) -> Iterator[dict[str, Any]]:
    """What `work` answers, in a process that has collected the tests of these files, about modules of the package."""
    reading, writing = os.pipe()
    with tempfile.TemporaryFile("w+") as said:
        child = os.fork()
        if child == 0:
            os.close(reading)
            for stream in (1, 2):
                os.dup2(said.fileno(), stream)
            code = 1
            try:
                code = _collect(package, files, Warm(work, writing, said.fileno()))
            finally:
                os._exit(code)
        os.close(writing)
        with open(reading) as pipe:
            yield from map(json.loads, pipe)
        if os.waitpid(child, 0)[1]:
            said.seek(0)
            raise RuntimeError(f"mutants: the tests, with nothing changed, end so:\n{said.read()[-2000:]}")


def _collect(package: str, files: Sequence[str], plugin: Warm) -> int:
    as_here()
    called = plugin.called
    beginning = str(ROOT / package)

    def call(frame: Any, event: str, _: Any) -> None:
        if frame.f_code.co_filename.startswith(beginning):
            called.add(frame.f_code)

    sys.settrace(call)
    threading.settrace(call)
    for name in ("autograd", "nn", "optim"):  # with what they load late, which each test would load
        module = importlib.import_module(name)
        for public in module.__all__:
            getattr(module, public)
    if importlib.util.find_spec("numba") is not None:
        importlib.import_module("numba").njit(lambda x: x + 1)(1)  # which takes a second the first time
    return int(pytest.main([*OPTIONS, *files], plugins=[plugin]))


class Warm:
    """A plugin of pytest's that, once the tests are collected, does the work that it was given instead of running them.

    called  the code that ran while the packages were imported and the tests collected
    """

    def __init__(self, work: Callable[[Warm, Answer], None], writing: int, said: int) -> None:
        self.work, self.writing, self.said = work, writing, said
        self.called: set[CodeType] = set()
        self.items: dict[str, Any] = {}
        self.functions: dict[Any, list[FunctionType]] = {}
        self.failed: list[str] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: Any) -> bool:
        sys.settrace(None)
        threading.settrace(None)  # type: ignore[arg-type]
        session.config.pluginmanager.unregister(name="terminalreporter")
        subprocess.Popen = _Compiler  # type: ignore[misc]
        self.items = {item.nodeid: item for item in session.items}
        self._look()
        gc.collect()
        gc.freeze()
        try:
            self.work(self, self._answer)
        except BaseException:
            os.write(self.said, traceback.format_exc().encode())
            os._exit(1)
        os._exit(0)

    def _look(self) -> None:
        """Find every function by its code; code that something else than a function holds counts as called."""
        for it in gc.get_objects():
            if type(it) is FunctionType:
                self.functions.setdefault(_key(it.__code__), []).append(it)
            elif type(it) in (set, dict, list, tuple) and it is not self.called and it is not self.functions:
                self.called.update(x for x in it if type(x) is CodeType)

    def _answer(self, told: dict[str, Any]) -> None:
        os.write(self.writing, (json.dumps(told) + "\n").encode())

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed:
            self.failed.append(report.nodeid)

    def _pairs(self, path: str, tree: ast.Module) -> list[tuple[CodeType, CodeType]] | None:
        """The code to replace in the functions that exist, by what; None: the module must be imported anew."""
        old, new = _unchanged(path), _codes(compile(tree, str(ROOT / path), "exec"))
        if len(old) != len(new):
            return None
        pairs = [(a, b) for a, b in zip(old, new, strict=True) if a != b]
        return None if any(_head(a) != _head(b) or (_differ(a, b) and not _is_function(a)) for a, b in pairs) else pairs

    def fails(self, path: str, changed: Callable[[], ast.Module], names: Sequence[tuple[str, float]]) -> str | None:
        """Which of the tests, given with their seconds, notices that the module has this tree; "": none of them.
        None: the module must be imported anew."""

        _unchanged(path)  # before the fork, so that it is compiled once for all mutants of the module

        def work() -> Any:
            tree = changed()
            if module_name(path) in sys.modules:
                pairs = self._pairs(path, tree)
                if pairs is None:
                    return {"by": None}
                ran = any(old in self.called and _differ(old, new) for old, new in pairs)
                for old, new in pairs:
                    for function in self.functions.get(_key(old), ()):
                        function.__code__ = new
            else:
                ran = False
                sys.meta_path.insert(0, Changed(path, tree))
            for (name, seconds), following in itertools.zip_longest(names, names[1:]):
                signal.setitimer(signal.ITIMER_PROF, PATIENCE + 10 * seconds)
                self._run(self.items[name], following and self.items[following[0]])
                if self.failed:
                    return {"by": self.failed[0]}
            return {"by": None if ran else ""}

        answer, end = forked(work, AT_MOST)
        return end if answer is None else answer["by"]

    def _run(self, item: Any, following: Any) -> None:
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)

    def lines(self, file: str, package: str) -> Any:
        """The tests of a file that pass: how long each takes, and which lines it runs of the modules of a package."""
        items = [item for name, item in self.items.items() if name.split("::")[0] == file]

        def work() -> Any:
            lines, took = {}, {}
            for item, following in itertools.zip_longest(items, items[1:]):
                with _Lines(str(ROOT / package)) as ran:
                    self._run(item, following)
                begun, before = time.process_time(), len(self.failed)
                self._run(item, following)  # some fail only where they are traced
                if len(self.failed) == before:
                    took[item.nodeid], lines[item.nodeid] = time.process_time() - begun, ran.by_module()
            return {"seconds": took, "lines": lines}

        answer, end = forked(work, 1800)
        if answer is None:
            raise RuntimeError(f"mutants: the tests in {file}, with nothing changed, end so: {end}")
        return answer


class _Compiler(subprocess.Popen):  # type: ignore[type-arg]
    """Starts what imports nothing of ours."""

    def __init__(self, args: Any, *rest: Any, **options: Any) -> None:
        if Path(args if isinstance(args, str) else args[0]).name not in ("cc", "gcc", "clang"):
            raise OSError("a program that is started would import the module unchanged: such a test can notice nothing")
        super().__init__(args, *rest, **options)


class _Lines:
    """Notes which lines of files whose path begins so are run, of each function in its first calls."""

    def __init__(self, beginning: str) -> None:
        self.beginning = beginning
        self.found: set[tuple[CodeType, int]] = set()
        self.calls: dict[CodeType, int] = {}  # how many of them are still followed

    def __enter__(self) -> _Lines:
        found, calls, beginning = self.found, self.calls, self.beginning

        def line(frame: Any, event: str, _: Any) -> Any:
            found.add((frame.f_code, frame.f_lineno))
            return line

        def call(frame: Any, event: str, _: Any) -> Any:
            code = frame.f_code
            left = calls.get(code)
            if left is None:
                left = _FOLLOWED if code.co_filename.startswith(beginning) else 0
            calls[code] = left - 1
            if left <= 0:
                return None
            found.add((code, frame.f_lineno))
            return line

        threading.settrace(call)
        sys.settrace(call)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(None)
        threading.settrace(None)  # type: ignore[arg-type]

    def by_module(self) -> dict[str, list[int]]:
        made: dict[str, set[int]] = {}
        for code, number in self.found:
            made.setdefault(str(Path(code.co_filename).relative_to(ROOT)), set()).add(number)
        return {path: sorted(numbers) for path, numbers in made.items()}


def side_by_side(work: Callable[[int], None], jobs: int) -> None:
    """Do work(0) … work(jobs - 1), each in a process of its own."""
    children = []
    for j in range(jobs):
        child = os.fork()
        if child == 0:
            try:
                work(j)
                os._exit(0)
            except BaseException:
                traceback.print_exc()
            os._exit(1)
        children.append(child)
    ends = [os.waitpid(child, 0)[1] for child in children]
    if any(ends):
        raise RuntimeError("mutants: one of the processes did not end well")


@functools.cache
def _unchanged(path: str) -> list[CodeType]:
    """The code of a module as its file has it, and of all that is in it."""
    file = ROOT / path
    return _codes(compile(file.read_text(), str(file), "exec"))


def _codes(code: CodeType) -> list[CodeType]:
    return [code, *(inner for c in code.co_consts if isinstance(c, CodeType) for inner in _codes(c))]


def _key(code: CodeType) -> Any:
    """Of two functions in one line too, which have equal code if they do the same."""
    return code, code.co_linetable


def _differ(a: CodeType, b: CodeType) -> bool:
    """Whether they do, apart from the code of functions that they make."""
    return _own(a) != _own(b)


def _own(code: CodeType) -> CodeType:
    return code.replace(co_consts=tuple(None if isinstance(c, CodeType) else c for c in code.co_consts))


def _is_function(code: CodeType) -> bool:
    """Not the body of a module or a class, which has run when there is one."""
    return bool(code.co_flags & inspect.CO_OPTIMIZED)


def _head(code: CodeType) -> Any:
    """What the engine reads of a function when that is declared, and what cannot be replaced."""
    shape = code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags
    return *shape, code.co_varnames[: code.co_argcount + code.co_kwonlyargcount], code.co_freevars, code.co_name
