"""Programs as strangers write them, through torch's names: what they log is what they log with PyTorch."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

import autograd.torch as torch

FOLDER = Path(__file__).resolve().parents[2] / "reference"
SPEC = importlib.util.spec_from_file_location("face_programs", FOLDER / "face_programs.py")
PROGRAMS = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(PROGRAMS)
KNOWN = json.loads((FOLDER / "face_programs.json").read_text())


@pytest.mark.parametrize("name", PROGRAMS.NAMES)
@pytest.mark.filterwarnings("ignore")
def test_what_a_program_logs(name):
    lines = PROGRAMS.logged(name, torch, "autograd.torch")
    assert [len(line) for line in lines] == [len(line) for line in KNOWN[name]]
    for got, expected in zip(lines, KNOWN[name], strict=True):
        assert np.allclose(got, expected, 5e-4, 1e-5), (got, expected)
