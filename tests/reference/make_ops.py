"""ops.json: what PyTorch gives at the points where a derivative needs a decision.

    python tests/reference/make_ops.py

Needs PyTorch. Each case has the inputs, the value, the gradients of its sum, and the gradients of the sum of these.
Infinities and NaN are written as text.
"""

import json
import math
from pathlib import Path

import torch

inf = math.inf
F = torch.nn.functional
CASES = {
    "sigmoid": (torch.sigmoid, [[[-1000.0, -40.0, 0.0, 40.0, 1000.0]]]),
    "softplus": (lambda x: F.softplus(x, threshold=1e9), [[[-700.0, -40.0, 0.0, 40.0, 700.0]]]),
    "logsigmoid": (F.logsigmoid, [[[-1000.0, -40.0, 0.0, 40.0, 1000.0]]]),
    "relu": (torch.relu, [[[-1.0, 0.0, 2.0]]]),
    "softmax": (lambda x: torch.softmax(x, -1), [[[-1000.0, 0.0, 1000.0]], [[-inf, 0.0, 1.0]]]),
    "log_softmax": (lambda x: torch.log_softmax(x, -1), [[[-1000.0, 0.0, 1000.0]]]),
    "logsumexp": (lambda x: torch.logsumexp(x, -1), [[[-inf, 1.0]], [[-1000.0, 1000.0]], [[1.0, 1.0, 2.0]]]),
    "tanh": (torch.tanh, [[[-1000.0, 0.0, 1000.0]]]),
    "abs": (torch.abs, [[[0.0, -2.0]]]),
    "maximum": (torch.maximum, [[[1.0, 2.0, 3.0], [1.0, 3.0, 2.0]]]),
    "minimum": (torch.minimum, [[[1.0, 2.0, 3.0], [1.0, 3.0, 2.0]]]),
    "amax": (lambda x: torch.amax(x, -1), [[[[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]]]]),
    "amin": (lambda x: torch.amin(x, -1), [[[[1.0, 1.0, 3.0], [2.0, 2.0, 2.0]]]]),
    "clip": (lambda x: torch.clamp(x, -1, 1), [[[-2.0, -1.0, 0.5, 1.0, 3.0]]]),
    "sinc": (torch.sinc, [[[0.5, 2.0]]]),
    "square": (lambda x: x**2, [[[0.0, -2.0]]]),
    "zeroth": (lambda x: x**0, [[[0.0, -2.0]]]),
    "xlogy": (torch.special.xlogy, [[[0.0, 0.0, 2.0], [1.0, 3.0, 0.5]]]),
    "std": (lambda x: torch.std(x, unbiased=False), [[[1.0, 3.0, 4.0]]]),
    "prod": (torch.prod, [[[0.0, 2.0, 3.0]], [[0.0, 2.0, 0.0]], [[1.0, 2.0, 3.0]]]),
    "cumprod": (lambda x: torch.cumprod(x, -1), [[[2.0, 0.0, 3.0, 4.0]], [[2.0, 0.0, 0.0, 4.0]]]),
    "erf": (torch.erf, [[[-30.0, -1.0, 0.0, 1e-8, 2.0]]]),
    "erfc": (torch.erfc, [[[-5.0, 0.0, 1.0, 3.0]]]),
    "gammaln": (torch.lgamma, [[[-1.5, 0.3, 1.0, 2.0, 40.0]]]),
    "log1p": (torch.log1p, [[[1e-20, 0.0]]]),
    "expm1": (torch.expm1, [[[1e-20, 0.0]]]),
    "sort": (lambda x: torch.sort(x, stable=True).values * torch.arange(4.0, dtype=x.dtype), [[[2.0, 1.0, 2.0, 1.0]]]),
    "median": (lambda x: torch.quantile(x, 0.5), [[[2.0, 1.0, 5.0, 4.0]], [[3.0, 1.0, 2.0]]]),
}


def plain(x):
    if isinstance(x, list):
        return [plain(item) for item in x]
    return x if math.isfinite(x) else str(x)


def case(name, function, inputs):
    xs = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in inputs]
    value = function(*xs)
    first = torch.autograd.grad(value.sum(), xs, create_graph=True)
    total = sum(g.sum() for g in first)
    found = torch.autograd.grad(total, xs, allow_unused=True) if total.requires_grad else [None] * len(xs)
    second = [torch.zeros_like(x) if g is None else g for x, g in zip(xs, found, strict=True)]
    lists = {"value": [value], "first": first, "second": second}
    texts = {key: [plain((torch.zeros_like(t) + t).tolist()) for t in tensors] for key, tensors in lists.items()}
    return {"name": name, "inputs": plain(inputs), **texts, "value": texts["value"][0]}


def main():
    made = [case(name, function, inputs) for name, (function, many) in CASES.items() for inputs in many]
    path = Path(__file__).with_name("ops.json")
    lines = ",\n".join(json.dumps(item) for item in made)
    path.write_text(f'{{"torch": "{torch.__version__}", "cases": [\n{lines}\n]}}\n')


if __name__ == "__main__":
    main()
