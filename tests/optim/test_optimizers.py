"""Optimizers: PyTorch's trajectories, and what all of them promise."""

import copy
import json
import pickle
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

import optim
from autograd import Tensor
from optim import optimizer as base, rows

REFERENCE = dict(np.load(Path(__file__).parents[1] / "reference" / "optim.npz"))
STEPS = (1, 2, 10, 50, 100)
CASES = [key for key in REFERENCE if key.startswith("[") and hasattr(optim, json.loads(key)[0])]
ALL = ["SGD", "Adam", "AdamW", "Adamax", "NAdam", "RAdam", "RMSprop", "Rprop", "Adagrad", "Adadelta", "ASGD", "Lion"]
"""Those that treat each element by itself."""
STATEFUL = {"SGD": {"momentum": 0.9}, "RMSprop": {"momentum": 0.9, "centered": True}, "Adam": {"amsgrad": True}}


def loss(*params):
    weight, bias, scale = params
    rest = np.tanh(REFERENCE["inputs"] @ weight + bias) * scale - REFERENCE["targets"]
    return (rest * rest.conj()).real.mean() + 0.05 * sum((p * p.conj()).real.sum() for p in params)


def parameters(turned=0.0, order="C"):
    values = [REFERENCE[k] * np.exp(1j * turned) if turned else REFERENCE[k] for k in ("weight", "bias", "scale")]
    params = [Tensor(value, requires_grad=True) for value in values]
    params[0].data = np.asarray(params[0].data, order=order)
    return params


def make(name, params, options):
    options = {k: tuple(v) if isinstance(v, list) else v for k, v in options.items()}
    kind = getattr(optim, name)
    if name == "LBFGS":
        return kind(params, **options)
    groups = [{"params": params[::2]}, {"params": params[1:2], "lr": options.get("lr", 0.01) * 2}]
    return kind(groups, **options)


def run(optimizer, params, steps):
    def closure():
        optimizer.zero_grad()
        value = loss(*params)
        value.backward()
        return value

    for _ in range(steps):
        optimizer.step(closure)


def row(params):
    return np.concatenate([p.data.reshape(-1) for p in params])


def test_every_optimizer_has_cases():
    assert {json.loads(key)[0] for key in CASES} == {*ALL, "LBFGS", "Adafactor"} - {"Lion"}
    assert {"Optimizer", "lr_scheduler", *ALL, "LBFGS", "Adafactor"} <= set(optim.__all__)


@pytest.mark.parametrize("case", CASES)
def test_trajectory(case):
    name, options, *turned = json.loads(case)
    params = parameters(0.3 if turned else 0.0)
    arrays = [p.data for p in params]
    optimizer = make(name, params, options)
    done = 0
    for steps, expected in zip(STEPS, REFERENCE[case], strict=True):
        run(optimizer, params, steps - done)
        done = steps
        np.testing.assert_allclose(row(params), expected, rtol=1e-9, atol=1e-10, err_msg=f"after {steps} steps")
    assert all(p.data is array for p, array in zip(params, arrays, strict=True))


@pytest.mark.parametrize("options", [{}, {"weight_decay": 0.1}, {"betas": (0.5, 0.8), "maximize": True}])
def test_lion(options):
    lr, (beta1, beta2), decay = 0.01, options.get("betas", (0.9, 0.99)), options.get("weight_decay", 0)
    gradients = np.random.default_rng(0).normal(size=(30, 5))
    p = Tensor(np.arange(5.0), requires_grad=True)
    optimizer = optim.Lion([p], lr=lr, **options)
    x, m = np.arange(5.0), np.zeros(5)
    for g in gradients:
        p.grad = g
        optimizer.step()
        g = -g if options.get("maximize") else g
        x = x - lr * (np.sign(beta1 * m + (1 - beta1) * g) + decay * x)
        m = beta2 * m + (1 - beta2) * g
        np.testing.assert_allclose(p.data, x, rtol=1e-12)
        np.testing.assert_allclose(optimizer.state[p]["exp_avg"], m, rtol=1e-12)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("small", [0, 1024])
