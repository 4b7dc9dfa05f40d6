"""Losses. Each function takes `reduction` ("mean", "sum" or "none"); each module below calls its function.

size_average and reduce are PyTorch's former way to say it: if either is given, it decides.
"""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import numpy as np

from autograd.ops import huber, in_single, logistic_loss

from .layer import Layer
from .shared import floating, plain

Flag: TypeAlias = "bool | None"


def reduced(loss: Any, size_average: bool | None, reduce: bool | None, reduction: str) -> Any:
    """The losses of the elements as the reduction has it."""
    how = reduction_of(size_average, reduce, reduction)
    if how == "mean":
        return loss.mean() if loss.size else loss.sum() * math.nan
    return loss.sum() if how == "sum" else loss


def reduction_of(size_average: bool | None, reduce: bool | None, reduction: str) -> str:
    if size_average is not None or reduce is not None:
        if not all(isinstance(flag, bool | int | None) for flag in (size_average, reduce)):
            raise TypeError(
                "reduction: expected True, False or None as size_average and reduce, got arrays; a loss is made first, "
                "and called then, as CrossEntropyLoss()(input, target) is"
            )
        reduction = "none" if reduce is False else "sum" if size_average is False else "mean"
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"reduction: expected 'none', 'mean' or 'sum', got {reduction!r}")
    return reduction


def _of_same_shape(who: str, input: Any, target: Any) -> Any:
    """The target, as `floating` has it. Raises ValueError unless it has the input's shape."""
    target = floating(target, input)
    if input.shape != target.shape:
        raise ValueError(f"{who}: expected a target of the input's shape {input.shape}, got {target.shape}")
    return target


def _error(who: str, input: Any, target: Any) -> Any:
    """input - target, with a warning where they are broadcast."""
    target = floating(target, input)
    if input.shape != target.shape:
        import warnings

        said = f"; write target.reshape({input.shape})" if input.size == target.size else ""
        warnings.warn(
            f"{who}: the target's shape {target.shape} is not the input's {input.shape}; they are broadcast{said}",
            stacklevel=4,
        )
    return input - target


# ---- regression ------------------------------------------------------------------------------------------------------


@in_single
def l1_loss(
    input: Any, target: Any, size_average: Flag = None, reduce: Flag = None, reduction: str = "mean", weight: Any = None
) -> Any:
    """|x - y|; with a weight, its weighted sum over the sum of the weights.

    >>> l1_loss(np.array([1.0, 2.0]), np.array([0.0, 4.0])).item()
    1.5
    """
    loss = np.abs(_error("l1_loss", input, target))
    return _weighted(loss, weight, reduction_of(size_average, reduce, reduction))


@in_single
def mse_loss(
    input: Any, target: Any, size_average: Flag = None, reduce: Flag = None, reduction: str = "mean", weight: Any = None
) -> Any:
    """(x - y)²; with a weight, its weighted sum over the sum of the weights.

    >>> mse_loss(np.array([1.0, 2.0]), np.array([0.0, 4.0])).item()
    2.5
    """
    loss = np.square(_error("mse_loss", input, target))
    return _weighted(loss, weight, reduction_of(size_average, reduce, reduction))


@in_single
def huber_loss(input: Any, target: Any, reduction: str = "mean", delta: float = 1.0, weight: Any = None) -> Any:
    """(x - y)² / 2 where |x - y| <= delta, else delta · (|x - y| - delta / 2); times the weight. (Huber 1964)"""
    if delta <= 0:
        raise ValueError(f"huber_loss: expected delta > 0, got {delta}")
    loss = huber(_error("huber_loss", input, target), delta)
    return reduced(loss if weight is None else loss * weight, None, None, reduction)


@in_single
def smooth_l1_loss(
    input: Any, target: Any, size_average: Flag = None, reduce: Flag = None, reduction: str = "mean", beta: float = 1.0
) -> Any:
    """(x - y)² / (2 beta) where |x - y| < beta, and |x - y| - beta / 2 elsewhere. (Girshick 2015)"""
    if beta < 0:
        raise ValueError(f"smooth_l1_loss: expected beta >= 0, got {beta}")
    error = _error("smooth_l1_loss", input, target)
    loss = np.abs(error) if beta == 0 else huber(error, beta)
    loss = loss if beta in (0, 1) else loss / beta
    return reduced(loss, size_average, reduce, reduction)


