"""Functions of float16 numbers whose intermediate values, but not whose results, leave the range or digits of halves.

PyTorch (make_halves.py) and this library (tests/nn/test_halves.py) run them on the same numbers. A case names a
function of nn.functional as "F.name", a module as "nn.Name" and anything else by a name for which both have a function
of their own. Arrays of float16 receive gradients, unless their place is named in `fixed`.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

Random = np.random.RandomState


class Case(NamedTuple):
    name: str
    inputs: Callable[[Random], list[Any]]
    options: dict[str, Any]
    fixed: tuple[int, ...]
    what: str  # what leaves the range, where the name does not say it


cases: list[Case] = []


def case(
    name: str, inputs: Callable[[Random], list[Any]], what: str = "", fixed: tuple[int, ...] = (), **options: Any
) -> None:
    cases.append(Case(name, inputs, options, fixed, what))


def label(number: int) -> str:
    name = cases[number].name
    return f"{name}-{sum(case.name == name for case in cases[:number])}"


def drawn(number: int) -> tuple[list[Any], Random]:
    """A case's inputs, and the generator that its module's parameters and the result's weights come from."""
    random = Random(zlib.crc32(label(number).encode()))
    return cases[number].inputs(random), random


def half(values: Any) -> Any:
    return np.asarray(values).astype(np.float16)


def normal(*shape: int, scale: float = 1.0, shift: float = 0.0) -> Callable[[Random], list[Any]]:
    return lambda r: [half(shift + scale * r.randn(*shape))]


def given(*arrays: Any) -> Callable[[Random], list[Any]]:
    return lambda r: [half(array) if np.asarray(array).dtype.kind == "f" else np.asarray(array) for array in arrays]


def ones(*shape: int, value: float = 1.0) -> Callable[[Random], list[Any]]:
    return lambda r: [np.full(shape, value, np.float16)]


def weights(random: Random, shape: tuple[int, ...]) -> Any:
    """What the gradients begin with."""
    return half(random.randint(1, 9, size=shape) / 8)


