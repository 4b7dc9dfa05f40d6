"""Layers and losses of arrays in blocks, computed later: the same numbers, and nothing computed before."""

import numpy as np
import pytest

import nn
import nn.functional as F
import optim
from autograd import Tensor, grad, manual_seed

dask = pytest.importorskip("dask")
da = pytest.importorskip("dask.array")
Callback = pytest.importorskip("dask.callbacks").Callback

rng = np.random.default_rng(0)
X = rng.normal(size=(8, 6))
SEQUENCE = rng.normal(size=(8, 5, 6))
IMAGE = rng.normal(size=(8, 2, 6, 6))
CLASSES = rng.integers(0, 3, 8)
WEIGHT = np.array([1.0, 2.0, 3.0])


class Lazy:
    """Arrays in blocks of three examples, or cut otherwise, which count the blocks that have been computed."""

    def __init__(self, cut=3):
        self.seen = 0
        self.cut = cut

    def __call__(self, array):
        made = da.from_array(array, chunks=(self.cut, *array.shape[1:]))
        return made.map_blocks(self._look, dtype=made.dtype, meta=made._meta)

    def _look(self, block):
        self.seen += block.size > 0
        return block


def layer(kind, *args, **options):
    return lambda: kind(*args, **options).double()


def scores(loss, **options):
    return lambda: lambda x, classes: loss(x[:, :3], classes, **options)


CASES = {
    "cross-entropy": (scores(F.cross_entropy), X, CLASSES),
    "cross-entropy of each": (scores(F.cross_entropy, reduction="none"), X, CLASSES),
    "weighted": (scores(F.cross_entropy, weight=Tensor(WEIGHT)), X, CLASSES),
    "smoothed": (scores(F.cross_entropy, label_smoothing=0.1), X, CLASSES),
    "smoothed, weighted": (scores(F.cross_entropy, weight=Tensor(WEIGHT), label_smoothing=0.1), X, CLASSES),
    "one class ignored": (scores(F.cross_entropy, ignore_index=1), X, CLASSES),
    "one ignored, weighted": (scores(F.cross_entropy, weight=Tensor(WEIGHT), ignore_index=1), X, CLASSES),
    "of pixels": (lambda: F.cross_entropy, IMAGE, rng.integers(0, 2, (8, 6, 6))),
    "likelihood": (lambda: lambda x, c: F.nll_loss(F.log_softmax(x, 1), c), X, CLASSES),
    "margins": (lambda: F.multi_margin_loss, X, CLASSES),
    "binary cross-entropy": (lambda: lambda x: F.binary_cross_entropy_with_logits(x, (x.data > 0) * 1.0), X),
    "squares": (lambda: lambda x: F.mse_loss(x, x.data * 0), X),
    "Huber": (lambda: lambda x: F.huber_loss(x, x.data * 0), X),
    "one-hot": (lambda: lambda x, c: F.one_hot(c, 3) * x[:, :3], X, CLASSES),
    "Conv1d": (layer(nn.Conv1d, 2, 3, 3), IMAGE[:, :, 0]),
    "Conv2d": (layer(nn.Conv2d, 2, 4, 3, padding=1, groups=2), IMAGE),
    "Conv2d, strided": (layer(nn.Conv2d, 2, 3, 3, stride=2), IMAGE),
    "ConvTranspose2d": (layer(nn.ConvTranspose2d, 2, 3, 3, stride=2), IMAGE),
    "MaxPool2d": (layer(nn.MaxPool2d, 2), IMAGE),
    "MaxPool2d, overlapping": (layer(nn.MaxPool2d, 3, 1, 1), IMAGE),
    "AvgPool2d": (layer(nn.AvgPool2d, 3, 2, 1), IMAGE),
    "LPPool2d": (layer(nn.LPPool2d, 2, 2), abs(IMAGE)),
    "AdaptiveMaxPool2d": (layer(nn.AdaptiveMaxPool2d, 1), IMAGE),
    "AdaptiveAvgPool2d": (layer(nn.AdaptiveAvgPool2d, 4), IMAGE),
    "Linear": (layer(nn.Linear, 6, 4), X),
    "BatchNorm1d": (layer(nn.BatchNorm1d, 6), X),
    "BatchNorm2d": (layer(nn.BatchNorm2d, 2), IMAGE),
    "BatchNorm2d, evaluated": (lambda: nn.BatchNorm2d(2).double().eval(), IMAGE),
    "LayerNorm": (layer(nn.LayerNorm, 6), X),
    "GroupNorm": (layer(nn.GroupNorm, 1, 2), IMAGE),
    "Embedding": (layer(nn.Embedding, 3, 4), CLASSES),
    "Embedding, padded": (layer(nn.Embedding, 3, 4, padding_idx=1), CLASSES),
    "LSTM": (lambda: lambda x: nn.LSTM(6, 4, batch_first=True).double()(x)[0], SEQUENCE),
    "attention": (lambda: lambda x: F.scaled_dot_product_attention(x, x, x), SEQUENCE),
    "encoder": (layer(nn.TransformerEncoderLayer, 6, 2, 8, 0.0, batch_first=True), SEQUENCE),
    "GELU": (layer(nn.GELU), X),
    "GELU by tanh": (layer(nn.GELU, "tanh"), X),
    "ReLU6": (layer(nn.ReLU6), X),
    "Softplus": (layer(nn.Softplus), X),
    "unit vectors": (lambda: F.normalize, X),
    "cosines": (lambda: lambda x: F.cosine_similarity(x, x + 1), X),
    "sorted": (lambda: lambda x: np.sort(x, 1), X),
    "sorted along the blocks": (lambda: lambda x: np.sort(x, 0), X),
    "taken": (lambda: lambda x, c: np.take_along_axis(x, c[:, None], 1), X, CLASSES),
    "large numbers": (lambda: lambda x: Tensor.sigmoid(x * 1e4), X),
}


