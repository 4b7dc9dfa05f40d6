"""Products that are added to something: they begin with that, and have no memory of their own."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace

from ..values import Value
from .steps import Ref, Step, common, name_of, split


def joined_sums(steps: Sequence[Step], live: Collection[Value]) -> list[Step]:
    """The steps, with out = old + a @ b as one."""
    counts = Counter(base for step in steps for base in step.bases)
    found: list[Step] = []
    for step in steps:
        last = found[-1] if found else step
        both = None
        if last.is_product and last.target.base not in live and counts[last.target.base] == 2:
            both = _joined(last, step)
        if both is not None:
            found.pop()
        found.append(step if both is None else both)
    return found


def _joined(product: Step, add: Step) -> Step | None:
    """A product and what adds it to something, as one; None where they are not that."""
    if add.function != "add" or add.collect or product.begin is not None or add.reads != product.dtype:
        return None
    if name_of(add.target.base.dtype) != product.dtype or add.target.base in product.bases:
        return None
    made, target = product.target, add.target
    for given, old in (add.operands, add.operands[::-1]):
        if not isinstance(given, Ref) or not isinstance(old, Ref) or old.base is made.base:
            continue
        if (given.base, given.offset, given.strides) != (made.base, made.offset, target.strides):
            continue
        if any(ref.index is not None for ref in (given, old, target)):
            continue
        axes = sorted([k for k, stride in enumerate(made.strides) if stride], key=lambda k: -made.strides[k])
        shape = tuple([product.shape[k] for k in axes])
        if math.prod(shape) != math.prod(add.shape) or common(add.shape, shape) != shape:
            return None
        fine = split(replace(add, operands=(given, old)), shape)
        strides = [0] * len(product.shape)
        for k, stride, expected in zip(axes, fine.operands[1].strides, fine.target.strides, strict=True):  # type: ignore[union-attr]
            strides[k] = stride
            if expected != made.strides[k]:
                return None
        begin = Ref(old.base, old.offset, tuple(strides))
        return replace(product, target=Ref(target.base, target.offset, made.strides), begin=begin)
    return None
