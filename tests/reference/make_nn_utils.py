"""Makes nn_utils.npz with PyTorch: parametrized weights and their gradients, from given originals.

    python tests/reference/make_nn_utils.py

For each case of CASES: the state_dict before, the weight that is computed from it, the gradients of the trained
tensors for a given gradient of the weight, and the state_dict after.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

CASES: dict[str, tuple[str, tuple[Any, ...], str, dict[str, Any]]] = {
    "weight": ("Linear", (3, 4), "weight_norm", {}),
    "weight-1": ("Conv2d", (3, 4, 2), "weight_norm", {"dim": 1}),
    "weight-all": ("Conv1d", (3, 4, 2), "weight_norm", {"dim": None}),
    "spectral": ("Linear", (3, 4), "spectral_norm", {}),
    "spectral-conv": ("Conv2d", (3, 4, 2), "spectral_norm", {"n_power_iterations": 3}),
    "spectral-transposed": ("ConvTranspose1d", (3, 4, 2), "spectral_norm", {}),
    "spectral-dim": ("Linear", (3, 4), "spectral_norm", {"dim": 1}),
    "spectral-vector": ("Linear", (3, 4), "spectral_norm", {"name": "bias"}),
    **{
        f"orthogonal-{kind}-{inputs}-{outputs}-{trivial}": (
            "Linear", (inputs, outputs), "orthogonal", {"orthogonal_map": kind, "use_trivialization": trivial}
        )
        for kind in ("matrix_exp", "cayley", "householder")
        for inputs, outputs in ((4, 4), (3, 5), (5, 3))
        for trivial in (True, False)
    },
}  # fmt: skip


def main() -> None:
    import torch

    torch.manual_seed(0)
    made: dict[str, Any] = {}
    for name, (kind, args, function, options) in CASES.items():
        layer = getattr(torch.nn, kind)(*args).double()
        getattr(torch.nn.utils.parametrizations, function)(layer, **options)
        target = options.get("name", "weight")
        with torch.no_grad():
            for parameter in layer.parameters():
                if "householder" not in name:  # whose diagonal holds signs
                    parameter += torch.randn_like(parameter)
        for key, value in layer.state_dict().items():
            made[f"{name}/before/{key}"] = value.numpy().copy()
        weight = getattr(layer, target)
        gradient = torch.randn_like(weight)
        weight.backward(gradient)
        made[f"{name}/weight"] = weight.detach().numpy()
        made[f"{name}/gradient"] = gradient.numpy()
        for key, parameter in layer.named_parameters():
            if parameter.grad is not None:
                made[f"{name}/grad/{key}"] = parameter.grad.numpy()
        for key, value in layer.state_dict().items():
            made[f"{name}/after/{key}"] = value.numpy()
    np.savez_compressed(Path(__file__).with_name("nn_utils.npz"), **made)


if __name__ == "__main__":
    main()
