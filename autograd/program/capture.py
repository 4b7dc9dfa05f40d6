"""One call of a function, traced: stand-ins put in, and taken out again."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ..engine.modes import mode
from ..engine.node import tick
from ..engine.tensor import Tensor
from ..random import generator_of
from ..transforms.checkpoint import stand_in
from ..transforms.tree import leaves, rebuild
from .containers import Containers
from .draws import Draw, Draws
from .joined import Backward, join, trace_backward
from .leaks import put_back
from .naming import argument_names, identifier
from .native import NUMPY, Backend
from .places import Place, Surroundings, hooks_of
from .program import Program
from .recorder import Recorder
from .standin import Standin
from .values import Value


class Given:
    """A Tensor of the result: how it is made of its value."""

    __slots__ = ("is_live", "node", "tensor", "value")

    def __init__(self, tensor: Tensor, value: Value) -> None:
        self.tensor = id(tensor)
        self.value = value
        self.node = tensor._node
        self.is_live = self.node is not None and (self.node.plan is None or self.node.saved is not None)


class Capture:
    """A call of `function` that writes down its program.

    result    what the call gave
    program   what was written down
    why_not   why the program does not stand for the function, or None
    inputs    of each leaf of the arguments its value, or None of one that counts as it is
    form      the result: a Value, a Given, or something that counts as it is, in its containers
    states    where the array of each state is, and its value
    constants the arrays that count as they are, and that others have as well, with their bytes
    asked     whether it may depend on it which Tensors have a gradient
    required  of each Tensor that is not an argument, whether it required a gradient, its hooks, and its name
    needing   by an argument's identity: whether it required a gradient before the call
    turned    the arguments of which the call changed that
    """

    def __init__(
        self, function: Callable[..., Any], args: Any, kwargs: Any, around: Surroundings, strict: bool,
        backend: Backend = NUMPY,
    ) -> None:  # fmt: skip
        self.recorder = Recorder(self._leave_all)
        self.states: list[tuple[Place, Value]] = []
        self.inputs: list[Value | None] = []
        self.assigned: list[tuple[Place, Any]] = []
        self.replaced: list[Place] = []
        self.shown: dict[int, Place] = {}  # by the identity of a Tensor that is put there, and may be a result as well
        self.earlier: dict[int, Place] = {}  # likewise of Tensors before the call, where others may be at the next one
        self._cut: list[tuple[Tensor, Any]] = []
        self._entered: list[tuple[Place, Any, Standin]] = []
        self._lent: list[tuple[Place, Any]] = []
        self.needing: dict[int, bool] = {}
        self.turned: list[Tensor] = []
        self.gradients: list[tuple[Tensor, Any, str]] = []
        self.required = [(t, t.requires_grad, list(hooks_of(t)), name) for t, name in around.tensors.values()]
        self.around = around
        self.backend = backend
        self.recording = mode.recording is not False
        self.back: Backward | None = None
        self.joined: dict[int, int] = {}  # of a result's Tensor, by its identity: which of those that lead back
        self._nodes: dict[int, Any] = {}
        self._tensors: dict[int, Tensor] = {}
        self._start = tick()
        draws = self._draws()
        self._numbers = [(optimizer, _numbers(optimizer)) for optimizer in around.optimizers]
        items = zip(leaves((args, kwargs)), argument_names(function, args, kwargs), strict=True)
        containers: Containers | None = None
        try:
            given = [self._argument(item, name) for item, name in items]
            self._surround()
            own_ones, (args, kwargs) = (args, kwargs), rebuild((args, kwargs), iter(given))
            containers = Containers(own_ones, (args, kwargs))
            del own_ones
            given = []
            with self.recorder.recording():
                result = function(*args, **kwargs)
            del args, kwargs
            self.asked = bool(self.recorder.swept or self.recorder.optimizers or around.asks_for_gradients())
            for tensor, before, hooks, name in self.required:
                if list(hooks_of(tensor)) != hooks:
                    self.recorder.fail_quietly(f"{name} is given a hook by the call, which would have more at each")
                if tensor.requires_grad is not before:
                    self.recorder.fail_quietly(f"{name}.requires_grad is changed by the call, as a program does not")
            self.form = self._form(result)
            self._join(result)
        finally:
            self._leave_all()
            if containers is not None and containers.give_back(_real):
                self.recorder.fail_quietly("a list, dict or dataclass that is an argument is changed by the call")
            containers = None
            for gradient in self.gradients:
                self._gradient(*gradient)
            for place, before in around.objects:
                self._replaced(place, before)
            self._turn()
        self.result = rebuild(result, iter([self._rejoined(_real(item)) for item in leaves(result)]))
        del result
        recorder = self.recorder
        if recorder.open:
            self._check(draws)
            for held, size, own in around.sizes:
                if not strict and not own and len(held) != size:
                    recorder.fail_quietly(f"a {type(held).__name__} has {len(held)} entries after it, and had {size}")
        recorder.open = False
        self.why_not = recorder.why_not
        if self.why_not is not None:
            put_back(recorder.still_held())
        if strict and self.why_not is not None:
            raise TypeError(f"trace: {self.why_not}")
        self.constants = [*recorder.known.shared_constants(), *around.fixed]
        self.optimizers = recorder.optimizers
        self.states += [(Place(holder, "item", key, str(key)), value) for holder, key, value in recorder.held]
        values = dict.fromkeys(value for value in recorder.known.values)
        name = identifier(getattr(function, "__name__", type(function).__name__)).partition("_wrt_argnum")[0]
        self.program = Program(
            name, recorder.statements, [v for v in self.inputs if v is not None],
            [v for v in values if v.kind == "state"], [_value_of(part) for part in leaves(self.form)],
            self.assigned, [] if self.back is None else self.back.kept,
            {k: part for k, part in enumerate(leaves(self.form)) if isinstance(part, int | float | complex | str)},
        )  # fmt: skip

    # ---- in --------------------------------------------------------------------------------------------------------

    def _argument(self, item: Any, name: str) -> Any:
        recorder = self.recorder
        if isinstance(item, Tensor):
            if type(item._content) is Standin:  # it is there twice
                self.inputs.append(None)
                return item
            self.needing[id(item)] = item._node is not None
            if item._node is not None and item._node.plan is not None:  # what it was computed from is not traced
                self._cut.append((item, item._node))
                item._node = stand_in(item._node)
            value = self._enter(Place(item, "attribute", "_content", item.name or name), "input").value
            self.inputs.append(value)
            self._with_gradient(item, item.name or name)
            return item
        if (
            isinstance(item, np.ndarray | np.generic | float | complex)
            and getattr(item, "dtype", np.dtype(float)).kind in "fciub"
        ):
            standin = recorder.enter("input", item, name)
            self.inputs.append(standin.value)
            return standin
        self.inputs.append(None)
        return Draws(recorder, item) if isinstance(item, np.random.Generator) else item

    def _surround(self) -> None:
        for tensor, name in self.around.tensors.values():
            if type(tensor._content) is np.ndarray:
                self._state(Place(tensor, "attribute", "_content", name))
                self._with_gradient(tensor, name)
        for place in self.around.arrays:
            if type(place.get()) is np.ndarray:
                self._state(place)
        for place, item in self.around.objects:
            if isinstance(item, np.random.Generator):
                self._lent.append((place, item))
                place.set(Draws(self.recorder, item))

    def _with_gradient(self, tensor: Tensor, name: str) -> None:
        known = tensor._grad
        self._tensors[id(tensor)] = tensor
        if known is not None and type(known._content) is np.ndarray:
            self._state(Place(known, "attribute", "_content", f"{name}.grad"))
            self.earlier[id(known)] = Place(tensor, "attribute", "_grad", f"{name}.grad")
        self.gradients.append((tensor, known, name))

    def _state(self, place: Place) -> None:
        standin = self._enter(place, "state")
        self.states.append((place, standin.value))
        if standin.value.root.kind == "input":
            self.recorder.fail_quietly(f"an argument shares memory with {place.name}, which the function uses, too")

    def _enter(self, place: Place, kind: str) -> Standin:
        before = place.get()
        standin = self.recorder.enter(kind, before, place.name)
        place.set(standin)
        self._entered.append((place, before, standin))
        return standin

    # ---- out -------------------------------------------------------------------------------------------------------

    def _leave_all(self) -> None:
        """Put the arrays back in the places of their stand-ins."""
        while self._cut:
            tensor, node = self._cut.pop()
            tensor._node = node
        while self._entered:
            self._leave(*self._entered.pop())
        while self._lent:
            place, rng = self._lent.pop()
            place.set(rng)

    def _leave(self, place: Place, before: Any, standin: Standin) -> None:
        now = place.get()
        if now is standin:
            place.set(before)
        elif type(now) is Standin:
            place.set(_real(now))
            self.assigned.append((place, now.value))
        elif now is not before:
            self.recorder.fail_quietly(f"{place.name} was given another array, which is not traced")

    def _gradient(self, tensor: Tensor, known: Any, name: str) -> None:
        now = tensor._grad
        if now is known:
            return
        place = Place(tensor, "attribute", "_grad", f"{name}.grad")
        if now is None:
            self.assigned.append((place, None))
        else:
            if id(now) in self._tensors and self.recorder.open:
                self.recorder.fail_quietly(f"{name}.grad is set to a Tensor that is there already")
            if now._node is not None and self.recorder.open:
                self.recorder.fail_quietly(f"{name}.grad is itself recorded, and would be without a graph")
            self.assigned.append((place, self._value(now._content)))
            self.shown[id(now)] = place
            _real(now)

    def _replaced(self, place: Place, before: Any) -> None:
        """A Tensor that was put in the place of another one."""
        now = place.get()
        if now is before or not self.recorder.open:
            return
        if not isinstance(now, Tensor) or not isinstance(before, Tensor) or type(now._content) is not Standin:
            self.recorder.fail_quietly(f"{place.name} is set to another object, as a program does not")
            return
        if now._node is not None and now._node.saved is not None:
            self.recorder.fail_quietly(f"{place.name} is set to a Tensor that requires a gradient")
        if any(other is before and at is not place for at, other in self.around.objects):
            self.recorder.fail_quietly(
                f"{place.name} is set to another Tensor, and the one it was stands elsewhere, too"
            )
        self.assigned.append((place, now._content.value))
        self.replaced.append(place)
        self.earlier[id(before)] = self.shown[id(now)] = place
        _real(now)

    def _turn(self) -> None:
        """Note the arguments that require a gradient since the call, or no more."""
        for tensor in self._tensors.values():
            if self.needing.get(id(tensor), tensor._node is not None) is not (tensor._node is not None):
                self.turned.append(tensor)
                if not tensor.is_leaf:
                    self.recorder.fail_quietly("an argument is written to, and is recorded since")

    def _form(self, result: Any) -> Any:
        """The result as the program knows it."""
        own = {id(place.holder) for place, _, _ in self._entered}
        form: list[Any] = []
        for item in leaves(result):
            if isinstance(item, Tensor) and id(item) not in own:
                form.append(Given(item, self._value(item._content)))
            elif type(item) is Standin or isinstance(item, np.ndarray):
                form.append(self._value(item))
            else:
                form.append(item)
        return rebuild(result, iter(form))

    def _join(self, result: Any) -> None:
        """Trace what leads back from those results that are still recorded."""
        given = {part.tensor: part for part in leaves(self.form) if isinstance(part, Given) and part.is_live}
        outs = [item for item in leaves(result) if isinstance(item, Tensor) and id(item) in given]
        outs = list({id(out): out for out in outs}.values())
        if not outs or not self.recorder.open:
            return
        back = trace_backward(
            self.recorder, outs, self._tensors, self._start, [tensor for tensor, _ in self._cut], self.backend
        )
        if isinstance(back, str):
            self.recorder.fail_quietly(back)
            return
        held = {item.value: item.array for item in self.recorder.still_held()}
        kept = tuple([held[value] for value in back.kept])
        nodes = {id(tensor): node for tensor, node in self._cut}
        parents = [nodes.get(id(leaf), leaf._node) for leaf in back.leaves]
        made = join(back, [node for node in parents if node is not None], kept, tuple([_array(o) for o in outs]))
        self._nodes = {id(out): tensor._node for out, tensor in zip(outs, made, strict=True)}
        for part in given.values():
            part.node = None  # and with it go the stand-ins that it has saved
        self.back = back
        self.joined = {id(out): k for k, out in enumerate(outs)}

    def _rejoined(self, item: Any) -> Any:
        """A result of this call, with the node that it has at later calls: that one knows the arrays themselves."""
        if id(item) in self._nodes:
            item._node = self._nodes[id(item)]
        return item

    def _value(self, array: Any) -> Value:
        """The value of an array that leaves: one that the function made past the trace is the same at each call."""
        recorder = self.recorder
        if type(array) is not Standin:
            array = recorder.call(np.array, (recorder.enter("constant", np.array(array)),))
        value: Value = array.value if type(array) is Standin else recorder.enter("constant", array).value
        return value

    def _check(self, draws: list[Any]) -> None:
        """That nothing happened which the program would not do at its next call."""
        fail = self.recorder.fail_quietly
        for place, before in (*self.around.plain, *self.around.watched):
            now = place.get()
            if type(now) is Standin:
                fail(f"{place.name} is changed by the call, to a value {self._whence(now)}, as a program does not")
            elif now is not before and (type(now) is not type(before) or now != before):
                fail(f"{place.name} is changed by the call (from {before!r} to {now!r}), which a program does not do")
        for optimizer, before in self._numbers:
            if optimizer not in self.recorder.optimizers and before != _numbers(optimizer):
                fail(f"{type(optimizer).__name__} counts in Python, as a program does not")
        drawn = {id(s.function.rng) for s in self.recorder.statements if isinstance(s.function, Draw)}
        for (rng, name, before), now in zip(draws, self._draws(), strict=True):
            if not drawn & {id(rng), id(generator_of(rng))} and before != now[2]:
                fail(
                    f"random numbers are drawn from {name}, past the trace; draw them from autograd.generator(rng), or "
                    f"make it an argument"
                )
        written = {root for s in self.recorder.statements for root in s.writes}
        if any(v is not None and v.root is not v and v.root in written for v in self.inputs):
            fail("arguments that share memory are written to")
        array = self.recorder.known.changed_constant()
        for fixed, content in self.around.fixed:
            array = fixed if fixed.tobytes() != content else array
        if array is not None:
            fail(f"an array of NumPy, of shape {array.shape}, is used and then written to, past the trace")
        if self.recorder.still_held():
            import gc  # here, for few need it

            gc.collect()
        for item in self.recorder.still_held():
            fail(f"a value of shape {item.value.shape}, {self._whence(item)}, is kept after the call; return it")
            break

    def _whence(self, item: Standin) -> str:
        """Which line has made a value, or which argument it is."""
        made = next((s.line for s in self.recorder.statements if item.value in s.results), None)
        if made is not None:
            return f"made in {Path(made[0]).name}:{made[1]}, in {made[2]}"
        return f"which is {item.value.name}" if item.value.name is not None else "which comes from outside"

    def _draws(self) -> list[Any]:
        found: list[Any] = [
            (rng, name or "a generator without a name", str(rng.bit_generator.state))
            for rng, name in self.around.generators
        ]
        state: Any = np.random.get_state(legacy=False)["state"]  # type: ignore[index,call-overload]
        default, own = generator_of(None), random.getstate()
        return [
            *found,
            (np.random, "numpy.random, whose state is global", str((state["pos"], state["key"][:2]))),
            (random, "random, whose state is global", str(own[1][-1:] + own[1][:2])),
            (None, "the generator that manual_seed seeds", str(default.bit_generator.state)),
        ]  # fmt: skip


def _numbers(optimizer: Any) -> Any:
    """The plain numbers in an optimizer's state."""
    return [
        {name: value for name, value in state.items() if isinstance(value, int | float)}
        for state in optimizer.state.values()
    ]


def _real(item: Any) -> Any:
    """A result without stand-ins."""
    if type(item) is Standin:
        return item.array
    if isinstance(item, Tensor) and type(item._content) is Standin:
        array = item._content.array
        item._content = np.asarray(array) if isinstance(array, np.generic | float) else array
    return item


def _array(tensor: Tensor) -> Any:
    return np.asarray(tensor._content.array)


def _value_of(part: Any) -> Any:
    return part.value if isinstance(part, Given) else part if isinstance(part, Value) else None
