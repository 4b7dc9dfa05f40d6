"""Losses with a margin: what is right by enough costs nothing. `reduction` is as in loss.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd
from autograd.ops import alike, in_single, logistic_loss

from .cross_entropy import class_weight
from .distance import PairwiseDistance, pairwise_distance
from .loss import Flag, Loss, Weighted, reduced, reduction_of
from .shared import floating, integers, plain, within


@in_single
def margin_ranking_loss(
    input1: Any, input2: Any, target: Any, margin: float = 0, size_average: Flag = None,
    reduce: Flag = None, reduction: str = "mean",
) -> Any:  # fmt: skip
    """max(0, margin - y · (x1 - x2)), y being 1 where x1 is to be the larger, -1 where x2 is."""
    _as_many_axes("margin_ranking_loss", input1, input2, target)
    return reduced(_hinge(-floating(target, input1) * (input1 - input2) + margin), size_average, reduce, reduction)


def _as_many_axes(who: str, *arrays: Any) -> None:
    if len({array.ndim for array in arrays}) > 1:
        shapes = ", ".join(str(array.shape) for array in arrays)
        raise ValueError(f"{who}: expected arrays of as many axes as each other, got {shapes}")


def _hinge(x: Any) -> Any:
    """max(x, 0), with derivative 1 at 0, as PyTorch's clamp_min has it."""
    return np.clip(x, 0, None)


@in_single
def hinge_embedding_loss(
    input: Any, target: Any, margin: float = 1.0, size_average: Flag = None, reduce: Flag = None,
    reduction: str = "mean",
) -> Any:  # fmt: skip
    """x where the target is 1, max(0, margin - x) where it is -1."""
    y = plain(target)
    loss = np.where(y != 1, _hinge(margin - input), 0.0) + np.where(y != -1, input, 0.0)
    return reduced(loss, size_average, reduce, reduction)


@in_single
def soft_margin_loss(
    input: Any, target: Any, size_average: Flag = None, reduce: Flag = None, reduction: str = "mean"
) -> Any:
    """log(1 + exp(-y · x)), for y of 1 and -1."""
    return reduced(autograd.softplus(-floating(target, input) * input), size_average, reduce, reduction)


@in_single
def cosine_embedding_loss(
    input1: Any, input2: Any, target: Any, margin: float = 0, size_average: Flag = None,
    reduce: Flag = None, reduction: str = "mean",
) -> Any:  # fmt: skip
    """1 - cos(x1, x2) where the target is 1, max(0, cos(x1, x2) - margin) where it is -1.

    The inputs are (N, D), the target (N,); or (D,) and ().
    """
    if input1.ndim != target.ndim + 1 or input2.ndim != input1.ndim or target.ndim > 1:
        raise ValueError(
            f"cosine_embedding_loss: expected inputs (N, D) and target (N,), or (D,) and (), got {input1.shape}, "
            f"{input2.shape} and {target.shape}"
        )
    y = plain(target)
    eps = 1e-12  # as in PyTorch: within the roots
    n1, n2 = (np.square(x).sum(-1) + eps for x in (input1, input2))
    cosine = (input1 * input2).sum(-1) / np.sqrt(n1 * n2)
    loss = np.where(y == 1, 1 - cosine, 0.0) + np.where(y == -1, _hinge(cosine - margin), 0.0)
    return reduced(loss, size_average, reduce, reduction)


def _rows(who: str, input: Any, target: Any, expected: Any) -> Any:
    """The input, (N, C), (C,) or (), as (N, C). Raises ValueError unless the target has the shape expected."""
    if input.ndim > 2 or (input.ndim and not input.shape[-1]):
        raise ValueError(f"{who}: expected scores (N, C) or (C,), got shape {input.shape}")
    if target.shape != expected and not (input.ndim < 2 and target.size == 1 and target.shape in ((), (1,))):
        raise ValueError(
            f"{who}: expected a target of shape {expected} for input of shape {input.shape}, got {target.shape}"
        )
    return input if input.ndim == 2 else input.reshape(1, -1)


@in_single
def multi_margin_loss(
    input: Any, target: Any, p: int = 1, margin: float = 1.0, weight: Any = None, size_average: Flag = None,
    reduce: Flag = None, reduction: str = "mean",
) -> Any:  # fmt: skip
    """Over classes i ≠ y, the sum of max(0, margin - x[y] + x[i])^p / C; scores (N, C) or (C,), classes (N,) or ()."""
    who = "multi_margin_loss"
    _check_power(who, p)
    target = plain(target)
    rows = _rows(who, input, target, input.shape[:-1])
    classes = integers(target, f"{who}: target").reshape(-1)
    n = rows.shape[1]
    classes = within(classes, 0, n, who, "targets")
    picked = np.take_along_axis(rows, classes[:, None], 1)
    other = classes[:, None] != alike(np.arange(n), classes)
    slack = _hinge((rows - picked + margin) * other)
    slack = np.square(slack) if p == 2 else slack
    if weight is not None:
        class_weight(who, weight, rows)
        slack = slack * weight[classes][:, None]
    loss = (slack * other).sum(1) * (1 / n)
    return reduced(loss if input.ndim == 2 else loss.reshape(target.shape), size_average, reduce, reduction)


