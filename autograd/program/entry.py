"""How a program is entered and left: whether it holds for a call, what it is given, and what is made of its results."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..engine.modes import Changed, mode
from ..engine.tensor import Tensor, wrap
from ..transforms.tree import fields_of, is_dataclass, keys_of, leaves, rebuild
from .capture import Capture, Given
from .interrupts import hold, release
from .joined import Backward, join
from .native import code_of
from .places import Place
from .values import Value

MISS = object()
"""What an entry gives for a call that its program was not made for."""

STALE = object()
"""What an entry gives where a state lies in another array than before."""


FAILED = object()
"""What stands for the result where a program has raised one of these errors: the function handles it, or raises it."""

EXPECTED = (np.linalg.LinAlgError, FloatingPointError)
"""Errors that the values decide, which a function may handle: they are raised before anything has been changed."""


class Entry:
    """A captured program, ready to be called with the function's own arguments.

    call  takes (args, kwargs); gives the result, MISS or STALE; raises Changed where a value is another one
    text  its source
    """

    def __init__(self, captured: Capture, args: Any, kwargs: Any) -> None:
        writer = _Writer(captured, args, kwargs)
        self.program, self.code, self.text = writer.program, writer.code, writer.text
        self._space = writer.space
        self._places = [(place, value) for place, value in writer.places if value not in writer.moving]
        exec(compile(self.text, f"<entry {self.program.name}>", "exec"), self._space)
        self.call: Callable[[Any, Any], Any] = self._space["call"]
        self.code.adopt()
        for statement in self.program.statements:
            statement.forget()

    @contextmanager
    def watched(self, clock: Callable[[int], None]) -> Iterator[None]:
        """Within it, `clock` is called after each block of the program's code."""
        with self.code.watched(clock):
            self._space["run"] = self.code.run
            yield
        self._space["run"] = self.code.run

    def rebind(self) -> bool:
        """Take the arrays in which the states now lie; False if one has another shape, dtype or layout."""
        for place, value in self._places:
            now = place.get()
            if type(now) is not np.ndarray or (now.shape, now.dtype, now.strides) != (
                value.shape, value.dtype, value.strides,
            ):  # fmt: skip
                return False
        before = {value: value.array for place, value in self._places if place.get() is not value.array}
        for place, value in self._places:
            value.array = place.get()
        if not self.code.rebind(before):
            for value, array in before.items():
                value.array = array
            return False
        self._space.update({f"a{value.number}": value.array for value in before})
        return True