def _weighted(loss: Any, weight: Any, how: str) -> Any:
    if weight is None:
        return reduced(loss, None, None, how)
    if weight.shape != loss.shape:
        raise ValueError(f"loss: expected a weight of shape {loss.shape}, got {weight.shape}")
    loss = loss * weight
    return loss if how == "none" else loss.sum() if how == "sum" else loss.sum() / weight.sum()


@in_single
def poisson_nll_loss(
    input: Any, target: Any, log_input: bool = True, full: bool = False, size_average: Flag = None,
    eps: float = 1e-8, reduce: Flag = None, reduction: str = "mean",
) -> Any:  # fmt: skip
    """exp(x) - y · x, or x - y · log(x + eps) if the input is no logarithm; `full` adds Stirling's term for y > 1."""
    target = floating(target, input)
    loss = np.exp(input) - target * input if log_input else input - target * np.log(input + eps)
    if full:
        y = np.where(plain(target) > 1, target, 1.0)
        stirling = y * np.log(y) - y + 0.5 * np.log(y * (2 * math.pi))
        loss = loss + np.where(plain(target) > 1, stirling, 0.0)
    return reduced(loss, size_average, reduce, reduction)


@in_single
def gaussian_nll_loss(
    input: Any, target: Any, var: Any, full: bool = False, eps: float = 1e-6, reduction: str = "mean"
) -> Any:
    """(log v + (x - y)² / v) / 2, with v = max(var, eps), of which max no gradient is taken; `full` adds log(2π) / 2.

    var  a number, or in the input's shape, or in that shape without the last axis or with 1 there
    """
    if isinstance(var, int | float):
        var = np.full_like(plain(input), var)
    if var.shape != input.shape:
        if input.shape[:-1] == var.shape:
            var = var.reshape(*var.shape, 1)
        elif not (input.ndim == var.ndim and all(v in (n, 1) for n, v in zip(input.shape, var.shape, strict=True))):
            raise ValueError(
                f"gaussian_nll_loss: expected var of shape {input.shape}, or without its last axis, got {var.shape}"
            )
    if (plain(var) < 0).any():
        raise ValueError("gaussian_nll_loss: expected var >= 0")
    target = floating(target, input)
    v = var + np.maximum(eps - plain(var), 0).astype(var.dtype)
    loss = 0.5 * (np.log(v) + np.square(input - target) / v)
    return reduced(loss + 0.5 * math.log(2 * math.pi) if full else loss, None, None, reduction)


# ---- probabilities ---------------------------------------------------------------------------------------------------


@in_single
def kl_div(
    input: Any, target: Any, size_average: Flag = None, reduce: Flag = None, reduction: str = "mean",
    log_target: bool = False,
) -> Any:  # fmt: skip
    """y · (log y - x) for log-probabilities x; y itself is a logarithm with log_target.

    reduction "batchmean" divides the sum by the length of the first axis: this is the divergence as defined, while
    "mean" divides by the number of elements.
    """
    target = floating(target, input)
    if log_target:
        loss = np.exp(target) * (target - input)
    else:
        loss = target * np.log(np.where(plain(target) != 0, target, 1.0)) - target * input
    if size_average is None and reduce is None and reduction == "batchmean":
        return loss.sum() / input.shape[0] if input.ndim else loss.sum()
    return reduced(loss, size_average, reduce, reduction)


@in_single
def binary_cross_entropy(
    input: Any, target: Any, weight: Any = None, size_average: Flag = None, reduce: Flag = None, reduction: str = "mean"
) -> Any:
    """-(y log x + (1 - y) log(1 - x)) for probabilities x, each logarithm at least -100.

    binary_cross_entropy_with_logits is the stable way. Raises ValueError for an input outside of [0, 1].
    """
    target = _of_same_shape("binary_cross_entropy", input, target)
    x = plain(input)
    if x.size and not ((x >= 0) & (x <= 1)).all():
        raise ValueError(
            f"binary_cross_entropy: expected probabilities from 0 to 1, got {x.min()} to {x.max()}; of scores "
            f"take BCEWithLogitsLoss, or binary_cross_entropy_with_logits"
        )
    loss = -(target * _log_above_100(input) + (1 - target) * _log_above_100(1 - input))
    return reduced(loss if weight is None else loss * weight, size_average, reduce, reduction)


def _log_above_100(input: Any) -> Any:
    """max(log(x), -100), with derivative 1 / max(x, 1e-12)."""
    x = plain(input)
    least = x.dtype.type(1e-12)
    safe = input + np.maximum(least - x, 0)
    with np.errstate(divide="ignore"):
        exact = np.maximum(np.log(x), -100)
    logarithm = np.log(safe)
    return logarithm + (exact - plain(logarithm)) if (x < least).any() else logarithm


