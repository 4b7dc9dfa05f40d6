"""Pruning: masks, what is left of them, and that training does not move what is pruned."""

import copy
import pickle

import numpy as np
import pytest

import nn
import optim
from autograd import Tensor, no_grad
from nn.utils import prune

WEIGHT = np.array([[1.0, -6.0, 3.0], [-2.0, 5.0, 4.0]], np.float32)


def layer(weight=WEIGHT):
    made = nn.Linear(weight.shape[1], weight.shape[0])
    with no_grad():
        made.weight[...] = weight
    return made


def mask_of(module):
    return module.weight_mask.data.astype(int).tolist()


def test_the_least_entries_and_then_those_of_what_is_left():
    made = prune.l1_unstructured(layer(), "weight", 2)
    assert mask_of(made) == [[0, 1, 1], [0, 1, 1]]
    assert [name for name, _ in made.named_parameters()] == ["bias", "weight_orig"]
    np.testing.assert_array_equal(made.weight.data, WEIGHT * made.weight_mask.data)
    assert mask_of(prune.l1_unstructured(made, "weight", 0.5)) == [[0, 1, 0], [0, 1, 0]]  # of the four
    scores = np.arange(6.0).reshape(2, 3)
    assert mask_of(prune.l1_unstructured(layer(), "weight", 1, importance_scores=scores)) == [[0, 1, 1], [1, 1, 1]]


def test_channels():
    assert mask_of(prune.ln_structured(layer(), "weight", 1, 1, 1)) == [[0, 1, 1], [0, 1, 1]]
    assert mask_of(prune.ln_structured(layer(), "weight", 0.5, 2, 0)) == [[1, 1, 1], [0, 0, 0]]
    made = prune.ln_structured(layer(), "weight", 1, np.inf, -1)
    assert mask_of(prune.ln_structured(made, "weight", 1, 1, -1)) == [[0, 1, 0], [0, 1, 0]]  # of the two that are left
    drawn = mask_of(prune.random_structured(layer(), "weight", 2, 1, rng=np.random.default_rng(0)))
    assert drawn[0] == drawn[1]
    assert sum(drawn[0]) == 1
    drawn = [prune.random_unstructured(layer(), "weight", 0.5, rng=np.random.default_rng(k)) for k in (0, 0, 1)]
    assert mask_of(drawn[0]) == mask_of(drawn[1]) != mask_of(drawn[2])
    assert np.sum(mask_of(drawn[0])) == 3


def test_several_parameters_are_compared():
    net = nn.Sequential(layer(), layer(WEIGHT.T * 10))
    prune.global_unstructured([(net[0], "weight"), (net[1], "weight")], prune.L1Unstructured, amount=0.5)
    assert (np.sum(mask_of(net[0])), np.sum(mask_of(net[1]))) == (0, 6)
    assert prune.is_pruned(net)
    assert not prune.is_pruned(layer())


def test_a_method_of_ones_own():
    class Positive(prune.BasePruningMethod):
        def compute_mask(self, t, default_mask):
            return default_mask * (t > 0)

    assert mask_of(Positive.apply(layer(), "weight")) == [[1, 0, 1], [0, 1, 1]]
    assert mask_of(prune.custom_from_mask(prune.identity(layer(), "weight"), "weight", WEIGHT > 3)) == [
        [0, 0, 0],
        [0, 1, 1],
    ]


@pytest.mark.parametrize("made", [lambda x: x, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
@pytest.mark.filterwarnings("ignore:pickle")
def test_training_leaves_it_at_zero_until_it_is_removed(made):
    pruned = made(prune.l1_unstructured(layer(), "weight", 0.5))
    optimizer = optim.SGD(pruned.parameters(), lr=0.1)
    x = Tensor(np.ones((4, 3), np.float32))
    for _ in range(2):
        optimizer.zero_grad()
        (pruned(x) ** 2).sum().backward()
        optimizer.step()
    pruned(x)
    assert ((pruned.weight.data == 0) == (pruned.weight_mask.data == 0)).all()
    expected, left = pruned(x).data, pruned.weight.data
    other = prune.identity(layer(), "weight")
    other.load_state_dict(pruned.state_dict())
    np.testing.assert_array_equal(other(x).data, expected)
    prune.remove(pruned, "weight")
    assert sorted(pruned.state_dict()) == ["bias", "weight"]
    np.testing.assert_array_equal(pruned.weight.data, left)
    np.testing.assert_array_equal(pruned(x).data, expected)


@pytest.mark.parametrize(
    ("error", "call", "text"),
    [
        (ValueError, lambda: prune.l1_unstructured(layer(), "weight", 1.5), "amount from 0 to 1 as a float"),
        (ValueError, lambda: prune.l1_unstructured(layer(), "weight", -1), "a whole number of at least 0"),
        (ValueError, lambda: prune.l1_unstructured(layer(), "weight", 7), "at most the 6 there are, got 7"),
        (TypeError, lambda: prune.l1_unstructured(layer(), "weight", "all"), "amount as a number"),
        (ValueError, lambda: prune.l1_unstructured(layer(), "weights", 1), "Linear has no parameter 'weights'"),
        (ValueError, lambda: prune.l1_unstructured(layer(), "weight", 1, np.ones(2)), r"of shape \(2, 3\)"),
        (IndexError, lambda: prune.ln_structured(layer(), "weight", 1, 2, 2), "expected a dim from -2 to 1"),
        (ValueError, lambda: prune.custom_from_mask(layer(), "weight", np.ones(3)), r"a mask of shape \(2, 3\)"),
        (ValueError, lambda: prune.remove(layer(), "weight"), "Linear has no pruning of 'weight'"),
        (TypeError, lambda: prune.global_unstructured([(layer(), "weight")], prune.LnStructured, amount=1, n=2),
         "expected an unstructured method, got LnStructured"),
        (NotImplementedError, lambda: prune.BasePruningMethod.apply(layer(), "weight"), "compute_mask"),
    ],
)  # fmt: skip
def test_errors(error, call, text):
    with pytest.raises(error, match=text):
        call()
