"""Restricted Boltzmann machines, and the deep belief network that a stack of them makes.

The gradient of contrastive divergence is that of a difference of free energies, F(data) - F(sample), with the sample
held constant; so the loss is that difference, and any optimizer trains it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

import autograd
from autograd import Tensor, generator, no_grad
from autograd.ops import alike

from . import init
from .activation import Sigmoid
from .containers import ModuleList, Sequential
from .layer import Layer
from .linear import Linear, linear
from .module import Module
from .parameter import Parameter, write
from .shared import Rng, given, plain


class RBM(Layer, shown="{n_visible}, {n_hidden}"):
    """Visible units v and hidden units h, 0 or 1, with energy E(v, h) = -v·a - h·b - h·W v. (Hinton 2002, 2012)

    Called with visible units (..., n_visible) it gives the probabilities of the hidden ones (..., n_hidden).

    Parameters: weight W (n_hidden, n_visible), from N(0, 0.01²); visible_bias a and hidden_bias b, zeros.

    >>> rbm = RBM(6, 3, rng=np.random.default_rng(0))
    >>> v = np.ones((4, 6), np.float32)
    >>> rbm(v).shape, rbm.free_energy(v).shape, rbm.contrastive_divergence(v).shape
    ((4, 3), (4,), ())
    """

    def __init__(self, n_visible: int, n_hidden: int, *, dtype: Any = None, rng: Rng = None) -> None:
        self.hold(locals())
        self.make(dtype, weight=(n_hidden, n_visible), visible_bias=(n_visible,), hidden_bias=(n_hidden,))
        self.chain: Tensor | None
        self.register_buffer("chain", None, persistent=False)
        self.reset_parameters(rng)

    def reset_parameters(self, rng: Rng = None) -> None:
        """Draw the weight again; set the biases 0 and forget the persistent chain."""
        init.normal_(self.weight, 0.0, 0.01, rng=rng)
        write(self.visible_bias, 0)
        write(self.hidden_bias, 0)
        self.chain = None

    def forward(self, input: Any) -> Any:
        """The probability of each hidden unit given the visible ones."""
        return autograd.sigmoid(linear(input, self.weight, self.hidden_bias))

    def visible(self, hidden: Any) -> Any:
        """The probability of each visible unit given the hidden ones."""
        return autograd.sigmoid(linear(hidden, self.weight.T, self.visible_bias))

    def free_energy(self, visible: Any) -> Any:
        """-log of the sum over h of exp(-E(v, h)): -v·a - sum(softplus(W v + b)); (..., n_visible) gives (...)."""
        hidden = autograd.softplus(linear(visible, self.weight, self.hidden_bias))
        return -(visible @ self.visible_bias) - hidden.sum(-1)

    def sample(self, visible: Any, steps: int = 1, *, rng: Rng = None) -> Any:
        """Visible units after so many steps of Gibbs sampling, hidden given visible and back; outside of the graph."""
        if steps < 1:
            raise ValueError(f"RBM.sample: expected at least one step, got {steps}")
        draw = generator(self.rng if rng is None else rng)
        units = plain(visible)
        with no_grad():
            for probability in (self.forward, self.visible) * steps:
                units = _drawn(probability(units), draw)
        return units

    def contrastive_divergence(self, visible: Any, k: int = 1, persistent: bool = False, *, rng: Rng = None) -> Any:
        """mean(F(data) - F(sample)) over the rows of (N, n_visible): its gradient is that of CD-k.

        k           steps of Gibbs sampling from the data to the sample
        persistent  go on from the last call's samples instead of the data (Tieleman 2008)
        """
        start = visible
        if persistent and self.chain is not None and self.chain.shape == visible.shape:
            start = self.chain
        sample = self.sample(start, k, rng=rng)
        if persistent:
            self.chain = Tensor(sample)
        both = self.free_energy(np.concatenate([given(visible).astype(sample.dtype), sample]))
        n = sample.shape[0]
        return (both[:n] - both[n:]).mean()


class DeepBeliefNetwork(Module):
    """A stack of RBMs, each trained on the hidden units of the one below. (Hinton, Osindero, Teh 2006)

    sizes  the number of units of each layer, the visible one first

    Called with visible units it gives the probabilities of the last hidden ones; `layers` are the RBMs.

    >>> network = DeepBeliefNetwork([6, 4, 2], rng=np.random.default_rng(0))
    >>> losses = network.pretrain(np.eye(6, dtype=np.float32), epochs=1, batch_size=3)
    >>> network.to_sequential(classes=10)
    Sequential(
      (0): Linear(in_features=6, out_features=4, bias=True)
      (1): Sigmoid()
      (2): Linear(in_features=4, out_features=2, bias=True)
      (3): Sigmoid()
      (4): Linear(in_features=2, out_features=10, bias=True)
    )
    """

    def __init__(self, sizes: Sequence[int], *, dtype: Any = None, rng: Rng = None) -> None:
        super().__init__()
        if len(sizes) < 2:
            raise ValueError(f"DeepBeliefNetwork: expected at least two sizes, got {list(sizes)}")
        self.rng = rng
        self.layers = ModuleList([RBM(below, above, dtype=dtype, rng=rng) for below, above in pairwise(sizes)])

    def forward(self, input: Any) -> Any:
        for layer in self.layers:
            input = layer(input)
        return input

    def pretrain(
        self, data: Any, epochs: int = 10, batch_size: int = 64, optimizer: Callable[..., Any] | None = None, k: int =
        1, persistent: bool = False, *, rng: Rng = None,
    ) -> list[list[float]]:  # fmt: skip
        """Train the RBMs one after the other, from the bottom up, on data (N, sizes[0]) of values from 0 to 1.

        optimizer  makes an optimizer of a layer's parameters; without it, they go 0.1 times their gradients down
        result     for each layer the mean squared error of its reconstructions, epoch by epoch
        """
        draw = generator(self.rng if rng is None else rng)
        make = _Descent if optimizer is None else optimizer
        below, errors = plain(data), []
        for layer in self.layers:
            updater = make(layer.parameters())
            errors.append([self._epoch(layer, updater, below, batch_size, k, persistent, draw) for _ in range(epochs)])
            with no_grad():
                below = plain(layer(below))
        return errors

    def sample(self, visible: Any, steps: int = 1, *, rng: Rng = None) -> Any:
        """What the whole stack makes of visible units (N, sizes[0]): how probable it is for each that it is on.

        The units go up to the last RBM, which takes so many steps of Gibbs sampling, and come down again layer by
        layer; outside of the graph. What they began as is forgotten after many steps: noise will do.

        >>> network = DeepBeliefNetwork([6, 4, 2], rng=np.random.default_rng(0))
        >>> network.sample(np.ones((3, 6), np.float32), steps=5).shape
        (3, 6)
        """
        if steps < 1:
            raise ValueError(f"DeepBeliefNetwork.sample: expected at least one step, got {steps}")
        draw = generator(self.rng if rng is None else rng)
        *below, last = self.layers
        units = plain(visible)
        with no_grad():
            for layer in below:
                units = _drawn(layer(units), draw)
            for _ in range(steps):
                probability = last.visible(_drawn(last(units), draw))
                units = _drawn(probability, draw)
            for layer in reversed(below):
                probability = layer.visible(units)
                units = _drawn(probability, draw)
        return plain(probability)

    def _epoch(
        self, layer: Any, optimizer: Any, data: Any, batch_size: int, k: int, persistent: bool,
        draw: np.random.Generator,
    ) -> float:  # fmt: skip
        total = 0.0
        for batch in _batches(data, batch_size, draw):
            layer.zero_grad()
            layer.contrastive_divergence(batch, k, persistent, rng=draw).backward()
            optimizer.step()
            with no_grad():
                total += float(np.square(batch - plain(layer.visible(layer(batch)))).sum())
        return total / float(data.size)

    def to_sequential(self, classes: int | None = None, *, rng: Rng = None) -> Sequential:
        """A Sequential of Linear and Sigmoid with copies of the weights, for fine-tuning by backpropagation.

        classes  a last Linear, not yet trained, with as many outputs
        """
        parts: list[Module] = []
        for layer in self.layers:
            part = Linear(layer.n_visible, layer.n_hidden, dtype=layer.weight.dtype)
            part.load_state_dict({"weight": layer.weight, "bias": layer.hidden_bias})
            parts += [part, Sigmoid()]
        if classes is not None:
            last = self.layers[-1]
            parts.append(Linear(last.n_hidden, classes, dtype=last.weight.dtype, rng=self.rng if rng is None else rng))
        return Sequential(*parts)


class _Descent:
    """What changes parameters where no optimizer is given."""

    def __init__(self, parameters: Iterable[Parameter]) -> None:
        self.parameters = list(parameters)

    def step(self) -> None:
        for parameter in self.parameters:
            if parameter.grad is not None:
                write(parameter, parameter.data - parameter.grad.data * parameter.dtype.type(0.1))


def _drawn(probability: Any, draw: np.random.Generator) -> Any:
    """Units of 0 and 1, each 1 with its probability."""
    p = plain(probability)
    return (alike(draw.random(p.shape, dtype=np.float32), p) < p).astype(p.dtype)


def _batches(data: Any, size: int, draw: np.random.Generator) -> Iterator[Any]:
    order = draw.permutation(len(data))
    return (data[order[start : start + size]] for start in range(0, len(data), size))
