"""Initial values. Each function writes into a tensor (or an array), outside of the graph, and returns it.

Whatever draws random numbers takes `rng=`; without it they come from the generator that `manual_seed` seeds.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd import Tensor, generator, no_grad

from .habits import instead
from .shared import one_of


def __getattr__(name: str) -> Any:
    raise AttributeError(f"module 'nn.init' has no attribute {name!r}{instead('nn.init', name, globals())}")


def _check(tensor: Any) -> None:
    if not isinstance(tensor, Tensor | np.ndarray):
        said = "; take its .parameters() one by one" if hasattr(tensor, "parameters") else ""
        said = "; pass its .weight" if hasattr(tensor, "weight") else said
        raise TypeError(f"init: expected a Tensor or an array to write into, got {type(tensor).__name__}{said}")


def _set(tensor: Tensor, values: Any) -> Any:
    _check(tensor)
    with no_grad():
        tensor[...] = values
    return tensor


def _draw(rng: Any, tensor: Tensor, kind: str, *args: Any) -> Any:
    """Random values in the shape of a tensor; complex ones have both parts drawn."""
    _check(tensor)
    draw = getattr(generator(rng), kind)
    if tensor.dtype.kind == "c":
        return draw(*args, size=tensor.shape) + 1j * draw(*args, size=tensor.shape)
    return draw(*args, size=tensor.shape)


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """The factor on a weight's standard deviation that keeps the signal's variance through a nonlinearity.

    `param` is the negative slope, for leaky_relu (0.01 without it). Raises ValueError for a name that is not known.

    >>> from nn.init import calculate_gain
    >>> round(calculate_gain("relu"), 4), calculate_gain("tanh")
    (1.4142, 1.6666666666666667)
    """
    if nonlinearity in _GAINS:
        return _GAINS[nonlinearity]
    if nonlinearity == "leaky_relu":
        if param is not None and (isinstance(param, bool) or not isinstance(param, int | float)):
            raise ValueError(f"calculate_gain: expected a number as negative slope, got {param!r}")
        return math.sqrt(2 / (1 + (0.01 if param is None else param) ** 2))
    raise ValueError(f"calculate_gain: expected one of {', '.join([*_GAINS, 'leaky_relu'])}, got {nonlinearity!r}")


_GAINS = {
    **dict.fromkeys(
        ["linear", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "sigmoid"],
        1.0,
    ),
    "tanh": 5 / 3, "relu": math.sqrt(2), "selu": 3 / 4,
}  # fmt: skip


def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, *, rng: Any = None) -> Any:
    """Values from U(a, b).

    >>> from nn.init import uniform_
    >>> uniform_(Tensor(np.zeros(2)), rng=np.random.default_rng(0)).data.round(2)
    array([0.64, 0.27])
    """
    return _set(tensor, _draw(rng, tensor, "uniform", a, b))


def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, *, rng: Any = None) -> Any:
    """Values from N(mean, std²). Raises ValueError for a negative std."""
    if std < 0:
        raise ValueError(f"normal_: expected std >= 0, got {std}")
    return _set(tensor, _draw(rng, tensor, "normal", mean, std))


def trunc_normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0, *, rng: Any = None
) -> Any:
    """Values from N(mean, std²), drawn again until they lie in [a, b]. Raises ValueError where that has no chance."""
    if not a < b or a > mean + 30 * std or b < mean - 30 * std:
        raise ValueError(f"trunc_normal_: expected a < b near the mean {mean}, got a={a} and b={b}")
    values = _tail(generator(rng), (a - mean) / std, (b - mean) / std, tensor.size)
    return _set(tensor, np.clip(mean + std * values.reshape(tensor.shape), a, b))


def _tail(random: np.random.Generator, low: float, high: float, n: int) -> Any:
    """n values of a standard normal between two bounds, by rejection (C. P. Robert, Stat. Comput. 5, 1995)."""
    kept, count = [], 0
    while count < n:
        size = 2 * (n - count) + 16
        if low <= 0 <= high:
            wide = high - low > math.sqrt(2 * math.pi)
            values = random.normal(size=size) if wide else random.uniform(low, high, size)
            chance = ((values >= low) & (values <= high)) if wide else np.exp(-0.5 * values**2)
        else:
            near, far = (low, high) if low > 0 else (-high, -low)
            rate = (near + math.sqrt(near * near + 4)) / 2
            values = near + random.exponential(1 / rate, size)
            chance = np.exp(-0.5 * (values - rate) ** 2) * (values <= far)
            if (far - near) * rate < 1:  # a narrow slice: uniform proposals are accepted more often
                values = random.uniform(near, far, size)
                chance = np.exp(0.5 * (near * near - values**2))
            values = values if low > 0 else -values
        values = values[random.random(size) < chance]
        kept.append(values)
        count += values.size
    return np.concatenate(kept)[:n] if kept else np.zeros(0)


def constant_(tensor: Tensor, val: float) -> Any:
    """Every value `val`."""
    return _set(tensor, val)


def ones_(tensor: Tensor) -> Any:
    """Every value one."""
    return _set(tensor, 1)


def zeros_(tensor: Tensor) -> Any:
    """Every value zero."""
    return _set(tensor, 0)


def eye_(tensor: Tensor) -> Any:
    """The identity, as far as a matrix has one."""
    if tensor.ndim != 2:
        raise ValueError(f"eye_: expected a tensor of 2 dimensions, got shape {tensor.shape}")
    return _set(tensor, np.eye(tensor.shape[0], tensor.shape[1]))


def dirac_(tensor: Tensor, groups: int = 1) -> Any:
    """The kernels of a convolution that hands its input channels on, within each of `groups`."""
    if tensor.ndim not in (3, 4, 5):
        raise ValueError(f"dirac_: expected a tensor of 3, 4 or 5 dimensions, got shape {tensor.shape}")
    out, channels, *kernel = tensor.shape
    if out % groups:
        raise ValueError(f"dirac_: expected output channels divisible by groups={groups}, got {out}")
    values = np.zeros(tensor.shape)
    middle = tuple(k // 2 for k in kernel)
    for group in range(groups):
        for i in range(min(out // groups, channels)):
            values[(group * (out // groups) + i, i, *middle)] = 1
    return _set(tensor, values)


def fans(tensor: Tensor) -> tuple[int, int]:
    """How many values one output sums over (fan-in), and how many one input goes into (fan-out).

    >>> from nn.init import fans
    >>> fans(Tensor(np.zeros((8, 3, 5, 5))))
    (75, 200)
    """
    _check(tensor)
    if tensor.ndim < 2:
        raise ValueError(
            f"init: fan-in and fan-out need at least 2 dimensions, got shape {tensor.shape}; of a bias write zeros_"
        )
    field = math.prod(tensor.shape[2:])
    return tensor.shape[1] * field, tensor.shape[0] * field


def _fan(tensor: Tensor, mode: str) -> int:
    mode = mode.lower()
    one_of(mode, ("fan_in", "fan_out"), "init", "mode")
    fan_in, fan_out = fans(tensor)
    return fan_in if mode == "fan_in" else fan_out


def uniform_by_fan_(fan_in: int, *tensors: Tensor | None, rng: Any = None) -> None:
    """U(-k, k) with k = 1/√fan-in in each of the tensors, as most layers begin (LeCun et al., Efficient BackProp 1998).

    >>> from nn.init import uniform_by_fan_
    >>> bias = np.zeros(1000)
    >>> uniform_by_fan_(4, bias, None)
    >>> bool(0.4 < abs(bias).max() <= 0.5)
    True
    """
    bound = 1 / math.sqrt(fan_in) if fan_in else 0.0
    for tensor in tensors:
        if tensor is not None:
            uniform_(tensor, -bound, bound, rng=rng)


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, *, rng: Any = None) -> Any:
    """U(-a, a) with a = gain·√(6/(fan-in + fan-out)) (Glorot & Bengio, AISTATS 2010)."""
    bound = gain * math.sqrt(6 / sum(fans(tensor)))
    return uniform_(tensor, -bound, bound, rng=rng)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, *, rng: Any = None) -> Any:
    """N(0, s²) with s = gain·√(2/(fan-in + fan-out)) (Glorot & Bengio, AISTATS 2010)."""
    return normal_(tensor, 0.0, gain * math.sqrt(2 / sum(fans(tensor))), rng=rng)


def kaiming_uniform_(
    tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", *, rng: Any = None
) -> Any:
    """U(-b, b) with b = gain·√(3/fan), the gain that of the nonlinearity with slope a (He et al., ICCV 2015)."""
    _check(tensor)
    if 0 in tensor.shape:
        return tensor
    bound = calculate_gain(nonlinearity, a) * math.sqrt(3 / _fan(tensor, mode))
    return uniform_(tensor, -bound, bound, rng=rng)


def kaiming_normal_(
    tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", *, rng: Any = None
) -> Any:
    """N(0, s²) with s = gain/√fan, the gain that of the nonlinearity with slope a (He et al., ICCV 2015)."""
    _check(tensor)
    if 0 in tensor.shape:
        return tensor
    return normal_(tensor, 0.0, calculate_gain(nonlinearity, a) / math.sqrt(_fan(tensor, mode)), rng=rng)


def orthogonal_(tensor: Tensor, gain: float = 1, *, rng: Any = None) -> Any:
    """A random (semi-)orthogonal matrix of shape (first axis, all others), times gain (Saxe et al., ICLR 2014)."""
    if tensor.ndim < 2:
        raise ValueError(f"orthogonal_: expected at least 2 dimensions, got shape {tensor.shape}")
    if not tensor.size:
        return tensor
    flat = _draw(rng, tensor, "normal").reshape(tensor.shape[0], -1)
    made = orthonormal(flat.T).T if flat.shape[0] < flat.shape[1] else orthonormal(flat)
    return _set(tensor, gain * made.reshape(tensor.shape))


def orthonormal(matrix: Any) -> Any:
    """The orthonormal columns of a QR decomposition (or of each of a stack) of which R has a positive diagonal.

    Of a matrix of normal numbers they are as likely to be any as any other.

    >>> from nn.init import orthonormal
    >>> orthonormal(np.array([[0.0, 2.0], [3.0, 4.0]])).round(9) + 0.0
    array([[0., 1.],
           [1., 0.]])
    """
    q, r = np.linalg.qr(matrix)
    diagonal = np.diagonal(r, axis1=-2, axis2=-1)
    return q * (diagonal / np.abs(diagonal))[..., None, :]


def sparse_(tensor: Tensor, sparsity: float, std: float = 0.01, *, rng: Any = None) -> Any:
    """N(0, std²), and in each column a fraction `sparsity` (rounded up) of zeros (Martens, ICML 2010)."""
    if tensor.ndim != 2:
        raise ValueError(f"sparse_: expected a tensor of 2 dimensions, got shape {tensor.shape}")
    rows, columns = tensor.shape
    random = generator(rng)
    values = _draw(random, tensor, "normal", 0.0, std)
    zeros = math.ceil(sparsity * rows)
    for column in range(columns):
        values[random.permutation(rows)[:zeros], column] = 0
    return _set(tensor, values)
