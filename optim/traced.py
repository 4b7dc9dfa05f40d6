"""A step while it is traced: each parameter by itself, and the numbers that change at each step as Python makes them.

The numbers (learning rates, counts of steps, corrections of a bias) are not the program's: they are worked out anew at
each call, by the optimizer's own `advance`, and put into arrays of one element that the program computes with.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from autograd import Tensor
from autograd.program.current import Changed

from .rows import Lent, Memory, Row, State, Whole, as_row, axes_of, real


class Numbers:
    """What `update` is told at a step, for parameters whose states agree in their numbers.

    Called, it counts the step and gives the numbers, floating ones as arrays of that dtype that stay the same; without
    a dtype all of them as they are. `first` is as a row's, and so is `data`.
    Raises Changed if one is of another kind than when the step was traced: None, say, where it was a number.
    """

    first: bool

    def __init__(self, optimizer: Any, group: State, states: list[State], data: list[Any], dtype: Any) -> None:
        self.__name__ = f"numbers_of_{type(optimizer).__name__}"
        self.optimizer, self.group, self.states = optimizer, group, states
        self.data = data
        self.dtype = dtype
        self.names = [name for name in optimizer.numbers if name in states[0]]
        self.held: list[Any] = []
        self.kinds: list[Any] = []
        self.told: Lent = ()
        self.given: Lent = ()
        self.may_change = not optimizer.steady

    def __call__(self) -> tuple[Any, ...]:
        told = self.optimizer._told(self.group, self)
        if told == self.told:
            return self.given
        if not self.kinds:
            self.kinds = [type(value) for value in told]
            self.held = [np.empty((), self.dtype) if self.dtype is not None else None for _ in told]
        elif self.may_change and self.kinds != [type(value) for value in told]:
            raise Changed  # and what has been counted is undone, as all that the call has changed
        for value, array in zip(told, self.held, strict=True):
            if array is not None and type(value) is float:
                array[...] = value
        self.told = told
        pairs = zip(told, self.held, strict=True)
        self.given = tuple([a if a is not None and type(v) is float else v for v, a in pairs])
        return self.given

    @property
    def numbers(self) -> list[str]:
        return self.names

    def words(self) -> list[str]:
        """What each number that is given is called: as the option that has its value, or as `update` calls it."""
        group, (factor, *told) = self.group, self.told
        options = {value: name for name, value in reversed(group.items()) if type(value) is float}
        kind = type(self.optimizer)
        own = _unpacked(vars(kind).get("_change", kind.update))
        own = own if len(own) == len(told) else ["number"] * len(told)
        names = ["weight_decay" if factor == group.get("weight_decay") else "shrink", *own]
        pairs = [pair for pair in zip(self.told, names, strict=True) if isinstance(pair[0], int | float)]
        return [name if group.get(name) == value else options.get(value, name) for value, name in pairs]

    def agrees(self) -> bool:
        """Whether the numbers of all states still are those of the first, as when the step was traced."""
        for name in self.names:
            value = self.states[0][name]
            for state in self.states:
                if state[name] != value:
                    return False
        return True

    def agree(self) -> None:
        """Bring the numbers of all states to those of the first."""
        for name in self.names:
            value = self.states[0][name]
            for state in self.states:
                state[name] = value

    def undo(self) -> Callable[[], None]:
        """What brings the numbers back to what they are now."""
        kept = [(state, {name: state[name] for name in self.names}) for state in self.states]

        def back() -> None:
            for state, numbers in kept:
                state.update(numbers)

        return back


def is_traced(optimizer: Any, group: State) -> bool:
    """Whether a step is traced; else it is one statement for each parameter, which runs as it does without a trace."""
    if not optimizer.elementwise:
        return all(optimizer.shapes(p.shape) for p in group["params"])
    return all(as_row(p.data, axes_of(p.data)) is not None for p in group["params"] if p.dtype.kind == "c")


class Update:
    """A parameter's update that is no part of a program: called with its array and its gradient, it runs in Python."""

    def __init__(self, optimizer: Any, group: State, kind: Any, p: Tensor) -> None:
        self.__name__ = f"update_of_{type(optimizer).__name__}"
        self.printed_as = not_printed
        self.optimizer, self.group, self.kind = optimizer, group, kind
        self.p = p
        self.row: Row | None = None

    def __call__(self, x: Any, g: Any) -> None:
        optimizer, group = self.optimizer, self.group
        state = optimizer.state[self.p]
        if self.row is None or self.row.data[0] is not x or not self.row.fits({self.row.params[0]: state}):
            own = Tensor(0.0)
            own.data = x
            kind = Row if optimizer.elementwise else Whole
            optimizer._begin(x, state)
            begin = optimizer.start(group)
            self.row = kind([own], [state], begin, optimizer.numbers, optimizer.scratch + 2, Memory())
        factor, *told = self.row.hold(optimizer._told(group, self.row))
        for piece in self.row.take([g]):
            optimizer._change(self.kind, *piece, factor, told)
        self.row.give()

    def undo(self) -> Callable[[], None]:
        """What brings the parameter's state back to what it is now."""
        state = self.optimizer.state[self.p]
        kept = {name: value.copy() if hasattr(value, "copy") else value for name, value in state.items()}

        def back() -> None:
            state.clear()
            state.update(kept)

        return back


