import numpy as np
import pytest

import nn
import nn.functional as F
from autograd import Tensor, gradcheck, manual_seed


@pytest.mark.parametrize("shape", [(4,), (5, 4), (2, 5, 4), (0, 4), (2, 0, 4)])
def test_linear_on_any_leading_axes(shape):
    rng = np.random.default_rng(0)
    x, w, b = rng.normal(size=shape), rng.normal(size=(3, 4)), rng.normal(size=3)
    np.testing.assert_allclose(F.linear(x, w, b), np.einsum("...i,oi->...o", x, w) + b)
    np.testing.assert_allclose(F.linear(x, w[0]), np.einsum("...i,i->...", x, w[0]))
    inputs = [Tensor(v, requires_grad=True) for v in (x, w, b)]
    F.linear(*inputs).sum().backward()
    assert [v.grad.shape for v in inputs] == [shape, (3, 4), (3,)]


def test_gradients():
    rng = np.random.default_rng(0)
    x, w, b = (Tensor(rng.normal(size=s), requires_grad=True) for s in ((2, 3, 4), (5, 4), (5,)))
    gradcheck(F.linear, x, w, b)
    y, w3 = (Tensor(rng.normal(size=s), requires_grad=True) for s in ((2, 3, 2), (5, 4, 2)))
    gradcheck(F.bilinear, x, y, w3, b)


def test_layers_are_float32_unless_told():
    assert nn.Linear(2, 2).weight.dtype == np.float32
    assert nn.Linear(2, 2, dtype=np.float64).bias.dtype == np.float64
    assert nn.Linear(2, 2)(Tensor(np.ones((1, 2), np.float32))).dtype == np.float32
    with pytest.raises(TypeError, match="requires_grad"):
        nn.Linear(2, 2, dtype=int)


def test_initial_values():
    layer = nn.Linear(400, 300, rng=np.random.default_rng(0))
    for parameter in (layer.weight, layer.bias):
        assert abs(parameter.data).max() <= 1 / 20
        assert abs(parameter.data).max() > 0.99 / 20
    assert layer.weight.data.std() == pytest.approx(1 / 20 / np.sqrt(3), rel=0.01)
    bilinear = nn.Bilinear(100, 3, 50, rng=np.random.default_rng(0))
    assert 0.099 < abs(bilinear.weight.data).max() <= 0.1
    manual_seed(5)
    first = nn.Linear(3, 3).weight.data
    manual_seed(5)
    assert (nn.Linear(3, 3).weight.data == first).all()


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: F.linear(np.ones((2, 4)), np.ones((3, 5))), ValueError,
         r"linear: expected 5 input features \(weight is \(3, 5\)\), got input of shape \(2, 4\)"),
        (lambda: F.linear(np.ones(()), np.ones((3, 5))), ValueError, "linear: expected 5 input features"),
        (lambda: F.linear(np.ones(5, int), np.ones((3, 5))), TypeError,
         r"float64, as the weight, got int64; convert with .astype\('float64'\)$"),
        (lambda: F.linear(np.ones(5, "f"), np.ones((3, 5))), TypeError, r"or the module with .to\('float32'\)$"),
        (lambda: F.linear(np.ones((2, 3)), np.ones(3), np.ones(2)), ValueError, "expected a bias without axes"),
        (lambda: nn.Linear(16 / 2, 3), ValueError, r"Linear: expected whole numbers as sizes, got \(3, 8.0\) as the"),
        (lambda: nn.Linear(-1, 3), ValueError, r"Linear: expected whole numbers as sizes, got \(3, -1\)"),
        (lambda: nn.ReLU(np.ones(2)), TypeError, r"ReLU: .* as inplace, got a ndarray; .*: ReLU\(\)\(input\)$"),
        (lambda: nn.Sequential(nn.LSTM(2, 3), nn.ReLU())(np.ones((4, 1, 2), "f")), TypeError,
         "ReLU: expected a Tensor or an array, got a tuple of 2; take the one"),
        (lambda: F.bilinear(np.ones((2, 3)), np.ones((3, 3)), np.ones((1, 3, 3))), ValueError, "bilinear: expected"),
        (lambda: nn.Bilinear(0, 1, 1), ValueError, "in1_features above 0"),
        (lambda: nn.Flatten(3)(np.ones((1, 2))), IndexError, "flatten: expected a dim from -2 to 1, got 3"),
        (lambda: nn.Flatten(1, 0)(np.ones((1, 2))), ValueError, "start_dim before end_dim"),
        (lambda: nn.Unflatten(1, (3, 2))(np.ones((1, 5))), ValueError, "sizes whose product is 5"),
        (lambda: nn.Unflatten(2, (1,))(np.ones((1, 5))), IndexError, "unflatten: expected a dim"),
    ],
)  # fmt: skip
def test_errors(call, error, text):
    with pytest.raises(error, match=text):
        call()


def test_shapes():
    assert nn.Flatten()(np.ones((2, 3, 4))).shape == (2, 12)
    assert nn.Flatten(0)(np.ones(())).shape == (1,)
    assert nn.Flatten(-2)(np.ones((0, 3, 4))).shape == (0, 12)
    assert nn.Unflatten(-1, (2, -1))(np.ones((2, 12))).shape == (2, 2, 6)
    assert nn.Unflatten(0, (-1, 2))(np.ones((0, 3))).shape == (0, 2, 3)
    assert nn.Identity(3, anything=4)("as it was") == "as it was"
