"""Functions one by one, forward and backward, of one thread, beside other libraries: `make bench-functions`.

A row reads the same in every library: `m` holds functions of arrays by NumPy's names, `f` those of networks by
PyTorch's. Arrays are float32, 256×512; images 16×16×32×32.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

MATRIX, IMAGES = (256, 512), (16, 16, 32, 32)


@dataclass(frozen=True)
class Function:
    """One function.

    run     (m, f, *inputs, *data) -> the result
    inputs  what it is differentiated by: the shape of each, or what makes it of a generator
    data    what it is not differentiated by, as the inputs
    """

    run: Callable[..., Any]
    inputs: tuple[Any, ...]
    data: tuple[Any, ...] = ()

    def problem(self, name: str, dtype: Any) -> tuple[list[Any], list[Any]]:
        """Inputs and data: fresh arrays, the same on every call."""
        rng = np.random.default_rng(zlib.crc32(name.encode()))
        inputs, data = [[_made(rng, what, dtype) for what in of] for of in (self.inputs, self.data)]
        return inputs, data


def _made(rng: np.random.Generator, what: Any, dtype: Any) -> Any:
    made = rng.standard_normal(what) if isinstance(what, tuple) else what(rng)
    return made.astype(dtype) if made.dtype.kind == "f" else made


def _inside(low: float, high: float, shape: tuple[int, ...] = MATRIX) -> Callable[[np.random.Generator], Any]:
    return lambda rng: rng.uniform(low, high, shape)


def _classes(n: int, shape: tuple[int, ...] = (256,), least: int = 0) -> Callable[[np.random.Generator], Any]:
    return lambda rng: rng.integers(least, n, shape)


def _signs(rng: np.random.Generator) -> Any:
    return rng.choice([-1.0, 1.0], MATRIX)


def _solvable(rng: np.random.Generator) -> Any:
    """A symmetric matrix whose eigenvalues lie between 1 and 3."""
    root = rng.standard_normal((256, 256))
    return np.eye(256) + root @ root.T / 512


def _of(name: str, *inputs: Any) -> Function:
    """A function of arrays, of one matrix or of the inputs."""
    return Function(lambda m, f, *x: getattr(m, name)(*x), inputs or (MATRIX,))


def _net(name: str, *more: Any, **options: Any) -> Function:
    """A function of networks, of one matrix."""
    return Function(lambda m, f, x: getattr(f, name)(x, *more, **options), (MATRIX,))


_POSITIVE, _UNIT = _inside(0.2, 2.0), _inside(0.05, 0.95)
_CHANNELS = (16,)
_LENGTHS = (lambda rng: np.full(16, 64), lambda rng: np.full(16, 16))

FUNCTIONS: dict[str, Function] = {
    # element by element
    **{name: _of(name) for name in ("exp", "expm1", "sin", "cos", "tanh", "arctan", "square", "abs")},
    **{name: _of(name, _POSITIVE) for name in ("log", "log1p", "sqrt", "reciprocal")},
    "erf": _of("erf"),
    "cube": Function(lambda m, f, x: x**3, (MATRIX,)),
    "add": _of("add", MATRIX, MATRIX),
    "multiply": _of("multiply", MATRIX, MATRIX),
    "divide": _of("divide", MATRIX, _POSITIVE),
    "maximum": _of("maximum", MATRIX, MATRIX),
    "where": Function(lambda m, f, x, y: m.where(x > y, x, y), (MATRIX, MATRIX)),
    "clip": Function(lambda m, f, x: m.clip(x, -1.0, 1.0), (MATRIX,)),
    "add, a row": _of("add", MATRIX, (512,)),
    # activations
    **{
        name: _net(name)
        for name in (
            "relu", "leaky_relu", "elu", "selu", "gelu", "silu", "mish", "sigmoid", "logsigmoid", "softplus",
            "softsign", "softshrink", "tanhshrink", "hardtanh", "hardsigmoid", "hardswish", "glu",
        )
    },
    "gelu, tanh": _net("gelu", approximate="tanh"),
    "prelu": Function(lambda m, f, x, w: f.prelu(x, w), (MATRIX, (1,))),
    "softmax": _net("softmax", 1),
    "log_softmax": _net("log_softmax", 1),
    # sums and their kin
    "sum, first axis": Function(lambda m, f, x: m.sum(x, 0), (MATRIX,)),
    "sum, last axis": Function(lambda m, f, x: m.sum(x, 1), (MATRIX,)),
    "mean": Function(lambda m, f, x: m.mean(x), (MATRIX,)),
    "var": Function(lambda m, f, x: m.var(x, 1, correction=0), (MATRIX,)),
    "amax": Function(lambda m, f, x: m.amax(x, 1), (MATRIX,)),
    "logsumexp": Function(lambda m, f, x: m.logsumexp(x, 1), (MATRIX,)),
    "norm": Function(lambda m, f, x: m.linalg.norm(x), (MATRIX,)),
    "cumsum, first axis": Function(lambda m, f, x: m.cumsum(x, 0), (MATRIX,)),
    "cumsum, last axis": Function(lambda m, f, x: m.cumsum(x, 1), (MATRIX,)),
    # normalization
    "layer_norm": Function(lambda m, f, x, w, b: f.layer_norm(x, (512,), w, b), (MATRIX, (512,), (512,))),
    "rms_norm": Function(lambda m, f, x, w: f.rms_norm(x, (512,), w), (MATRIX, (512,))),
    "normalize": _net("normalize"),
    "batch_norm, 1d": Function(
        lambda m, f, x, w, b: f.batch_norm(x, None, None, w, b, True), (MATRIX, (512,), (512,))
    ),
    "batch_norm, 2d": Function(
        lambda m, f, x, w, b: f.batch_norm(x, None, None, w, b, True), (IMAGES, _CHANNELS, _CHANNELS)
    ),
    "group_norm": Function(lambda m, f, x, w, b: f.group_norm(x, 4, w, b), (IMAGES, _CHANNELS, _CHANNELS)),
    "instance_norm": Function(lambda m, f, x: f.instance_norm(x), (IMAGES,)),
    # losses
    "cross_entropy": Function(lambda m, f, x, t: f.cross_entropy(x, t), (MATRIX,), (_classes(512),)),
    "mse_loss": Function(lambda m, f, x, t: f.mse_loss(x, t), (MATRIX,), (MATRIX,)),
    "l1_loss": Function(lambda m, f, x, t: f.l1_loss(x, t), (MATRIX,), (MATRIX,)),
    "smooth_l1_loss": Function(lambda m, f, x, t: f.smooth_l1_loss(x, t), (MATRIX,), (MATRIX,)),
    "binary_cross_entropy": Function(lambda m, f, x, t: f.binary_cross_entropy(x, t), (_UNIT,), (_UNIT,)),
    "binary_cross_entropy_with_logits": Function(
        lambda m, f, x, t: f.binary_cross_entropy_with_logits(x, t), (MATRIX,), (_UNIT,)
    ),
    "kl_div": Function(lambda m, f, x, t: f.kl_div(x, t, reduction="batchmean"), (MATRIX,), (_UNIT,)),
    "soft_margin_loss": Function(lambda m, f, x, t: f.soft_margin_loss(x, t), (MATRIX,), (_signs,)),
    "ctc_loss": Function(
        lambda m, f, x, *t: f.ctc_loss(f.log_softmax(x, 2), *t), ((64, 16, 32),),
        (_classes(32, (16, 16), 1), *_LENGTHS),
    ),
    # distances
    "pdist": Function(lambda m, f, x: f.pdist(x), ((256, 64),)),
    "cosine_similarity": Function(lambda m, f, x, y: f.cosine_similarity(x, y), (MATRIX, MATRIX)),
    # products and linear algebra
    "matmul": _of("matmul", MATRIX, (512, 256)),
    "matmul, a stack": _of("matmul", (16, 64, 64), (16, 64, 64)),
    "linear": Function(lambda m, f, x, w, b: f.linear(x, w, b), (MATRIX, (256, 512), (256,))),
    "einsum": Function(lambda m, f, x, y: m.einsum("bij,bkj->bik", x, y), ((16, 64, 64), (16, 64, 64))),
    "solve": Function(lambda m, f, x, y: m.linalg.solve(x, y), (_solvable, (256, 64))),
    "inv": Function(lambda m, f, x: m.linalg.inv(x), (_solvable,)),
    "attention": Function(
        lambda m, f, q, k, v: f.scaled_dot_product_attention(q, k, v), ((4, 4, 64, 32),) * 3
    ),
    # images
    "conv2d, 3×3": Function(
        lambda m, f, x, w, b: f.conv2d(x, w, b, padding=1), (IMAGES, (16, 16, 3, 3), _CHANNELS)
    ),
    "conv2d, 1×1": Function(lambda m, f, x, w, b: f.conv2d(x, w, b), (IMAGES, (16, 16, 1, 1), _CHANNELS)),
    "conv2d, depthwise": Function(
        lambda m, f, x, w, b: f.conv2d(x, w, b, padding=1, groups=16), (IMAGES, (16, 1, 3, 3), _CHANNELS)
    ),
    "conv2d, stride 2": Function(
        lambda m, f, x, w, b: f.conv2d(x, w, b, 2, 1), (IMAGES, (16, 16, 3, 3), _CHANNELS)
    ),
    "conv_transpose2d": Function(
        lambda m, f, x, w, b: f.conv_transpose2d(x, w, b, 2), (IMAGES, (16, 16, 2, 2), _CHANNELS)
    ),
    "max_pool2d": Function(lambda m, f, x: f.max_pool2d(x, 2), (IMAGES,)),
    "avg_pool2d": Function(lambda m, f, x: f.avg_pool2d(x, 2), (IMAGES,)),
    "pixel_shuffle": Function(lambda m, f, x: f.pixel_shuffle(x, 2), (IMAGES,)),
    "interpolate, nearest": Function(lambda m, f, x: f.interpolate(x, scale_factor=2), (IMAGES,)),
    "pad": Function(lambda m, f, x: f.pad(x, (1, 1, 1, 1)), (IMAGES,)),
    # places
    "concatenate": Function(lambda m, f, x, y: m.concatenate((x, y), 1), (MATRIX, MATRIX)),
    "stack": Function(lambda m, f, x, y: m.stack((x, y)), (MATRIX, MATRIX)),
    "slice": Function(lambda m, f, x: x[1:-1, ::2], (MATRIX,)),
    "embedding": Function(lambda m, f, w, i: f.embedding(i, w), (MATRIX,), (_classes(256),)),
    "tril": _of("tril"),
    "roll": Function(lambda m, f, x: m.roll(x, 3, 1), (MATRIX,)),
}  # fmt: skip
