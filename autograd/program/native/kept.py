"""The calls of islands, kept by what their steps are: what was worked out in any process is not worked out again.

Two islands are alike if their steps are, but for which arrays they are about. So what is kept names arrays by the order
of their appearance. On disk a file begins with the hash of the rest: what is damaged is made anew.
"""

from __future__ import annotations

import functools
import hashlib
import pickle
from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from ..values import Value
from .cache import digest, folder, write
from .form import Number
from .kernels import Call, Clear, Total, calls_of, numbers
from .nests import overlap
from .steps import Memory, Ref, Step

_MOST = 1024
_known: dict[str, bytes] = {}
"""By the hash of what steps are, their calls as they are kept on disk, too: as objects they take ten times as much."""

Kept = tuple[list[tuple[tuple[int, ...], Any]], list[Any]]
"""Shapes and dtypes of the arrays that are made besides, and calls that have numbers in the places of arrays."""


def calls_by_steps(steps: Sequence[Step], memory: Memory, live: Collection[Value]) -> list[Call | Clear | Total]:
    """What `calls_of` gives, found among what is kept if it is there."""
    order: dict[Value, int] = {}
    said = [_step(step, order) for step in steps]
    key = digest(repr((said, _bases(order, live))))
    content = _known[key] if key in _known else _read(key)
    if content is None:
        calls = calls_of(steps, memory, live)
        content = pickle.dumps(_without_values(calls, order), pickle.HIGHEST_PROTOCOL)
        _write(key, content)
    else:
        calls = _with_values(pickle.loads(content), list(order))
    if len(_known) >= _MOST:
        _known.clear()
    _known[key] = content
    return calls


# ---- what steps are --------------------------------------------------------------------------------------------------


def _step(step: Step, order: dict[Value, int]) -> Any:
    operands = [_item(item, order) for item in step.operands]
    target = _item(step.target, order)
    begin = None if step.begin is None else _item(step.begin, order)
    return step.shape, step.function, operands, step.reads, step.dtype, target, step.collect, begin


def _item(item: Any, order: dict[Value, int]) -> Any:
    if isinstance(item, Number):
        return type(item.value).__name__, item.value
    index = None if item.index is None else (_item(item.index[0], order), *item.index[1:])
    return order.setdefault(item.base, len(order)), item.offset, item.strides, index


def _bases(order: dict[Value, int], live: Collection[Value]) -> Any:
    """What is known of arrays: how they lie, who needs them, and which may lie in the same memory."""
    alike: dict[Value, list[Value]] = {}
    for base in order:
        alike.setdefault(base.root, []).append(base)
    pairs = [
        (order[a], order[b], overlap(Ref(a, 0, ()), Ref(b, 0, ())))
        for group in alike.values() for a, b in combinations(group, 2)
    ]  # fmt: skip
    return [(base.dtype.str, base.shape, base.strides, base in live) for base in order], pairs


# ---- with and without arrays -----------------------------------------------------------------------------------------


def _without_values(calls: Sequence[Call | Clear | Total], order: dict[Value, int]) -> Kept:
    order = dict(order)
    first = len(order)

    def of(base: Value | None) -> Any:
        return None if base is None else order.setdefault(base, len(order))

    made = [_changed(call, of) for call in calls]
    return [(value.shape, value.dtype) for value in list(order)[first:]], made


def _with_values(kept: Kept, bases: list[Value]) -> list[Any]:
    bases = [*bases, *[Value(next(numbers), "made", np.empty(shape, dtype)) for shape, dtype in kept[0]]]
    return [_changed(call, lambda k: None if k is None else bases[k]) for call in kept[1]]


def _changed(call: Any, change: Any) -> Any:
    if isinstance(call, Call):
        return replace(call, bases=[change(base) for base in call.bases])
    if isinstance(call, Clear):
        return Clear(change(call.base))
    return Total(change(call.base), change(call.parts))


# ---- on disk ---------------------------------------------------------------------------------------------------------


@functools.cache
def _ours() -> str | None:
    """The hash of all that works out calls; None where that cannot be read."""
    try:
        return digest(*[path.read_text(encoding="utf-8") for path in sorted(Path(__file__).parent.glob("*.py"))])
    except OSError:
        return None


def _path(key: str) -> Path | None:
    where, ours = folder(), _ours()
    return None if where is None or ours is None else where / f"calls_{digest(key, ours)}"


def _read(key: str) -> bytes | None:
    path = _path(key)
    try:
        content = path.read_bytes() if path is not None else b""
    except OSError:
        return None
    return content[32:] if _sum(content[32:]) == content[:32] else None


def _write(key: str, content: bytes) -> None:
    path = _path(key)
    if path is not None:
        write(path, _sum(content) + content)


def _sum(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()
