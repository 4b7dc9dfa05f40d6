"""What all optimizers share: groups of parameters, their state, and the walk over both at each step.

An optimizer states what it keeps of a parameter (`start`), what changes from step to step (`advance`) and how it
changes a parameter (`update`); weight decay, `maximize`, the layout in memory, complex numbers, hooks and the saving of
the state are dealt with here.
"""

from __future__ import annotations

import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from operator import is_
from typing import Any

import numpy as np

from autograd import Tensor, enable_grad
from autograd.ops import in_blocks
from autograd.program.current import current_trace

from .habits import ATTRIBUTES, KEYWORDS, written
from .hooks import Hooked
from .recorded import step_recorded
from .rows import BLOCK, SMALL, Lent, Memory, Row, State, Whole
from .traced import is_traced, traced_pieces, update_wholly

Limit = tuple[str, Callable[[Any], bool]]

NOT_NEGATIVE: Limit = (">= 0", lambda value: value >= 0)
LIMITS: dict[str, Limit] = {
    **dict.fromkeys(("lr", "eps", "weight_decay", "momentum", "momentum_decay", "lr_decay"), NOT_NEGATIVE),
    **dict.fromkeys(("initial_accumulator_value", "alpha"), NOT_NEGATIVE),
    "rho": ("from 0 to 1", lambda value: 0 <= value <= 1),
    "betas": ("two numbers in [0, 1)", lambda value: len(value) == 2 and all(0 <= beta < 1 for beta in value)),
    "etas": ("two numbers with 0 < etas[0] < 1 < etas[1]", lambda value: 0 < value[0] < 1 < value[1]),
}
"""What each option must be, whichever optimizer has it: in words, and as a test."""

TELLING = frozenset({
    "alpha", "amsgrad", "beta2_decay", "centered", "dampening", "etas", "history_size", "initial_accumulator_value",
    "lambd", "lr_decay", "momentum", "momentum_decay", "nesterov", "ns_steps", "rho", "t0",
})  # fmt: skip
"""Options by which kinds of optimizers differ that keep the same of a parameter, such as Adam and RAdam."""


