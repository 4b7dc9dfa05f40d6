"""What is measured: for each workload its weights, its data and its optimizer, from one seed, the same everywhere.

A library gets these arrays in float32 and gives back a function that does one step. After the first steps its results
must be those of by_hand.py in float64. Weights have PyTorch's names and layouts. The families, at the end, are the same
computation at growing sizes, to see how its cost grows.
"""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Arrays = dict[str, Any]
STEPS = 3  # before results are compared: what compiles a step runs that only from the third on
CHAIN = 1000  # steps y = y * a + b of the workload `chain`; each is two nodes


@dataclass(frozen=True)
class Workload:
    """One thing to measure.

    name, text   what it is called, and what it does
    make         rng -> (weights, data)
    optimizer    its name and settings, or empty: then the gradients are the result
    """

    name: str
    text: str
    make: Callable[[np.random.Generator], tuple[Arrays, Arrays]]
    optimizer: tuple[Any, ...] = ()
    unit: str = "ms"
    divide: int = 1
    timed: bool = True

    def problem(self, dtype: Any, **instead: Any) -> tuple[Arrays, Arrays]:
        """Weights and data: fresh arrays, the same on every call, but for the data given instead."""
        weights, data = self.make(np.random.default_rng(zlib.crc32(self.name.encode())))

        def cast(values: Arrays) -> Arrays:
            return {k: np.array(v, dtype=dtype if np.asarray(v).dtype.kind == "f" else None) for k, v in values.items()}

        return cast(weights), cast({**data, **instead})


def dense(rng: np.random.Generator, *sizes: int, names: tuple[str, ...] = ()) -> Arrays:
    """Weights (out, in) and biases of linear layers."""
    made: Arrays = {}
    for k, (fan_in, fan_out) in enumerate(itertools.pairwise(sizes)):
        name = names[k] if names else str(k)
        made[f"{name}.weight"] = rng.standard_normal((fan_out, fan_in)) / np.sqrt(fan_in)
        made[f"{name}.bias"] = rng.standard_normal(fan_out) * 0.1
    return made


def filters(rng: np.random.Generator, *shapes: tuple[int, int, int]) -> Arrays:
    """Weights (out, in, k, k) and biases of convolutions."""
    made: Arrays = {}
    for n, (fan_in, fan_out, k) in enumerate(shapes):
        made[f"conv{n}.weight"] = rng.standard_normal((fan_out, fan_in, k, k)) * np.sqrt(2 / (fan_in * k * k))
        made[f"conv{n}.bias"] = rng.standard_normal(fan_out) * 0.1
    return made


def _small(rng: np.random.Generator) -> tuple[Arrays, Arrays]:
    w = {name: rng.standard_normal(shape) * 0.3 for name, shape in (("w", (16, 16)), ("b", (16,)))}
    return {"x": rng.standard_normal((16, 16)), **w}, {}


def _chain(rng: np.random.Generator) -> tuple[Arrays, Arrays]:
    return {"y": np.array(0.5), "a": np.array(0.999), "b": np.array(0.001)}, {"steps": np.zeros(CHAIN, bool)}


def _xor(rng: np.random.Generator) -> tuple[Arrays, Arrays]:
    x = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    return dense(rng, 2, 2, 1), {"x": x, "t": np.array([[-1.0], [1.0], [1.0], [-1.0]])}


def _classes(*sizes: int, batch: int) -> Callable[[np.random.Generator], tuple[Arrays, Arrays]]:
    def make(rng: np.random.Generator) -> tuple[Arrays, Arrays]:
        data = {"x": rng.standard_normal((batch, sizes[0])), "t": rng.integers(0, sizes[-1], batch)}
        return dense(rng, *sizes), data

    return make


_mlp_small = _classes(64, 32, 10, batch=32)
_mlp_large = _classes(784, 1024, 1024, 10, batch=256)


