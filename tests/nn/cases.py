"""Every module and function of nn with a valid input: tables of the tests that compare with PyTorch, and the rest."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import nn
import nn.functional as F
from autograd import Tensor

from ..loading import script

FOLDER = Path(__file__).parent.parent / "reference"
OTHER = script(FOLDER / "nn_other_cases.py")


def spatial() -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Each case, what to make, with its values (see make_nn_spatial.py)."""
    with np.load(FOLDER / "nn_spatial.npz") as file:
        made: list[tuple[dict[str, Any], dict[str, Any]]] = [(case, {}) for case in json.loads(str(file["cases"]))]
        for key in file.files:
            number, _, what = key.partition(".")
            if what:
                made[int(number)][1][what] = file[key]
    return made


SPATIAL = spatial()


def tupled(value: Any) -> Any:
    """Lists as tuples, which JSON has none of."""
    return tuple(map(tupled, value)) if isinstance(value, list) else value


LAZY = [
    (nn.LazyLinear, nn.Linear, (4,), {}, (5, 3), 3),
    (nn.LazyConv1d, nn.Conv1d, (4, 2), {"bias": False}, (2, 3, 6), 3),
    (nn.LazyConv2d, nn.Conv2d, (4, (1, 2)), {"groups": 2}, (2, 4, 5, 6), 4),
    (nn.LazyConv3d, nn.Conv3d, (2, 2), {"padding": 1}, (3, 4, 4, 4), 3),
    (nn.LazyConvTranspose1d, nn.ConvTranspose1d, (4, 2), {}, (3, 6), 3),
    (nn.LazyConvTranspose2d, nn.ConvTranspose2d, (4, 2), {"stride": 2}, (2, 3, 4, 4), 3),
    (nn.LazyConvTranspose3d, nn.ConvTranspose3d, (2, 2), {}, (1, 3, 2, 2, 2), 3),
    (nn.LazyBatchNorm1d, nn.BatchNorm1d, (), {}, (5, 3), 3),
    (nn.LazyBatchNorm2d, nn.BatchNorm2d, (), {"affine": False}, (5, 3, 2, 2), 3),
    (nn.LazyBatchNorm3d, nn.BatchNorm3d, (), {"momentum": None}, (5, 3, 2, 2, 2), 3),
    (nn.LazyInstanceNorm1d, nn.InstanceNorm1d, (), {"affine": False, "track_running_stats": False}, (3, 4), 3),
    (nn.LazyInstanceNorm2d, nn.InstanceNorm2d, (), {"affine": True, "track_running_stats": True}, (2, 3, 4, 4), 3),
    (nn.LazyInstanceNorm3d, nn.InstanceNorm3d, (), {"affine": True, "track_running_stats": False}, (2, 3, 2, 2, 2), 3),
]
"""A lazy kind, what it becomes, its arguments, the shape of an input, and the length that is found there."""


def _ints(*values: int) -> Any:
    return np.array(values)


