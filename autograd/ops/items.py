"""Whether an augmented assignment is that of an item, `t[i] += v`.

Python then takes out the item, adds to it, and assigns it to t[i] in a moment: nothing else need be told of it before.
It has no name, so it is known by how seldom it is referred to and by the instruction that follows. What is not known
as an item is told to all that share its memory: that is right in any case, and takes longer.
"""

from __future__ import annotations

import sys
from opcode import opmap
from types import FrameType
from typing import Any


def is_item(references: int, frame: FrameType) -> bool:
    """Whether what is referred to so often in `augment` is an item that the user's frame is about to assign."""
    if references > _ITEM:
        return False
    code, at = frame.f_code.co_code, frame.f_lasti
    if code[at] != opmap["BINARY_OP"]:  # a call of operator.iadd
        return False
    at += 2
    while code[at] in _BETWEEN:
        at += 2
    return code[at] in _STORES


_BETWEEN = {opmap[name] for name in ("CACHE", "SWAP", "EXTENDED_ARG")}
_STORES = {opmap[name] for name in ("STORE_SUBSCR", "STORE_SLICE") if name in opmap}


def _references() -> int:
    """How often the item in `t[i] += v`, which has no name, is referred to in `augment`; -1 where one with a name may
    be as often. Pythons differ in what they count, and count otherwise once code has been run some times."""
    seen: list[int] = []

    def augment(self: Any, operator: Any, other: Any) -> Any:
        seen.append(sys.getrefcount(self))
        return self

    class Item:
        __iadd__ = lambda self, other: augment(self, None, other)

    class Whole:
        __getitem__ = lambda self, index: Item()
        __setitem__ = lambda self, index, value: None

    whole, item = Whole(), Item()
    for _ in range(50):
        whole[0] += 1
        item += 1
    most, least = max(seen[::2]), min(seen[1::2])
    return most if most < least else -1


_ITEM = _references()
