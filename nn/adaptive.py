"""A softmax over many classes, of which the rare ones are looked at only in groups. (Grave et al. 2017)"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

import autograd
from autograd.ops import alike

from .containers import ModuleList, Sequential
from .layer import Layer
from .linear import Linear
from .shared import Rng, integers, plain, within


class ASMoutput(NamedTuple):
    """The log-probability of each target, and the loss: minus their mean."""

    output: Any
    loss: Any


class AdaptiveLogSoftmaxWithLoss(Layer, shown=""):
    """The log-probabilities of classes that are sorted by frequency, the most frequent first.

    cutoffs    where the groups begin, after the first: classes below cutoffs[0] are in the head, the others in clusters
    div_value  cluster i works with in_features / div_value^(i + 1) features
    input      (N, in_features) with target (N,), or (in_features,) with ()

    Parts: head, a Linear; tail, for each cluster two Linear without bias. Raises ValueError for cutoffs that do not
    rise within the classes, IndexError for targets that are no class.
    """

    def __init__(
        self, in_features: int, n_classes: int, cutoffs: Sequence[int], div_value: float = 4.0, head_bias: bool = False,
        *, device: Any = None, dtype: Any = None, rng: Rng = None,
    ) -> None:  # fmt: skip
        cutoffs = list(cutoffs)
        if not cutoffs:
            raise ValueError("AdaptiveLogSoftmaxWithLoss: expected at least one cutoff")
        rising = all(a < b for a, b in pairwise(cutoffs))
        if not rising or cutoffs[0] <= 0 or cutoffs[-1] >= n_classes or any(int(c) != c for c in cutoffs):
            raise ValueError(
                f"AdaptiveLogSoftmaxWithLoss: expected cutoffs that rise from 1 to at most {n_classes - 1}, got "
                f"{cutoffs}"
            )
        self.hold(locals())
        self.cutoffs = [*cutoffs, n_classes]
        self.shortlist_size, self.n_clusters = cutoffs[0], len(cutoffs)
        self.head_size = self.shortlist_size + self.n_clusters
        self.head = Linear(in_features, self.head_size, head_bias, dtype=dtype, rng=rng)
        self.tail = ModuleList()
        for i in range(self.n_clusters):
            hidden = int(in_features // div_value ** (i + 1))
            size = self.cutoffs[i + 1] - self.cutoffs[i]
            pair = [Linear(a, b, False, dtype=dtype, rng=rng) for a, b in ((in_features, hidden), (hidden, size))]
            self.tail.append(Sequential(*pair))

    def reset_parameters(self, rng: Rng = None) -> None:
        """Draw the initial values again."""
        for layer in (self.head, *(layer for pair in self.tail for layer in pair)):
            layer.reset_parameters(rng)

    def forward(self, input_: Any, target_: Any) -> ASMoutput:
        target = integers(target_, "AdaptiveLogSoftmaxWithLoss: target")
        if input_.ndim != target.ndim + 1 or target.ndim > 1 or input_.shape[:-1] != target.shape:
            raise ValueError(
                f"AdaptiveLogSoftmaxWithLoss: expected (N, {self.in_features}) and (N,), or ({self.in_features},) and "
                f"(), got {input_.shape} and {target.shape}"
            )
        within(target, 0, self.n_classes, "AdaptiveLogSoftmaxWithLoss", "targets")
        x, y = (input_, target) if target.ndim else (input_.reshape(1, -1), target.reshape(1))
        group = np.searchsorted(self.cutoffs, y, side="right")  # 0: the head
        column = np.where(group == 0, y, self.shortlist_size + group - 1)
        output = np.take_along_axis(autograd.log_softmax(self.head(x), 1), column[:, None], 1).squeeze(1)
        for i, part in enumerate(self.tail):
            (rows,) = (group == i + 1).nonzero()
            if rows.size:
                logp = autograd.log_softmax(part(x[rows]), 1)
                inside = logp[np.arange(rows.size), y[rows] - self.cutoffs[i]]
                place = (alike(np.arange(y.size)[:, None], rows) == rows).astype(plain(inside).dtype)
                output = output + place @ inside
        loss = -output.mean()
        return ASMoutput(output if target.ndim else output.squeeze(0), loss)

    def log_prob(self, input: Any) -> Any:
        """The log-probabilities of all classes: (N, in_features) gives (N, n_classes)."""
        head = autograd.log_softmax(self.head(input), 1)
        parts = [head[:, : self.shortlist_size]]
        for i, part in enumerate(self.tail):
            parts.append(autograd.log_softmax(part(input), 1) + head[:, self.shortlist_size + i, None])
        return np.concatenate(parts, 1)

    def predict(self, input: Any) -> Any:
        """The most probable class of each row, (N,): an array of integers."""
        return plain(self.log_prob(input)).argmax(1)
