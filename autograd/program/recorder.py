"""What writes a program down: it runs each call of NumPy on the arrays, and notes it as a statement.

What happens while a function is traced is what happens without: the values are those of the call, writes in place are
writes in place. So a trace is also the call itself, and where something cannot be traced the call just goes on.
"""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from weakref import ref

import numpy as np

from ..engine.modes import Untraceable, mode, who_follows
from ..engine.node import Leaf, Node
from ..engine.primitive import Cotangents, needs_of
from ..engine.sweep import _fit, _is_ours
from ..engine.tensor import Tensor, unwrap
from ..transforms.batching.batched import innermost
from .draws import Draws, Seeds
from .frames import inside, runs_outside, runs_rules, scope
from .frames import line as line_of
from .functions import is_hashable, run
from .known import Known
from .rooms import watched
from .standin import Standin
from .values import PLAIN, Exchange, Line, Statement, Value, mapped

_SHAPED = frozenset(
    (np.nonzero, np.flatnonzero, np.argwhere, np.unique, np.unique_all, np.unique_counts, np.unique_inverse,
     np.unique_values, np.extract, np.compress, np.union1d, np.intersect1d, np.setdiff1d, np.setxor1d, np.trim_zeros,
     np.bincount, np.delete, np.repeat, np.ndarray.nonzero, np.ndarray.compress, np.ndarray.repeat)
)  # fmt: skip
"""Functions whose result may have another shape for other values."""


