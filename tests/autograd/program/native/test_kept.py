"""Islands that were worked out once are found again, also in the next process, and only where they are alike."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograd.program.compiling import Compiled
from autograd.program.native import cache, kept

from .plain import PLAIN


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A cache of one test's own, and nothing in memory."""
    monkeypatch.setenv("BACKGRAPH_CACHE", str(tmp_path))
    monkeypatch.setattr(kept, "_known", {})
    cache.folder.cache_clear()
    yield tmp_path
    cache.folder.cache_clear()


def chain(x: Any) -> Any:
    return np.tanh(x) * 2 + x


def found(function: Any, *arrays: Any) -> Any:
    compiled = Compiled(function, (), PLAIN)
    results = [compiled(*arrays) for _ in range(3)]
    assert compiled.why_not is None
    return results[2]


def never(*given: Any) -> Any:
    raise AssertionError("it was worked out again")


X = np.random.default_rng(0).standard_normal((300, 7)).astype(np.float32)


@pytest.mark.parametrize("forgets", [False, True], ids=["in this process", "in the next process"])
def test_what_was_worked_out_is_found_again(folder: Path, monkeypatch: pytest.MonkeyPatch, forgets: bool) -> None:
    expected = found(chain, X)
    if forgets:
        kept._known.clear()
    monkeypatch.setattr(kept, "calls_of", never)
    np.testing.assert_array_equal(found(chain, X), expected)
    np.testing.assert_array_equal(found(lambda y: np.tanh(y) * 2 + y, -X), -expected)


def test_sums_in_parts_are_found_with_the_memory_that_they_need(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    function = lambda x: (np.tanh(x) * x).sum(axis=0)
    expected = found(function, X)
    kept._known.clear()
    monkeypatch.setattr(kept, "calls_of", never)
    np.testing.assert_array_equal(found(function, X), expected)
    np.testing.assert_allclose(expected, function(X), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("damage", ["gone", "empty", "short", "changed"])
def test_what_is_damaged_is_made_anew(folder: Path, damage: str) -> None:
    expected = found(chain, X)
    (path,) = folder.glob("calls_*")
    content = path.read_bytes()
    if damage == "gone":
        path.unlink()
    else:
        changed = content[:40] + bytes([content[40] ^ 1]) + content[41:]
        path.write_bytes({"empty": b"", "short": content[:-5], "changed": changed}[damage])
    kept._known.clear()
    np.testing.assert_array_equal(found(chain, X), expected)
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    "other",
    [
        lambda x: np.tanh(x) * 3 + x,
        lambda x: np.tanh(x) * 2.5 + x,
        lambda x: np.exp(x) * 2 + x,
        lambda x: (np.tanh(x), np.tanh(x) * 2 + x),
        lambda x: np.tanh(x) * 2 - x,
    ],
)
def test_what_is_not_alike_is_not_taken_for_it(folder: Path, other: Any) -> None:
    found(chain, X)
    for a, b in zip(found(other, X), other(X), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("arrays", [X.astype(float), X.T, X[:, :3], X[::2]], ids=["dtype", "turned", "shape", "part"])
def test_other_arrays_are_not_taken_for_these(folder: Path, arrays: Any) -> None:
    found(chain, X)
    np.testing.assert_allclose(found(chain, arrays), chain(arrays), rtol=1e-5, atol=1e-6)


def test_no_folder_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKGRAPH_CACHE", "")
    monkeypatch.setattr(kept, "_known", {})
    cache.folder.cache_clear()
    np.testing.assert_allclose(found(chain, X), chain(X), rtol=1e-5, atol=1e-6)
    cache.folder.cache_clear()
