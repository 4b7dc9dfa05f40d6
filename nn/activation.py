"""Activations: each function, and below them the modules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd
from autograd import generator, ops
from autograd.ops import alike, in_single

from .layer import Layer
from .module import Module
from .parameter import write
from .shared import Rng, axis_of, plain, replaced
from .spatial import named

# ---- pieces of straight lines ----------------------------------------------------------------------------------------


def relu(input: Any, inplace: bool = False) -> Any:
    """max(x, 0); its derivative at 0 is 0."""
    return replaced(input, autograd.relu(input), inplace)


def hardtanh(input: Any, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Any:
    """x kept within [min_val, max_val]; the derivative at the two ends is 0.

    >>> hardtanh(np.array([-2.0, 0.5, 2.0]))
    array([-1. ,  0.5,  1. ])
    """
    if min_val > max_val:
        raise ValueError(f"hardtanh: expected min_val <= max_val, got {min_val} and {max_val}")
    return replaced(input, ops.hardtanh(input, min_val, max_val), inplace)


def relu6(input: Any, inplace: bool = False) -> Any:
    """min(max(x, 0), 6)."""
    return hardtanh(input, 0, 6, inplace)


def leaky_relu(input: Any, negative_slope: float = 0.01, inplace: bool = False) -> Any:
    """x where it is positive, negative_slope · x elsewhere.

    >>> leaky_relu(np.array([-1.0, 2.0]))
    array([-0.01,  2.  ])
    """
    return replaced(input, ops.leaky_relu(input, negative_slope), inplace)


def rrelu(
    input: Any, lower: float = 1 / 8, upper: float = 1 / 3, training: bool = False, inplace: bool = False, *,
    rng: Rng = None,
) -> Any:  # fmt: skip
    """leaky_relu with a slope drawn for each element from [lower, upper); with their mean when not training."""
    if lower > upper:
        raise ValueError(f"rrelu: expected lower <= upper, got {lower} and {upper}")
    if not training:
        return leaky_relu(input, (lower + upper) / 2, inplace)
    positive = plain(input) > 0
    slope = alike(generator(rng).uniform(lower, upper, input.shape).astype(input.dtype), input)
    return replaced(input, input * (positive + ~positive * slope), inplace)


def prelu(input: Any, weight: Any) -> Any:
    """leaky_relu with a learned slope: one, or one for each channel (axis 1 of the input, or the one axis of a vector).

    Raises ValueError if the weight has neither one element nor one for each channel.
    """
    if weight.ndim > 1:
        raise ValueError(f"prelu: expected a weight of at most one axis, got shape {weight.shape}")
    if weight.size != 1:
        channels = input.shape[1] if input.ndim > 1 else 1
        if weight.size != channels:
            raise ValueError(f"prelu: expected {channels} slopes for input of shape {input.shape}, got {weight.size}")
        weight = weight.reshape(channels, *[1] * (input.ndim - 2))
    elif weight.ndim > input.ndim:
        weight = weight.reshape(())
    negative = plain(input) <= 0
    return np.where(negative, weight * np.where(negative, input, 0), input)


def threshold(input: Any, threshold: float, value: float, inplace: bool = False) -> Any:
    """x where it is above the threshold, `value` elsewhere."""
    return replaced(input, np.where(plain(input) <= threshold, value, input), inplace)


def hardsigmoid(input: Any, inplace: bool = False) -> Any:
    """0 below -3, 1 above 3, a line between; the derivative at the two ends is 0."""
    return replaced(input, ops.hardsigmoid(input), inplace)


def hardswish(input: Any, inplace: bool = False) -> Any:
    """x · hardsigmoid(x)."""
    return replaced(input, ops.hardswish(input), inplace)


def hardshrink(input: Any, lambd: float = 0.5) -> Any:
    """x where |x| > lambd, 0 elsewhere."""
    x = plain(input)
    return input * ~((x >= -lambd) & (x <= lambd))


def softshrink(input: Any, lambd: float = 0.5) -> Any:
    """x moved towards 0 by lambd, 0 where it would cross. Raises ValueError for a negative lambd."""
    if lambd < 0:
        raise ValueError(f"softshrink: expected lambd >= 0, got {lambd}")
    return ops.softshrink(input, lambd)


# ---- smooth ----------------------------------------------------------------------------------------------------------


def _negative_part(input: Any) -> Any:
    """min(x, 0), with derivative 1 at 0, where a tie would give it ½."""
    return np.clip(input, -np.inf, 0)


def elu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Any:
    """x where it is positive, alpha · (exp(x) - 1) elsewhere. (Clevert et al. 2015)"""
    return replaced(input, ops.elu(input, alpha), inplace)


def celu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Any:
    """x where it is positive, alpha · (exp(x / alpha) - 1) elsewhere. (Barron 2017)"""
    if alpha == 0:
        raise ValueError("celu: expected an alpha other than 0")
    return replaced(input, _celu(input, alpha), inplace)


@in_single
def _celu(input: Any, alpha: float) -> Any:
    if alpha < 0:
        positive = plain(input) > 0
        return np.where(positive, input, np.expm1(np.where(positive, 0, input) / alpha) * alpha)
    return autograd.relu(input) + np.expm1(_negative_part(input) / alpha) * alpha


def selu(input: Any, inplace: bool = False) -> Any:
    """The elu whose constants keep mean 0 and variance 1 from layer to layer. (Klambauer et al. 2017)"""
    return replaced(input, ops.elu(input, SELU_ALPHA, SELU_SCALE), inplace)


SELU_ALPHA = 1.6732632423543772848170429916717
SELU_SCALE = 1.0507009873554804934193349852946


@in_single
def gelu(input: Any, approximate: str = "none") -> Any:
    """x · Φ(x), Φ the normal distribution function; approximate="tanh" is the cheaper formula. (Hendrycks, Gimpel 2016)

    >>> gelu(np.array([0.0, 1.0])).round(4)
    array([0.    , 0.8413])
    """
    if approximate == "none":
        return ops.gelu(input)
    if approximate != "tanh":
        raise ValueError(f"gelu: expected approximate to be 'none' or 'tanh', got {approximate!r}")
    return ops.gelu_tanh(input)


def silu(input: Any, inplace: bool = False) -> Any:
    """x · sigmoid(x), also called swish."""
    return replaced(input, autograd.silu(input), inplace)


def mish(input: Any, inplace: bool = False) -> Any:
    """x · tanh(softplus(x)). (Misra 2019)"""
    return replaced(input, _mish(input), inplace)


@in_single
def _mish(input: Any) -> Any:
    return input * np.tanh(autograd.softplus(input))


def sigmoid(input: Any) -> Any:
    """1 / (1 + exp(-x))."""
    return autograd.sigmoid(input)


def logsigmoid(input: Any) -> Any:
    """log(sigmoid(x)), stably."""
    return autograd.logsigmoid(input)


def tanh(input: Any) -> Any:
    """The hyperbolic tangent."""
    return np.tanh(input)


@in_single
def tanhshrink(input: Any) -> Any:
    """x - tanh(x)."""
    return input - np.tanh(input)


@in_single
def softsign(input: Any) -> Any:
    """x / (1 + |x|)."""
    return input / (1 + np.absolute(input)) if np.iscomplexobj(input) else ops.softsign(input)


@in_single
def softplus(input: Any, beta: float = 1.0, threshold: float = 20.0) -> Any:
    """log(1 + exp(beta · x)) / beta; x itself where beta · x is above the threshold."""
    scaled = input if beta == 1 else input * beta
    curve = autograd.softplus(scaled)
    if threshold > 17 and input.dtype.char == "f":  # there the curve is x to the last bit
        return curve if beta == 1 else curve / beta
    return np.where(plain(scaled) > threshold, input, curve if beta == 1 else curve / beta)


# ---- along an axis ---------------------------------------------------------------------------------------------------


def glu(input: Any, dim: int = -1) -> Any:
    """The first half along an axis, times the sigmoid of the second. Raises ValueError for an odd length."""
    dim = axis_of(dim, input.ndim, "glu") if input.ndim else -1
    if dim < 0 or input.shape[dim] % 2:
        raise ValueError(f"glu: expected an even length along dim {dim}, got input of shape {input.shape}")
    return ops.glu(input, dim)


def _implied(dim: int | None, input: Any, who: str) -> int:
    """The axis that is meant, where none is named, with a warning."""
    if dim is None:
        import warnings

        dim = 0 if input.ndim in (0, 1, 3) else 1
        warnings.warn(f"{who}: no dim was given, {dim} is taken; name it", stacklevel=3)
    return axis_of(dim, input.ndim, who)


def softmax(input: Any, dim: int | None = None, *, dtype: Any = None) -> Any:
    """exp(x) / sum(exp(x)) along an axis, stably; computed in `dtype` if one is given.

    >>> from nn.functional import softmax
    >>> softmax(np.array([1.0, 1.0, 1000.0]), dim=0)
    array([0., 0., 1.])
    """
    dim = _implied(dim, input, "softmax")
    input = input if dtype is None else input.astype(dtype)
    return autograd.softmax(input, dim) if input.size else input * 1.0


def softmin(input: Any, dim: int | None = None, *, dtype: Any = None) -> Any:
    """The softmax of -x."""
    return softmax(-input, _implied(dim, input, "softmin"), dtype=dtype)


def log_softmax(input: Any, dim: int | None = None, *, dtype: Any = None) -> Any:
    """log(softmax(x)), stably."""
    dim = _implied(dim, input, "log_softmax")
    input = input if dtype is None else input.astype(dtype)
    return autograd.log_softmax(input, dim) if input.size else input * 1.0


@in_single
def gumbel_softmax(
    logits: Any, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1, *,
    rng: Rng = None,
) -> Any:  # fmt: skip
    """A sample from the Gumbel-softmax distribution: softmax((x + Gumbel noise) / tau). (Jang et al. 2016)

    hard  give the one-hot vector of the largest, with the gradient of the soft sample (straight through)
    eps   has no effect
    """
    noise = alike(generator(rng).gumbel(size=logits.shape).astype(logits.dtype), logits)
    soft = softmax((logits + noise) / tau, dim)
    if not hard:
        return soft
    values = plain(soft)
    largest = np.zeros_like(values)
    np.put_along_axis(largest, values.argmax(dim, keepdims=True), 1, dim)
    return soft + (largest - values)


# ---- in place --------------------------------------------------------------------------------------------------------


def _in_place(function: Callable[..., Any]) -> Callable[..., Any]:
    def changing(input: Any, *args: Any, **kwargs: Any) -> Any:
        return function(input, *args, inplace=True, **kwargs)

    changing.__doc__ = f"The function `{function.__name__}` with inplace=True: the input takes the result."
    return named(changing, f"{function.__name__}_")


celu_ = _in_place(celu)
elu_ = _in_place(elu)
hardtanh_ = _in_place(hardtanh)
leaky_relu_ = _in_place(leaky_relu)
relu_ = _in_place(relu)
rrelu_ = _in_place(rrelu)
selu_ = _in_place(selu)
threshold_ = _in_place(threshold)


# ---- modules ---------------------------------------------------------------------------------------------------------


class _InPlace(Layer):
    def __init__(self, inplace: bool = False) -> None:
        self.hold(locals())


class ReLU(_InPlace, function=relu):
    """The module of `relu`."""


class SELU(_InPlace, function=selu):
    """The module of `selu`."""


class SiLU(_InPlace, function=silu):
    """The module of `silu`."""


class Mish(_InPlace, function=mish):
    """The module of `mish`."""


class Hardsigmoid(_InPlace, function=hardsigmoid):
    """The module of `hardsigmoid`."""


class Hardswish(_InPlace, function=hardswish):
    """The module of `hardswish`."""


class Hardtanh(Layer, function=hardtanh):
    """The module of `hardtanh`."""

    def __init__(
        self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False, min_value: float | None = None,
        max_value: float | None = None,
    ) -> None:  # fmt: skip
        min_val = min_val if min_value is None else min_value  # the names it once had
        max_val = max_val if max_value is None else max_value
        if not max_val > min_val:
            raise ValueError(f"Hardtanh: expected max_val above min_val, got {max_val} and {min_val}")
        self.hold({"min_val": min_val, "max_val": max_val, "inplace": inplace})


class ReLU6(Hardtanh):
    """The module of `relu6`."""

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(0.0, 6.0, inplace)

    def extra_repr(self) -> str:
        return "inplace=True" if self.inplace else ""


class LeakyReLU(Layer, function=leaky_relu):
    """The module of `leaky_relu`."""

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        self.hold(locals())


class RReLU(Layer):
    """The module of `rrelu`; random in training only."""

    def __init__(
        self, lower: float = 1 / 8, upper: float = 1 / 3, inplace: bool = False, *, rng: Rng = None
    ) -> None:  # fmt: skip
        self.hold(locals())

    def forward(self, input: Any) -> Any:
        return rrelu(input, self.lower, self.upper, self.training, self.inplace, rng=self.rng)


class PReLU(Layer, shown="num_parameters={num_parameters}"):
    """The module of `prelu`, with parameter weight (num_parameters)."""

    def __init__(self, num_parameters: int = 1, init: float = 0.25, *, device: Any = None, dtype: Any = None) -> None:
        self.hold(locals())
        self.make(dtype, weight=(num_parameters,))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set the weight to `init`."""
        write(self.weight, self.init)

    def forward(self, input: Any) -> Any:
        return prelu(input, self.weight)


