"""Cases that are run by PyTorch (make_nn_other.py) and by this library (tests/nn), on the same numbers.

A case names a class of nn, or a function as "F.name". Its inputs come from a RandomState, whose streams never change;
so do the parameters, in the order of the state_dict. Arrays of floats are inputs that receive gradients.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

Random = np.random.RandomState


class Case(NamedTuple):
    area: str
    name: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    inputs: Callable[[Random], list[Any]]
    call: Callable[[Random], dict[str, Any]]
    train: bool


cases: list[Case] = []
_area = ""


def case(
    name: str, *args: Any, inputs: Callable[[Random], list[Any]], call: Callable[[Random], dict[str, Any]] | None =
    None, train: bool = True, **kwargs: Any,
) -> None:  # fmt: skip
    cases.append(Case(_area, name, args, kwargs, inputs, call or (lambda r: {}), train))


def both(name: str, *args: Any, **options: Any) -> None:
    """In training and in evaluation."""
    case(name, *args, **options)
    case(name, *args, train=False, **options)


def normal(*shape: int) -> Callable[[Random], list[Any]]:
    return lambda r: [np.asarray(r.randn(*shape))]


def probabilities(r: Random, *shape: int) -> Any:
    return 0.05 + 0.9 * r.rand(*shape)


# ---- activation ------------------------------------------------------------------------------------------------------

_area = "activation"
special = np.array([-4.0, -3.0, -1.0, -0.5, -1e-3, 0.0, 1e-3, 0.5, 1.0, 3.0, 6.0, 25.0, -30.0, 900.0, -900.0])
for name, settings in {
    "ReLU": [()], "ReLU6": [()], "LeakyReLU": [(), (0.2,), (-0.3,), (1.5,)], "ELU": [(), (0.7,)], "CELU": [(), (2.0,),
    (-1.5,)], "SELU": [()], "GELU": [(), ("tanh",)], "SiLU": [()], "Mish": [()], "Sigmoid": [()], "LogSigmoid": [()],
    "Hardsigmoid": [()], "Hardswish": [()], "Hardtanh": [(), (-0.5, 2.0)], "Hardshrink": [(), (1.0,)],
    "Softshrink": [(), (1.0,)], "Tanhshrink": [()], "Softplus": [(), (2.0, 5.0)], "Softsign": [()], "Tanh": [()],
    "Threshold": [(0.5, -7.0)],
}.items():  # fmt: skip
    for arguments in settings:
        case(name, *arguments, inputs=lambda r: [np.concatenate([special, 2 * r.randn(9)])])
    case(name, *settings[0], inputs=normal())
for name in ("Softmax", "LogSoftmax", "Softmin"):
    case(name, 1, inputs=normal(3, 4))
    case(name, -1, inputs=lambda r: [100 * r.randn(2, 3, 4)])
    case(name, 0, inputs=normal(2, 3))
case("Softmax2d", inputs=normal(2, 3, 2, 2))
case("Softmax2d", inputs=normal(3, 2, 2))
case("GLU", inputs=normal(3, 4))
case("GLU", 1, inputs=normal(2, 6, 3))
both("PReLU", inputs=lambda r: [np.append(r.randn(6), 0.0)])
case("PReLU", 3, inputs=normal(2, 3, 4))
case("PReLU", inputs=normal())
case("RReLU", 0.1, 0.5, inputs=normal(3, 4), train=False)
case("AdaptiveLogSoftmaxWithLoss", 8, 12, [3, 6], div_value=2.0, inputs=lambda r: [r.randn(7, 8), r.randint(0, 12, 7)])
case("AdaptiveLogSoftmaxWithLoss", 6, 9, [4], div_value=2.0, head_bias=True, inputs=lambda r: [r.randn(6), np.array(7)])

# ---- normalization ---------------------------------------------------------------------------------------------------

_area = "normalization"
for name, shape in {"BatchNorm1d": (5, 3), "BatchNorm2d": (4, 3, 2, 3), "BatchNorm3d": (2, 3, 2, 2, 2)}.items():
    both(name, 3, inputs=normal(*shape))
    both(name, 3, 1e-3, None, inputs=normal(*shape))
    both(name, 3, affine=False, inputs=normal(*shape))
    both(name, 3, track_running_stats=False, inputs=normal(*shape))
both("BatchNorm1d", 3, bias=False, momentum=0.4, inputs=normal(4, 3, 5))
for name, shape in {
    "InstanceNorm1d": (2, 3, 5),
    "InstanceNorm2d": (2, 3, 2, 3),
    "InstanceNorm3d": (2, 3, 2, 2, 2),
}.items():
    both(name, 3, inputs=normal(*shape))
    both(name, 3, affine=True, track_running_stats=True, momentum=0.3, inputs=normal(*shape))
    case(name, 3, affine=True, inputs=normal(*shape[1:]))
case("LayerNorm", 4, inputs=normal(3, 4))
case("LayerNorm", [3, 4], 1e-3, inputs=normal(2, 3, 4))
case("LayerNorm", (4,), elementwise_affine=False, inputs=normal(2, 3, 4))
case("LayerNorm", (4,), bias=False, inputs=normal(4))
case("GroupNorm", 2, 6, inputs=normal(3, 6, 4))
case("GroupNorm", 3, 6, 1e-2, inputs=normal(2, 6))
case("GroupNorm", 1, 4, affine=False, inputs=normal(2, 4, 2, 3))
case("GroupNorm", 6, 6, bias=False, inputs=normal(2, 6, 3))
case("RMSNorm", 4, inputs=normal(3, 4))
case("RMSNorm", (3, 4), eps=0.1, elementwise_affine=False, inputs=normal(2, 3, 4))
case("LocalResponseNorm", 2, inputs=normal(2, 5, 3))
case("LocalResponseNorm", 5, 0.1, 0.5, 2.0, inputs=normal(2, 7, 2, 2))
case("LocalResponseNorm", 3, 1.0, inputs=normal(2, 4, 2, 1, 2))
for p in (1.0, 2.0, 3.0, np.inf):
    case("F.normalize", inputs=normal(3, 4), p=p)
case("F.normalize", inputs=lambda r: [np.array([[3.0, 4.0], [0.0, 0.0]])], dim=-1)

# ---- embedding and distance ------------------------------------------------------------------------------------------

_area = "embedding"
case("Embedding", 5, 3, inputs=lambda r: [r.randint(0, 5, (2, 4))])
case("Embedding", 5, 3, padding_idx=2, inputs=lambda r: [np.array([2, 0, 2, 4, 0])])
case("Embedding", 5, 3, padding_idx=-1, scale_grad_by_freq=True, inputs=lambda r: [np.array([4, 0, 2, 4, 0, 0])])
case("Embedding", 5, 3, max_norm=0.5, inputs=lambda r: [np.array([[1, 3], [1, 0]])])
case("Embedding", 5, 3, max_norm=0.8, norm_type=1.0, inputs=lambda r: [np.array(3)])
for mode in ("sum", "mean", "max"):
    case("EmbeddingBag", 6, 3, mode=mode, inputs=lambda r: [r.randint(0, 6, (3, 4))])
    case("EmbeddingBag", 6, 3, mode=mode, inputs=lambda r: [r.randint(0, 6, 9), np.array([0, 3, 3, 7])])
    case(
        "EmbeddingBag",
        6,
        3,
        mode=mode,
        padding_idx=1,
        inputs=lambda r: [np.array([1, 2, 1, 1, 4, 5, 2]), np.array([0, 2, 4])],
    )
    case(
        "EmbeddingBag",
        6,
        3,
        mode=mode,
        include_last_offset=True,
        inputs=lambda r: [r.randint(0, 6, 5), np.array([0, 2, 5])],
    )
case("EmbeddingBag", 6, 3, mode="sum", scale_grad_by_freq=True, inputs=lambda r: [np.array([[1, 1], [2, 2]])])
case("EmbeddingBag", 6, 3, mode="mean", max_norm=0.5, inputs=lambda r: [r.randint(0, 6, (2, 2))])
case(
    "EmbeddingBag", 6, 3, mode="sum", inputs=lambda r: [r.randint(0, 6, 5), np.array([0, 2])],
    call=lambda r: {"per_sample_weights": r.randn(5)},
)  # fmt: skip

_area = "distance"
case("CosineSimilarity", inputs=lambda r: [r.randn(3, 4), r.randn(3, 4)])
case("CosineSimilarity", dim=0, inputs=lambda r: [r.randn(3), r.randn(3)])
case("CosineSimilarity", dim=2, inputs=lambda r: [r.randn(2, 1, 3), r.randn(1, 4, 3)])
for p in (1.0, 2.0, 3.0):
    case("PairwiseDistance", p, inputs=lambda r: [r.randn(3, 4), r.randn(3, 4)])
    case("F.pdist", p, inputs=normal(5, 3))
case("PairwiseDistance", keepdim=True, inputs=lambda r: [r.randn(4), r.randn(4)])
case("PairwiseDistance", np.inf, inputs=lambda r: [r.randn(2, 4), r.randn(1, 4)])

# ---- losses ----------------------------------------------------------------------------------------------------------

_area = "loss"


def pair(r: Random) -> list[Any]:
    return [r.randn(3, 4), r.randn(3, 4)]


def signs(r: Random, *shape: int) -> Any:
    return 2 * r.randint(0, 2, shape) - 1


for reduction in ("none", "mean", "sum"):
    for name, options in {
        "L1Loss": [{}], "MSELoss": [{}], "HuberLoss": [{}, {"delta": 0.3}], "SmoothL1Loss": [{}, {"beta": 0.5}, {"beta":
        0.0}],
    }.items():  # fmt: skip
        for keywords in options:
            case(name, reduction=reduction, inputs=pair, **keywords)
    for name in ("mse_loss", "l1_loss", "huber_loss"):
        case(f"F.{name}", reduction=reduction, inputs=pair, call=lambda r: {"weight": r.rand(3, 4)})
    case("MSELoss", reduction=reduction, inputs=lambda r: [np.array(1.5), np.array(0.5)])
    for full in (False, True):
        case(
            "PoissonNLLLoss",
            full=full,
            reduction=reduction,
            inputs=normal(3, 4),
            call=lambda r: {"target": 1.0 * r.randint(0, 5, (3, 4))},
        )
        case(
            "PoissonNLLLoss",
            False,
            full,
            reduction=reduction,
            inputs=lambda r: [r.rand(3, 4)],
            call=lambda r: {"target": 3 * r.rand(3, 4)},
        )
        case(
            "GaussianNLLLoss",
            full=full,
            reduction=reduction,
            inputs=lambda r: [r.randn(3, 4), r.randn(3, 4), r.rand(3, 4)],
        )
    case(
        "GaussianNLLLoss",
        reduction=reduction,
        inputs=lambda r: [r.randn(3, 4), r.randn(3, 4), np.array([0.5, 0.0, 2.0])],
    )
    case("KLDivLoss", reduction=reduction, inputs=normal(3, 4), call=lambda r: {"target": np.maximum(r.randn(3, 4), 0)})
    case("KLDivLoss", reduction=reduction, inputs=lambda r: [r.randn(3, 4), r.rand(3, 4)])
    case("KLDivLoss", reduction=reduction, log_target=True, inputs=pair)
    case(
        "BCELoss", reduction=reduction,
        inputs=lambda r: [np.append(probabilities(r, 10), [0.0, 1.0])],
        call=lambda r: {"target": np.append(r.rand(10), [1.0, 0.0])},
    )  # fmt: skip
    case("F.binary_cross_entropy", reduction=reduction, inputs=lambda r: [probabilities(r, 3, 4), r.rand(3, 4)],
         call=lambda r: {"weight": r.rand(4)})  # fmt: skip
    case("BCEWithLogitsLoss", reduction=reduction, inputs=lambda r: [30 * r.randn(3, 4), r.rand(3, 4)])
    case(
        "F.binary_cross_entropy_with_logits", reduction=reduction,
        inputs=lambda r: [r.randn(3, 4), r.rand(3, 4)], call=lambda r: {"weight": r.rand(4), "pos_weight": r.rand(4)},
    )  # fmt: skip
    case("SoftMarginLoss", reduction=reduction, inputs=lambda r: [r.randn(3, 4), signs(r, 3, 4)])
    case("HingeEmbeddingLoss", 0.7, reduction=reduction, inputs=lambda r: [r.randn(3, 4), signs(r, 3, 4)])
    case("MarginRankingLoss", 0.5, reduction=reduction, inputs=lambda r: [r.randn(5), r.randn(5), signs(r, 5)])
    case("CosineEmbeddingLoss", 0.1, reduction=reduction, inputs=lambda r: [r.randn(5, 3), r.randn(5, 3), signs(r, 5)])
    case("CosineEmbeddingLoss", reduction=reduction, inputs=lambda r: [r.randn(3), r.randn(3), np.array(-1)])
    for p in (1, 2):
        case("MultiMarginLoss", p, 0.8, reduction=reduction, inputs=lambda r: [r.randn(4, 3), r.randint(0, 3, 4)])
    case("MultiMarginLoss", reduction=reduction, inputs=lambda r: [r.randn(3), np.array(1)])
    case("F.multi_margin_loss", reduction=reduction, inputs=lambda r: [r.randn(4, 3), r.randint(0, 3, 4)],
         call=lambda r: {"weight": np.array([0.2, 1.0, 3.0])})  # fmt: skip
    case(
        "MultiLabelMarginLoss", reduction=reduction,
        inputs=lambda r: [r.randn(3, 4), np.array([[1, 3, -1, 0], [-1, 0, 1, 2], [0, 1, 2, 3]])],
    )  # fmt: skip
    case("MultiLabelMarginLoss", reduction=reduction, inputs=lambda r: [r.randn(4), np.array([2, -1, 0, 0])])
    case("MultiLabelSoftMarginLoss", reduction=reduction, inputs=lambda r: [r.randn(3, 4), r.randint(0, 2, (3, 4))])
    case("F.multilabel_soft_margin_loss", reduction=reduction, inputs=lambda r: [r.randn(3, 4), 1.0 * r.randint(0, 2,
    (3, 4))],
         call=lambda r: {"weight": r.rand(4)})  # fmt: skip
    for keywords in ({}, {"p": 3.0, "margin": 0.5}, {"swap": True}):
        case("TripletMarginLoss", reduction=reduction, inputs=lambda r: [r.randn(5, 3) for _ in range(3)], **keywords)
    case(
        "TripletMarginWithDistanceLoss",
        reduction=reduction,
        swap=True,
        inputs=lambda r: [r.randn(4, 3) for _ in range(3)],
    )
    for shape in ((5, 3), (2, 3, 4), (2, 3, 2, 2), (3,)):
        where = shape[:1] + shape[2:] if len(shape) > 1 else ()

        def classes(r: Random, shape: Any = shape, where: Any = where) -> list[Any]:
            return [3 * r.randn(*shape), r.randint(0, 3, where) if where else np.array(r.randint(0, 3))]

        for smoothing in (0.0, 0.2):
            case("CrossEntropyLoss", reduction=reduction, label_smoothing=smoothing, inputs=classes)
            case("F.cross_entropy", reduction=reduction, label_smoothing=smoothing, ignore_index=1, inputs=classes,
                 call=lambda r: {"weight": np.array([0.5, 1.0, 2.0])})  # fmt: skip
            case("F.cross_entropy", reduction=reduction, label_smoothing=smoothing,
                 inputs=lambda r, s=shape: [r.randn(*s), r.rand(*s)])  # fmt: skip
        case("F.cross_entropy", reduction=reduction, label_smoothing=0.1, inputs=lambda r, s=shape: [r.randn(*s),
        r.rand(*s)],
             call=lambda r: {"weight": np.array([0.5, 1.0, 2.0])})  # fmt: skip
        case("NLLLoss", reduction=reduction, inputs=classes)
        case("F.nll_loss", reduction=reduction, ignore_index=0, inputs=classes,
             call=lambda r: {"weight": np.array([0.5, 1.0, 2.0])})  # fmt: skip
case("LinearCrossEntropyLoss", 4, 3, bias=True, label_smoothing=0.1,
     inputs=lambda r: [r.randn(5, 4), r.randint(0, 3, 5)])  # fmt: skip
case("LinearCrossEntropyLoss", 4, 3, out_features=(2,), inputs=lambda r: [r.randn(5, 4), r.randint(0, 3, (5, 2))])
case("LinearCrossEntropyLoss", 4, 3, reduction="sum", ignore_index=1, inputs=lambda r: [r.randn(4), np.array(2)])
case("KLDivLoss", reduction="batchmean", inputs=lambda r: [r.randn(3, 4), r.rand(3, 4)])
case("F.cross_entropy", inputs=lambda r: [r.randn(3, 4), np.full(3, -100)])
case("F.cross_entropy", reduction="sum", inputs=lambda r: [r.randn(3, 4), np.full(3, -100)])
case("F.cross_entropy", inputs=lambda r: [r.randn(3, 4), r.randint(0, 4, 3)], size_average=False)

# ---- recurrent -------------------------------------------------------------------------------------------------------

_area = "recurrent"
for name in ("RNN", "LSTM", "GRU"):
    case(name, 3, 4, inputs=normal(5, 2, 3))
    case(name, 3, 4, inputs=normal(5, 3))
    case(name, 3, 4, num_layers=2, bidirectional=True, batch_first=True, inputs=normal(2, 3, 3))
    case(name, 3, 2, bias=False, bidirectional=True, inputs=normal(1, 2, 3))

    def with_state(r: Random, pair: bool = name == "LSTM") -> list[Any]:
        state = [r.randn(2, 2, 4) for _ in range(2)]
        return [r.randn(3, 2, 3), tuple(state) if pair else state[0]]

    case(name, 3, 4, num_layers=2, inputs=with_state)
    cell = f"{name}Cell"
    case(cell, 3, 4, inputs=normal(2, 3))
    case(cell, 3, 4, bias=False, inputs=normal(3))
    case(cell, 3, 4, inputs=lambda r, pair=name == "LSTM": [
        r.randn(2, 3), (r.randn(2, 4), r.randn(2, 4)) if pair else r.randn(2, 4)])  # fmt: skip
case("RNN", 3, 4, nonlinearity="relu", num_layers=2, inputs=normal(4, 2, 3))
case("RNNCell", 3, 4, nonlinearity="relu", inputs=normal(2, 3))
case("LSTM", 3, 5, proj_size=2, num_layers=2, bidirectional=True, inputs=normal(4, 2, 3))
case("LSTM", 3, 5, proj_size=2, inputs=lambda r: [r.randn(4, 2, 3), (r.randn(1, 2, 2), r.randn(1, 2, 5))])

# ---- attention -------------------------------------------------------------------------------------------------------

_area = "attention"


def triple(q: tuple[int, ...], k: tuple[int, ...], v: tuple[int, ...] | None = None) -> Callable[[Random], list[Any]]:
    return lambda r: [r.randn(*q), r.randn(*k), r.randn(*(v or k))]


def causal(n: int) -> Any:
    return np.triu(np.ones((n, n), bool), 1)


attention = "F.scaled_dot_product_attention"
case(attention, inputs=triple((2, 3, 4), (2, 5, 4)))
case(attention, inputs=triple((2, 2, 3, 4), (2, 2, 3, 4)), is_causal=True)
case(attention, inputs=triple((2, 3, 4), (2, 5, 4), (2, 5, 6)), scale=0.3)
case(attention, inputs=triple((2, 3, 4), (2, 5, 4)), call=lambda r: {"attn_mask": r.rand(3, 5) > 0.4})
case(attention, inputs=triple((2, 3, 4), (2, 5, 4)), call=lambda r: {"attn_mask": r.randn(2, 3, 5)})
case(attention, inputs=triple((2, 4, 3, 4), (2, 2, 5, 4)), enable_gqa=True)
case(attention, inputs=triple((3, 4), (5, 4)), call=lambda r: {"attn_mask": np.arange(5) < np.array([[2], [0], [5]])})
mha = "MultiheadAttention"
for keywords in ({}, {"bias": False}, {"add_bias_kv": True}, {"add_zero_attn": True}, {"kdim": 6, "vdim": 5}):
    key = (4, 2, keywords.get("kdim", 8)), (4, 2, keywords.get("vdim", 8))
    case(mha, 8, 2, inputs=triple((3, 2, 8), *key), **keywords)
    case(mha, 8, 2, inputs=triple((3, 2, 8), *key), call=lambda r: {
        "key_padding_mask": np.array([[False, True, False, False], [False, False, False, True]]),
        "attn_mask": r.rand(3, 4) > 0.8, "average_attn_weights": False}, **keywords)  # fmt: skip
    case(mha, 8, 2, inputs=triple((3, 2, 8), *key), call=lambda r: {
        "key_padding_mask": r.randn(2, 4), "attn_mask": r.randn(4, 3, 4), "need_weights": False,
    }, **keywords)  # fmt: skip
case(mha, 8, 2, batch_first=True, inputs=lambda r: [r.randn(2, 3, 8)] * 3)
case(mha, 8, 4, inputs=lambda r: [r.randn(3, 8)] * 3, call=lambda r: {"attn_mask": causal(3), "is_causal": True})
case(
    mha, 8, 4, inputs=triple((3, 8), (4, 8)), call=lambda r: {"key_padding_mask": np.array([True, False, False, False])}
)
for keywords in ({}, {"norm_first": True, "activation": "gelu"}, {"batch_first": True, "bias": False}):
    case("TransformerEncoderLayer", 8, 2, 12, 0.0, inputs=normal(3, 2, 8), **keywords)
    case("TransformerEncoderLayer", 8, 2, 12, 0.0, inputs=normal(3, 3, 8), call=lambda r: {
        "src_mask": causal(3), "src_key_padding_mask": np.eye(3, dtype=bool)[::-1] & (np.arange(3) == 2),
    }, **keywords)  # fmt: skip
    case("TransformerDecoderLayer", 8, 2, 12, 0.0, inputs=lambda r: [r.randn(3, 3, 8), r.randn(3, 3, 8)],
         call=lambda r: {"tgt_mask": causal(3), "memory_key_padding_mask": np.arange(3) > np.array([[2], [1], [0]])},
         **keywords)  # fmt: skip
    case("Transformer", 8, 2, 2, 2, 12, 0.0, inputs=lambda r: [r.randn(3, 3, 8), r.randn(3, 3, 8)], **keywords)
case("Transformer", 4, 1, 1, 1, 6, 0.0, inputs=lambda r: [r.randn(3, 4), r.randn(2, 4)])


# ---- what both sides do alike ----------------------------------------------------------------------------------------


def label(number: int) -> str:
    """A case's name in the file of reference values, and in the tests."""
    return f"{number:03d}-{cases[number].name}"


def drawn(number: int) -> tuple[list[Any], dict[str, Any], Random]:
    """The inputs of a case, and what goes on drawing for its parameters."""
    random = Random(number)
    return cases[number].inputs(random), cases[number].call(random), random


def parameter_value(random: Random, name: str, shape: tuple[int, ...]) -> Any:
    """A value for a parameter or a buffer."""
    value = 0.6 * np.asarray(random.randn(*shape))
    return np.abs(value) + 0.3 if name.endswith("running_var") else value
