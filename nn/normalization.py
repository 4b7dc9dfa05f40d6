"""Normalization: over the batch, the sample, groups of channels, the features, or neighbouring channels."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd import Tensor, get_default_dtype
from autograd.ops import center, center_over_ranks, in_single, multiply_add, rescale, standardize

from .layer import Layer
from .parallel.group import Group, world
from .parameter import write
from .shared import axis_of, norm, plain


def _of_halves(function: Callable[..., Any]) -> Callable[..., Any]:
    """A normalization that computes with halves in single precision, whatever its parameters are, as PyTorch does.

    What it makes of them is of halves again; statistics beside it stay single, for they may lie outside of their range.
    """

    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        x = args[0] if args else kwargs.get("input")
        if x is None or x.dtype.char != "e":
            return function(*args, **kwargs)
        wide: Any = lambda v: v.astype(np.float32) if getattr(v, "dtype", None) == np.float16 else v
        made = function(*map(wide, args), **{name: wide(v) for name, v in kwargs.items()})
        return (made[0].astype(x.dtype), *made[1:]) if isinstance(made, tuple) else made.astype(x.dtype)

    return run


@_of_halves
def _standardize(x: Any, axes: tuple[int, ...], eps: float, weight: Any, bias: Any) -> tuple[Any, Any, Any]:
    """(x - mean) / sqrt(variance + eps) · weight + bias, with the mean and the (biased) variance over the axes.

    Nothing has neither: then they are None.
    """
    if not x.size:
        x = x * 1.0 if weight is None else x * weight
        return (x if bias is None else x + bias), None, None
    if weight is not None:
        centred, mean, variance = center(x, axes)  # weight / deviation is small: a pass less over the whole
        return multiply_add(centred, weight / np.sqrt(variance + eps), bias), mean, variance
    result, mean, variance = standardize(x, axes, eps)
    return result if bias is None else result + bias, mean, variance


@_of_halves
def _standardize_over_ranks(x: Any, axes: tuple[int, ...], eps: float, weight: Any, bias: Any, group: Group) -> Any:
    """The same with the mean and the variance of all ranks, but the variance that it gives is the unbiased one."""
    centred, shift, mean, variance, unbiased, _ = center_over_ranks(x, axes, group)
    scale = (1.0 if weight is None else weight) / np.sqrt(variance + eps)
    return multiply_add(centred, scale, multiply_add(shift, scale, bias)), mean, unbiased


def _per_channel(value: Any, ndim: int) -> Any:
    """(C,) made to broadcast against (N, C, ...)."""
    return value if value is None or ndim < 3 else value.reshape(-1, *[1] * (ndim - 2))


def _by_own_statistics(
    who: str, input: Any, axes: tuple[int, ...], running_mean: Any, running_var: Any, weight: Any, bias: Any,
    momentum: float, eps: float, group: Group | None = None,
) -> Any:  # fmt: skip
    """The input standardized over the axes; the running statistics, if any, go a step towards the means of its own.

    With a group of several ranks its own are those of all of them.
    """
    count = math.prod(input.shape[axis] for axis in axes)
    weight, bias = _per_channel(weight, input.ndim), _per_channel(bias, input.ndim)
    if group is not None and group.size > 1:
        result, mean, variance = _standardize_over_ranks(input, axes, eps, weight, bias, group)
        factor = 1.0
    elif count == 1:
        raise ValueError(
            f"{who}: expected more than one value per channel in training, got shape {input.shape}; call .eval() to "
            f"use what was learned, or train with larger batches"
        )
    else:
        result, mean, variance = _standardize(input, axes, eps, weight, bias)
        factor = count / max(count - 1, 1)
    for running, value, times in ((running_mean, mean, 1.0), (running_var, variance, factor)):
        if running is None or value is None:
            continue
        array = plain(running)
        new = array * (1 - momentum) + plain(value).mean(0).reshape(array.shape) * (times * momentum)
        if isinstance(running, Tensor):
            write(running, new)
        else:
            np.copyto(running, Tensor(new), casting="unsafe")  # which is seen, as an assignment to an array is not
    return result


def batch_norm(
    input: Any, running_mean: Any, running_var: Any, weight: Any = None, bias: Any = None, training: bool = False,
    momentum: float = 0.1, eps: float = 1e-5,
) -> Any:  # fmt: skip
    """Normalize each channel of (N, C, ...) over all the rest. (Ioffe, Szegedy 2015)

    In training with the mean and the biased variance of the batch, of which the running statistics (each (C,), or None)
    take the fraction `momentum`, the variance as the unbiased one; otherwise with the running statistics.

    Raises ValueError in training for one value per channel, for parameters that do not match the channels, and unless
    eps > 0.
    """
    return _batch_norm(input, running_mean, running_var, weight, bias, training, momentum, eps)


def _batch_norm(
    input: Any, running_mean: Any, running_var: Any, weight: Any, bias: Any, training: bool, momentum: float,
    eps: float, group: Group | None = None,
) -> Any:  # fmt: skip
    """The same, in training with the statistics of all ranks of a group."""
    if input.shape == (0,):
        return input * 1.0
    _check_channels("batch_norm", input, running_mean, running_var, weight, bias)
    if eps <= 0:
        raise ValueError(f"batch_norm: expected eps > 0, got {eps}")
    ndim = input.ndim
    if training:
        axes = (0, *range(2, ndim))
        return _by_own_statistics(
            "batch_norm", input, axes, running_mean, running_var, weight, bias, momentum, eps, group
        )
    if running_mean is None or running_var is None:
        raise ValueError("batch_norm: expected running_mean and running_var when not training")
    return _by_statistics(input, *(_per_channel(v, ndim) for v in (running_mean, running_var, weight, bias)), eps)


@_of_halves
def _by_statistics(x: Any, mean: Any, variance: Any, weight: Any, bias: Any, eps: float) -> Any:
    """(x - mean) / sqrt(variance + eps) · weight + bias."""
    deviation = np.sqrt(variance + eps)
    factor = 1 / deviation if weight is None else weight / deviation
    return multiply_add(x, factor, -mean * factor if bias is None else bias - mean * factor)


def _check_channels(who: str, input: Any, *values: Any) -> None:
    if input.ndim < 2:
        raise ValueError(f"{who}: expected (N, C, ...), got shape {input.shape}")
    for value in values:
        if value is not None and value.shape != (input.shape[1],):
            raise ValueError(
                f"{who}: expected statistics and parameters of shape ({input.shape[1]},) for input of shape "
                f"{input.shape}, got {value.shape}"
            )


def instance_norm(
    input: Any, running_mean: Any = None, running_var: Any = None, weight: Any = None, bias: Any = None,
    use_input_stats: bool = True, momentum: float = 0.1, eps: float = 1e-5,
) -> Any:  # fmt: skip
    """Normalize each channel of each sample of (N, C, ...) over its places. (Ulyanov et al. 2016)

    With use_input_stats=False, with the running statistics instead, as batch_norm does. Raises ValueError for one value
    per channel.
    """
    if not use_input_stats:
        return batch_norm(input, running_mean, running_var, weight, bias, False, momentum, eps)
    _check_channels("instance_norm", input, running_mean, running_var, weight, bias)
    axes = tuple(range(2, input.ndim))
    return _by_own_statistics("instance_norm", input, axes, running_mean, running_var, weight, bias, momentum, eps)


def _features(who: str, input: Any, normalized_shape: Any, *values: Any) -> tuple[int, ...]:
    """The axes that stand for normalized_shape at the end of the input's shape."""
    shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
    n = len(shape)
    if not n or input.shape[-n:] != shape:
        raise ValueError(f"{who}: expected an input of shape (..., {', '.join(map(str, shape))}), got {input.shape}")
    for value in values:
        if value is not None and value.shape != shape:
            raise ValueError(f"{who}: expected weight and bias of shape {shape}, got {value.shape}")
    return tuple(range(-n, 0))


