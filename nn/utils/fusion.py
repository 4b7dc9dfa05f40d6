"""A layer and the batch normalization after it, as one layer, for evaluation."""

from __future__ import annotations

import copy
from typing import Any, TypeVar

import numpy as np

from ..module import Module
from ..parameter import Parameter
from ..shared import plain
from .parametrizations import axis_of_outputs

M = TypeVar("M", bound=Module)


def _weights(w: Any, b: Any, mean: Any, var: Any, eps: float, gamma: Any, beta: Any, axis: int) -> tuple[Any, Any]:
    """The weight and the bias, as Parameters, of a layer whose outputs are normalized after it."""
    trained = getattr(w, "requires_grad", True)
    w, b, mean, var, gamma, beta = (v if v is None else plain(v) for v in (w, b, mean, var, gamma, beta))
    scale = 1 / np.sqrt(var + eps) * (1 if gamma is None else gamma)
    bias = ((0 if b is None else b) - mean) * scale + (0 if beta is None else beta)
    if axis:  # (in, out / groups, ...): each group's inputs with the outputs of that group
        groups = scale.size // w.shape[1]
        along = scale.reshape(groups, -1).repeat(w.shape[0] // groups, axis=0)
    else:
        along = scale.reshape(-1, 1)
    along = along.reshape(*along.shape, *(1,) * (w.ndim - 2))
    return Parameter((w * along).astype(w.dtype), trained), Parameter(bias.astype(w.dtype), trained)


def fuse_conv_bn_weights(
    conv_w: Any, conv_b: Any, bn_rm: Any, bn_rv: Any, bn_eps: float, bn_w: Any, bn_b: Any, transpose: bool = False
) -> tuple[Any, Any]:
    """Weight and bias, as Parameters, of a convolution of these that is normalized with these statistics.

    conv_b, bn_w, bn_b  may be None
    transpose           whether it is a transposed convolution
    """
    return _weights(conv_w, conv_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b, int(transpose))


def fuse_linear_bn_weights(
    linear_w: Any, linear_b: Any, bn_rm: Any, bn_rv: Any, bn_eps: float, bn_w: Any, bn_b: Any
) -> tuple[Any, Any]:
    """The same of a linear layer.

    >>> from nn.utils import fuse_linear_bn_weights
    >>> weight, bias = fuse_linear_bn_weights(np.eye(2), None, np.ones(2), np.full(2, 4.0), 0.0, None, None)
    >>> weight.data.tolist(), bias.data.tolist()
    ([[0.5, 0.0], [0.0, 0.5]], [-0.5, -0.5])
    """
    return _weights(linear_w, linear_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b, 0)


def _fused(who: str, layer: M, bn: Any, axis: int) -> M:
    if layer.training or bn.training or bn.running_mean is None:
        raise RuntimeError(f"{who}: expected both modules in evaluation, with running statistics; call eval() on them")
    made: Any = copy.deepcopy(layer)
    statistics = bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias
    made.weight, made.bias = _weights(layer.weight, layer.bias, *statistics, axis)
    return made  # type: ignore[no-any-return]


def fuse_conv_bn_eval(conv: M, bn: Module, transpose: bool = False) -> M:
    """A new convolution that computes bn(conv(x)). Raises RuntimeError unless both are in evaluation.

    transpose  whether it is a transposed convolution; one of this package's is known without
    """
    return _fused("fuse_conv_bn_eval", conv, bn, int(transpose) or axis_of_outputs(conv))


def fuse_linear_bn_eval(linear: M, bn: Module) -> M:
    """A new linear layer that computes bn(linear(x)). Raises RuntimeError unless both are in evaluation.

    >>> import nn
    >>> linear, bn = nn.Linear(3, 2).eval(), nn.BatchNorm1d(2).eval()
    >>> x = np.ones((4, 3), np.float32)
    >>> np.allclose(fuse_linear_bn_eval(linear, bn)(x).data, bn(linear(x)).data)
    True
    """
    return _fused("fuse_linear_bn_eval", linear, bn, 0)