@pytest.mark.parametrize("cut", [3, (0, 1, 0, 7)], ids=["even", "uneven"])
@pytest.mark.parametrize("case", CASES)
def test_layers(case, cut):
    """Some blocks may have no example, as after a selection."""
    make, *arrays = CASES[case]

    def run(wrap, done):
        manual_seed(1)
        function = make()
        inputs = [Tensor(wrap(a), requires_grad=True) if a.dtype.kind == "f" else wrap(a) for a in arrays]
        tracked = [x for x in inputs if isinstance(x, Tensor)]
        out = function(*inputs)
        found = grad((out * out).sum(), tracked) if tracked else ()
        done()  # so far nothing has been asked for
        params = list(function.parameters()) if isinstance(function, nn.Module) else []
        if params:
            out = function(*inputs)
            (out * out).sum().backward()
        state = function.state_dict().values() if isinstance(function, nn.Module) else ()
        return [out.data, *(g.data for g in found)], [*(p.grad.data for p in params), *state]

    lazy = Lazy(cut)

    def nothing_yet():
        assert lazy.seen == 0

    got, own = run(lazy, nothing_yet)
    expected, plain = run(np.copy, lambda: None)
    for g, wanted in zip(got, expected, strict=True):
        assert isinstance(g, da.Array)
        assert g.dtype == wanted.dtype
        np.testing.assert_allclose(g.compute(), wanted, rtol=1e-9, atol=1e-9)
    for g, wanted in zip(own, plain, strict=True):
        assert type(g) is np.ndarray
        np.testing.assert_allclose(g, wanted, rtol=1e-9, atol=1e-9)


def test_training_takes_one_pass_a_step():
    def train(wrap):
        manual_seed(0)
        network = nn.Sequential(
            nn.Conv2d(2, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(36, 3)
        ).double()
        optimizer = optim.SGD(network.parameters(), lr=0.1, momentum=0.9)
        losses = []
        for _ in range(3):
            optimizer.zero_grad()
            loss = F.cross_entropy(network(Tensor(wrap(IMAGE))), wrap(CLASSES))
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return losses, network.state_dict()

    lazy = Lazy()
    (losses, state), (expected, plain) = train(lazy), train(np.copy)
    assert lazy.seen == 3 * (3 + 3)  # steps, blocks of images and of classes
    np.testing.assert_allclose(losses, expected)
    for name in plain:
        np.testing.assert_allclose(state[name], plain[name], atol=1e-12)


class Largest(Callback):
    """The most bytes that the result of any of Dask's tasks had."""

    def __init__(self):
        super().__init__()
        self.bytes = 0

    def _posttask(self, key, result, graph, state, worker):
        parts = result if isinstance(result, tuple) else (result,)
        self.bytes = max(self.bytes, *(getattr(part, "nbytes", 0) for part in parts))


SCORES, NUMBER = nn.Linear(4, 3).double(), nn.Linear(4, 1).double()
LOSSES = {
    "cross-entropy": lambda x, classes: F.cross_entropy(SCORES(x), classes),
    "likelihood": lambda x, classes: F.nll_loss(F.log_softmax(SCORES(x), 1), classes),
    "squares": lambda x, classes: F.mse_loss(NUMBER(x)[:, 0], classes.astype(float)),
    "logistic": lambda x, classes: F.binary_cross_entropy_with_logits(NUMBER(x)[:, 0], (classes > 0).astype(float)),
    "sum": lambda x, classes: -(NUMBER(x) * 2).sum(),
    "a column kept": lambda x, classes: -NUMBER(x).sum(0, keepdims=True).sum() * 2,
    "norm": lambda x, classes: np.linalg.norm(NUMBER(x)),
    "halves": lambda x, classes: (np.split(x @ SCORES.weight.T, 3, 1)[1] ** 2).mean(),
    "one of two": lambda x, classes: np.unstack(x @ SCORES.weight.T, axis=1)[1].sum(),
}


@pytest.mark.parametrize("loss", LOSSES)
def test_nothing_is_larger_than_a_block(loss):
    x = Tensor(da.random.default_rng(0).standard_normal((640, 4), chunks=(10, 4)))
    classes = Tensor(da.random.default_rng(1).integers(0, 3, 640, chunks=10))
    with Largest() as largest, dask.config.set(scheduler="sync"):
        LOSSES[loss](x, classes).backward()
    assert 0 < largest.bytes <= 10 * 4 * 8


def test_a_wrong_class_is_told_when_it_is_computed():
    loss = F.cross_entropy(Tensor(Lazy()(X)), Lazy()(CLASSES + 5))
    with pytest.raises(IndexError, match="expected targets from 0 to 5, got"):
        loss.item()


def test_optimizers_say_what_they_cannot_change():
    with pytest.raises(TypeError, match=r"parameter 0 of the group is computed later.*p.data = p.data.compute"):
        optim.SGD([Tensor(da.ones(3), requires_grad=True)])
