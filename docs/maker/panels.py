"""What the pictures of arrays show, for each class of nn that has one; computed by the layers themselves."""

from __future__ import annotations

from typing import Any

import numpy as np
from grids import Panel, picture

import autograd
import nn

AXES = {1: ((6,), (3,)), 2: ((4, 4), (2, 2)), 3: ((2, 3, 3), (2, 2, 2))}
"""Of one to three axes an input's shape, and a window's."""


def counted(shape: tuple[int, ...]) -> Any:
    """1, 2, 3, … in an array."""
    return np.arange(1.0, 1 + np.prod(shape)).reshape(shape)


def uneven(shape: tuple[int, ...]) -> Any:
    """Whole numbers whose largest ones lie here and there."""
    return counted(shape) * 7 % 10


def box(shape: tuple[int, ...], *sizes: int, at: int = 0) -> Any:
    """Marks on the box of these sizes in the first corner, or `at` so many elements from it along each axis."""
    marks = np.zeros(shape, int)
    marks[tuple([slice(at, at + size) for size in sizes])] = 1
    return marks


def corner(shape: tuple[int, ...]) -> Any:
    return box(shape, *(1,) * len(shape))


def plain(value: Any) -> Any:
    return np.asarray(getattr(value, "data", value))


def convolution(n: int) -> list[Panel]:
    shape, size = AXES[n]
    x, w = uneven(shape), np.zeros(size)
    w[(0,) * n], w[(-1,) * n] = 1, -1
    out = plain(getattr(nn.functional, f"conv{n}d")(x[None], w[None, None]))[0]
    return [
        Panel("input, a window", x, box(shape, *size)),
        Panel("kernel", w, np.full(size, 2)),
        Panel("output", out, corner(out.shape)),
    ]


def transposed(n: int) -> list[Panel]:
    shape, size = ((3,), (3,)) if n == 1 else ((2,) * n, (2,) * n) if n == 2 else ((1, 2, 2), (2, 2, 2))
    x, w = counted(shape), counted(size)
    out = plain(getattr(nn.functional, f"conv_transpose{n}d")(x[None], w[None, None], stride=2 if n > 1 else 1))[0]
    return [
        Panel("input, an element", x, corner(shape)),
        Panel("kernel", w, np.full(size, 2)),
        Panel("output, its window", out, box(out.shape, *size)),
    ]


def pooled(name: str, n: int) -> list[Panel]:
    shape = {1: (6,), 2: (4, 4), 3: (2, 4, 4)}[n]
    x = uneven(shape)
    if name.startswith("Adaptive"):
        layer = getattr(nn, name)(2 if n < 3 else (1, 2, 2))
        size = (3,) if n == 1 else (2,) * n
    elif name.startswith("Fractional"):
        draws = np.full((1, 1, n), 0.5)
        layer = getattr(nn, name)(2, output_size=3 if n == 2 else (1, 3, 3), _random_samples=draws)
        size = (2,) * n
    else:
        layer, size = getattr(nn, name)(*((2, 2) if name.startswith("LP") else (2,))), (2,) * n
    out = plain(layer(x[None, None]))[0, 0]
    return [Panel("input, a window", x, box(shape, *size)), Panel("output", out, corner(out.shape))]


def unpooled(n: int) -> list[Panel]:
    shape = {1: (6,), 2: (4, 4), 3: (2, 4, 4)}[n]
    x = uneven(shape)
    largest, where = getattr(nn, f"MaxPool{n}d")(2, return_indices=True)(x[None, None])
    out = plain(getattr(nn, f"MaxUnpool{n}d")(2)(largest, where))[0, 0]
    return [
        Panel("what was pooled", x, out != 0),
        Panel("maxima", plain(largest)[0, 0], np.ones(plain(largest)[0, 0].shape, int)),
        Panel("put back", out, out != 0),
    ]


