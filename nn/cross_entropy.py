"""Losses of classes: the cross-entropy of scores, and the likelihood of log-probabilities."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import autograd
from autograd import Tensor
from autograd.ops import alike, in_blocks, in_single, log_softmax_at

from .linear import Linear, linear
from .loss import Flag, Loss, reduction_of
from .shared import Rng, given, integers, plain, within
from .spatial import check_dtype


@in_single
def cross_entropy(
    input: Any, target: Any, weight: Any = None, size_average: Flag = None, ignore_index: int = -100,
    reduce: Flag = None, reduction: str = "mean", label_smoothing: float = 0.0,
) -> Any:  # fmt: skip
    """-log(softmax(input)) at the target's classes, stably.

    input            scores: (N, C, ...), or (C,) without a batch
    target           classes: integers (N, ...), or (); or probabilities in the input's shape
    weight           (C,): of each class; the mean is over the weights
    ignore_index     a target that counts nowhere; if all are so, the mean is NaN, and its gradient 0
    label_smoothing  how much of the target's probability is spread evenly over all classes

    Targets in blocks that are computed later are checked then, and may hold an ignore_index only where it is given: its
    number is known after a look at all of them, so reduction="sum" is the one to train with in one pass.

    Raises IndexError for a class outside of the input, TypeError for a target that is not of integers and a weight of
    another dtype than the input, ValueError for shapes that do not match.

    >>> cross_entropy(np.array([[0.0, 0.0], [1000.0, 0.0]]), np.array([1, 0])).round(4).item()
    0.3466
    """
    who = "cross_entropy"
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"{who}: expected label_smoothing from 0 to 1, got {label_smoothing}")
    if not input.ndim:
        raise ValueError(f"{who}: expected scores (N, C, ...) or (C,), got a 0-d input")
    how = reduction_of(size_average, reduce, reduction)
    target = given(target)
    axis = 0 if input.ndim == 1 else 1
    soft = target.shape == input.shape and target.dtype.kind == "f"
    if not soft and not label_smoothing:
        return _nll(who, input, target, weight, ignore_index, how, _pick_log_softmax)
    logp = autograd.log_softmax(input, axis)
    if soft:
        if ignore_index >= 0:
            raise ValueError(f"{who}: expected classes as the target with ignore_index, got probabilities")
        return _soft_cross_entropy(logp, target, weight, how, label_smoothing)
    nll = _nll(who, logp, target, weight, ignore_index, how)
    classes = plain(target)
    valid = classes != ignore_index
    spread = logp if weight is None else logp * class_weight(who, weight, logp)
    smooth = -spread.sum(axis)
    if how == "none":
        smooth = np.where(valid, smooth, 0.0)
    else:
        smooth = (np.where(valid, smooth, 0.0) if in_blocks(valid) or not valid.all() else smooth).sum()
        if how == "mean":
            factor = valid if weight is None else _of_each(_of_classes(weight), np.where(valid, classes, 0)) * valid
            smooth = _over(smooth, factor.sum())
    share = label_smoothing / input.shape[axis]
    return nll * (1 - label_smoothing) + smooth * share


def class_weight(who: str, weight: Any, input: Any) -> Any:
    """The weights of the classes, made to broadcast against the input."""
    axis = 0 if input.ndim == 1 else 1
    if weight.shape != (input.shape[axis],):
        raise ValueError(f"{who}: expected a weight of shape ({input.shape[axis]},), got {weight.shape}")
    return weight.reshape(-1, *[1] * (input.ndim - 2)) if input.ndim > 2 else weight


def _over(total: Any, count: Any) -> Any:
    """total / count; NaN if nothing was counted, but then not for the gradient of what was not."""
    count = alike(count, total)
    none = count == 0
    count = np.where(none, 1, count)
    return np.where(none, math.nan, total / (count if isinstance(count, Tensor) else count.astype(total.dtype)))


def _of_each(weight: Any, classes: Any) -> Any:
    """The weight of the class of each."""
    if in_blocks(classes):
        return Tensor(weight)[classes]
    return np.take_along_axis(weight, classes.reshape(-1), 0).reshape(classes.shape)


def _of_classes(weight: Any) -> Any:
    """The weights of the classes: an array, unless they are to receive gradients themselves."""
    return weight if isinstance(weight, Tensor) and weight.requires_grad else plain(weight)


def _soft_cross_entropy(logp: Any, target: Any, weight: Any, how: str, label_smoothing: float) -> Any:
    axis = 0 if logp.ndim == 1 else 1
    if label_smoothing:
        target = target * (1 - label_smoothing) + label_smoothing / logp.shape[axis]
    loss = -(target * logp if weight is None else target * logp * class_weight("cross_entropy", weight, logp))
    if how == "none":
        return loss.sum(axis)
    return loss.sum() if how == "sum" else _over(loss.sum(), np.intp(logp.size // max(logp.shape[axis], 1)))


@in_single
def nll_loss(
    input: Any, target: Any, weight: Any = None, size_average: Flag = None, ignore_index: int = -100,
    reduce: Flag = None, reduction: str = "mean",
) -> Any:  # fmt: skip
    """-input at the target's classes, for log-probabilities (N, C, ...) or (C,) and integers (N, ...) or ().

    weight, ignore_index and errors are those of `cross_entropy`.
    """
    target = given(target)
    return _nll("nll_loss", input, target, weight, ignore_index, reduction_of(size_average, reduce, reduction))


def _pick(logp: Any, classes: Any) -> Any:
    """The values at the classes, of axis 1 (0 if there is no other)."""
    if logp.ndim == 1:
        return logp[classes]
    if in_blocks(classes):
        return np.take_along_axis(logp, classes[:, None], 1)[:, 0]
    if classes.ndim == 1:
        return logp[np.arange(classes.shape[0]), classes]
    rows, *rest = np.indices(classes.shape, sparse=True)
    return logp[(rows, classes, *rest)]


def _pick_log_softmax(scores: Any, classes: Any) -> Any:
    """The same of log_softmax(scores), of which nothing else is computed."""
    return log_softmax_at(scores, classes, 0 if scores.ndim == 1 else 1)[0]


_NOT_GIVEN = -100
"""The ignore_index of who gives none."""

_NONE = np.intp(0), np.intp(-1)
"""The least and the greatest class where there is none."""


def _nll(
    who: str, input: Any, target: Any, weight: Any, ignore_index: int, how: str,
    pick: Callable[[Any, Any], Any] = _pick,
) -> Any:  # fmt: skip
    """Minus what `pick` takes from the input at the target's classes, weighted and put together."""
    shape = input.shape
    if input.ndim == 0:
        raise ValueError(f"{who}: expected (N, C, ...) or (C,), got a 0-d input")
    expected = () if input.ndim == 1 else (shape[0], *shape[2:])
    if target.shape != expected:
        soft = who == "cross_entropy" and target.shape == shape
        said = f"; probabilities of classes are floating, these are {target.dtype}" if soft else ""
        said = f"; write target.reshape({expected})" if math.prod(target.shape) == math.prod(expected) else said
        said = "; the scores come first: (input, target)" if target.ndim > input.ndim else said
        said = "; pass the scores, not their argmax" if input.dtype.kind in "iu" and input.ndim == 1 and soft else said
        raise ValueError(
            f"{who}: expected a target of shape {expected} for input of shape {shape}, got {target.shape}{said}"
        )
    classes = integers(target, f"{who}: target")
    n = shape[0 if input.ndim == 1 else 1]
    valid: Any = True
    if classes.__class__ is not np.ndarray and in_blocks(classes):  # there is no looking at them now
        whole = ignore_index == _NOT_GIVEN  # else the number of those that count is known when all have been seen
        classes = within(classes, 0, n, who, "targets", but=None if whole else ignore_index)
        valid = whole or classes != ignore_index
    else:
        least, most = (np.minimum.reduce(classes, None), np.maximum.reduce(classes, None)) if classes.size else _NONE
        inside = (least >= 0) & (most < n)
        whole = (inside if ignore_index < 0 else inside & ((least > ignore_index) | (most < ignore_index))).all()
        if not whole:
            valid = classes != ignore_index
            wrong = valid & ((classes < 0) | (classes >= n))
            if wrong.any():
                raise IndexError(
                    f"{who}: expected targets from 0 to {n - 1} (or ignore_index), got {classes[wrong][0]}; count "
                    f"classes from 0, or give the input, and the last layer, a column for each"
                )
    if weight is not None:
        class_weight(who, weight, input)
        check_dtype(who, weight, input)
        weight = _of_classes(weight)
    chosen = classes if whole else np.where(valid, classes, 0)
    picked = pick(input, chosen)
    if how == "none":
        factor = _of_each(weight, chosen) * valid if weight is not None else valid
        return -picked if weight is None and whole else np.where(valid, -picked * factor, 0.0)
    if not whole:
        picked = np.where(valid, picked, 0.0)
    elif weight is None and how == "mean" and chosen.size:
        return -picked.mean()
    if weight is None:
        total, count = -picked.sum(), np.intp(chosen.size) if whole else valid.sum()
    else:
        factor = _of_each(weight, chosen) if whole else _of_each(weight, chosen) * valid
        total, count = -(picked * factor).sum(), factor.sum()
    return total if how == "sum" else _over(total, count)