def sample(array: Any) -> Any:
    """Of a large array some elements."""
    flat = np.asarray(array).reshape(-1)
    return flat[:: max(1, flat.size // 16)]


def parameter(random: Random, shape: tuple[int, ...]) -> Any:
    return half(0.5 * random.randn(*shape))


UP_AND_DOWN = [40000.0, 40000.0, 3.0, -40000.0, -39000.0]  # whose partial sums are no halves

# ---- sums, means, norms ----------------------------------------------------------------------------------------------

case("sum", ones(5000, 2))
case("sum", given(np.reshape(UP_AND_DOWN * 2, (5, 2), order="F")))
case("sum", normal(3000, 2, scale=100))
case("mean", ones(5000, 2, value=60.0))
case("mean", ones(70000, 1, value=1.5), "70000 elements")
case("nansum", given(np.reshape([*UP_AND_DOWN, np.nan] * 2, (6, 2), order="F")))
case("nanmean", ones(5000, 2, value=60.0))
case("var", given([[300.0, 1.0], [-200.0, 2.0], [100.0, 4.0]]))
case("var", normal(40, 2, scale=150, shift=3000))
case("std", given([[30000.0, 1.0], [-20000.0, 2.0], [10000.0, 4.0]]))
case("std", normal(40, 2, scale=1000, shift=3000))
case("std", normal(40, 2, scale=1e-4))
case("norm", ones(4, 2, value=300.0))
case("norm", normal(50, 2, scale=2000))
case("norm", given([[1e-4, 1e-5], [3e-4, 2e-5]]))
case("norm", normal(20, 2, scale=60), p=3.0)
case("norm", ones(5000, 2), p=1.0)
case("norm", normal(30, 2, scale=5000), p=float("inf"))
case("prod", given([[300.0, 2.0], [250.0, 3.0], [1e-2, 5.0]]))
case("cumsum", ones(3000, 1))
case("cumsum", given([[30000.0], [30000.0], [-50000.0], [11.0]]))
case("cumprod", given([[30.0], [40.0], [5e-2], [11.0]]))
case("max", ones(70000, 1), "shares of the gradient")
case("min", ones(3000, 2))
case("logsumexp", ones(5000, 2))
case("logsumexp", normal(40, 2, scale=300))
case("logsumexp", given([[60000.0, -60000.0], [-60000.0, 60000.0]]))
case(
    "average", lambda r: [half(r.randn(3000, 2)), half(30 * r.rand(3000, 1) * np.ones((3000, 2)))], "the sum of weights"
)
case("trapezoid", given([[40000.0, 1.0], [40000.0, 2.0], [-39000.0, 4.0]]))
case("dist", given([[300.0, 400.0], [0.0, 30.0]], [[0.0, 0.0], [10.0, -300.0]]))
case("broadcast_product", lambda r: [half(r.rand(1, 2)), half(np.ones((5000, 2)))])
case("rows", lambda r: [half(r.rand(3, 2)), np.zeros(5000, int)], "a row that is named 5000 times")

# ---- products --------------------------------------------------------------------------------------------------------

case("matmul", given([[300.0, 300.0]], [[300.0], [-299.0]]))
case("matmul", lambda r: [np.ones((2, 5000), np.float16), np.ones((5000, 2), np.float16)])
case("einsum", given([300.0, 300.0, 1.0], [[300.0, 1.0], [-299.0, 2.0], [7.0, 3.0]], [1e-2, 2.0]))
case("vecdot", given([[300.0, 300.0]], [[300.0, -299.0]]))
case("outer", given([300.0, 2.0], [200.0, 1.0]))
case("cross", given([[300.0, 299.0, 1.0]], [[301.0, 300.0, 2.0]]))
case(
    "F.linear",
    given([[300.0, 300.0]], [[300.0, -100.0], [200.0, 100.0]], [-30000.0, -40000.0]),
    "the sum before the bias",
)
case("F.linear", lambda r: [half(np.ones((5000, 3))), half(r.randn(2, 3)), half(np.zeros(2))], "the bias's gradient")
case("F.bilinear", given([[300.0, 2.0]], [[200.0, -200.0]], [[[2.0, 1.5], [1.0, 1.0]]], [5.0]))

# ---- element by element ----------------------------------------------------------------------------------------------

WIDE = [-60000.0, -300.0, -20.0, -12.0, -9.0, -5.0, -1.0, -1e-2, -1e-4, 1e-4, 1e-2, 1.0, 5.0, 9.0, 12.0, 300.0, 20000.0]
for name in (
    "sigmoid", "F.logsigmoid", "F.softplus", "F.silu", "F.gelu", "F.mish", "F.elu", "F.selu", "F.celu", "F.hardswish",
    "F.hardsigmoid", "F.softsign", "F.tanhshrink", "tanh", "F.hardtanh", "F.leaky_relu", "F.relu6", "F.softshrink",
    "arctan", "arcsinh", "erf",
):  # fmt: skip
    case(name, given(WIDE))
case("F.gelu", given(WIDE), approximate="tanh")
case("F.softplus", given(WIDE), beta=3.0, threshold=30.0)
case("F.celu", given(WIDE), alpha=1000.0)
case("F.elu", given(WIDE), alpha=3.0)
case("F.glu", given([[300.0, 2.0, -14.0, 12.0], [-300.0, 1e-3, 9.0, -300.0]]))
case("F.prelu", given([[-300.0, 2.0], [-1e-3, 5.0]], [0.1, 0.3]))
case("hypot", given([300.0, 40000.0, 3e-5, 0.0], [400.0, 30000.0, 4e-5, 5.0]))
case("logaddexp", given([60000.0, -60000.0, 1.0], [60000.0, -59999.0, 300.0]))
case("log10", given([30000.0, 3e-5, 1.0]))
case("log2", given([60000.0, 3e-5, 1.0]))
case("arctan2", given([300.0, 3e-4, -1.0], [400.0, 4e-4, -60000.0]))
case("power", given([3.5, 1e-2, 0.5]), "its slope", exponent=8.0)
case("tan", given([1.5, -1.56, 0.1]))
case("logit", given([1e-4, 0.5, 0.9995]))
case("xlogy", given([1e-4, 300.0, 0.0], [1e-4, 60000.0, 1.0]))

# ---- along an axis ---------------------------------------------------------------------------------------------------

for name in ("F.softmax", "F.log_softmax", "F.softmin"):
    case(name, normal(2, 5000), "5000 exponentials", dim=1)
    case(name, normal(2, 7, scale=300), dim=1)
    case(name, ones(1, 4000, value=12.0), dim=1)
case("F.softmax", given([[60000.0, -60000.0, 59990.0]]), dim=1)
case("F.normalize", ones(2, 50, value=300.0), dim=1)
case("F.normalize", normal(2, 50, scale=2000), dim=1)
case("F.normalize", given([[3e-4, 4e-4], [3e-3, -4e-3], [0.0, 0.0]]), dim=1, eps=1e-4)
case("F.normalize", ones(2, 3000, value=30.0), dim=1, p=1.0)
case("F.cosine_similarity", given([[300.0, 400.0], [1e-4, 2e-4]], [[300.0, 400.0], [3e-4, -1e-4]]))
case("F.cosine_similarity", lambda r: [half(300 * r.randn(3, 60)), half(200 * r.randn(3, 60))])
case("F.pairwise_distance", given([[300.0, 400.0]], [[0.0, 10.0]]))
case("F.pairwise_distance", given([[60.0, 40.0]], [[0.0, 10.0]]), p=3.0)
case("F.pdist", given([[300.0, 400.0], [0.0, 0.0], [-300.0, 100.0]]))
case("F.pdist", given([[30.0, 40.0], [0.0, 1.0], [-60.0, 10.0]]), p=3.0)
case("F.layer_norm", normal(2, 40, scale=300), shape=(40,))
case("F.layer_norm", normal(2, 40, scale=2000, shift=3000), shape=(40,))
case("F.layer_norm", lambda r: [half(300 * r.randn(3, 20)), half(r.rand(20)), half(r.randn(20))], shape=(20,))
case("F.layer_norm", normal(2, 3000, shift=50.0), shape=(3000,))
case("F.rms_norm", normal(2, 40, scale=300), shape=(40,))
case("F.rms_norm", normal(2, 40, scale=1e-3), "the default eps", shape=(40,))
case("F.rms_norm", lambda r: [half(500 * r.randn(3, 20)), half(r.rand(20))], shape=(20,), eps=1e-6)
case("F.group_norm", lambda r: [half(300 * r.randn(2, 4, 5)), half(r.rand(4)), half(r.randn(4))], groups=2)
case("F.batch_norm", lambda r: [half(300 * r.randn(20, 3)), half(r.rand(3)), half(r.randn(3))], training=True)
case("F.batch_norm", lambda r: [half(300 * r.randn(6, 3, 4))], training=True)
case("F.batch_norm", lambda r: [half(300 * r.randn(20, 3)), half(r.rand(3)), half(r.randn(3))], training=False)
case("F.instance_norm", lambda r: [half(300 * r.randn(2, 3, 9))])
case("F.local_response_norm", lambda r: [half(300 * r.randn(2, 5, 2))], size=3, alpha=1.0)

# ---- losses ----------------------------------------------------------------------------------------------------------

far = given([300.0, *[1.0] * 9], [0.0, *[0.5] * 9])
many: Callable[[Random], list[Any]] = lambda r: [half(60 + r.randn(3000)), half(r.randn(3000))]
for name in ("F.mse_loss", "F.l1_loss", "F.smooth_l1_loss", "F.huber_loss"):
    case(name, far)
    case(name, many)
case("F.smooth_l1_loss", far, beta=0.01)
case("F.huber_loss", far, delta=250.0)
case("F.mse_loss", lambda r: [half(r.randn(70000)), half(r.randn(70000))])
logits: Callable[[Random], list[Any]] = lambda r: [
    half([-20000.0, -12.0, 5.0, 12.0, 300.0]),
    half([0.0, 1.0, 0.5, 0.0, 1.0]),
]
case("F.binary_cross_entropy_with_logits", logits, fixed=(1,))
case("F.binary_cross_entropy_with_logits", lambda r: [half(9 * r.randn(3000)), half(r.rand(3000))], fixed=(1,))
case("F.binary_cross_entropy", lambda r: [half(0.01 + 0.98 * r.rand(3000)), half(r.rand(3000))], fixed=(1,))
case("F.kl_div", lambda r: [half(-9 * r.rand(30, 300)), half(r.rand(30, 300))], fixed=(1,), reduction="batchmean")
case("F.poisson_nll_loss", given([10.0, 11.0, -12.0], [20000.0, 3000.0, 1.0]), fixed=(1,))
case("F.gaussian_nll_loss", given([300.0, 1.0], [0.0, 0.5], [30000.0, 1e-2]), fixed=(1,))
classes: Callable[[Random], list[Any]] = lambda r: [half(r.randn(4, 3000)), r.randint(0, 3000, 4)]
case("F.cross_entropy", classes)
case("F.cross_entropy", classes, label_smoothing=0.1)
case("F.cross_entropy", lambda r: [half(9000 * r.randn(4, 5)), r.randint(0, 5, 4)])
case("F.cross_entropy", lambda r: [half(5 * r.randn(3000, 3)), r.randint(0, 3, 3000)], reduction="mean")
case("F.cross_entropy", lambda r: [half(r.randn(4, 300)), half(np.full((4, 300), 1 / 300))], fixed=(1,))
case("F.nll_loss", lambda r: [half(-9 * r.rand(9000, 3)), r.randint(0, 3, 9000)])
case(
    "F.ctc_loss", lambda r: [half(-9 * r.rand(30, 2, 5)), r.randint(1, 5, (2, 6)), np.array([30, 20]), np.array([6, 4])]
)
case("F.soft_margin_loss", given([-300.0, 12.0, 5.0, -9.0], [1.0, 1.0, -1.0, -1.0]), fixed=(1,))
case("F.hinge_embedding_loss", lambda r: [half(60 * r.rand(3000)), half(r.randint(0, 2, 3000) * 2 - 1)], fixed=(1,))
case(
    "F.margin_ranking_loss",
    lambda r: [half(60 * r.rand(3000)), half(r.rand(3000)), half(np.ones(3000) * -1)],
    fixed=(2,),
)
case(
    "F.cosine_embedding_loss", given([[300.0, 400.0], [1.0, 2.0]], [[300.0, -100.0], [300.0, 400.0]], np.array([1, -1]))
)
case("F.multi_margin_loss", lambda r: [half(100 * r.randn(40, 900)), r.randint(0, 900, 40)])
case("F.multi_margin_loss", lambda r: [half(200 * r.randn(4, 50)), r.randint(0, 50, 4)], p=2)
case("F.multilabel_margin_loss", lambda r: [half(300 * r.randn(4, 900)), np.tile([3, 0, *[-1] * 898], (4, 1))])
case(
    "F.multilabel_soft_margin_loss", lambda r: [half(60 * r.randn(9, 300)), half(r.randint(0, 2, (9, 300)))], fixed=(1,)
)
case("F.triplet_margin_loss", lambda r: [half(300 * r.randn(3, 40)) for _ in range(3)], margin=100.0)

# ---- windows ---------------------------------------------------------------------------------------------------------

case("F.avg_pool1d", ones(1, 2, 400, value=1000.0), kernel_size=100)
case("F.avg_pool2d", normal(1, 2, 20, 20, scale=3000, shift=9000), kernel_size=10, stride=5)
case("F.avg_pool3d", normal(1, 1, 8, 8, 8, scale=30, shift=3000), kernel_size=4)
case("F.adaptive_avg_pool2d", normal(1, 2, 20, 30, scale=300, shift=900), output_size=(3, 7))
case("F.adaptive_avg_pool1d", ones(1, 2, 5000, value=60.0), output_size=1)
case("F.lp_pool2d", normal(1, 2, 6, 6, scale=300), norm_type=2.0, kernel_size=3)
case("F.max_pool2d", normal(1, 2, 6, 6, scale=300), kernel_size=3, stride=1)
case(
    "F.fold",
    given(np.reshape([40000.0, 1, -39000.0, 2, 3, 30000.0, 5, -29000.0], (1, 4, 2))),
    output_size=(2, 3),
    kernel_size=2,
)
case("F.conv1d", given([[[300.0, 300.0, 30.0, -200.0]]], [[[200.0, -199.0]], [[1.0, 0.5]]], [5.0, 7.0]))
case("F.conv2d", lambda r: [half(300 * r.randn(2, 3, 5, 5)), half(9 * r.randn(2, 3, 3, 3)), half(r.randn(2))])
case(
    "F.conv2d",
    lambda r: [half(np.ones((70, 1, 8, 8))), half(r.randn(2, 1, 3, 3)), half(np.zeros(2))],
    "the gradients' sums",
)
case("F.conv3d", lambda r: [half(30 * r.randn(1, 2, 4, 4, 4)), half(30 * r.randn(2, 2, 3, 3, 3)), half(r.randn(2))])
case("F.conv_transpose1d", given([[[300.0, 299.0, 1.0]]], [[[-200.0, 200.0]]], [-5.0]))
case(
    "F.conv_transpose2d", lambda r: [half(40 * r.randn(1, 3, 4, 4)), half(100 * r.randn(3, 2, 3, 3)), half(r.randn(2))]
)
for mode in ("bilinear", "bicubic", "area"):
    case("F.interpolate", normal(1, 2, 6, 6, scale=9000), size=(4, 9), mode=mode)
case("F.interpolate", ones(1, 1, 3, 2), "the gradients' sums", size=(300, 200), mode="nearest")
case(
    "F.grid_sample", lambda r: [half(9000 * r.randn(1, 2, 5, 5)), half(2 * r.rand(1, 3, 4, 2) - 1)], align_corners=False
)
case("F.affine_grid", lambda r: [half(r.randn(1, 2, 3))], size=(1, 1, 40, 50), align_corners=False)

# ---- attention, tables, networks that recur --------------------------------------------------------------------------

case("F.scaled_dot_product_attention", lambda r: [half(100 * r.randn(1, 2, 4, 8)) for _ in range(3)], "the scores")
case(
    "F.scaled_dot_product_attention",
    lambda r: [half(r.randn(1, 1, 2, 4)), *(half(r.randn(1, 1, 3000, 4)) for _ in "kv")],
)
case("F.scaled_dot_product_attention", lambda r: [half(60 * r.randn(1, 5, 8)) for _ in range(3)], is_causal=True)
case("F.embedding", lambda r: [np.zeros(5000, int), half(r.randn(3, 2))], "a row that is named 5000 times")
case("F.embedding_bag", lambda r: [r.randint(0, 5, (2, 300)), half(r.randn(5, 2) + 900)], mode="mean")
case("F.embedding_bag", lambda r: [np.array([[0, 0, 1, 2, 2]]), half([[40000.0], [-39000.0], [-20000.0]])], mode="sum")
case("nn.Linear", lambda r: [half(300 * r.randn(4, 60))], args=(60, 3))
case("nn.MultiheadAttention", lambda r: [half(9 * r.randn(5, 1, 8))] * 3, args=(8, 2))
case("nn.LSTM", lambda r: [half(9 * r.randn(5, 2, 6))], args=(6, 3))
case("nn.GRU", lambda r: [half(9 * r.randn(5, 2, 6))], args=(6, 3))
case("nn.RNN", lambda r: [half(3 * r.randn(5, 2, 6))], args=(6, 3))


def arguments(number: int, values: list[Any], array: Callable[[Any], Any]) -> tuple[list[Any], dict[str, Any]]:
    """How the function of a case is called with the values of its inputs; array(x) makes an array a constant."""
    case, options = cases[number], dict(cases[number].options)
    if case.name in ("F.layer_norm", "F.rms_norm"):
        return [values[0], options.pop("shape"), *values[1:]], options
    if case.name == "F.group_norm":
        return [values[0], options.pop("groups"), *values[1:]], options
    if case.name == "F.batch_norm":
        n = values[0].shape[1]
        mean, variance = (0.0, 1.0) if options["training"] else (900.0, 60000.0)
        return [values[0], *(array(np.full(n, v, np.float16)) for v in (mean, variance)), *values[1:]], options
    return values, options
