"""What several statements amount to, as the one formula that a reader would write: the same numbers to the last bit."""

from __future__ import annotations

import copy
import operator
from collections import Counter
from collections.abc import Callable, Collection
from typing import Any

import numpy as np

from .functions import ZEROS
from .values import Statement, Value, mapped
from .views import is_contiguous

_RESHAPES = (np.ndarray.reshape, np.ndarray.squeeze, np.squeeze)


class Formulas:
    """A program's statements with formulas in the place of several.

    statements  in their order
    now         what has become of a value
    origins     by a new statement's identity, the one that it stands for
    """

    def __init__(self, statements: list[Statement], outgoing: Collection[Value]) -> None:
        self.now: dict[Value, Value] = {}
        self.origins: dict[int, Statement] = {}
        self._outgoing = set(outgoing)
        self._uses: Counter[Value] = Counter(value for s in statements for value in s.values())
        self._writes: Counter[Value] = Counter(root for s in statements for root in s.writes)
        self._makers: dict[Value, Statement] = {}
        made: list[Statement] = []
        gone: set[int] = set()
        for s in statements:
            s = self._as_now(s)
            for form in (self._sum, self._product, self._finite, self._reshaped):
                found = form(s)
                if found is not None:
                    function, args, kwargs, instead = found
                    s = self._instead(s, function, args, kwargs)
                    gone.update(map(id, instead))
                    break
            self._makers.update(dict.fromkeys(s.results, s))
            made.append(s)
        self.statements = [s for s in made if id(s) not in gone]

    def _as_now(self, s: Statement) -> Statement:
        if self.now.keys().isdisjoint(s.values()):
            return s
        change: Callable[[Any], Any] = lambda part: self.now.get(part, part) if isinstance(part, Value) else part
        other = self._copied(s)
        other.args, other.kwargs = mapped(s.args, change), mapped(s.kwargs, change)
        return other

    def _copied(self, s: Statement) -> Statement:
        other = copy.copy(s)
        self.origins[id(other)] = self.origins.get(id(s), s)
        return other

    def _instead(self, s: Statement, function: Any, args: Any, kwargs: Any) -> Statement:
        """A statement that makes, by another function, what a statement makes or fills."""
        other = self._copied(s)
        before = s.results[0] if s.results else s.args[0]
        result = self.now[before] = copy.copy(before)
        source = args[0] if function is np.ndarray.reshape else result
        result.root, result.slopes = source.root, list(before.slopes)
        result.scalar = result.scalar or (not result.shape and source is result)
        other.function, other.args, other.kwargs, other.writes = function, args, kwargs, ()
        other.form, other.results = result, [result]
        self._uses[result] = self._uses[before]
        if before in self._outgoing:
            self._outgoing.add(result)
        return other

    def _made_for(self, item: Any) -> Statement | None:
        """What makes a value that only one statement uses, and nothing changes."""
        once = isinstance(item, Value) and self._uses[item] == 1 and item not in self._outgoing
        return self._makers.get(item) if once and not self._writes[item.root] else None

    # ---- each gives the function, its arguments, and the statements in whose place it is ---------------------------

    def _sum(self, s: Statement) -> Any:
        """x.sum(axis=0, keepdims=True).reshape(3) is x.sum(axis=0)."""
        made = self._made_for(s.args[0]) if s.function in _RESHAPES and len(s.results) == 1 else None
        if made is None or getattr(made.function, "__name__", "") != "reduce" or not made.kwargs.get("keepdims"):
            return None
        if type(getattr(made.function, "__self__", None)) is not np.ufunc or "out" in made.kwargs:
            return None
        axis, shape = made.kwargs.get("axis", 0), made.args[0].shape
        axes = range(len(shape)) if axis is None else axis if type(axis) is tuple else (axis,)
        left = tuple([n for k, n in enumerate(shape) if k not in {a % len(shape) for a in axes}])
        if s.results[0].shape != left:
            return None
        return made.function, made.args, {k: v for k, v in made.kwargs.items() if k != "keepdims"}, [made]

    def _product(self, s: Statement) -> Any:
        """(a @ v[..., None])[..., 0] is a @ v."""
        if s.function is not operator.getitem or s.args[1] != (Ellipsis, 0):
            return None
        made = self._made_for(s.args[0])
        if made is None or made.function is not np.matmul or made.kwargs:
            return None
        matrix, column = made.args
        seen = self._makers.get(column) if isinstance(column, Value) else None
        if seen is None or seen.function is not operator.getitem or seen.args[1] != (Ellipsis, None):
            return None
        if not isinstance(matrix, Value) or len(matrix.shape) != 2 or len(seen.args[0].shape) != 1:
            return None
        gone = [made, seen] if self._uses[column] == 1 and column not in self._outgoing else [made]
        return np.matmul, (matrix, seen.args[0]), {}, gone

    def _finite(self, s: Statement) -> Any:
        """Between the least and the largest number is what nan_to_num makes of the infinities."""
        if s.function is not np.minimum or s.kwargs or len(s.results) != 1 or not s.results[0].shape:
            return None
        made = self._made_for(s.args[0])
        if made is None or made.function is not np.maximum or made.kwargs or not isinstance(made.args[0], Value):
            return None
        x, most = made.args[0], np.finfo(made.args[0].dtype).max if made.args[0].dtype.kind == "f" else None
        ends = [_number(made.args[1]), _number(s.args[1])]
        same = most is not None and ends == [-float(most), float(most)] and x.dtype == s.results[0].dtype
        return (np.nan_to_num, (x,), {"nan": np.nan}, [made]) if same else None

    def _reshaped(self, s: Statement) -> Any:
        """Zeros, all of which are filled by x[:, None] = y, are y.reshape(n)."""
        if s.function is not operator.setitem or not isinstance(s.args[2], Value):
            return None
        target, index, given = s.args
        zeros = self._makers.get(target)
        parts = index if type(index) is tuple else (index,)
        if zeros is None or zeros.function not in ZEROS or self._writes[target] > 1 or target.root is not target:
            return None
        if not all(part is None or part is Ellipsis or part == slice(None) for part in parts if not _is_value(part)):
            return None
        if any(map(_is_value, parts)) or np.broadcast_to(np.zeros(()), target.shape)[index].shape != given.shape:
            return None
        fresh = given.kind == "made" and self._uses[given] == 1 and given.root not in {v.root for v in self._outgoing}
        if not fresh or given.dtype != target.dtype or not is_contiguous(given) or self._writes[given.root]:
            return None
        return np.ndarray.reshape, (given, target.shape), {}, [zeros]


def _is_value(item: Any) -> bool:
    return isinstance(item, Value)


def _number(item: Any) -> Any:
    item = item.array if isinstance(item, Value) and item.kind == "constant" and not item.shape else item
    return float(item) if isinstance(item, float | np.floating) or getattr(item, "shape", None) == () else None
