"""What single optimizers do at a step, from their formulas, where a run against PyTorch's does not show it."""

import numpy as np
import pytest

import optim
from autograd import Tensor

ALL = ["SGD", "Adam", "AdamW", "Adamax", "NAdam", "RAdam", "RMSprop", "Rprop", "Adagrad", "Adadelta", "ASGD", "Lion",
       "Adafactor", "Muon", "SparseAdam"]  # fmt: skip


def stepped(name, value, *gradients, **options):
    """A parameter after a step for each gradient, and its optimizer."""
    w = Tensor(np.array(value), requires_grad=True)
    optimizer = getattr(optim, name)([w], **options)
    for g in gradients:
        w.grad = np.array(g, dtype=w.dtype)
        optimizer.step()
    return w, optimizer


@pytest.mark.parametrize("shape", [(4, 4), (3, 5), (5, 3)])
def test_muon_turns_the_gradient_into_its_own_rotation(shape):
    """With G = U S V' the step is U f(S) V', with all of f(S) near 1: a matrix that the same U and V make diagonal."""
    g = np.random.default_rng(0).standard_normal(shape)
    w, _ = stepped("Muon", np.zeros(shape), g, lr=1.0, weight_decay=0.0)
    u, _, vt = np.linalg.svd(g, full_matrices=False)
    found = -u.T @ w.data @ vt.T / np.sqrt(max(1, shape[0] / shape[1]))
    np.testing.assert_allclose(found, np.diag(np.diag(found)), atol=1e-10)
    assert np.all(abs(np.diag(found) - 1) < 0.4)


def test_until_t0_the_mean_of_asgd_is_the_parameter_to_the_last_bit():
    gradients = np.random.default_rng(0).standard_normal((5, 50))
    w, optimizer = stepped("ASGD", np.ones(50), *gradients, lr=0.3)
    np.testing.assert_array_equal(optimizer.state[w]["ax"], w.data)


@pytest.mark.parametrize("name", ALL)
def test_what_a_state_has_after_two_steps(name):
    kept = {
        "SGD": set(), "Lion": {"exp_avg"}, "Muon": {"momentum_buffer"}, "RMSprop": {"step", "square_avg"},
        "Rprop": {"step", "prev", "step_size"}, "Adamax": {"step", "exp_avg", "exp_inf"}, "Adagrad": {"step", "sum"},
        "NAdam": {"step", "mu_product", "exp_avg", "exp_avg_sq"}, "Adadelta": {"step", "square_avg", "acc_delta"},
        "ASGD": {"step", "eta", "mu", "ax"}, "Adafactor": {"step", "row_var", "col_var"},
    }  # fmt: skip
    _, optimizer = stepped(name, np.ones((2, 3)), np.ones((2, 3)), np.ones((2, 3)))
    state = optimizer.state_dict()["state"].get(0, {})
    assert set(state) == kept.get(name, {"step", "exp_avg", "exp_avg_sq"})
    assert state.get("step", 2) == 2


@pytest.mark.parametrize(
    ("name", "shape", "scale", "lr"),
    [("Adafactor", (300, 300), 1.0, 0.01), ("Adafactor", (90_000,), 1.0, 0.01), ("Adafactor", (3000,), 20.0, 0.01),
     ("Muon", (64, 64), 10.0, 0.5)],
)  # fmt: skip
def test_norms_of_half_precision_are_taken_in_single(name, shape, scale, lr):
    """The sum of squares is beyond the range of float16, the norm is not."""
    rng = np.random.default_rng(0)
    value, g = rng.standard_normal(shape), rng.standard_normal(shape) * scale
    options = {"lr": lr, "eps": (1e-2, 1e-3) if name == "Adafactor" else 1e-7}
    found, expected = (
        stepped(name, value.astype(kind), g, g, **options)[0].data.astype(float) for kind in ("f2", "f4")
    )
    np.testing.assert_allclose(found, expected, rtol=4e-3, atol=4e-3)
    assert abs(found - value).mean() > 1e-2


@pytest.mark.parametrize(("name", "decoupled"), [("AdamW", True), ("Lion", True), ("Muon", True), ("Adafactor", True),
                                                 ("Adam", False), ("SGD", False)])  # fmt: skip
def test_decay_that_is_decoupled_shrinks_what_has_no_slope(name, decoupled):
    value = np.array([[1.0, -2.0], [4.0, 8.0]])
    w, _ = stepped(name, value, np.zeros((2, 2)), lr=0.01, weight_decay=0.5)
    assert np.allclose(w.data, value * (1 - 0.01 * 0.5), rtol=1e-12) is (decoupled or name == "SGD")


def test_hooks_of_steps_run_in_order():
    w, seen = Tensor(np.ones(2), requires_grad=True), []
    optimizer = optim.SGD([w])
    for name in ("a", "b"):
        optimizer.register_step_pre_hook(lambda *_, name=name: seen.append(f"{name} before"))
        optimizer.register_step_post_hook(lambda *_, name=name: seen.append(f"{name} after"))
    w.grad = np.ones(2)
    optimizer.step()
    assert seen == ["a before", "b before", "a after", "b after"]


def test_a_class_that_is_made_with_a_keyword_is_refused():
    with pytest.raises(TypeError, match="takes no keyword arguments"):
        type("Mine", (optim.SGD,), {}, colour=1)


def test_rows_without_a_gradient_keep_their_means():
    g = np.array([[0.0, 0.0], [0.3, 0.0]])
    w, optimizer = stepped("SparseAdam", np.ones((2, 2)), np.ones((2, 2)), g, 0 * g, lr=0.1, maximize=True)
    first, second = optimizer.state[w]["exp_avg"]
    np.testing.assert_allclose(first, [-0.1, -0.1])
    np.testing.assert_allclose(second, [-0.12, -0.09])
    dense, _ = stepped("Adam", np.ones(2), np.ones(2), np.array([0.3, 0.0]), lr=0.1, maximize=True, eps=1e-12)
    np.testing.assert_allclose(w.data, [[1.1, 1.1], dense.data], 1e-6)
    assert optimizer.state[w]["step"] == 3


def test_what_an_optimizer_of_ones_own_keeps_may_have_any_shape():
    class Trusting(optim.Optimizer):
        def step(self, closure=None):
            for p in self.param_groups[0]["params"]:
                self.state[p].update(ratio=np.float64(2.0), mean=np.ones(3), norms=Tensor([1.0, 2.0]), name="a")

    w = Tensor(np.ones((2, 2)), requires_grad=True)
    optimizer, other = Trusting([w], {"lr": 0.1}), Trusting([w], {"lr": 0.2})
    optimizer.step()
    other.load_state_dict(optimizer.state_dict())
    state = other.state[w]
    assert (state["ratio"], state["name"]) == (2.0, "a")
    np.testing.assert_array_equal(state["mean"], np.ones(3))
    np.testing.assert_array_equal(state["norms"], [1.0, 2.0])
