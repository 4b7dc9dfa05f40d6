"""A primitive: a function of arrays and, next to it, its derivative rules, one line of plain NumPy each.

    exp      = elementwise(np.exp, x=lambda g, out: g * out)
    multiply = elementwise(np.multiply, x=lambda g, y: g * y, y=lambda g, x: g * x)

The keyword says for which argument a rule is the vector-Jacobian product (VJP). `g` is the gradient of the result;
every further parameter names what the rule needs, and only that is kept until the backward pass:

    an argument          x, y, axis, keepdims
    the result           out
    a shape or a dtype   x_shape, x_dtype (of the argument x); of a sequence of arguments, a tuple of them
    a memory layout      x_strides (of the argument x; None for arrays that have none)
    i                    which one of a sequence of arguments (`*arrays`) the gradient is for

A rule gets arrays on the ordinary backward pass and Tensors where the backward pass is itself recorded; NumPy's
dispatch makes the same text right for both.

The function that stands for a primitive is written out as Python source and compiled when it is first called, as
`dataclasses` do for `__init__`: Python binds the arguments, and each operation costs no more than its own few lines.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from types import CodeType, FunctionType
from typing import Any
from weakref import ref

import numpy as np

from .graph import Node, tick
from .modes import mode
from .tensor import Tensor

registry: dict[Any, Callable[..., Any]] = {}
"""What stands for each function of NumPy when one of its arguments is a Tensor."""

Rule = Callable[..., Any]
Function = Callable[..., Any]


class Primitive:
    """A function and its rules.

    name        what errors and pictures call it
    function    the function of plain arrays
    rules       argument -> VJP; None: no gradient flows into that argument, by definition
    kind        "elementwise", "linear" or "" (what a reader may rely on)
    broadcasts  a rule's result may still have the result's shape: the sweep sums it down to the argument's
    views       the result may share memory with the first argument
    multiple    the result is a tuple of arrays, and so is `g` (None where an output had no part in the result)
    call        what stands for it on Tensors: the function that records itself
    into        None, or of a function with one rule: adds what that gives to an array in place, into(array, g, *needs);
                for functions whose gradient is mostly zeros, so that n parts of an array cost n parts, not n arrays
    """

    def __init__(
        self, name: str, function: Callable[..., Any], rules: dict[str, Rule | None], *, kind: str = "",
        broadcasts: bool = False, views: bool = False, multiple: bool = False,
    ) -> None:  # fmt: skip
        self.name = name
        self.function = function
        self.rules = rules
        self.kind = kind
        self.broadcasts = broadcasts
        self.views = views
        self.multiple = multiple
        self.call: Function = function
        self.into: Function | None = None
        self.plans: dict[Any, Plan] = {}

    def plan(self, inputs: tuple[Any, ...]) -> Plan:
        """What to save and how to go back, for gradients of just these inputs."""
        found = self.plans.get(inputs)
        if found is None:
            found = self.plans[inputs] = Plan(self, inputs)
        return found

    def __repr__(self) -> str:
        return f"<primitive {self.name}>"


class Plan:
    """What a node of a primitive needs, given which inputs need a gradient.

    inputs       those inputs, in order: an argument's name, or for a sequence of arguments (name, position)
    names        what is saved, by name
    vjps         for each input, a function of the gradient and the saved values
    links        for each saved value, where it came from (see `_link`)
    elementwise  whether the primitive works element by element
    into         the primitive's
    """

    __slots__ = ("elementwise", "inputs", "into", "links", "names", "primitive", "vjps")

    def __init__(self, primitive: Primitive, inputs: tuple[Any, ...]) -> None:
        self.primitive = primitive
        self.elementwise = primitive.kind == "elementwise"
        self.into = primitive.into
        self.inputs = inputs
        rules = [(_rule(primitive, input), input) for input in inputs]
        wanted = dict.fromkeys(name for rule, _ in rules for name in _needs(rule))
        self.names = tuple(name for name in wanted if name != "i")
        self.vjps = tuple(self._vjp(rule, input) for rule, input in rules)
        self.links = tuple(self._link(name) for name in self.names)

    def _vjp(self, rule: Rule, input: Any) -> Callable[[Any, tuple[Any, ...]], Any]:
        """The rule as a function of (g, saved)."""
        wants = ["i" if name == "i" else f"saved[{self.names.index(name)}]" for name in _needs(rule)]
        code = _lambda(f"lambda g, saved: rule({', '.join(['g', *wants])})")
        made: Callable[[Any, tuple[Any, ...]], Any] = eval(code, {"rule": rule, "i": input[-1]})
        return made

    def relink(self, node: Node) -> tuple[Any, ...]:
        """The saved values as Tensors, each joined to the graph where it came from: for a recorded backward pass."""
        assert node.saved is not None
        parents, links = node.parents, self.links
        made = []
        for value, link in zip(node.saved, links, strict=True):
            if link is None:
                made.append(value)
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


def primitive(
    function: Callable[..., Any], *overrides: Any, name: str | None = None, kind: str = "", broadcasts: bool = False,
    views: bool = False, multiple: bool = False, **rules: Rule | None,
) -> Callable[..., Any]:  # fmt: skip
    """Make a function differentiable: give it, for each argument that may be a Tensor, a VJP.

    The function must have a Python signature (a C function is wrapped in a `def` or `lambda` that has one), take plain
    arrays and return one (`multiple=True`: a tuple of them). The other keywords name arguments, and give each the rule
    of its gradient, or None where by definition there is none. `overrides` are functions of NumPy that this one stands
    for on Tensors from now on; a NumPy function that had no rules yet stands for itself, and one that had keeps them.

    Returns a function that records itself when an input needs a gradient. On plain arrays it returns a plain array.

    Raises TypeError for a rule that names neither an argument nor an argument's shape or dtype, `out` or `i`.

    >>> cube = primitive(lambda x: x**3, name="cube", x=lambda g, x: g * 3 * x**2)
    >>> x = Tensor(2.0, requires_grad=True)
    >>> cube(x).backward()
    >>> x.grad
    Tensor(12.)
    """
    name = name or function.__name__
    record = Primitive(name, function, rules, kind=kind, broadcasts=broadcasts, views=views, multiple=multiple)
    made = _lazily(record)
    if not isinstance(function, FunctionType):
        registry.setdefault(function, made)
    registry.update(dict.fromkeys(overrides, made))
    return made


def elementwise(ufunc: Any, *overrides: Any, **options: Any) -> Callable[..., Any]:
    """A primitive that works element by element on one argument x, or on x and y broadcast together."""
    return primitive(ufunc, *overrides, kind="elementwise", broadcasts=True, **options)


def linear(function: Callable[..., Any], *overrides: Any, **options: Any) -> Callable[..., Any]:
    """A primitive that is linear in each input: its rules need neither the inputs nor the result.

    >>> double = linear(lambda x: x + x, name="double", x=lambda g: g + g)
    >>> double(3.0)
    6.0
    """
    return primitive(function, *overrides, kind="linear", **options)


def composite(*overrides: Any) -> Callable[[Function], Function]:
    """A function built of primitives, which stands on Tensors for functions of NumPy and needs no rule of its own."""

    def register(function: Function) -> Function:
        registry.update(dict.fromkeys(overrides, function))
        return function

    return register


def nondifferentiable(*functions: Any) -> None:
    """These functions take Tensors as the arrays they hold, and return plain arrays that no gradient flows through."""
    for function in functions:
        registry[function] = _plainly(function)


def _plainly(function: Any) -> Callable[..., Any]:
    def plain(*args: Any, **kwargs: Any) -> Any:
        return function(*unwrap(args), **{name: unwrap(value) for name, value in kwargs.items()})

    plain.__wrapped__ = function  # type: ignore[attr-defined]
    return plain


def unwrap(value: Any) -> Any:
    """The arrays inside of Tensors, also of those inside lists, tuples, dicts and slices."""
    if isinstance(value, Tensor):
        return value._data
    if type(value) is tuple or type(value) is list:
        return type(value)([unwrap(item) for item in value])
    if type(value) is dict:
        return {key: unwrap(item) for key, item in value.items()}
    if type(value) is slice:
        return slice(unwrap(value.start), unwrap(value.stop), unwrap(value.step))
    return value


def wrap(value: Any, node: Node | None = None) -> Tensor:
    """A Tensor that shares the array `value` and stands at `node` of the graph."""
    result: Tensor = _new(Tensor)
    result._data = value
    result._node = node
    result._grad = None
    result._family = None
    result.name = None
    return result


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
    items = [_as_array(value) for value in values]
    return _rebuild(values, [wrap(item, pick_node(node, i, len(items), item)) for i, item in enumerate(items)])


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
    node.call = parent.call
    node.extras = None
    return node


def _rebuild(values: Any, items: list[Any]) -> Any:
    return type(values)(*items) if hasattr(values, "_fields") else type(values)(items)


# ---- compiling ------------------------------------------------------------------------------------------------------


@functools.cache
def _lambda(source: str) -> CodeType:
    """Compiled once for all rules that want the same: a join of a thousand arrays has a thousand of them."""
    return compile(source, "<rule>", "eval")


def _rule(primitive: Primitive, input: Any) -> Rule:
    rule = primitive.rules[input[0] if type(input) is tuple else input]
    assert rule is not None
    return rule


def _needs(rule: Rule) -> tuple[str, ...]:
    """The names of a rule's parameters after `g`."""
    code = rule.__code__
    return code.co_varnames[1 : code.co_argcount]