def padded(name: str, n: int) -> list[Panel]:
    shape = {1: (3,), 2: (2, 3), 3: (1, 2, 2)}[n]
    x = counted(shape)
    by: Any = 1 if n < 3 or "Reflection" not in name else (1, 1, 1, 1, 0, 0)
    layer = getattr(nn, name)(by, *((9.0,) if "Constant" in name else ()))
    out = plain(layer(x[None]))[0]
    start = [(o - s) // 2 for o, s in zip(out.shape, shape, strict=True)]
    marks = np.zeros(out.shape, int)
    marks[tuple([slice(at, at + size) for at, size in zip(start, shape, strict=True)])] = 1
    return [Panel("input", x, np.ones(shape, int)), Panel("padded", out, marks)]


def normalized(name: str) -> list[Panel]:
    n = int(name[-2]) if name[-2].isdigit() else 0
    shape: tuple[int, ...] = {1: (2, 2, 3), 2: (2, 2, 2, 2), 3: (2, 2, 1, 2, 2)}.get(n, (2, 4, 2))
    shown = tuple([size for k, size in enumerate(shape) if k != 2 or n != 3])
    x = uneven(shape)
    marks = np.zeros(shape, int)
    what = "normalized together"
    if name.startswith(("Batch", "Sync")):
        layer, place = (nn.BatchNorm1d if name == "SyncBatchNorm" else getattr(nn, name))(shape[1]), np.s_[:, 0]
    elif name.startswith("Instance"):
        layer, place = getattr(nn, name)(2), np.s_[0, 0]
    elif name == "GroupNorm":
        layer, place = nn.GroupNorm(2, 4), np.s_[0, :2]
    elif name == "LocalResponseNorm":
        layer, place, what = nn.LocalResponseNorm(3, alpha=1.0), np.s_[0, 0:3, 0], "what scales the middle one"
    else:
        x = uneven((3, 4))
        shape = shown = x.shape
        marks, layer, place = np.zeros(shape, int), getattr(nn, name)(4), np.s_[0]
    marks[place] = 1
    out = plain(layer(x.astype(np.float32)))
    after = marks.copy()
    if name == "LocalResponseNorm":
        after[0, 0:3, 0] = 0, 1, 0
    return [
        Panel(what, x.reshape(shown), marks.reshape(shown)),
        Panel("output", out.reshape(shown), after.reshape(shown)),
    ]


def dropped(name: str) -> list[Panel]:
    shape = {
        "Dropout1d": (4, 3),
        "Dropout2d": (1, 4, 2, 2),
        "Dropout3d": (4, 1, 2, 2),
        "FeatureAlphaDropout": (1, 4, 3),
    }
    x = np.ones(shape.get(name, (8,)))
    layer = getattr(nn, name)(p=0.5, rng=np.random.default_rng(6))
    out = plain(layer(x))
    return [Panel("input", x.squeeze()), Panel("in training", out.squeeze(), (out != out.max()).squeeze())]


def weighed(name: str) -> list[Panel]:
    if name == "Softmax2d":
        x, marks = np.log(np.array([[[1.0, 2], [3, 4]], [[1, 6], [1, 4]]])).round(2), np.zeros((2, 2, 2), int)
        marks[:, 0, 0] = 1
        return [Panel("two channels", x, marks), Panel("output", plain(nn.Softmax2d()(x)), marks)]
    x = np.array([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]])
    marks = box(x.shape, 1, 3)
    return [Panel("input", x, marks), Panel("output, dim=1", plain(getattr(nn, name)(dim=1)(x)), marks)]


