"""The dtype of numbers that nobody gave a dtype: of new parameters, and of data that are read from files."""

from __future__ import annotations

from typing import Any

import numpy as np

_default: list[np.dtype[Any]] = [np.dtype(np.float32)]


def set_default_dtype(dtype: Any) -> None:
    """The floating dtype of what is made from now on, in all threads: float32 until this is called.

    It is that of the parameters and buffers of layers made without dtype=, of nn.Parameter(list), of lists given to
    layers without parameters, and of what nn.data reads (images, tables, one_hot). Tensor(list) stays as NumPy has it:
    float64 for floats, int64 for whole numbers. What exists keeps its dtype; `module.to(dtype)` converts.

    Raises TypeError for what is no floating dtype. Source: torch.set_default_dtype.

    >>> import nn
    >>> set_default_dtype(np.float64)
    >>> nn.Linear(2, 1).weight.dtype, nn.Linear(2, 1)(Tensor([0.5, 1.0])).dtype
    (dtype('float64'), dtype('float64'))
    >>> set_default_dtype(np.float32)
    """
    try:
        made = np.dtype(dtype)
    except TypeError:
        made = None
    if dtype is None or made is None or made.kind != "f":
        raise TypeError(f"set_default_dtype: expected a floating dtype, as np.float64 is, got {dtype!r}")
    _default[0] = made


def get_default_dtype() -> np.dtype[Any]:
    """What `set_default_dtype` set: at first float32.

    >>> get_default_dtype()
    dtype('float32')
    """
    return _default[0]