def _lazily(record: Primitive) -> Callable[..., Any]:
    """A function that, first called, compiles its own code."""

    def compile_now() -> None:
        code = _compile(record, namespace)
        made.__code__, made.__defaults__, made.__kwdefaults__ = code

    namespace = {"_compile_now": compile_now}
    made = FunctionType(_STUB, namespace, record.name)
    made.__qualname__ = record.name
    namespace["_itself"] = made
    record.call, made.primitive = made, record  # type: ignore[attr-defined]
    made.__doc__ = record.function.__doc__
    made.__module__ = getattr(record.function, "__module__", __name__)
    made.__wrapped__ = record.function  # type: ignore[attr-defined]
    return made


_STUB: CodeType = (lambda *args, **kwargs: (_compile_now(), _itself(*args, **kwargs))[1]).__code__  # type: ignore[name-defined] # noqa: F821


class Signature:
    """A function's parameters, read off its code (the module `inspect` would double the time of our import)."""

    def __init__(self, record: Primitive) -> None:
        function = record.function
        if isinstance(function, np.ufunc):
            self.positional, self.defaults = ["x", "y"][: function.nin], {}
            self.sequence, self.keywords, self.positional_only = None, [], function.nin
            return
        function = getattr(function, "_implementation", function)  # what NumPy's dispatcher wraps
        code = getattr(function, "__code__", None)
        if code is None:
            raise TypeError(
                f"primitive: {record.name} has no Python signature; give a def or a lambda that has one and calls it"
            )
        n, k = code.co_argcount, code.co_kwonlyargcount
        names = code.co_varnames
        self.positional, self.keywords = list(names[:n]), list(names[n : n + k])
        self.sequence = names[n + k] if code.co_flags & 0x04 else None
        self.positional_only = code.co_posonlyargcount
        given = function.__defaults__ or ()
        self.defaults = dict(zip(self.positional[n - len(given) :], given, strict=True))
        self.defaults.update(function.__kwdefaults__ or {})

    def names(self) -> list[str]:
        return self.positional + self.keywords + ([self.sequence] if self.sequence else [])

    def declared(self) -> str:
        parts = [f"{name}=None" if name in self.defaults else name for name in self.positional]
        if self.positional_only:
            parts.insert(self.positional_only, "/")
        if self.sequence or self.keywords:
            parts.append(f"*{self.sequence or ''}")
        parts += [f"{name}=None" if name in self.defaults else name for name in self.keywords]
        return ", ".join(parts)

    def passed(self, **instead: str) -> str:
        """The arguments of a call that passes all of them on."""
        parts = [instead.get(name, name) for name in self.positional]
        parts += [f"*{self.sequence}"] if self.sequence else []
        return ", ".join(parts + [f"{name}={instead.get(name, name)}" for name in self.keywords])