def _rest(r: np.random.Generator) -> dict[str, tuple[Any, ...]]:
    """What those tables have no row of: the function or module and its arguments.

    A label names the class first, or with a dot each function that is run; the other words tell rows apart.
    """
    x = r.normal
    line, image, volume = x(size=(2, 3, 4)), x(size=(2, 3, 4, 4)), x(size=(2, 3, 4, 4, 4))
    matrix, row, scores = x(size=(4, 4)), x(size=4), r.normal(size=(5, 2, 4))
    logp = scores - np.log(np.exp(scores).sum(-1, keepdims=True))
    labels, lengths = np.array([[1, 2], [3, 3]]), (_ints(5, 4), _ints(2, 1))
    mask = np.where(r.random((4, 4)) > 0.5, -np.inf, 0.0)
    rbm = nn.RBM(4, 3, dtype=float, rng=r)
    layer = nn.TransformerEncoderLayer(4, 2, 8, 0.1, dtype=float, rng=r)
    decoder = nn.TransformerDecoderLayer(4, 2, 8, 0.1, dtype=float, rng=r)
    adaptive = nn.AdaptiveLogSoftmaxWithLoss(4, 6, [2], 1.0, dtype=float, rng=r)
    packed = nn.utils.rnn.pack_sequence([x(size=(3, 4)), x(size=(2, 4))])

    def linear() -> Any:
        return nn.Linear(4, 4, dtype=float, rng=r)

    plain, hooked = linear(), linear()
    hooked.register_full_backward_hook(lambda module, inputs, outputs: None)
    rnn, weights = nn.utils.rnn, nn.utils.parametrizations
    return {
        **{f"F.{name}": (getattr(F, name), line) for name in (
            "celu_", "elu_", "hardtanh_", "leaky_relu_", "relu_", "relu6", "rrelu", "selu_", "logsigmoid",
        )},
        "F.rrelu_": (F.rrelu_, line, 0.1, 0.3, True),
        "F.threshold_": (F.threshold_, line, 0.1, 2.0),
        "F.prelu": (F.prelu, line, x(size=3)),
        "F.gumbel_softmax": (F.gumbel_softmax, row),
        "F.gumbel_softmax hard": (F.gumbel_softmax, matrix, 0.5, True),
        **{f"F.{name}": (getattr(F, name), line, 0.5, True) for name in (
            "dropout", "dropout1d", "alpha_dropout", "feature_alpha_dropout",
        )},
        "F.dropout2d": (F.dropout2d, image),
        "F.dropout3d": (F.dropout3d, volume),
        **{name: (getattr(nn, name)(0.5, rng=r), line) for name in (
            "Dropout", "Dropout1d", "AlphaDropout", "FeatureAlphaDropout",
        )},
        "Dropout2d": (nn.Dropout2d(), image),
        "Dropout3d": (nn.Dropout3d(), volume),
        "F.max_unpool1d": (F.max_unpool1d, x(size=(1, 2, 2)), np.array([[[0, 3], [1, 2]]]), 2),
        "F.max_unpool2d": (F.max_unpool2d, x(size=(1, 1, 1, 2)), np.array([[[[0, 3]]]]), 2),
        "F.max_unpool3d": (F.max_unpool3d, x(size=(1, 1, 1, 1, 2)), np.array([[[[[0, 3]]]]]), 2),
        "MaxUnpool1d": (nn.MaxUnpool1d(2), x(size=(1, 2, 2)), np.array([[[0, 3], [1, 1]]])),
        "MaxUnpool2d": (nn.MaxUnpool2d(2), x(size=(1, 1, 1, 2)), np.array([[[[0, 0]]]])),
        "MaxUnpool3d": (nn.MaxUnpool3d(2), x(size=(1, 1, 1, 1, 2)), np.array([[[[[0, 0]]]]])),
        "F.fractional_max_pool2d": (F.fractional_max_pool2d, image, 2, 2),
        "F.fractional_max_pool3d": (F.fractional_max_pool3d, volume, 2, 2),
        "FractionalMaxPool2d": (nn.FractionalMaxPool2d(2, output_size=2, return_indices=True), image),
        "FractionalMaxPool3d": (nn.FractionalMaxPool3d(2, output_ratio=0.5), volume),
        "F.ctc_loss": (F.ctc_loss, logp, labels, *lengths),
        "CTCLoss": (nn.CTCLoss(zero_infinity=True), logp, labels, *lengths),
        "F.one_hot": (F.one_hot, _ints(0, 2)),
        "F.embedding": (F.embedding, _ints(0, 2, 0), matrix, 2, 0.5, 2.0, True),
        "F.embedding_bag": (F.embedding_bag, labels, matrix, None, 0.5),
        "F.embedding_bag max": (F.embedding_bag, labels, matrix, None, None, 2, False, "max"),
        "F.batch_norm": (F.batch_norm, image, x(size=3), r.random(3), x(size=3), x(size=3), False),
        "F.instance_norm": (F.instance_norm, image, None, None, x(size=3), x(size=3)),
        "F.layer_norm": (F.layer_norm, line, (4,), row, row),
        "F.group_norm": (F.group_norm, image, 3, x(size=3), x(size=3)),
        "F.rms_norm": (F.rms_norm, line, (4,), row),
        "SyncBatchNorm": (nn.SyncBatchNorm(3, dtype=float), image),
        "F.affine_grid": (F.affine_grid, x(size=(1, 2, 3)), (1, 1, 2, 3)),
        **{
            f"F.grid_sample {mode} {outside}": (F.grid_sample, image, x(size=(2, 3, 3, 2)), mode, outside)
            for mode in ("bilinear", "nearest", "bicubic") for outside in ("zeros", "border", "reflection")
        },
        "F.upsample": (F.upsample, image, None, 2),
        "F.upsample_nearest": (F.upsample_nearest, image, None, 2),
        "F.upsample_bilinear": (F.upsample_bilinear, image, None, 2),
        "F.pad": (F.pad, image, (1, 2, 0, 1), "reflect"),
        "F.conv_tbc": (F.conv_tbc, line, x(size=(2, 4, 3)), x(size=3)),
        "F.linear": (F.linear, line, matrix, row),
        "F.bilinear": (F.bilinear, matrix, matrix, x(size=(3, 4, 4)), x(size=3)),
        "F.pairwise_distance": (F.pairwise_distance, matrix, row),
        "F.multi_head_attention_forward": (
            F.multi_head_attention_forward, line, line, line, 4, 2, x(size=(12, 4)), x(size=12), x(size=(1, 1, 4)),
            x(size=(1, 1, 4)), True, 0.1, matrix, row,
        ),
        "F.scaled_dot_product_attention masked": (F.scaled_dot_product_attention, matrix, matrix, matrix, mask, 0.2),
        "TransformerEncoder": (nn.TransformerEncoder(layer, 2), line),
        "TransformerDecoder": (nn.TransformerDecoder(decoder, 2), line, line),
        "RNNBase": (nn.RNNBase("GRU", 4, 3, 2, dropout=0.5, dtype=float), line),
        "LSTM packed": (nn.LSTM(4, 3, dtype=float), packed),
        "Sequential": (nn.Sequential(nn.Linear(4, 3, dtype=float), nn.ReLU(inplace=True)), line),
        "AdaptiveMaxPool1d nan": (nn.AdaptiveMaxPool1d(1), np.where(line > 1, np.nan, line)),
        "AdaptiveLogSoftmaxWithLoss predict": (adaptive.predict, matrix),
        "F.gaussian_nll_loss number": (F.gaussian_nll_loss, matrix, matrix + 1, 0.5),
        "FractionalMaxPool2d given": (F.fractional_max_pool2d, image, 2, 2, None, False, r.random((2, 3, 2))),
        "RBM": (rbm, matrix),
        "RBM free energy": (rbm.free_energy, matrix),
        "RBM contrastive divergence": (rbm.contrastive_divergence, (r.random((5, 4)) > 0.5).astype(float)),
        "DeepBeliefNetwork": (nn.DeepBeliefNetwork([4, 3, 2], dtype=float, rng=r), matrix),
        "AdaptiveLogSoftmaxWithLoss log_prob": (adaptive.log_prob, matrix),
        "F.cross_entropy weighted": (F.cross_entropy, matrix, _ints(0, 1, 2, 3), row),
        "RNNCellBase": (nn.GRUCell(4, 3, dtype=float), matrix),
        "Linear with a backward hook": (hooked, line),
        **{
            f"parametrizations.{name}": (getattr(weights, name)(linear()), matrix)
            for name in ("weight_norm", "spectral_norm", "orthogonal")
        },
        **{
            f"parametrizations.orthogonal {name}": (weights.orthogonal(linear(), orthogonal_map=name), matrix)
            for name in ("matrix_exp", "cayley", "householder")
        },
        "utils.weight_norm": (nn.utils.weight_norm(linear()), matrix),
        "utils.spectral_norm": (nn.utils.spectral_norm(linear()), matrix),
        "rnn.pack_padded_sequence rnn.pad_packed_sequence": (
            lambda x: rnn.pad_packed_sequence(rnn.pack_padded_sequence(x, _ints(2, 2, 1)))[0], line,
        ),
        "rnn.pad_sequence rnn.unpad_sequence": (
            lambda *x: rnn.unpad_sequence(rnn.pad_sequence(x), _ints(4, 3)), matrix, matrix[:3],
        ),
        "rnn.pack_sequence rnn.unpack_sequence": (
            lambda *x: rnn.unpack_sequence(rnn.pack_sequence(x)), matrix, matrix[:3],
        ),
        "utils.parameters_to_vector": (lambda *x: nn.utils.parameters_to_vector(x), matrix, row),
        "utils.functional_call": (
            lambda *x: nn.utils.functional_call(plain, dict(zip(("weight", "bias"), x, strict=False)), x[2]),
            matrix, row, matrix,
        ),
        "CrossEntropyLoss weighted": (nn.CrossEntropyLoss(np.abs(row)), matrix, _ints(0, 1, 2, 3)),
    }  # fmt: skip