@in_single
def linear_cross_entropy(
    input: Any, linear_weight: Any, target: Any, *, linear_bias: Any = None, weight: Any = None,
    reduction: str = "mean", ignore_index: int | None = None, label_smoothing: float = 0.0, options: Any = None,
) -> Any:  # fmt: skip
    """The cross-entropy of scores that a linear layer makes: cross_entropy(linear(input, linear_weight), target).

    input          (N, in) or (in,)
    linear_weight  (C, in), or (C, ..., in) for scores (N, C, ...); linear_bias (C,) or (C, ...)

    The rest is as in `cross_entropy`, and so are the errors. options has no effect: there is one way to compute it.
    """
    shape = linear_weight.shape[:-1]
    if input.ndim < 2 and len(shape) > 1:
        raise ValueError(f"linear_cross_entropy: expected input (N, in) for a weight {linear_weight.shape}, got (in,)")
    rows = math.prod(shape)
    bias = None if linear_bias is None else linear_bias.reshape(rows)
    scores = linear(input, linear_weight.reshape(rows, linear_weight.shape[-1]), bias)
    scores = scores.reshape(*input.shape[:-1], *shape)
    return cross_entropy(
        scores, target, weight, ignore_index=-100 if ignore_index is None else ignore_index, reduction=reduction,
        label_smoothing=label_smoothing,
    )  # fmt: skip