class Recorder:
    """One trace: the statements so far, and what is known of the arrays in them.

    closing  what is called where a value leaves the trace: it ends there, and `why_not` says why
    """

    def __init__(self, closing: Callable[[], None]) -> None:
        self.closing = closing
        self.statements: list[Statement] = []
        self.open = True
        self.why_not: str | None = None
        self.held: list[tuple[dict[Any, Any], Any, Value]] = []  # states, and in which dict they stand
        self.optimizers: list[Any] = []
        self.swept = False  # whether a derivative was asked for
        self.known = Known()
        self._results: dict[int, Value] = {}  # by a node's order
        self._origins: dict[int, tuple[str, Line | None, str | None]] = {}  # by a node's order
        self._of: tuple[str, Line | None, str | None] | None = None
        self._errors: Any = np.geterr()
        self._said: dict[Any, Any] = {}  # lines and scopes, of which many statements have the same
        self._alive: dict[int, Any] = {}  # weak references to the stand-ins

    # ---- values ----------------------------------------------------------------------------------------------------

    def enter(self, kind: str, array: Any, name: str | None = None) -> Standin:
        """A stand-in for an array, or a Python number, that comes from outside."""
        return self._stand(array, self.known.enter(kind, array, name))

    def constant(self, array: Any) -> Any:
        """A stand-in for an array that is the same at each call."""
        if not self.open or type(array) is Standin:
            return array
        return self._stand(array, self.known.constant(array))

    def _stand(self, array: Any, value: Value, base: Any = None) -> Standin:
        made = Standin(self, array, value, base)
        self._alive[id(made)] = ref(made)
        return made

    def noted(self, item: Any) -> Any:
        """Arguments as a statement has them: values for stand-ins and for arrays."""
        return mapped(item, self._noted)

    def _noted(self, item: Any) -> Any:
        if type(item) is not Standin and isinstance(item, Tensor):
            item = item._content
        if type(item) is Standin:
            return item.value
        return self.known.constant(item) if type(item) is np.ndarray else item

    def arrays(self, item: Any) -> Any:
        """Arguments as NumPy gets them now: arrays for stand-ins."""
        return mapped(item, _array_in)

    # ---- statements ------------------------------------------------------------------------------------------------

    def call(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: Any = None, kind: str = "call") -> Any:
        """Run a function of arrays, and write it down."""
        kwargs = {} if kwargs is None else kwargs
        if not self.open:
            return run(function, self.arrays(args), self.arrays(kwargs))
        shaped = function in _SHAPED if kind == "call" and is_hashable(function) else False
        if function is operator.getitem:
            shaped = _has_mask(args[1])
        if function is np.where and len(args) == 1:
            shaped = True
        if shaped and inside():
            raise Untraceable(function)
        result, needs = watched(function, self.arrays(args), self.arrays(kwargs))
        if shaped and function is np.repeat and not isinstance(args[1] if len(args) > 1 else None, Standin):
            shaped = False
        statement = self._note(kind, function, args, kwargs)
        statement.needs = needs
        made = self._result(statement, result, args)
        if shaped:
            self._guard_shapes(made)
        return made

    def write(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: Any, *targets: Any) -> Any:
        """Run a function that changes `targets` in place, and write it down."""
        if not self.open:
            result = function(*self.arrays(args), **self.arrays(kwargs))
            return targets[0] if result is not None and targets else result
        for target in targets:
            array = target._content if isinstance(target, Tensor) else target
            if type(array) is not Standin:
                if inside():
                    raise Untraceable(function)
                self.fail(
                    "a traced value is written into an array of NumPy, which the program could not make anew; make "
                    "that with np.zeros(shape, like=x), or np.zeros_like(x)"
                )
                return self.write(function, args, kwargs, *targets)
        result = function(*self.arrays(args), **self.arrays(kwargs))
        statement = self._note("call", function, args, kwargs)
        statement.writes = tuple(dict.fromkeys(self.noted(target).root for target in targets))
        if result is None:
            return None
        if len(targets) == 1:
            return targets[0]
        return tuple(targets)

    def opaque(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """One statement for all that a function does, which cannot be traced inside.

        It may be only that an array of NumPy was asked for its product with a traced one: with a stand-in in its place,
        it can. Of what is another one for each example of a vmap, that is done example by example.
        """
        if (batch := innermost((args, kwargs))) is not None:
            return batch.opaque(function, *args, **kwargs)
        if self.open and any(type(part) is np.ndarray for part in args):
            before = len(self.statements)
            try:
                return function(*[self.constant(part) if type(part) is np.ndarray else part for part in args], **kwargs)
            except Exception as error:
                if who_follows(error) is not self:
                    raise
                del self.statements[before:]
        made = self.call(function, args, kwargs)
        if self.open and any(item.dtype.kind == "b" for item in _standins((args, kwargs))):
            self._guard_shapes(made)
        return made

    @runs_outside
    def outside(self, function: Callable[..., Any], *args: Any) -> Any:
        """Run Python that is to run as it is at each call, on arrays; what arrays it gives are values."""
        if not self.open:
            return function(*self.arrays(args))
        with _suspended():
            result = function(*self.arrays(args))
        return self._result(self._note("outside", function, unwrap(args), {}), result, ())

    def exchange(self, function: Callable[..., Any], *args: Any) -> Any:
        """The same of what exchanges something with other processes, each of which takes part once for a call."""
        return self.outside(Exchange(function), *args)

    @runs_outside
    def update(self, function: Callable[..., Any], target: Any, *args: Any) -> None:
        """Run Python that is to run as it is at each call, and that changes an array: `target`, its first argument."""
        given = (target, *args)
        if not self.open:
            function(*self.arrays(given))
            return
        with _suspended():
            function(*self.arrays(given))
        statement = self._note("call", function, given, {})
        statement.writes = (self.noted(target).root,)

    def _note(self, kind: str, function: Callable[..., Any], args: Any, kwargs: Any) -> Statement:
        line, module = line_of(sys._getframe(2)), scope()
        line, module = self._said.setdefault(line, line), self._said.setdefault(module, module)
        statement = Statement(kind, function, self.noted(args), self.noted(kwargs), line, module)
        if self._of is not None:
            statement.of = self._of[:2]
            statement.scope = self._of[2]
        errors: Any = np.geterr()
        if errors != self._errors:
            statement.errors = {kind: how for kind, how in errors.items() if how != self._errors[kind]}
        self.statements.append(statement)
        return statement

    def _result(self, statement: Statement, result: Any, args: Any) -> Any:
        if type(result) in (tuple, list) or (isinstance(result, tuple) and hasattr(result, "_fields")):
            made = [self._one(statement, part, args) for part in result]
            statement.form = tuple([part.value if type(part) is Standin else None for part in made])
            return type(result)(*made) if hasattr(result, "_fields") else type(result)(made)
        made_one = self._one(statement, result, args)
        statement.form = made_one.value if type(made_one) is Standin else None
        return made_one

    def _one(self, statement: Statement, result: Any, args: Any) -> Any:
        if result is None or isinstance(result, str | np.dtype):
            return result
        if not isinstance(result, np.ndarray | np.generic | bool | int | float | complex):
            if type(result) in (tuple, list):
                return type(result)([self._one(statement, part, args) for part in result])
            return result
        if isinstance(result, np.ndarray):
            for given in _standins(args):
                if given.array is result:
                    return given
        value = self.known.new("made", result)
        statement.results.append(value)
        base = None
        if isinstance(result, np.ndarray) and result.base is not None:
            base = next((g for g in _standins(args) if g.value.root is value.root), True)
            base = base._base if type(base) is Standin and type(base._base) is Standin else base
        return self._stand(result, value, base)

    # ---- what leaves the trace -------------------------------------------------------------------------------------

    def guard(self, item: Standin, how: Callable[[Any], Any]) -> Any:
        """A value that Python takes: the program holds for calls in which it is the same."""
        found = how(item.array)
        if not self.open:
            return found
        if item.value.kind == "constant":
            return found
        if inside():
            raise Untraceable(how)
        statement = self._note("guard", how, (item,), {})
        statement.expected = found
        return found

    def item(self, item: Standin) -> Any:
        """The one element as a number of Python's, which is a value too."""
        if not self.open or item.value.kind == "constant":
            return _item(item.array)
        if inside():
            raise Untraceable(_item)
        return self.call(_item, (item,))

    def left(self, item: Standin, what: str) -> Any:
        """A value that leaves the trace as an array, say: where that would not be noticed at the next call."""
        if not self.open:
            return item.array
        if inside():
            raise Untraceable(what)
        self.fail(f"a value of shape {item.shape if hasattr(item.array, 'shape') else ()} is made {what}")
        return item.array

    def fail(self, why: str) -> None:
        """End the trace: the call goes on without it, on the arrays themselves."""
        line = line_of(sys._getframe(1))
        where = f"{Path(line[0]).name}:{line[1]}, in {line[2]}: " if line is not None else ""
        self.fail_quietly(where + why)

    def fail_quietly(self, why: str) -> None:
        """The same of what no line is to blame for."""
        if not self.open:
            return
        self.why_not, self.open = why, False
        if mode.trace is self:
            mode.trace = mode.watch = None
            mode.recording = mode.recording is not False
        self.closing()

    def _guard_shapes(self, made: Any) -> None:
        for item in _standins(made):
            statement = self._note("guard", _shape, (item,), {})
            statement.expected = item.shape

    # ---- what the engine asks --------------------------------------------------------------------------------------

    def __call__(self, primitive: Any, node: Node | None, results: Any, given: Any, listed: Any) -> None:
        """After an operation: note where it stands, for what is said of its derivative."""
        if type(results[0]) is Standin and results[0].value.kind == "made":
            results[0].value.operation = primitive.name
        if node is not None:
            self._origins[node.order] = primitive.name, line_of(sys._getframe(1)), scope()
            if type(results[0]) is Standin:
                self._results[node.order] = results[0].value

    @runs_rules
    def vjp(self, node: Node, parent: Node, rule: Callable[..., Any], g: Any, saved: Any) -> Any:
        """Run one derivative rule: traced inside, or where that cannot be as one statement."""
        self.swept = True
        before, self._of = self._of, self._origins.get(node.order, (node.name, None, None))
        try:
            return self._slope(rule(g, saved), parent, node)
        except Exception as error:
            if who_follows(error) is not self:
                raise
            if any(isinstance(part, Tensor) for part in (g if type(g) is Cotangents else (g,))):
                self.fail(f"the derivative of {node.name} cannot be traced where it is recorded itself")
                return rule(g, saved)
            function, values = _whole(node, rule, g, saved)
            if (batch := innermost(values)) is not None:
                return self._slope(batch.opaque(function, *values), parent, node)
            return self._slope(self.call(function, values), parent, node)
        finally:
            self._of = before

    def _slope(self, part: Any, parent: Node, node: Node) -> Any:
        """A rule's result as the gradient of its input, and as the program knows that: for who reads it."""
        if type(part) is not Standin:
            return part
        if part.shape != parent.shape or part.dtype != parent.dtype:
            part = _fit(part, parent, node)
        of = self._results.get(parent.order)
        if isinstance(parent, Leaf) and (tensor := parent.tensor()) is not None and type(tensor._content) is Standin:
            of = tensor._content.value
        if type(part) is Standin and of is not None and part.value.shape == of.shape:
            for value in dict.fromkeys((part.value, part.value.root)):  # which is used where the other is all of it
                if value is not of and (value.shape, value.strides) == (of.shape, part.value.strides):
                    value.slopes.append(of)
        return part

    def into(
        self, function: Callable[..., Any], node: Node, entry: Any, given: tuple[Any, ...]
    ) -> Callable[..., Any] | None:  # fmt: skip
        """What adds a gradient, the first one given, to a sum in place, as one statement; None where it is not to."""
        if entry is None:
            return None
        total = entry[1]
        if type(total) is np.ndarray:  # of constants so far
            if next(_standins(given), None) is None:
                return function
            if _is_ours(total, 1):
                entry[1] = self.call(np.array, (total,))
        if type(entry[1]) is not Standin:
            return None

        def added(total: Any, g: Any, *saved: Any) -> None:
            before, self._of = self._of, self._origins.get(node.order, (node.name, None, None))
            try:
                self.write(function, (total, g, *saved), {}, total)
            finally:
                self._of = before

        return added

    def freed(self, node: Node) -> None:
        """After a node's saved values were freed: what is left of them, for pictures, is not to be watched any more."""
        if hasattr(node, "left"):
            node.left = self.arrays(node.left)
        if node.extras is not None:
            node.extras.given = {}

    def as_array(self, value: Any) -> Any:
        """A scalar as an array of no dimensions."""
        if type(value) is Standin:
            return self.call(np.asarray, (value,))
        return np.asarray(value)

    def copied(self, value: Any, dtype: Any) -> Any:
        """An array of the values of a stand-in, in memory of its own."""
        return self.call(np.array, (value,), {} if dtype is None else {"dtype": np.dtype(dtype)})

    def state(self, holder: dict[Any, Any], key: Any) -> Standin:
        """A stand-in for an array that outlives the call, where it stands in a dict."""
        array = holder[key]
        if (known := self.known.entered(array)) is not None:
            return self._stand(array, known)
        standin = self.enter("state", array, str(key))
        self.held.append((holder, key, standin.value))
        return standin

    def handled(self, optimizer: Any) -> None:
        """Note that an optimizer works out its numbers anew at each call."""
        self.optimizers.append(optimizer)

    def generator(self, rng: Any) -> Any:
        """What draws random numbers within the trace."""
        return rng if type(rng) is Draws else Draws(self, rng)

    def seed(self, seed: Any) -> Any:
        """Seed the generator of those who have none, now and at each call."""
        seed = operator.index(seed) if type(seed) is Standin else seed
        self.outside(Seeds(seed))
        return Draws(self, None)

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Within it this thread's computations are written down."""
        before = mode.trace, mode.watch, mode.recording
        mode.trace = mode.watch = self
        if mode.recording is not False:
            mode.recording = self
        try:
            yield
        finally:
            mode.trace, mode.watch, mode.recording = before

    def still_held(self) -> list[Standin]:
        """The stand-ins that somebody still refers to."""
        return [item for known in list(self._alive.values()) if (item := known()) is not None]


def _whole(node: Node, vjp: Any, g: Any, saved: Any) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    """A rule as it is written, with the values that it asks for."""
    assert node.plan is not None
    rule, names = vjp.__globals__["rule"], node.plan.names
    wanted = [vjp.__globals__["i"] if name == "i" else saved[names.index(name)] for name in needs_of(rule)]
    return rule, (list(g) if type(g) is Cotangents else g, *wanted)


@contextmanager
def _suspended() -> Iterator[None]:
    before = mode.trace, mode.watch, mode.recording
    mode.trace = mode.watch = None
    mode.recording = mode.recording is not False
    try:
        yield
    finally:
        mode.trace, mode.watch, mode.recording = before


def _standins(item: Any) -> Iterator[Standin]:
    if type(item) is Standin:
        yield item
    elif type(item) in PLAIN:
        return
    elif isinstance(item, tuple | list):
        for part in item:
            yield from _standins(part)
    elif type(item) is dict:
        yield from _standins(list(item.values()))


def _has_mask(index: Any) -> bool:
    parts = index if type(index) is tuple else (index,)
    return any(type(part) is Standin and getattr(part.array, "dtype", np.dtype(int)).kind == "b" for part in parts)


def _item(array: Any) -> Any:
    return array.item() if hasattr(array, "dtype") else array


def _shape(array: Any) -> Any:
    return array.shape


def _array_in(item: Any) -> Any:
    if type(item) is not Standin and isinstance(item, Tensor):
        item = item._content
    return item.array if type(item) is Standin else item