def _lenet(rng: np.random.Generator) -> tuple[Arrays, Arrays]:
    weights = {**filters(rng, (1, 6, 5), (6, 16, 5)), **dense(rng, 400, 120, 84, 10)}
    return weights, {"x": rng.standard_normal((64, 1, 28, 28)), "t": rng.integers(0, 10, 64)}


def _vgg(rng: np.random.Generator) -> tuple[Arrays, Arrays]:
    weights = {**filters(rng, (3, 32, 3), (32, 32, 3), (32, 64, 3), (64, 64, 3)), **dense(rng, 64 * 64, 10)}
    return weights, {"x": rng.standard_normal((32, 3, 32, 32)), "t": rng.integers(0, 10, 32)}


def _lstm(rng: np.random.Generator) -> tuple[Arrays, Arrays]:
    shapes = {"weight_ih_l0": (512, 32), "weight_hh_l0": (512, 128), "bias_ih_l0": (512,), "bias_hh_l0": (512,)}
    weights = {name: rng.uniform(-1, 1, shape) / np.sqrt(128) for name, shape in shapes.items()}
    return weights, {"x": rng.standard_normal((50, 32, 32))}


GPT = {"layers": 2, "width": 128, "heads": 4, "length": 64, "batch": 8, "symbols": 65}


def _gpt(rng: np.random.Generator) -> tuple[Arrays, Arrays]:
    d, n = GPT["width"], GPT["symbols"]
    weights: Arrays = {
        "token.weight": rng.standard_normal((n, d)),
        "place.weight": rng.standard_normal((GPT["length"], d)),
    }
    for k in range(GPT["layers"]):
        weights.update(
            {f"{k}.norm{i}.weight": np.ones(d) for i in (1, 2)}, **{f"{k}.norm{i}.bias": np.zeros(d) for i in (1, 2)}
        )
        for name, fan_in, fan_out in (("qkv", d, 3 * d), ("proj", d, d), ("up", d, 4 * d), ("down", 4 * d, d)):
            weights.update(dense(rng, fan_in, fan_out, names=(f"{k}.{name}",)))
    weights.update({"norm.weight": np.ones(d), "norm.bias": np.zeros(d), **dense(rng, d, n, names=("head",))})
    tokens = rng.integers(0, n, (GPT["batch"], GPT["length"] + 1))
    return weights, {"x": tokens[:, :-1], "t": tokens[:, 1:]}


def _elementwise(rng: np.random.Generator) -> tuple[Arrays, Arrays]:
    return {name: rng.uniform(0.5, 1.5, 1_000_000) for name in ("x", "y")}, {}


def _reduce_norm(rng: np.random.Generator) -> tuple[Arrays, Arrays]:
    x = rng.standard_normal((4096, 512))
    return {"x": x, "weight": rng.uniform(0.5, 1.5, 512), "bias": rng.standard_normal(512)}, {
        "c": rng.standard_normal((4096, 512))
    }


def _deep(rng: np.random.Generator) -> tuple[Arrays, Arrays]:
    return dense(rng, *[1024] * 21), {name: rng.standard_normal((2048, 1024)) for name in ("x", "t")}


def _hvp(rng: np.random.Generator) -> tuple[Arrays, Arrays]:
    weights, data = _mlp_small(rng)
    return weights, {**data, **{f"v.{name}": rng.standard_normal(w.shape) for name, w in weights.items()}}