# ---- modules ---------------------------------------------------------------------------------------------------------


class NLLLoss(Loss, function=nll_loss):
    """The module of `nll_loss`."""

    def __init__(
        self, weight: Any = None, size_average: Flag = None, ignore_index: int = -100, reduce: Flag = None,
        reduction: str = "mean",
    ) -> None:  # fmt: skip
        self.hold(locals())


class CrossEntropyLoss(Loss, function=cross_entropy):
    """The module of `cross_entropy`."""

    def __init__(
        self, weight: Any = None, size_average: Flag = None, ignore_index: int = -100, reduce: Flag = None,
        reduction: str = "mean", label_smoothing: float = 0.0,
    ) -> None:  # fmt: skip
        self.hold(locals())


class LinearCrossEntropyOptions(NamedTuple):
    """How PyTorch is to divide the work of linear_cross_entropy; here there is one way, and this has no effect."""

    allow_retain_graph: bool = False
    batch_chunk_size: int | None = None
    chunking_method: str | None = "auto"
    acc_policy: str = "auto"
    acc_dtype: Any = None


class LinearCrossEntropyLoss(Loss, function=linear_cross_entropy):
    """The module of `linear_cross_entropy`; `linear` is its Linear, of num_classes · out_features outputs.

    options has no effect: there is one way to compute it.
    """

    def __init__(
        self, in_features: int, num_classes: int, *, out_features: tuple[int, ...] = (), bias: bool = False,
        device: Any = None, dtype: Any = None, reduction: str = "mean", weight: Any = None,
        ignore_index: int | None = None, label_smoothing: float = 0.0, options: Any = None, rng: Rng = None,
    ) -> None:  # fmt: skip
        if weight is not None and weight.shape != (num_classes,):
            raise ValueError(f"LinearCrossEntropyLoss: expected a weight of shape ({num_classes},), got {weight.shape}")
        if not 0 <= label_smoothing <= 1:
            raise ValueError(f"LinearCrossEntropyLoss: expected label_smoothing from 0 to 1, got {label_smoothing}")
        named = {"weight": weight, "ignore_index": ignore_index, "label_smoothing": label_smoothing}
        self.hold({"reduction": reduction, **named})
        self.num_classes, self.out_features, self.options = num_classes, tuple(out_features), options
        rows = math.prod(self.out_features, start=num_classes)
        self.linear = Linear(in_features, rows, bias, device=device, dtype=dtype, rng=rng)

    def forward(self, input: Any, target: Any) -> Any:
        shape = (self.num_classes, *self.out_features)
        weight, bias = self.linear.weight.reshape(*shape, -1), self.linear.bias
        bias = None if bias is None else bias.reshape(shape)
        return super().forward(input, weight, target, linear_bias=bias)

    def extra_repr(self) -> str:
        names = ("num_classes", "out_features", "bias", "reduction", "ignore_index", "label_smoothing", "options")
        shown = {**vars(self), "bias": self.linear.bias is not None}
        return f"in_features={self.linear.in_features}, " + ", ".join(f"{name}={shown[name]}" for name in names)
