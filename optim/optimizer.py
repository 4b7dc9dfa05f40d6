"""What all optimizers share: groups of parameters, their state, and the walk over both at each step.

An optimizer states what it keeps of a parameter and how it changes one (`advance` and `update`); weight decay,
`maximize`, blocks, complex numbers, gradients in any memory order and the saving of the state are dealt with here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from autograd import Tensor, enable_grad

from .blocks import Blocks, Scratch

Limit = tuple[str, Callable[[Any], bool]]
State = dict[str, Any]
Lent = tuple[Any, ...]

NOT_NEGATIVE: Limit = (">= 0", lambda value: value >= 0)
LIMITS: dict[str, Limit] = {
    **dict.fromkeys(("lr", "eps", "weight_decay", "momentum", "momentum_decay", "lr_decay"), NOT_NEGATIVE),
    **dict.fromkeys(("initial_accumulator_value", "alpha"), NOT_NEGATIVE),
    "rho": ("from 0 to 1", lambda value: 0 <= value <= 1),
    "betas": ("two numbers in [0, 1)", lambda value: len(value) == 2 and all(0 <= beta < 1 for beta in value)),
    "etas": ("two numbers with 0 < etas[0] < 1 < etas[1]", lambda value: 0 < value[0] < 1 < value[1]),
}
"""What each option must be, whichever optimizer has it: in words, and as a test."""


class Optimizer:
    """The base of all optimizers.

    params    Tensors, (name, Tensor) pairs, or dicts of options with such a sequence under "params"
    defaults  the options of groups that do not give their own

    What these options mean is the same for all optimizers that have them:

    lr            the length of a step
    weight_decay  times the parameter is added to the gradient; where it is decoupled, times lr it shrinks the parameter
    maximize      ascend instead

    Raises TypeError for what is not such a sequence of leaf Tensors, ValueError for no parameters at all, a parameter
    given twice, parameters of which only some are named, and options out of their range.

    One's own optimizer overrides two methods. `advance` brings the state of a parameter to this step, creating it on
    the first, and returns the numbers that `update` needs. `update` changes one block of the parameter in place.

    >>> class Momentum(Optimizer):
    ...     scratch = 1
    ...     def __init__(self, params, lr=0.1, momentum=0.9):
    ...         super().__init__(params, {"lr": lr, "momentum": momentum})
    ...     def advance(self, data, state, group):
    ...         state.setdefault("velocity", np.zeros_like(data))
    ...         return group["lr"], group["momentum"]
    ...     def update(self, x, g, state, scratch, lr, momentum):
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
    """How many arrays, shaped like its block, `update` wants to work in."""
    elementwise = True
    """Whether `update` treats each element by itself, so that a parameter can be cut into blocks."""
    decoupled = False
    """Whether weight decay shrinks the parameter, where no option says so; else it is added to the gradient."""
    numbers: tuple[str, ...] = ("step",)
    """The entries of a parameter's state that are plain numbers."""

    def __init__(self, params: Iterable[Any], defaults: State) -> None:
        self.defaults = defaults
        self.state: defaultdict[Any, State] = defaultdict(dict)
        self.param_groups: list[State] = []
        self._forget()
        self._check(defaults)
        if isinstance(params, Tensor | np.ndarray | str):
            raise TypeError(f"{self._name}: expected a sequence of parameters or dicts, got {type(params).__name__}")
        groups = list(params)
        if not groups:
            raise ValueError(f"{self._name}: expected parameters, got none")
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    # ---- what an optimizer overrides -------------------------------------------------------------------------------

    def advance(self, data: Any, state: State, group: State) -> Lent:
        """Bring the state of the parameter with the array `data` to this step; return what `update` is to be told."""
        raise NotImplementedError(f"{self._name}: advance() is to be defined by each optimizer")

    def update(self, x: Any, g: Any, state: State, scratch: Lent, *numbers: Any, **named: Any) -> None:
        """Change a block `x` of a parameter in place, for the gradient `g`, which is not to be changed."""
        raise NotImplementedError(f"{self._name}: update() is to be defined by each optimizer")

    # ---- a step ----------------------------------------------------------------------------------------------------

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Change every parameter that has a gradient, once, in place.

        closure  computes the loss again and its gradients; what it returns is returned

        Nothing is recorded. Raises RuntimeError at a later backward pass that would need a value from before the step.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        for group in self.param_groups:
            decay, maximize = group.get("weight_decay", 0), group.get("maximize", False)
            decoupled = decay and group.get("decoupled_weight_decay", self.decoupled)
            shrink = 1 - float(group["lr"]) * decay if decoupled else None
            for p in group["params"]:
                grad, data = p.grad, p.data
                if grad is None or not data.size:
                    continue
                state = self.state[p]
                numbers = self.advance(data, state, group)
                for x, g, s, scratch in self._blocks(p, data, state).with_gradient(grad.data):
                    if shrink is not None:
                        x *= shrink
                        if maximize:
                            g = np.negative(g, out=scratch[-1])
                    elif decay:
                        decayed = np.multiply(x, decay, out=scratch[-1])
                        g = (np.subtract if maximize else np.add)(decayed, g, out=decayed)
                    elif maximize:
                        g = np.negative(g, out=scratch[-1])
                    self.update(x, g, s, scratch, *numbers)
                p.data = data  # tells the engine that the array was written
        return loss

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or with set_to_none=False fill them with zeros."""
        for group in self.param_groups:
            for p in group["params"]:
                if set_to_none or p.grad is None:
                    p.grad = None
                else:
                    grad = p.grad.detach()
                    grad[...] = 0
                    p.grad = grad

    def _blocks(self, p: Tensor, data: Any, state: State) -> Blocks:
        blocks = self._cut.get(p)
        if blocks is None or not blocks.fit(data, state):
            for name, value in state.items():
                if self.elementwise and hasattr(value, "shape") and value.shape != data.shape:
                    raise ValueError(
                        f"{self._name}: expected {name} of shape {data.shape}, that of its parameter, got {value.shape}"
                    )
            blocks = self._cut[p] = Blocks(data, state, self._memory, self.elementwise)
        return blocks

    def _forget(self) -> None:
        """Drop the views of parameters and their state; they are made again when they are needed."""
        self._cut: dict[Any, Blocks] = {}
        self._memory = Scratch(self.scratch + 1)  # one more for the gradient with its sign and the weight decay

    # ---- groups ----------------------------------------------------------------------------------------------------

    def add_param_group(self, param_group: State) -> None:
        """Take on more parameters: {"params": them, and options that differ from the defaults}.

        Raises as the constructor does; a group that is refused changes nothing.
        """
        if not isinstance(param_group, dict) or "params" not in param_group:
            raise TypeError(f'{self._name}: expected a group as a dict with "params", got {param_group!r:.80}')
        group = dict(param_group)
        params = group["params"]
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
                raise TypeError(f"{self._name}: expected Tensors, got {type(p).__name__} as {what}")
            if not p.is_leaf:
                raise ValueError(f"{self._name}: expected leaf Tensors, but {what} was computed from others")
            if p.dtype.kind not in "fc":
                raise TypeError(f"{self._name}: expected floating or complex parameters, but {what} is {p.dtype}")
            if id(p) in known:
                raise ValueError(
                    f"{self._name}: expected each parameter once, but {what} (shape {p.shape}) came before"
                )
            known.add(id(p))
        if any(("param_names" in other) != ("param_names" in group) for other in self.param_groups):
            raise ValueError(f"{self._name}: expected names in all groups or in none, got a group that differs")
        group = {"params": params, **{k: v for k, v in group.items() if k != "params"}}
        for option, value in self.defaults.items():
            group.setdefault(option, value)
        self._check(group)
        self.param_groups.append(group)

    def _check(self, group: State) -> None:
        """Make plain numbers of the options that are one-element arrays, and refuse what is out of range."""
        for option, (text, test) in {**LIMITS, **self.limits}.items():
            if option not in group:
                continue
            value = group[option]
            if isinstance(value, list | tuple):
                value = tuple(plain(v) for v in value)
            else:
                value = plain(value)
            try:
                good = bool(test(value))
            except (TypeError, ValueError):
                good = False
            if not good:
                raise ValueError(f"{self._name}: expected {option} {text}, got {value!r}")
            group[option] = value

    # ---- saving ----------------------------------------------------------------------------------------------------

    def state_dict(self) -> State:
        """All that a run needs to go on from here: {"state": {index: {...}}, "param_groups": [{...}]}.

        Parameters are numbered through all groups, and "params" of a group holds their numbers. Arrays are copies.
        """
        index = {id(p): i for i, p in enumerate(p for group in self.param_groups for p in group["params"])}
        return {
            "state": {index[id(p)]: _copy(state) for p, state in self.state.items() if state and id(p) in index},
            "param_groups": [
                {k: [index[id(p)] for p in v] if k == "params" else _copy(v) for k, v in group.items()}
                for group in self.param_groups
            ],
        }

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from what `state_dict` returned, with groups of the same sizes in the same order.

        Arrays are copied, in the dtype of their parameter. Raises KeyError or ValueError, and changes nothing, if it is
        no such dict, or if the number of groups, of their parameters or a shape differs.
        """
        for key in ("state", "param_groups"):
            if key not in state_dict:
                raise KeyError(
                    f"{self._name}.load_state_dict: expected {key!r}, got only {sorted(map(str, state_dict))}"
                )
        saved = state_dict["param_groups"]
        ours = [len(group["params"]) for group in self.param_groups]
        theirs = [len(group["params"]) for group in saved]
        if ours != theirs:
            raise ValueError(f"{self._name}.load_state_dict: expected groups of {ours} parameters, got {theirs}")
        params = dict(
            zip(
                (str(i) for group in saved for i in group["params"]),
                (p for group in self.param_groups for p in group["params"]),
                strict=True,
            )
        )  # by text, for in JSON all keys are
        state: defaultdict[Any, State] = defaultdict(dict)
        for i, entry in state_dict["state"].items():
            if str(i) not in params:
                raise ValueError(f"{self._name}.load_state_dict: expected parameters {list(params)}, got state of {i}")
            p = params[str(i)]
            state[p] = {name: self._load(name, value, p) for name, value in entry.items() if value is not None}
        groups = []
        for group, new in zip(self.param_groups, saved, strict=True):
            merged = {**group, **_copy(dict(new)), "params": group["params"]}
            self._check(merged)
            groups.append(merged)
        self.state, self.param_groups = state, groups
        self._forget()

    def _load(self, name: str, value: Any, p: Tensor) -> Any:
        if name in self.numbers:
            return plain(value)
        if isinstance(value, list | tuple):
            return [self._load("", v, p) for v in value]
        if not hasattr(value, "shape"):
            return value
        value = np.asarray(value)
        if self.elementwise:
            if value.shape != p.shape:
                raise ValueError(
                    f"{self._name}.load_state_dict: expected {name} of shape {p.shape}, that of its parameter, "
                    f"got {value.shape}"
                )
            loaded = np.empty_like(p.data)
            loaded[...] = value
            return loaded
        return np.array(value, dtype=p.dtype if value.dtype.kind == "f" and p.dtype.kind == "f" else None)

    # ---- Python's --------------------------------------------------------------------------------------------------

    @property
    def _name(self) -> str:
        return type(self).__name__

    def __getstate__(self) -> State:
        return {key: value for key, value in self.__dict__.items() if key not in ("_cut", "_memory")}

    def __setstate__(self, state: State) -> None:
        self.__dict__.update(state)
        self._forget()

    def __repr__(self) -> str:
        lines = [f"{self._name} ("]
        for i, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {i}")
            lines += [f"    {key}: {group[key]}" for key in sorted(group) if key != "params"]
        return "\n".join([*lines, ")"])


def options(arguments: State) -> State:
    """The options among a constructor's `locals()`."""
    return {k: v for k, v in arguments.items() if k not in ("self", "params", "__class__")}


def plain(value: Any) -> Any:
    """A one-element array or Tensor as a Python number; anything else as it is."""
    return value.item() if hasattr(value, "item") and value.size == 1 else value


def _copy(value: Any) -> Any:
    """A copy of nested dicts, lists and tuples with their arrays."""
    if isinstance(value, dict):
        return {k: _copy(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_copy(v) for v in value)
    return value.copy() if hasattr(value, "shape") else value