@pytest.mark.parametrize("dtype", ["f4", "f8", "c8"])
def test_pieces_and_memory_orders_change_nothing(name, dtype, small, monkeypatch):
    monkeypatch.setattr(rows, "BLOCK", 7)
    monkeypatch.setattr(rows, "SMALL", small)
    monkeypatch.setattr(base, "SMALL", small)
    rng = np.random.default_rng(0)
    start = rng.normal(size=(6, 5)).astype(dtype)
    gradients = [rng.normal(size=(6, 5)).astype(dtype) for _ in range(4)]
    options = {"maximize": True, **STATEFUL.get(name, {}), **({} if name == "Rprop" else {"weight_decay": 0.1})}
    expected = []
    for cell in range(start.size):  # each element as a parameter of its own
        p = Tensor(start.reshape(-1)[cell], requires_grad=True)
        optimizer = getattr(optim, name)([p], **options)
        for g in gradients:
            p.grad = Tensor(g.reshape(-1)[cell])
            optimizer.step()
        expected.append(p.data[()])
    expected = np.array(expected).reshape(start.shape)

    layouts = {
        "C": start.copy(),
        "F": np.asfortranarray(start),
        "strided": np.repeat(np.repeat(start, 2, 0), 3, 1)[::2, ::3],
        "reversed": start[::-1].copy()[::-1],
        "swapped": start.T.copy().T,
    }
    for layout, data in layouts.items():
        for turn in (lambda g: g.copy(), np.asfortranarray, lambda g: np.repeat(g, 2, 1)[:, ::2]):
            array = data.copy(order="K") if layout != "strided" else np.repeat(np.repeat(start, 2, 0), 3, 1)[::2, ::3]
            p = Tensor(start, requires_grad=True)
            p.data = array
            optimizer = getattr(optim, name)([p], **options)
            for g in gradients:
                p.grad = Tensor(0 * g)
                p.grad.data = turn(g)
                optimizer.step()
            assert p.data is array
            np.testing.assert_array_equal(array, expected, err_msg=layout)


@pytest.mark.parametrize("name", [*ALL, "Adafactor"])
def test_odd_parameters(name):
    """None as a gradient, no elements, no axes, and a dtype of its own for each."""
    shapes = {"untouched": (2,), "empty": (0, 3), "number": (), "row": (1, 3), "box": (2, 1, 2)}
    params = {
        k: Tensor(np.ones(shape, "f4" if k == "row" else "f8"), requires_grad=True) for k, shape in shapes.items()
    }
    optimizer = getattr(optim, name)(params.values(), lr=0.1)
    for _ in range(2):
        for k, p in params.items():
            p.grad = None if k == "untouched" else np.ones(p.shape)
        optimizer.step()
    assert (params["untouched"].data == 1).all()
    assert all((params[k].data < 1).all() and params[k].shape == shapes[k] for k in ("number", "row", "box"))
    assert params["row"].dtype == np.float32
    assert params["untouched"] not in optimizer.state


@pytest.mark.parametrize("name", ALL)
def test_a_step_allocates_nothing(name):
    p = Tensor(np.ones((300, 400), "f4"), requires_grad=True)
    q = Tensor(np.ones((30, 40), "f4"), requires_grad=True)
    p.grad, q.grad = Tensor(np.ones((400, 300), "f4").T), Tensor(np.ones((30, 40), "f4"))
    options = {**STATEFUL.get(name, {}), **({} if name == "Rprop" else {"weight_decay": 0.1})}
    optimizer = getattr(optim, name)([p, q], maximize=True, **options)
    optimizer.step()
    tracemalloc.start()
    for _ in range(3):
        optimizer.step()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20_000  # bytes; the smaller parameter alone has 4,800, and its update has several passes


@pytest.mark.parametrize("name", [*ALL, "Adafactor", "LBFGS"])
def test_going_on_from_a_saved_state(name):
    """Through state_dict, through JSON-like keys, and through pickle and deepcopy: the same numbers to the last bit."""
    options = STATEFUL.get(name, {}) if name != "LBFGS" else {"max_iter": 3}
    params = parameters(order="F")
    optimizer = make(name, params, options)
    run(optimizer, params, 3)
    saved = optimizer.state_dict()
    others = parameters(order="F")
    for p, other in zip(params, others, strict=True):
        other.data[...] = p.data
    other = make(name, others, options)
    textual = {"state": {str(k): v for k, v in saved["state"].items()}, "param_groups": saved["param_groups"]}
    other.load_state_dict(textual)
    copied_params, copied = copy.deepcopy((params, optimizer))
    stored_params, stored = pickle.loads(pickle.dumps((params, optimizer)))
    before = copy.deepcopy(saved)
    run(optimizer, params, 3)
    for them, theirs in ((other, others), (copied, copied_params), (stored, stored_params)):
        run(them, theirs, 3)
        np.testing.assert_array_equal(row(theirs), row(params))
    np.testing.assert_equal(saved, before)  # what was saved is a copy


