"""`compile`: a function that is traced at its first calls, and from then on runs as a program."""

from __future__ import annotations

import copy
import functools
import threading
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any
from weakref import ref

import numpy as np

from ..engine.forking import free
from ..engine.modes import Changed, mode
from ..engine.tensor import Tensor
from ..transforms.tree import leaves
from . import tracing  # noqa: F401 (it gives a Program its text and its cost)
from .capture import Capture
from .code_numpy import may_fail
from .entry import EXPECTED, FAILED, MISS, STALE, Entry
from .interrupts import free_in_children
from .native import NUMPY, Backend, choose
from .passes import improve
from .places import Surroundings, WeakMethod, is_users
from .profiling import Profile, profile
from .program import Program
from .signature import difference, signature
from .snapshot import as_now, unchanged
from .values import Exchange

MOST = 8
"""How many programs are made of one function; then the engine runs what none of them holds for."""


def compile(fun: Callable[..., Any] | None = None, *, state: Any = (), backend: str = "numpy") -> Any:
    """A function that does what `fun` does, faster: traced once, then run as a program of NumPy's functions.

    fun      a function of arrays, Tensors and containers of them; a whole training step, usually. Also a decorator.
    state    the networks, optimizers and Tensors that it uses and changes; those that its closure and its globals refer
             to are found without
    backend  "numpy", which needs nothing else and gives the engine's results to the last bit; "numba", whose loops do
             elementwise work and sums in machine code: it takes seconds to compile, and rounds otherwise in sums,
             exp, log and tanh; "c", the same through a C compiler, with small products and convolution as well; or
             "auto", the fastest that is installed

    The first call runs in the engine, where gradients or an optimizer's state are still to be made; then one call is
    traced for each set of shapes, dtypes, layouts, plain values and modes, up to eight. A call that no program holds
    for runs in the engine, and so does all that cannot be traced: `why_not` says what, and where. Random numbers are
    drawn anew at each call, and learning rates read anew.

    A result that requires a gradient can be differentiated outside, as a compiled network's is, but once: a derivative
    of that derivative (create_graph=True) raises RuntimeError. Transforms such as `grad` of it run `fun` itself.

    Raises ImportError for a backend that is not installed, ValueError for one that there is not.

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
        return functools.partial(compile, state=state, backend=backend)
    if not callable(fun):
        raise TypeError(f"compile: expected a function, got {type(fun).__name__}")
    return Compiled(fun, state, choose(backend))


class Compiled:
    """What `compile` gives: call it as the function.

    programs  the programs that have been made, the latest first
    why_not   why the engine runs instead, or None
    backend   what runs the programs, and why that
    """

    def __init__(self, fun: Callable[..., Any], state: Any = (), backend: Backend = NUMPY) -> None:
        self._fun = fun
        self.backend = backend
        self._declared = state
        self.why_not: str | None = None
        self._entries: list[Entry] = []
        self._signature: Any = None
        self._warm = False
        self._closed = False
        self.lock = threading.RLock()
        self._busy = False
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

    def profile(self, *args: Any, calls: int = 20, **kwargs: Any) -> Profile:
        """How long each line of the printed program takes for arguments like these, and how many bytes it moves.

        calls  of which the median is taken. Parameters, optimizers and generators are then as they were before.

        Raises RuntimeError where the engine runs the function.
        """
        around = Surroundings(self._fun, self._declared)
        around.add([leaf for leaf in leaves((args, kwargs)) if not isinstance(leaf, Tensor | np.ndarray)])
        with self.lock, unchanged(around, args, kwargs):
            for _ in range(3):  # one for the engine to make what is not there, one to trace, and one that runs
                self(*args, **kwargs)
            if not self._entries or self._closed:
                raise RuntimeError(f"profile: the engine runs {self._name}: {self.why_not}")
            return profile(self._entries[0], lambda: self(*args, **kwargs), self.backend.name, calls)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        # a transform asks for derivatives of any order; who watches, as a trace does, is shown every operation; and a
        # program is of arrays, not of what stands in a vmap for all examples
        watched = mode.start is not None or mode.watch is not None or mode.batch is not None
        if watched or (self._closed and not self._entries):
            return self._fun(*args, **kwargs)
        with self.lock:
            if self._busy:  # it calls itself
                return self._fun(*args, **kwargs)
            self._busy = True
            try:
                if self._entries:
                    try:
                        result = self._entries[0].call(args, kwargs)
                    except EXPECTED:
                        result = FAILED
                    if result is FAILED:
                        return self._fun(*args, **kwargs)
                    if result is not MISS and result is not STALE:
                        return result
                return self._search(args, kwargs)
            except Changed as error:
                return self._search(args, kwargs, error)
            finally:
                self._busy = False

    def _search(self, args: Any, kwargs: Any, error: Changed | None = None) -> Any:
        """Call the program that holds, if one does; `error` is what the first one raised, if it did."""
        changed = None if error is None else self._said(self._entries[0], error)
        for i, entry in enumerate(self._entries):
            if i == 0 and error is not None:
                continue
            try:
                result = entry.call(args, kwargs)
                if result is STALE and entry.rebind():
                    result = entry.call(args, kwargs)
            except Changed as other:
                changed = self._said(entry, other)
                continue
            except EXPECTED:
                result = FAILED
            if result is FAILED:
                return self._fun(*args, **kwargs)
            if result is not MISS and result is not STALE:
                self._entries.insert(0, self._entries.pop(i))
                return result
        return self._otherwise(args, kwargs, changed)

    @staticmethod
    def _said(entry: Entry, error: Changed) -> Any:
        """The statement that says that a program does not hold."""
        return entry.code.program.statements[error.args[0]] if error.args else None

    def renew(self) -> None:
        """Begin anew in a forked child, where the thread that was in a call does not go on."""
        free(self.lock)
        self._busy = False

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
            if changed is not None and changed.function in (float, complex):
                reason += "; .item() and NumPy's functions keep a number in the program, float() and math's take it out"
                self._entries = [entry for entry in self._entries if not _takes_numbers(entry.program)]
            self._close(f"{MOST} programs were made of it, and another one would be needed because {reason}")
            return self._fun(*args, **kwargs)
        for optimizer in around.optimizers:
            if hasattr(optimizer, "lay"):
                optimizer.lay()
        failed: Exception | None = None
        back = as_now(around, args, kwargs)
        try:
            captured = Capture(self._fun, args, kwargs, around, False, self.backend)
        except (TypeError, AttributeError) as error:  # by code that asks what stands for an array or a number for more
            failed = error
            back()
        if failed is not None:
            result = self._fun(*args, **kwargs)  # or it raises an error of its own
            self._close(f"{_place_of(failed)}the trace ends with {type(failed).__name__}: {failed}")
            return result
        if captured.why_not is not None:
            self._close(captured.why_not)
            return captured.result
        self._signature = now
        improve(captured.program)
        if (late := _fails_after_exchange(captured.program)) is not None:
            self._close(late)
            return captured.result
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
            known = self._bound[key] = Compiled(WeakMethod(self._fun, weakly), self._declared, self.backend)
            known._of = weakly
        return known

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "_fun" not in self.__dict__:
            raise AttributeError(name)
        return getattr(self._fun, name)

    def __copy__(self) -> Compiled:
        return Compiled(self._fun, self._declared, self.backend)

    def __deepcopy__(self, memo: dict[int, Any]) -> Compiled:
        return Compiled(copy.deepcopy(self._fun, memo), copy.deepcopy(self._declared, memo), self.backend)

    def __reduce__(self) -> Any:
        import sys

        module = sys.modules.get(getattr(self._fun, "__module__", ""))
        if getattr(module, self._name, None) is self:  # a decorated function, which is found by its name
            return self._name
        return Compiled, (self._fun, self._declared, self.backend)

    def __repr__(self) -> str:
        return f"<compiled {self._name}: {len(self._entries)} programs>"


def _place_of(error: Exception) -> str:
    """The user's line in which an error was raised, or that called what raised it."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if is_users(f.filename)]
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}, in {frames[-1].name}: " if frames else ""


