"""Chains of hidden states: the forward algorithm, with the part that each step of it has in what follows."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..engine.declare import primitive
from ..engine.primitive import Function
from ..engine.sweep import gradients
from ..engine.tensor import alike, unwrap
from .elementwise import greatest
from .pieces import only_whole
from .special import logsumexp


def _reached(emitted: Any, skips: Any, lengths: Any) -> Any:
    """What `reached` gives, and the weights (steps, 3, chains, states) that its rule goes back by: the parts that the
    three ways have in the probability of having come to a state.
    """
    only_whole(_reached, emitted)
    steps, chains, states = emitted.shape
    known = np.full((chains, states + 2), -math.inf, emitted.dtype)  # with two states before the first, never reached
    known[:, 2] = 0
    barrier = np.where(skips, 0, -math.inf).astype(emitted.dtype)
    weights = np.empty((steps, 3, chains, states), emitted.dtype)
    shortest, least = lengths.min(initial=steps), -greatest(emitted.dtype)
    with np.errstate(divide="ignore"):  # log(0) is meant
        for t, ways in enumerate(weights):
            ways[0], ways[1] = known[:, 2:], known[:, 1:-1]
            np.add(known[:, :-2], barrier, out=ways[2])
            top = np.maximum.reduce(ways, 0)
            np.maximum(top, least, out=top)
            ways -= top
            np.exp(ways, out=ways)
            sums = np.add.reduce(ways, 0)
            ways /= np.maximum(sums, 1)  # less than 1 is 0: no way leads there
            now = np.log(sums, out=sums)
            now += top
            now += emitted[t]
            if t >= shortest:
                over = t >= lengths
                ways[:, over], now[over] = np.array([1, 0, 0])[:, None, None], known[over, 2:]
            known[:, 2:] = now
    return known[:, 2:].copy(), weights


def _reached_rule(g: Any, emitted: Any, skips: Any, lengths: Any, out: Any) -> Any:
    if not isinstance(emitted, np.ndarray):  # recorded
        return gradients([_recorded(emitted, skips, lengths)], [emitted], [g[0]], create_graph=True)[0]
    g, weights = g[0], out[1]
    only_whole(_reached_rule, emitted, g)
    made = np.empty_like(emitted)
    for t in reversed(range(len(made))):
        made[t] = g
        parts = weights[t] * g
        g = parts[0]
        g[:, :-1] += parts[1, :, 1:]
        g[:, :-2] += parts[2, :, 2:]
    made[np.arange(len(made))[:, None] >= lengths] = 0
    return made


def _recorded(emitted: Any, skips: Any, lengths: Any) -> Any:
    """The same of functions that have second derivatives."""
    _, chains, states = emitted.shape
    begin = np.full((chains, states + 2), -math.inf, emitted.dtype)  # with two states before the first, never reached
    begin[:, 2] = 0
    never, known = (alike(part, emitted) for part in (begin[:, :2], begin[:, 2:]))
    skips = alike(skips, emitted)
    for t in range(len(emitted)):
        before = np.concatenate([never, known], 1)
        ways = np.stack([known, before[:, 1:-1], np.where(skips, before[:, :-2], -math.inf)])
        known = np.where(alike((t < lengths)[:, None], emitted), logsumexp(ways, 0) + emitted[t], known)
    return known


_steps: Function = primitive(_reached, name="reached", multiple=True, emitted=_reached_rule, skips=None, lengths=None)


def reached(emitted: Any, skips: Any, lengths: Any) -> Any:
    """The logarithms of how probable it is to be in each state at the end of a chain that begins in the first state.

    A step leads from a state to itself, to the next one, or to the one after that. (Baum, Petrie 1966)

    emitted  (steps, chains, states): what each state adds to the logarithm at each step
    skips    (chains, states): whether a state is reached from the second one before it
    lengths  (chains,): how many steps of each chain count

    Returns an array (chains, states).

    >>> np.exp(reached(np.zeros((2, 1, 2)), np.zeros((1, 2), bool), np.array([2]))).round(6).tolist()
    [[1.0, 2.0]]
    """
    ours = isinstance(unwrap(emitted), np.ndarray)
    return _steps(emitted, skips, lengths)[0] if ours else _recorded(emitted, skips, lengths)
