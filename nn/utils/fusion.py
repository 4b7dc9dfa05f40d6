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


def _fused(who: str, layer: M, bn: Any, axis: int) -> M:
    if layer.training or bn.training or bn.running_mean is None:
        raise RuntimeError(f"{who}: expected both modules in evaluation, with running statistics; call eval() on them")
    made: Any = copy.deepcopy(layer)
    weight = made.weight.data
    scale = 1 / np.sqrt(bn.running_var.data + bn.eps) * (1 if bn.weight is None else bn.weight.data)
    shift = (0 if made.bias is None else made.bias.data) - bn.running_mean.data
    bias = shift * scale + (0 if bn.bias is None else bn.bias.data)
    if axis:  # (in, out / groups, ...): each group's inputs with the outputs of that group
        groups = made.groups if hasattr(made, "groups") else 1
        along = scale.reshape(groups, -1).repeat(weight.shape[0] // groups, axis=0)
    else:
        along = scale.reshape(-1, 1)
    along = along.reshape(*along.shape, *(1,) * (weight.ndim - 2))
    made.weight = Parameter((weight * along).astype(weight.dtype), layer.weight.requires_grad)
    made.bias = Parameter(plain(bias).astype(weight.dtype), layer.weight.requires_grad)
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
