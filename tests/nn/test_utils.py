"""Clipping, vectors of parameters, weight and spectral normalization."""

import copy
import math
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor, grad
from nn import utils


def with_gradients(*values: Any) -> list[Tensor]:
    made = [Tensor(np.zeros_like(np.asarray(value, float)), requires_grad=True) for value in values]
    for tensor, value in zip(made, values, strict=True):
        tensor.grad = Tensor(np.asarray(value, float))
    return made


@pytest.mark.parametrize("p", [1, 2, 3.5, math.inf, "inf"])
def test_clip_grad_norm(p: Any) -> None:
    values = [[3.0, -4.0], [[1.0, 2.0]], 0.5]
    flat = np.array([3.0, -4.0, 1.0, 2.0, 0.5])
    tensors = with_gradients(*values)
    total = utils.clip_grad_norm_(iter(tensors), 1.0, p)
    np.testing.assert_allclose(total.item(), np.linalg.norm(flat, float(p)))
    after = np.concatenate([np.ravel(t.grad.data) for t in tensors])
    np.testing.assert_allclose(after, flat / (np.linalg.norm(flat, float(p)) + 1e-6))
    np.testing.assert_allclose(utils.clip_grad_norm_(tensors, 5.0, p).item(), 1, rtol=1e-5)
    np.testing.assert_array_equal(np.concatenate([np.ravel(t.grad.data) for t in tensors]), after)


def test_clipping_without_gradients_and_with_infinite_ones() -> None:
    alone = Tensor(1.0, requires_grad=True)
    assert utils.clip_grad_norm_([alone], 1.0).item() == 0
    utils.clip_grad_value_([alone], 1.0)
    assert alone.grad is None
    tensors = with_gradients([math.inf])
    with pytest.raises(RuntimeError, match="finite"):
        utils.clip_grad_norm_(tensors, 1.0, error_if_nonfinite=True)
    assert utils.clip_grad_norm_(tensors, 1.0).item() == math.inf
    assert np.isnan(tensors[0].grad.data).all()


@pytest.mark.parametrize(("kind", "scale"), [("f4", 1e25), ("f4", 1e-25), ("f8", 1e200), ("f8", 1e-200)])
@pytest.mark.parametrize("p", [2.0, 3.0])
def test_norms_whose_squares_leave_the_range(kind: str, scale: float, p: float) -> None:
    x = Tensor(np.zeros(2, kind), requires_grad=True)
    x.grad = Tensor(np.array([3, 4], kind) * np.dtype(kind).type(scale))
    length = np.linalg.norm([3.0, 4.0], p)
    np.testing.assert_allclose(utils.clip_grad_norm_([x], 1.0, p).item() / scale, length, rtol=1e-6)
    expected = np.array([3, 4]) * (1 / length if scale > 1 else scale)
    np.testing.assert_allclose(x.grad.data, expected, rtol=1e-5, atol=0)


def test_norms_of_halves_are_summed_in_more_than_halves() -> None:
    x = Tensor(np.zeros(3, np.float16), requires_grad=True)
    x.grad = Tensor(np.full(3, 300.0, np.float16))  # their squares add up to more than 65504
    total = utils.clip_grad_norm_([x], 1.0)
    assert (total.dtype, total.item()) == (np.float16, 519.5)
    np.testing.assert_allclose(x.grad.data, 0.577, rtol=1e-3)


def test_a_norm_that_no_half_holds_clips_all_the_same() -> None:
    x = Tensor(np.zeros(8, np.float16), requires_grad=True)
    x.grad = Tensor(np.full(8, 60000.0, np.float16))  # the norm is 169,706, its reciprocal of two digits as a half
    assert utils.clip_grad_norm_([x], 1.0).item() == math.inf
    assert x.grad.dtype == np.float16
    np.testing.assert_allclose(x.grad.data, 8**-0.5, rtol=1e-3)


def test_clip_grad_value() -> None:
    (tensor,) = with_gradients([3.0, -4.0, 0.1])
    utils.clip_grad_value_(tensor, 0.5)
    np.testing.assert_array_equal(tensor.grad.data, [0.5, -0.5, 0.1])


