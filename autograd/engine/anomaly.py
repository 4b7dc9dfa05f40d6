"""A checked mode: who first made a NaN or an infinity, and nobody writes into what the backward pass needs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import ContextDecorator
from types import TracebackType
from typing import Any
from weakref import finalize

import numpy as np

from . import versions
from .forking import free, in_each_child
from .modes import mode
from .node import Node
from .place import caller
from .primitive import Primitive
from .sweep import arrays_in
from .tensor import unwrap


class detect_anomaly(ContextDecorator):
    """Within it every operation on Tensors, and every VJP of a backward pass, is checked. Slow; per thread.

    The first NaN or infinity raises a RuntimeError that names the operation, forward or backward, and the line of
    source that called it. An infinity that comes in (a mask of -inf, say) may be passed on, a NaN may not. What the
    backward pass needs is locked until it has run, plain arrays too: to write into it, as in `t.data[0] = 1`, raises
    NumPy's ValueError. What is written all the same, through a view that was there before, the backward pass notices.
    Operations remember the line that called them, which drawings show.

    >>> x = Tensor([1.0, 0.0], requires_grad=True)
    >>> with detect_anomaly(), np.errstate(divide="ignore"):  # doctest: +ELLIPSIS
    ...     np.log(x)
    Traceback (most recent call last):
    RuntimeError: detect_anomaly: log made -inf at index (1,) of its result from finite x (0.0); at ...
    """

    def __init__(self) -> None:
        self.before: list[tuple[Any, Any]] = []

    def __enter__(self) -> None:
        self.before.append((mode.recording, mode.watch))
        mode.watch = _Watch()
        if mode.recording is not False:
            mode.recording = mode.watch

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        mode.recording, mode.watch = self.before.pop()

    def _recreate_cm(self) -> detect_anomaly:
        return detect_anomaly()


class _Watch:
    """What is shown every operation and every VJP."""

    refuses = True  # that a tracked tensor becomes a plain value

    def __call__(
        self, primitive: Primitive, node: Node | None, results: tuple[Any, ...], given: dict[str, Any], listed: Any
    ) -> None:
        """After an operation: check its results, note the source line, lock what was saved."""
        arrays = {name: value for name, value in given.items() if name in primitive.rules}
        arrays |= {f"argument {i}": value for i, value in enumerate(listed)}
        for result in results:
            index = _first_bad(result)
            if index is not None:
                _report_forward(primitive.name, result, index, arrays)
        if node is not None:
            extras, saved = node.more(), list(arrays_in(node.saved))
            extras.source = caller()
            _locks.hold(node, saved)
            extras.sums = tuple(map(versions.checksum, saved))
            versions.suspect()

    def vjp(self, node: Node, parent: Node, rule: Callable[..., Any], g: Any, saved: Any) -> Any:
        """Run one VJP, and check what it gives."""
        part = rule(g, saved)
        for result, arriving in zip(_arrays(part), _arrays(g), strict=False):
            index = _first_bad(result)
            if index is not None:
                _report_backward(node, parent, result, index, arriving, saved)
        return part

    def freed(self, node: Node) -> None:
        """After a node's saved values were freed: they may be written again."""
        _locks.release(node)


