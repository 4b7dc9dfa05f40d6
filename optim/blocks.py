"""A parameter cut into blocks that fit into the cache, so that an update of many passes reads memory once."""

from __future__ import annotations

from typing import Any

import numpy as np

BLOCK = 32768  # elements; an update has about five arrays in use, and 5 * 32768 * 4 bytes fit into a second-level cache


class Scratch:
    """The memory that updates work in: `count` arrays, made once and lent to one block after another."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.pools: dict[Any, Any] = {}

    def rows(self, size: int, like: Any) -> Any:
        """An array (count, size) of the real dtype and the kind of array of `like`."""
        key = type(like), like.dtype
        pool = self.pools.get(key)
        if pool is None or pool.shape[1] < size:
            pool = self.pools[key] = np.empty((self.count, size), dtype=like.dtype, like=like)
        return pool[:, :size]

    def lend(self, block: Any) -> tuple[Any, ...]:
        """`count` arrays of the shape of `block`."""
        return tuple(row.reshape(block.shape) for row in self.rows(block.size, block))


class Blocks:
    """The views of one parameter's array, of its state and of scratch memory that an update goes through in turn.

    A parameter of at most BLOCK elements is one block, as it is. A larger one is seen as one axis, in the order in
    which it lies in memory, and cut. Of a complex one the real and the imaginary parts are blocks, so that an update
    always works on real numbers.
    """

    def __init__(self, data: Any, state: dict[str, Any], scratch: Scratch, cut: bool) -> None:
        self.data = data
        self.arrays = {name: value for name, value in state.items() if hasattr(value, "shape")}
        self.axes = sorted(range(data.ndim), key=lambda axis: -abs(data.strides[axis]))
        self.buffer: Any = None  # a gradient in the order of `data`, where it comes in another one
        self.flat = cut and data.size > BLOCK
        self.views: list[tuple[Any, Any, dict[str, Any], tuple[Any, ...]]] = []
        parts = [("real",), ("imag",)] if data.dtype.kind == "c" else [()]
        self.whole = not self.flat and len(parts) == 1
        if self.whole:
            self.views = [(data, None, state, scratch.lend(data))]
            return
        if self.flat and any(self._flatten(array) is None for array in (data, *self.arrays.values())):
            self.flat = False  # some of it lies scattered in memory: slower, as one block
        for part in parts:
            x, arrays = self._part(data, part), {name: self._part(a, part) for name, a in self.arrays.items()}
            for start in range(0, x.size, BLOCK) if self.flat else (None,):
                piece = ... if start is None else slice(start, start + BLOCK)
                views = {name: array[piece] for name, array in arrays.items()}
                self.views.append((x[piece], (part, piece), views, scratch.lend(x[piece])))

    def fit(self, data: Any, state: dict[str, Any]) -> bool:
        """Whether these are still views of that array and that state."""
        if self.whole:
            return self.data is data and self.views[0][2] is state
        return (
            self.data is data
            and self.arrays.keys() <= state.keys()
            and all(self.arrays.get(name) is value for name, value in state.items() if hasattr(value, "shape"))
        )

    def with_gradient(self, gradient: Any) -> list[tuple[Any, Any, dict[str, Any], tuple[Any, ...]]]:
        """(parameter, gradient, state, scratch) of each block."""
        if gradient.dtype != self.data.dtype:
            gradient = gradient.astype(self.data.dtype, casting="same_kind")
        if self.whole:
            x, _, state, scratch = self.views[0]
            return [(x, gradient, state, scratch)]
        if self.flat and self._flatten(gradient) is None:
            if self.buffer is None:
                self.buffer = np.empty_like(self.data)
            np.copyto(self.buffer, gradient)
            gradient = self.buffer
        parts = {part: self._part(gradient, part) for part in {key[0] for _, key, _, _ in self.views}}
        return [(x, parts[part][piece], state, scratch) for x, (part, piece), state, scratch in self.views]

    def _part(self, array: Any, part: tuple[str, ...]) -> Any:
        if self.flat:
            array = self._flatten(array)
        return getattr(array, part[0]) if part else array

    def _flatten(self, array: Any) -> Any:
        """The array as one axis in the memory order of the parameter, without a copy; None where that cannot be."""
        turned = array.transpose(self.axes)
        return turned.reshape(-1) if turned.flags.c_contiguous else None