def others() -> dict[str, list[Panel]]:
    """Those that have no kind in common."""
    image, row = counted((3, 3)), counted((2, 3))
    columns = plain(nn.Unfold(2)(image[None, None]))[0]
    folded = plain(nn.Fold((3, 3), 2)(columns[None]))[0, 0]
    table = counted((4, 3))
    words, gate = np.array([2, 0, 2]), np.array([1.0, 2.0, 0.0, 2.0])
    used = np.isin(np.arange(4), words)[:, None] * np.ones((1, 3), int)
    small = counted((2, 2))
    large = {name: plain(getattr(nn, name)(scale_factor=2)(small[None, None]))[0, 0] for name in UPSAMPLED}
    near = {
        name: box(out.shape, 2, 2) if name != "UpsamplingBilinear2d" else corner(out.shape)
        for name, out in large.items()
    }
    deep = counted((4, 1, 1)) * np.ones((1, 2, 2))
    deep = np.concatenate([deep[k] * 10 + small for k in range(4)]).reshape(4, 2, 2)
    wide = plain(nn.PixelShuffle(2)(deep))
    first = (deep * 0).astype(int)
    first[:, 0, 0] = 1
    shuffled = plain(nn.ChannelShuffle(2)(np.arange(4.0).reshape(1, 4, 1)))[0]
    unknown = np.full((2, 3), "?")
    a, b = np.array([[3.0, 4.0], [1.0, 0.0]]), np.array([[0.0, 0.0], [1.0, 1.0]])
    return {
        "Unfold": [Panel("image, a window", image, box((3, 3), 2, 2)), Panel("its column", columns, box((4, 4), 4, 1))],
        "Fold": [Panel("columns", columns, box((4, 4), 4, 1)), Panel("added up", folded, box((3, 3), 2, 2))],
        "Embedding": [
            Panel("weight", table, used),
            Panel("indices", words),
            Panel("output", table[words], np.ones((3, 3), int)),
        ],
        "EmbeddingBag": [
            Panel("weight", table, used),
            Panel("a bag", words[:2]),
            Panel("mode='sum'", table[words[:2]].sum(0), np.ones(3, int)),
        ],
        "GLU": [
            Panel("a, b", gate, np.array([1, 1, 2, 2])),
            Panel("a · sigmoid(b)", plain(nn.GLU()(gate)), np.ones(2, int)),
        ],
        **{
            name: [Panel("input", small, corner((2, 2))), Panel("output", large[name], near[name])]
            for name in UPSAMPLED
        },
        "PixelShuffle": [Panel("r² channels", deep, first), Panel("r = 2", wide[0], box((4, 4), 2, 2))],
        "PixelUnshuffle": [Panel("one channel", wide[0], box((4, 4), 2, 2)), Panel("r² channels", deep, first)],
        "ChannelShuffle": [
            Panel("channels", np.arange(4.0)[:, None], np.array([[1], [1], [2], [2]])),
            Panel("of 2 groups", shuffled, np.array([[1], [2], [1], [2]])),
        ],
        "Flatten": [Panel("(2, 2, 2)", counted((2, 2, 2)).reshape(2, 1, 2, 2)), Panel("(2, 4)", counted((2, 4)))],
        "Unflatten": [Panel("(2, 4)", counted((2, 4))), Panel("(2, 2, 2)", counted((2, 1, 2, 2)))],
        "Identity": [Panel("input", row), Panel("output", row)],
        "UninitializedParameter": [Panel("before its first input", unknown), Panel("after it", row)],
        "UninitializedBuffer": [Panel("before its first input", unknown), Panel("after it", np.zeros((2, 3)))],
        "PairwiseDistance": [
            Panel("x1", a, box((2, 2), 1, 2)),
            Panel("x2", b, box((2, 2), 1, 2)),
            Panel("distances", plain(nn.PairwiseDistance()(a, b)), np.array([1, 0])),
        ],
        "CosineSimilarity": [
            Panel("x1", a, box((2, 2), 2, 2) - box((2, 2), 1, 2)),
            Panel("x2", b, box((2, 2), 2, 2) - box((2, 2), 1, 2)),
            Panel("cosines", plain(nn.CosineSimilarity()(a, b)), np.array([0, 1])),
        ],
    }


UPSAMPLED = ("Upsample", "UpsamplingNearest2d", "UpsamplingBilinear2d")


def panels() -> dict[str, list[Panel]]:
    """The panels of every class that has such a picture."""
    autograd.manual_seed(0)
    table = others()
    for n in AXES:
        table[f"Conv{n}d"], table[f"ConvTranspose{n}d"] = convolution(n), transposed(n)
        kinds = ["Max", "Avg", "LP", "AdaptiveMax", "AdaptiveAvg", *(["FractionalMax"] if n > 1 else [])]
        table |= {f"{kind}Pool{n}d": pooled(f"{kind}Pool{n}d", n) for kind in kinds}
        table[f"MaxUnpool{n}d"] = unpooled(n)
        for kind in ("Circular", "Constant", "Reflection", "Replication", "Zero"):
            table[f"{kind}Pad{n}d"] = padded(f"{kind}Pad{n}d", n)
        table |= {f"{kind}Norm{n}d": normalized(f"{kind}Norm{n}d") for kind in ("Batch", "Instance")}
    norms = ("GroupNorm", "LayerNorm", "RMSNorm", "LocalResponseNorm", "SyncBatchNorm")
    table |= {name: normalized(name) for name in norms}
    drops = ("Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout", "FeatureAlphaDropout")
    table |= {name: dropped(name) for name in drops}
    return table | {name: weighed(name) for name in ("Softmax", "LogSoftmax", "Softmin", "Softmax2d")}


def arrays() -> dict[str, str]:
    """The pictures, by the names of the classes."""
    return {
        name: picture(made, f"{name}: " + ", ".join(part.caption for part in made)) for name, made in panels().items()
    }