class Optimizer(Hooked):
    """The base of all optimizers.

    params    Tensors, (name, Tensor) pairs, or dicts of options with such a sequence under "params"
    defaults  the options of groups that do not give their own

    What these options mean is the same for all optimizers that have them:

    lr            the length of a step; of a Tensor with one element, the value that it has at the step
    weight_decay  times the parameter is added to the gradient; where it is decoupled, times lr it shrinks the parameter
    maximize      ascend instead

    `foreach`, `fused` and `capturable` are taken as keywords, but there is one implementation only. With
    `differentiable=True` a step is recorded: parameters, which then are no leaves that require a gradient, become
    functions of what they were, of their gradients, and of `lr` where that is a Tensor:

    >>> from autograd import grad
    >>> from optim import SGD
    >>> w, lr = Tensor([1.0, 2.0]), Tensor(0.1, requires_grad=True)
    >>> w.grad = 2 * w
    >>> SGD([w], lr, differentiable=True).step()
    >>> w, grad((w * w).sum(), [lr])
    (Tensor([0.8, 1.6], requires_grad=True), (Tensor(-16.),))

    Raises TypeError for what is not such a sequence of Tensors, ValueError for no parameters at all, for one that is no
    leaf or is in two groups, for parameters of which only some are named, and for options out of their range. Warns of
    a parameter that is in a group twice, and so is changed twice at each step.

    One's own optimizer names the arrays that it keeps of a parameter, and overrides two methods. `advance` returns the
    numbers that `update` is to be told at this step; `update` changes a piece of the parameters in place. (Or it
    overrides `step` alone, and writes to `p.data`.)

    >>> class Momentum(Optimizer):
    ...     arrays = ("velocity",)
    ...     def __init__(self, params, lr=0.1, momentum=0.9):
    ...         super().__init__(params, {"lr": lr, "momentum": momentum})
    ...     def advance(self, state, group, row):
    ...         return group["lr"], group["momentum"]
    ...     def update(self, x, g, state, scratch, numbers):
    ...         lr, momentum = numbers
    ...         velocity = state["velocity"]
    ...         velocity *= momentum
    ...         velocity += g
    ...         x -= np.multiply(velocity, lr, out=scratch[0])
    >>> w = Tensor([1.0, 2.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> Momentum([w]).step()
    >>> w
    Tensor([0.8, 1.6], requires_grad=True)
    """

    limits: Mapping[str, Limit] = {}
    """What further options must be, or the same ones otherwise than in LIMITS."""
    scratch = 2
    """How many arrays, shaped like its piece, `update` wants to work in."""
    elementwise = True
    """Whether `update` treats each real number by itself, so that it can be given any pieces; else it gets parameters
    as they are, and its state has the arrays that `shapes` says, or those that it makes itself."""
    decoupled = False
    """Whether weight decay shrinks the parameter, where no option says so; else it is added to the gradient."""
    steady = True
    """Whether what `advance` gives is of the same kind at every step but the first: a number, None or True."""
    numbers: tuple[str, ...] = ("step",)
    """The entries of a parameter's state that are plain numbers; "step" is counted."""
    arrays: tuple[str, ...] = ()
    """The entries that are arrays of the parameter's shape."""
    sometimes: tuple[str, ...] = ()
    """The entries that a state has by some of the options only, or after some steps."""

    def __init__(self, params: Iterable[Any], defaults: State) -> None:
        self.defaults = defaults
        self.state: defaultdict[Any, State] = defaultdict(dict)
        self.param_groups: list[State] = []
        self._hooks = {}
        self._forget()
        self._check(defaults)
        has = hasattr(params, "parameters")  # a Module, which may be a sequence of Modules too
        if has or isinstance(params, Tensor | np.ndarray | str) or not isinstance(params, Iterable):
            instead = "; pass its .parameters()" if has else "; put it in a list" if isinstance(params, Tensor) else ""
            instead = "; call it, with ()" if callable(params) and not has else instead
            raise TypeError(
                f"{self._name}: expected a sequence of parameters or dicts, got {type(params).__name__}{instead}"
            )
        groups = list(params)
        if not groups:
            raise ValueError(
                f"{self._name}: expected parameters, got none (a module finds those of layers in a ModuleList or "
                f"ModuleDict, not in a plain list or dict)"
            )
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(
            f"{type(self).__name__!r} object has no attribute {name!r}{written(ATTRIBUTES, name)}", name=name, obj=self
        )

    # ---- what an optimizer overrides -------------------------------------------------------------------------------

    def start(self, group: State) -> State:
        """What a parameter's state has before the first step: numbers, and what each array is filled with."""
        return dict.fromkeys((*self.numbers, *self.arrays), 0)

    def shapes(self, shape: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
        """What arrays, all 0 at first, the state of a parameter of this shape has, where it is updated as a whole."""
        return {}

    def advance(self, state: State, group: State, row: Row) -> Lent:
        """Bring the numbers in `state` to this step; return what `update` is told. `row.first`: its arrays are new."""
        raise NotImplementedError(f"{self._name}: advance() is to be defined by each optimizer")

    def update(self, x: Any, g: Any, state: State, scratch: Lent, numbers: Any) -> None:
        """Change a piece `x` of the parameters in place, for the gradient `g`, which is not to be changed."""
        raise NotImplementedError(f"{self._name}: update() is to be defined by each optimizer")

    # ---- a step ----------------------------------------------------------------------------------------------------

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Change every parameter that has a gradient, once, in place.

        closure  computes the loss again and its gradients; what it returns is returned

        Nothing is recorded. Raises RuntimeError at a later backward pass that would need a value from before the step.
        """
        loss = None
        if closure is not None:
            if not callable(closure):
                raise TypeError(
                    f"{self._name}.step: expected a function or nothing, got {type(closure).__name__}; write "
                    f"loss.backward() before it, and step()"
                )
            with enable_grad():
                loss = closure()
        for group in self.param_groups:
            decay = group.get("weight_decay", 0) != 0
            decoupled = decay and bool(group.get("decoupled_weight_decay", self.decoupled))
            maximize = group.get("maximize", False)
            kind = maximize, decoupled, decay and not decoupled
            plain = self.elementwise and not (decay or maximize)
            if group.get("differentiable"):
                step_recorded(self, group, kind)
                continue
            if (trace := current_trace()) is not None:
                if not is_traced(self, group):
                    update_wholly(self, group, kind, trace)
                    continue
                for (factor, *told), pieces in traced_pieces(self, group, trace):
                    for x, g, arrays, scratch, p in pieces:
                        self._change(kind, x, g, arrays, scratch, factor, told)
                        p.data = p.data  # it has been written
                continue
            for row, gradients in self._rows(group):
                factor, *told = row.hold(self._told(group, row))
                for x, g, arrays, scratch in row.take(gradients):
                    if plain:
                        self.update(x, g, arrays, scratch, told)
                    else:
                        self._change(kind, x, g, arrays, scratch, factor, told)
                row.give()
        return loss

    def _change(
        self, kind: tuple[bool, bool, bool], x: Any, g: Any, arrays: State, scratch: Lent, factor: Any, numbers: Any
    ) -> None:  # fmt: skip
        """Change a piece of the parameters in place: ascending or not, and with what kind of decay."""
        maximize, decoupled, decay = kind
        if maximize:
            g = np.negative(g, out=scratch[-1])
        if decoupled:
            x *= factor
        elif decay:
            g = np.add(np.multiply(x, factor, out=scratch[-2]), g, out=scratch[-2])
        self.update(x, g, arrays, scratch, numbers)

    def _told(self, group: State, row: Row) -> Lent:
        """Count a step, and give what changes a parameter at it: the factor of its decay, and what `advance` gives."""
        decay, state = group.get("weight_decay", 0), row.states[0]
        if "step" in row.numbers:
            state["step"] += 1
        numbers = self.advance(state, group, row)
        row.agree()
        row.first = False
        decoupled = decay and group.get("decoupled_weight_decay", self.decoupled)
        return 1 - rate(group) * decay if decoupled else decay, *numbers

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or with set_to_none=False fill them with zeros."""
        for group in self.param_groups:
            for p in group["params"]:
                if set_to_none or p.grad is None:
                    p.grad = None
                else:
                    p.grad = p.grad.detach() if p.grad.requires_grad else p.grad
                    p.grad[...] = 0

    def _rows(self, group: State) -> list[tuple[Row, list[Any]]]:
        """The rows of the group's parameters that have a gradient, with the gradients."""
        begin = self.start(group)
        plan = self._plans.get(id(group))
        if plan is None or not plan.fits(group, begin, self.state):
            plan = self._plans[id(group)] = Plan(group, begin)
        found = []
        for row in plan.rows:
            gradients = [g.data for p in row.params if (g := p.grad) is not None]
            if len(gradients) == len(row.params):
                found.append((row, gradients))
            elif gradients:  # only some of them: those without wait, apart
                plan.rows = [other for other in plan.rows if other is not row]
                plan.waiting += row.params
        if plan.waiting and (those := [p for p in plan.waiting if p.grad is not None]):
            found += [
                (row, [g.data for p in row.params if (g := p.grad) is not None])
                for row in self._lay(plan, begin, those)
            ]
        return found or self._nothing()

    def _nothing(self) -> list[tuple[Row, list[Any]]]:
        """No rows; with a warning where this is a first step, before there is any gradient at all."""
        if not self.state and all(p.grad is None for group in self.param_groups for p in group["params"]):
            warnings.warn(
                f"{self._name}.step: no parameter has a gradient, so nothing changes; write loss.backward() before it",
                stacklevel=5,
            )
        return []

    def lay(self) -> None:
        """Bring the arrays of all states that are complete to where a step would have them: side by side."""
        if not self.elementwise or type(self).step is not Optimizer.step:
            return
        for group in self.param_groups:
            begin = self.start(group)
            if begin.keys() <= set(self.numbers):
                continue
            plan = self._plans.get(id(group))
            if plan is None or not plan.fits(group, begin, self.state):
                plan = self._plans[id(group)] = Plan(group, begin)
            if those := [p for p in plan.waiting if begin.keys() <= self.state.get(p, {}).keys()]:
                self._lay(plan, begin, those)

    def _lay(self, plan: Plan, begin: State, those: list[Tensor]) -> list[Row]:
        """Rows for some of the waiting parameters: small ones together, where all else agrees."""
        times = Counter(map(id, plan.params))
        shelves: defaultdict[Any, list[Tensor]] = defaultdict(list)
        filled: Counter[Any] = Counter()
        for p in those:
            if not (p.size or self.elementwise):
                continue
            data, state = p.data, self.state[p]
            self._begin(data, state)
            key: Any = id(p), times[id(p)]
            if self.elementwise and p.size <= SMALL:
                key = type(data), data.dtype, begin.keys() <= state.keys(), *map(state.get, self.numbers), times[id(p)]
                while filled[key] + p.size > BLOCK:
                    key = key, times[id(p)]
            shelves[key].append(p)
            filled[key] += p.size
        kind = Row if self.elementwise else Whole
        rows = []
        for (*_, count), together in shelves.items():
            states = [self.state[p] for p in together]
            row = kind(together, states, begin, self.numbers, self.scratch + 2, self._memory)
            rows += [row] * count
        plan.rows += rows
        laid = set(map(id, those))
        plan.waiting = [p for p in plan.waiting if id(p) not in laid]
        return rows

    def _begin(self, data: Any, state: State) -> None:
        """Make what is not there yet of the arrays that `shapes` says."""
        for name, shape in self.shapes(data.shape).items():
            if name not in state:
                state[name] = np.zeros_like(data, shape=shape)

    def _forget(self) -> None:
        """Drop the layout of parameters and their state; it is made again when it is needed."""
        self._plans: dict[int, Plan] = {}
        self._memory = Memory()

    # ---- groups ----------------------------------------------------------------------------------------------------

    def add_param_group(self, param_group: State) -> None:
        """Take on more parameters: {"params": them, and options that differ from the defaults}.

        The dict becomes the group, completed by the defaults. Raises and warns as the constructor does; a group that is
        refused changes nothing.
        """
        if not isinstance(param_group, dict) or "params" not in param_group:
            raise TypeError(f'{self._name}: expected a group as a dict with "params", got {param_group!r:.80}')
        group = dict(param_group)
        params = group.pop("params")
        if isinstance(params, set | frozenset):
            raise TypeError(f"{self._name}: expected parameters in an order that stays the same, got a set; use a list")
        params = [params] if isinstance(params, Tensor) else list(params)
        named = [isinstance(p, tuple) for p in params]
        if any(named):
            if not all(named):
                raise ValueError(f"{self._name}: expected names for all parameters or for none, got {sum(named)} named")
            group["param_names"] = [name for name, _ in params]
            params = [p for _, p in params]
        known = {id(p) for other in self.param_groups for p in other["params"]}
        for i, p in enumerate(params):
            what = f"parameter {group['param_names'][i]!r}" if "param_names" in group else f"parameter {i} of the group"
            if not isinstance(p, Tensor):
                raise TypeError(
                    f"{self._name}: expected Tensors, got {type(p).__name__} as {what}; pass a module's .parameters(), "
                    f"or Tensors with requires_grad=True"
                )
            if not (p.is_leaf or {**self.defaults, **group}.get("differentiable")):
                raise ValueError(f"{self._name}: expected leaf Tensors, but {what} was computed from others")
            if in_blocks(p.data):
                raise TypeError(
                    f"{self._name}: expected parameters in memory, to be changed in place, but {what} is computed "
                    f"later, block by block; only data may be: write p.data = p.data.compute()"
                )
            if id(p) in known:
                raise ValueError(
                    f"{self._name}: expected each parameter in one group, but {what} (shape {p.shape}) is in another"
                )
        if any(("param_names" in other) != ("param_names" in group) for other in self.param_groups):
            raise ValueError(f"{self._name}: expected names in all groups or in none, got a group that differs")
        group = {"params": params, **self.defaults, **group}
        self._check(group)
        if len({id(p) for p in params}) < len(params):
            warnings.warn(
                f"{self._name}: a parameter is in the group more than once, and is changed as often at each step",
                stacklevel=3,
            )
        param_group.update(group)
        self.param_groups.append(param_group)

    def _check(self, group: State) -> None:
        """Make plain numbers of the options that are one-element arrays, and refuse what is out of range."""
        for option, (text, test) in {**LIMITS, **self.limits}.items():
            if option not in group:
                continue
            value = group[option]
            number = tuple(plain(v) for v in value) if isinstance(value, list | tuple) else plain(value)
            try:
                good = bool(test(number))
            except (TypeError, ValueError):
                good = False
            if not good:
                raise ValueError(f"{self._name}: expected {option} {text}, got {number!r}")
            if not (option == "lr" and isinstance(value, Tensor)):
                group[option] = number

    # ---- saving ----------------------------------------------------------------------------------------------------

    def state_dict(self) -> State:
        """All that a run needs to go on from here: {"state": {index: {...}}, "param_groups": [{...}]}.

        Parameters are numbered through all groups, and "params" of a group holds their numbers. Arrays are copies.
        """
        self._run("state_pre")
        params = dict.fromkeys(p for group in self.param_groups for p in group["params"])
        index = {p: i for i, p in enumerate(params)}
        saved: State = {
            "state": {index.get(key, key): _copy(_arrays(state)) for key, state in self.state.items() if state},
            "param_groups": [
                {k: [index[p] for p in v] if k == "params" else _copy(v) for k, v in group.items()}
                for group in self.param_groups
            ],
        }
        changed: State = self._run("state_post", saved)
        return changed

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from what `state_dict` returned, with groups of the same sizes in the same order.

        Arrays are copied, in the dtype of their parameter. Raises KeyError or ValueError, and changes nothing, if it is
        no such dict, if the number of groups, of their parameters or a shape differs, or if it lacks options or state
        that this optimizer has, as that of an optimizer of another kind does.
        """
        who = f"{self._name}.load_state_dict"
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"{who}: expected what state_dict() returned, got {type(state_dict).__name__}")
        state_dict = self._run("load_pre", dict(state_dict))
        for key in ("state", "param_groups"):
            if key not in state_dict:
                raise KeyError(f"{who}: expected {key!r}, got only {sorted(map(str, state_dict))}")
        groups = self._loaded_groups(state_dict["param_groups"], who)
        of: dict[str, tuple[Tensor, State]] = {
            str(i): (p, group)  # by text, for in JSON all keys are
            for group, new in zip(groups, state_dict["param_groups"], strict=True)
            for i, p in zip(new["params"], group["params"], strict=True)
        }
        state: defaultdict[Any, State] = defaultdict(dict)
        for i, entry in state_dict["state"].items():
            if str(i) in of:
                p, group = of[str(i)]
                state[p] = self._loaded_entry(i, entry, p, self.start(group))
            elif isinstance(i, int):
                raise ValueError(f"{who}: expected parameters {list(of)}, got state of {i}")
            else:
                state[i] = _copy(entry)
        self.state, self.param_groups = state, groups
        self._forget()
        self._run("load_post")

    def _loaded_groups(self, saved: Any, who: str) -> list[State]:
        for i, new in enumerate(saved):
            needed = ("params", *(option for option in self.defaults if option in LIMITS))
            missing = [key for key in needed if key not in new]
            if missing:
                raise KeyError(f"{who}: expected {', '.join(missing)} in group {i}, got only {sorted(map(str, new))}")
        ours, theirs = ([len(group["params"]) for group in groups] for groups in (self.param_groups, saved))
        if ours != theirs:
            raise ValueError(f"{who}: expected groups of {ours} parameters, got {theirs}")
        groups = []
        for group, new in zip(self.param_groups, saved, strict=True):
            if differ := sorted(TELLING & (group.keys() ^ new.keys())):
                raise KeyError(
                    f"{who}: expected the options of {self._name}, which {'has' if differ[0] in group else 'has no'} "
                    f"{differ[0]}, got {', '.join(sorted(map(str, new)))}: the state of another kind of optimizer?"
                )
            merged = {**group, **_copy(dict(new)), "params": group["params"]}
            self._check(merged)
            groups.append(merged)
        return groups

    def _loaded_entry(self, i: Any, entry: Any, p: Tensor, begin: State) -> State:
        """The state of a parameter, which has what it `begin`s with, if it has anything."""
        if not isinstance(entry, Mapping):
            raise ValueError(
                f"{self._name}.load_state_dict: expected a dict as the state of parameter {i}, got {entry!r:.60}"
            )
        entry = {name: value for name, value in entry.items() if value is not None}
        walks = type(self).step is Optimizer.step  # else it may keep what it likes
        known = {*begin, *self.numbers, *self.arrays, *self.sometimes}
        missing = [name for name in begin if walks and name not in entry]
        unknown = [name for name in entry if (walks or self.sometimes) and name not in known]
        if entry and (missing or unknown):
            expected = ", ".join(begin) or f"nothing but {', '.join(sorted(known))}"
            raise KeyError(
                f"{self._name}.load_state_dict: expected {expected} in the state of parameter {i}, "
                f"got {', '.join(map(str, entry))}: the state of another kind of optimizer?"
            )
        return {name: self._load(name, value, p, name in begin, walks) for name, value in entry.items()}

    def _load(self, name: str, value: Any, p: Tensor, known: bool, walks: bool) -> Any:
        """An entry of a parameter's state; one that is `known` is a number or an array of the parameter's shape.

        Of an optimizer that `walks` by itself, all arrays have that shape; another may keep Tensors too.
        """
        who = f"{self._name}.load_state_dict: expected {name}"
        if name in self.numbers:
            if not isinstance(number := plain(value), int | float):
                raise ValueError(f"{who} to be a number, got {value!r:.60}")
            return number
        if not known and isinstance(value, list | tuple):
            return [self._load("", v, p, False, walks) for v in value]
        if not known and not hasattr(value, "shape"):
            return value
        kept = isinstance(value, Tensor) and not walks
        value = value.data if isinstance(value, Tensor) else np.asarray(value)
        if value.dtype.kind not in "fiub" and not np.can_cast(value.dtype, p.dtype, "same_kind"):
            raise ValueError(f"{who} to be numbers for a parameter of {p.dtype}, got {value.dtype}: {value!r:.60}")
        if self.elementwise and walks and value.shape != p.shape:
            raise ValueError(f"{who} of shape {p.shape}, that of its parameter, got {value.shape}")
        loaded = np.empty_like(p.data, shape=value.shape)
        loaded[...] = value
        return Tensor(loaded) if kept else loaded

    # ---- Python's --------------------------------------------------------------------------------------------------

    @property
    def _name(self) -> str:
        return type(self).__name__

    def __getstate__(self) -> State:
        return {key: value for key, value in self.__dict__.items() if key not in ("_plans", "_memory", "_hooks")}

    def __setstate__(self, state: State) -> None:
        self.__dict__.update(state)
        self._hooks = {}
        self._forget()

    def __repr__(self) -> str:
        lines = [f"{self._name} ("]
        for i, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {i}")
            lines += [f"    {key}: {group[key]}" for key in sorted(group) if key != "params"]
        return "\n".join([*lines, ")"])


class Plan:
    """How the parameters of a group are laid out: `rows` of those that have had a gradient; the others are waiting."""

    def __init__(self, group: State, begin: State) -> None:
        self.group = group
        self.begin = begin.keys()
        self.params = list(group["params"])
        self.rows: list[Row] = []
        self.waiting = list(dict.fromkeys(self.params))

    def fits(self, group: State, begin: State, states: Mapping[Any, State]) -> bool:
        """Whether the group has the same parameters and the same kind of state, and all lies where it did."""
        params = group["params"]
        if self.group is not group or self.begin != begin.keys() or len(params) != len(self.params):
            return False
        for row in self.rows:
            if not row.fits(states):
                return False
        return all(map(is_, params, self.params))


def options(arguments: State) -> State:
    """The options among a constructor's `locals()`, without those that choose among PyTorch's implementations but one:
    whether a step is recorded."""
    chosen = {k: v for k, v in arguments.items() if k not in ("self", "params", "__class__", "implementation")}
    who = type(arguments["self"]).__name__
    for keyword, value in arguments.get("implementation", {}).items():
        if keyword not in ("foreach", "fused", "capturable", "differentiable"):
            raise TypeError(f"{who}: got an unexpected keyword argument {keyword!r}{written(KEYWORDS, keyword)}")
        if keyword == "differentiable" and value:
            chosen[keyword] = True
    return chosen


def rate(group: State) -> Any:
    """The learning rate as a number; where a step is recorded as it is, for then it may be differentiated by."""
    lr = group["lr"]
    if lr.__class__ is float:
        return lr
    return lr.reshape(()) if isinstance(lr, Tensor) and group.get("differentiable") else float(lr)


def plain(value: Any) -> Any:
    """A one-element array or Tensor as a Python number; anything else as it is."""
    value = value.data if isinstance(value, Tensor) else value
    return value.item() if hasattr(value, "item") and value.size == 1 else value


def _arrays(state: Any) -> Any:
    """The state of a parameter, whose arrays are Tensors where steps are recorded; what else is kept there as it is."""
    if not isinstance(state, dict):
        return state
    return {name: value.data if isinstance(value, Tensor) else value for name, value in state.items()}


def _copy(value: Any) -> Any:
    """A copy of nested dicts, lists and tuples with their arrays; a Tensor, such as a learning rate, as a number."""
    if isinstance(value, dict):
        return {k: _copy(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_copy(v) for v in value)
    return plain(value) if isinstance(value, Tensor) else value.copy() if hasattr(value, "shape") else value
