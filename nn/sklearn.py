"""Modules as scikit-learn's estimators, for its pipelines, searches and scores; needs the extra `sklearn`."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Self

import numpy as np

import optim
from autograd import Tensor, compile, generator, no_grad

from .activation import ReLU
from .containers import Sequential
from .cross_entropy import cross_entropy
from .linear import Linear
from .loss import mse_loss
from .module import Module

try:
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
    from sklearn.model_selection import train_test_split
    from sklearn.utils import check_random_state
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import check_is_fitted, column_or_1d
except ImportError as error:
    raise ImportError(
        "nn.sklearn: scikit-learn is not installed; install it, with pip install 'backgraph[sklearn]'"
    ) from error

__all__ = ["Classifier", "Regressor"]

_PARAMETERS = """
    module              what is trained: a Module, of which a copy is; a function of the number of features and that of
                        outputs that makes one; or None, for layers of ReLU
    hidden              of module=None, how many numbers each hidden layer has
    loss                a function of the module's output and the targets that gives the mean loss
    optimizer, lr       what makes an optimizer of the parameters, with lr= unless that is None; None is optim.Adam
    epochs, batch_size  how often all examples are seen, and how many at a time
    early_stopping      hold out `validation_fraction` of the examples; stop when the loss of these has not become less
                        by `tol` for `n_iter_no_change` epochs, and keep the best parameters
    callbacks           functions of (estimator, record), called after each epoch; True from one stops the training
    progress            show a bar (tqdm)
    compile             run the step as a program, see autograd.compile
    random_state        a number or a RandomState for all that is random; None takes autograd's own generator

    Fitted, it has `module_` in evaluation mode, and in `history_` a dict for each epoch: epoch, loss and valid_loss. Of
    X the first axis counts the examples; it is cast to the dtype of the module's parameters.
"""


class _Estimator(BaseEstimator):  # type: ignore[misc]
    """What both have in common: how a module is trained."""

    _loss: Callable[..., Any]

    def __init__(
        self, module: Any = None, *, hidden: Sequence[int] = (100,), loss: Any = None, optimizer: Any = None,
        lr: float | None = 1e-3, epochs: int = 100, batch_size: int = 32, early_stopping: bool = False,
        validation_fraction: float = 0.1, n_iter_no_change: int = 10, tol: float = 1e-4, callbacks: Sequence[Any] = (),
        progress: bool = False, compile: bool = False, random_state: Any = None,
    ) -> None:  # fmt: skip
        self.module = module
        self.hidden = hidden
        self.loss = loss
        self.optimizer = optimizer
        self.lr = lr
        self.epochs = epochs
        self.batch_size = batch_size
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.tol = tol
        self.callbacks = callbacks
        self.progress = progress
        self.compile = compile
        self.random_state = random_state

    def _train(self, X: Any, targets: Any, outputs: int, classes: Any = None) -> Self:
        for name in ("epochs", "batch_size"):
            if getattr(self, name) < 1:
                raise ValueError(f"{type(self).__name__}: expected {name} of 1 or more, got {getattr(self, name)}")
        with _random(self.random_state) as rng:
            self.module_ = self._made(X, outputs)
            X = X.astype(_dtype_of(self.module_), copy=False)
            if self.early_stopping:
                X, held, targets, held_targets = train_test_split(
                    X, targets, test_size=self.validation_fraction, stratify=classes,
                    random_state=int(rng.integers(1 << 31)),
                )  # fmt: skip
                self._run(X, targets, rng, lambda: self._loss_of(held, held_targets))
            else:
                self._run(X, targets, rng, None)
        self.module_.eval()
        return self

    def _made(self, X: Any, outputs: int) -> Module:
        features = X.shape[1]
        if isinstance(self.module, Module):
            return copy.deepcopy(self.module)
        if self.module is None:
            sizes = [features, *self.hidden, outputs]
            layers: list[Module] = []
            for k, (n, m) in enumerate(itertools.pairwise(sizes)):
                layers += [ReLU()] * (k > 0) + [Linear(n, m, dtype=X.dtype)]
            return Sequential(*layers)
        made = self.module(features, outputs) if callable(self.module) else self.module
        if not isinstance(made, Module):
            raise TypeError(
                f"{type(self).__name__}: expected module as a Module, a function (features, outputs) that makes one, "
                f"or None, got {type(made).__name__}"
            )
        return made

    def _run(self, X: Any, targets: Any, rng: np.random.Generator, validate: Callable[[], float] | None) -> None:
        """Go through the examples, epoch by epoch."""
        step = self._step()
        self.history_: list[dict[str, Any]] = []
        best, waited, kept = np.inf, 0, None
        for epoch in self._epochs():
            order, total = rng.permutation(len(X)), 0.0
            self.module_.train()
            for start in range(0, len(X), self.batch_size):
                rows = order[start : start + self.batch_size]
                total += len(rows) * float(step(X[rows], targets[rows]))
            record = {"epoch": epoch + 1, "loss": total / len(X)}
            if validate is not None:
                record["valid_loss"] = loss = validate()
                waited = 0 if loss < best - self.tol else waited + 1
                if loss < best:
                    best, kept = loss, self.module_.state_dict()
            self.history_.append(record)
            answers = [callback(self, record) for callback in self.callbacks]
            if True in answers or (validate is not None and waited >= self.n_iter_no_change):
                break
        if kept is not None:
            self.module_.load_state_dict(kept)
        self.n_iter_ = len(self.history_)

    def _epochs(self) -> Any:
        if not self.progress:
            return range(self.epochs)
        try:
            from tqdm import trange
        except ImportError as error:
            raise ImportError(
                f"{type(self).__name__}: tqdm is not installed, which shows the bar of progress=True; install it, "
                f"with pip install 'backgraph[sklearn]'"
            ) from error
        return trange(self.epochs, desc=type(self).__name__, unit="epoch", leave=False)

    def _step(self) -> Callable[[Any, Any], Any]:
        module, loss = self.module_, self.loss or self._loss
        make: Any = optim.Adam if self.optimizer is None else self.optimizer
        optimizer = make(module.parameters(), **({} if self.lr is None else {"lr": self.lr}))

        def step(x: Any, targets: Any) -> Any:
            optimizer.zero_grad()
            value = loss(module(Tensor(x)), Tensor(targets))
            value.backward()
            optimizer.step()
            return value.detach()

        return compile(step) if self.compile else step

    def _loss_of(self, X: Any, targets: Any) -> float:
        with no_grad():
            return float((self.loss or self._loss)(Tensor(self._outputs(X)), Tensor(targets)))

    def _outputs(self, X: Any) -> Any:
        """The module's output for each example, as an array."""
        self.module_.eval()
        X = X.astype(_dtype_of(self.module_), copy=False)
        with no_grad():
            parts = [self.module_(Tensor(X[k : k + _AT_ONCE])).data for k in range(0, len(X), _AT_ONCE)]
        return np.concatenate(parts)

    def _known(self, X: Any) -> Any:
        check_is_fitted(self)
        return _validated(self, X, reset=False)


