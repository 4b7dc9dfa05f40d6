"""The notebooks' helpers: a missed claim raises, exercises say right, wrong or not yet, and one seed seeds all."""

from pathlib import Path

import numpy as np
import pytest

import nn
from autograd import Tensor

from ..loading import script

mpl = pytest.importorskip("matplotlib")
lecture = script(Path(__file__).resolve().parents[2] / "notebooks" / "lecture.py")


@pytest.mark.parametrize(
    "condition", [True, np.bool_(True), np.array([True, True]), Tensor(np.array([True])), [True, True]]
)
def test_what_holds_is_said(condition, capsys):
    lecture.claim(condition, "so it is")
    assert capsys.readouterr().out == "✓ so it is\n"


@pytest.mark.parametrize(
    ("condition", "error"),
    [
        (False, AssertionError),
        (np.array([True, False]), AssertionError),
        (np.zeros(0, bool), ValueError),
        ("text", TypeError),
        (1.0, TypeError),
        (None, TypeError),
        (lambda: False, TypeError),
    ],
)
def test_what_does_not_hold_raises(condition, error, capsys):
    with pytest.raises(error, match="so it is" if error is AssertionError else "claim: "):
        lecture.claim(condition, "so it is")
    assert not capsys.readouterr().out


@pytest.mark.parametrize(
    ("answer", "right", "sign"),
    [
        (..., 3, "…"),
        (3, 3, "✓"),
        (3.0000001, 3, "✓"),
        (Tensor(3.0), 3, "✓"),
        (4, 3, "✗"),
        (float("nan"), 3, "✗"),
        ([1, 2], np.array([1, 2]), "✓"),
        ([[1, 2]], np.array([1, 2]), "✗"),
        ("no", "yes", "✗"),
        ("yes", "yes", "✓"),
        (True, True, "✓"),
        (lambda x: 2 * x, lambda f: f(2) == 4, "✓"),
        (lambda x: x / 0, lambda f: f(2) == 4, "✗"),
        ("seven", 7, "✗"),
    ],
)
def test_exercise(answer, right, sign, capsys):
    lecture.exercise(answer, right, "the question", hint="think")
    said = capsys.readouterr().out
    assert said.startswith(f"{sign} the question: ")
    assert ("hint: think" in said) == (sign == "✗")


def test_an_answer_that_cannot_be_checked_says_why(capsys):
    lecture.exercise(lambda x: x / 0, lambda f: f(2) == 4, "the question")
    assert "ZeroDivisionError: division by zero" in capsys.readouterr().out


def test_setup_seeds_layers_and_data_and_styles_figures():
    with mpl.rc_context():
        first, weights = lecture.setup(5).random(3), nn.Linear(2, 3).weight.numpy()
        again, same = lecture.setup(5).random(3), nn.Linear(2, 3).weight.numpy()
        assert (first == again).all()
        assert (weights == same).all()
        styles = [(each["color"], each["linestyle"]) for each in mpl.rcParams["axes.prop_cycle"]]
        assert len(styles) == len({colour for colour, _ in styles}) == len({str(dash) for _, dash in styles}) == 7
        assert mpl.rcParams["figure.dpi"] == 90


def test_progress_gives_the_steps(capsys):
    assert list(lecture.progress(range(3), "counting")) == [0, 1, 2]
    assert "counting" in capsys.readouterr().err