def test_layout_of_the_state():
    params = parameters()
    optimizer = make("Adam", params, {"lr": 0.1})
    run(optimizer, params, 2)
    saved = optimizer.state_dict()
    assert [group["params"] for group in saved["param_groups"]] == [[0, 1], [2]]
    assert [group["lr"] for group in saved["param_groups"]] == [0.1, 0.2]
    assert set(saved["state"]) == {0, 1, 2}
    assert set(saved["state"][0]) == {"step", "exp_avg", "exp_avg_sq"}
    assert saved["state"][0]["step"] == 2
    assert saved["state"][0]["exp_avg"].shape == (3, 4)


@pytest.mark.parametrize(
    ("change", "error", "match"),
    [
        (lambda s: s.pop("state"), KeyError, "expected 'state'"),
        (lambda s: s["param_groups"].pop(), ValueError, r"groups of \[2, 1\] parameters, got \[2\]"),
        (lambda s: s["param_groups"][0]["params"].pop(), ValueError, r"got \[1, 1\]"),
        (lambda s: s["state"][0].update(exp_avg=np.ones((4, 3))), ValueError, r"exp_avg of shape \(3, 4\)"),
        (lambda s: s["state"].update({7: {}}), ValueError, "got state of 7"),
        (lambda s: s["param_groups"][0].update(lr=-1), ValueError, "lr >= 0, got -1"),
    ],
)
def test_a_state_that_does_not_fit_changes_nothing(change, error, match):
    params = parameters()
    optimizer = make("Adam", params, {})
    run(optimizer, params, 1)
    saved, before = optimizer.state_dict(), optimizer.state_dict()
    run(optimizer, params, 1)
    now = optimizer.state_dict()
    change(saved)
    with pytest.raises(error, match=match):
        optimizer.load_state_dict(saved)
    np.testing.assert_equal(optimizer.state_dict(), now)
    optimizer.load_state_dict(before)
    np.testing.assert_equal(optimizer.state_dict(), before)


def test_state_is_loaded_in_the_dtype_of_the_parameter():
    p = Tensor(np.ones(3, "f4"), requires_grad=True)
    optimizer = optim.SGD([p], momentum=0.9)
    optimizer.load_state_dict({
        "state": {0: {"momentum_buffer": np.ones(3)}},
        "param_groups": [{**optimizer.defaults, "params": [0]}],
    })  # fmt: skip
    assert optimizer.state[p]["momentum_buffer"].dtype == np.float32


ERRORS = [
    ("SGD", {"lr": -0.1}, "SGD: expected lr >= 0, got -0.1"),
    ("SGD", {"lr": float("nan")}, "expected lr >= 0, got nan"),
    ("SGD", {"lr": "fast"}, "expected lr >= 0, got 'fast'"),
    ("SGD", {"lr": np.ones(2)}, "expected lr >= 0"),
    ("SGD", {"momentum": -1}, "momentum >= 0"),
    ("SGD", {"weight_decay": -1}, "weight_decay >= 0"),
    ("SGD", {"nesterov": True}, "momentum > 0 and dampening 0"),
    ("SGD", {"nesterov": True, "momentum": 0.9, "dampening": 0.1}, "momentum > 0 and dampening 0"),
    *[
        (name, {"betas": (1.0, 0.9)}, "betas two numbers")
        for name in ("Adam", "AdamW", "Adamax", "NAdam", "RAdam", "Lion")
    ],
    *[(name, {"betas": (0.9, -0.1)}, "betas two numbers") for name in ("Adam", "AdamW", "Adamax", "NAdam", "RAdam")],
    *[
        (name, {"eps": -1}, "eps >= 0")
        for name in ("Adam", "Adamax", "NAdam", "RAdam", "RMSprop", "Adagrad", "Adadelta")
    ],
    ("NAdam", {"momentum_decay": -1}, "momentum_decay"),
    ("RMSprop", {"alpha": -1}, "alpha"),
    ("RMSprop", {"momentum": -1}, "momentum"),
    ("Adagrad", {"lr_decay": -1}, "lr_decay"),
    ("Adagrad", {"initial_accumulator_value": -1}, "initial_accumulator_value"),
    ("Adadelta", {"rho": 1.5}, "rho from 0 to 1"),
    ("Rprop", {"etas": (1.5, 1.2)}, "0 < etas"),
    ("Adafactor", {"d": 0.5}, "d >= 1"),
    ("Adafactor", {"beta2_decay": 0.5}, "beta2_decay <= 0"),
    ("Adafactor", {"eps": (None, -1)}, "eps >= 0"),
    ("LBFGS", {"line_search_fn": "golden"}, "line_search_fn"),
]


