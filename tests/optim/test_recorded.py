"""Steps that are recorded: they give what ordinary ones give, and derivatives that are those of their values."""

import numpy as np
import pytest

import optim
from autograd import Tensor, gradcheck

CASES = [
    ("SGD", {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
    ("SGD", {"momentum": 0.9, "dampening": 0.2, "maximize": True}),
    ("Adam", {"amsgrad": True, "weight_decay": 0.1}),
    ("AdamW", {"weight_decay": 0.1}),
    ("NAdam", {"decoupled_weight_decay": True, "weight_decay": 0.1}),
    ("RAdam", {"betas": (0.5, 0.6)}),
    ("Adamax", {}),
    ("Adagrad", {"lr_decay": 0.1}),
    ("Adadelta", {}),
    ("RMSprop", {"centered": True, "momentum": 0.9}),
    ("Rprop", {}),
    ("ASGD", {"t0": 1}),
    ("Lion", {}),
    ("Adafactor", {}),
    ("SparseAdam", {}),
]
START = np.random.default_rng(0).standard_normal((2, 3))
FACTORS = np.random.default_rng(1).uniform(0.5, 2, (4, 2, 3))


def trained(kind, options, start, lr, recorded=True):
    """A parameter after four steps from `start`."""
    w = start * 1.0 if recorded else Tensor(start, requires_grad=True)
    optimizer = getattr(optim, kind)([w], lr=lr, **options)
    for factor in FACTORS:
        w.grad = 4 * factor * w**3 + 2 * w if recorded else Tensor(4 * factor * w.data**3 + 2 * w.data)
        optimizer.step()
    return w, optimizer


@pytest.mark.parametrize(("kind", "options"), CASES)
def test_recorded_steps_are_the_ordinary_ones_and_have_their_derivatives(kind, options):
    def run(start, lr):
        return trained(kind, {**options, "differentiable": True}, start, lr)[0]

    expected, _ = trained(kind, options, START, 0.05, False)
    w = run(Tensor(START, requires_grad=True), 0.05)
    np.testing.assert_allclose(w.data, expected.data, rtol=1e-12)
    assert gradcheck(run, START, np.array(0.05))


def test_the_state_of_recorded_steps_is_saved_and_taken_up():
    first, optimizer = trained("Adam", {"differentiable": True}, Tensor(START, requires_grad=True), 0.05)
    saved = optimizer.state_dict()
    kept = saved["state"][0]["exp_avg"]
    assert type(kept) is np.ndarray
    assert not np.shares_memory(kept, optimizer.state[first]["exp_avg"].data)
    ordinary, other = trained("Adam", {}, START, 0.05, False)
    again = optim.Adam([first], lr=0.05, differentiable=True)
    again.load_state_dict(other.state_dict() | {"param_groups": saved["param_groups"]})
    for opt, w in ((again, first), (other, ordinary)):
        w.grad = Tensor(FACTORS[0])
        opt.step()
    np.testing.assert_allclose(first.data, ordinary.data, rtol=1e-12)


@pytest.mark.parametrize("shape", [(), (1,), (0,)])
def test_small_parameters(shape):
    w = Tensor(np.full(shape, 2.0))
    optimizer = optim.Adam([w], lr=0.1, differentiable=True)
    w.grad = w * w
    optimizer.step()
    again = optim.Adam([w], lr=0.1, differentiable=True)
    again.load_state_dict(optimizer.state_dict())
    again.step()
    assert again.state[w]["exp_avg"].shape == w.shape == shape
    np.testing.assert_allclose(w.data, 1.8)


def test_what_cannot_be_recorded():
    leaf = Tensor(START, requires_grad=True)
    leaf.grad = Tensor(START)
    with pytest.raises(RuntimeError, match="leaf"):
        optim.SGD([leaf], differentiable=True).step()
    with pytest.raises(ValueError, match="expected leaf Tensors"):
        optim.SGD([leaf * 1])
    z = Tensor(START + 1j)
    z.grad = Tensor(START + 1j)
    with pytest.raises(TypeError, match="expected real parameters"):
        optim.SGD([z], differentiable=True).step()