class Threshold(Layer, function=threshold):
    """The module of `threshold`."""

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        self.hold(locals())


class _Alpha(Layer):
    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        self.hold(locals())


class ELU(_Alpha, function=elu):
    """The module of `elu`."""


class CELU(_Alpha, function=celu):
    """The module of `celu`."""


class GELU(Layer, function=gelu, shown="approximate={approximate!r}"):
    """The module of `gelu`."""

    def __init__(self, approximate: str = "none") -> None:
        self.hold(locals())


class Softplus(Layer, function=softplus):
    """The module of `softplus`."""

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        self.hold(locals())


class _Lambda(Layer, shown="{lambd}"):
    def __init__(self, lambd: float = 0.5) -> None:
        self.hold(locals())


class Hardshrink(_Lambda, function=hardshrink):
    """The module of `hardshrink`."""


class Softshrink(_Lambda, function=softshrink):
    """The module of `softshrink`."""


class _Dim(Layer):
    def __init__(self, dim: int | None = None) -> None:
        self.hold(locals())


class Softmax(_Dim, function=softmax):
    """The module of `softmax`."""


class Softmin(_Dim, function=softmin):
    """The module of `softmin`."""


class LogSoftmax(_Dim, function=log_softmax):
    """The module of `log_softmax`."""


class Softmax2d(Module):
    """softmax over the channels of (N, C, H, W) or (C, H, W). Raises ValueError for other shapes."""

    def forward(self, input: Any) -> Any:
        if input.ndim not in (3, 4):
            raise ValueError(f"Softmax2d: expected (N, C, H, W) or (C, H, W), got shape {input.shape}")
        return softmax(input, -3)


class GLU(Layer, function=glu):
    """The module of `glu`."""

    def __init__(self, dim: int = -1) -> None:
        self.hold(locals())


class Sigmoid(Layer, function=sigmoid):
    """The module of `sigmoid`."""


class LogSigmoid(Layer, function=logsigmoid):
    """The module of `logsigmoid`."""


class Tanh(Layer, function=tanh):
    """The module of `tanh`."""


class Tanhshrink(Layer, function=tanhshrink):
    """The module of `tanhshrink`."""


class Softsign(Layer, function=softsign):
    """The module of `softsign`."""
