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


@pytest.mark.parametrize(("answer", "sign"), [(..., "…"), (60, "✓"), (20, "✗"), ("sixty", "✗")])
def test_exercise(answer, sign, capsys):
    lecture.exercise("02.2", answer)
    said = capsys.readouterr().out
    assert said.startswith(f"{sign} the updates: ")
    assert ("hint: how many batches" in said) == (sign == "✗")


def test_an_answer_that_cannot_be_checked_says_why(capsys):
    lecture.exercise("05.4", lambda *given: 1 / 0)
    assert "checking it raised ZeroDivisionError: division by zero" in capsys.readouterr().out


def test_without_sliders_there_is_the_picture_of_the_first_values():
    drawn = []
    lecture.explore(lambda **values: drawn.append(values), eta=(0.0, 1.0, 0.25), stride=(1, 3, 2))
    assert drawn == [{"eta": 0.25, "stride": 2}]


def test_sliders_go_from_the_least_to_the_largest_and_whole_numbers_by_one(monkeypatch):
    widgets = pytest.importorskip("ipywidgets")
    ipython = pytest.importorskip("IPython")
    shown = {}
    monkeypatch.setattr(ipython, "get_ipython", object)
    monkeypatch.setattr(widgets, "interact", lambda picture, **sliders: shown.update(sliders))
    monkeypatch.delenv("BACKGRAPH_STILL", raising=False)
    lecture.explore(lambda **_: None, eta=(0.0, 1.0, 0.25), stride=(1, 3, 2))
    assert (shown["eta"].min, shown["eta"].max, shown["eta"].value) == (0, 1, 0.25)
    assert (shown["stride"].min, shown["stride"].max, shown["stride"].value, shown["stride"].step) == (1, 3, 2, 1)
    shown.clear()
    monkeypatch.setenv("BACKGRAPH_STILL", "1")
    lecture.explore(lambda **_: None, eta=(0.0, 1.0, 0.25))
    assert not shown


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
