"""Parameters laid out as rows of numbers: few calls for many small ones, few passes over memory for large ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from autograd import Tensor
from autograd.ops import writable

SMALL = 4096  # elements; up to here it is faster to copy a parameter to others than to update it by itself
BLOCK = 32768  # elements; an update has about five arrays in use, and 5 * 32768 * 4 bytes fit into a second-level cache

State = dict[str, Any]
Lent = tuple[Any, ...]
Piece = tuple[Any, Any, State, tuple[Any, ...]]
"""What an update works on: a part of the parameter, of its gradient, of the arrays of its state, and of scratch."""


class Memory:
    """The memory that all rows of an optimizer work in, one after another; made once."""

    def __init__(self) -> None:
        self.pools: dict[Any, Any] = {}

    def lend(self, what: Any, size: int, like: Any) -> Any:
        """`size` numbers of the dtype and the kind of array of `like`; the same memory for the same `what`."""
        key = what, type(like), like.dtype
        pool = self.pools.get(key)
        if pool is None or pool.size < size:
            pool = self.pools[key] = np.empty(size, dtype=like.dtype, like=like)
        return pool[:size]


class Row:
    """Parameters of one dtype that are updated together, as one row of real numbers.

    Small parameters are copied into the row, and back after the update. A large one that lies in memory without gaps is
    its row itself, in the order in which it lies. The arrays of the states are rows too, of which each parameter's
    state has its part. Complex numbers are pairs of real ones. Rows are cut into pieces that fit into the cache.

    params   the parameters, all with a gradient
    states   their states, whose arrays are taken over; missing ones are made
    begin    what their states are to have: numbers, and for the arrays what to fill them with
    numbers  which of that are numbers; all states agree in them
    """

    def __init__(
        self, params: list[Tensor], states: list[State], begin: State, numbers: Iterable[str], scratch: int,
        memory: Memory,
    ) -> None:  # fmt: skip
        self.params = params
        self.states = states
        self.numbers = [name for name in numbers if name in begin]
        self.data = [writable(p) for p in params]
        self.dtype = self.data[0].dtype
        self.first = not begin.keys() <= states[0].keys()
        self.axes = [axes_of(data) for data in self.data]
        self.size = sum(data.size for data in self.data)
        self.memory = memory
        self.keeps = bool(begin)
        self.held: list[Any] = []
        self.lent: Lent = ()
        self.told: Lent = ()
        for state in states:
            for name in self.numbers:
                state.setdefault(name, begin[name])
        self._lay({name: fill for name, fill in begin.items() if name not in self.numbers}, scratch)

    def _lay(self, fills: Mapping[str, float], scratch: int) -> None:
        like = self.data[0]
        rows = {}
        self.arrays: list[tuple[State, str, Any]] = []
        for name, fill in fills.items():
            row = np.empty(self.size, dtype=self.dtype, like=like)
            rows[name] = real(row)
            rows[name][...] = fill
            for state, part in zip(self.states, self._parts(row), strict=True):
                if name in state:
                    if state[name].shape != part.shape:
                        raise ValueError(
                            f"step: expected {name} of shape {part.shape}, that of its parameter, "
                            f"got {state[name].shape}"
                        )
                    part[...] = state[name]
                state[name] = part
                self.arrays.append((state, name, part))
        x = as_row(like, self.axes[0]) if len(self.data) == 1 and self.size > SMALL else None
        self.copies: list[Any] | None = None
        self.gradients: Any = None
        if x is None:
            x = self.memory.lend("x", self.size, like)
            self.copies = self._parts(x)
            self._lend_gradients()
        x = real(x)
        lent = [self.memory.lend(i, min(x.size, BLOCK), x) for i in range(scratch)]
        self.cuts = [slice(start, min(start + BLOCK, x.size)) for start in range(0, x.size or 1, BLOCK)]
        self.pieces: list[Piece] = [
            (
                x[cut],
                None if self.gradients is None else self.gradient[cut],
                {name: row[cut] for name, row in rows.items()},
                tuple(s[: cut.stop - cut.start] for s in lent),
            )
            for cut in self.cuts
        ]

    def _lend_gradients(self) -> None:
        row = self.memory.lend("g", self.size, self.data[0])
        self.gradient, self.gradients = real(row), self._parts(row)

    def _parts(self, row: Any) -> list[Any]:
        """The row as seen from each parameter: its part, in its shape and order of memory."""
        parts, start = [], 0
        for data, axes in zip(self.data, self.axes, strict=True):
            part = row[start : start + data.size].reshape([data.shape[axis] for axis in axes])
            parts.append(part.transpose(sorted(range(data.ndim), key=axes.__getitem__)))
            start += data.size
        return parts

    def fits(self, states: Mapping[Any, State]) -> bool:
        """Whether parameters and states are still those that the row was laid out for."""
        for p, data in zip(self.params, self.data, strict=True):
            if p.data is not data:
                return False
        for p, state in zip(self.params, self.states, strict=True) if self.keeps else ():
            if states.get(p) is not state:
                return False
        for state, name, part in self.arrays:
            if state.get(name) is not part:
                return False
        for name in self.numbers:
            value = self.states[0][name]
            for state in self.states:
                if state[name] != value:
                    return False
        return True

    def take(self, gradients: list[Any]) -> list[Piece]:
        """The pieces, once the parameters and their gradients are in the row."""
        dtype = self.dtype
        if self.copies is None:
            g = gradients[0] if gradients[0].dtype is dtype else gradients[0].astype(dtype, casting="same_kind")
            flat = as_row(g, self.axes[0])
            if flat is None:
                if self.gradients is None:
                    self._lend_gradients()
                self.gradients[0][...] = g
                flat = self.gradient
            g = real(flat)
            return [(x, g[cut], arrays, s) for cut, (x, _, arrays, s) in zip(self.cuts, self.pieces, strict=True)]
        for part, data in zip(self.copies, self.data, strict=True):
            part[...] = data
        for part, g in zip(self.gradients, gradients, strict=True):
            part[...] = g if g.dtype is dtype else g.astype(dtype, casting="same_kind")
        return self.pieces

    def hold(self, numbers: Lent) -> Lent:
        """The numbers, the floating ones as arrays: NumPy calculates with these in half the time."""
        if numbers != self.lent:
            if not self.held:
                self.held = [np.empty((), self.pieces[0][0].dtype, like=self.data[0]) for _ in numbers]
            for value, array in zip(numbers, self.held, strict=True):
                if type(value) is float:
                    array[...] = value
            self.lent = numbers
            self.told = tuple([a if type(v) is float else v for v, a in zip(numbers, self.held, strict=True)])
        return self.told

    def agree(self) -> None:
        """Bring the numbers of all states to those of the first."""
        for name in self.numbers:
            value = self.states[0][name]
            for state in self.states:
                state[name] = value

    def give(self) -> None:
        """Bring the parameters back, and tell the engine that their arrays were written."""
        if self.copies is not None:
            for data, part in zip(self.data, self.copies, strict=True):
                data[...] = part
        for p, data in zip(self.params, self.data, strict=True):
            p.data = data


class Whole(Row):
    """A parameter whose update needs all of it at once, in its shape. It makes the arrays of its state itself."""

    def _lay(self, fills: Mapping[str, float], scratch: int) -> None:
        data, state = self.data[0], self.states[0]
        self.keeps = True  # what the update makes
        state.update({name: value.copy() for name, value in state.items() if _read_only(value)})
        self.arrays, self.copies = [], None
        lent = [self.memory.lend(i, data.size, data).reshape(data.shape) for i in range(scratch)]
        self.pieces = [(data, None, state, tuple(lent))]
        self.begun = frozenset(state)

    def fits(self, states: Mapping[Any, State]) -> bool:
        """Whether parameter and state are still those, and the state has what it had."""
        return self.begun <= self.states[0].keys() and super().fits(states)

    def hold(self, numbers: Lent) -> Lent:
        """The numbers."""
        return numbers

    def take(self, gradients: list[Any]) -> list[Piece]:
        """The parameter, its gradient, its state and scratch, all in its shape."""
        data, _, state, scratch = self.pieces[0]
        return [(data, gradients[0].astype(self.dtype, casting="same_kind", copy=False), state, scratch)]


def _read_only(value: Any) -> bool:
    return isinstance(value, np.ndarray) and not value.flags.writeable


def axes_of(array: Any) -> list[int]:
    """The axes from the one with the longest strides to that with the shortest."""
    return sorted(range(array.ndim), key=lambda axis: -abs(array.strides[axis]))


def as_row(array: Any, axes: list[int]) -> Any:
    """The array as one axis, in that order of its axes, without a copy; None where that cannot be."""
    turned = array.transpose(axes)
    return turned.reshape(-1) if turned.flags.c_contiguous else None


def real(row: Any) -> Any:
    """A row of complex numbers as one of pairs of real numbers."""
    return row.view(_REAL[row.dtype]) if row.dtype.kind == "c" else row


_REAL = {np.dtype(kind): np.zeros(0, kind).real.dtype for kind in np.typecodes["Complex"]}