_AT_ONCE = 1024  # examples


class Classifier(ClassifierMixin, _Estimator):  # type: ignore[misc]
    __doc__ = f"""A module that is trained to tell classes apart, as an estimator of scikit-learn.

    The module gives a number for each class, and the loss is nn.functional.cross_entropy unless another is given.
    {_PARAMETERS}
    Raises ValueError for targets that are no classes, and what scikit-learn's checks of X and y raise.

    >>> import nn, optim
    >>> from nn.sklearn import Classifier
    >>> X = np.random.default_rng(0).normal(size=(100, 2))
    >>> y = np.where(X[:, 0] * X[:, 1] > 0, "same", "other")
    >>> bool(Classifier(lr=0.01, random_state=0).fit(X, y).score(X, y) > 0.9)
    True
    >>> network = lambda features, classes: nn.Sequential(nn.Linear(features, 8), nn.Tanh(), nn.Linear(8, classes))
    >>> Classifier(network, optimizer=optim.SGD, lr=0.1, random_state=0).fit(X, y).predict_proba(X).shape
    (100, 2)
    """

    _loss = staticmethod(cross_entropy)

    def fit(self, X: Any, y: Any) -> Self:
        """Train a module on examples X and their classes y."""
        X, y = _validated(self, X, y)
        check_classification_targets(y)
        self.classes_, codes = np.unique(column_or_1d(y, warn=True), return_inverse=True)
        return self._train(X, codes, len(self.classes_), codes)

    def predict_proba(self, X: Any) -> Any:
        """The probability of each class, in the order of `classes_`: the softmax of what the module gives."""
        outputs = self._outputs(self._known(X))
        raised = np.exp(outputs - outputs.max(axis=1, keepdims=True))
        return raised / raised.sum(axis=1, keepdims=True)

    def predict(self, X: Any) -> Any:
        """The class for which the module gives most."""
        best = self._outputs(self._known(X)).argmax(axis=1)
        return self.classes_[best]


class Regressor(RegressorMixin, _Estimator):  # type: ignore[misc]
    __doc__ = f"""A module that is trained to give numbers, as an estimator of scikit-learn.

    There is one for each example, or several, as in y. The loss is nn.functional.mse_loss unless another is given.
    {_PARAMETERS}
    Raises what scikit-learn's checks of X and y raise.

    >>> from nn.sklearn import Regressor
    >>> x = np.linspace(-1, 1, 50)[:, None]
    >>> bool(Regressor(lr=0.01, random_state=0).fit(x, np.abs(x[:, 0])).score(x, np.abs(x[:, 0])) > 0.95)
    True
    """

    _loss = staticmethod(mse_loss)

    def fit(self, X: Any, y: Any) -> Self:
        """Train a module on examples X and their numbers y."""
        X, y = _validated(self, X, y, y_numeric=True, multi_output=True)
        self._one = y.ndim == 1
        targets = y[:, None] if self._one else y
        kind = _dtype_of(self.module) if isinstance(self.module, Module) else X.dtype
        return self._train(X, targets.astype(kind, copy=False), targets.shape[1])

    def predict(self, X: Any) -> Any:
        """The numbers that the module gives."""
        outputs = self._outputs(self._known(X))
        return outputs[:, 0] if self._one else outputs

    def _more_tags(self) -> dict[str, Any]:  # of scikit-learn before 1.6
        return {"multioutput": True}

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


def _validated(estimator: Any, *given: Any, **options: Any) -> Any:
    """Examples, and targets, as arrays of floats, checked as scikit-learn checks them."""
    options = {"dtype": [np.float64, np.float32], "allow_nd": True, **options}
    try:
        from sklearn.utils.validation import validate_data
    except ImportError:  # before 1.6
        return estimator._validate_data(*given, **options)
    return validate_data(estimator, *given, **options)


def _dtype_of(module: Module) -> Any:
    """The dtype of a module's parameters."""
    return next((p.dtype for p in module.parameters() if p.dtype.kind == "f"), np.dtype(np.float32))


@contextmanager
def _random(state: Any) -> Iterator[np.random.Generator]:
    """The generator that modules draw from: for the time being with this state, if it is one."""
    rng = generator()
    if state is None:
        yield rng
        return
    before = rng.bit_generator.state
    rng.bit_generator.state = np.random.PCG64(check_random_state(state).randint(1 << 31)).state
    try:
        yield rng
    finally:
        rng.bit_generator.state = before
