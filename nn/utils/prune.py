"""Pruning: entries or whole channels of a parameter are held at 0 by a mask, which training does not move.

A pruned parameter `weight` is kept as the parameter `weight_orig`, with the buffer `weight_mask`; `weight` is their
product, computed before each call of the module. A parameter that is pruned again loses more of what it has left.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import numpy as np

from autograd import generator
from autograd.ops import alike

from ..module import Module
from ..parameter import write
from ..shared import Rng, axis_of, plain
from .reparametrize import _Hook, _hooks_of, _parameter, _remove

M = TypeVar("M", bound=Module)
_WHO = "pruning"


class _Masked(Module):
    def __init__(self, mask: Any) -> None:
        super().__init__()
        self.register_buffer("_mask", mask)

    def forward(self, original: Any) -> Any:
        return original * self._mask


# ---- what is pruned --------------------------------------------------------------------------------------------------


class BasePruningMethod:
    """A way to choose what is pruned. One's own overrides `compute_mask`, and says its `PRUNING_TYPE`.

    PRUNING_TYPE  "unstructured", "structured" (whole channels, along `dim`) or "global"
    """

    PRUNING_TYPE = "unstructured"
    dim = -1

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """0 for what of the scores `t` is to be pruned, else what `default_mask` has."""
        raise NotImplementedError(f"{type(self).__name__}: compute_mask() is to be defined")

    @classmethod
    def apply(cls, module: M, name: str, *args: Any, importance_scores: Any = None, **kwargs: Any) -> M:
        """Prune a module's parameter by this method, which is made of the other arguments. Returns the module."""
        return _prune(module, name, cls(*args, **kwargs), importance_scores)

    def among(self, scores: Any, mask: Any) -> Any:
        """The mask after pruning some of what the one given has left."""
        if self.PRUNING_TYPE == "structured":
            axis = axis_of(self.dim, scores.ndim, type(self).__name__)
            others = tuple(k for k in range(scores.ndim) if k != axis)
            left: Any = [slice(None)] * scores.ndim
            left[axis] = np.flatnonzero(mask.any(axis=others))
            left = tuple(left)
        else:
            left = mask != 0
        made = mask.copy()
        made[left] = self.compute_mask(scores[left], mask[left])
        return made


class Identity(BasePruningMethod):
    """Prune nothing, but make the mask."""

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        return default_mask


class _Some(BasePruningMethod):
    """Prune the `amount` with the least scores: that many, or of a float from 0 to 1 that part, rounded."""

    def __init__(self, amount: float, rng: Rng = None) -> None:
        if not isinstance(amount, int | float | np.integer | np.floating) or isinstance(amount, bool):
            raise TypeError(f"{type(self).__name__}: expected amount as a number, got {amount!r}")
        if amount < 0 or (isinstance(amount, float | np.floating) and not amount <= 1):
            raise ValueError(
                f"{type(self).__name__}: expected amount from 0 to 1 as a float, or a whole number of at least 0, "
                f"got {amount!r}"
            )
        self.amount, self.rng = amount, rng

    def _least(self, scores: Any) -> Any:
        """Where the least of a row of scores are."""
        n = len(scores)
        count = round(self.amount * n) if isinstance(self.amount, float | np.floating) else int(self.amount)
        if count > n:
            raise ValueError(f"{type(self).__name__}: expected amount of at most the {n} there are, got {count}")
        return np.argsort(scores, kind="stable")[:count]

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        mask = default_mask.copy()
        mask.reshape(-1)[self._least(self._scores(t).reshape(-1))] = 0
        return mask

    def _scores(self, t: Any) -> Any:
        return np.abs(t)


class L1Unstructured(_Some):
    """Prune the entries of the least magnitude."""

    def __init__(self, amount: float) -> None:
        super().__init__(amount)


class RandomUnstructured(_Some):
    """Prune entries drawn at random."""

    def _scores(self, t: Any) -> Any:
        return generator(self.rng).random(t.shape)


class _SomeChannels(_Some):
    PRUNING_TYPE = "structured"

    def __init__(self, amount: float, dim: int = -1, rng: Rng = None) -> None:
        super().__init__(amount, rng)
        self.dim = dim

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        mask = default_mask.copy()
        channels = np.moveaxis(t, self.dim, 0)
        least = self._least(self._scores(channels.reshape(len(channels), -1)))
        np.moveaxis(mask, self.dim, 0)[least] = 0
        return mask


class LnStructured(_SomeChannels):
    """Prune the channels along `dim` of the least n-norm."""

    def __init__(self, amount: float, n: Any, dim: int = -1) -> None:
        super().__init__(amount, dim)
        self.n = {"fro": 2, "inf": np.inf, "-inf": -np.inf}.get(n, n)

    def _scores(self, t: Any) -> Any:
        return np.linalg.norm(t, self.n, axis=1)


class RandomStructured(_SomeChannels):
    """Prune channels along `dim` drawn at random."""

    def _scores(self, t: Any) -> Any:
        return generator(self.rng).random(len(t))


class CustomFromMask(BasePruningMethod):
    """Prune what a mask has zeros for."""

    PRUNING_TYPE = "global"

    def __init__(self, mask: Any) -> None:
        self.mask = plain(mask)

    def among(self, scores: Any, mask: Any) -> Any:
        if self.mask.shape != mask.shape:
            raise ValueError(f"CustomFromMask: expected a mask of shape {mask.shape}, got {self.mask.shape}")
        return mask * (self.mask != 0)