class _Locks:
    """Arrays that nodes need, read-only until the last of these nodes is gone or freed."""

    def __init__(self) -> None:
        self.counts = versions.locked
        self.held: dict[int, Any] = {}
        self.waiting: dict[int, list[Any]] = {}  # id of an array that is still locked -> its views that no node needs
        self.lock = threading.RLock()

    def hold(self, node: Node, saved: list[Any]) -> None:
        arrays = []
        with self.lock:
            for array in saved:
                while isinstance(array, np.ndarray):
                    if id(array) in self.counts or (array.flags.writeable and _can_be_unlocked(array)):
                        arrays.append(array)
                    array = array.base
            for array in arrays:
                self.counts[id(array)] = self.counts.get(id(array), 0) + 1
                array.flags.writeable = False
            if arrays:
                self.held[node.order] = finalize(node, self._unlock, arrays, node.order)
                self.held[node.order].atexit = False

    def release(self, node: Node) -> None:
        held = self.held.get(node.order)
        if held is not None:
            held()

    def _unlock(self, arrays: list[Any], order: int) -> None:
        with self.lock:
            self.held.pop(order, None)
            for array in reversed(arrays):  # the owner of the memory before its views
                self.counts[id(array)] -= 1
                if not self.counts[id(array)]:
                    del self.counts[id(array)]
                    self._open(array)

    def _open(self, array: Any) -> None:
        """Let an array be written to again: now, or once the array can be that it is a view of."""
        base = array.base
        if isinstance(base, np.ndarray) and not base.flags.writeable:
            if self._is_locked(base):  # and not read-only by somebody else's will
                self.waiting.setdefault(id(base), []).append(array)
            return
        array.flags.writeable = True
        for view in self.waiting.pop(id(array), ()):
            if id(view) not in self.counts:
                self._open(view)

    def _is_locked(self, array: Any) -> bool:
        while isinstance(array, np.ndarray) and id(array) not in self.counts:
            array = array.base
        return isinstance(array, np.ndarray)


def _can_be_unlocked(array: Any) -> bool:
    """Whether NumPy would let it be written to again: not if the memory is of something that does not say it may be."""
    if array.base is None or isinstance(array.base, np.ndarray):
        return True
    try:
        return not memoryview(array.base).readonly
    except TypeError:
        return False


_locks = _Locks()
in_each_child(lambda: free(_locks.lock))


def _arrays(value: Any) -> tuple[Any, ...]:
    return tuple(map(unwrap, value)) if isinstance(value, tuple | list) else (unwrap(value),)


def _first_bad(value: Any) -> tuple[int, ...] | None:
    """Where the first NaN or infinity is."""
    if value is None or not hasattr(value, "dtype") or value.dtype.kind not in "fc":
        return None
    bad = ~np.isfinite(value)
    return tuple(int(i) for i in np.argwhere(bad)[0]) if bad.any() else None


def _report_forward(name: str, result: Any, index: tuple[int, ...], given: dict[str, Any]) -> None:
    value = result[index]
    came = [(argument, bad) for argument, x in given.items() if (bad := _first_bad(np.asarray(x))) is not None]
    if came:
        if not any(np.isnan(np.asarray(x)).any() for x in given.values()) and not np.isnan(result).any():
            return  # an infinity was given, and passed on
        argument, bad = came[0]
        raise RuntimeError(
            f"detect_anomaly: {name} was given {np.asarray(given[argument])[bad]} at index {bad} of {argument}; "
            f"at {caller()}"
        )
    shown = [
        f"{argument} ({np.asarray(x)[index] if np.shape(x) == result.shape else np.asarray(x).flat[0]})"
        if np.shape(x) in ((), result.shape)
        else f"{argument} of shape {np.shape(x)}"
        for argument, x in given.items()
    ]
    raise RuntimeError(
        f"detect_anomaly: {name} made {value} at index {index} of its result from finite {', '.join(shown)}; "
        f"at {caller()}"
    )


def _report_backward(node: Node, parent: Node, result: Any, index: tuple[int, ...], arriving: Any, saved: Any) -> None:
    """An infinity that was there before, in the gradient or in a saved value, may be passed on; a NaN may not."""
    assert node.plan is not None
    inputs = [k for k, p in zip(node.plan.inputs, node.parents, strict=True) if p is parent]
    line = f"; the operation ran at {node.extras.source}" if node.extras is not None and node.extras.source else ""
    bad = _first_bad(arriving)
    values = [array for value in saved for array in _arrays(value) if _first_bad(array) is not None]
    if (bad is not None or values) and not np.isnan(result).any():
        return
    if bad is not None:
        raise RuntimeError(f"detect_anomaly: the gradient arriving at {node.name} is {arriving[bad]} at {bad}{line}")
    raise RuntimeError(
        f"detect_anomaly: the VJP of {node.name} for {inputs[0]} made {result[index]} at index {index} "
        f"from a finite gradient and {'values that are not finite' if values else 'finite values'}{line}"
    )