@in_single
def multilabel_margin_loss(
    input: Any, target: Any, size_average: Flag = None, reduce: Flag = None, reduction: str = "mean"
) -> Any:
    """Over labels y and other classes i, the sum of max(0, 1 - x[y] + x[i]) / C.

    The target, in the input's shape (N, C) or (C,), lists each row's labels; the first -1 ends the list.
    """
    who = "multilabel_margin_loss"
    target = plain(target)
    rows = _rows(who, input, target, input.shape)
    labels = integers(target, f"{who}: target").reshape(rows.shape)
    n = rows.shape[1]
    labels = within(labels, -1, n, who, "targets")
    listed = np.logical_and.accumulate(labels >= 0, axis=1)
    longest = listed.sum(1).max(initial=0)
    labels, listed = labels[:, :longest], listed[:, :longest]
    safe = np.where(listed, labels, 0)
    is_label = ((safe[..., None] == alike(np.arange(n), safe)) & listed[..., None]).any(1)
    picked = np.take_along_axis(rows, safe, 1)
    pairs = listed[:, :, None] & ~is_label[:, None, :]
    slack = _hinge(rows[:, None, :] - picked[:, :, None] + 1) * pairs
    loss = slack.sum((1, 2)) * (1 / n)
    return reduced(loss if input.ndim == 2 else loss.reshape(()), size_average, reduce, reduction)


@in_single
def multilabel_soft_margin_loss(
    input: Any, target: Any, weight: Any = None, size_average: Flag = None, reduce: Flag = None, reduction: str = "mean"
) -> Any:
    """The binary cross-entropy of sigmoid(x), as the mean over the classes (the last axis)."""
    loss = logistic_loss(input, floating(target, input))
    loss = (loss if weight is None else loss * weight).mean(-1)
    return reduced(loss, size_average, reduce, reduction)


@in_single
def triplet_margin_loss(
    anchor: Any, positive: Any, negative: Any, margin: float = 1.0, p: float = 2, eps: float = 1e-6, swap: bool = False,
    size_average: Flag = None, reduce: Flag = None, reduction: str = "mean",
) -> Any:  # fmt: skip
    """max(0, d(a, p) - d(a, n) + margin), d the p-norm distance; `swap` takes d(p, n) where that is smaller."""

    _as_many_axes("triplet_margin_loss", anchor, positive, negative)
    how = reduction_of(size_average, reduce, reduction)
    return triplet_margin_with_distance_loss(
        anchor, positive, negative, distance_function=lambda x, y: pairwise_distance(x, y, p, eps), margin=margin,
        swap=swap, reduction=how,
    )  # fmt: skip


@in_single
def triplet_margin_with_distance_loss(
    anchor: Any, positive: Any, negative: Any, *, distance_function: Callable[[Any, Any], Any] | None = None,
    margin: float = 1.0, swap: bool = False, reduction: str = "mean",
) -> Any:  # fmt: skip
    """triplet_margin_loss with any distance; without one, pairwise_distance."""
    _check_margin("triplet_margin_loss", margin)
    distance = pairwise_distance if distance_function is None else distance_function
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = np.minimum(far, distance(positive, negative))
    return reduced(_hinge(near - far + margin), None, None, reduction)


def _check_power(who: str, p: int) -> None:
    if p not in (1, 2):
        raise ValueError(f"{who}: expected p to be 1 or 2, got {p}")


def _check_margin(who: str, margin: float) -> None:
    if margin <= 0:
        raise ValueError(f"{who}: expected margin > 0, got {margin}")


# ---- modules ---------------------------------------------------------------------------------------------------------


class SoftMarginLoss(Loss, function=soft_margin_loss):
    """The module of `soft_margin_loss`."""


class MultiLabelMarginLoss(Loss, function=multilabel_margin_loss):
    """The module of `multilabel_margin_loss`."""


class MultiLabelSoftMarginLoss(Weighted, function=multilabel_soft_margin_loss):
    """The module of `multilabel_soft_margin_loss`."""


class _Margin(Loss):
    def __init__(
        self, margin: float = 0.0, size_average: Flag = None, reduce: Flag = None, reduction: str = "mean"
    ) -> None:
        self.hold(locals())


class MarginRankingLoss(_Margin, function=margin_ranking_loss):
    """The module of `margin_ranking_loss`."""


class CosineEmbeddingLoss(_Margin, function=cosine_embedding_loss):
    """The module of `cosine_embedding_loss`."""


class HingeEmbeddingLoss(Loss, function=hinge_embedding_loss):
    """The module of `hinge_embedding_loss`."""

    def __init__(
        self, margin: float = 1.0, size_average: Flag = None, reduce: Flag = None, reduction: str = "mean"
    ) -> None:
        self.hold(locals())


class MultiMarginLoss(Loss, function=multi_margin_loss):
    """The module of `multi_margin_loss`."""

    def __init__(
        self, p: int = 1, margin: float = 1.0, weight: Any = None, size_average: Flag = None,
        reduce: Flag = None, reduction: str = "mean",
    ) -> None:  # fmt: skip
        _check_power("MultiMarginLoss", p)
        self.hold(locals())


class TripletMarginLoss(Loss, function=triplet_margin_loss):
    """The module of `triplet_margin_loss`."""

    def __init__(
        self, margin: float = 1.0, p: float = 2.0, eps: float = 1e-6, swap: bool = False,
        size_average: Flag = None, reduce: Flag = None, reduction: str = "mean",
    ) -> None:  # fmt: skip
        _check_margin("TripletMarginLoss", margin)
        self.hold(locals())


class TripletMarginWithDistanceLoss(Loss, function=triplet_margin_with_distance_loss):
    """The module of `triplet_margin_with_distance_loss`."""

    def __init__(
        self, *, distance_function: Callable[[Any, Any], Any] | None = None, margin: float = 1.0, swap: bool = False,
        reduction: str = "mean",
    ) -> None:  # fmt: skip
        _check_margin("TripletMarginWithDistanceLoss", margin)
        distance_function = PairwiseDistance() if distance_function is None else distance_function
        self.hold(locals())
