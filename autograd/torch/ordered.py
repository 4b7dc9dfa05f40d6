"""What torch itself has of torch.nn.functional, where it takes the arguments in another order or gives more results."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Look = Callable[[str], Any]

_ORDERS = {
    "batch_norm": "input weight bias running_mean running_var training momentum eps",
    "instance_norm": "input weight bias running_mean running_var use_input_stats momentum eps",
    "layer_norm": "input normalized_shape weight bias eps", "group_norm": "input num_groups weight bias eps",
    "embedding": "weight input padding_idx scale_grad_by_freq sparse", "dropout": "input p training",
    "kl_div": "input target reduction log_target", "hinge_embedding_loss": "input target margin reduction",
    "binary_cross_entropy_with_logits": "input target weight pos_weight reduction",
    "cosine_embedding_loss": "input1 input2 target margin reduction",
    "margin_ranking_loss": "input1 input2 target margin reduction",
    "triplet_margin_loss": "anchor positive negative margin p eps swap reduction",
    "ctc_loss": "log_probs targets input_lengths target_lengths blank reduction zero_infinity",
    "poisson_nll_loss": "input target log_input full eps reduction",
}  # fmt: skip
_NAMES = {"train": "training", "indices": "input"}
_REDUCTIONS = ("none", "mean", "sum")


def of_torch(name: str, functional: Look) -> Any:
    """The function of this name in torch, made of those of torch.nn.functional."""
    if name in _ORDERS:
        return _ordered(functional(name), _ORDERS[name].split())
    if name in _MORE:
        return lambda *args, **options: _MORE[name](functional, *args, **options)
    return functional(name)


def _ordered(function: Any, names: list[str]) -> Any:
    def call(*args: Any, **options: Any) -> Any:
        given = dict(zip(names, args, strict=False))  # what comes last is for other devices
        given |= {_NAMES.get(name, name): value for name, value in options.items() if not name.startswith("cudnn")}
        if isinstance(given.get("reduction"), int):
            given["reduction"] = _REDUCTIONS[given["reduction"]]
        return function(**given)

    return call


def _statistics(input: Any, dims: Any, eps: float, keepdim: bool) -> Any:
    """The mean over dims, and the reciprocal of the standard deviation."""
    return input.mean(dims, keepdim=keepdim), (input.var(dims, unbiased=False, keepdim=keepdim) + eps).rsqrt()


def _layer_norm(functional: Look, input: Any, normalized_shape: Any, weight: Any, bias: Any, eps: float) -> Any:
    dims = tuple(range(-len(normalized_shape), 0))
    made = functional("layer_norm")(input, normalized_shape, weight, bias, eps)
    return made, *_statistics(input.detach(), dims, eps, True)


def _group_norm(
    functional: Look, input: Any, weight: Any, bias: Any, N: int, C: int, HxW: int, group: int, eps: float
) -> Any:
    made = functional("group_norm")(input, group, weight, bias, eps)
    return made, *_statistics(input.reshape(N, group, -1), (2,), eps, False)


def _batch_norm(
    functional: Look, input: Any, weight: Any, bias: Any, mean: Any, var: Any, training: bool, momentum: float, eps: Any
) -> Any:
    made = functional("batch_norm")(input, mean, var, weight, bias, training, momentum, eps)
    if not training:
        return made, input.new_zeros(0), input.new_zeros(0)
    return made, *_statistics(input.detach(), (0, *range(2, input.ndim)), eps, False)


def _grid_sampler(functional: Look, input: Any, grid: Any, mode: int, padding: int, align_corners: bool) -> Any:
    kinds: Any = (("bilinear", "nearest", "bicubic"), ("zeros", "border", "reflection"))
    return functional("grid_sample")(input, grid, kinds[0][mode], kinds[1][padding], align_corners)


_MORE: dict[str, Any] = {
    "native_layer_norm": _layer_norm, "native_group_norm": _group_norm, "native_batch_norm": _batch_norm,
    **dict.fromkeys(("grid_sampler", "grid_sampler_2d", "grid_sampler_3d"), _grid_sampler),
    "constant_pad_nd": lambda functional, input, pad, value=0: functional("pad")(input, pad, "constant", value),
}  # fmt: skip
