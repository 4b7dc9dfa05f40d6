"""An example for each class of nn that has none in its docstring: a few lines, of which the last one's value is shown.

They are run when the reference is made, so what is shown is what they give.
"""

from __future__ import annotations

import io
from contextlib import redirect_stdout
from typing import Any

import numpy as np

import autograd
import nn

AXES = {1: "16", 2: "16, 16", 3: "8, 8, 8"}
ONCE = [
    "CELU", "ELU", "GELU", "SELU", "Hardshrink", "Hardsigmoid", "Hardswish", "Hardtanh", "LeakyReLU", "LogSigmoid",
    "Mish", "ReLU", "ReLU6", "SiLU", "Sigmoid", "Softplus", "Softshrink", "Softsign", "Tanh", "Tanhshrink",
]  # fmt: skip
"""Functions of each number by itself."""


def _single(*shape: str) -> str:
    return f"np.ones(({', '.join(shape)}), np.float32)"


EXAMPLES: dict[str, str] = {
    **{name: f"nn.{name}()(np.array([-2.0, -0.5, 0.0, 0.5, 2.0]))" for name in ONCE},
    **{name: f"nn.{name}(dim=1)(np.array([[1.0, 2.0, 3.0]]))" for name in ("LogSoftmax", "Softmax", "Softmin")},
    "GLU": "nn.GLU()(np.array([1.0, 2.0, 0.0, 100.0]))",
    "PReLU": "nn.PReLU()(np.float32([-2, 2]))",
    "RReLU": "nn.RReLU().eval()(np.array([-2.0, 2.0]))",
    "Softmax2d": "nn.Softmax2d()(np.zeros((2, 1, 1))).ravel()",
    "Threshold": "nn.Threshold(1.0, 0.0)(np.array([0.5, 2.0]))",
    "AdaptiveLogSoftmaxWithLoss": "layer = nn.AdaptiveLogSoftmaxWithLoss(8, 20, cutoffs=[5, 10])\n"
    "layer(np.ones((3, 8), np.float32), np.array([0, 7, 19])).output.shape",
    # convolutions, windows
    **{f"Conv{n}d": f"nn.Conv{n}d(3, 8, kernel_size=3)({_single('2', '3', AXES[n])}).shape" for n in (1, 3)},
    **{
        f"ConvTranspose{n}d": f"nn.ConvTranspose{n}d(3, 8, kernel_size=2, stride=2)({_single('2', '3', AXES[n])}).shape"
        for n in (1, 3)
    },
    "Unfold": "nn.Unfold(kernel_size=3)(np.ones((2, 4, 8, 8))).shape",
    "Fold": "nn.Fold(output_size=(8, 8), kernel_size=3)(np.ones((2, 4 * 9, 36))).shape",
    **{f"AvgPool{n}d": f"nn.AvgPool{n}d(2)({_single('2', '3', AXES[n])}).shape" for n in (1, 3)},
    **{f"MaxPool{n}d": f"nn.MaxPool{n}d(2)({_single('2', '3', AXES[n])}).shape" for n in (1, 3)},
    **{f"LPPool{n}d": f"nn.LPPool{n}d(2, kernel_size=2)({_single('2', '3', AXES[n])}).shape" for n in AXES},
    **{
        f"Adaptive{kind}Pool{n}d": f"nn.Adaptive{kind}Pool{n}d(4)({_single('2', '3', AXES[n])}).shape"
        for kind in ("Avg", "Max") for n in AXES if (kind, n) != ("Avg", 2)
    },
    **{
        f"FractionalMaxPool{n}d": f"nn.FractionalMaxPool{n}d(2, output_size=5)({_single('2', '3', AXES[n])}).shape"
        for n in (2, 3)
    },
    **{
        f"MaxUnpool{n}d": f"values, where = nn.MaxPool{n}d(2, return_indices=True)({_single('2', '3', AXES[n])})\n"
        f"nn.MaxUnpool{n}d(2)(values, where).shape" for n in AXES
    },
    **{
        f"{kind}Pad{n}d": f"nn.{kind}Pad{n}d(1{', 9.0' if kind == 'Constant' else ''})"
        + ("(np.array([[1.0, 2.0, 3.0]]))" if n == 1 else f"({_single('2', '3', AXES[n])}).shape")
        for kind in ("Circular", "Constant", "Reflection", "Replication", "Zero") for n in AXES
    },
    "ChannelShuffle": "nn.ChannelShuffle(2)(np.arange(4.0).reshape(1, 4, 1)).ravel()",
    "PixelShuffle": "nn.PixelShuffle(2)(np.arange(4.0).reshape(4, 1, 1))",
    "PixelUnshuffle": "nn.PixelUnshuffle(2)(np.ones((1, 6, 6))).shape",
    "UpsamplingBilinear2d": "nn.UpsamplingBilinear2d(scale_factor=2)(np.array([[[[0.0, 3.0]]]]))",
    "UpsamplingNearest2d": "nn.UpsamplingNearest2d(scale_factor=2)(np.array([[[[0.0, 3.0]]]]))",
    # normalization, dropout
    **{
        f"{kind}Norm{n}d": f"nn.{kind}Norm{n}d(3)({_single('4', '3', AXES[n])}).shape"
        for kind in ("Batch", "Instance") for n in AXES
    },
    "GroupNorm": f"nn.GroupNorm(num_groups=2, num_channels=6)({_single('4', '6', '8', '8')}).shape",
    "LayerNorm": "nn.LayerNorm(3)(np.float32([1, 2, 3]))",
    "LocalResponseNorm": f"nn.LocalResponseNorm(3)({_single('2', '6', '8', '8')}).shape",
    "RMSNorm": "nn.RMSNorm(2)(np.float32([3, 4]))",
    "SyncBatchNorm": f"nn.SyncBatchNorm(3)({_single('4', '3', '8')}).shape",
    **{
        name: f"nn.{name}(p=0.5, rng=np.random.default_rng(4))(np.ones({shape}))"
        for name, shape in {
            "AlphaDropout": "4", "Dropout": "8", "Dropout1d": "(3, 2)", "Dropout2d": "(2, 2, 2)",
            "Dropout3d": "(2, 1, 1, 2)", "FeatureAlphaDropout": "(1, 2, 2)",
        }.items()
    },
    # linear, embedding
    "Flatten": "nn.Flatten()(np.ones((2, 3, 4))).shape",
    "Unflatten": "nn.Unflatten(1, (3, 4))(np.ones((2, 12))).shape",
    "Identity": "nn.Identity()(np.array([1.0, 2.0]))",
    "Embedding": "nn.Embedding(10, 3)(np.array([[1, 2], [4, 4]])).shape",
    "EmbeddingBag": "nn.EmbeddingBag(10, 3, mode='sum')(np.array([[1, 2], [4, 4]])).shape",
    "CosineSimilarity": "nn.CosineSimilarity()(np.array([[1.0, 0.0]]), np.array([[1.0, 1.0]]))",
    "PairwiseDistance": "nn.PairwiseDistance()(np.array([[0.0, 0.0]]), np.array([[3.0, 4.0]]))",
    # recurrent, transformer
    "LSTM": "output, (h, c) = nn.LSTM(3, 4, num_layers=2)(np.ones((5, 2, 3), np.float32))\n"
    "output.shape, h.shape, c.shape",
    "GRU": "output, h = nn.GRU(3, 4, bidirectional=True)(np.ones((5, 2, 3), np.float32))\noutput.shape, h.shape",
    "GRUCell": "nn.GRUCell(3, 4)(np.ones((2, 3), np.float32)).shape",
    "RNNCell": "nn.RNNCell(3, 4)(np.ones((2, 3), np.float32)).shape",
    "LSTMCell": "h, c = nn.LSTMCell(3, 4)(np.ones((2, 3), np.float32))\nh.shape, c.shape",
    "RNNBase": "nn.RNNBase('GRU', 3, 4)(np.ones((5, 2, 3), np.float32))[0].shape",
    "RNNCellBase": "isinstance(nn.GRUCell(3, 4), nn.RNNCellBase)",
    "Transformer": "net = nn.Transformer(8, 2, 1, 1, 16)\n"
    "net(np.ones((5, 2, 8), np.float32), np.ones((3, 2, 8), np.float32)).shape",
    "TransformerEncoder": "layer = nn.TransformerEncoderLayer(8, 2, 16)\n"
    "nn.TransformerEncoder(layer, 2)(np.ones((5, 2, 8), np.float32)).shape",
    "TransformerDecoderLayer": "layer = nn.TransformerDecoderLayer(8, 2, 16)\n"
    "layer(np.ones((3, 2, 8), np.float32), np.ones((5, 2, 8), np.float32)).shape",
    "TransformerDecoder": "layer = nn.TransformerDecoderLayer(8, 2, 16)\n"
    "nn.TransformerDecoder(layer, 2)(np.ones((3, 2, 8), np.float32), np.ones((5, 2, 8), np.float32)).shape",
    # losses
    **{
        name: f"nn.{name}()(np.array([0.5, 2.0]), np.array([0.0, 0.0]))"
        for name in ("HuberLoss", "L1Loss", "MSELoss", "SmoothL1Loss")
    },
    "BCELoss": "nn.BCELoss()(np.array([0.9, 0.1]), np.array([1.0, 0.0]))",
    "BCEWithLogitsLoss": "nn.BCEWithLogitsLoss()(np.array([2.0, -2.0]), np.array([1.0, 0.0]))",
    "CrossEntropyLoss": "nn.CrossEntropyLoss()(np.array([[2.0, 0.0, 0.0], [0.0, 0.0, 2.0]]), np.array([0, 1]))",
    "NLLLoss": "nn.NLLLoss()(np.log([[0.5, 0.25, 0.25]]), np.array([0]))",
    "LinearCrossEntropyLoss": "nn.LinearCrossEntropyLoss(4, 3)(np.ones((2, 4), np.float32), np.array([0, 1])).shape",
    "LinearCrossEntropyOptions": "nn.LinearCrossEntropyOptions().__class__.__name__",
    "CTCLoss": "nn.CTCLoss()(np.log(np.full((6, 1, 3), 1 / 3)), np.array([[1, 2]]), np.array([6]), np.array([2]))",
    "GaussianNLLLoss": "nn.GaussianNLLLoss()(np.array([1.0]), np.array([0.0]), np.array([0.5]))",
    "KLDivLoss": "nn.KLDivLoss(reduction='batchmean')(np.log([[0.5, 0.5]]), np.array([[0.9, 0.1]]))",
    "PoissonNLLLoss": "nn.PoissonNLLLoss()(np.array([0.0, 1.0]), np.array([1.0, 3.0]))",
    "CosineEmbeddingLoss": "nn.CosineEmbeddingLoss()(np.array([[1.0, 0.0]]), np.array([[1.0, 1.0]]), np.array([1]))",
    "HingeEmbeddingLoss": "nn.HingeEmbeddingLoss()(np.array([0.5, 0.2]), np.array([1, -1]))",
    "MarginRankingLoss": "nn.MarginRankingLoss(margin=0.5)(np.array([1.0]), np.array([0.8]), np.array([1]))",
    "MultiLabelMarginLoss": "nn.MultiLabelMarginLoss()(np.array([[0.1, 0.2, 0.4]]), np.array([[2, -1, 0]]))",
    "MultiLabelSoftMarginLoss": "nn.MultiLabelSoftMarginLoss()(np.array([[2.0, -2.0]]), np.array([[1.0, 0.0]]))",
    "MultiMarginLoss": "nn.MultiMarginLoss()(np.array([[0.1, 0.2, 0.4]]), np.array([2]))",
    "SoftMarginLoss": "nn.SoftMarginLoss()(np.array([2.0, -2.0]), np.array([1.0, -1.0]))",
    "TripletMarginLoss": "nn.TripletMarginLoss()(np.array([[0.0]]), np.array([[0.5]]), np.array([[1.0]]))",
    "TripletMarginWithDistanceLoss": "loss = nn.TripletMarginWithDistanceLoss(margin=2.0)\n"
    "loss(np.array([[0.0]]), np.array([[0.5]]), np.array([[1.0]]))",
    # tensors, lazy layers
    "Buffer": "nn.Buffer(np.array([1.0, 2.0]))",
    "UninitializedBuffer": "nn.UninitializedBuffer()",
    "UninitializedParameter": "nn.UninitializedParameter()",
    **{
        f"Lazy{kind}{n}d": f"layer = nn.Lazy{kind}{n}d({arguments})\n_ = layer({_single('2', '3', AXES[n])})\n{shown}"
        for kind, arguments, shown in (
            ("BatchNorm", "", "layer.num_features"), ("InstanceNorm", "", "layer.num_features"),
            ("Conv", "8, 3", "layer.weight.shape"), ("ConvTranspose", "8, 3", "layer.weight.shape"),
        )
        for n in AXES
    },
}  # fmt: skip


def example(name: str) -> str:
    """The example of a class as in Python's prompt, with what it gives; "" if it has none here."""
    if name not in EXAMPLES:
        return ""
    autograd.manual_seed(0)
    space: dict[str, Any] = {"np": np, "nn": nn}
    *lines, last = EXAMPLES[name].split("\n")
    exec("\n".join(lines), space)
    said = io.StringIO()
    with redirect_stdout(said):
        exec(compile(last, name, "single"), space)
    return "\n".join([">>> " + line for line in (*lines, last)]) + "\n" + said.getvalue().rstrip()