def _takes_numbers(program: Program) -> bool:
    """Whether it holds for one value of a number only."""
    return any(s.kind == "guard" and s.function in (float, complex) for s in program.statements)


def _fails_after_exchange(program: Program) -> str | None:
    """Why ranks could come apart: one whose program turns out not to hold would exchange once more what others had.

    What depends on nothing but exchanges and states is the same on all ranks, and decides for all of them.
    """
    begun = False
    own = {value.root for value in program.inputs}  # and all that is computed from it on this rank alone
    for s in program.statements:
        is_own = s.kind == "draw" or any(value.root in own for value in s.values())
        if isinstance(s.function, Exchange):
            begun = True
        elif is_own:
            if begun and may_fail(s):
                where = f"{Path(s.line[0]).name}:{s.line[1]}, in {s.line[2]}: " if s.line is not None else ""
                what = getattr(s.function, "__name__", type(s.function).__name__)
                return f"{where}{what} of this rank's values decides after an exchange whether the program holds"
            own.update(value.root for value in (*s.results, *s.writes))
    return None


def _is_unsettled(around: Surroundings) -> bool:
    """Whether gradients or an optimizer's state are still to be made."""
    return any(not hasattr(o, "state") or not o.state for o in around.optimizers) or any(
        tensor._node is not None and tensor._grad is None for tensor, _ in around.tensors.values()
    )
