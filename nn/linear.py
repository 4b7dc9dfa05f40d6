"""Layers that are matrix products, and those that only change the shape."""

from __future__ import annotations

import math
from typing import Any

from autograd.ops import affine, in_single

from . import init
from .layer import Layer
from .module import Module
from .shared import axis_of
from .spatial import check_array, check_dtype


def linear(input: Any, weight: Any, bias: Any = None) -> Any:
    """input @ weight.T + bias: (..., in) with (out, in) gives (..., out); a weight (in,) gives (...).

    Raises ValueError for an input whose last axis is not `in`, TypeError for mixed dtypes.

    >>> from nn.functional import linear
    >>> linear(np.ones((5, 3)), np.ones((2, 3)), np.zeros(2)).shape
    (5, 2)
    """
    check_array(input, "linear")
    shape = input.shape
    if not shape or shape[-1] != weight.shape[-1]:
        instead = f"; make a layer of {shape[-1]} input features" if shape else ""
        if len(shape) > 1 and math.prod(shape[1:]) == weight.shape[-1]:
            instead = "; write input.reshape(len(input), -1)"
        raise ValueError(
            f"linear: expected {weight.shape[-1]} input features (weight is {weight.shape}), got input of shape "
            f"{shape}{instead}"
        )
    check_dtype("linear", weight, input, bias)
    if weight.ndim == 2:
        return affine(input, weight, bias)
    if bias is not None and bias.ndim:
        raise ValueError(
            f"linear: expected a bias without axes for a weight of one (is {weight.shape}), got {bias.shape}"
        )
    result = input @ weight
    return result if bias is None else result + bias


@in_single
def bilinear(input1: Any, input2: Any, weight: Any, bias: Any = None) -> Any:
    """The bilinear forms x1ᵀ W x2, one for each matrix of the weight: (..., a), (..., b), (out, a, b) give (..., out).

    >>> from nn.functional import bilinear
    >>> bilinear(np.ones((5, 2)), np.ones((5, 3)), np.ones((4, 2, 3)))[0]
    array([6., 6., 6., 6.])
    """
    n, a, b = weight.shape
    if input1.shape[-1:] != (a,) or input2.shape[-1:] != (b,) or input1.shape[:-1] != input2.shape[:-1]:
        raise ValueError(
            f"bilinear: expected inputs (..., {a}) and (..., {b}) (weight is {weight.shape}), "
            f"got {input1.shape} and {input2.shape}"
        )
    check_dtype("bilinear", weight, input1, input2, bias)
    batch = input1.shape[:-1]
    left = input1.reshape(math.prod(batch), a) @ weight.transpose(1, 0, 2).reshape(a, n * b)
    result = (left.reshape(*batch, n, b) * input2.reshape(*batch, 1, b)).sum(axis=-1)
    return result if bias is None else result + bias


def flatten(input: Any, start_dim: int = 0, end_dim: int = -1) -> Any:
    """The axes from start_dim to end_dim, both included, made one; a 0-d input becomes 1-d.

    >>> from nn.linear import flatten
    >>> flatten(np.zeros((2, 3, 4)), 1).shape
    (2, 12)
    """
    if not input.ndim:
        return input.reshape(1)
    start, end = (axis_of(dim, input.ndim, "flatten") for dim in (start_dim, end_dim))
    if start > end:
        raise ValueError(f"flatten: expected start_dim before end_dim, got {start_dim} and {end_dim}")
    shape = input.shape
    return input.reshape(*shape[:start], math.prod(shape[start : end + 1]), *shape[end + 1 :])


def unflatten(input: Any, dim: int, sizes: tuple[int, ...]) -> Any:
    """One axis made several, of the given sizes; one of them may be -1.

    >>> from nn.linear import unflatten
    >>> unflatten(np.zeros((2, 12)), 1, (3, 4)).shape
    (2, 3, 4)
    """
    dim, sizes = axis_of(dim, input.ndim, "unflatten"), tuple(sizes)
    whole = input.shape[dim]
    known = math.prod(size for size in sizes if size != -1)
    if not sizes or sizes.count(-1) > 1 or (whole % known if -1 in sizes and known else whole != known):
        raise ValueError(f"unflatten: expected sizes whose product is {whole}, got {sizes}")
    sizes = tuple(size if size != -1 else whole // known for size in sizes)
    return input.reshape(*input.shape[:dim], *sizes, *input.shape[dim + 1 :])


class Identity(Module):
    """Gives back its input; takes any arguments, and ignores them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, input: Any) -> Any:
        return input


class Linear(Layer):
    """y = x @ weight.T + bias: (..., in_features) gives (..., out_features).

    weight (out_features, in_features) and bias (out_features,) are drawn from U(-k, k), k = 1/√in_features.

    >>> import nn
    >>> layer = nn.Linear(3, 2, rng=np.random.default_rng(0))
    >>> layer(Tensor(np.ones((5, 3), np.float32))).shape
    (5, 2)
    """

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, *, device: Any = None, dtype: Any = None,
        rng: Any = None,
    ) -> None:  # fmt: skip
        self.hold(locals())
        self.make(dtype, weight=(out_features, in_features), bias=(out_features,) if bias else None)
        self.reset_parameters(rng)

    def reset_parameters(self, rng: Any = None) -> None:
        """Draw the initial values again."""
        init.uniform_by_fan_(self.in_features, self.weight, self.bias, rng=rng)

    def forward(self, input: Any) -> Any:
        return linear(input, self.weight, self.bias)


class Bilinear(Layer):
    """y = x1ᵀ W x2 + bias for each output: (..., in1), (..., in2) give (..., out).

    weight (out, in1, in2) and bias (out,) are drawn from U(-k, k), k = 1/√in1_features.

    >>> import nn
    >>> nn.Bilinear(2, 3, 4, dtype=float)(np.ones((5, 2)), np.ones((5, 3))).shape
    (5, 4)
    """

    def __init__(
        self, in1_features: int, in2_features: int, out_features: int, bias: bool = True, *, device: Any = None,
        dtype: Any = None, rng: Any = None,
    ) -> None:  # fmt: skip
        self.hold(locals())
        if in1_features <= 0:
            raise ValueError(f"Bilinear: expected in1_features above 0, got {in1_features}")
        shape = (out_features, in1_features, in2_features)
        self.make(dtype, weight=shape, bias=(out_features,) if bias else None)
        self.reset_parameters(rng)

    def reset_parameters(self, rng: Any = None) -> None:
        """Draw the initial values again."""
        init.uniform_by_fan_(self.in1_features, self.weight, self.bias, rng=rng)

    def forward(self, input1: Any, input2: Any) -> Any:
        return bilinear(input1, input2, self.weight, self.bias)


class Flatten(Layer, function=flatten):
    """Makes the axes from start_dim to end_dim one; as it stands, all but the batch."""

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        self.hold(locals())


class Unflatten(Layer):
    """Makes one axis several, of the sizes `unflattened_size`."""

    def __init__(self, dim: int, unflattened_size: tuple[int, ...]) -> None:
        unflattened_size = tuple(unflattened_size)
        self.hold(locals())

    def forward(self, input: Any) -> Any:
        return unflatten(input, self.dim, self.unflattened_size)