@in_single
def binary_cross_entropy_with_logits(
    input: Any, target: Any, weight: Any = None, size_average: Flag = None, reduce: Flag = None,
    reduction: str = "mean", pos_weight: Any = None,
) -> Any:  # fmt: skip
    """The binary cross-entropy of sigmoid(x), stably. pos_weight multiplies the part of y.

    >>> binary_cross_entropy_with_logits(np.array([0.0, 1000.0]), np.array([1.0, 1.0])).round(4).item()
    0.3466
    """
    target = _of_same_shape("binary_cross_entropy_with_logits", input, target)
    if pos_weight is None:
        loss = logistic_loss(input, target)
    else:  # of both parts together, and of y what its part is among them
        both = target * (pos_weight - 1) + 1
        loss = both * logistic_loss(input, target * pos_weight / (both + (plain(both) == 0)))
    return reduced(loss if weight is None else loss * weight, size_average, reduce, reduction)


# ---- modules ---------------------------------------------------------------------------------------------------------


class Loss(Layer, shown=""):
    """A module that calls one function with its inputs and its own settings, of which `reduction` is one or the one."""

    reduction: str

    def __init__(self, size_average: Flag = None, reduce: Flag = None, reduction: str = "mean") -> None:
        self.hold(locals())

    def hold(self, arguments: dict[str, Any]) -> None:
        """As in Layer; weights become buffers, and size_average and reduce are read as a reduction."""
        buffers = {name: arguments[name] for name in ("weight", "pos_weight") if name in arguments}
        former = arguments.get("size_average"), arguments.get("reduce")
        super().hold({k: v for k, v in arguments.items() if k not in (*buffers, "size_average", "reduce")})
        if any(flag is not None for flag in former):
            self.reduction = reduction_of(*former, self.reduction)
        for name, value in buffers.items():
            self.register_buffer(name, value)
        self.settings += tuple(buffers)

    def forward(self, *inputs: Any, **named: Any) -> Any:
        return self.function(*inputs, **named, **self.held())


class L1Loss(Loss, function=l1_loss):
    """The module of `l1_loss`."""


class MSELoss(Loss, function=mse_loss):
    """The module of `mse_loss`."""


class HuberLoss(Loss, function=huber_loss):
    """The module of `huber_loss`."""

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        if not isinstance(delta, int | float):
            raise TypeError(f"HuberLoss: expected delta to be a number, got {type(delta).__name__}")
        self.hold(locals())


class SmoothL1Loss(Loss, function=smooth_l1_loss):
    """The module of `smooth_l1_loss`."""

    def __init__(
        self, size_average: Flag = None, reduce: Flag = None, reduction: str = "mean", beta: float = 1.0
    ) -> None:
        self.hold(locals())


class PoissonNLLLoss(Loss, function=poisson_nll_loss):
    """The module of `poisson_nll_loss`."""

    def __init__(
        self, log_input: bool = True, full: bool = False, size_average: Flag = None, eps: float = 1e-8,
        reduce: Flag = None, reduction: str = "mean",
    ) -> None:  # fmt: skip
        self.hold(locals())


class GaussianNLLLoss(Loss, function=gaussian_nll_loss):
    """The module of `gaussian_nll_loss`."""

    def __init__(self, *, full: bool = False, eps: float = 1e-6, reduction: str = "mean") -> None:
        self.hold(locals())


class KLDivLoss(Loss, function=kl_div):
    """The module of `kl_div`."""

    def __init__(
        self, size_average: Flag = None, reduce: Flag = None, reduction: str = "mean", log_target: bool = False
    ) -> None:
        self.hold(locals())


class Weighted(Loss):
    """A loss with a weight."""

    def __init__(
        self, weight: Any = None, size_average: Flag = None, reduce: Flag = None, reduction: str = "mean"
    ) -> None:
        self.hold(locals())


class BCELoss(Weighted, function=binary_cross_entropy):
    """The module of `binary_cross_entropy`."""


class BCEWithLogitsLoss(Loss, function=binary_cross_entropy_with_logits):
    """The module of `binary_cross_entropy_with_logits`."""

    def __init__(
        self, weight: Any = None, size_average: Flag = None, reduce: Flag = None, reduction: str = "mean",
        pos_weight: Any = None,
    ) -> None:  # fmt: skip
        self.hold(locals())
