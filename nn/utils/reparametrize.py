"""Parameters computed from others before each call: weight normalization and spectral normalization."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np

from autograd import generator

from ..module import Module, write
from ..parameter import Parameter
from ..shared import Rng

M = TypeVar("M", bound=Module)


class _Reparametrization:
    """A pre-hook that sets a module's attribute anew before each call. A subclass says how to split and to join."""

    who: str

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, module: Any, args: Any) -> None:
        setattr(module, self.name, self.computed(module))

    def computed(self, module: Any) -> Any:
        raise NotImplementedError

    def split(self, module: Any, weight: Parameter) -> None:
        raise NotImplementedError

    def parts(self) -> tuple[str, ...]:
        raise NotImplementedError

    def attach(self, module: M) -> M:
        weight = module._parameters.get(self.name)
        if weight is None:
            raise ValueError(f"{self.who}: {type(module).__name__} has no parameter {self.name!r}")
        delattr(module, self.name)
        self.split(module, weight)
        setattr(module, self.name, self.computed(module))
        module.register_forward_pre_hook(self)
        return module

    @classmethod
    def detach(cls, module: M, name: str) -> M:
        hooks = module._hooks.forward_pre if module._hooks is not None else {}
        for key, (hook, _) in list(hooks.items()):
            if type(hook) is cls and hook.name == name:
                weight = hook.computed(module).data
                del hooks[key]
                delattr(module, name)
                for part in hook.parts():
                    delattr(module, part)
                module.register_parameter(name, Parameter(weight))
                return module
        raise ValueError(f"remove_{cls.who}: {type(module).__name__} has no {cls.who} of {name!r}")


class _WeightNorm(_Reparametrization):
    who = "weight_norm"

    def __init__(self, name: str, dim: int | None) -> None:
        super().__init__(name)
        self.dim = dim

    def parts(self) -> tuple[str, ...]:
        return f"{self.name}_g", f"{self.name}_v"

    def split(self, module: Any, weight: Parameter) -> None:
        g, v = self.parts()
        norms = self._norm(weight.data)
        module.register_parameter(g, Parameter(norms))
        module.register_parameter(v, Parameter(weight.data))

    def computed(self, module: Any) -> Any:
        g, v = (getattr(module, part) for part in self.parts())
        return v * (g / self._norm(v))

    def _norm(self, v: Any) -> Any:
        dim = None if self.dim is None or self.dim == -1 else self.dim % v.ndim
        if dim is None:
            return np.sqrt(np.square(v).sum())
        return np.sqrt(np.square(v).sum(tuple(axis for axis in range(v.ndim) if axis != dim), keepdims=True))


class _SpectralNorm(_Reparametrization):
    who = "spectral_norm"

    def __init__(self, name: str, n_power_iterations: int, eps: float, dim: int, rng: Any) -> None:
        super().__init__(name)
        if n_power_iterations <= 0:
            raise ValueError(f"spectral_norm: expected n_power_iterations above 0, got {n_power_iterations}")
        self.n_power_iterations, self.eps, self.dim, self.rng = n_power_iterations, eps, dim, rng

    def parts(self) -> tuple[str, ...]:
        return f"{self.name}_orig", f"{self.name}_u", f"{self.name}_v"

    def _matrix(self, weight: Any) -> Any:
        if self.dim:
            weight = weight.transpose(self.dim, *(axis for axis in range(weight.ndim) if axis != self.dim))
        return weight.reshape(weight.shape[0], -1)

    def split(self, module: Any, weight: Parameter) -> None:
        orig, u, v = self.parts()
        module.register_parameter(orig, weight)
        for name, size in zip((u, v), self._matrix(weight.data).shape, strict=True):
            vector = generator(self.rng).normal(size=size).astype(weight.dtype)
            module.register_buffer(name, vector / max(float(np.linalg.norm(vector)), self.eps))
        self._iterate(module, 15)

    def _iterate(self, module: Any, times: int) -> None:
        orig, u, v = (getattr(module, part) for part in self.parts())
        matrix, left, right = self._matrix(orig.data), u.data, v.data
        for _ in range(times):
            right = matrix.T @ left
            right = right / max(float(np.linalg.norm(right)), self.eps)
            left = matrix @ right
            left = left / max(float(np.linalg.norm(left)), self.eps)
        write(u, left)
        write(v, right)

    def __call__(self, module: Any, args: Any) -> None:
        if module.training:
            self._iterate(module, self.n_power_iterations)
        super().__call__(module, args)

    def computed(self, module: Any) -> Any:
        orig, u, v = (getattr(module, part) for part in self.parts())
        left, right = u.data.copy(), v.data.copy()  # as they are now: the next call moves them on
        return orig / (left @ (self._matrix(orig) @ right))


def weight_norm(module: M, name: str = "weight", dim: int | None = 0) -> M:
    """Replace a parameter w by a length, name_g, and a direction, name_v: w = g · v / |v|. (Salimans, Kingma 2016)

    dim  the axis along which there is a length for each place; None (or -1): one for all

    Returns the module. Raises ValueError if it has no such parameter.

    >>> import nn
    >>> [name for name, _ in weight_norm(nn.Linear(3, 2)).named_parameters()]
    ['bias', 'weight_g', 'weight_v']
    """
    return _WeightNorm(name, dim).attach(module)


def remove_weight_norm(module: M, name: str = "weight") -> M:
    """Undo weight_norm: the parameter has the present value."""
    return _WeightNorm.detach(module, name)


def spectral_norm(
    module: M, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None, *,
    rng: Rng = None,
) -> M:  # fmt: skip
    """Divide a parameter, kept as name_orig, by its largest singular value, estimated by power iteration in training.

    The singular vectors are buffers, name_u and name_v. dim is the axis of the outputs: 0 unless it is given, 1 for
    transposed convolutions. Returns the module. (Miyato et al. 2018)
    """
    if dim is None:
        dim = 1 if type(module).__name__.startswith("ConvTranspose") else 0
    return _SpectralNorm(name, n_power_iterations, eps, dim, rng).attach(module)


def remove_spectral_norm(module: M, name: str = "weight") -> M:
    """Undo spectral_norm: the parameter has the present value."""
    return _SpectralNorm.detach(module, name)
