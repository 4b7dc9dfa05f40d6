"""Products of arrays, and linear algebra."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..primitive import primitive


def _matmul(x: Any, y: Any, /) -> Any:
    return x @ y


def _matmul_x(g: Any, y: Any, x_shape: Any, y_shape: Any) -> Any:
    if len(y_shape) == 1:
        return g * y if len(x_shape) == 1 else g[..., None] * y
    if len(x_shape) == 1:
        return (y @ g[..., None])[..., 0]
    return g @ y.swapaxes(-1, -2)


def _matmul_y(g: Any, x: Any, x_shape: Any, y_shape: Any) -> Any:
    if len(x_shape) == 1:
        return g * x if len(y_shape) == 1 else x[:, None] * g[..., None, :]
    if len(y_shape) == 1:
        return (x.swapaxes(-1, -2) @ g[..., None])[..., 0]
    return x.swapaxes(-1, -2) @ g


matmul = primitive(_matmul, np.matmul, name="matmul", broadcasts=True, x=_matmul_x, y=_matmul_y)
