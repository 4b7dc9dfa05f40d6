"""Connectionist temporal classification: the probability of a labelling, over all its alignments to a sequence."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import autograd
from autograd import ops
from autograd.ops import alike, in_single

from .loss import Loss, reduction_of
from .shared import integers, plain, within


@in_single
def ctc_loss(
    log_probs: Any, targets: Any, input_lengths: Any, target_lengths: Any, blank: int = 0, reduction: str = "mean",
    zero_infinity: bool = False,
) -> Any:  # fmt: skip
    """-log of the probability that a sequence reads as its target, once repeats and blanks are taken out. (Graves 2006)

    log_probs       (T, N, C) or (T, C): logarithms, from log_softmax over C
    targets         (N, S), padded; or those of all sequences in one row, (sum of target_lengths,)
    input_lengths   (N,) or (): how many steps of each sequence count
    target_lengths  (N,) or ()
    reduction       "mean" divides each loss by its target's length first
    zero_infinity   0, with gradient 0, for a target that no alignment fits (it is longer than the sequence)

    A target that no alignment fits has an infinite loss and NaN as its gradient, unless zero_infinity says otherwise.
    The sum over alignments is done with logarithms from end to end. The gradient is PyTorch's, exp(log_probs) minus the
    posterior, which takes log_probs to be normalized. Raises ValueError for lengths and shapes that do not match, and
    for targets outside of the classes.
    """
    reduction_of(None, None, reduction)
    if log_probs.ndim not in (2, 3):
        raise ValueError(f"ctc_loss: expected log_probs (T, N, C) or (T, C), got shape {log_probs.shape}")
    batched = log_probs.ndim == 3
    scores = log_probs if batched else log_probs.reshape(log_probs.shape[0], 1, -1)
    labels, inputs, lengths = _labels(scores.shape, targets, input_lengths, target_lengths, blank)
    counted = np.arange(len(scores))[:, None, None] < inputs[:, None]
    total = np.exp(np.where(alike(counted, scores), scores, -math.inf)).sum((0, 2))
    # what is added is 0, and its gradient exp(log_probs), as in PyTorch; through log_softmax it changes nothing
    losses = (total - plain(total)) - _log_likelihood(scores, labels, inputs, lengths, blank)
    impossible = np.isinf(plain(losses))
    if impossible.any():  # without a path there is no slope: of this infinity the gradient is NaN
        unknown = np.where(impossible, total, 0.0) * math.nan
        losses = np.where(impossible, 0.0 if zero_infinity else np.hypot(math.inf, unknown), losses)
    if reduction == "mean":
        return (losses / alike(np.maximum(lengths, 1).astype(losses.dtype), losses)).mean()
    return losses.sum() if reduction == "sum" else losses if batched else losses.reshape(())


def _labels(shape: Any, targets: Any, input_lengths: Any, target_lengths: Any, blank: int) -> tuple[Any, Any, Any]:
    """The targets as (N, longest), padded with blanks, and both lengths as (N,)."""
    steps, n, classes = shape
    inputs, lengths = (
        _at_hand(integers(value, f"ctc_loss: {name}").reshape(-1))
        for value, name in ((input_lengths, "input_lengths"), (target_lengths, "target_lengths"))
    )
    given = _at_hand(integers(targets, "ctc_loss: targets"))
    if not 0 <= blank < classes:
        raise ValueError(f"ctc_loss: expected blank from 0 to {classes - 1}, got {blank}")
    if inputs.size != n or lengths.size != n:
        raise ValueError(
            f"ctc_loss: expected {n} input_lengths and target_lengths, got {inputs.size} and {lengths.size}"
        )
    within(inputs, 0, steps + 1, "ctc_loss", "input_lengths", ValueError)
    if n and lengths.min() < 0:
        raise ValueError(f"ctc_loss: expected target_lengths >= 0, got {lengths.min()}")
    longest = int(lengths.max()) if n else 0
    used = np.arange(longest) < lengths[:, None]
    labels = np.full((n, longest), blank)
    if given.ndim == 1 and not (n == 1 and given.size >= longest):
        if given.size != lengths.sum():
            raise ValueError(f"ctc_loss: expected {lengths.sum()} targets, the sum of target_lengths, got {given.size}")
        labels[used] = given
    else:
        given = given.reshape(1, -1) if given.ndim == 1 else given
        if given.ndim != 2 or given.shape[0] != n or given.shape[1] < longest:
            raise ValueError(f"ctc_loss: expected targets ({n}, {longest}) or more, got shape {targets.shape}")
        labels = np.where(used, given[:, :longest], blank)
    if labels.size and (labels.min() < 0 or labels.max() >= classes or (labels[used] == blank).any()):
        raise ValueError(f"ctc_loss: expected targets from 0 to {classes - 1} other than the blank {blank}")
    return labels, inputs, lengths


def _at_hand(array: Any) -> Any:
    """A few integers as an array of NumPy's, wherever they are."""
    return array if isinstance(array, np.ndarray) else np.array(array.tolist(), array.dtype)


def _log_likelihood(scores: Any, labels: Any, inputs: Any, lengths: Any, blank: int) -> Any:
    """The forward algorithm. A state is a label, or the blank before, between or after labels: (N, 2S + 1) of them.

    A state is reached from itself, from the one before, and from the label before where that is another label. What
    begins in the first blank can reach the first label with its first step.
    """
    n = scores.shape[1]
    states = 2 * labels.shape[1] + 1
    symbols = np.full_like(labels, blank, shape=(n, states))
    symbols[:, 1::2] = labels
    skips = np.zeros_like(labels, bool, shape=(n, states))
    skips[:, 3::2] = labels[:, 1:] != labels[:, :-1]
    rows = np.arange(n)
    known = ops.reached(scores[:, rows[:, None], symbols], skips, inputs)
    label = np.where(alike(lengths > 0, known), known[rows, np.maximum(2 * lengths - 1, 0)], -math.inf)
    return autograd.logsumexp(np.stack([known[rows, 2 * lengths], label]), axis=0)


class CTCLoss(Loss, function=ctc_loss):
    """The module of `ctc_loss`."""

    def __init__(self, blank: int = 0, reduction: str = "mean", zero_infinity: bool = False) -> None:
        self.hold(locals())
