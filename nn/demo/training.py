"""A training that can stop after any step and go on later, to the same numbers as if it had never stopped.

That works because everything that the next step depends on stands in one place (`Training.state`), and because each
epoch draws its order from a generator of its own, made of the seed and the epoch's number.
"""

from __future__ import annotations

import itertools
import math
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np

import autograd
from autograd import Tensor, manual_seed, no_grad
from nn import BatchNorm2d, Conv2d, CrossEntropyLoss, Flatten, Linear, MaxPool2d, ReLU, Sequential
from nn.data import DataLoader, TensorDataset, digits, mnist
from optim import SGD

FORMAT = "backgraph demo 1"
SMOOTHING = 0.1  # of the labels
DECAY = 1e-3  # of the weights
COOLING = 0.85  # of the learning rate, from epoch to epoch
COLUMNS = ("epoch", "train_loss", "train_accuracy", "test_loss", "test_accuracy")


@dataclass(frozen=True)
class Settings:
    """What a training's numbers depend on, besides how long it runs."""

    data: str = "digits"
    batch_size: int = 32
    lr: float = 0.05
    momentum: float = 0.9
    seed: int = 0


class Data(NamedTuple):
    """Images (n, 1, side, side) from 0 to 1, and their labels (n,), to learn from and held out."""

    train_images: Any
    train_labels: Any
    test_images: Any
    test_labels: Any


def load(name: str, seed: int) -> Data:
    """The digits with a fifth of each class held out, or MNIST with its own test set.

    Raises OSError or ValueError if the files of `mnist:PATH` are missing, truncated or foreign.
    """
    if name == "digits":
        images, labels = digits().tensors
        return split(images.numpy(), labels.numpy(), np.random.default_rng(seed))
    train, test = (mnist(name.removeprefix("mnist:"), train=part).tensors for part in (True, False))
    return Data(*(tensor.numpy() for tensor in (*train, *test)))


def split(images: Any, labels: Any, rng: np.random.Generator, held_out: float = 0.2) -> Data:
    """Hold out a share of each class."""
    train: list[Any] = []
    test: list[Any] = []
    for label in np.unique(labels):
        of_class = rng.permutation(np.flatnonzero(labels == label))
        n = round(held_out * len(of_class))
        test.append(of_class[:n])
        train.append(of_class[n:])
    learn, hold = np.sort(np.concatenate(train)), np.sort(np.concatenate(test))
    return Data(images[learn], labels[learn], images[hold], labels[hold])


