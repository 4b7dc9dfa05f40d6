"""The guide to scale: what it shows with other people's tools is run, where these are installed."""

import importlib.util
import re
from pathlib import Path

import pytest

GUIDE = (Path(__file__).resolve().parents[2] / "docs" / "guides" / "scale.md").read_text(encoding="utf-8")
BLOCKS = [block for block in re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL) if not block.startswith(">>>")]
FIRST, JOBLIB, *OTHERS = BLOCKS


def test_there_is_one_for_each_tool():
    assert [re.search(r"^(?:from|import) (\w+)", block)[1] for block in BLOCKS] == ["numpy", "joblib", "dask", "optuna"]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("tool", ["joblib", "dask", "optuna"])
def test_many_runs(tool, tmp_path, monkeypatch):
    if importlib.util.find_spec(tool) is None:
        pytest.skip(f"needs {tool}")
    monkeypatch.chdir(tmp_path)
    found = {"__name__": "guide"}
    exec(FIRST, found)
    if tool != "optuna":  # two of them agree
        pytest.importorskip("joblib")
        exec(JOBLIB.replace("n_jobs=2", "n_jobs=2, prefer='threads'"), found)
    if tool != "joblib":
        exec(next(block for block in OTHERS if f"import {tool}" in block), found)