@pytest.mark.parametrize(("name", "options", "match"), ERRORS)
def test_options_out_of_range(name, options, match):
    with pytest.raises(ValueError, match=match):
        getattr(optim, name)(parameters(), **options)
    if "lr" not in options and name != "LBFGS":  # nor as those of a group
        with pytest.raises(ValueError, match=match):
            getattr(optim, name)([{"params": parameters(), **options}])


def test_groups():
    a, b, c = parameters()
    optimizer = optim.SGD([{"params": a, "lr": 0.5}, {"params": [b]}], lr=Tensor(0.1), momentum=0.9)
    assert [group["lr"] for group in optimizer.param_groups] == [0.5, 0.1]
    optimizer.add_param_group({"params": [c], "momentum": 0.0, "remark": "last"})
    assert optimizer.param_groups[2]["remark"] == "last"
    assert optimizer.param_groups[2]["momentum"] == 0
    assert "Parameter Group 2" in repr(optimizer)
    assert "lr: 0.5" in repr(optimizer)


def test_named_parameters():
    a, b, c = parameters()
    optimizer = optim.Adam({"a": a, "b": b}.items())
    assert optimizer.param_groups[0]["param_names"] == ["a", "b"]
    assert optimizer.state_dict()["param_groups"][0]["param_names"] == ["a", "b"]
    with pytest.raises(ValueError, match="names in all groups or in none"):
        optimizer.add_param_group({"params": [c]})
    with pytest.raises(ValueError, match="names for all parameters or for none"):
        optimizer.add_param_group({"params": [("c", c), b]})
    with pytest.raises(ValueError, match="parameter 'again'"):
        optimizer.add_param_group({"params": [("again", a)]})
    assert len(optimizer.param_groups) == 1


def test_what_no_optimizer_takes():
    a, b, _ = parameters()
    for params, error, match in (
        ([], ValueError, "got none"),
        (a, TypeError, "sequence of parameters"),
        ([np.ones(3)], TypeError, "got ndarray as parameter 0"),
        ([{"params": [a]}, {"params": [b, a]}], ValueError, "each parameter in one group, but parameter 1 of the group"),
        ([a * 2], ValueError, "computed from others"),
        ([{"lr": 1}], TypeError, '"params"'),
        ([{"params": {a, b}}], TypeError, "use a list"),
    ):
        with pytest.raises(error, match=match):
            optim.SGD(params)
    with pytest.raises(TypeError, match="real parameters"):
        optim.Adafactor([Tensor(1j, requires_grad=True)])
    with pytest.raises(ValueError, match="one group"):
        optim.LBFGS([{"params": a}, {"params": b}])
    with pytest.raises(TypeError, match="closure"):
        optim.LBFGS([a]).step()


def test_zero_grad():
    a, b, _ = parameters()
    optimizer = optim.SGD([a, b])
    a.grad = np.ones((3, 4))
    optimizer.zero_grad(set_to_none=False)
    assert (a.grad.data == 0).all()
    assert b.grad is None
    optimizer.zero_grad()
    assert a.grad is None


def test_a_step_is_told_to_the_engine():
    w = Tensor([1.0, 2.0], requires_grad=True)
    optimizer = optim.SGD([w])
    value = (w * w).sum()
    value.backward(retain_graph=True)
    optimizer.step()
    with pytest.raises(RuntimeError, match="overwritten"):
        value.backward()


def test_a_gradient_of_another_kind():
    w = Tensor([1.0, 2.0], requires_grad=True)
    w.grad = Tensor([1j, 2j])
    with pytest.raises(TypeError, match="complex128"):
        optim.SGD([w]).step()


def test_lr_that_became_a_numpy_number_keeps_float32():
    w = Tensor(np.ones(3, "f4"), requires_grad=True)
    optimizer = optim.Adam([w])
    optimizer.param_groups[0]["lr"] = np.float64(0.1)
    w.grad = np.ones(3, "f4")
    optimizer.step()
    assert w.dtype == np.float32
    np.testing.assert_allclose(w.data, 0.9, rtol=1e-6)


def test_parameters_that_got_another_array():
    w = Tensor(np.ones(3), requires_grad=True)
    optimizer = optim.SGD([w], momentum=0.9)
    w.grad = np.ones(3)
    optimizer.step()
    w.data = np.zeros(3)
    optimizer.step()
    np.testing.assert_allclose(w.data, -0.0019)
    optimizer.state[w]["momentum_buffer"] = np.zeros(4)
    w.data = np.zeros(3)
    with pytest.raises(ValueError, match=r"momentum_buffer of shape \(3,\)"):
        optimizer.step()
