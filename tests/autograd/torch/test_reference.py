"""Expressions and a program by torch's names against PyTorch: results, dtypes, shapes, gradients, losses."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

import autograd.torch as torch

FOLDER = Path(__file__).resolve().parents[2] / "reference"
SPEC = importlib.util.spec_from_file_location("face_cases", FOLDER / "face_cases.py")
CASES = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(CASES)
KNOWN = json.loads((FOLDER / "face.json").read_text())


def near(got, expected):
    largest = max([abs(value) for value in expected if np.isfinite(value)], default=1.0)
    return np.allclose(np.array(got, float), np.array(expected, float), 1e-5, 3e-7 * max(largest, 1), equal_nan=True)


def test_the_table_is_the_one_that_was_asked():
    assert list(KNOWN["expressions"]) == list(dict.fromkeys(CASES.expressions()))


@pytest.mark.parametrize("text", KNOWN["expressions"])
def test_expressions(text):
    results, slopes = CASES.answers(torch, text)
    expected, expected_slopes = KNOWN["expressions"][text]
    assert [kind for _, kind in results] == [kind for _, kind in expected]
    for (got, kind), (wanted, _) in zip(results, expected, strict=True):
        assert got == wanted if kind is None else near(got, wanted)
    for name, wanted in expected_slopes.items():
        got = slopes[name]
        if got is None or wanted is None:  # no gradient at all stands for one that is zero everywhere
            assert not np.any([*(got or []), *(wanted or [])]), name
        else:
            assert near(got, wanted), name


def test_a_program_trains_as_with_pytorch():
    assert np.allclose(CASES.losses(torch), KNOWN["losses"], 1e-5)


def test_the_test_can_fail():
    assert not near([1.0, 2.0], [1.0, 2.001])
