"""Restricted Boltzmann machines against their definitions, and a deep belief network that learns."""

import itertools

import numpy as np
import pytest

import nn
from autograd import Tensor, manual_seed
from nn import data as sets
from nn.parameter import write
from optim import SGD


def machine(visible: int = 4, hidden: int = 3) -> nn.RBM:
    rbm = nn.RBM(visible, hidden, dtype=np.float64, rng=np.random.default_rng(0))
    random = np.random.default_rng(1)
    for parameter in rbm.parameters():
        write(parameter, random.normal(size=parameter.shape))
    return rbm


def states(n: int) -> np.ndarray:
    return np.array(list(itertools.product([0.0, 1.0], repeat=n)))


def test_free_energy_sums_over_the_hidden_units() -> None:
    rbm = machine()
    w, a, b = rbm.weight.data, rbm.visible_bias.data, rbm.hidden_bias.data
    for v in states(4):
        energies = [-v @ a - h @ b - h @ w @ v for h in states(3)]
        np.testing.assert_allclose(rbm.free_energy(v).item(), -np.log(np.exp(-np.array(energies)).sum()))


def test_gradient_is_that_of_contrastive_divergence() -> None:
    rbm = machine()
    data = states(4)[[3, 5, 9]]
    rbm.contrastive_divergence(data, k=2, rng=np.random.default_rng(2)).backward()
    sample = rbm.sample(data, 2, rng=np.random.default_rng(2))
    positive, negative = rbm(data).data, rbm(sample).data
    np.testing.assert_allclose(rbm.weight.grad.data, -(positive.T @ data - negative.T @ sample) / 3)
    np.testing.assert_allclose(rbm.visible_bias.grad.data, -(data - sample).mean(0), atol=1e-15)
    np.testing.assert_allclose(rbm.hidden_bias.grad.data, -(positive - negative).mean(0))


def test_the_data_get_the_gradient_of_their_free_energy() -> None:
    rbm = machine()
    data, again = (Tensor(states(4)[[3, 5, 9]], requires_grad=True) for _ in range(2))
    rbm.contrastive_divergence(data).backward()
    rbm.free_energy(again).mean().backward()
    np.testing.assert_allclose(data.grad.data, again.grad.data)
    assert np.abs(data.grad.data).min() > 0


def test_samples_follow_the_distribution() -> None:
    rbm = machine(3, 2)
    sample = rbm.sample(np.zeros((20000, 3)), 30, rng=np.random.default_rng(0))
    weights = np.exp(-rbm.free_energy(states(3)).data)
    found = [(sample == v).all(1).mean() for v in states(3)]
    np.testing.assert_allclose(found, weights / weights.sum(), atol=0.015)


def test_the_persistent_chain_goes_on() -> None:
    rbm = machine()
    data = states(4)[:6]
    rbm.contrastive_divergence(data, persistent=True, rng=np.random.default_rng(0))
    first = rbm.chain.data.copy()
    rbm.contrastive_divergence(data, persistent=True, rng=np.random.default_rng(1))
    np.testing.assert_array_equal(rbm.chain.data, rbm.sample(first, 1, rng=np.random.default_rng(1)))
    assert set(rbm.state_dict()) == {"weight", "visible_bias", "hidden_bias"}
    rbm.reset_parameters()
    assert rbm.chain is None


def test_sampling_records_nothing_and_is_seeded() -> None:
    rbm = nn.RBM(4, 3)
    data = Tensor(states(4).astype(np.float32))
    manual_seed(0)
    first = rbm.sample(data)
    manual_seed(0)
    np.testing.assert_array_equal(first, rbm.sample(data))
    assert first.dtype == np.float32
    with pytest.raises(ValueError, match="step"):
        rbm.sample(data, 0)


def test_deep_belief_network_learns_layer_by_layer() -> None:
    images = sets.digits().tensors[0]
    x = np.asarray(images[:400]).reshape(400, 64)
    network = nn.DeepBeliefNetwork([64, 48, 24], rng=np.random.default_rng(0))
    errors = network.pretrain(x, 8, batch_size=10, optimizer=lambda parameters: SGD(parameters, lr=0.5))
    assert [len(layer) for layer in errors] == [8, 8]
    assert errors[0][-1] < 0.5 * errors[0][0]
    assert errors[1][-1] < 0.7 * errors[1][0]
    start = network.to_sequential()
    np.testing.assert_allclose(start(x).data, network(x).data, rtol=1e-6)
    write(network.layers[0].weight, 0)
    assert np.abs(start[0].weight.data).max() > 0  # copies
    classifier = network.to_sequential(classes=10)
    assert classifier(x).shape == (400, 10)
    with pytest.raises(ValueError, match="sizes"):
        nn.DeepBeliefNetwork([64])


def test_without_an_optimizer_it_goes_down_the_gradient_as_sgd_does() -> None:
    data = states(4).astype(np.float32)
    errors = []
    for optimizer in (None, lambda parameters: SGD(parameters, lr=0.1)):
        network = nn.DeepBeliefNetwork([4, 3], rng=np.random.default_rng(0))
        errors.append(network.pretrain(data, 5, batch_size=4, optimizer=optimizer))
    assert errors[0] == errors[1]
    assert errors[0][0][-1] < errors[0][0][0]


def test_the_data_receive_the_gradient_of_their_free_energy() -> None:
    rbm, values = machine(), states(4)
    data = Tensor(values, requires_grad=True)
    rbm.contrastive_divergence(data, rng=np.random.default_rng(0)).backward()
    alone = Tensor(values, requires_grad=True)
    rbm.free_energy(alone).mean().backward()
    np.testing.assert_allclose(data.grad.data, alone.grad.data)


def test_a_belief_net_dreams_in_the_proportions_of_its_top_and_draws_them_through_the_layers_below():
    """Counted: the top RBM's visible units over all its states, then the probabilities of the layer below."""
    network = nn.DeepBeliefNetwork([3, 2, 2], dtype=float, rng=np.random.default_rng(1))
    for parameter in network.parameters():
        parameter.data[...] = np.random.default_rng(parameter.size).normal(size=parameter.shape)
    bottom, top = network.layers
    states = np.array(list(itertools.product([0.0, 1.0], repeat=2)))
    weights = np.exp(-top.free_energy(Tensor(states)).numpy())
    expected = (weights / weights.sum()) @ bottom.visible(Tensor(states)).numpy()
    dreams = network.sample(np.zeros((20_000, 3)), steps=30, rng=np.random.default_rng(2))
    assert dreams.shape == (20_000, 3)
    assert np.abs(dreams.mean(0) - expected).max() < 0.01
    again = network.sample(np.zeros((20_000, 3)), steps=30, rng=np.random.default_rng(2))
    assert np.array_equal(dreams, again)
    single = nn.DeepBeliefNetwork([3, 2], rng=np.random.default_rng(3)).sample(np.zeros((4, 3), np.float32))
    assert single.dtype == np.float32
    assert ((single > 0) & (single < 1)).all()
    with pytest.raises(ValueError, match="at least one step"):
        network.sample(np.zeros((1, 3)), steps=0)