class Call(NamedTuple):
    """A call of a module or a function; `make` gives the function, its arguments and keywords, of plain arrays."""

    label: str
    names: set[str]  # the public names that it runs
    make: Callable[[], tuple[Callable[..., Any], list[Any], dict[str, Any]]]


def calls() -> list[Call]:
    made = [_of_other(number) for number in range(len(OTHER.cases))]
    made += [_of_spatial(number) for number in range(len(SPATIAL))]
    made += [_of_lazy(*row[:5]) for row in LAZY]
    return made + [_of_rest(label) for label in _rest(np.random.default_rng(0))]


def tracked(value: Any, known: dict[int, Any]) -> Any:
    """Arrays as Tensors, those of floats computed from a leaf; one array is one Tensor."""
    if isinstance(value, tuple | list):
        items = [tracked(item, known) for item in value]
        return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
    if isinstance(value, dict):
        return {name: tracked(item, known) for name, item in value.items()}
    if not isinstance(value, np.ndarray):
        return value
    if id(value) not in known:
        floating = value.dtype.kind in "fc"
        known[id(value)] = (Tensor(value, requires_grad=True) * 1 if floating else Tensor(value)), value
    return known[id(value)][0]


def _names(kind: Any) -> set[str]:
    function = getattr(kind, "function", None)
    return {kind.__name__} if function is None else {kind.__name__, f"F.{function.__name__}"}


