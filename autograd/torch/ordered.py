"""What torch itself has of torch.nn.functional, where it takes the arguments in another order or gives more results."""

from __future__ import annotations

from typing import Any

from .spaces import functional

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


def of_torch(name: str) -> Any:
    """The function of this name in torch, made of those of torch.nn.functional."""
    if name not in _ORDERS:
        return _MORE[name] if name in _MORE else functional(name)
    function, names = functional(name), _ORDERS[name].split()

    def call(*args: Any, **options: Any) -> Any:
        given = dict(zip(names, args, strict=False))  # what comes last is for other devices
        given |= {_NAMES.get(name, name): value for name, value in options.items() if not name.startswith("cudnn")}
        if isinstance(given.get("reduction"), int):
            given["reduction"] = _REDUCTIONS[given["reduction"]]
        return function(**given)

    return call


def _statistics(input: Any, dims: Any, eps: float, keepdim: bool = False) -> Any:
    """The mean over dims, and the reciprocal of the standard deviation."""
    return input.mean(dims, keepdim=keepdim), (input.var(dims, unbiased=False, keepdim=keepdim) + eps).rsqrt()


def _batch_norm(
    input: Any, weight: Any, bias: Any, mean: Any, var: Any, training: bool, momentum: float, eps: float
) -> Any:  # fmt: skip
    made, dims = functional("batch_norm")(input, mean, var, weight, bias, training, momentum, eps), range(2, input.ndim)
    return made, *(_statistics(input.detach(), (0, *dims), eps) if training else [input.new_zeros(0)] * 2)


def _grid_sampler(input: Any, grid: Any, mode: int, padding: int, align_corners: bool) -> Any:
    kinds: Any = (("bilinear", "nearest", "bicubic"), ("zeros", "border", "reflection"))
    return functional("grid_sample")(input, grid, kinds[0][mode], kinds[1][padding], align_corners)


_MORE: dict[str, Any] = {
    "native_layer_norm": lambda input, normalized_shape, weight, bias, eps: (
        functional("layer_norm")(input, normalized_shape, weight, bias, eps),
        *_statistics(input.detach(), tuple(range(-len(normalized_shape), 0)), eps, True)),
    "native_group_norm": lambda input, weight, bias, N, C, HxW, group, eps: (
        functional("group_norm")(input, group, weight, bias, eps),
        *_statistics(input.reshape(N, group, -1), (2,), eps)),
    **dict.fromkeys(("grid_sampler", "grid_sampler_2d", "grid_sampler_3d"), _grid_sampler),
    "native_batch_norm": _batch_norm,
    "constant_pad_nd": lambda input, pad, value=0: functional("pad")(input, pad, "constant", value),
}  # fmt: skip
