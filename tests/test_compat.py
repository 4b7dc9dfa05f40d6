"""The tool that runs the tests elsewhere: which Pythons it finds, what it installs, what a wheel must hold."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

import pytest

from tests import compat


def test_rows_are_made_of_what_the_project_asks_for() -> None:
    assert compat.lowest("numpy>=2.0") == "numpy==2.0.*"
    assert "numpy==2.0.*" in compat.ROWS["oldest"].requirements
    assert not [need for need in compat.extras("test") if need.startswith(("ruff", "mypy"))]
    assert compat.ROWS["minimal"].requirements == [*compat.PROJECT["dependencies"], "pytest>=8"]


def test_pythons_that_are_too_old_or_none_are_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old, broken = tmp_path / "old", tmp_path / "broken"
    old.write_text("#!/bin/sh\necho 3 9\n")
    broken.write_text("#!/bin/sh\nexit 1\n")
    for path in (old, broken):
        path.chmod(0o755)
        monkeypatch.setenv("PYTHON", str(path))
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
        assert compat.pythons() == [sys.executable]


def packed(folder: Path, without: str = "") -> Path:
    """What a wheel holds, without building one."""
    wheel = folder / "backgraph.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for package in compat.PACKAGES:
            for path in (compat.ROOT / package).rglob("*"):
                if path.is_file() and "__pycache__" not in path.parts and path.name != without:
                    archive.write(path, path.relative_to(compat.ROOT))
    return wheel


def test_a_wheel_that_lacks_a_file_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compat, "build", lambda folder: packed(folder, without="lbfgs.py"))
    assert compat.smoke() == "failed: the wheel and the packages differ in ['optim/lbfgs.py']"


def test_what_a_wheel_holds_is_imported_outside_of_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compat, "build", packed)
    assert compat.smoke().startswith("passed: ")
