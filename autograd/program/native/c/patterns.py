"""Nests that are better done by functions of their own than by the loops that they are."""

from __future__ import annotations

from dataclasses import dataclass

from ..form import Access, Add, Let, Load, Nest


@dataclass(frozen=True)
class Product:
    """total[i, k] += a[i, j] * b[j, k]: where the first elements are, the strides of both axes, and m, k, n."""

    dtype: str
    a: Access
    b: Access
    total: Access
    steps: tuple[tuple[int, int], ...]
    lengths: tuple[int, int, int]


def product_of(nest: Nest) -> Product | None:
    """The product that a nest adds up, or None."""
    if len(nest.outer) != 2 or len(nest.parts) != 2 or len(nest.parts[0].instructions) != 1:
        return None
    (a,), loop = nest.parts[0].instructions, nest.parts[1].instructions
    if not isinstance(a, Load) or len(loop) != 3:
        return None
    b, times, total = loop
    if not (isinstance(b, Load) and isinstance(times, Let) and isinstance(total, Add)):
        return None
    if times.function != "multiply" or {*times.operands} != {a.made, b.made} or total.operand != times.made:
        return None
    one, other, made = a.access, b.access, total.access
    if one.inner or any(place.index is not None for place in (one, other, made)):
        return None
    for i, j in ((0, 1), (1, 0)):
        if not (other.outer[i] or made.outer[j]):
            steps = (one.outer[i], one.outer[j]), (other.outer[j], other.inner), (made.outer[i], made.inner)
            return Product(a.dtype, one, other, made, steps, (nest.outer[i], nest.outer[j], nest.inner))
    return None
