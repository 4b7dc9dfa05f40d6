"""A long short-term memory over a whole sequence: one record for all of its steps, of arrays of NumPy's.

Each step is a product and a few functions of one block, written where they are kept. Backward, what does not depend on
later steps is computed for all steps at once; what does is a product and six functions a step.
"""

from __future__ import annotations

import contextlib
import threading
from typing import Any
from weakref import ref

import numpy as np

from ..engine.declare import primitive
from ..engine.tensor import Tensor
from .gates import _c_rule, _lstm_gates, _parts, _z_rule


def lstm(z: Any, w: Any, h: Any, c: Any) -> tuple[Any, Any]:
    """The outputs of all steps, (T, n, N), and the memory after the last, (n, N).

    z  (4n, T, N): what the gates and the candidate are activated by, as in lstm_gates, but for the outputs' part
    w  (4n, n): by which the output of the step before is multiplied for that part
    h  (n, N): the output before the first step
    c  (n, N): the memory before it

    >>> outputs, memory = lstm(np.zeros((4, 3, 1)), np.zeros((4, 1)), np.zeros((1, 1)), np.ones((1, 1)))
    >>> outputs.shape, float(memory[0, 0])
    ((3, 1, 1), 0.125)
    """
    outputs, memories, *_ = lstm_steps(z, w, h, c)
    return outputs, memories[-1]


def _lstm_steps(z: Any, w: Any, h: Any, c: Any) -> Any:
    """As lstm: the outputs and memories of all steps, and what both are made of, as lstm_gates gives them."""
    if not all(type(x) is np.ndarray for x in (z, w, h, c)):
        made = []
        for k in range(z.shape[1]):
            made.append(_lstm_gates(z[:, k] + w @ h, c))
            h, c, *_ = made[-1]
        out = tuple([np.stack(part) for part in zip(*made, strict=True)])
        _keep(out[2], made)
        return out
    a = np.empty((z.shape[1], z.shape[0], z.shape[2]), np.result_type(z, w, h, c))
    steps, n = len(a), h.shape[0]
    outputs, memories, t = (np.empty((steps, n, z.shape[2]), a.dtype) for _ in range(3))
    part, one = np.empty(t.shape[1:], a.dtype), a.dtype.type(1)
    a[...] = z.swapaxes(0, 1)
    with np.errstate(over="ignore"):  # exp(1000) is inf, and the gate 0
        for k in range(steps):
            block = a[k]
            block += w @ h
            i, f, g, o = _parts(block)
            np.tanh(g, out=part)
            np.negative(block, out=block)
            np.exp(block, out=block)
            block += one
            np.reciprocal(block, out=block)
            g[...] = part
            memory = np.multiply(f, c, out=memories[k])
            np.multiply(i, g, out=part)
            memory += part
            h, c = np.multiply(o, np.tanh(memory, out=t[k]), out=outputs[k]), memory
    return outputs, memories, a, t


_steps: dict[int, Any] = {}
"""What the steps of a record gave one by one, by what they gave together: a program then reads no part of that."""


def _keep(whole: Any, made: Any) -> None:
    key = id(whole)
    with contextlib.suppress(TypeError):  # not everything can be watched
        _steps[key] = ref(whole, lambda _: _steps.pop(key, None)), made


def _each(out: Any) -> Any:
    """The parts of every step."""
    watched, made = _steps.get(id(out[2]), (None, None))
    return made if watched is not None and watched() is out[2] else list(zip(*out, strict=True))


class _Known(threading.local):
    """The gradient of z that the rules of one record share, for as long as the record keeps its arrays."""

    g: Any = None
    of: Any = None
    found: Any = None


_known = _Known()


def _swept(g: Any, w: Any, c: Any, out: Any) -> Any:
    """The gradients of z and of the first memory."""
    given = (*out, w, c, *[part for part in g if part is not None])
    if any(isinstance(part, Tensor) for part in given):
        return _one_by_one(g, w, c, out)
    if _known.g is not g or _known.of is None or _known.of() is not out[2]:
        at_once = g[2] is None and g[3] is None and all(type(part) is np.ndarray for part in given)
        _known.found = (_at_once if at_once else _one_by_one)(g, w, c, out)
        _known.g, _known.of = g, ref(out[2], _forget)
    return _known.found


def _forget(_: Any) -> None:
    _known.g = _known.of = _known.found = None


def _at_once(g: Any, w: Any, c: Any, out: Any) -> Any:
    of_outputs, of_memories, *_ = g
    _, memories, a, t = out
    n = t.shape[1]
    slope = 1 - a
    slope *= a
    slope[:, 2 * n : 3 * n] = 1 - np.square(a[:, 2 * n : 3 * n])
    made, of_tanh = np.empty_like(a), 1 - t * t  # to begin with what the gradient of each part is a product with
    made[:, :n] = a[:, 2 * n : 3 * n]
    made[0, n : 2 * n] = c
    made[1:, n : 2 * n] = memories[:-1]
    made[:, 2 * n : 3 * n] = a[:, :n]
    made[:, 3 * n :] = t
    back, of_h, of_c, part = w.T, np.zeros_like(c), np.zeros_like(c), np.empty_like(c)
    for k in reversed(range(len(a))):
        block = made[k]
        if of_outputs is not None:
            of_h += of_outputs[k]
        if of_memories is not None:
            of_c += of_memories[k]
        np.multiply(of_h, a[k, 3 * n :], out=part)
        part *= of_tanh[k]
        of_c += part
        held = block[: 3 * n].reshape(3, n, -1)
        held *= of_c
        block[3 * n :] *= of_h
        block *= slope[k]
        of_c *= a[k, n : 2 * n]
        of_h = back @ block
    return made.swapaxes(0, 1), of_c


def _one_by_one(g: Any, w: Any, c: Any, out: Any) -> Any:
    """The same by the rules of lstm_gates, for Tensors, of which it is to be recorded."""
    steps = _each(out)
    found, of_h, of_c = [], None, None
    add: Any = lambda x, y: x if y is None else y if x is None else x + y
    for k in reversed(range(len(steps))):
        before = steps[k - 1][1] if k else c
        of_step = [None if part is None else part[k] for part in g]
        of_h, of_c = add(of_h, of_step[0]), add(of_c, of_step[1])
        step = (of_h, of_c, *of_step[2:])
        found.append(_z_rule(step, before, steps[k]))
        of_h, of_c = np.matrix_transpose(w) @ found[-1], _c_rule(step, steps[k])
    return np.stack(found[::-1], axis=1), np.zeros_like(c) if of_c is None else of_c


def _w_rule(g: Any, w: Any, h: Any, c: Any, out: Any) -> Any:
    before = np.concatenate([h[None], out[0][:-1]])
    return np.tensordot(_swept(g, w, c, out)[0], before, ((1, 2), (0, 2)))


lstm_steps = primitive(
    _lstm_steps, name="lstm_steps", single=True, multiple=True, w=_w_rule,
    z=lambda g, w, c, out: _swept(g, w, c, out)[0],
    h=lambda g, w, c, out: np.matrix_transpose(w) @ _swept(g, w, c, out)[0][:, 0],
    c=lambda g, w, c, out: _swept(g, w, c, out)[1],
)  # fmt: skip
