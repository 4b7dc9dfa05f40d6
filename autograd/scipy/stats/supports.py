"""Where a density is positive, and what its logarithm and its integral are elsewhere: constants."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.tensor import unwrap


def within(z: Any, low: float, high: float) -> tuple[Any, Any]:
    """Where z is from low to high, and z with a harmless number elsewhere, where it gets no gradient."""
    plain = unwrap(z)
    inside = ~(np.less(plain, low) | np.greater(plain, high))  # NaN stays
    return (True, z) if np.all(inside) else (inside, np.where(inside, z, 0.5))


def outside(inside: Any, constant: Any, value: Any, *parameters: Any, least: bool = False) -> Any:
    """The value, the constant where not inside, and NaN where a parameter is not positive (`least`: is negative)."""
    value = value if inside is True else np.where(inside, value, constant)
    for parameter in map(unwrap, parameters):
        wrong = ~(np.greater_equal(parameter, 0) if least else np.greater(parameter, 0))
        if np.any(wrong):
            value = np.where(wrong, np.nan, value)
    return value