@_of_halves
def layer_norm(input: Any, normalized_shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    """Normalize over the last axes, whose shape is normalized_shape. (Ba et al. 2016)

    >>> layer_norm(np.array([[1.0, 3.0]]), (2,), eps=0.0)
    array([[-1.,  1.]])
    """
    axes = _features("layer_norm", input, normalized_shape, weight, bias)
    result = standardize(input, axes, eps)[0]
    if weight is not None:
        return multiply_add(result, weight, bias)
    return result if bias is None else result + bias


@_of_halves
def rms_norm(input: Any, normalized_shape: Any, weight: Any = None, eps: float | None = None) -> Any:
    """Divide by the root of the mean square over the last axes, whose shape is normalized_shape. (Zhang, Sennrich 2019)

    Without `eps` it is the machine epsilon of the input's dtype, of halves that of float32.
    """
    axes = _features("rms_norm", input, normalized_shape, weight)
    eps = float(np.finfo(input.dtype).eps) if eps is None else eps
    result = rescale(input, axes, eps)[0]
    return result if weight is None else multiply_add(result, weight)


def group_norm(input: Any, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    """Normalize each group of channels of each sample of (N, C, ...). (Wu, He 2018)

    Raises ValueError if the channels cannot be divided into num_groups, and for one value per group.
    """
    _check_channels("group_norm", input, weight, bias)
    shape = input.shape
    if num_groups <= 0 or shape[1] % num_groups:
        raise ValueError(f"group_norm: expected channels divisible by {num_groups} groups, got shape {shape}")
    if shape[0] * shape[1] // num_groups * math.prod(shape[2:]) == 1:
        raise ValueError(f"group_norm: expected more than one value per group, got shape {shape}")
    size = shape[1] // num_groups
    grouped = input.reshape(shape[0], num_groups, size, *shape[2:])
    weight, bias = (
        value if value is None else value.reshape(num_groups, size, *[1] * (len(shape) - 2)) for value in (weight, bias)
    )
    return _standardize(grouped, tuple(range(2, grouped.ndim)), eps, weight, bias)[0].reshape(shape)


@in_single
def local_response_norm(input: Any, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> Any:
    """Divide by (k + alpha · mean of squares over `size` neighbouring channels)^beta. (Krizhevsky et al. 2012)

    The input is (N, C, ...) with at least three axes. The window goes from size//2 channels before to (size-1)//2
    after.
    """
    if input.ndim < 3:
        raise ValueError(f"local_response_norm: expected at least three axes, got shape {input.shape}")
    if input.size == 0:
        return input
    channels = input.shape[1]
    padded = np.pad(np.square(input), [(0, 0), (size // 2, (size - 1) // 2), *[(0, 0)] * (input.ndim - 2)])
    total = padded[:, :channels]
    for i in range(1, size):
        total = total + padded[:, i : i + channels]
    mean = total * (alpha / size)
    return input / (mean + k) ** beta


@in_single
def normalize(input: Any, p: float = 2.0, dim: int | tuple[int, ...] = 1, eps: float = 1e-12) -> Any:
    """Divide by the p-norm along an axis, or along several, or by eps if the norm is smaller.

    >>> normalize(np.array([[3.0, 4.0], [0.0, 0.0]]))
    array([[0.6, 0.8],
           [0. , 0. ]])
    """
    if isinstance(dim, tuple | list):
        sizes: Any = np.linalg.vector_norm(input, axis=tuple(dim), keepdims=True, ord=p)
    else:
        sizes = norm(input, p, axis_of(dim, input.ndim, "normalize"), keepdims=True)
    return input / np.maximum(sizes, eps)


# ---- modules ---------------------------------------------------------------------------------------------------------


class _Affine(Layer):
    """A normalization with parameters weight (ones) and bias (zeros), if it is to have them."""

    def parameters_of(self, shape: tuple[int, ...], affine: bool, bias: bool, dtype: Any) -> None:
        self.make(dtype, weight=shape if affine else None, bias=shape if affine and bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set weight 1, bias 0."""
        for parameter, value in ((self.weight, 1), (self.bias, 0)):
            if parameter is not None:
                write(parameter, value)


_STATISTICS = (
    "{num_features}, eps={eps}, momentum={momentum}, affine={affine}, bias={bias}, "
    "track_running_stats={track_running_stats}"
)


class _Norm(_Affine, shown=_STATISTICS):
    """What batch and instance normalization share: parameters weight, bias; buffers running_mean, running_var,
    num_batches_tracked."""

    axes: tuple[int, ...]  # how many an input may have

    def begin(self, arguments: dict[str, Any]) -> None:
        """Hold a constructor's arguments and make the parameters and buffers."""
        self.hold(arguments)
        n, kind = self.num_features, get_default_dtype() if arguments["dtype"] is None else arguments["dtype"]
        for name, start in (("running_mean", np.zeros(n, kind)), ("running_var", np.ones(n, kind))):
            self.register_buffer(name, start if self.track_running_stats else None)
        self.register_buffer("num_batches_tracked", np.array(0) if self.track_running_stats else None)
        self.parameters_of((n,), self.affine, arguments["bias"], arguments["dtype"])

    def reset_running_stats(self) -> None:
        """Forget what has been tracked."""
        if self.track_running_stats:
            write(self.running_mean, 0)
            write(self.running_var, 1)
            write(self.num_batches_tracked, 0)

    def reset_parameters(self) -> None:
        """Set weight 1, bias 0, and forget what has been tracked."""
        self.reset_running_stats()
        super().reset_parameters()

    def _check(self, input: Any) -> None:
        if input.ndim not in self.axes:
            allowed = " or ".join(map(str, self.axes))
            name = type(self).__name__
            other = {2: 1, 3: 1, 4: 2, 5: 3}.get(input.ndim) if name.startswith(("Batch", "LazyBatch")) else None
            said = f"; take {name[:-2]}{other}d" if other else ""
            raise ValueError(f"{name}: expected {allowed} axes, got shape {input.shape}{said}")


class _BatchNorm(_Norm):
    def _group(self) -> Group | None:
        """Whose statistics are taken, if not those of this process alone."""
        return None

    def __init__(
        self, num_features: int, eps: float = 1e-5, momentum: float | None = 0.1, affine: bool = True,
        track_running_stats: bool = True, *, bias: bool = True, device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        self.begin(locals())

    def forward(self, input: Any) -> Any:
        self._check(input)
        tracked = self.running_mean is not None and self.running_var is not None
        update = self.training and self.track_running_stats
        training = self.training or not tracked
        batches = self.num_batches_tracked.data + 1 if update and self.num_batches_tracked is not None else None
        average = 1.0 / batches.item() if self.momentum is None and batches is not None else 0.0
        use = tracked and (update or not training)
        result = _batch_norm(
            input, self.running_mean if use else None, self.running_var if use else None, self.weight, self.bias,
            training, average if self.momentum is None else self.momentum, self.eps, self._group(),
        )  # fmt: skip
        if batches is not None:
            write(self.num_batches_tracked, batches)
        return result


class BatchNorm1d(_BatchNorm, axes=(2, 3)):
    """`batch_norm` of (N, C) or (N, C, L); in evaluation with the statistics tracked in training.

    weight starts at 1, bias at 0. momentum=None makes the running statistics plain averages over all batches.
    """


class BatchNorm2d(_BatchNorm, axes=(4,)):
    """`batch_norm` of (N, C, H, W); see BatchNorm1d."""


class BatchNorm3d(_BatchNorm, axes=(5,)):
    """`batch_norm` of (N, C, D, H, W); see BatchNorm1d."""


class SyncBatchNorm(_BatchNorm, axes=(2, 3, 4, 5)):
    """`batch_norm` of (N, C, ...), in training with the statistics of the examples of all ranks (see nn.parallel).

    In one process it is the same as BatchNorm1d to 3d. Ranks may have different numbers of examples, also none. Raises
    ValueError for a process_group, as there is none but that of all ranks.
    """

    def __init__(
        self, num_features: int, eps: float = 1e-5, momentum: float | None = 0.1, affine: bool = True,
        track_running_stats: bool = True, process_group: Any = None, *, bias: bool = True, device: Any = None,
        dtype: Any = None,
    ) -> None:  # fmt: skip
        _of_all_ranks(process_group)
        self.begin(locals())

    def _group(self) -> Group:
        return world()

    @classmethod
    def convert_sync_batchnorm(cls, module: Any, process_group: Any = None) -> Any:
        """The same module, of which every batch normalization has become a SyncBatchNorm, its values the same."""
        _of_all_ranks(process_group)
        for each in module.modules():
            if isinstance(each, _BatchNorm):
                each.__class__ = cls
                each.process_group = process_group
        return module


def _of_all_ranks(process_group: Any) -> None:
    if process_group is not None:
        raise ValueError(
            f"SyncBatchNorm: expected None as process_group, for there is no group but that of all ranks, "
            f"got {process_group!r:.60}"
        )


class _InstanceNorm(_Norm):
    def __init__(
        self, num_features: int, eps: float = 1e-5, momentum: float = 0.1, affine: bool = False,
        track_running_stats: bool = False, *, bias: bool = True, device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        self.begin(locals())

    def forward(self, input: Any) -> Any:
        self._check(input)
        batched = input.ndim == self.axes[1]
        if self.affine and input.shape[-self.axes[0]] != self.num_features:
            raise ValueError(
                f"{type(self).__name__}: expected {self.num_features} channels, got input of shape {input.shape}"
            )
        result = instance_norm(
            input if batched else input.reshape(1, *input.shape), self.running_mean, self.running_var, self.weight,
            self.bias, self.training or not self.track_running_stats,
            0.0 if self.momentum is None else self.momentum, self.eps,
        )  # fmt: skip
        return result if batched else result.reshape(input.shape)


class InstanceNorm1d(_InstanceNorm, axes=(2, 3)):
    """`instance_norm` of (N, C, L) or (C, L)."""


class InstanceNorm2d(_InstanceNorm, axes=(3, 4)):
    """`instance_norm` of (N, C, H, W) or (C, H, W)."""


class InstanceNorm3d(_InstanceNorm, axes=(4, 5)):
    """`instance_norm` of (N, C, D, H, W) or (C, D, H, W)."""


_FEATURES = "{normalized_shape}, eps={eps}, elementwise_affine={elementwise_affine}"


class LayerNorm(_Affine, shown=_FEATURES + ", bias={bias}"):
    """`layer_norm`, with weight (ones) and bias (zeros) of shape normalized_shape."""

    def __init__(
        self, normalized_shape: int | Sequence[int], eps: float = 1e-5, elementwise_affine: bool = True,
        bias: bool = True, *, device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        normalized_shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
        self.hold(locals())
        self.parameters_of(normalized_shape, elementwise_affine, bias, dtype)

    def forward(self, input: Any) -> Any:
        return layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)


class RMSNorm(_Affine, shown=_FEATURES):
    """`rms_norm`, with weight (ones) of shape normalized_shape."""

    def __init__(
        self, normalized_shape: int | Sequence[int], eps: float | None = None, elementwise_affine: bool = True, *,
        device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        normalized_shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
        self.hold(locals())
        self.parameters_of(normalized_shape, elementwise_affine, False, dtype)

    def forward(self, input: Any) -> Any:
        return rms_norm(input, self.normalized_shape, self.weight, self.eps)


class GroupNorm(_Affine, shown="{num_groups}, {num_channels}, eps={eps}, affine={affine}, bias={bias}"):
    """`group_norm`, with weight (ones) and bias (zeros) for each channel."""

    def __init__(
        self, num_groups: int, num_channels: int, eps: float = 1e-5, affine: bool = True, *, bias: bool = True,
        device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        if num_groups <= 0 or num_channels % num_groups:
            raise ValueError(
                f"GroupNorm: expected channels divisible by the groups, got {num_channels} and {num_groups}"
            )
        self.hold(locals())
        self.parameters_of((num_channels,), affine, bias, dtype)

    def forward(self, input: Any) -> Any:
        return group_norm(input, self.num_groups, self.weight, self.bias, self.eps)


class LocalResponseNorm(Layer, function=local_response_norm, shown="{size}, alpha={alpha}, beta={beta}, k={k}"):
    """The module of `local_response_norm`."""

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        self.hold(locals())
