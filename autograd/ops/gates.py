"""The gates of a long short-term memory, in one step: what is elementwise in it is many small functions otherwise."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.declare import primitive
from .special import _sigmoid


def _lstm_gates(z: Any, c: Any) -> Any:
    """One step of a long short-term memory, from what its gates and its candidate are activated by.

    z  (4n, ...): of the input gate i, the forget gate f, the candidate g and the output gate o, one below the other
    c  (n, ...): the memory before the step

    Returns the tuple (h, c', a, t) of the output h = o tanh(c'), the memory c' = f c + i g, and what both are made of:
    a, where sigmoid(z) has i, f and o and tanh(z) has g, and t = tanh(c'). (Hochreiter, Schmidhuber 1997)

    >>> h, c, *_ = lstm_gates(np.zeros(4), np.array([2.0]))
    >>> c.tolist(), h.round(4).tolist()
    ([1.0], [0.3808])
    """
    n = c.shape[0]
    if z.shape != (4 * n, *c.shape[1:]):
        raise ValueError(f"expected z of shape {(4 * n, *c.shape[1:])}, four times that of c, got {z.shape}")
    a = _sigmoid(z)
    a[2 * n : 3 * n] = np.tanh(z[2 * n : 3 * n])
    i, f, g, o = _parts(a)
    memory = f * c
    memory += i * g
    t = np.tanh(memory)
    return o * t, memory, a, t


def _parts(a: Any) -> Any:
    n = a.shape[0] // 4
    return a[:n], a[n : 2 * n], a[2 * n : 3 * n], a[3 * n :]


def _of_memory(g: Any, out: Any) -> Any:
    """The gradient of the memory after the step: its own, and what comes through the output."""
    of_h, of_c, _, of_t = g
    _, _, a, t = out
    *_, o = _parts(a)
    through = _sum(None if of_h is None else of_h * o, of_t)
    return _sum(None if through is None else through * (1 - t * t), of_c)


def _z_rule(g: Any, c: Any, out: Any) -> Any:
    of_h, _, of_a, _ = g
    _, _, a, t = out
    i, _, candidate, _ = _parts(a)
    memory = _of_memory(g, out)
    if memory is None:
        memory = np.zeros_like(t)
    parts = [memory * candidate, memory * c, memory * i, np.zeros_like(t) if of_h is None else of_h * t]
    part = _sum(np.concatenate(parts), of_a)
    part *= _slope(a)
    return part


def _slope(a: Any) -> Any:
    """The derivatives of what the gates and the candidate are: sigmoid's a(1 - a), but tanh's 1 - a²."""
    n = a.shape[0] // 4
    slope = 1 - a
    slope *= a
    of_candidate = 1 - np.square(a[2 * n : 3 * n])
    if slope.__class__ is not np.ndarray:
        return np.concatenate([slope[: 2 * n], of_candidate, slope[3 * n :]])
    slope[2 * n : 3 * n] = of_candidate
    return slope


def _c_rule(g: Any, out: Any) -> Any:
    memory = _of_memory(g, out)
    return None if memory is None else memory * _parts(out[2])[1]


def _sum(a: Any, b: Any) -> Any:
    return b if a is None else a if b is None else a + b


lstm_gates = primitive(_lstm_gates, name="lstm_gates", single=True, multiple=True, z=_z_rule, c=_c_rule)
