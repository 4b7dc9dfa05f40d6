"""What rules written for HIPS autograd import: to sum a gradient down to the shape of a broadcast argument, and kin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy

from ..engine.broadcasting import sum_to

Metadata = tuple[tuple[int, ...], int, Any, bool]


def metadata(x: Any) -> Metadata:
    """(shape, ndim, dtype, whether it is complex) of an array or a number."""
    return numpy.shape(x), numpy.ndim(x), numpy.result_type(x), numpy.iscomplexobj(x)


def unbroadcast(x: Any, target_meta: Metadata, broadcast_idx: int = 0) -> Any:
    """x summed over the axes along which an argument with this metadata was broadcast, and real if that was.

    New axes stand in front, or with broadcast_idx=-1 at the end.
    """
    shape, ndim, _, is_complex = target_meta
    extra = numpy.ndim(x) - ndim
    if broadcast_idx == -1 and extra > 0:
        x = numpy.sum(x, axis=tuple(range(-extra, 0)))
    x = sum_to(x, shape) if numpy.shape(x) != shape else x
    return numpy.real(x) if numpy.iscomplexobj(x) and not is_complex else x


def unbroadcast_f(target: Any, f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The rule f, its result summed down to the shape of the argument `target`.

    >>> from autograd.numpy.numpy_vjps import unbroadcast_f
    >>> unbroadcast_f(1.0, lambda g: 2 * g)(np.ones((2, 3)))
    array(12.)
    """
    target_meta = metadata(target)
    return lambda g: unbroadcast(f(g), target_meta)


def match_complex(target: Any, x: Any) -> Any:
    """x made complex or real as the target is."""
    if numpy.iscomplexobj(x) == numpy.iscomplexobj(target):
        return x
    return x + 0j if numpy.iscomplexobj(target) else numpy.real(x)


def replace_zero(x: Any, val: Any) -> Any:
    """x, with `val` where it is zero.

    >>> from autograd.numpy.numpy_vjps import replace_zero
    >>> replace_zero(np.array([0.0, 2.0]), 1.0)
    array([1., 2.])
    """
    return numpy.where(x, x, val)
