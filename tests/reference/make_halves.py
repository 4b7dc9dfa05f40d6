"""Makes halves.npz with PyTorch: what the cases of halves_cases.py give.

    python tests/reference/make_halves.py

For each case its result and the gradients of sum(result · weights), of large ones a sample: from the same float16
numbers in double precision, rounded once ("exact"), and what PyTorch gives in float16 ("half"), if it is implemented
for the CPU. Prints where the two differ by more than PyTorch's rounding of intermediate results explains.
"""

import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import halves_cases as table  # noqa: E402

F = torch.nn.functional
OTHERS: dict[str, Any] = {
    "sum": lambda x: x.sum(0), "mean": lambda x: x.mean(0), "nansum": lambda x: x.nansum(0),
    "nanmean": lambda x: x.nanmean(0), "var": lambda x: x.var(0, correction=0), "std": lambda x: x.std(0, correction=0),
    "norm": lambda x, p=2.0: torch.linalg.vector_norm(x, p, 0), "prod": lambda x: x.prod(0),
    "cumsum": lambda x: x.cumsum(0), "cumprod": lambda x: x.cumprod(0), "max": lambda x: x.amax(0),
    "min": lambda x: x.amin(0), "logsumexp": lambda x: x.logsumexp(0),
    "average": lambda x, w: (x * w).sum(0) / w.sum(0), "trapezoid": lambda x: torch.trapezoid(x, dim=0),
    "dist": lambda x, y: torch.linalg.vector_norm(x - y, dim=-1), "broadcast_product": lambda x, y: x * y,
    "rows": lambda x, i: x[i], "matmul": torch.matmul, "einsum": lambda x, y, z: torch.einsum("i,ij,j->", x, y, z),
    "vecdot": torch.linalg.vecdot, "outer": torch.outer, "cross": torch.linalg.cross, "sigmoid": torch.sigmoid,
    "tanh": torch.tanh, "arctan": torch.atan, "arcsinh": torch.asinh, "erf": torch.erf, "hypot": torch.hypot,
    "logaddexp": torch.logaddexp, "log10": torch.log10, "log2": torch.log2, "arctan2": torch.atan2,
    "power": lambda x, exponent: x**exponent, "tan": torch.tan, "logit": torch.logit, "xlogy": torch.xlogy,
}  # fmt: skip


def run(number: int, dtype: Any) -> dict[str, Any]:
    case = table.cases[number]
    inputs, random = table.drawn(number)
    known: dict[int, Any] = {}
    leaves: list[Any] = []
    for k, array in enumerate(inputs):
        if id(array) in known:
            continue
        tensor = torch.tensor(array)
        if tensor.is_floating_point():
            tensor = tensor.to(dtype)
            if k not in case.fixed:
                leaves.append(tensor.requires_grad_())
        known[id(array)] = tensor
    values, options = table.arguments(number, [known[id(x)] for x in inputs], lambda x: torch.tensor(x).to(dtype))
    if case.name.startswith("nn."):
        module = getattr(torch.nn, case.name[3:])(*options["args"])
        with torch.no_grad():
            for tensor in module.parameters():
                tensor.copy_(torch.tensor(table.parameter(random, tuple(tensor.shape))))
        output = module.to(dtype)(*values)
        leaves += module.parameters()
    elif case.name.startswith("F."):
        output = getattr(F, case.name[2:])(*values, **options)
    else:
        output = OTHERS[case.name](*values, **options)
    result = output[0] if isinstance(output, tuple) else output
    result.backward(torch.tensor(table.weights(random, tuple(result.shape))).to(dtype))
    found = {"out": result.detach(), **{f"grad{k}": leaf.grad for k, leaf in enumerate(leaves)}}
    with np.errstate(over="ignore"):
        return {name: table.sample(value.numpy()).astype(np.float16) for name, value in found.items()}


def main() -> None:
    warnings.simplefilter("ignore")
    arrays = {}
    for number in range(len(table.cases)):
        label = table.label(number)
        exact = run(number, torch.float32 if label.startswith("F.rms_norm") else torch.float64)  # its eps is float32's
        arrays |= {f"{label}/exact/{name}": value for name, value in exact.items()}
        try:
            half = run(number, torch.float16)
        except (RuntimeError, NotImplementedError) as error:
            print(f"{label:40} {str(error)[:70]}")
            continue
        arrays |= {f"{label}/half/{name}": value for name, value in half.items()}
        for name, value in exact.items():
            if not np.isfinite(value).all():
                print(f"{label:40} {name} leaves the range: {value[:4]}")
            a, b = value.astype(float), half[name].astype(float)
            off = np.abs(a - b) > 0.03 * np.abs(a) + 0.01 * np.abs(a[np.isfinite(a)]).max(initial=0) + 1e-7
            if off.any() or (np.isnan(a) != np.isnan(b)).any():
                k = int(np.argmax(off | (np.isnan(a) != np.isnan(b))))
                print(f"{label:40} {name}: exact {value[k]}, PyTorch {half[name][k]}")
    # one array for all numbers: many small ones would be mostly headers
    names = "\n".join(f"{name} {array.size}" for name, array in arrays.items())
    np.savez_compressed(HERE / "halves.npz", names=names, numbers=np.concatenate(list(arrays.values())))
    print(len(table.cases), "cases", sum(array.size for array in arrays.values()), "numbers")


if __name__ == "__main__":
    main()
