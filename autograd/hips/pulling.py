"""Back through a primitive that code for HIPS autograd defined: its rules, and what a call of it was given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import local
from typing import Any
from weakref import WeakKeyDictionary, ref

import numpy as np

from ..engine.declare import primitive
from ..engine.tensor import unwrap
from ..transforms.batching.batched import innermost
from ..transforms.call import name_of, tracked
from ..transforms.tree import fields_of, is_dataclass, keys_of, leaves, rebuild
from .vector_space import dense
from .vectors import Vector, as_vector, shown

Function = Callable[..., Any]

primitive_vjps: WeakKeyDictionary[Function, Function] = WeakKeyDictionary()
"""The rules of functions: maker(argnums, result, args, kwargs)(g) is a tuple of gradients."""

primitive_jvps: WeakKeyDictionary[Function, Function] = WeakKeyDictionary()
"""The rules forward: maker(argnums, gs, result, args, kwargs) is how the result moves."""


class Given:
    """What a call of a primitive was given: where its values stand among its arguments.

    call    the primitive
    form    the arguments, with the numbers of their values: one value each, or a container of them
    values  the values, in order; they are the node's, once there is one
    named   the keyword arguments
    moving  the arguments that have a tracked value
    """

    def __init__(self, call: Function, args: tuple[Any, ...], spread: list[int], named: dict[str, Any]) -> None:
        self.call, self.named = call, named
        self.values: Sequence[Any] = args
        self.form: list[Any] = list(range(len(args)))
        self.spread = spread
        if spread:
            values: list[Any] = []
            for k, value in enumerate(args):
                parts = leaves(value) if k in spread else [value]
                numbers = range(len(values), len(values) + len(parts))
                self.form[k] = rebuild(value, iter(numbers)) if k in spread else numbers[0]
                values += parts
            self.values = values
        moves = [getattr(value, "_node", None) is not None for value in self.values]
        self.several = sum(moves) > 1
        self.moving = tuple(
            k for k, form in enumerate(self.form) if any(moves[i] for i in (leaves(form) if k in spread else [form]))
        )

    def arguments(self, values: Sequence[Any], each: Function = lambda value: value) -> list[Any]:
        """The arguments, made of the values."""
        if not self.spread:
            return list(map(each, values))
        return [
            rebuild(form, iter([each(values[i]) for i in leaves(form)])) if k in self.spread else each(values[form])
            for k, form in enumerate(self.form)
        ]

    def argument_of(self, i: int) -> int:
        """Which argument the i-th value belongs to."""
        return i if not self.spread else next(k for k, form in enumerate(self.form) if i in leaves(form))

    def gradient(self, g: Any, i: int, values: Any, out: Any, form: Any = None) -> Any:
        """The gradient of the i-th value, for the gradient g of the result, or of the results in containers, `form`."""
        given = g if form is None else form
        slopes = leaves(given)
        if not any(map(tracked, slopes)):
            return _array(self._pulled(g, given, values, out)[i])
        try:
            part = as_vector(self._pulled(g, given, values, out)[i])
            if part is None or tracked(part):
                return part
        except TypeError:  # of a rule that takes the gradient for a plain array
            pass
        return _by_rule(*slopes, *values, given=self, result=out, place=i, n=len(slopes))

    def _pulled(self, g: Any, given: Any, values: Any, out: Any) -> list[Any]:
        """The gradients of all values. They are asked for one by one, and kept until the last was."""
        kept = _latest.kept if self.several else None
        if kept is not None and kept[0] is self and kept[1]() is g:
            parts: list[Any] = kept[2]
            return parts
        batch = innermost((given, values, out))  # whoever wrote the rules knows of one example at a time
        if batch is None:
            parts = self._by_rules(given, values, out)
        else:
            parts = batch.loop(self._by_rules, (given, values, out), {})
        if self.several:
            _latest.kept = (self, (lambda: g) if isinstance(g, np.generic) else ref(g, _forget), parts)
        return parts

    def _by_rules(self, given: Any, values: Any, out: Any) -> list[Any]:
        parts: list[Any] = [None for _ in values]
        args, out, given = self.arguments(values, shown), _shown(out), _shown(given)
        maker = primitive_vjps.get(self.call)
        if maker is not None:
            found = maker(self.moving, out, args, self.named)(given)
        elif self.call in primitive_jvps:
            found = [self._gathered(given, k, values, out) for k in self.moving]
        else:
            raise undefined(name_of(self.call), self.moving[0])
        for k, part in zip(self.moving, map(dense, found), strict=False):
            if k in self.spread:
                for place, inner in zip(leaves(self.form[k]), _spread(part, self.form[k]), strict=True):
                    parts[place] = inner
            else:
                parts[self.form[k]] = part
        return parts

    def pushed(self, tangents: dict[Any, Any], values: Any, out: Any) -> Any:
        """How the results move as values move, in a list; None where there is no rule for that.

        tangents  by the name and the place of their values
        """
        places = {place: tangent for (_, place), tangent in tangents.items()}
        argnums = tuple([self.argument_of(i) for i in places])
        maker = primitive_jvps.get(self.call)
        if maker is None or any(k in self.spread for k in argnums):
            return None

        def by_rule(gs: Any, values: Any, out: Any) -> list[Any]:
            moved = maker(argnums, list(map(shown, gs)), _shown(out), self.arguments(values, shown), self.named)
            return list(map(_array, leaves(moved)))

        gs = list(places.values())
        batch = innermost((gs, values, out))
        joined = any(map(tracked, gs))
        try:
            moved = by_rule(gs, values, out) if batch is None else batch.loop(by_rule, (gs, values, out), {})
        except Undefined:
            return None
        except TypeError:
            if joined:  # and the rule takes a Tensor for a plain array
                return None
            raise
        return None if joined and not any(map(tracked, moved)) else moved

    def moved(self, tangent: Any, i: int, values: Any, out: Any, k: int, slopes: Any) -> Any:
        """How the k-th result moves as the i-th value moves: by its rule, or by the VJP of each of its elements.

        slopes  a gradient for each result, of which only the shapes count
        """
        at = self.argument_of(i)
        moved = None if at in self.spread else self.pushed({(at, i): tangent}, values, out)
        if moved is not None:
            return moved[k]
        results, zeros = leaves(unwrap(out)), [np.zeros_like(unwrap(slope)) for slope in slopes]
        if Vector in map(type, unwrap((tangent, *results))):
            raise self.unknown()
        plainly, shape = unwrap(values), np.shape(slopes[k])
        units = [[*zeros[:k], unit, *zeros[k + 1 :]] for unit in _units(shape, results[k])]
        rows = [np.asarray(self.alone(unit, plainly, out)[i]) for unit in units]
        return np.tensordot(np.stack(rows), tangent, np.ndim(tangent)).reshape(shape)

    def unknown(self) -> NotImplementedError:
        return NotImplementedError(
            f"{name_of(self.call)}: its VJP computes with plain values, so its own derivative is unknown; write it "
            f"with functions of autograd.numpy and with primitives"
        )

    def alone(self, slopes: Any, values: Any, out: Any) -> list[Any]:
        """The gradients of the values, for one of each result."""
        out = rebuild(out, map(unwrap, leaves(out)))
        return self._pulled(slopes[0], rebuild(out, iter(slopes)), values, out)

    def _gathered(self, g: Any, k: int, values: Any, out: Any) -> Any:
        """The gradient of an argument that has only a rule forward: one run of it for each of its elements."""
        if k in self.spread:
            raise undefined(name_of(self.call), k)
        value, args = values[self.form[k]], self.arguments(values)
        maker = primitive_jvps[self.call]
        moved = [maker((k,), (unit,), out, args, self.named) for unit in _units(np.shape(value), value)]
        columns = np.stack([np.asarray(unwrap(part)) for part in moved])
        return np.tensordot(columns, g, np.ndim(g)).reshape(np.shape(value))


class _Latest(local):
    """What the last rule gave for several values: the call, the gradient, weakly, and their gradients."""

    kept: Any = None


_latest = _Latest()


def _forget(gone: Any, latest: _Latest = _latest) -> None:
    if latest.kept is not None and latest.kept[1] is gone:
        latest.kept = None


def _units(shape: Any, like: Any) -> list[Any]:
    """For each element an array that is 1 there and else 0."""
    size = int(np.prod(shape))
    dtype = np.result_type(unwrap(like), np.float32)
    return [np.eye(1, size, k, dtype=dtype).reshape(shape) for k in range(size)]


def _spread(part: Any, like: Any) -> list[Any]:
    """What stands in `part` at the places of the leaves of `like`; of an array its elements, for a list."""
    if part is None:
        return [None for _ in leaves(like)]
    if isinstance(like, dict):
        return [inner for key in keys_of(like) for inner in _spread(part[key], like[key])]
    if isinstance(like, tuple | list):
        return [inner for k, item in enumerate(like) for inner in _spread(part[k], item)]
    if is_dataclass(like):
        return [inner for name in fields_of(like) for inner in _spread(getattr(part, name), getattr(like, name))]
    return [part]


def _array(part: Any) -> Any:
    part = as_vector(part)
    return part if part is None or hasattr(part, "shape") else np.asarray(part)


def _shown(values: Any) -> Any:
    """Values as a rule gets them, also those in containers."""
    return rebuild(values, map(shown, leaves(values)))


def _value(*parts: Any, given: Given, result: Any, place: int, n: int) -> Any:
    return _array(given.alone(parts[:n], parts[n:], result)[place])


def _slope(g: Any, i: int, parts: Any, given: Given, result: Any, place: int, n: int) -> Any:
    if i >= n:  # of what the VJP makes of a value nothing is known
        raise given.unknown()
    return given.moved(g, place, parts[n:], result, i, parts[:n])


_by_rule = primitive(_value, name="vjp", parts=_slope)  # of the gradients of n results, and of the values


class Undefined(NotImplementedError):
    """There is no rule forward for an argument."""


def undefined(name: str, i: int) -> NotImplementedError:
    return NotImplementedError(f"{name}: no VJP is defined for argument {i}; give it one with defvjp")
