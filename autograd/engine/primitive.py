"""A primitive: a function of arrays and, next to it, its derivative rules, one line of plain NumPy each.

    exp      = elementwise(np.exp, x=lambda g, out: g * out)
    multiply = elementwise(np.multiply, x=lambda g, y: g * y, y=lambda g, x: g * x)

The keyword says for which argument a rule is the vector-Jacobian product (VJP). `g` is the gradient of the result;
every further parameter names what the rule needs, and of arrays only that is kept until the backward pass
(a number is kept as well, such as the 1 of `x + 1`: it costs little, and pictures show it):

    an argument          x, y, axis, keepdims
    the result           out
    a shape or a dtype   x_shape, x_dtype (of the argument x); of a sequence of arguments, a tuple of them
    a memory layout      x_strides (of the argument x; None for arrays that have none)
    a number             x_number (the argument x where it is a number, None where it is an array)
    i                    which one of a sequence of arguments (`*arrays`) the gradient is for

A rule gets arrays on the ordinary backward pass and Tensors where the backward pass is itself recorded; NumPy's
dispatch makes the same text right for both. Of a function of halves it gets float32 (see halves.py).

How one is declared is in declare.py, the function that then stands for it in recorders.py.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from types import CodeType
from typing import Any

import numpy as np

from .blocks import in_blocks, noted
from .forking import free, in_each_child
from .left import left_of
from .modes import mode
from .node import Node, tick
from .tensor import wrap

registry: dict[Any, Callable[..., Any]] = {}
"""What stands for each function of NumPy when one of its arguments is a Tensor."""

making = threading.RLock()
"""Held while a primitive's own code is made, in whichever thread needs it first."""
in_each_child(lambda: free(making))

Rule = Callable[..., Any]
Function = Callable[..., Any]


class Primitive:
    """A function and its rules.

    name        what errors and pictures call it
    function    the function of plain arrays
    rules       argument -> VJP; None: no gradient flows into that argument, by definition
    kind        "elementwise", "linear", "bilinear" (in its first two inputs; a third one, b, is added) or "": what a
                reader may rely on
    broadcasts  a rule's result may still have the result's shape: the sweep sums it down to the argument's
    views       the result may share memory with the first argument
    multiple    the result is a tuple of arrays, and so is `g` (None where an output had no part in the result)
    single      of halves (float16) it is computed in single precision, and rounded once
    operator    it stands for a ufunc of two arguments: an operand that computes by itself is asked instead
    recorder    what stands for it on Tensors: the function that records itself
    stands_for  the function of NumPy's that this is, if any, which knows what `out=` may be
    into        None, or of a function with one rule: adds what that gives to an array in place, into(array, g, *needs);
                for functions whose gradient is mostly zeros, so that n parts of an array cost n parts, not n arrays
    forward     None, or what gives the result's tangent, forward(tangents by input, values by name), the arguments and
                what is saved; None where it cannot
    """

    def __init__(
        self, name: str, function: Callable[..., Any], rules: dict[str, Rule | None], *, kind: str = "",
        broadcasts: bool = False, views: bool = False, multiple: bool = False, single: bool = False,
        operator: bool = False,
    ) -> None:  # fmt: skip
        self.name = name
        self.function = function
        self.rules = rules
        self.kind = kind
        self.broadcasts = broadcasts
        self.views = views
        self.multiple = multiple
        self.single = single
        self.operator = operator
        self.recorder: Function = function
        self.stands_for: Any = None
        self.into: Function | None = None
        self.forward: Function | None = None
        self.plans: dict[Any, Plan] = {}

    def plan(self, inputs: tuple[Any, ...]) -> Plan:
        """What to save and how to go back, for gradients of just these inputs; those of a sequence come last."""
        if inputs and type(inputs[-1]) is tuple:
            alone = tuple([input for input in inputs if type(input) is str])
            return PlanOfList(self.plan_for_any((*alone, inputs[-1][0])), [place for _, place in inputs[len(alone) :]])
        return self.plan_for_any(inputs)

    def plan_for_any(self, names: tuple[str, ...]) -> Plan:
        """The same for the arguments of these names, of which the last may be a sequence, whatever parts of it."""
        found = self.plans.get(names)
        if found is None:
            with making:
                found = self.plans.setdefault(names, Plan(self, names))
        return found

    def __repr__(self) -> str:
        return f"<primitive {self.name}>"


