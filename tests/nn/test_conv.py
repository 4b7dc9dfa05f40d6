import re

import numpy as np
import pytest

import nn
import nn.functional as F
from autograd import Tensor, gradcheck, gradgradcheck


def test_the_lectures_convolutions():
    image = np.array([[2.0, 2, 2], [10, 10, 10], [2, 2, 2]])[None]
    along = np.array([[0.0, 0, 0], [1, 1, 1], [0, 0, 0]])[None, None]
    assert F.conv2d(image, along).tolist() == [[[30.0]]]
    assert F.conv2d(image.swapaxes(1, 2), along).tolist() == [[[14.0]]]


def direct(x, w, stride, padding, dilation, groups):
    """A convolution by its definition, one output at a time."""
    n = x.ndim - 2
    x = np.pad(x, [(0, 0), (0, 0), *[(p, p) for p in padding]])
    out = [(x.shape[2 + i] - dilation[i] * (w.shape[2 + i] - 1) - 1) // stride[i] + 1 for i in range(n)]
    result = np.zeros((x.shape[0], w.shape[0], *out))
    per = w.shape[0] // groups
    for index in np.ndindex(*result.shape):
        batch, feature, *at = index
        channels = slice(feature // per * w.shape[1], (feature // per + 1) * w.shape[1])
        spans = [
            slice(a * s, a * s + d * (k - 1) + 1, d)
            for a, s, d, k in zip(at, stride, dilation, w.shape[2:], strict=True)
        ]
        result[index] = (x[(batch, channels, *spans)] * w[feature]).sum()
    return result


CASES = [
    # n, input, weight, stride, padding, dilation, groups
    (1, (2, 3, 7), (4, 3, 3), (2,), (1,), (1,), 1),
    (1, (1, 4, 6), (4, 1, 2), (1,), (0,), (3,), 4),
    (2, (2, 2, 5, 6), (3, 2, 2, 3), (2, 1), (1, 2), (1, 2), 1),
    (2, (1, 4, 4, 4), (6, 2, 3, 1), (1, 3), (2, 0), (1, 1), 2),
    (3, (1, 2, 4, 3, 5), (2, 2, 2, 2, 3), (2, 1, 2), (1, 0, 1), (1, 2, 1), 1),
]


@pytest.mark.parametrize(("n", "shape", "kernel", "stride", "padding", "dilation", "groups"), CASES)
def test_by_the_definition_and_its_adjoint(n, shape, kernel, stride, padding, dilation, groups):
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=shape), rng.normal(size=kernel)
    conv, transpose = getattr(F, f"conv{n}d"), getattr(F, f"conv_transpose{n}d")
    y = conv(x, w, None, stride, padding, dilation, groups)
    np.testing.assert_allclose(y, direct(x, w, stride, padding, dilation, groups), atol=1e-12)
    np.testing.assert_allclose(conv(x[0], w, None, stride, padding, dilation, groups), y[0], atol=1e-12)
    # ⟨conv x, y⟩ = ⟨x, convᵀ y⟩
    again = [(o - 1) * s - 2 * p + d * (k - 1) + 1
             for o, s, p, d, k in zip(y.shape[2:], stride, padding, dilation, kernel[2:], strict=True)]  # fmt: skip
    missing = tuple(full - is_ for full, is_ in zip(shape[2:], again, strict=True))
    v = rng.normal(size=y.shape)
    back = transpose(v, w, None, stride, padding, missing, groups, dilation)
    assert back.shape == x.shape
    assert (y * v).sum() == pytest.approx((x * back).sum())


@pytest.mark.parametrize("name", ["conv2d", "conv_transpose2d"])
def test_gradients_to_second_order(name):
    rng = np.random.default_rng(0)
    x, w, b = (Tensor(rng.normal(size=s), requires_grad=True) for s in ((2, 2, 4, 3), (2, 2, 2, 2), (2,)))
    function = getattr(F, name)
    gradcheck(lambda x, w, b: function(x, w, b, stride=2, padding=1, dilation=2), x, w, b)
    gradgradcheck(lambda x, w: function(x, w, None, (2, 1), (1, 0)), x, w)


def test_what_no_window_reaches_has_gradient_zero():
    x = Tensor(np.ones((1, 1, 6)), requires_grad=True)
    y = F.conv1d(x, np.ones((1, 1, 3)), stride=2)
    assert y.shape == (1, 1, 2)
    y.sum().backward()
    assert x.grad.data.tolist() == [[[1, 1, 2, 1, 1, 0]]]


def test_stride_and_dilation_are_not_swapped():
    x = np.arange(8.0).reshape(1, 1, 8)
    w = np.array([[[1.0, 10.0]]])
    assert F.conv1d(x, w, stride=3).tolist() == [[[10, 43, 76]]]
    assert F.conv1d(x, w, dilation=3).tolist() == [[[30, 41, 52, 63, 74]]]


def test_empty_batch():
    layer = nn.Conv2d(2, 3, 2)
    y = layer(Tensor(np.zeros((0, 2, 4, 4), np.float32)))
    assert y.shape == (0, 3, 3, 3)
    y.sum().backward()
    assert not layer.weight.grad.data.any()
    assert nn.ConvTranspose2d(2, 3, 2)(Tensor(np.zeros((0, 2, 4, 4), np.float32))).shape == (0, 3, 5, 5)


def test_float32_stays():
    layer = nn.Conv2d(1, 2, 3, padding_mode="reflect", padding=1)
    x = Tensor(np.ones((1, 1, 4, 4), np.float32), requires_grad=True)
    y = layer(x)
    y.sum().backward()
    assert {y.dtype, x.grad.dtype, layer.weight.grad.dtype, layer.bias.grad.dtype} == {np.dtype(np.float32)}


def test_initial_values():
    layer = nn.Conv2d(8, 64, 5, groups=2, rng=np.random.default_rng(0))
    bound = 1 / np.sqrt(4 * 25)
    assert layer.weight.shape == (64, 4, 5, 5)
    for values in (layer.weight.data, layer.bias.data):
        assert 0.9 * bound < abs(values).max() <= bound
    assert nn.ConvTranspose2d(8, 6, (3, 2), groups=2).weight.shape == (8, 3, 3, 2)


@pytest.mark.parametrize("size", [(7, 9), (8, 9), (1, 4, 7, 10)])
def test_output_size(size):
    layer = nn.ConvTranspose2d(2, 4, 3, stride=2, padding=1)
    assert layer(Tensor(np.zeros((1, 2, 4, 5), np.float32)), output_size=size).shape[2:] == size[-2:]


BAD = [
    (lambda: F.conv2d(np.ones((32, 1, 28, 28)), np.ones((8, 3, 5, 5))),
     r"conv2d: expected 3 input channels \(weight is \(8, 3, 5, 5\)\), got input of shape \(32, 1, 28, 28\)"),
    (lambda: F.conv2d(np.ones((28, 28)), np.ones((8, 3, 5, 5))), "expected an input of 3 .* or 4 dimensions"),
    (lambda: F.conv2d(np.ones((1, 1, 4, 4)), np.ones((8, 1, 5))), "expected a weight of 4 dimensions"),
    (lambda: F.conv1d(np.ones((1, 1, 4)), np.ones((1, 1, 5))), "at least as large as the kernel"),
    (lambda: F.conv1d(np.ones((1, 1, 4)), np.ones((1, 1, 3)), dilation=2), "at least as large as the kernel"),
    (lambda: F.conv1d(np.ones((1, 1, 4)), np.ones((2, 1, 3)), np.ones(3)), r"expected a bias of shape \(2,\)"),
    (lambda: F.conv1d(np.ones((1, 3, 4)), np.ones((2, 1, 3)), groups=3), "groups that divide 3 input and 2 output"),
    (lambda: F.conv1d(np.ones((1, 3, 4)), np.ones((2, 1, 3)), groups=0), "groups that divide"),
    (lambda: F.conv1d(np.ones((1, 1, 4)), np.ones((1, 1, 3)), stride=0), "stride of at least 1"),
    (lambda: F.conv1d(np.ones((1, 1, 4)), np.ones((1, 1, 3)), padding=-1), "padding of at least 0"),
    (lambda: F.conv1d(np.ones((1, 1, 4)), np.ones((1, 1, 3)), stride=2, padding="same"), "'same' needs stride 1"),
    (lambda: F.conv1d(np.ones((1, 1, 4)), np.ones((1, 1, 3)), padding="some"), "'same' or 'valid'"),
    (lambda: F.conv2d(np.ones((1, 1, 4, 4)), np.ones((1, 1, 3, 3)), stride=(1, 1, 1)), "expected one stride or 2"),
    (lambda: F.conv_transpose1d(np.ones((1, 1, 4)), np.ones((1, 1, 3)), output_padding=1), "output_padding below"),
    (lambda: F.conv_transpose1d(np.ones((1, 1, 1)), np.ones((1, 1, 3)), padding=2), "leaves nothing"),
    (lambda: F.conv_transpose1d(np.ones((1, 2, 4)), np.ones((1, 1, 3))), "expected 1 input channels"),
    (lambda: nn.Conv1d(3, 4, 2, groups=2), "groups that divide in_channels=3"),
    (lambda: nn.Conv1d(1, 1, 0), "kernel_size of at least 1"),
    (lambda: nn.Conv1d(1, 1, 2, padding_mode="mirror"), "expected padding_mode 'zeros' or 'reflect'"),
    (lambda: nn.Conv1d(1, 1, 2, stride=2, padding="same"), "'same' needs stride 1"),
    (lambda: nn.ConvTranspose1d(1, 1, 2, padding_mode="reflect"), "expected padding_mode 'zeros', got 'reflect'"),
    (lambda: nn.ConvTranspose1d(1, 1, 3, stride=2)(np.ones((1, 1, 4)), output_size=(12,)), "from .9,. to .10,."),
    (lambda: F.unfold(np.ones((1, 2, 5)), 3, 2, 1), r"unfold: expected windows that fit, got windows \(5, 5\)"),
    (lambda: F.fold(np.ones((1, 4, 5)), (3, 3), 2), r"fold: expected \(\[N\], C·4, 4\)"),
    (lambda: F.fold(np.ones((1, 3, 4)), (3, 3), 2), "fold: expected"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "text"), BAD, ids=range(len(BAD)))
def test_errors(call, text):
    with pytest.raises(ValueError, match=text):
        call()


def test_wrong_kinds():
    for call in (
        nn.Conv1d(1, 1, 2),
        nn.MaxPool1d(2),
        nn.AvgPool1d(2),
        nn.Linear(1, 1),
        nn.ZeroPad1d(1),
        nn.Upsample(3),
    ):
        with pytest.raises(TypeError, match=": expected a Tensor or an array, got str"):
            call("[[[1.0, 2.0]]]")
    with pytest.raises(TypeError, match=r"expected integers for stride, got 1\.5"):
        F.conv1d(np.ones((1, 1, 4)), np.ones((1, 1, 3)), stride=1.5)


@pytest.mark.parametrize("kind", [np.float64, np.int64, np.float16])
@pytest.mark.parametrize(
    ("layer", "shape"),
    [(nn.Conv2d(1, 1, 2), (1, 3, 3)), (nn.ConvTranspose1d(1, 1, 2), (1, 3)), (nn.Linear(3, 1), (2, 3))],
)
def test_mixed_dtypes(layer, shape, kind):
    text = f": expected everything to be float32, as the weight, got {np.dtype(kind)}; convert with .astype"
    with pytest.raises(TypeError, match=re.escape(text)):
        layer(Tensor(np.ones(shape, kind)))


def test_fold_is_the_adjoint_of_unfold():
    rng = np.random.default_rng(0)
    arguments = {"kernel_size": (2, 3), "dilation": (2, 1), "padding": (1, 0), "stride": (1, 2)}
    x = rng.normal(size=(2, 3, 5, 7))
    columns = F.unfold(x, **arguments)
    other = rng.normal(size=columns.shape)
    assert (columns * other).sum() == pytest.approx((x * F.fold(other, (5, 7), **arguments)).sum())
    gradcheck(lambda x: F.unfold(x, **arguments), Tensor(x[:1, :1], requires_grad=True))
    gradcheck(lambda y: F.fold(y, (5, 7), **arguments), Tensor(other[0], requires_grad=True))


def test_time_first():
    rng = np.random.default_rng(0)
    x, w, b = rng.normal(size=(6, 2, 3)), rng.normal(size=(3, 3, 4)), rng.normal(size=4)
    result = F.conv_tbc(x, w, b, 1)
    assert result.shape == (6, 2, 4)
    np.testing.assert_allclose(result[2, 1], np.einsum("tc,tco->o", x[1:4, 1], w) + b)
