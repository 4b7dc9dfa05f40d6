"""Modules as scikit-learn's estimators: its own checks, its tools, and what the parameters do."""

from __future__ import annotations

import copy
import functools
import pickle
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import nn
import optim
from autograd import manual_seed

pytest.importorskip("sklearn")
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from nn.sklearn import Classifier, Regressor

rng = np.random.default_rng(0)
X = rng.normal(size=(80, 2))
Y = np.where(X[:, 0] * X[:, 1] > 0, "same", "other")
Z = np.abs(X).sum(1)

QUICK = {"hidden": (20,), "lr": 0.03, "epochs": 15}


CHECKS = parametrize_with_checks([Classifier(**QUICK), Regressor(**QUICK)])


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("estimator", "check"), list(CHECKS.args[1]), ids=CHECKS.kwargs["ids"])
def test_the_checks_of_scikit_learn(estimator: Any, check: Any) -> None:
    check(estimator)


def network(features: int, outputs: int, width: int = 8) -> nn.Module:
    return nn.Sequential(nn.Linear(features, width), nn.Tanh(), nn.Dropout(0.1), nn.Linear(width, outputs))


def test_in_pipelines_searches_and_scores() -> None:
    pipe = make_pipeline(StandardScaler(), Classifier(lr=0.03, epochs=30, random_state=0))
    assert cross_val_score(pipe, X, Y, cv=3).mean() > 0.8
    grid = {"classifier__module": [network, functools.partial(network, width=30)], "classifier__lr": [1e-9, 0.03]}
    search = GridSearchCV(pipe, grid, cv=2).fit(X, Y)
    assert search.best_params_["classifier__lr"] == 0.03
    assert search.score(X, Y) > 0.8
    scores = cross_val_score(Regressor(lr=0.03, random_state=0), X, Z, cv=3)
    assert scores.min() > 0.7


def test_clones_and_pickles() -> None:
    model = Classifier(network, random_state=3, epochs=5).fit(X, Y)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))
    np.testing.assert_array_equal(clone(model).fit(X, Y).predict_proba(X), model.predict_proba(X))
    with pytest.raises(NotFittedError):
        clone(model).predict(X)


def test_a_module_is_copied_and_not_changed() -> None:
    module = nn.Linear(2, 2)
    before = copy.deepcopy(module.state_dict())
    model = Classifier(module, epochs=3, lr=0.1).fit(X, Y)
    assert model.module_ is not module
    assert not model.module_.training
    assert all((before[name] == value).all() for name, value in module.state_dict().items())
    assert model.predict_proba(X).dtype == np.float32


def test_images_go_to_a_network_of_convolutions() -> None:
    images = rng.normal(size=(20, 1, 6, 6))
    images[10:] += 1
    module = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(64, 2))
    assert (
        Classifier(module, lr=0.01, epochs=30, random_state=0)
        .fit(images, [0] * 10 + [1] * 10)
        .score(images, [0] * 10 + [1] * 10)
        == 1
    )


def test_early_stopping_keeps_the_best() -> None:
    options: dict[str, Any] = {"early_stopping": True, "validation_fraction": 0.3, "random_state": 0, "lr": 0.1}
    model = Classifier(network, epochs=400, n_iter_no_change=4, **options).fit(X, Y)
    losses = [record["valid_loss"] for record in model.history_]
    assert model.n_iter_ == len(losses) < 400
    assert int(np.argmin(losses)) < len(losses) - 1
    best = Classifier(network, epochs=int(np.argmin(losses)) + 1, **options).fit(X, Y)
    np.testing.assert_array_equal(model.predict_proba(X), best.predict_proba(X))


def test_callbacks() -> None:
    seen: list[Any] = []

    def stop(estimator: Any, record: Any) -> bool:
        seen.append((record["epoch"], estimator.module_))
        return record["epoch"] == 3

    model = Regressor(callbacks=(stop,), random_state=0).fit(X, Z)
    assert [epoch for epoch, _ in seen] == [1, 2, 3]
    assert seen[0][1] is model.module_
    assert [sorted(record) for record in model.history_] == [["epoch", "loss"]] * 3
    assert model.history_[-1]["loss"] < model.history_[0]["loss"]


def test_compiled_it_gives_the_same() -> None:
    plain, fast = (Regressor(network, epochs=3, compile=c, random_state=1).fit(X, Z) for c in (False, True))
    np.testing.assert_allclose(fast.predict(X), plain.predict(X), rtol=1e-5)
    assert [r["loss"] for r in fast.history_] == pytest.approx([r["loss"] for r in plain.history_])


def test_a_bar(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("tqdm")
    Regressor(epochs=3, progress=True).fit(X, Z)
    assert "Regressor" in capsys.readouterr().err


def test_losses_and_optimizers() -> None:
    robust = Regressor(loss=nn.functional.l1_loss, optimizer=functools.partial(optim.SGD, momentum=0.9), lr=0.01)
    assert robust.set_params(random_state=0).fit(X, Z).score(X, Z) > 0.8
    assert Regressor(optimizer=optim.LBFGS, lr=None).get_params()["lr"] is None
    assert Regressor(optimizer=optim.Adam, lr=None, epochs=1).fit(X, Z).n_iter_ == 1


def test_several_numbers_for_each_example() -> None:
    both = np.column_stack([Z, X[:, 0]])
    model = Regressor(lr=0.03, random_state=0).fit(X, both)
    assert model.predict(X).shape == (80, 2)
    assert model.score(X, both) > 0.9
    assert model.fit(X, Z).predict(X).shape == (80,)


def test_randomness_is_told() -> None:
    first, second = (Classifier(network, epochs=1, random_state=5).fit(X, Y) for _ in range(2))
    np.testing.assert_array_equal(first.predict_proba(X), second.predict_proba(X))
    made = []
    for _ in range(2):
        manual_seed(4)
        made.append(Classifier(network, epochs=1).fit(X, Y).predict_proba(X))
    np.testing.assert_array_equal(*made)
    before = manual_seed(0).bit_generator.state
    Classifier(network, epochs=1, random_state=5).fit(X, Y)
    from autograd import generator

    assert generator().bit_generator.state == before


@pytest.mark.parametrize(
    ("options", "y", "error", "text"),
    [
        ({"epochs": 0}, Y, ValueError, "Classifier: expected epochs of 1 or more, got 0"),
        ({"batch_size": 0}, Y, ValueError, "Classifier: expected batch_size of 1 or more, got 0"),
        ({"module": "linear"}, Y, TypeError, "expected module as a Module, a function (features, outputs)"),
        ({}, Z, ValueError, "Unknown label type"),
    ],
)
def test_wrong_uses(options: dict[str, Any], y: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error) as raised:
        Classifier(**options).fit(X, y)
    assert text in str(raised.value)


@pytest.mark.parametrize(
    ("without", "code"),
    [
        ("sklearn", "import nn.sklearn"),
        ("tqdm", "from nn.sklearn import Regressor; Regressor(progress=True).fit([[1.0], [2.0]], [1.0, 2.0])"),
    ],
)
def test_what_is_not_installed_is_said(without: str, code: str) -> None:
    hidden = f"import sys; sys.modules[{without!r}] = None; {code}"
    done = subprocess.run([sys.executable, "-c", hidden], capture_output=True, text=True, check=False)
    assert "pip install 'backgraph[sklearn]'" in done.stderr