def _of_other(number: int) -> Call:
    case = OTHER.cases[number]

    def make() -> tuple[Callable[..., Any], list[Any], dict[str, Any]]:
        inputs, keywords, _ = OTHER.drawn(number)
        if case.name.startswith("F."):
            return getattr(F, case.name[2:]), [*inputs, *case.args], {**keywords, **case.kwargs}
        return getattr(nn, case.name)(*case.args, **case.kwargs).double().train(case.train), inputs, keywords

    names = {case.name} if case.name.startswith("F.") else _names(getattr(nn, case.name))
    return Call(OTHER.label(number), names, make)


def _of_spatial(number: int) -> Call:
    case, values = SPATIAL[number]

    def make() -> tuple[Callable[..., Any], list[Any], dict[str, Any]]:
        kwargs = {key: tupled(value) for key, value in case["kwargs"].items()}
        module = getattr(nn, case["name"])(*map(tupled, case["args"]), **kwargs).double()
        return module, [values[key] for key in sorted(values) if key.startswith("input") and "." not in key], {}

    return Call(f"{number}-{case['name']}", _names(getattr(nn, case["name"])), make)


def _of_lazy(lazy: Any, kind: Any, args: Any, kwargs: Any, shape: Any) -> Call:
    def make() -> tuple[Callable[..., Any], list[Any], dict[str, Any]]:
        module, x = lazy(*args, **kwargs), np.random.default_rng(0).normal(size=shape).astype(np.float32)
        module(x)  # the first call sets its parameters
        return module, [x], {}

    return Call(lazy.__name__, {lazy.__name__}, make)


def _of_rest(label: str) -> Call:
    first, *words = label.split()
    names = {word for word in (first, *words) if "." in word} or _names(getattr(nn, first))

    def make() -> tuple[Callable[..., Any], list[Any], dict[str, Any]]:
        function, *arguments = _rest(np.random.default_rng(0))[label]
        return function, arguments, {}

    return Call(label, names, make)
