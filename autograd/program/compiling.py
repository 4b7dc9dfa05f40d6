"""`compile`: a function that is traced at its first calls, and from then on runs as a program."""

from __future__ import annotations

import copy
import functools
import os
import threading
import warnings
from collections.abc import Callable
from typing import Any
from weakref import ref

import numpy as np

from ..engine.modes import Changed, mode
from ..engine.tensor import Tensor
from ..transforms.tree import leaves
from . import tracing  # noqa: F401 (it gives a Program its text and its cost)
from .capture import Capture
from .entry import MISS, STALE, Entry
from .interrupts import free_in_children
from .passes import improve
from .places import Surroundings, WeakMethod
from .program import Program
from .signature import difference, signature

MOST = 8
"""How many programs are made of one function; then the engine runs what none of them holds for."""


def compile(fun: Callable[..., Any] | None = None, *, state: Any = ()) -> Any:
    """A function that does what `fun` does, faster: traced once, then run as a program of NumPy's functions.

    fun    a function of arrays, Tensors and containers of them; a whole training step, usually. Also a decorator.
    state  the networks, optimizers and Tensors that it uses and changes; those that its closure and its globals refer
           to are found without

    The first call runs in the engine, where gradients or an optimizer's state are still to be made; then one call is
    traced for each set of shapes, dtypes, layouts, plain values and modes, up to eight. A call that no program holds
    for runs in the engine, and so does all that cannot be traced: `why_not` says what, and where. The results are the
    engine's to the last bit. Random numbers are drawn anew at each call, and learning rates read anew.

    A result that requires a gradient can be differentiated outside, as a compiled network's is, but once: a derivative
    of that derivative (create_graph=True) raises RuntimeError. Transforms such as `grad` of it run `fun` itself.

    >>> w = Tensor([1.0, 2.0], requires_grad=True)
    >>> @compile
    ... def loss(x):
    ...     w.grad = None
    ...     value = ((w * x).sum() - 1) ** 2
    ...     value.backward()
    ...     return value.detach()
    >>> [loss(np.array([1.0, k])) for k in (0.0, 1.0, 2.0)]
    [Tensor(0.), Tensor(4.), Tensor(16.)]
    >>> w.grad, loss.why_not
    (Tensor([ 8., 16.]), None)
    """
    if fun is None:
        return functools.partial(compile, state=state)
    if not callable(fun):
        raise TypeError(f"compile: expected a function, got {type(fun).__name__}")
    return Compiled(fun, state)


class Compiled:
    """What `compile` gives: call it as the function.

    programs  the programs that have been made, the latest first
    why_not   why the engine runs instead, or None
    """

    def __init__(self, fun: Callable[..., Any], state: Any = ()) -> None:
        self._fun = fun
        self._declared = state
        self.why_not: str | None = None
        self._entries: list[Entry] = []
        self._signature: Any = None
        self._warm = False
        self._closed = False
        self.lock = threading.RLock()
        self._runs: int | None = None  # the process that is in a call
        free_in_children(self)
        self._bound: dict[int, Compiled] = {}
        self._of: Any = None  # of a method: a weak reference to its instance
        functools.update_wrapper(self, fun, updated=())

    @property
    def programs(self) -> list[Program]:
        return [entry.program for entry in self._entries]

    @property
    def source(self) -> str:
        """The latest program as text."""
        if not self._entries:
            raise RuntimeError(f"compile: {self._name} has no program yet: {self.why_not or 'call it'}")
        return self._entries[0].program.source

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if (
            mode.trace is not None  # it is a part of what is traced
            or mode.start is not None  # a transform asks for derivatives of any order
            or mode.watch is not None
            or not isinstance(mode.recording, bool)
        ):
            return self._fun(*args, **kwargs)
        with self.lock:
            if self._runs == os.getpid():
                return self._fun(*args, **kwargs)
            self._runs = os.getpid()
            try:
                changed = None
                for i, entry in enumerate(self._entries):
                    try:
                        result = entry.call(args, kwargs)
                        if result is STALE:
                            result = entry.call(args, kwargs) if entry.rebind() else MISS
                    except Changed as error:
                        changed = entry.program.statements[error.args[0]] if error.args else None
                        continue
                    if result is not MISS and result is not STALE:
                        if i:
                            self._entries.insert(0, self._entries.pop(i))
                        return result
                return self._otherwise(args, kwargs, changed)
            finally:
                self._runs = None

    # ---- when no program holds -------------------------------------------------------------------------------------

    def _otherwise(self, args: Any, kwargs: Any, changed: Any) -> Any:
        """Trace the call, or let the engine run it."""
        if self._closed:
            return self._fun(*args, **kwargs)
        around = Surroundings(self._fun, self._declared)
        around.add([leaf for leaf in leaves((args, kwargs)) if not isinstance(leaf, Tensor | np.ndarray)])
        if not self._warm:
            self._warm = True
            if _is_unsettled(around):
                return self._fun(*args, **kwargs)
        now = signature(args, kwargs, around)
        reason = self._reason(now, changed)
        if len(self._entries) >= MOST:
            self._close(f"{MOST} programs were made of it, and another one would be needed because {reason}")
            return self._fun(*args, **kwargs)
        captured = Capture(self._fun, args, kwargs, around, strict=False)
        if captured.why_not is not None:
            self._close(captured.why_not)
            return captured.result
        self._signature = now
        improve(captured.program)
        self._entries.insert(0, Entry(captured, args, kwargs))
        return captured.result

    def _reason(self, now: Any, changed: Any) -> str:
        if changed is not None:
            where = f"{changed.line[0]}:{changed.line[1]}: " if changed.line is not None else ""
            return f"{where}{getattr(changed.function, '__name__', 'a check')} of a value is not {changed.expected!r}"
        return difference(self._signature, now) if self._signature is not None else "it was called first"

    def _close(self, why: str) -> None:
        self._closed = True
        self.why_not = why
        warnings.warn(f"compile: the engine runs {self._name}: {why}", RuntimeWarning, stacklevel=4)

    # ---- Python's --------------------------------------------------------------------------------------------------

    @property
    def _name(self) -> str:
        return str(getattr(self._fun, "__qualname__", type(self._fun).__name__))

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        """A method: each instance has programs of its own, as long as it lives."""
        if instance is None:
            return self
        key = id(instance)
        known = self._bound.get(key)
        if known is None or known._of() is not instance:
            weakly = ref(instance, lambda _: self._bound.pop(key, None))
            known = self._bound[key] = Compiled(WeakMethod(self._fun, weakly), self._declared)
            known._of = weakly
        return known

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "_fun" not in self.__dict__:
            raise AttributeError(name)
        return getattr(self._fun, name)

    def __copy__(self) -> Compiled:
        return Compiled(self._fun, self._declared)

    def __deepcopy__(self, memo: dict[int, Any]) -> Compiled:
        return Compiled(copy.deepcopy(self._fun, memo), copy.deepcopy(self._declared, memo))

    def __reduce__(self) -> Any:
        import sys

        module = sys.modules.get(getattr(self._fun, "__module__", ""))
        if getattr(module, self._name, None) is self:  # a decorated function, which is found by its name
            return self._name
        return Compiled, (self._fun, self._declared)

    def __repr__(self) -> str:
        return f"<compiled {self._name}: {len(self._entries)} programs>"


def _is_unsettled(around: Surroundings) -> bool:
    """Whether gradients or an optimizer's state are still to be made."""
    return any(not hasattr(o, "state") or not o.state for o in around.optimizers) or any(
        tensor._node is not None and tensor._grad is None for tensor, _ in around.tensors.values()
    )
