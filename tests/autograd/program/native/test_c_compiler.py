"""A C compiler is found, or not; what it makes is kept, and made anew where that is damaged."""

import os
import subprocess
import sys
import warnings

import numpy as np
import pytest

import autograd
from autograd.program.native import backends, cache
from autograd.program.native.c import compiler
from autograd.program.native.form import CannotBuild

needs_compiler = pytest.mark.skipif(compiler.why_not() is not None, reason="there is no C compiler")
SOURCE = "int answer(void) { return 42; }\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A cache of its own, and nothing that was loaded before."""
    monkeypatch.setenv("BACKGRAPH_CACHE", str(tmp_path / "kernels"))
    monkeypatch.setattr(backends, "_noted", [])
    forget()
    yield tmp_path / "kernels"
    monkeypatch.undo()
    forget()


def forget():
    cache.folder.cache_clear()
    compiler._loaded.cache_clear()


def answer():
    compiler._loaded.cache_clear()
    return compiler.load(SOURCE).answer()


def refuse(*args, **kwargs):
    raise AssertionError("compiled again")


@needs_compiler
def test_what_was_compiled_is_found_again(folder, monkeypatch):
    assert answer() == 42
    assert sorted(path.suffix for path in folder.iterdir()) == [".c", ".so", ".sum"]
    monkeypatch.setattr(subprocess, "run", refuse)
    assert answer() == 42
    with pytest.raises(AssertionError, match="compiled again"):
        compiler.load(SOURCE, ("-DOTHER",))


@needs_compiler
@pytest.mark.parametrize("damage", [b"", b"\x7fELF", None])
def test_what_is_damaged_is_compiled_anew(folder, damage):
    assert answer() == 42
    (library,) = folder.glob("*.so")
    content = library.read_bytes()
    changed = damage if damage is not None else content[:-100] + bytes(100)
    os.replace(write(folder / "new", changed), library)  # another file: the one that is loaded stays whole
    assert answer() == 42
    assert library.read_bytes()[:4] == content[:4]
    assert len(library.read_bytes()) == len(content)


def write(path, content):
    path.write_bytes(content)
    return path


@needs_compiler
def test_no_folder_is_needed(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("BACKGRAPH_CACHE", str(write(tmp_path / "file", b"")))
    cache.folder.cache_clear()
    assert cache.folder() is None
    assert answer() == 42


@needs_compiler
def test_several_processes_may_compile_the_same(folder):
    code = f"from autograd.program.native.c import compiler; print(compiler.load({SOURCE!r}).answer())"
    started = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert [process.communicate()[0].strip() for process in started] == ["42"] * 3
    assert answer() == 42


@needs_compiler
def test_what_cannot_be_compiled_is_said(folder):
    with pytest.raises(CannotBuild, match=r"fails: .*error: "):
        compiler.load("int answer(void) { return 42 }\n")
    assert answer() == 42


@pytest.mark.parametrize(
    ("command", "said"), [("no-such-compiler", "no-such-compiler cannot be run"), ("false", "false fails")]
)
def test_a_compiler_that_fails_is_a_note_and_not_a_failure(folder, monkeypatch, command, said):
    monkeypatch.setenv("CC", command)
    monkeypatch.setattr(backends, "BEST", {"c": backends.BEST["c"]})
    step = autograd.compile(lambda x: np.exp(x * 2) + x, backend="c")
    x = np.arange(3.0)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        results = [step(x) for _ in range(3)]
        other = autograd.compile(lambda x: np.exp(x) * 2, backend="c")
        other(x), other(x)
    assert [str(w.message).split(":")[0] for w in caught] == ["compile"]
    assert said in str(caught[0].message)
    assert step.why_not is None
    for result in results:
        np.testing.assert_array_equal(result, np.exp(x * 2) + x)


def test_without_a_compiler_it_is_said_what_is_missing(folder, monkeypatch):
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(compiler.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ImportError, match="there is no C compiler"):
        autograd.compile(lambda x: x, backend="c")


def test_ziglang_is_a_compiler(monkeypatch):
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(compiler.importlib.util, "find_spec", lambda name: name == "ziglang" or None)
    assert compiler.compilers() == [(sys.executable, "-m", "ziglang", "cc")]


@needs_compiler
def test_what_another_processor_compiled_is_not_taken(folder, monkeypatch):
    assert answer() == 42
    monkeypatch.setattr(compiler, "_processor", lambda: "model name: another one")
    compiler._surroundings.cache_clear()
    with monkeypatch.context() as patch:
        patch.setattr(subprocess, "run", refuse)
        with pytest.raises(AssertionError, match="compiled again"):
            answer()
    assert answer() == 42
    assert len(list(folder.glob("*.so"))) == 2
    compiler._surroundings.cache_clear()