def not_printed(x: Any, g: Any) -> None:
    """Stand in a program's text where a parameter is updated in a way that no text says."""
    raise RuntimeError("a printed program cannot take this optimizer's step; call the compiled function")


def update_wholly(optimizer: Any, group: State, kind: Any, trace: Any) -> None:
    """A step as one statement for each parameter."""
    trace.handled(optimizer)
    for p in group["params"]:
        if p.grad is not None and (p.size or optimizer.elementwise):
            trace.update(Update(optimizer, group, kind, p), p.data, p.grad.data)
            p.data = p.data  # it has been written


def traced_pieces(
    optimizer: Any, group: State, trace: Any
) -> Iterator[tuple[Lent, list[tuple[Any, Any, State, Lent, Any]]]]:
    """For parameters whose numbers agree: the numbers, and of each what `update` works on, and itself."""
    trace.handled(optimizer)
    begin = optimizer.start(group)
    new: set[int] = set()
    together: defaultdict[Any, list[Any]] = defaultdict(list)
    for p in group["params"]:
        if p.grad is None or not (p.size or optimizer.elementwise):
            continue
        state = optimizer.state[p]
        for name, value in begin.items():
            if name not in state:
                new.add(id(p))
                state[name] = value if name in optimizer.numbers else np.full_like(trace.arrays(p.data), value)
        together[p.dtype, id(p) in new, *(state[name] for name in optimizer.numbers if name in state)].append(p)
    for params in together.values():
        states = [optimizer.state[p] for p in params]
        dtype = real(np.empty(0, params[0].dtype)).dtype if optimizer.elementwise else None
        numbers = Numbers(optimizer, group, states, [trace.arrays(p.data) for p in params], dtype)
        numbers.first = id(params[0]) in new
        told = trace.outside(numbers)
        if optimizer.steady:  # all but floating numbers are the group's options, which are the program's
            told = [t if type(raw) is float else raw for t, raw in zip(told, numbers.told, strict=True)]
        of = _piece if optimizer.elementwise else _whole
        yield told, [of(optimizer, p, begin, trace) for p in params]


def _piece(optimizer: Any, p: Tensor, begin: State, trace: Any) -> tuple[Any, Any, State, Lent, Any]:
    """What an update of each real number by itself works on: all of a parameter."""
    x, g, state = p.data, _like(p), optimizer.state[p]
    arrays = {name: trace.state(state, name) for name in _arrays(optimizer, begin)}
    if p.dtype.kind == "c":  # as pairs of real numbers, in the order in which they lie
        axes = axes_of(trace.arrays(x))
        x, g, *rest = (real(a.transpose(axes).reshape(-1)) for a in (x, g, *arrays.values()))
        arrays = dict(zip(arrays, rest, strict=True))
    rows = x.strides[-1:] in ((), (x.itemsize,))  # without gaps, to be seen as of any dtype
    scratch = tuple([np.empty_like(x, order="K" if rows else "C") for _ in range(optimizer.scratch + 2)])
    if not x.ndim:  # pieces have axes
        x, g, *rest = (a.reshape(1) for a in (x, g, *arrays.values(), *scratch))
        arrays, scratch = dict(zip(arrays, rest, strict=False)), tuple(rest[len(arrays) :])
    return x, g, arrays, scratch, p


def _whole(optimizer: Any, p: Tensor, begin: State, trace: Any) -> tuple[Any, Any, State, Lent, Any]:
    """What an update of a parameter as a whole works on."""
    x, state = p.data, optimizer.state[p]
    optimizer._begin(trace.arrays(x), state)
    arrays = {name: trace.state(state, name) for name in optimizer.shapes(p.shape)}
    return x, _like(p), arrays, tuple([np.empty_like(x, order="C") for _ in range(optimizer.scratch + 2)]), p


def _like(p: Any) -> Any:
    """A parameter's gradient, in the parameter's dtype."""
    g = p.grad.data
    return g if g.dtype == p.dtype else g.astype(p.dtype, casting="same_kind")


def _unpacked(update: Any) -> list[str]:
    """The names that the numbers have in an `update` that takes them apart in one line, where its text can be found."""
    import ast  # here, for only what is traced needs them
    import inspect
    import textwrap

    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(update)))
    except OSError:  # it was written at a prompt, say
        return []
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and any(
            isinstance(n, ast.Name) and n.id == "numbers" for n in ast.walk(node.value)
        ):
            target = node.targets[0]
            while isinstance(target, ast.Tuple) and any(isinstance(part, ast.Tuple) for part in target.elts):
                target = target.elts[0]
            parts = target.elts if isinstance(target, ast.Tuple) else [target]
            return [part.id for part in parts if isinstance(part, ast.Name)]
    return []


def _arrays(optimizer: Any, begin: State) -> list[str]:
    return [name for name in begin if name not in optimizer.numbers]
