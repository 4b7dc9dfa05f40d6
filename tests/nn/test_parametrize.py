"""Parameters that are computed from others, compared with PyTorch (see tests/reference/make_nn_utils.py)."""

import copy
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nn
from autograd import Tensor, gradcheck
from nn.utils import fuse_conv_bn_eval, fuse_linear_bn_eval, parametrizations
from nn.utils import parametrize as P
from optim import SGD

from ..loading import script

FOLDER = Path(__file__).parents[1] / "reference"
cases = script(FOLDER / "make_nn_utils.py")
with np.load(FOLDER / "nn_utils.npz") as file:
    REFERENCE = dict(file)


def part(name: str, place: str) -> dict[str, Any]:
    start = f"{name}/{place}/"
    return {key.removeprefix(start): value for key, value in REFERENCE.items() if key.startswith(start)}


@pytest.mark.parametrize("name", cases.CASES)
def test_as_pytorch(name: str) -> None:
    kind, args, function, options = cases.CASES[name]
    layer = getattr(nn, kind)(*args).double()
    assert getattr(parametrizations, function)(layer, **options) is layer
    layer.load_state_dict(part(name, "before"))
    weight = getattr(layer, options.get("name", "weight"))
    np.testing.assert_allclose(weight.data, REFERENCE[f"{name}/weight"], rtol=1e-10, atol=1e-10)
    weight.backward(REFERENCE[f"{name}/gradient"])
    gradients = {key: p.grad.data for key, p in layer.named_parameters() if p.grad is not None}
    assert gradients.keys() == part(name, "grad").keys()
    for key, expected in part(name, "grad").items():
        np.testing.assert_allclose(gradients[key], expected, rtol=1e-9, atol=1e-9)
    after = part(name, "after")
    assert list(layer.state_dict()) == list(after)
    for key, value in layer.state_dict().items():
        np.testing.assert_allclose(value, after[key], rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("kind", ["matrix_exp", "cayley", "householder"])
@pytest.mark.parametrize("shape", [(4, 4), (3, 5), (5, 3), (2, 3, 3)])
def test_orthogonal_matrices(kind: str, shape: tuple[int, ...]) -> None:
    class Layer(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.w = nn.Parameter(np.random.default_rng(0).normal(size=shape))

    def assert_orthogonal(weight: Any) -> None:
        product = weight.data.mT @ weight.data if shape[-2] >= shape[-1] else weight.data @ weight.data.mT
        np.testing.assert_allclose(product, np.broadcast_to(np.eye(min(shape[-2:])), product.shape), atol=1e-12)

    layer = parametrizations.orthogonal(Layer(), "w", kind)
    assert_orthogonal(layer.w)
    value = layer.w.data.copy()
    optimizer = SGD(layer.parameters(), lr=0.3)
    (layer.w * np.arange(layer.w.size).reshape(shape)).sum().backward()
    optimizer.step()
    assert_orthogonal(layer.w)
    assert np.abs(layer.w.data - value).max() > 0.1
    layer.w = Tensor(value)  # what is orthogonal can be assigned
    np.testing.assert_allclose(layer.w.data, value, atol=1e-12)
    plain = parametrizations.orthogonal(Layer(), "w", kind, use_trivialization=False)
    assert_orthogonal(plain.w)
    if kind == "householder":
        plain.w = Tensor(value)
        np.testing.assert_allclose(plain.w.data, value, atol=1e-12)
    else:
        with pytest.raises(NotImplementedError, match="use_trivialization=True only"):
            plain.w = Tensor(value)


@pytest.mark.parametrize("scale", [0.0, 1e-3, 0.4, 3.0, 40.0])
def test_matrix_exponential(scale: float) -> None:
    a = np.random.default_rng(0).normal(size=(2, 3, 3)) * scale
    a = a - a.mT if scale > 5 else a  # so that the values stay small
    values, vectors = np.linalg.eig(a)
    expected = (vectors * np.exp(values)[:, None, :]) @ np.linalg.inv(vectors)
    np.testing.assert_allclose(parametrizations.matrix_exp(a), expected.real, rtol=1e-11, atol=1e-11)
    if 0 < scale < 5:
        assert gradcheck(parametrizations.matrix_exp, Tensor(a, requires_grad=True))


class Symmetric(nn.Module):
    def forward(self, x: Any) -> Any:
        return np.triu(x) + np.triu(x, 1).swapaxes(-1, -2)

    def right_inverse(self, x: Any) -> Any:
        return np.triu(x)


class Doubled(nn.Module):
    def forward(self, x: Any) -> Any:
        return 2 * x


class Cut(nn.Module):
    def forward(self, x: Any) -> Any:
        return x[:1]


def test_a_parametrized_weight() -> None:
    layer = nn.Linear(3, 3)
    weight, kind = layer.weight, type(layer)
    value = weight.data.copy()
    assert not P.is_parametrized(layer)
    assert P.register_parametrization(layer, "weight", Symmetric()) is layer
    assert (P.is_parametrized(layer), P.is_parametrized(layer, "weight"), P.is_parametrized(layer, "bias")) == (
        True, True, False,
    )  # fmt: skip
    assert isinstance(layer, nn.Linear)
    assert (type(layer).__name__, P.type_before_parametrizations(layer)) == ("ParametrizedLinear", kind)
    assert layer.parametrizations.weight.original is weight  # an optimizer made before goes on
    assert [name for name, _ in layer.named_parameters()] == ["bias", "parametrizations.weight.original"]
    np.testing.assert_array_equal(layer.weight.data, np.triu(value) + np.triu(value, 1).T)
    layer(Tensor(np.ones((2, 3), np.float32))).sum().backward()
    np.testing.assert_array_equal(np.tril(weight.grad.data, -1), 0)

    assigned = np.float32([[1, 2, 3], [2, 4, 5], [3, 5, 6]])
    layer.weight = Tensor(assigned)
    np.testing.assert_array_equal(layer.weight.data, assigned)
    with pytest.raises(KeyError, match="remove_parametrizations"):
        layer.weight = nn.Parameter(assigned)

    kept = pickle.loads(pickle.dumps(layer))
    assert type(kept) is type(layer)
    np.testing.assert_array_equal(kept.weight.data, assigned)
    twin = copy.deepcopy(layer)
    twin.weight = Tensor(-assigned)
    np.testing.assert_array_equal(layer.weight.data, assigned)

    P.register_parametrization(layer, "weight", Doubled())  # on top of the first
    np.testing.assert_array_equal(layer.weight.data, 2 * assigned)
    assert len(twin.parametrizations.weight) == 1
    with pytest.raises(RuntimeError, match=r"Doubled: expected right_inverse\(\)"):
        layer.weight = Tensor(assigned)

    P.remove_parametrizations(layer, "weight")
    assert (type(layer), layer.weight is weight, list(layer.state_dict())) == (kind, True, ["bias", "weight"])
    np.testing.assert_array_equal(layer.weight.data, 2 * assigned)
    P.remove_parametrizations(twin, "weight", leave_parametrized=False)
    np.testing.assert_array_equal(twin.weight.data, np.triu(-assigned))


def test_several_and_buffers() -> None:
    layer = nn.BatchNorm1d(4)
    P.register_parametrization(layer, "running_var", Doubled())
    P.register_parametrization(layer, "weight", Doubled())
    assert sorted(layer.state_dict()) == [
        "bias", "num_batches_tracked", "parametrizations.running_var.original", "parametrizations.weight.original",
        "running_mean",
    ]  # fmt: skip
    np.testing.assert_array_equal(layer.running_var.data, [2, 2, 2, 2])
    P.remove_parametrizations(layer, "weight")
    assert P.is_parametrized(layer, "running_var")
    P.remove_parametrizations(layer, "running_var")
    assert type(layer) is nn.BatchNorm1d
    assert "running_var" in dict(layer.named_buffers())

    layer = parametrizations.weight_norm(nn.Linear(3, 2))
    value = layer.weight.data.copy()
    with pytest.raises(ValueError, match="original0, original1"):
        P.remove_parametrizations(layer, "weight", leave_parametrized=False)
    P.remove_parametrizations(layer, "weight")
    assert isinstance(layer.weight, nn.Parameter)
    np.testing.assert_array_equal(layer.weight.data, value)


def test_shapes_and_dtypes_stay_unless_it_is_unsafe() -> None:
    layer = nn.Linear(3, 2)
    before = layer.state_dict()
    for parametrization, got in ((Cut(), r"\(1, 3\) of float32"), (nn.Identity(), None)):
        if got is not None:
            with pytest.raises(ValueError, match=rf"expected a Tensor \(2, 3\) of float32 from Cut, got {got}"):
                P.register_parametrization(layer, "weight", parametrization)
            assert not P.is_parametrized(layer)
            assert all(np.array_equal(before[name], value) for name, value in layer.state_dict().items())
        else:
            P.register_parametrization(layer, "weight", parametrization)
    with pytest.raises(ValueError, match="from Cut"):
        P.register_parametrization(layer, "weight", Cut())
    assert len(layer.parametrizations.weight) == 1
    P.register_parametrization(layer, "weight", Cut(), unsafe=True)
    assert layer.weight.shape == (1, 3)
    P.remove_parametrizations(layer, "weight")
    assert layer.weight.shape == (1, 3)


def test_computed_once_inside_of_cached() -> None:
    calls = []

    class Counted(nn.Module):
        def forward(self, x: Any) -> Any:
            calls.append(1)
            return x * 1

        def right_inverse(self, x: Any) -> Any:
            return x

    layer = P.register_parametrization(nn.Linear(2, 2), "weight", Counted())
    calls.clear()
    x = Tensor(np.ones((1, 2), np.float32))
    for _ in range(2):
        calls.clear()
        with P.cached():
            layer(x)
            first = layer.weight
            assert layer.weight is first
            assert len(calls) == 1
            layer.weight = Tensor(np.zeros((2, 2), np.float32))
            assert not layer.weight.data.any()
    calls.clear()
    assert layer.weight is not layer.weight
    assert len(calls) == 2


def test_recurrent_weights_too() -> None:
    layer = nn.GRU(3, 4)
    P.register_parametrization(layer, "weight_hh_l0", Doubled())
    original = layer.parametrizations.weight_hh_l0.original
    twin = nn.GRU(3, 4)
    state = {
        name.replace("parametrizations.", "").replace(".original", ""): v for name, v in layer.state_dict().items()
    }
    twin.load_state_dict({**state, "weight_hh_l0": 2 * original.data})
    x = Tensor(np.random.default_rng(0).normal(size=(5, 2, 3)).astype(np.float32))
    out, _ = layer(x)
    np.testing.assert_allclose(out.data, twin(x)[0].data, rtol=1e-6)
    out.sum().backward()
    assert np.abs(original.grad.data).max() > 0


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: parametrizations.weight_norm(nn.Linear(2, 2), "kernel"), "weight_norm: Linear has no parameter"),
        (lambda: P.register_parametrization(nn.Linear(2, 2), "kernel", Doubled()), "no parameter and no buffer"),
        (lambda: P.register_parametrization(nn.Linear(2, 2, bias=False), "bias", Doubled()), "no parameter and no"),
        (lambda: parametrizations.orthogonal(nn.Linear(2, 2), "bias"), "at least 2 axes"),
        (lambda: parametrizations.orthogonal(nn.Linear(2, 2), orthogonal_map="qr"), "'householder', got 'qr'"),
        (lambda: parametrizations.spectral_norm(nn.Linear(2, 2), n_power_iterations=0), "above 0, got 0"),
        (lambda: P.remove_parametrizations(nn.Linear(2, 2), "weight"), "Linear has no parametrization of 'weight'"),
    ],
)
def test_errors(call: Any, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        call()


@pytest.mark.parametrize(
    ("layer", "norm", "shape"),
    [
        (nn.Conv2d(3, 4, 2), nn.BatchNorm2d(4), (5, 3, 6, 6)),
        (nn.Conv1d(4, 6, 2, groups=2, bias=False), nn.BatchNorm1d(6, affine=False), (5, 4, 6)),
        (nn.ConvTranspose2d(3, 4, 2), nn.BatchNorm2d(4), (5, 3, 4, 4)),
        (nn.ConvTranspose1d(4, 6, 2, groups=2), nn.BatchNorm1d(6, affine=False), (5, 4, 6)),
        (nn.ConvTranspose2d(4, 4, 3, groups=4, bias=False), nn.BatchNorm2d(4), (5, 4, 4, 4)),
        (nn.Linear(3, 4), nn.BatchNorm1d(4), (5, 3)),
    ],
)
def test_fused_layers(layer: Any, norm: Any, shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    fuse = fuse_linear_bn_eval if isinstance(layer, nn.Linear) else fuse_conv_bn_eval
    with pytest.raises(RuntimeError, match="in evaluation"):
        fuse(layer, norm)
    x = Tensor(rng.normal(1, 2, size=shape).astype(np.float32))
    for _ in range(20):
        norm(layer(x))
    if norm.affine:
        norm.weight.data = rng.normal(size=4).astype(np.float32)
        norm.bias.data = rng.normal(size=4).astype(np.float32)
    layer.eval()
    norm.eval()
    before = layer.weight.data.copy()
    made = fuse(layer, norm)
    np.testing.assert_allclose(made(x).data, norm(layer(x)).data, rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(layer.weight.data, before)
