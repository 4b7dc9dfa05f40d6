"""Training on several ranks gives the weights of one process: with every kind of batch, layer and step."""

import copy

import numpy as np
import pytest

import nn
from autograd import Tensor
from nn import parallel

from .running import on_ranks

TRAININGS = ["plain", "norm", "dropout", "recurrent"]


@pytest.mark.parametrize(("n", "steps"), [(2, 200), (3, 40)])
@pytest.mark.parametrize("kind", TRAININGS)
def test_the_weights_are_those_of_one_process(kind, n, steps):
    (alone,) = on_ranks(1, "training", kind, steps)
    found = on_ranks(n, "training", kind, steps)
    for each in found:
        np.testing.assert_array_equal(each["weights"], found[0]["weights"])
    np.testing.assert_allclose(found[0]["weights"], alone["weights"], rtol=0, atol=1e-12)
    np.testing.assert_allclose(found[0]["losses"], alone["losses"], rtol=0, atol=1e-12)


def test_the_same_number_of_ranks_gives_the_same_bits():
    first, second = (on_ranks(3, "training", "dropout", 30)[0]["weights"] for _ in range(2))
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize(("kind", "n"), [("plain", 2), ("plain", 3), ("dropout", 2), ("common", 2), ("own", 2)])
def test_a_compiled_step_does_what_the_engine_does(kind, n):
    """Also where some ranks run a program and others the engine, as with a last batch of 2, 2 and 3 examples.

    A rank may not find out after an exchange, by values of its "own", that its program does not hold.
    """
    expected = on_ranks(1, "compiled", kind, False)[0]["weights"]
    for found in on_ranks(n, "compiled", kind, True):
        np.testing.assert_allclose(found["weights"], expected, rtol=0, atol=1e-12)
        assert (found["programs"] > 0) == (kind in ("plain", "common"))


@pytest.mark.parametrize("n", [2, 3])
def test_gradients_that_add_up_before_a_step(n):
    expected = on_ranks(1, "accumulation")[0]["weights"]
    for found in on_ranks(n, "accumulation"):
        np.testing.assert_allclose(found["weights"], expected, rtol=0, atol=1e-12)


def test_parameters_that_not_all_ranks_use():
    first, second = on_ranks(2, "parts")
    for name, gradient in first.items():
        if name.startswith("c"):
            assert gradient is second[name] is None
        else:
            np.testing.assert_array_equal(gradient, second[name])
            np.testing.assert_allclose(gradient, np.full_like(gradient, 0.5 if "bias" in name else 0.75))


def test_alone_it_is_the_module():
    module = nn.Linear(2, 1)
    model = parallel.DistributedDataParallel(module)
    x = np.ones((3, 2), np.float32)
    np.testing.assert_array_equal(model(x).data, module(x).data)
    assert list(model.state_dict()) == ["module.weight", "module.bias"]
    with model.no_sync():
        model(Tensor(x)).sum().backward()
    assert module.bias.grad.item() == 3
    np.testing.assert_array_equal(copy.deepcopy(model)(x).data, module(x).data)


def test_wrong_uses():
    with pytest.raises(TypeError, match="DistributedDataParallel: expected a Module, got list"):
        parallel.DistributedDataParallel([nn.Linear(1, 1)])
    with pytest.raises(ValueError, match="expected reduction 'mean' or 'sum', got 'none'"):
        parallel.DistributedDataParallel(nn.Linear(1, 1), reduction="none")