class _Writer:
    """Writes the text of an entry, and knows what in a capture that is about."""

    def __init__(self, captured: Capture, args: Any, kwargs: Any) -> None:
        self.program = captured.program
        self.captured = captured
        used = {value.root for s in self.program.statements for value in (*s.values(), *s.writes)}
        used |= {value.root for value in self.program.outgoing()}
        self.places = [(place, value) for place, value in captured.states if value.root in used or value in used]
        named = {id(place.holder) for place, _ in (*self.places, *self.program.assigned)}
        named |= {id(part) for part in leaves(captured.form)}
        # of each Tensor in whose place another one may be at the next call, where that is
        self._holders = {k: at for k, at in captured.earlier.items() if k in named or at in captured.replaced}
        moved = {(id(place.holder), place.key) for place, _ in captured.assigned}
        self.moving = [
            value for place, value in self.places
            if id(place.holder) in self._holders or (id(place.holder), place.key) in moved
        ]  # fmt: skip
        kept = {value for _, value in self.places}
        self.program.states = [value for value in self.program.states if value in kept]
        for value in self.moving:
            value.array = None  # it is another one at each call
        self.code = code_of(captured.backend, self.program, self.moving, self._own_gradients(args, kwargs))
        self.space: dict[str, Any] = {
            "MISS": MISS, "STALE": STALE, "mode": mode, "wrap": wrap, "run": self.code.run, "Tensor": Tensor,
            "touch": self.code.touch, "new": _given, "ready": self.code.ready, "Changed": (Changed, *EXPECTED),
            "hold": hold, "release": release, "join": join,
        }  # fmt: skip
        self._lines: list[str] = []
        self._arguments: dict[int, str] = {}  # by the identity of an argument's Tensor, its name
        self._names: dict[int, str] = {}
        self._results: dict[int, str] = {}  # of a Tensor that is made for the result, its name
        self._count = 0
        self.text = self._written(args, kwargs)

    def _own_gradients(self, args: Any, kwargs: Any) -> dict[Value, Any]:
        """The gradients that nothing else shares memory with, and the Tensors that have them."""
        counts: dict[Value, int] = {}
        for value in [*self.program.results, *(value for _, value in self.program.assigned)]:
            if value is not None:
                counts[value.root] = counts.get(value.root, 0) + 1
        moving = {
            id(self._holders[id(place.holder)].holder) for place, _ in self.places if id(place.holder) in self._holders
        }
        given = {id(item) for item in leaves((args, kwargs))}  # which are others at each call
        return {
            value: place.holder
            for place, value in self.program.assigned
            if value is not None
            and place.key == "_grad"
            and counts[value.root] == 1
            and id(place.holder) not in moving
            and id(place.holder) not in given
        }

    # ---- text ------------------------------------------------------------------------------------------------------

    def _written(self, args: Any, kwargs: Any) -> str:
        captured, lines = self.captured, self._lines
        lines.append(f"if len(args) != {len(args)} or len(kwargs) != {len(kwargs)}: return MISS")
        lines.append(f"if (mode.recording is {'' if captured.recording else 'not '}False): return MISS")
        values = iter(captured.inputs)
        given: list[str] = []
        for path, item in [(f"args[{i}]", item) for i, item in enumerate(args)]:
            self._match(path, item, values, given)
        for key in keys_of(kwargs):
            lines.append(f"if {key!r} not in kwargs: return MISS")
            self._match(f"kwargs[{key!r}]", kwargs[key], values, given)
        for key, place in sorted(self._holders.items(), key=lambda item: item[1] not in captured.replaced):
            name = f"e{len(self._names)}"
            lines.append(f"{name} = {self._get(place)}")
            self._names[key] = name
        for place, value in (*captured.around.objects, *captured.around.plain):
            if place not in captured.replaced:
                self._same(place, value)
            else:
                kind = "" if value.requires_grad else "not "
                lines.append(f"if {self._get(place)}._node is {kind}None: return MISS")
        for array, content in captured.constants:
            lines.append(f"if {self._name(array)}.tobytes() != {self._name(content)}: return MISS")
        for held, size, _ in captured.around.sizes:
            lines.append(f"if len({self._name(held)}) != {size}: return MISS")
        for tensor, required, hooks, _ in captured.required:
            node = f"{self._name(tensor)}._node"
            lines.append(f"if {node} is {'not ' if not required else ''}None: return MISS")
            if hooks:
                lines.append(f"if list({node}.extras.hooks) != {hooks}: return MISS")
            elif required:
                lines.append(f"if {node}.extras is not None and {node}.extras.hooks: return MISS")
        for optimizer in captured.around.optimizers:
            self._optimizer(optimizer)
        for s in self.program.statements:
            if hasattr(s.function, "agrees"):
                lines.append(f"if not {self._name(s.function)}.agrees(): return MISS")
        asked = (
            captured.asked
            or any(place.key == "_grad" for place, _ in captured.assigned)
            or any(id(place.holder) in self._holders for place, _ in self.places)
        )
        for tensor, known, _ in captured.gradients if asked else ():
            lines.append(f"if {self._name(tensor)}._grad is {'not ' if known is None else ''}None: return MISS")
        for place, value in self.places:
            self._state(place, value, given)
        checks, lines = list(lines), []
        self._lines = lines
        outgoing = self.program.outgoing()
        own = self.code.own
        names = {value: f"r{k}" for k, value in enumerate(outgoing)}
        results = "".join(f"{names[value]}, " for value in self.code.given) or "_"
        call = f"{results} = {'bound.' if own else ''}run({', '.join(given)})"
        after = ["touch()"] if self.code.writes else []
        after += [
            self._assign(place, "None" if value is None else names[value])
            for place, value in self.program.assigned if value not in own
        ]  # fmt: skip
        after += [f"{self._name(t)}.requires_grad_({t._node is not None})" for t in captured.turned]
        if own:
            lines.append("bound = ready()")
            holders = [f"{self._name(own[value])}._grad" for value in self.code.gradients]
            after.append(f"{', '.join(holders)}{',' * (len(holders) == 1)} = bound.tensors")
        forget = [f"{self._name(holder)}._grad = None" for holder in own.values()]
        lines += _guarded(call, after, forget, bool(self.code.writes))
        items = list(zip(leaves(captured.form), self.program.results, strict=True))
        if captured.back is not None:
            lines.append(self._join(captured.back, items, names))
        form = rebuild(captured.form, iter([_with(part, value) for part, value in items]))
        for part, _ in items:
            if isinstance(part, Given) and part.tensor not in self._results:
                made = self._result(part, names)  # once, for it may be there twice
                self._results[part.tensor] = f"t{len(self._results)}"
                lines.append(f"{self._results[part.tensor]} = {made}")
        lines.append(f"return {self._result(form, names)}")
        return (
            "def call(args, kwargs):\n    try:\n"
            + "".join(f"        {line}\n" for line in checks)
            + "    except (KeyError, IndexError, AttributeError, ValueError): return MISS\n"
            + "".join(f"    {line}\n" for line in lines)
        )

    def _join(self, back: Backward, items: Any, names: dict[Value, str]) -> str:
        """A line that joins the results that are to be differentiated to the leaves."""
        joined = self.captured.joined
        outs = {joined[part.tensor]: names[v] for part, v in items if isinstance(part, Given) and part.tensor in joined}
        nodes = [f"{self._name(leaf)}._node" for leaf in back.leaves]
        kept = [names[value] for value in self.program.kept]
        given = ["".join(part + ", " for part in parts) for parts in (nodes, kept, [outs[k] for k in sorted(outs)])]
        return f"joined = join({self._name(back)}, ({given[0]}), ({given[1]}), ({given[2]}))"

    def _name(self, item: Any) -> str:
        """The name of an object that the code refers to: an argument is the one of the call."""
        if id(item) in self._arguments:
            return self._arguments[id(item)]
        name = self._names.get(id(item))
        if name is None:
            name = self._names[id(item)] = f"o{self._count}"
            self._count += 1
            self.space[name] = item
        return name

    def _match(self, path: str, item: Any, values: Iterator[Value | None], given: list[str]) -> None:
        """Lines that check an argument against the one of the trace, and take its arrays."""
        lines = self._lines
        name = f"x{self._count}"
        self._count += 1
        lines.append(f"{name} = {path}")
        lines.append(f"if {name}.__class__ is not {self._name(type(item))}: return MISS")
        if isinstance(item, dict):
            lines.append(f"if {name}.keys() != {self._name(dict.fromkeys(item))}.keys(): return MISS")
            for key in keys_of(item):
                self._match(
                    f"{name}[{key!r}]" if isinstance(key, str | int) else f"{name}[{self._name(key)}]",
                    item[key],
                    values,
                    given,
                )
        elif isinstance(item, tuple | list):
            lines.append(f"if len({name}) != {len(item)}: return MISS")
            for i, part in enumerate(item):
                self._match(f"{name}[{i}]", part, values, given)
        elif is_dataclass(item):
            for field in fields_of(item):
                self._match(f"{name}.{field}", getattr(item, field), values, given)
        else:
            value = next(values)
            if isinstance(item, Tensor):
                needing = self.captured.needing.get(id(item), item._node is not None)
                lines.append(f"if {name}._node is {'' if needing else 'not '}None: return MISS")
                known = self._arguments.get(id(item))
                if known is not None:  # it is there twice
                    lines.append(f"if {name} is not {known}: return MISS")
                elif id(item) in self.captured.around.tensors:  # and the function finds it besides
                    lines.append(f"if {name} is not {self._name(item)}: return MISS")
                self._arguments.setdefault(id(item), name)
                tensor, name = name, f"{name}_content"
                lines.append(f"{name} = {tensor}._content")
            if value is None:
                if not isinstance(item, Tensor):
                    self._equal(name, item)
                return
            if value.shape or hasattr(item, "strides"):
                self._layout(name, value)
            given.append(name)

    def _equal(self, name: str, item: Any) -> None:
        own = self._name(item)
        test = f" and {name} != {own}" if type(item) in (int, bool, str, bytes) else ""
        self._lines.append(f"if {name} is not {own}{test}: return MISS")

    def _layout(self, name: str, value: Value, array: bool = False) -> None:
        kind = f"{name}.__class__ is not {self._name(np.ndarray)} or " if array else ""
        dtype = self._name(value.dtype)
        self._lines.append(
            f"if {kind}{name}.shape != {value.shape!r} or {name}.dtype != {dtype} "
            f"or {name}.strides != {value.strides!r}: return MISS"
        )

    def _get(self, place: Place) -> str:
        holder = self._name(place.holder)
        if place.kind == "attribute":
            return f"{holder}.{place.key}"
        key = repr(place.key) if isinstance(place.key, str | int) else self._name(place.key)
        return f"{holder}[{key}]"

    def _same(self, place: Place, value: Any) -> None:
        if isinstance(value, bool | type(None)) or not isinstance(
            value, int | float | complex | str | bytes | np.generic
        ):
            self._lines.append(f"if {self._get(place)} is not {self._name(value)}: return MISS")
        else:
            self._lines.append(
                f"if (w := {self._get(place)}) is not {self._name(value)} and (w.__class__ is not "
                f"{self._name(type(value))} or w != {self._name(value)}): return MISS"
            )

    def _optimizer(self, optimizer: Any) -> None:
        """An optimizer's options: those that `advance` reads at each call need only be of the same kind."""
        lines, own = self._lines, self._name(optimizer)
        reads = optimizer in self.captured.optimizers
        groups = optimizer.param_groups
        lines.append(f"if len({own}.param_groups) != {len(groups)}: return MISS")
        lines.append(f"if {own}.state is not {self._name(optimizer.state)}: return MISS")
        if hasattr(optimizer, "_hooks"):
            hooks = {kind: dict(held) for kind, held in optimizer._hooks.items()}
            lines.append(f"if {own}._hooks != {self._name(hooks)}: return MISS")
        for k, group in enumerate(groups):
            name = self._name(group)
            lines.append(f"if {own}.param_groups[{k}] is not {name}: return MISS")
            lines.append(f"if len({name}['params']) != {len(group['params'])}: return MISS")
            for key, value in group.items():
                if key == "params" or (reads and key in ("lr", "initial_lr")):
                    continue
                if reads and type(value) is float:
                    lines.append(f"if {'not ' if value else ''}{name}[{key!r}]: return MISS")
                elif type(value) in (bool, int, str, float, type(None)):
                    lines.append(f"if {name}[{key!r}] != {self._name(value)}: return MISS")
            for p in group["params"]:
                if p in optimizer.state:
                    lines.append(
                        f"if {own}.state[{self._name(p)}] is not {self._name(optimizer.state[p])}: return MISS"
                    )

    def _state(self, place: Place, value: Value, given: list[str]) -> None:
        lines = self._lines
        if value in self.moving:
            name = f"m{value.number}"
            lines.append(f"{name} = {self._get(place)}")
            self._layout(name, value, array=True)
            given.append(name)
        else:
            self.space[f"a{value.number}"] = value.array
            lines.append(f"if {self._get(place)} is not a{value.number}: return STALE")

    def _assign(self, place: Place, name: str) -> str:
        """A line that puts a value where the function put it."""
        wrapped = name != "None" and (place.key == "_grad" or place in self.captured.replaced)
        made = f"wrap({name})" if wrapped else name
        if place.kind == "attribute":
            return f"{self._name(place.holder)}.{place.key} = {made}"
        key = repr(place.key) if isinstance(place.key, str | int) else self._name(place.key)
        return f"{self._name(place.holder)}[{key}] = {made}"

    def _result(self, form: Any, names: dict[Value, str]) -> str:
        if isinstance(form, Given):
            if form.tensor in self._results:
                return self._results[form.tensor]
            if form.tensor in self.captured.joined:
                return f"joined[{self.captured.joined[form.tensor]}]"
            if form.tensor in self.captured.shown:
                return self._get(self.captured.shown[form.tensor])
            name = names[form.value]
            return f"wrap({name})" if form.node is None else f"wrap({name}, {self._name(form.node)})"
        if isinstance(form, Value):
            return names[form]
        if type(form) is tuple:
            return f"({''.join(self._result(part, names) + ', ' for part in form)})"
        if type(form) is list:
            return f"[{', '.join(self._result(part, names) for part in form)}]"
        if type(form) is dict:
            return f"{{{', '.join(f'{self._name(key)}: {self._result(part, names)}' for key, part in form.items())}}}"
        if len(parts := leaves(form)) == 1 and parts[0] is form:
            return "None" if form is None else self._name(form)
        inner = "".join(self._result(part, names) + ", " for part in parts)
        return f"new({self._name(form)}, ({inner}))"


def _guarded(call: str, after: list[str], forget: list[str], changes: bool) -> list[str]:
    """The lines of a call and of what follows it, as a whole where they change what outlives them."""
    lines = [call, *after]
    if forget:  # what was half written is no gradient
        lines = ["try:", f"    {call}", "except Changed: raise", "except BaseException:"]
        lines += [*[f"    {line}" for line in forget], "    raise", *after]
    if changes:
        lines = ["held = hold()", "try:", *[f"    {line}" for line in lines], "finally:", "    release(held)"]
    return lines


def _with(part: Any, value: Value | None) -> Any:
    """A part of the result, with the value that it has after the passes."""
    if value is None:
        return part
    if isinstance(part, Given):
        part.value = value
        return part
    return value


def _given(form: Any, parts: Any) -> Any:
    return rebuild(form, iter(parts))