WORKLOADS = {
    w.name: w
    for w in (
        Workload("small", "`(x @ w + b).tanh().sum()`, 16×16, forward and backward", _small, unit="µs"),
        Workload("chain", "0-d `y = y*a + b`, forward and backward, per node", _chain, unit="µs", divide=2 * CHAIN),
        Workload("perceptron", "2-2-1 tanh on XOR, a step of SGD", _xor, ("sgd", 0.1, 0.0), "µs"),
        Workload("mlp_small", "64-32-10 tanh, batch 32, SGD with momentum", _mlp_small, ("sgd", 0.1, 0.9), "µs"),
        Workload("mlp_large", "784-1024-1024-10 ReLU, batch 256, Adam", _mlp_large, ("adam", 1e-3, 0.0)),
        Workload("lenet", "LeNet-5 (ReLU, max-pooling), 28×28, batch 64, momentum", _lenet, ("sgd", 0.01, 0.9)),
        Workload("vgg", "four 3×3 convolutions, 32×32, batch 32, momentum", _vgg, ("sgd", 0.01, 0.9)),
        Workload("lstm", "50 steps, 32→128, batch 32, SGD", _lstm, ("sgd", 0.1, 0.0)),
        Workload("gpt", "2 layers, width 128, 4 heads, 64 tokens, batch 8, AdamW", _gpt, ("adam", 1e-3, 0.01)),
        Workload("elementwise", "ten operations on 1,000,000 elements, forward and backward", _elementwise),
        Workload("reduce_norm", "layer norm, softmax, logsumexp of 4096×512, forward and backward", _reduce_norm),
        Workload("hvp", "a Hessian-vector product of mlp_small", _hvp, unit="µs"),
        Workload("memory", "20 layers, 1024 wide, tanh, batch 2048, SGD", _deep, ("sgd", 1e-3, 0.0), timed=False),
    )
}  # fmt: skip


# ---- families --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Family:
    """One computation at several sizes.

    name, text  what it is called, what grows in it
    sizes       of which the larger half tells the exponent
    expected    the exponent of the size that the number of operations grows with
    make        (rng, size) -> (weights, input), of the loss mean(output²)
    """

    name: str
    text: str
    sizes: tuple[int, ...]
    expected: int
    make: Callable[[np.random.Generator, int], tuple[Arrays, Any]]

    def problem(self, size: int) -> tuple[Arrays, Any]:
        weights, x = self.make(np.random.default_rng(size), size)
        return {name: value.astype(np.float32) for name, value in weights.items()}, x.astype(np.float32)


def _depth(rng: np.random.Generator, n: int) -> tuple[Arrays, Any]:
    return dense(rng, *[128] * (n + 1)), rng.standard_normal((64, 128))


def _width(rng: np.random.Generator, n: int) -> tuple[Arrays, Any]:
    return dense(rng, n, n, n), rng.standard_normal((128, n))


def _batch(rng: np.random.Generator, n: int) -> tuple[Arrays, Any]:
    return dense(rng, 256, 256, 16), rng.standard_normal((n, 256))


def _kernel(rng: np.random.Generator, n: int) -> tuple[Arrays, Any]:
    return filters(rng, (16, 16, n)), rng.standard_normal((16, 16, 32, 32))


def _steps(rng: np.random.Generator, n: int) -> tuple[Arrays, Any]:
    shapes = {"weight_ih_l0": (256, 32), "weight_hh_l0": (256, 64), "bias_ih_l0": (256,), "bias_hh_l0": (256,)}
    return {name: rng.uniform(-1, 1, shape) / 8 for name, shape in shapes.items()}, rng.standard_normal((n, 16, 32))


def _length(rng: np.random.Generator, n: int) -> tuple[Arrays, Any]:
    return dense(rng, 32, 96), rng.standard_normal((2, 4, n, 32))


FAMILIES = {
    family.name: family
    for family in (
        Family("depth", "layers of 128 tanh units, batch 64", (1, 4, 16, 64, 256), 1, _depth),
        Family("width", "units in each of two tanh layers, batch 128", (16, 64, 256, 512, 1024), 2, _width),
        Family("batch", "rows through 256-256-16 tanh", (1, 16, 256, 1024, 4096), 1, _batch),
        Family("kernel", "side of a convolution's kernel, 16 to 16 channels, 32×32, batch 16", (1, 3, 5, 7, 9, 11),
               2, _kernel),
        Family("steps", "steps of an LSTM, 32→64, batch 16", (4, 16, 64, 256), 1, _steps),
        Family("length", "positions that attend to each other, 2×4 heads of 32", (16, 64, 256, 512, 1024), 2, _length),
    )
}  # fmt: skip