def test_vectors_of_parameters() -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))
    vector = utils.parameters_to_vector(model.parameters())
    assert vector.shape == (13,)
    (vector * vector).sum().backward()
    np.testing.assert_allclose(model[0].weight.grad.data, 2 * model[0].weight.data)
    utils.vector_to_parameters(vector * 2, model.parameters())
    np.testing.assert_allclose(utils.parameters_to_vector(model.parameters()).data, 2 * vector.data)
    with pytest.raises(ValueError, match="13"):
        utils.vector_to_parameters(vector[:5], model.parameters())


def test_a_module_as_a_function_of_its_parameters() -> None:
    rng = np.random.default_rng(0)
    model = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2), nn.Linear(2, 2))
    model[2].weight = model[0].weight  # shared
    x = Tensor(rng.normal(size=(4, 2)).astype(np.float32))
    before = dict([*model.named_parameters(), *model.named_buffers()])
    other = {name: Tensor(rng.normal(size=p.shape).astype(np.float32)) for name, p in model.named_parameters()}
    twin = copy.deepcopy(model)
    twin.load_state_dict({**other, "2.weight": other["0.weight"]}, strict=False)
    expected = twin(x).data
    np.testing.assert_array_equal(utils.functional_call(model, other, x).data, expected)
    np.testing.assert_array_equal(utils.functional_call(model, other, (), {"input": x}).data, expected)
    buffers = {"1.running_mean": Tensor(np.zeros(2, np.float32))}
    np.testing.assert_array_equal(utils.functional_call(model, (other, buffers), x).data, expected)
    untied = utils.functional_call(model, {"0.weight": other["0.weight"]}, (x,), tie_weights=False)
    assert not np.array_equal(untied.data, utils.functional_call(model, {"0.weight": other["0.weight"]}, (x,)).data)
    assert all(tensor is before[name] for name, tensor in [*model.named_parameters(), *model.named_buffers()])
    assert model[2].weight is model[0].weight

    each = {name: np.broadcast_to(p.data, p.shape) for name, p in model.named_parameters()}
    slopes = grad(lambda p: (utils.functional_call(model, p, x) ** 2).sum())(each)
    (model(x) ** 2).sum().backward()
    for name, parameter in model.named_parameters():
        np.testing.assert_allclose(slopes[name], parameter.grad.data, rtol=1e-4, atol=1e-5)

    for wrong, options, match in (
        ({"3.weight": x, "w": x}, {}, "unknown: 3.weight, w"), (other, {"strict": True}, "missing: .*1.running_mean"),
    ):  # fmt: skip
        with pytest.raises(KeyError, match=match):
            utils.functional_call(model, wrong, x, **options)
    with pytest.raises(ValueError, match="linear"):
        utils.functional_call(model, other, Tensor(np.ones((1, 3), np.float32)))
    assert all(tensor is before[name] for name, tensor in model.named_parameters())


LAYERS: list[Any] = [
    lambda: nn.Linear(3, 4), lambda: nn.Conv2d(3, 4, 2), lambda: nn.ConvTranspose1d(3, 4, 2),
]  # fmt: skip


@pytest.mark.parametrize("make", LAYERS)
@pytest.mark.parametrize("dim", [0, 1, None])
def test_weight_norm(make: Any, dim: int | None) -> None:
    layer = make()
    before = layer.weight.data.copy()
    assert utils.weight_norm(layer, dim=dim) is layer
    assert set(layer.state_dict()) == {"bias", "weight_g", "weight_v"}
    assert layer.weight_g.ndim == (0 if dim is None else before.ndim)
    x = np.random.default_rng(0).normal(size=(2, 3, 5, 5)[: max(2, before.ndim)]).astype(np.float32)
    layer(x).sum().backward()
    np.testing.assert_allclose(layer.weight.data, before, rtol=1e-5)
    along = layer.weight_v.grad.data * layer.weight_v.data  # the length of v changes nothing
    np.testing.assert_allclose(along.sum(), 0, atol=1e-3)
    layer.weight_g.data *= 2
    twin = copy.deepcopy(layer)
    np.testing.assert_allclose(twin(x).data, layer(x).data, rtol=1e-6)
    np.testing.assert_allclose(layer.weight.data, 2 * before, rtol=1e-5)
    utils.remove_weight_norm(layer)
    assert set(layer.state_dict()) == {"bias", "weight"}
    np.testing.assert_allclose(layer.weight.data, 2 * before, rtol=1e-5)
    with pytest.raises(ValueError, match="weight_norm"):
        utils.remove_weight_norm(layer)


