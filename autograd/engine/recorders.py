"""The function that stands for a primitive, written out as Python source, as `dataclasses` do for `__init__`.

So Python binds the arguments, and an operation costs no more than its own few lines: it takes the arrays out of
Tensors, calls the function, and makes a Tensor of the result, with a node if a gradient is needed.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Callable
from types import CodeType
from typing import Any

import numpy as np

from . import floating  # noqa: F401 (what NumPy warns of in these functions names the line that called them)
from .blocks import each_block
from .halves import Seen, in_single
from .lists import copied
from .modes import mode, who_follows
from .node import Node, tick
from .operands import NUMBERS, OPERANDS, array_of, computes_itself, is_no_array, left_to
from .primitive import Cotangents, PlanOfList, Primitive, as_array, needs_of, outputs, rebuilt
from .sharing import note_view
from .signature import Signature
from .storing import into
from .tensor import Tensor, wrap


def compiled(record: Primitive, namespace: dict[str, Any]) -> tuple[CodeType, Any, Any]:
    """The code of the function that runs a primitive and records it, with its defaults.

    Its own variables begin with an underscore, so that they cannot meet an argument's name; `out` is the result.
    """
    signature = Signature(record)
    _check(record, signature)
    inputs = [name for name in signature.positional + signature.keywords if name in record.rules]
    active = [name for name in inputs if record.rules[name] is not None]
    listed = signature.sequence if record.rules.get(signature.sequence or "") is not None else None
    lines = [f"def call({signature.declared()}):", "    _tensors = False"]
    if "out" in signature.names():
        given = ", ".join(
            f"{name!r}: {name}" for name in (*signature.positional[1:], *signature.keywords) if name != "out"
        )
        lines += ["    if out is not None:"]
        lines += [f"        return _into(_stands_for, _itself, ({signature.positional[0]},), {{{given}}}, out)"]
    for name in inputs:
        node = f"_{name}_node = {name}._node; " if name in active else ""
        lines += [f"    _{name}_node = None"] if name in active else []
        lines += [f"    _source = {name}"] if record.views and name == inputs[0] else []
        lines += [f"    if isinstance({name}, _Tensor):", f"        {node}{name} = {name}._content; _tensors = True"]
        if name in active:  # a list or a tuple is an array-like, and may hold Tensors
            lines += [f"    elif {name}.__class__ not in _OPERANDS:"]
            if record.operator:
                asked = "_computes_itself" if isinstance(record.function, np.ufunc) else "_is_no_array"
                lines += [f"        if {asked}({name}):", f"            return {_left(name, inputs)}"]
            lines += [
                f"        {name} = _array_of({name})",
                f"        if isinstance({name}, _Tensor):",
                f"            {node}{name} = {name}._content; _tensors = True",
            ]
    if listed:
        lines += [
            f"    _nodes = [value._node if isinstance(value, _Tensor) else None for value in {listed}]",
            f"    _tensors = _tensors or any([isinstance(value, _Tensor) for value in {listed}])",
            f"    {listed} = tuple([value._content if isinstance(value, _Tensor) else value for value in {listed}])",
        ]
    given = ", ".join(f"{name!r}: {name}" for name in signature.positional + signature.keywords if name != "out")
    shown = f"{'out' if record.multiple else '(out,)'}, {{{given}}}, {listed or '()'}"
    # a dtype may be asked for that has no gradient, as in x.astype(int)
    whole = " or out.dtype.kind not in 'fc'" if "dtype" in signature.names() and not record.multiple else ""
    none = [f"_{name}_node is None" for name in active] + (["not any(_nodes)"] if listed else [])
    lines += [
        "    try:",
        f"        out = {_called(record, inputs)}({signature.passed()})",
        "    except Exception as _error:",
        "        _whole = _who_follows(_error)",
        "        if _whole is None:",
        f"            _explain(_error, _record, {{{', '.join(f'{name!r}: {name}' for name in signature.names())}}})",
        "            raise",
        f"        out = _whole.opaque(_function, {signature.passed()})",
        "    if not _tensors:",
        "        return out",
    ]
    if record.multiple:
        plain = "_rebuild(out, [_wrap(_as_array(_value)) for _value in out])"
        cut = ["                for _value in _result:", "                    _value._cut = 'no_grad'"]
    else:
        cut = ["                _result._cut = 'no_grad'"]  # a drawing can say then why it has no gradient
        lines += ["    if type(out) is not _ndarray:"]
        lines += ["        out = _asarray(out) if type(out) in _NUMBERS else _as_array(out)"]
        lines += ["    _result = _new(_Tensor)", "    _result._content = out", "    _result._node = None"]
        lines += ["    _result._grad = None", "    _result._family = None", "    _result._name = None"]
        if record.views:
            shares = f"(getattr(out, 'base', None) is not None or out is {inputs[0]})"
            lines += [f"    if isinstance(_source, _Tensor) and {shares}:", "        _note_view(_source, _result)"]
    lines += [
        "    _recording = _mode.recording",
        f"    if _recording is False or ({' and '.join(none) or 'True'}){whole}:",
        *([f"        _result = {plain}"] if record.multiple else []),
        "        if _recording is not True:",
        "            if _recording:",
        f"                _recording(_record, None, {shown})",
        *([f"            elif not ({' and '.join(none)}):", *cut] if none else []),
        "        return _result",
        "    _node = _Node()",
        "    _node.order = _tick()",
        "    _node.entry = _mode.entry",
        "    _node.extras = None",
        f"    _node.shape = {'_Cotangents.shape' if record.multiple else 'out.shape'}",
        f"    _node.dtype = {'None' if record.multiple else 'out.dtype'}",
        *(
            _general(record, active, listed, signature, namespace)
            if listed or len(active) > 3
            else _branches(record, active, namespace)
        ),
        f"    {'_result = _outputs(out, _node)' if record.multiple else '_result._node = _node'}",
        "    if _recording is not True:",
        f"        _recording(_record, _node, {shown})",
        "    return _result",
    ]
    if whole:  # what makes halves of other numbers is asked for them by dtype=
        lines[-1:-1] = ["    if out.dtype.char == 'e':", "        _Seen.halves = True"]
    namespace.update(_NAMESPACE, _record=record, _function=record.function, _plan=record.plan)
    if record.single:
        namespace["_in_single"] = in_single(record.function)
    if _works_in_blocks(record):
        namespace["_elsewhere"] = each_block(in_single(record.function) if record.single else record.function)
    namespace["_stands_for"] = record.stands_for
    code = _code_of("\n".join(lines))
    defaults = tuple(signature.defaults[name] for name in signature.positional if name in signature.defaults)
    keywords = {name: signature.defaults[name] for name in signature.keywords if name in signature.defaults}
    named = code.replace(co_name=record.name, co_filename=f"<primitive {record.name}>")
    return named, defaults or None, keywords or None


@functools.cache
def _code_of(source: str) -> CodeType:
    """The code of the one function that is defined there, compiled once for all primitives for which it reads so."""
    (code,) = [part for part in compile(source, "<primitive>", "exec").co_consts if type(part) is CodeType]
    return code


def _left(name: str, inputs: list[str]) -> str:
    """What is returned where the operand of this name is to compute, of which those before are arrays by now."""
    if len(inputs) != 2:
        return "NotImplemented"
    first, second = inputs
    before = first if name == first else f"_wrap({first}, _{first}_node) if _tensors else {first}"
    return f"_left_to(_record.name, {before}, {second})"


def _works_in_blocks(record: Primitive) -> bool:
    """Whether its function is one of arrays, element by element, that no other kind of array knows by itself."""
    return record.kind == "elementwise" and not isinstance(record.function, np.ufunc)


def _called(record: Primitive, inputs: list[str]) -> str:
    """What computes the result: of a primitive that computes with halves in single precision, one or the other."""
    called = "_function"
    if record.single:
        first = inputs[0]
        known = f"{first}.__class__ is _ndarray or {first}.__class__ is _half"
        called = f"(_in_single if ({known}) and {first}.dtype.char == 'e' else _function)"
    if _works_in_blocks(record):
        plain = " and ".join(f"{name}.__class__ in _OPERANDS" for name in inputs)
        called = f"({called} if {plain} else _elsewhere)"
    return called


def _branches(record: Primitive, active: list[str], namespace: dict[str, Any]) -> list[str]:
    """One branch for each set of inputs that may need a gradient: it names the plan, the parents and what is saved."""
    lines = []
    subsets = [c for n in range(len(active), 0, -1) for c in itertools.combinations(active, n)]
    for k, subset in enumerate(subsets):
        plan = namespace[f"_plan_{k}"] = record.plan(subset)
        test = " and ".join(f"_{name}_node is not None" for name in subset)
        head = "if" if k == 0 else "elif" if k < len(subsets) - 1 else "else"
        lines += [
            f"    {head}{'' if head == 'else' else ' ' + test}:",
            f"        _node.plan = _plan_{k}",
            f"        _node.parents = ({_comma(f'_{name}_node' for name in subset)})",
            f"        _node.saved = ({_comma(_expression(name, subset) for name in plan.names)})",
        ]
    return lines


def _general(
    record: Primitive, active: list[str], listed: str | None, signature: Signature, namespace: dict[str, Any]
) -> list[str]:
    """The same for a sequence of inputs, or many: looked up when it runs."""
    pairs = [f"({name!r}, _{name}_node)" for name in active]
    if listed:
        pairs.append(f"*[(({listed!r}, k), n) for k, n in enumerate(_nodes)]")
    if listed and not active:  # there is one rule, so it is known what it saves
        namespace["_form"] = form = record.plan_for_any((listed,))
        return [
            "    _node.plan = _PlanOfList(_form, [k for k, n in enumerate(_nodes) if n is not None])",
            "    _node.parents = tuple([n for n in _nodes if n is not None])",
            f"    _node.saved = ({_comma(_expression(name) for name in form.names)})",
        ]
    values = ", ".join(f"{name!r}: {name}" for name in dict.fromkeys([*signature.names(), "out"]))
    return [
        f"    _pairs = [(k, n) for k, n in ({_comma(pairs)}) if n is not None]",
        "    _node.plan = _plan(tuple([k for k, n in _pairs]))",
        "    _node.parents = tuple([n for k, n in _pairs])",
        f"    _node.saved = _save(_node.plan.names, {{{values}}})",
    ]


def _comma(items: Any) -> str:
    return "".join(f"{item}, " for item in items).rstrip()


def _expression(name: str, arrays: tuple[str, ...] = ()) -> str:
    """How a name that a rule may use reads in the compiled function, where these arguments are known to be arrays.

    A list is copied, for nothing can lock it, nor tell that it was changed before the backward pass.
    """
    base, _, what = name.rpartition("_")
    if not base or what not in _PROPERTIES:
        never = name in arrays or name in _NO_LISTS
        return name if never else f"{name} if {name}.__class__ is not list else _copied({name})"
    if what == "number":
        return f"{base} if {base}.__class__ in _NUMBERS else None"
    return f"{base}.{what}" if base in arrays and what != "strides" else f"_{what}_of({base})"


_NO_LISTS = {"out", "keepdims", "ddof"}


def _save(names: tuple[str, ...], values: dict[str, Any]) -> tuple[Any, ...]:
    def value(name: str) -> Any:
        if name in values:
            return copied(values[name])
        base, _, what = name.rpartition("_")
        return _PROPERTIES[what](values[base])

    return tuple([value(name) for name in names])


def _shape_of(value: Any) -> Any:
    if type(value) is tuple:
        return tuple([_shape_of(item) for item in value])
    return value.shape if hasattr(value, "shape") else np.shape(value)


def _dtype_of(value: Any) -> Any:
    if type(value) is tuple:
        return tuple([_dtype_of(item) for item in value])
    return value.dtype if hasattr(value, "dtype") else np.result_type(value)


def _strides_of(value: Any) -> Any:
    return getattr(value, "strides", None)  # not every kind of array lies in memory


def _number_of(value: Any) -> Any:
    return value if value.__class__ in NUMBERS else None


_PROPERTIES: dict[str, Callable[[Any], Any]] = {
    "shape": _shape_of, "dtype": _dtype_of, "strides": _strides_of, "number": _number_of,
}  # fmt: skip


def _check(record: Primitive, signature: Signature) -> None:
    known = set(signature.names())
    unknown = [name for name in record.rules if name not in known]
    if unknown:
        raise TypeError(f"primitive: {record.name} has no argument {unknown[0]!r}; its arguments are {sorted(known)}")
    if "out" in record.rules:
        raise TypeError(f"primitive: in the rules of {record.name}, out is the result; call its argument otherwise")
    allowed = known | {"out", "i"} | {f"{name}_{what}" for name in known for what in _PROPERTIES}
    for name, rule in record.rules.items():
        for need in needs_of(rule) if rule is not None else ():
            if need not in allowed:
                raise TypeError(
                    f"primitive: the rule of {record.name} for {name} asks for {need!r}; "
                    f"it may name out, i, {', '.join(sorted(known))}, and each of these with "
                    f"{', '.join(f'_{what}' for what in _PROPERTIES)}"
                )
            if record.kind == "linear" and (need == "out" or record.rules.get(need) is not None):
                raise TypeError(f"linear: the rule of {record.name} for {name} needs {need!r}, so it is not linear")


def _explain(error: Exception, record: Primitive, values: dict[str, Any]) -> None:
    """Say in the error of a failed call which function it was, and what it was given."""
    given = ", ".join(f"{name}: {_describe(values[name])}" for name in record.rules if name in values)
    if type(error) in (ValueError, TypeError, IndexError) and len(error.args) == 1 and isinstance(error.args[0], str):
        error.args = (f"{record.name}({given}): {_PRIVATE.sub(record.name, error.args[0])}",)
    elif isinstance(error, np._core._exceptions._UFuncNoLoopError):  # type: ignore[attr-defined]
        raise TypeError(f"{record.name}({given}): expected numbers, or arrays of them") from None
    else:
        error.add_note(f"in {record.name}({given})")


_PRIVATE = re.compile(r"(?<=ufunc ')_\w+(?=')")
"""The name of one of SciPy's own ufuncs, in what NumPy says of it."""


def _describe(value: Any) -> str:
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        return f"{value.dtype} {value.shape}"
    if type(value) is tuple:
        return f"[{', '.join(_describe(item) for item in value)}]"
    return type(value).__name__


_NAMESPACE = {
    "_Seen": Seen, "_Tensor": Tensor, "_Node": Node, "_Cotangents": Cotangents, "_ndarray": np.ndarray,
    "_half": np.float16, "_asarray": np.asarray, "_mode": mode, "_tick": tick, "_who_follows": who_follows,
    "_new": object.__new__, "_as_array": as_array, "_array_of": array_of,
    "_computes_itself": computes_itself, "_is_no_array": is_no_array, "_left_to": left_to,
    "_NUMBERS": NUMBERS, "_OPERANDS": OPERANDS, "_wrap": wrap, "_rebuild": rebuilt,
    "_outputs": outputs, "_note_view": note_view, "_PlanOfList": PlanOfList,
    "_explain": _explain, "_save": _save, "_shape_of": _shape_of, "_dtype_of": _dtype_of, "_strides_of": _strides_of,
    "_into": into, "_copied": copied,
}  # fmt: skip