class Plan:
    """What a node of a primitive needs, given which inputs need a gradient.

    inputs       those inputs, in order: an argument's name, or for a sequence of arguments (name, position)
    names        what is saved, by name
    vjps         for each input, a function of the gradient and the saved values
    links        for each saved value, where it came from (see `_link`)
    elementwise  whether the primitive works element by element, and a rule needs more than `g`
    left         makes of the saved values what is left when they are freed (see left.py)
    remain       the names of what is left
    into         the primitive's
    of_list      where the last input is a sequence: makes the VJP of the one at a position
    few          the VJPs for the first n positions, by n, where that is not many
    """

    __slots__ = (
        "elementwise", "few", "inputs", "into", "left", "links", "names", "of_list", "primitive", "remain", "vjps",
    )  # fmt: skip

    inputs: tuple[Any, ...]
    links: tuple[Any, ...]
    vjps: tuple[Any, ...]

    def __init__(self, primitive: Primitive, inputs: tuple[str, ...]) -> None:
        self.primitive = primitive
        self.into = primitive.into
        self.inputs = inputs
        rules = [rule_of(primitive, input) for input in inputs]
        wanted = dict.fromkeys(name for rule in rules for name in needs_of(rule))
        self.elementwise = primitive.kind == "elementwise" and bool(wanted)
        known = {*wanted, *inputs}
        numbers = [f"{name}_number" for name, rule in primitive.rules.items() if rule is not None and name not in known]
        self.names = tuple(name for name in dict.fromkeys([*wanted, *numbers]) if name != "i")
        makers = [self._vjp(rule) for rule in rules]
        self.vjps = tuple(make(None) for make in makers)
        self.of_list = makers[-1]
        self.few: dict[int, tuple[Any, ...]] = {}
        self.links = tuple(self._link(name) for name in self.names)
        self.left, self.remain = left_of(self.names, inputs)

    def _vjp(self, rule: Rule) -> Callable[[Any], Callable[[Any, tuple[Any, ...]], Any]]:
        """The rule as a function of (g, saved), for the i-th of a sequence of inputs."""
        wants = ["i" if name == "i" else f"saved[{self.names.index(name)}]" for name in needs_of(rule)]
        code = _lambda(f"lambda i: lambda g, saved: rule({', '.join(['g', *wants])})")
        made: Callable[[Any], Callable[[Any, tuple[Any, ...]], Any]] = eval(code, {"rule": rule})
        return made

    def relink(self, node: Node) -> tuple[Any, ...]:
        """The saved values as Tensors, each joined to the graph where it came from: for a recorded backward pass."""
        assert node.saved is not None
        parents, links = node.parents, self.links
        made = []
        for value, link in zip(node.saved, links, strict=True):
            if link is None:
                made.append(_bare(value))
            elif type(link) is int:
                made.append(wrap(value, parents[link]))
            elif link == "out":
                made.append(outputs(value, node) if self.primitive.multiple else wrap(value, node))
            else:
                made.append(tuple([wrap(v, parents[link[i]]) if i in link else v for i, v in enumerate(value)]))
        return tuple(made)

    def _link(self, name: str) -> Any:
        """Where a saved value came from: the position of a parent, "out", for a sequence that of each of its elements
        (place -> position), or None."""
        if name == "out":
            return name
        if name in self.inputs:
            return self.inputs.index(name)
        places = {input[1]: k for k, input in enumerate(self.inputs) if type(input) is tuple and input[0] == name}
        return places or None