@functools.lru_cache(maxsize=1024)
def signature_of(record: Primitive) -> Signature | None:
    """Its parameters, or None of a function that does not tell them."""
    try:
        return Signature(record)
    except TypeError:
        return None


def _compile(record: Primitive, namespace: dict[str, Any]) -> tuple[CodeType, Any, Any]:
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
        lines += ["    if out is not None:", f"        return _store(_itself({signature.passed(out='None')}), out)"]
    for name in inputs:
        node = f"_{name}_node = {name}._node; " if name in active else ""
        lines += [f"    _{name}_node = None"] if name in active else []
        lines += [f"    _source = {name}"] if record.views and name == inputs[0] else []
        lines += [f"    if isinstance({name}, _Tensor):", f"        {node}{name} = {name}._data; _tensors = True"]
        if name in active:  # a list or a tuple is an array-like, and may hold Tensors
            lines += [f"    elif {name}.__class__ not in _OPERANDS:"]
            if isinstance(record.function, np.ufunc) and record.function.nin > 1:
                lines += [f"        if _computes_itself({name}):", "            return NotImplemented"]
            lines += [
                f"        {name} = _array_of({name})",
                f"        if isinstance({name}, _Tensor):",
                f"            {node}{name} = {name}._data; _tensors = True",
            ]
    if listed:
        lines += [
            f"    _nodes = [value._node if isinstance(value, _Tensor) else None for value in {listed}]",
            f"    _tensors = _tensors or any([isinstance(value, _Tensor) for value in {listed}])",
            f"    {listed} = tuple([value._data if isinstance(value, _Tensor) else value for value in {listed}])",
        ]
    given = ", ".join(f"{name!r}: {name}" for name in signature.positional + signature.keywords if name != "out")
    shown = f"{'out' if record.multiple else '(out,)'}, {{{given}}}, {listed or '()'}"
    # a dtype may be asked for that has no gradient, as in x.astype(int)
    whole = " or out.dtype.kind not in 'fc'" if "dtype" in signature.names() and not record.multiple else ""
    none = [f"_{name}_node is None" for name in active] + (["not any(_nodes)"] if listed else [])
    lines += [
        "    try:",
        f"        out = _function({signature.passed()})",
        "    except Exception as _error:",
        f"        _explain(_error, _record, {{{', '.join(f'{name!r}: {name}' for name in signature.names())}}})",
        "        raise",
        "    if not _tensors:",
        "        return out",
    ]
    if record.multiple:
        plain = "_rebuild(out, [_wrap(_as_array(_value)) for _value in out])"
        cut = ["                for _value in _result:", "                    _value._cut = 'no_grad'"]
    else:
        cut = ["                _result._cut = 'no_grad'"]  # a drawing can say then why it has no gradient
        lines += ["    if type(out) is not _ndarray:"]
        lines += ["        out = _asarray(out) if isinstance(out, _generic) else _as_array(out)"]
        lines += ["    _result = _new(_Tensor)", "    _result._data = out", "    _result._node = None"]
        lines += ["    _result._grad = None", "    _result._family = None", "    _result.name = None"]
        if record.views:
            lines += [
                "    if isinstance(_source, _Tensor) and getattr(out, 'base', None) is not None:",
                "        _join(_source, _result)",
            ]
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
        "    _node.call = _mode.call",
        "    _node.extras = None",
        f"    _node.shape = {'_Cotangents.shape' if record.multiple else 'out.shape'}",
        f"    _node.dtype = {'None' if record.multiple else 'out.dtype'}",
        *(
            _general(record, active, listed, signature)
            if listed or len(active) > 3
            else _branches(record, active, namespace)
        ),
        f"    {'_result = _outputs(out, _node)' if record.multiple else '_result._node = _node'}",
        "    if _recording is not True:",
        f"        _recording(_record, _node, {shown})",
        "    return _result",
    ]
    namespace.update(_NAMESPACE, _record=record, _function=record.function, _plan=record.plan)
    exec(compile("\n".join(lines), f"<primitive {record.name}>", "exec"), namespace)
    code = namespace.pop("call").__code__
    defaults = tuple(signature.defaults[name] for name in signature.positional if name in signature.defaults)
    keywords = {name: signature.defaults[name] for name in signature.keywords if name in signature.defaults}
    return code.replace(co_name=record.name), defaults or None, keywords or None


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


