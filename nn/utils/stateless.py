"""A module as a function of its parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograd import Tensor

from ..module import Module


def functional_call(
    module: Module, parameters_and_buffers: Mapping[str, Any] | Sequence[Mapping[str, Any]], args: Any = None,
    kwargs: Mapping[str, Any] | None = None, *, tie_weights: bool = True, strict: bool = False,
) -> Any:  # fmt: skip
    """module(*args, **kwargs) with other Tensors in the place of its parameters and buffers, by their paths.

    parameters_and_buffers  by path; or several such mappings, say one of parameters and one of buffers
    args                    a tuple, or the one argument
    tie_weights             what is one parameter under several paths is replaced under all of them
    strict                  every parameter and buffer must be given

    The module is as it was afterwards, but for what it writes into its own buffers. Raises KeyError listing the paths
    that it does not have, and with strict those that are missing.

    >>> import nn
    >>> from autograd import grad
    >>> layer, x = nn.Linear(2, 1), np.ones((3, 2), np.float32)
    >>> slopes = grad(lambda p: functional_call(layer, p, x).sum())(layer.state_dict())
    >>> slopes["weight"], slopes["bias"]
    (array([[3., 3.]], dtype=float32), array([3.], dtype=float32))
    """
    if not isinstance(parameters_and_buffers, Mapping):
        parameters_and_buffers = {path: value for each in parameters_and_buffers for path, value in each.items()}
    places: dict[str, tuple[Any, str]] = {}
    for path, part in module.named_modules(remove_duplicate=False):
        for held in (part._parameters, part._buffers):
            places |= {f"{path}.{name}" if path else name: (held, name) for name in held if held[name] is not None}
    unknown = [path for path in parameters_and_buffers if path not in places]
    missing = [path for path in places if path not in parameters_and_buffers] if strict else []
    if unknown or missing:
        wrong = [f"{what}: {', '.join(paths)}" for what, paths in (("unknown", unknown), ("missing", missing)) if paths]
        raise KeyError(f"functional_call: {type(module).__name__}: {'; '.join(wrong)}")
    given = {path: v if isinstance(v, Tensor) else Tensor(v) for path, v in parameters_and_buffers.items()}
    before = {path: held[name] for path, (held, name) in places.items()}
    if tie_weights:
        by_tensor = {id(before[path]): value for path, value in given.items()}
        given = {path: by_tensor[id(tensor)] for path, tensor in before.items() if id(tensor) in by_tensor} | given
    try:
        for path, value in given.items():
            held, name = places[path]
            held[name] = value
        args = () if args is None else args if isinstance(args, tuple) else (args,)
        return module(*args, **(kwargs or {}))
    finally:
        for path in given:
            held, name = places[path]
            held[name] = before[path]


def stack_module_state(models: Sequence[Module]) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """(parameters, buffers) of models of one kind, by their paths, each stacked along a new axis in front.

    With `functional_call` and `autograd.vmap` an ensemble runs at once. The stacked parameters require a gradient where
    those of the models do. As torch.func.stack_module_state.

    Raises RuntimeError without models, and for models that differ in kind, in mode, or in what they hold.

    >>> import nn
    >>> from autograd import vmap
    >>> models = [nn.Linear(2, 1) for _ in range(3)]
    >>> parameters, buffers = stack_module_state(models)
    >>> x = np.ones((5, 2), np.float32)
    >>> vmap(lambda p, x: functional_call(models[0], p, x), (0, None))(parameters, x).shape
    (3, 5, 1)
    """
    if not models:
        raise RuntimeError("stack_module_state: expected at least one model, got none")
    if len({type(model) for model in models}) > 1:
        kinds = sorted({type(model).__name__ for model in models})
        raise RuntimeError(f"stack_module_state: expected models of one kind, got {', '.join(kinds)}")
    if len({model.training for model in models}) > 1:
        raise RuntimeError("stack_module_state: expected all models to be training, or none; call train() or eval()")
    stacks = []
    for named in ("named_parameters", "named_buffers"):
        parts = [dict(getattr(model, named)()) for model in models]
        for k, part in enumerate(parts):
            found = [(name, value.shape) for name, value in part.items()]
            expected = [(name, value.shape) for name, value in parts[0].items()]
            if found != expected:
                raise RuntimeError(
                    f"stack_module_state: expected all models to hold {expected}, number {k} has {found}"
                )
        stacks.append({name: _stacked([part[name] for part in parts]) for name in parts[0]})
    return stacks[0], stacks[1]


def _stacked(tensors: list[Tensor]) -> Tensor:
    required = {tensor.requires_grad for tensor in tensors}
    if len(required) > 1:
        raise RuntimeError("stack_module_state: expected all models' parameters to require a gradient, or none")
    return Tensor(np.stack([tensor.data for tensor in tensors]), requires_grad=required.pop())
