"""What is asked of `autograd` by habits of other libraries, and what is written here."""

from __future__ import annotations

import numpy as np

INSTEAD = {
    "tensor": "Tensor(data)",
    "as_tensor": "Tensor(data)",
    "from_numpy": "Tensor(array)",
    "array": "Tensor(data)",
    "constant": "Tensor(data)",
    "Variable": "Tensor(data, requires_grad=True)",
    "backward": "loss.backward()",
    "GradientTape": "loss.backward(), or grad(f)",
    "jit": "autograd.compile(f)",
    "jacrev": "autograd.jacobian(f)",
    "jacfwd": "autograd.jacobian(f)",
    "inference_mode": "autograd.no_grad()",
    "stop_gradient": "x.detach()",
    "seed": "autograd.manual_seed(seed)",
    "nn": "import nn",
    "optim": "import optim",
    "cuda": "nothing: all arrays are in the computer's own memory",
    "device": "nothing: all arrays are in the computer's own memory",
    "cat": "np.concatenate(tensors, axis)",
    "rand": "Tensor(autograd.generator().random(shape))",
    "randn": "Tensor(autograd.generator().standard_normal(shape))",
    "randint": "Tensor(autograd.generator().integers(low, high, shape))",
    "float": "np.float32",
    "double": "np.float64",
    "long": "np.int64",
}
"""What is none of NumPy's names."""

MAKERS = ("arange", "empty", "eye", "full", "linspace", "ones", "zeros")
"""NumPy's functions that make arrays."""


def instead(name: str) -> str:
    """The end of an error about a name that `autograd` has not: what to write, where that is known.

    >>> instead("zeros"), instead("matmul"), instead("nonsense")
    ('; write Tensor(np.zeros(...))', '; write np.matmul', '')
    """
    if name in INSTEAD:
        return f"; write {INSTEAD[name]}"
    if name in MAKERS:
        return f"; write Tensor(np.{name}(...))"
    return f"; write np.{name}" if name in np.__all__ else ""
