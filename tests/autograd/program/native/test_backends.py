"""Which backend a step gets, and what is said about it."""

from __future__ import annotations

import copy
import pickle
import warnings
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import autograd
from autograd.program.native import backends, choose

from .plain import build


def doubled(x: Any) -> Any:
    return x * 2 + 1


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Backends of which it can be said whether they are there; by name, why not."""
    missing: dict[str, Any] = {"first": None, "second": None}
    made = {name: SimpleNamespace(NAME=name, why_not=lambda name=name: missing[name], build=build) for name in missing}
    monkeypatch.setattr(backends, "BEST", made)
    monkeypatch.setattr(backends, "_noted", [])
    return missing


def test_numpy_is_the_default() -> None:
    step = autograd.compile(doubled)
    assert step.backend.name == "numpy"
    assert "bit" in step.backend.why


def test_auto_takes_the_first_that_is_there_and_says_why(known: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert choose("auto").name == "first"
        known["first"] = "there is no compiler"
        chosen = choose("auto")
    assert chosen.name == "second"
    assert "there is no compiler" in chosen.why
    assert "second" in repr(chosen)


def test_auto_without_any_says_once_what_would_be_faster(known: Any) -> None:
    known.update(first="there is no compiler", second="it is not installed")
    with pytest.warns(UserWarning, match=r"pip install 'backgraph\[fast\]'.*there is no compiler"):
        step = autograd.compile(doubled, backend="auto")
    assert step.backend.name == "numpy"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert autograd.compile(doubled, backend="auto").backend.name == "numpy"
    np.testing.assert_array_equal(step(np.arange(3.0)), [1, 3, 5])


def test_one_that_is_missing_says_what_to_install(known: Any) -> None:
    known["second"] = "it is not installed"
    with pytest.raises(ImportError, match=r"backend='second'.*it is not installed.*backgraph\[fast\]"):
        autograd.compile(doubled, backend="second")


def test_another_name_is_refused() -> None:
    with pytest.raises(ValueError, match=r"expected backend to be one of 'numpy'.*'auto', got 'gpu'"):
        autograd.compile(doubled, backend="gpu")


def test_the_backend_goes_with_copies_methods_and_pickles(known: Any) -> None:
    step = autograd.compile(doubled, backend="second")
    assert copy.copy(step).backend.name == copy.deepcopy(step).backend.name == "second"
    assert pickle.loads(pickle.dumps(step)).backend.name == "second"

    class Holder:
        @autograd.compile(backend="second")
        def method(self, x: Any) -> Any:
            return x * 3

    assert Holder().method.backend.name == "second"
    np.testing.assert_array_equal(Holder().method(np.ones(2)), [3, 3])
