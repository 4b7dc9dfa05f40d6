"""The guide to the engine names files that are there, and is read in one sitting."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs" / "guides" / "engine.md").read_text(encoding="utf-8")


def test_every_file_that_it_names_is_there():
    named = re.findall(r"`((?:engine|ops|transforms|drawing)/\w*\.?\w*)`", GUIDE)
    assert len(named) > 20
    assert [name for name in named if not (ROOT / "autograd" / name).exists()] == []


def test_it_leads_through_the_kernel():
    for room in ("node", "tensor", "primitive", "declare", "recorders", "dispatch", "sweep", "versions", "sharing"):
        assert f"engine/{room}.py" in GUIDE
    assert len(GUIDE.splitlines()) <= 250


def test_the_readme_maps_the_folders_of_the_engine():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for folder in (path.name for path in (ROOT / "autograd").iterdir() if (path / "__init__.py").exists()):
        assert f"(autograd/{folder})" in readme