def _general(record: Primitive, active: list[str], listed: str | None, signature: Signature) -> list[str]:
    """The same for a sequence of inputs, or many: looked up when it runs."""
    pairs = [f"({name!r}, _{name}_node)" for name in active]
    if listed:
        pairs.append(f"*[(({listed!r}, k), n) for k, n in enumerate(_nodes)]")
    if listed and not active:  # there is one rule, so it is known what it saves
        names = record.plan(((listed, 0),)).names
        return [
            f"    _keys = tuple([({listed!r}, k) for k, n in enumerate(_nodes) if n is not None])",
            "    _node.plan = _plan(_keys)",
            "    _node.parents = tuple([n for n in _nodes if n is not None])",
            f"    _node.saved = ({_comma(_expression(name) for name in names)})",
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
    """How a name that a rule may use reads in the compiled function, where these arguments are known to be arrays."""
    base, _, what = name.rpartition("_")
    if not base or what not in _PROPERTIES:
        return name
    return f"{base}.{what}" if base in arrays and what != "strides" else f"_{what}_of({base})"


def _save(names: tuple[str, ...], values: dict[str, Any]) -> tuple[Any, ...]:
    def value(name: str) -> Any:
        if name in values:
            return values[name]
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


_PROPERTIES: dict[str, Callable[[Any], Any]] = {"shape": _shape_of, "dtype": _dtype_of, "strides": _strides_of}


def _as_array(value: Any) -> Any:
    """NumPy gives a scalar where a 0-d array is meant; other arrays pass as they are."""
    return np.asarray(value) if isinstance(value, np.generic | int | float | complex) else value


def _array_of(value: Any) -> Any:
    """The array that stands in a list, a tuple or a table: a Tensor, if it holds Tensors. An array is itself."""
    if type(value) is list or type(value) is tuple:
        return registry[np.array](value) if _holds_tensor(value) else np.asarray(value)
    if hasattr(value, "__array_function__") or not hasattr(value, "__array__"):
        return value
    inner = getattr(value, "data", None)
    return inner if isinstance(inner, Tensor) else np.asarray(value)


def _computes_itself(value: Any) -> bool:
    """Whether an operand is no array but a container that computes with those it holds, which a Tensor may be.

    pandas' tables cannot hold one.
    """
    return (
        hasattr(value, "__array_ufunc__")
        and not hasattr(value, "__array_function__")
        and not hasattr(value, "__pandas_priority__")
    )


def _holds_tensor(value: Any) -> bool:
    return type(value) in (list, tuple) and any(isinstance(item, Tensor) or _holds_tensor(item) for item in value)


def _join(source: Tensor, view: Tensor) -> None:
    """Note that two Tensors share memory, for an assignment to either (see Tensor.__setitem__)."""
    family = source._family
    if family is None:
        family = source._family = [ref(source)]
    family.append(ref(view))
    view._family = family
    if len(family) & (len(family) - 1) == 0:  # at each power of two: drop the dead, so that it stays linear
        family[:] = [member for member in family if member() is not None]


def _check(record: Primitive, signature: Signature) -> None:
    known = set(signature.names())
    unknown = [name for name in record.rules if name not in known]
    if unknown:
        raise TypeError(f"primitive: {record.name} has no argument {unknown[0]!r}; its arguments are {sorted(known)}")
    if "out" in record.rules:
        raise TypeError(f"primitive: in the rules of {record.name}, out is the result; call its argument otherwise")
    allowed = known | {"out", "i"} | {f"{name}_{what}" for name in known for what in _PROPERTIES}
    for name, rule in record.rules.items():
        for need in _needs(rule) if rule is not None else ():
            if need not in allowed:
                raise TypeError(
                    f"primitive: the rule of {record.name} for {name} asks for {need!r}; "
                    f"it may name out, i, {', '.join(sorted(known))}, and each of these with _shape, _dtype or _strides"
                )
            if record.kind == "linear" and (need == "out" or record.rules.get(need) is not None):
                raise TypeError(f"linear: the rule of {record.name} for {name} needs {need!r}, so it is not linear")


def _explain(error: Exception, record: Primitive, values: dict[str, Any]) -> None:
    """Say in the error of a failed call which function it was, and what it was given."""
    given = ", ".join(f"{name}: {_describe(values[name])}" for name in record.rules if name in values)
    if type(error) in (ValueError, TypeError, IndexError) and len(error.args) == 1 and isinstance(error.args[0], str):
        error.args = (f"{record.name}({given}): {error.args[0]}",)
    else:
        error.add_note(f"in {record.name}({given})")


def _describe(value: Any) -> str:
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        return f"{value.dtype} {value.shape}"
    if type(value) is tuple:
        return f"[{', '.join(_describe(item) for item in value)}]"
    return type(value).__name__


def _store(result: Any, out: Any) -> Any:
    """`out=`: put a result into an array that was there before."""
    if isinstance(out, tuple):
        (out,) = out
    if isinstance(out, Tensor):
        out[...] = result
        return out
    if isinstance(result, Tensor) and result.requires_grad:
        raise TypeError("out=: a result that requires a gradient cannot be stored in a plain array; give a Tensor")
    out[...] = unwrap(result)
    return out


_new: Any = object.__new__

_OPERANDS = frozenset({np.ndarray, bool, int, float, complex, type(None), *np.sctypeDict.values()})
"""What most operands are, where they are no Tensors: it is clear how to compute with these."""

_NAMESPACE = {
    "_Tensor": Tensor, "_Node": Node, "_Cotangents": Cotangents, "_ndarray": np.ndarray, "_generic": np.generic,
    "_asarray": np.asarray, "_mode": mode, "_tick": tick,
    "_new": _new, "_as_array": _as_array, "_array_of": _array_of, "_computes_itself": _computes_itself,
    "_OPERANDS": _OPERANDS, "_wrap": wrap, "_rebuild": _rebuild,
    "_outputs": outputs, "_join": _join,
    "_explain": _explain, "_save": _save, "_shape_of": _shape_of, "_dtype_of": _dtype_of, "_strides_of": _strides_of,
    "_store": _store,
}  # fmt: skip

PICK = Primitive(
    "output", lambda values, index, n: values[index],
    {"values": lambda g, index, n: Cotangents.of_one(g, index, n)},
).plan(("values",))  # fmt: skip
