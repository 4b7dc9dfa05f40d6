"""docs/trust.md is what its script makes of the figures."""

import importlib.util
from pathlib import Path

from tests.figures import read_figures, write_figures

ROOT = Path(__file__).parents[2]


def test_the_page_is_made_from_the_figures():
    spec = importlib.util.spec_from_file_location("trust", ROOT / "docs" / "trust.py")
    trust = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(trust)
    assert (ROOT / "docs" / "trust.md").read_text() == trust.page(read_figures())
    assert "](trust.md)" in (ROOT / "docs" / "index.md").read_text()


def test_a_tool_replaces_its_own_figures_alone(tmp_path):
    file = tmp_path / "figures.json"
    assert read_figures(file) == {}
    write_figures("fuzz", {"programs": 1, "differing": 0}, file)
    write_figures("tests", {"tests": 3}, file)
    write_figures("fuzz", {"programs": 2}, file)
    assert read_figures(file) == {"fuzz": {"differing": 0, "programs": 2}, "tests": {"tests": 3}}
