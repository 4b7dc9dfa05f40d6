"""Layers that find out their channels from the first input."""

import copy
import pickle

import numpy as np
import pytest

import nn
from autograd import Tensor

from .cases import LAZY

RNG = np.random.default_rng


@pytest.mark.parametrize(("lazy", "kind", "args", "kwargs", "shape", "length"), LAZY)
def test_becomes_the_ordinary_layer(lazy, kind, args, kwargs, shape, length):
    random = {"rng": 0} if "Norm" not in kind.__name__ else {}
    seeds = {name: RNG(seed) for name, seed in random.items()}
    layer = lazy(*args, **kwargs, **seeds)
    assert isinstance(layer, kind)
    assert repr(layer).startswith(f"{lazy.__name__}(")
    before = list(layer.parameters())
    assert all(isinstance(p, nn.UninitializedParameter) for p in before)
    x = RNG(1).normal(size=shape).astype(np.float32)
    result = layer(Tensor(x))
    plain = kind(length, *args, **kwargs, **{name: RNG(seed) for name, seed in random.items()})
    if random:
        plain.load_state_dict(layer.state_dict())
    np.testing.assert_array_equal(result.data, plain(Tensor(x)).data)
    assert type(layer) is kind
    assert repr(layer) == repr(plain)
    assert vars(layer).keys() == vars(plain).keys()
    assert all(a is b for a, b in zip(before, layer.parameters(), strict=True))
    assert all(type(p) is nn.Parameter and p.data.any() == q.data.any()
               for p, q in zip(layer.parameters(), plain.parameters(), strict=True))  # fmt: skip
    if before:
        result.sum().backward()
    assert all(p.grad is not None and p.grad.shape == p.shape for p in layer.parameters())


def test_lazy_instance_norm_has_parameters_and_statistics_unless_told_otherwise():
    layer = nn.LazyInstanceNorm2d()
    layer(np.ones((2, 3, 4, 4), np.float32))
    assert list(layer.state_dict()) == ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"]


def test_initial_values_are_those_of_the_layer():
    layer = nn.LazyLinear(4, rng=RNG(0)).double()
    layer(Tensor(np.ones((2, 3))))
    bound = 1 / np.sqrt(3)
    assert layer.weight.dtype == np.float64
    assert 0.5 * bound < abs(layer.weight.data).max() < bound


def test_a_loaded_state_decides_the_shapes():
    source = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))
    source(np.ones((2, 3), np.float32))
    for make in (lambda m: m, copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))):
        lazy = make(nn.Sequential(nn.LazyLinear(4), nn.LazyBatchNorm1d()))
        lazy.load_state_dict(source.state_dict())
        x = np.float32([[1, 2, 3], [3, 1, 0]])
        np.testing.assert_array_equal(lazy.eval()(x).data, source.eval()(x).data)
        assert repr(lazy) == repr(source)


def test_hooks_and_names_stay():
    seen = []
    layer = nn.LazyLinear(2)
    net = nn.Sequential(layer)
    layer.register_forward_hook(lambda module, args, out: seen.append(type(module)))
    net.train(False)
    net(np.ones((1, 3), np.float32))
    assert seen == [nn.Linear]
    assert not layer.training


@pytest.mark.parametrize(
    "use",
    [
        lambda p: p.size,
        lambda p: p.shape,
        lambda p: nn.init.normal_(p),
    ],
)
def test_before_the_first_input_there_is_nothing_to_count_or_to_set(use):
    weight = nn.LazyLinear(3).weight
    with pytest.raises(RuntimeError, match="UninitializedParameter: it has no shape and no values yet"):
        use(weight)
    assert repr(weight) == "UninitializedParameter()"


def test_what_cannot_be_found_out():
    with pytest.raises(ValueError, match="groups that divide"):
        nn.LazyConv1d(4, 1, groups=2)(np.ones((1, 3, 4), np.float32))
    layer = nn.LazyBatchNorm2d()
    with pytest.raises(ValueError, match="expected 4 axes"):
        layer(np.ones((2, 3), np.float32))
