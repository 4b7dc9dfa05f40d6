"""What stands in a printed program for itself: numbers, dtypes, arrays."""

from __future__ import annotations

from typing import Any

import numpy as np


class Text(str):
    """An expression, and how strongly its outermost operator binds."""

    binds: int

    def __new__(cls, text: str, binds: int = 9) -> Text:
        made = super().__new__(cls, text)
        made.binds = binds
        return made

    def within(self, binds: int) -> str:
        """In brackets where it stands beside an operator that binds as much."""
        return self if self.binds >= binds else f"({self})"


def literal(item: Any) -> Text:
    if isinstance(item, np.dtype):
        return Text(dtype_text(item))
    if isinstance(item, type) and issubclass(item, np.generic | np.ndarray):
        return Text(f"np.{item.__name__}")
    if isinstance(item, type) and item.__module__ == "builtins":
        return Text(item.__name__)
    if isinstance(item, np.floating):
        return Text(f"np.{type(item).__name__}({number(item)})")
    if isinstance(item, np.generic):
        return Text(f"np.{type(item).__name__}({numbers_text(item.item())})")
    if type(item) is float:
        return number(item)
    if item is np._NoValue:  # what NumPy takes for an argument that is not given
        return Text("np._NoValue")
    text = "..." if item is Ellipsis else numbers_text(item)
    return Text(text, 7 if text.startswith("-") else 9)


def number(item: Any) -> Text:
    """A floating-point number: as a fraction of small numbers, where that is the same and shorter."""
    text = str(item)
    if len(text) > _LONG and abs(item) < _SMALL:
        for below in range(2, _SMALL):
            above = round(float(item) * below)
            if 0 < abs(above) < _SMALL and type(item)(above / below) == item:
                return Text(f"{above} / {below}", 6)
    return Text(_number(text), 7 if text.startswith("-") else 9)


_LONG, _SMALL = 10, 100


def _number(text: str) -> str:
    return {"inf": "np.inf", "-inf": "-np.inf", "nan": "np.nan"}.get(text, text)


def numbers_text(item: Any) -> str:
    """Python's numbers, and lists of them, as an expression, those among them that have no literal."""
    if isinstance(item, list):
        return f"[{', '.join(map(numbers_text, item))}]"
    if isinstance(item, complex) and not np.isfinite(item):
        return f"complex({numbers_text(item.real)}, {numbers_text(item.imag)})"
    return _number(repr(item))


def dtype_text(dtype: Any) -> str:
    return f"np.{dtype.name}" if dtype.name != "bool" else "bool"


def _triangle(array: Any) -> str | None:
    """A matrix that is the same number above or below its diagonal, and zero elsewhere."""
    for name, k in (("triu", 1), ("tril", 0)):
        where = getattr(np, name)(np.ones(array.shape, bool), k)
        if not where.any() or where.all() or array[~where].any() or np.signbit(array[~where].astype(float)).any():
            continue
        if (array[where] == (first := array[where][0])).all():
            return f"np.{name}({array_text(np.full(array.shape, first, array.dtype))}, {k})"
    return None


def array_text(array: Any) -> str:
    """An array as an expression."""
    if not array.size:
        return f"np.zeros({array.shape!r}, {dtype_text(array.dtype)})"
    dtype = dtype_text(array.dtype)
    if array.size and (array == array.flat[0]).all() and array.dtype.kind != "c":
        first = array.flat[0]
        if first in (0, 1) and not np.signbit(first):
            shape = array.shape[0] if array.ndim == 1 else array.shape
            kind = "" if array.dtype == np.dtype(float) else f", {dtype}"
            return f"np.{'ones' if first else 'zeros'}({shape!r}{kind})"
        shape = array.shape[0] if array.ndim == 1 else array.shape
        return f"np.full({shape!r}, {_number(str(first))}, {dtype})"
    if array.ndim == 2 and array.size > 1 and array.dtype.kind in "fb" and (text := _triangle(array)):
        return text
    if array.ndim == 1 and array.dtype.kind == "i" and (array == np.arange(array.size)).all():
        return f"np.arange({array.size})" if array.dtype == np.dtype(int) else f"np.arange({array.size}, dtype={dtype})"
    return f"np.array({numbers_text(array.tolist())}, {dtype})"