def lenet(side: int) -> Sequential:
    """Two convolutions, each with a pooling, then two linear layers: LeNet's form, for square images of that side.

    Source: LeCun, Bottou, Bengio, Haffner, "Gradient-based learning applied to document recognition" (1998), with ReLU,
    max-pooling and batch normalisation.
    """
    return Sequential(
        OrderedDict(
            conv1=Conv2d(1, 16, 3, padding=1),
            norm1=BatchNorm2d(16),
            relu1=ReLU(),
            pool1=MaxPool2d(2),
            conv2=Conv2d(16, 32, 3, padding=1),
            norm2=BatchNorm2d(32),
            relu2=ReLU(),
            pool2=MaxPool2d(2),
            flatten=Flatten(),
            linear1=Linear(32 * (side // 4) ** 2, 128),
            relu3=ReLU(),
            linear2=Linear(128, 10),
        )
    )


class Training:
    """A network, its optimizer, and how far they have come.

    compiled  run the steps as a program: faster, and the same numbers
    """

    def __init__(self, settings: Settings, data: Data, compiled: bool = False) -> None:
        manual_seed(settings.seed)
        self.settings = settings
        self.data = data
        self.network = lenet(data.train_images.shape[-1])
        self.optimizer = SGD(self.network.parameters(), lr=settings.lr, momentum=settings.momentum, weight_decay=DECAY)
        self.loss = CrossEntropyLoss(label_smoothing=SMOOTHING)
        self.learn: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]] = self._learn
        if compiled:
            self.learn = autograd.compile(self._learn, state=(self.network, self.optimizer))
        self.history: list[tuple[float, ...]] = []  # a row of COLUMNS for each finished epoch
        self.step = 0  # how many batches of the epoch that has begun
        self.loss_sum = 0.0
        self.correct = 0

    @property
    def epoch(self) -> int:
        """The number of finished epochs."""
        return len(self.history)

    def steps(self) -> int:
        """How many batches an epoch has."""
        return math.ceil(len(self.data.train_images) / self.settings.batch_size)

    def _learn(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """One step; gives the loss and the network's outputs before it."""
        self.optimizer.zero_grad()
        scores = self.network(images)
        loss = self.loss(scores, labels)
        loss.backward()
        self.optimizer.step()
        return loss.detach(), scores.detach()

    def run_epoch(self, stop: Callable[[], bool], progress: Callable[[Iterable[Any]], Iterable[Any]]) -> bool:
        """The rest of an epoch; False if `stop` said so after one of its steps.

        Raises FloatingPointError if the loss is no longer a number.
        """
        settings, data = self.settings, self.data
        loader = DataLoader(
            TensorDataset(Tensor(data.train_images), Tensor(data.train_labels)), settings.batch_size, shuffle=True,
            rng=np.random.default_rng([settings.seed, self.epoch]),
        )  # fmt: skip
        for group in self.optimizer.param_groups:
            group["lr"] = settings.lr * COOLING**self.epoch
        self.network.train()
        for images, labels in progress(itertools.islice(loader, self.step, None)):
            loss, scores = self.learn(images, labels)
            if not math.isfinite(loss.item()):
                raise FloatingPointError(f"the loss is {loss.item()} in epoch {self.epoch + 1}")
            self.step += 1
            self.loss_sum += loss.item() * len(labels)
            self.correct += int((scores.numpy().argmax(axis=1) == labels.numpy()).sum())
            if stop() and self.step < self.steps():
                return False
        n = len(data.train_images)
        scores = self.scores(data.test_images)
        held_out = self.loss(Tensor(scores), Tensor(data.test_labels)).item()
        right = int((scores.argmax(axis=1) == data.test_labels).sum())
        self.history.append(
            (self.epoch + 1, self.loss_sum / n, self.correct / n, held_out, right / len(data.test_labels))
        )
        self.step, self.loss_sum, self.correct = 0, 0.0, 0
        return True

    def scores(self, images: Any) -> Any:
        """The network's outputs (n, 10) for images, without recording."""
        self.network.eval()
        with no_grad():
            return np.concatenate(
                [self.network(Tensor(images[i : i + 256])).numpy() for i in range(0, len(images), 256)]
            )

    def state(self) -> dict[str, Any]:
        """All that `restore` needs to go on, as nested dictionaries of arrays, numbers and strings."""
        return {
            "format": FORMAT,
            "settings": asdict(self.settings),
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "history": np.array(self.history, dtype=np.float64).reshape(-1, len(COLUMNS)),
            "step": self.step,
            "loss_sum": self.loss_sum,
            "correct": self.correct,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to where `state` was taken. Raises ValueError or KeyError if it does not fit."""
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.history = [(int(row[0]), *map(float, row[1:])) for row in state["history"]]
        self.step, self.loss_sum, self.correct = int(state["step"]), float(state["loss_sum"]), int(state["correct"])


def settings_of(state: Any) -> Settings:
    """The settings that a state was trained with. Raises ValueError for what is no state of a training."""
    if not isinstance(state, dict) or str(state.get("format")) != FORMAT:
        raise ValueError(f"expected a file that this program saved (format {FORMAT!r}), got another one")
    kinds = {"data": str, "batch_size": int, "lr": float, "momentum": float, "seed": int}
    return Settings(**{name: kind(state["settings"][name]) for name, kind in kinds.items()})