# ---- what is done to a module ----------------------------------------------------------------------------------------


def _hook_of(module: Any, name: str) -> Any:
    return next((hook for hook in _hooks_of(module, _WHO).values() if hook.name == name), None)


def _present(module: Any, name: str) -> tuple[Any, Any]:
    """A parameter's array, as it is, and its mask."""
    hook = _hook_of(module, name)
    weight = plain(_parameter(_WHO, module, name) if hook is None else getattr(module, name))
    return weight, np.ones_like(weight) if hook is None else plain(hook.parametrization._mask)


def _prune(module: M, name: str, method: BasePruningMethod, importance_scores: Any = None) -> M:
    weight, mask = _present(module, name)
    scores = weight if importance_scores is None else plain(importance_scores)
    if scores.shape != weight.shape:
        raise ValueError(f"{_WHO}: expected importance_scores of shape {weight.shape}, got {scores.shape}")
    return _masked(module, name, method.among(scores, mask))


def _masked(module: M, name: str, mask: Any) -> M:
    hook = _hook_of(module, name)
    if hook is None:
        weight = _parameter(_WHO, module, name)
        _Hook(_WHO, module, name, _Masked(alike(mask.astype(weight.dtype), weight.data)), {f"{name}_orig": weight})
    else:
        write(hook.parametrization._mask, mask)
        hook(module)
    return module


def identity(module: M, name: str) -> M:
    """Make the mask of a parameter, of ones. Returns the module, as all of these do."""
    return Identity.apply(module, name)


def l1_unstructured(module: M, name: str, amount: float, importance_scores: Any = None) -> M:
    """Prune the entries of a parameter with the least magnitude, or with the least of the scores given.

    amount  how many; or, of a float from 0 to 1, which part of those that are left

    Raises ValueError for a module without such a parameter, for scores of another shape, and for an amount out of
    range.

    >>> import autograd, nn
    >>> layer = nn.Linear(2, 2)
    >>> with autograd.no_grad():
    ...     layer.weight[...] = [[1.0, -4.0], [2.0, 3.0]]
    >>> l1_unstructured(layer, "weight", 0.5).weight.tolist()
    [[0.0, -4.0], [0.0, 3.0]]
    >>> sorted(layer.state_dict())
    ['bias', 'weight_mask', 'weight_orig']
    """
    return L1Unstructured.apply(module, name, amount, importance_scores=importance_scores)


def random_unstructured(module: M, name: str, amount: float, *, rng: Rng = None) -> M:
    """Prune entries of a parameter that are drawn at random."""
    return RandomUnstructured.apply(module, name, amount, rng=rng)


def ln_structured(module: M, name: str, amount: float, n: Any, dim: int, importance_scores: Any = None) -> M:
    """Prune the channels of a parameter along `dim` with the least n-norm, of its own or of the scores given."""
    return LnStructured.apply(module, name, amount, n, dim, importance_scores=importance_scores)


def random_structured(module: M, name: str, amount: float, dim: int, *, rng: Rng = None) -> M:
    """Prune channels of a parameter along `dim` that are drawn at random."""
    return RandomStructured.apply(module, name, amount, dim, rng=rng)


def custom_from_mask(module: M, name: str, mask: Any) -> M:
    """Prune what a mask of the parameter's shape has zeros for."""
    return CustomFromMask.apply(module, name, mask)


def global_unstructured(
    parameters: Iterable[tuple[Module, str]], pruning_method: type[BasePruningMethod],
    importance_scores: Mapping[tuple[Module, str], Any] | None = None, **kwargs: Any,
) -> None:  # fmt: skip
    """Prune entries of several parameters, given as (module, name), compared with one another.

    pruning_method     a class such as L1Unstructured, which is made of the other arguments
    importance_scores  of some of the parameters, in the place of their values

    Raises TypeError for a method that is not unstructured.
    """
    parameters, method = list(parameters), pruning_method(**kwargs)
    if method.PRUNING_TYPE != "unstructured":
        raise TypeError(f"global_unstructured: expected an unstructured method, got {pruning_method.__name__}")
    given = importance_scores or {}
    present = [_present(module, name) for module, name in parameters]
    scores = [plain(given.get(key, weight)) for key, (weight, _) in zip(parameters, present, strict=True)]
    masks = method.among(_in_a_row(scores), _in_a_row([mask for _, mask in present]))
    ends = np.cumsum([weight.size for weight, _ in present])
    for (module, name), (weight, _), part in zip(parameters, present, np.split(masks, ends[:-1]), strict=True):
        _masked(module, name, part.reshape(weight.shape))


def _in_a_row(arrays: list[Any]) -> Any:
    return np.concatenate([array.reshape(-1) for array in arrays])


def remove(module: M, name: str) -> M:
    """Make the pruning of a parameter permanent: it is a parameter again, with zeros where it was pruned."""
    return _remove(_WHO, module, name)


def is_pruned(module: Module) -> bool:
    """Whether a parameter of a module, or of one in it, is pruned."""
    return any(_hooks_of(m, _WHO) for m in module.modules())
