"""What an optimizer or a scheduler takes where nothing is given, against PyTorch; and what lies out of bounds."""

import inspect
import json
from pathlib import Path

import numpy as np
import pytest

import optim
from autograd import Tensor
from optim import lr_scheduler

DEFAULTS = json.loads((Path(__file__).parents[1] / "reference" / "defaults.json").read_text())
NOT_HERE = {"Optimizer", "lr_scheduler.LRScheduler"}


def kind(name: str):
    found = optim
    for part in name.split("."):
        found = getattr(found, part)
    return found


@pytest.mark.parametrize("name", sorted(DEFAULTS.keys() - NOT_HERE))
def test_defaults_are_pytorchs(name):
    parameters = inspect.signature(kind(name).__init__).parameters
    ours = {key: parameters[key].default for key in DEFAULTS[name]}
    assert {key: list(value) if isinstance(value, tuple) else value for key, value in ours.items()} == DEFAULTS[name]


def test_lions_defaults_are_the_papers():
    """Chen and others 2023: symbolic discovery of optimization algorithms."""
    parameters = inspect.signature(optim.Lion.__init__).parameters
    assert (parameters["lr"].default, parameters["betas"].default) == (1e-4, (0.9, 0.99))


def parameter():
    return Tensor(np.ones((2, 3)), requires_grad=True)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        *((name, {"betas": betas}) for name in ("Adam", "Adamax", "NAdam", "RAdam", "Lion")
          for betas in ((1.0, 0.9), (1.5, 0.9), (0.9, 1.0), (0.9, 1.5), (-0.1, 0.9))),
        ("SGD", {"momentum": -0.1}), ("SGD", {"nesterov": True}),
        ("Muon", {"ns_steps": 100}), ("Muon", {"ns_steps": 2.5}),
        ("Muon", {"ns_coefficients": (1.0, 2.0, 3.0, 4.0)}), ("Muon", {"lr": -1.0}), ("Rprop", {"etas": (1.0, 1.2)}),
        ("Adadelta", {"rho": 1.5}), ("RMSprop", {"alpha": -0.1}), ("Adafactor", {"eps": (-1.0, 1e-3)}),
        ("Adafactor", {"eps": (None, -1.0)}), ("Adafactor", {"beta2_decay": 0.1}), ("Adafactor", {"d": 0.9}),
    ],
)  # fmt: skip
def test_what_lies_beyond_the_bounds_is_refused(name, options):
    with pytest.raises(ValueError, match=next(iter(options)) if "nesterov" not in options else "momentum"):
        getattr(optim, name)([parameter()], **options)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("Muon", {"ns_steps": 99}), ("Muon", {"ns_steps": 1}), ("Muon", {"momentum": 0.0}),
        ("Muon", {"nesterov": False}),
        ("Adafactor", {"beta2_decay": 0.0}), ("Adafactor", {"eps": (0.0, 1e-3)}), ("Adafactor", {"eps": (None, 0.0)}),
        ("Adafactor", {"d": 1.0}),
    ],
)  # fmt: skip
def test_what_lies_within_them_is_taken(name, options):
    p = parameter()
    p.grad = Tensor(np.ones((2, 3)))
    getattr(optim, name)([p], **options).step()
    assert np.isfinite(p.numpy()).all()


def test_a_plateau_counts_its_epochs():
    scheduler = lr_scheduler.ReduceLROnPlateau(optim.SGD([parameter()], lr=1.0), patience=0, threshold=0.5)
    assert scheduler.last_epoch == 0
    for loss in (1.0, 0.9):
        scheduler.step(loss)
    assert scheduler.last_epoch == 2


@pytest.mark.parametrize(
    ("mode", "threshold_mode", "start", "enough", "not_enough"),
    [
        ("min", "rel", 8.0, 3.9, 4.0), ("min", "abs", 8.0, 7.4, 7.5), ("max", "rel", 8.0, 12.1, 12.0),
        ("max", "abs", 8.0, 8.6, 8.5), ("min", "rel", -8.0, -12.1, -3.0),
    ],
)  # fmt: skip
def test_what_a_plateau_takes_for_better(mode, threshold_mode, start, enough, not_enough):
    for value, better in ((enough, True), (not_enough, False)):
        optimizer = optim.SGD([parameter()], lr=1.0)
        scheduler = lr_scheduler.ReduceLROnPlateau(
            optimizer, mode=mode, patience=0, threshold=0.5, threshold_mode=threshold_mode
        )
        scheduler.step(start)
        scheduler.step(value)
        assert (optimizer.param_groups[0]["lr"] == 1.0) is better