@pytest.mark.parametrize("make", LAYERS)
def test_spectral_norm(make: Any) -> None:
    layer = make()
    before = layer.weight.data.copy()
    axis = 1 if isinstance(layer, nn.ConvTranspose1d) else 0
    exact = np.linalg.svd(np.moveaxis(before, axis, 0).reshape(before.shape[axis], -1), compute_uv=False)[0]
    utils.spectral_norm(layer, n_power_iterations=50, rng=np.random.default_rng(0))
    assert set(layer.state_dict()) == {"bias", "weight_orig", "weight_u", "weight_v"}
    x = np.random.default_rng(0).normal(size=(2, 3, 5, 5)[: max(2, before.ndim)]).astype(np.float32)
    for _ in range(3):
        result = layer(x)
    np.testing.assert_allclose(layer.weight.data, before / exact, rtol=1e-3, atol=1e-5)
    u = layer.weight_u.data.copy()
    layer.eval()(x)
    np.testing.assert_array_equal(layer.weight_u.data, u)
    result.sum().backward()
    assert layer.weight_orig.grad is not None
    utils.remove_spectral_norm(layer)
    np.testing.assert_allclose(layer.weight.data, before / exact, rtol=1e-3, atol=1e-5)


def test_two_calls_before_one_backward_pass() -> None:
    layer = utils.spectral_norm(nn.Linear(3, 3, rng=np.random.default_rng(0)), rng=np.random.default_rng(1))
    x = np.ones((1, 3), np.float32)
    (layer(x) * layer(x)).sum().backward()  # the singular vectors that the first call used have moved on
    assert np.isfinite(layer.weight_orig.grad.data).all()


def test_errors() -> None:
    with pytest.raises(ValueError, match="no parameter"):
        utils.weight_norm(nn.Linear(2, 2), "kernel")
    with pytest.raises(ValueError, match="n_power_iterations"):
        utils.spectral_norm(nn.Linear(2, 2), n_power_iterations=0)
    with pytest.raises(TypeError, match="Tensor"):
        utils.vector_to_parameters(np.zeros(2), [])


def test_inputs_are_cast_where_no_gradient_is_asked() -> None:
    net = nn.LSTM(2, 3)
    x = np.ones((4, 2))
    with pytest.raises(ValueError, match="float32"):
        net(x)
    handle = utils.cast_inputs(net)
    state = (np.zeros((1, 3)), Tensor(np.zeros((1, 3))))
    output, _ = net(x, state)
    assert output.dtype == np.float32
    np.testing.assert_array_equal(output.data, net(x.astype(np.float32))[0].data)
    with pytest.raises(ValueError, match="float32"):
        net(Tensor(x, requires_grad=True))
    handle.remove()
    with pytest.raises(ValueError, match="float32"):
        net(x)


def test_what_is_cast_keeps_its_kind() -> None:
    given: list[Any] = []

    class Seeing(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(np.ones(1, np.float16))

        def forward(self, *values: Any, **named: Any) -> None:
            given.extend([*values, named["mask"]])

    module = Seeing()
    utils.cast_inputs(module)
    module(np.ones(1), Tensor(np.ones(1, np.float32)), np.array([1]), np.ones(1, complex), 2.0, "a", mask=np.ones(1))
    dtypes = [getattr(value, "dtype", type(value)) for value in given]
    assert dtypes == [np.float16, np.float16, np.int64, np.complex128, float, str, np.float16]
    with pytest.raises(TypeError, match="cast_inputs: expected a Module, got list"):
        utils.cast_inputs([1])  # type: ignore[arg-type]


def test_a_module_that_nobody_sets_leaves_the_generator_alone() -> None:
    autograd.manual_seed(0)
    made = nn.utils.skip_init(nn.Linear, 3, 2, dtype=np.float64)
    assert (made.weight.shape, made.weight.dtype) == ((2, 3), np.float64)
    drawn = autograd.generator(None).random()
    autograd.manual_seed(0)
    assert autograd.generator(None).random() == drawn
    for wrong in (len, nn.functional.relu, np.ndarray):
        with pytest.raises(RuntimeError, match="class of modules"):
            nn.utils.skip_init(wrong, 1)
