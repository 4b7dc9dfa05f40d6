"""Weight and spectral normalization by hooks, with the names of PyTorch's older functions in the state_dict.

The newer ones, of `parametrizations`, compute a weight when it is read; these do before each call of the module.
"""

from __future__ import annotations

import inspect
from typing import Any, TypeVar

from ..module import Module
from ..parameter import Parameter
from ..shared import Rng
from .parametrizations import SpectralNorm, WeightNorm, axis_of_outputs

M = TypeVar("M", bound=Module)


class _SpectralNorm(SpectralNorm):
    def _iterate(self, matrix: Any, times: int) -> None:  # the other vector first
        self._u, self._v = self._v, self._u
        super()._iterate(matrix.T, times)
        self._u, self._v = self._v, self._u


class _Hook:
    """A pre-hook that sets a module's attribute anew before each call: `parametrization` of the module's `sources`."""

    def __init__(
        self, who: str, module: Any, name: str, parametrization: Module, sources: dict[str, Parameter]
    ) -> None:
        self.who, self.name, self.parametrization = who, name, parametrization
        self.sources = tuple(sources)
        self.buffers = tuple(name + short for short, _ in parametrization.named_buffers())
        delattr(module, name)
        for place, parameter in sources.items():
            module.register_parameter(place, parameter)
        for short, buffer in parametrization.named_buffers():  # one Tensor under two names
            module.register_buffer(name + short, buffer)
        self(module)
        module.register_forward_pre_hook(self)

    def __call__(self, module: Any, args: Any = ()) -> None:
        self.parametrization.training = module.training
        setattr(module, self.name, self.parametrization(*(getattr(module, source) for source in self.sources)))


def _parameter(who: str, module: Module, name: str) -> Parameter:
    weight = module._parameters.get(name)
    if weight is None:
        raise ValueError(f"{who}: {type(module).__name__} has no parameter {name!r}")
    return weight


def _hooks_of(module: Module, who: str) -> dict[int, _Hook]:
    """A module's pre-hooks of this kind, by number, in whatever they are wrapped."""
    hooks = module._hooks["forward_pre"] if module._hooks is not None else {}
    found = {key: inspect.unwrap(hook) for key, (hook, _) in hooks.items()}
    return {key: hook for key, hook in found.items() if isinstance(hook, _Hook) and hook.who == who}


def _remove(who: str, module: M, name: str) -> M:
    for key, hook in _hooks_of(module, who).items():
        if hook.name == name:
            hook.parametrization.eval()
            weight = hook.parametrization(*(getattr(module, source) for source in hook.sources)).data
            del module._hooks["forward_pre"][key]  # type: ignore[index]
            for place in (name, *hook.sources, *hook.buffers):
                delattr(module, place)
            module.register_parameter(name, Parameter(weight))
            return module
    raise ValueError(f"remove_{who}: {type(module).__name__} has no {who} of {name!r}")


def weight_norm(module: M, name: str = "weight", dim: int | None = 0) -> M:
    """Replace a parameter w by a length, name_g, and a direction, name_v: w = g · v / |v|. (Salimans, Kingma 2016)

    dim  the axis along which there is a length for each place; None (or -1): one for all

    Returns the module. Raises ValueError if it has no such parameter.

    >>> import nn
    >>> [name for name, _ in weight_norm(nn.Linear(3, 2)).named_parameters()]
    ['bias', 'weight_g', 'weight_v']
    """
    weight, made = _parameter("weight_norm", module, name), WeightNorm(dim)
    g, v = made.right_inverse(weight.data)
    _Hook("weight_norm", module, name, made, {f"{name}_g": Parameter(g), f"{name}_v": Parameter(v)})
    return module


def remove_weight_norm(module: M, name: str = "weight") -> M:
    """Undo weight_norm: the parameter has the present value."""
    return _remove("weight_norm", module, name)


def spectral_norm(
    module: M, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None, *,
    rng: Rng = None,
) -> M:  # fmt: skip
    """Divide a parameter, kept as name_orig, by its largest singular value, estimated by power iteration in training.

    The singular vectors are buffers, name_u and name_v. dim is the axis of the outputs: 0 unless it is given, 1 for
    transposed convolutions. Returns the module. (Miyato et al. 2018)
    """
    weight = _parameter("spectral_norm", module, name)
    dim = axis_of_outputs(module) if dim is None else dim
    made = _SpectralNorm(weight, n_power_iterations, dim, eps, rng)
    _Hook("spectral_norm", module, name, made, {f"{name}_orig": weight})
    return module


def remove_spectral_norm(module: M, name: str = "weight") -> M:
    """Undo spectral_norm: the parameter has the present value."""
    return _remove("spectral_norm", module, name)