class PlanOfList(Plan):
    """A plan for some of a sequence of inputs: made for a node and gone with it, for there are very many such sets.

    form    the plan for any of them, in which the sequence stands last
    places  which of the sequence they are
    """

    __slots__ = ("_vjps", "form", "places")

    def __init__(self, form: Plan, places: list[int]) -> None:
        self.form, self.places = form, places
        self.primitive, self.names, self.elementwise, self.into = form.primitive, form.names, form.elementwise, None
        self._vjps: tuple[Any, ...] | None = None

    @property
    def inputs(self) -> tuple[Any, ...]:  # type: ignore[override]
        *alone, listed = self.form.inputs
        return (*alone, *[(listed, place) for place in self.places])

    @property
    def links(self) -> tuple[Any, ...]:  # type: ignore[override]
        return tuple(self._link(name) for name in self.names)

    @property
    def left(self) -> Any:  # type: ignore[override]
        return left_of(self.names, self.form.inputs[:-1])[0]

    @property
    def remain(self) -> tuple[str, ...]:  # type: ignore[override]
        return left_of(self.names, self.form.inputs[:-1])[1]

    @property
    def vjps(self) -> tuple[Any, ...]:  # type: ignore[override]
        if self._vjps is None:
            form, places = self.form, self.places
            n = len(places)
            made = form.few.get(n) if places[-1] < n else None
            if made is None:
                make = form.of_list
                made = (*form.vjps[:-1], *[make(place) for place in places])
                if places[-1] < n <= _FEW:
                    form.few[n] = made
            self._vjps = made
        return self._vjps


_FEW = 16  # inputs: the VJPs of so long a sequence are kept, for the next time


class Cotangents(list[Any]):
    """The gradient of a tuple of results: one of each, or None. It adds up as a gradient does, into the first one."""

    shape = "several"
    dtype = None
    only: int | None = None  # where it is not None, if that is known

    @classmethod
    def of_one(cls, g: Any, index: int, n: int) -> Cotangents:
        """The gradient of the one result at `index`, of n."""
        made = cls([None] * n)
        made[index], made.only = g, index
        return made

    def __add__(self, other: Any) -> Any:
        for i in range(len(other)) if other.only is None else (other.only,):
            if other[i] is not None:
                self[i] = other[i] if self[i] is None else self[i] + other[i]
        self.only = None
        return self


def outputs(values: Any, node: Node) -> Any:
    """The results of a node that has several, as Tensors: each with a small node of its own that picks it out."""
    items = [value if value.__class__ is np.ndarray else as_array(value) for value in values]
    return rebuilt(values, [wrap(item, pick_node(node, i, len(items), item)) for i, item in enumerate(items)])


def pick_node(parent: Node, i: int, n: int, value: Any) -> Node | None:
    if value.dtype.kind not in "fc":
        return None
    node = Node()
    node.order = tick()
    node.plan = PICK
    node.parents = (parent,)
    node.saved = (i, n)
    node.shape = value.shape
    node.dtype = value.dtype
    node.entry = parent.entry
    node.extras = None
    return node


def rebuilt(values: Any, items: list[Any]) -> Any:
    return type(values)(*items) if hasattr(values, "_fields") else type(values)(items)


def as_array(value: Any) -> Any:
    """NumPy gives a scalar where a 0-d array is meant; other arrays pass as they are."""
    if isinstance(value, np.generic | int | float | complex):
        return np.asarray(value) if mode.trace is None else mode.trace.as_array(value)
    return noted(value) if in_blocks(value) else value


def _bare(value: Any) -> Any:
    """An array of a class of its own as NumPy's: on the left of a Tensor it would be asked first what to compute."""
    kind = type(value)  # and not __class__, as which what stands for an array says ndarray
    return value.view(np.ndarray) if kind is not np.ndarray and issubclass(kind, np.ndarray) else value


def rule_of(primitive: Primitive, input: Any) -> Rule:
    rule = primitive.rules[input[0] if type(input) is tuple else input]
    assert rule is not None
    return rule


def needs_of(rule: Rule) -> tuple[str, ...]:
    """The names of a rule's parameters after `g`."""
    code = rule.__code__
    return code.co_varnames[1 : code.co_argcount]


@functools.cache
def _lambda(source: str) -> CodeType:
    """Compiled once for all rules that want the same."""
    return compile(source, "<rule>", "eval")


PICK = Primitive(
    "output", lambda values, index, n: values[index],
    {"values": lambda g, index, n: Cotangents.of_one(g, index, n)},
).plan(("values",))  # fmt: skip

INPUTS = Primitive("inputs", lambda *inputs: inputs, {"inputs": lambda g, i: g[i]}, multiple=True)
"""Several inputs taken together, so that one rule gives the gradients of all of them at once."""
