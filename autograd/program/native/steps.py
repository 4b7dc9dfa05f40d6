"""Statements as steps over memory: a function of elements, and where in memory each operand and the result lies.

Views are gone in a step: what a statement sees through reshape, transpose and indices is an offset and strides. These
are found by doing the same to an array of the same layout, of which nothing is read.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..functions import run
from ..memory import is_dense
from ..values import Statement, Value, mapped
from .form import Number

DTYPES = frozenset(("float32", "float64", "bool", "int64", "int32"))


@functools.lru_cache(maxsize=256)
def name_of(dtype: np.dtype[Any]) -> str:
    """What a dtype is called: NumPy puts the name together anew each time it is asked."""
    return dtype.name


@dataclass(frozen=True)
class Ref:
    """Elements of the memory of `base`, one for each step of loops: the offset of the first one, and a stride a loop.

    index  of elements that integers name along one axis: where these are, how many there are, and the stride
    """

    base: Value
    offset: int
    strides: tuple[int, ...]
    index: tuple[Ref, int, int] | None = None


Item = Ref | Number


@dataclass(eq=False)
class Step:
    """target = function(*operands), element by element over `shape`.

    function  of form.FUNCTIONS, or "copy"
    reads     the dtype in which the operands are taken
    dtype     of what the function gives
    target    where that is put; with stride 0 along what is collected
    collect   "add", "maximum" or "minimum": over the loops along which the target has stride 0
    begin     of a product, what it is added to, if that is not 0

    It is never changed: another one is made.
    """

    shape: tuple[int, ...]
    function: str
    operands: tuple[Item, ...]
    reads: str
    dtype: str
    target: Ref
    collect: str | None = None
    begin: Ref | None = None

    @functools.cached_property
    def reading(self) -> tuple[Ref, ...]:
        """What is read."""
        found = []
        for item in self.operands:
            if isinstance(item, Ref):
                found.append(item)
                if item.index is not None:
                    found.append(item.index[0])
        if self.target.index is not None:
            found.append(self.target.index[0])
        if self.begin is not None:
            found.append(self.begin)
        return tuple(found)

    @functools.cached_property
    def touching(self) -> tuple[Ref, ...]:
        """What is read or written."""
        return (*self.reading, self.target)

    @functools.cached_property
    def bases(self) -> frozenset[Value]:
        """In whose memory that is."""
        return frozenset([ref.base for ref in self.touching])

    @functools.cached_property
    def roots(self) -> frozenset[Value]:
        return frozenset([base.root for base in self.bases])

    @functools.cached_property
    def is_product(self) -> bool:
        """Whether it is a product of matrices: a backend does better than the loops that it is."""
        refs = [item for item in self.operands if isinstance(item, Ref)]
        if self.collect != "add" or self.function != "multiply" or len(refs) != 2:
            return False
        loops = zip(refs[0].strides, refs[1].strides, self.target.strides, strict=True)
        return any(made and not (a and b) for a, b, made in loops)

    @functools.cached_property
    def bound(self) -> int:
        """Of a step that is about one element of each row, which an index names: how many a row has; else 0."""
        refs = (item for item in (*self.operands, self.target) if isinstance(item, Ref))
        return max([ref.index[1] for ref in refs if ref.index is not None], default=0)

    def changed(self, shape: tuple[int, ...], change: Callable[[tuple[int, ...]], tuple[int, ...]]) -> Step:
        """The same over other loops: `change` gives the strides of these."""

        def of(item: Any) -> Any:
            if not isinstance(item, Ref):
                return item
            index = None if item.index is None else (of(item.index[0]), *item.index[1:])
            return Ref(item.base, item.offset, change(item.strides), index)

        return Step(
            shape, self.function, tuple([of(item) for item in self.operands]), self.reads, self.dtype,
            of(self.target), self.collect, of(self.begin),
        )  # fmt: skip


@dataclass
class Memory:
    """Where the values of a program lie in the memory of others.

    written   the roots that any statement changes: of constants only others count as numbers
    products  products of matrices are steps, too, if they have at most so many multiplications
    """

    written: set[Value] = field(default_factory=set)
    products: int = 0
    _arrays: dict[Value, Any] = field(default_factory=dict)
    _bases: dict[Value, Value] = field(default_factory=dict)
    _addresses: dict[Value, int] = field(default_factory=dict)
    _numbers: dict[Value, Number | None] = field(default_factory=dict)

    def base(self, value: Value) -> Value | None:
        """The value whose memory a value lies in: None of one that is not told."""
        if value in self._bases:
            return self._bases[value]
        if value.root is value or value.kind != "made":
            return value
        return None

    def see(self, statement: Statement) -> None:
        """Take note of a view."""
        (result,) = statement.results
        source = next(iter(statement.values()), None)
        base = None if source is None else self.base(source)
        if base is None or source is None or len({*statement.values()}) > 1 or self.array(source) is None:
            return  # where it lies is computed at each call, if anything else is a value
        given = lambda item: self.array(item) if isinstance(item, Value) else item
        made = run(statement.function, mapped(statement.args, given), mapped(statement.kwargs, given))
        if isinstance(made, np.ndarray) and made.dtype == base.dtype and np.may_share_memory(made, self.array(base)):
            self._arrays[result], self._bases[result] = made, base

    def array(self, value: Value) -> Any:
        """An array of a value's layout, of which nothing may be read; None if it has none without gaps."""
        if value not in self._arrays:
            base = self.base(value)
            if base is not value or not is_dense(value) or not value.size:
                return None
            if name_of(value.dtype) not in DTYPES or not value.dtype.isnative:
                return None
            memory = np.empty(value.nbytes, np.uint8)
            self._arrays[value] = np.ndarray(value.shape, value.dtype, memory, 0, value.strides or None)
        return self._arrays[value]

    def ref(self, value: Value, shape: tuple[int, ...]) -> Ref | None:
        """A value's elements for each step of loops of a shape that it is broadcast to."""
        array = self.array(value)
        if array is not None and array.shape != shape:
            more = array.ndim - len(shape)  # of size 1: an assignment takes them
            array = np.broadcast_to(array[(0,) * more + (...,)] if more > 0 else array, shape)
        return None if array is None else self.within(self._bases.get(value, value), array)

    def within(self, base: Value, array: Any) -> Ref:
        """The elements of an array that lies in the memory of a base's."""
        size, start = base.dtype.itemsize, _address(array) - self._address(base)
        if array.size and not 0 <= start < base.nbytes:
            raise RuntimeError("a view that lies in other memory than its base")
        return Ref(base, start // size, tuple([stride // size for stride in array.strides]))

    def _address(self, base: Value) -> int:
        if base not in self._addresses:
            self._addresses[base] = _address(self.array(base))
        return self._addresses[base]

    def item(self, item: Any, shape: tuple[int, ...]) -> Item | None:
        """An operand: a number, where it is the same at each call and everywhere."""
        if not isinstance(item, Value):
            if isinstance(item, bool | int | float):
                return Number(item)
            if isinstance(item, np.generic) and name_of(item.dtype) in DTYPES:
                return Number(item.item())
            return None
        if item.kind == "constant" and item.root not in self.written:
            if item not in self._numbers:
                self._numbers[item] = uniform(item.array)
            if (number := self._numbers[item]) is not None:
                return number
        return self.ref(item, shape)


def uniform(array: Any) -> Number | None:
    """The number that an array is everywhere."""
    if not hasattr(array, "dtype"):
        return Number(array) if isinstance(array, bool | int | float) else None
    if name_of(array.dtype) not in DTYPES or not array.size:
        return None
    first = array.reshape(-1)[0]
    if array.size > 1 and not ((array == first) & (np.signbit(array) == np.signbit(first))).all():
        return None
    return Number(first.item())


def _address(array: Any) -> int:
    address: int = array.__array_interface__["data"][0]
    return address


def arrange(step: Step) -> Step:
    """The step with the loops in the order of memory, those of length 1 left out, and neighbours as one where they are.

    The order is that of the target's memory; of what is collected, that of the largest operand's.
    """
    strides = step.target.strides
    if step.collect is not None:
        strides = max((item.strides for item in step.operands if isinstance(item, Ref)), key=_reach, default=strides)
    kept = [axis for axis, n in enumerate(step.shape) if n != 1]
    kept.sort(key=lambda axis: -abs(strides[axis]) or 1)
    step = step.changed(tuple([step.shape[axis] for axis in kept]), lambda s: tuple([s[axis] for axis in kept]))
    return join(step, len(step.shape))


def _reach(strides: Sequence[int]) -> int:
    return sum(map(bool, strides))


def join(step: Step, until: int) -> Step:
    """The step with those neighbours among its first loops as one that follow each other in all memory."""
    runs = runs_of(step.shape, step.touching, until)
    return step.changed(
        tuple([math.prod(step.shape[a:b]) for a, b in runs]), lambda s: tuple([s[b - 1] for _, b in runs])
    )


def runs_of(shape: tuple[int, ...], refs: Sequence[Ref], until: int) -> list[tuple[int, int]]:
    """Which loops may be one, as (first, beyond); from `until` on each stays by itself."""
    runs: list[tuple[int, int]] = []
    for axis in range(len(shape)):
        if runs and axis < until and all(r.strides[axis - 1] == r.strides[axis] * shape[axis] for r in refs):
            runs[-1] = runs[-1][0], axis + 1
        else:
            runs.append((axis, axis + 1))
    return runs


def split(step: Step, shape: tuple[int, ...]) -> Step:
    """The step over loops of a finer shape: each of its loops as several."""
    if step.shape == shape:
        return step
    parts: list[list[int]] = []
    rest = list(shape)
    for n in step.shape:
        part: list[int] = []
        while math.prod(part) < n:
            part.append(rest.pop(0))
        parts.append(part)

    def change(strides: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(
            [
                stride * math.prod(part[k + 1 :])
                for stride, part in zip(strides, parts, strict=True)
                for k in range(len(part))
            ]
        )

    return step.changed(shape, change)


def common(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...] | None:
    """The coarsest shape that both can be split into; None if there is none."""
    left, right, made = list(a), list(b), []
    while left and right:
        x, y = left.pop(), right.pop()
        n = min(x, y)
        if x % n or y % n:
            return None
        made.append(n)
        if x > n:
            left.append(x // n)
        if y > n:
            right.append(y // n)
    return None if left or right else tuple(reversed(made))
