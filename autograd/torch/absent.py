"""What is not there: that it is not, and what is."""

from __future__ import annotations

INSTEAD = {
    "CrossMapLRN2d": "LocalResponseNorm has the same formula, and for an odd size the same values",
    "jit": "run the program as it is, or see autograd.compile",
    "onnx": "nn has no export under this name", "distributed": "there is one process",
    "sparse": "gradients and tensors are dense",
    "autocast": "there are no mixed dtypes; use float32 throughout", "quantization": "there are no quantized tensors",
    "fx": "see autograd.trace", "hub": "there is no download",
    "profiler": "see autograd.memory_table and cProfile", "bfloat16": "NumPy has no such dtype; use float32",
    "forward_ad": "torch.func.jvp pushes a tangent through a function",
    "register_post_accumulate_grad_hook": "register_hook is called with the gradient, before it is added",
}  # fmt: skip


def error(name: str) -> AttributeError:
    """The error for a name of PyTorch's that is not there."""
    last = name.rpartition(".")[2]
    instead = INSTEAD.get(last) or INSTEAD.get(name.partition(".")[0])
    return AttributeError(
        f"torch.{name} is not there: autograd.torch is a face over autograd, nn and optim"
        + (f"; {instead}" if instead else "; what there is, dir(torch) lists"),
        name=last,
    )
