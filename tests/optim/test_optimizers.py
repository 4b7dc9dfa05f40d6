"""Optimizers: PyTorch's trajectories, and what all of them promise."""

import copy
import json
import pickle
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

import nn
import optim
from autograd import Tensor
from optim import optimizer as base
from optim import rows

from ..arrays import Device

REFERENCE = dict(np.load(Path(__file__).parents[1] / "reference" / "optim.npz"))
STEPS = (1, 2, 10, 50, 100)
CASES = [key for key in REFERENCE if key.startswith("[") and hasattr(optim, json.loads(key)[0])]
ALL = ["SGD", "Adam", "AdamW", "Adamax", "NAdam", "RAdam", "RMSprop", "Rprop", "Adagrad", "Adadelta", "ASGD", "Lion"]
"""Those that treat each element by itself."""
OTHERS = ["Adafactor", "Muon", "LBFGS"]
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
    if name in ("LBFGS", "Muon"):
        return kind(params if name == "LBFGS" else params[:1], **options)
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
    assert {json.loads(key)[0] for key in CASES} == {*ALL, *OTHERS} - {"Lion"}
    # SparseAdam stands beside PyTorch's in tests/reference/programs/tools.txt
    rest = {"Optimizer", "lr_scheduler", "swa_utils", "SparseAdam"}
    assert {*rest, *ALL, *OTHERS} == set(optim.__all__)


@pytest.mark.parametrize("name", [*ALL, *OTHERS, "SparseAdam"])
def test_on_arrays_of_another_kind(name):
    """With gradients clipped in between, which asks for one number."""

    def trained(kind):
        w = Tensor(kind(np.linspace(-1, 1, 6).reshape(2, 3)), requires_grad=True)
        optimizer = getattr(optim, name)([w], lr=0.02)

        def closure():
            optimizer.zero_grad()
            value = (np.exp(w * 0.5) ** 2).sum()
            value.backward()
            nn.utils.clip_grad_norm_(w, 2.0)
            nn.utils.clip_grad_value_(w, 1.0)
            return value

        for _ in range(6):
            optimizer.step(closure)
        return w.data

    found = trained(Device)
    assert isinstance(found, Device)
    np.testing.assert_allclose(found._array, trained(np.array), rtol=1e-12)


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


ALLOCATES_NOTHING = [
    *[(name, STATEFUL.get(name, {})) for name in [*ALL, "Adafactor"]],
    ("SGD", {}), ("SGD", {"momentum": 0.9, "nesterov": True}), ("SGD", {"momentum": 0.9, "dampening": 0.5}),
    ("Adam", {"decoupled_weight_decay": True}), ("AdamW", {"amsgrad": True}),
    ("NAdam", {"decoupled_weight_decay": True}),
    ("RAdam", {"decoupled_weight_decay": True, "betas": (0.5, 0.5)}), ("RMSprop", {}), ("ASGD", {"t0": 0}),
]  # fmt: skip


@pytest.mark.parametrize("maximize", [False, True])
@pytest.mark.parametrize("weight_decay", [0, 0.1])
@pytest.mark.parametrize(("name", "options"), ALLOCATES_NOTHING)
def test_a_step_allocates_nothing(name, options, weight_decay, maximize):
    if name != "Rprop":
        options = {**options, "weight_decay": weight_decay}
    options = {**options, "maximize": maximize}
    p = Tensor(np.ones((300, 400), "f4"), requires_grad=True)
    q = Tensor(np.ones((30, 40), "f4"), requires_grad=True)
    r = Tensor(np.ones((90, 40), "f4"), requires_grad=True)
    for tensor in (p, q, r):
        tensor.grad = np.ones(tensor.shape, "f4")
    p.grad.data = np.ones((400, 300), "f4").T
    optimizer = getattr(optim, name)([p, q, r], lr=Tensor(0.1), **options)
    optimizer.step()
    optimizer.step()
    tracemalloc.start()
    for _ in range(3):
        optimizer.step()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # bytes; the smallest parameter alone has 4,800, and its update has several passes; NumPy buffers what it broadcasts
    assert peak < (20_000 if name in ALL else 100_000)


@pytest.mark.parametrize("name", [*ALL, *OTHERS])
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
        (
            lambda s: s["state"][2].update(exp_avg="high"),
            ValueError,
            "expected exp_avg to be numbers .*got <U4: .*high",
        ),
        (lambda s: s["state"][2].update(exp_avg=[[1.0], [2.0, 3.0]]), ValueError, "inhomogeneous"),
        (lambda s: s["state"][2].update(exp_avg=1j * np.ones(4)), ValueError, "of float64, got complex128"),
        (lambda s: s["state"][2].update(exp_avg=1.0), ValueError, r"exp_avg of shape \(\)?"),
        (lambda s: s["state"][2].update(step="many"), ValueError, "step to be a number, got 'many'"),
        (lambda s: s["state"].update({2: 3}), ValueError, "a dict as the state of parameter 2, got 3"),
        (
            lambda s: s["state"][2].pop("exp_avg_sq"),
            KeyError,
            "exp_avg_sq in the state of parameter 2, got step, exp_avg:",
        ),
        (lambda s: s["param_groups"][1].pop("params"), KeyError, "expected params in group 1"),
        (lambda s: s["param_groups"][1].pop("betas"), KeyError, "expected betas in group 1"),
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


@pytest.mark.parametrize("name", [*ALL, "LBFGS"])
def test_a_state_of_another_kind_changes_nothing(name):
    """RAdam's state has the names of Adam's, and is told by its options. AdamW goes on from Adam, as in PyTorch."""
    params = parameters()
    optimizer = make(name, params, {"momentum": 0.9} if name == "SGD" else {})
    run(optimizer, params, 1)
    saved = optimizer.state_dict()
    alike = {"Adam", "AdamW"}
    for kind in [*ALL, "LBFGS"]:
        other = make(kind, parameters(), {})
        before = other.state_dict()
        if kind == name or {kind, name} <= alike:
            continue
        with pytest.raises((KeyError, ValueError), match=f"{kind}.load_state_dict: expected"):
            other.load_state_dict(saved)
        np.testing.assert_equal(other.state_dict(), before)


def test_adamw_stays_itself():
    """As in PyTorch: the option by which it differs from Adam is not loaded."""
    optimizer = make("AdamW", parameters(), {})
    optimizer.load_state_dict(make("Adam", parameters(), {}).state_dict())
    assert [group["decoupled_weight_decay"] for group in optimizer.param_groups] == [True, True]


def test_state_that_came_as_lists():
    p = Tensor(np.ones((2, 1)), requires_grad=True)
    optimizer = optim.SGD([p], momentum=0.9)
    p.grad = Tensor(np.full((2, 1), 3.0))
    optimizer.step()
    saved = optimizer.state_dict()
    saved["state"][0]["momentum_buffer"] = saved["state"][0]["momentum_buffer"].tolist()
    optimizer.load_state_dict(json.loads(json.dumps(saved)))
    assert optimizer.state[p]["momentum_buffer"].tolist() == [[3], [3]]


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
    group = {"params": iter([c]), "momentum": 0.0, "remark": "last"}
    optimizer.add_param_group(group)
    assert optimizer.param_groups[2] is group
    assert group["params"][0] is c
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
        ([], ValueError, r"got none \(a module finds those of layers in a ModuleList"),
        (a, TypeError, "sequence of parameters or dicts, got Tensor; put it in a list$"),
        ([np.ones(3)], TypeError, "got ndarray as parameter 0"),
        (3, TypeError, "sequence of parameters or dicts, got int$"),
        (nn.Linear(2, 2), TypeError, r"got Linear; pass its .parameters\(\)$"),
        (nn.Sequential(nn.Linear(2, 2)), TypeError, r"got Sequential; pass its .parameters\(\)$"),
        (
            [{"params": [a]}, {"params": [b, a]}],
            ValueError,
            "in one group, but parameter 1 of the group",
        ),
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


def test_gradients_filled_with_zeros_belong_to_no_graph():
    """A gradient that create_graph=True made is a Tensor of a graph, in which nothing may be overwritten."""
    w = Tensor([1.0, 2.0], requires_grad=True)
    (w**3).sum().backward(create_graph=True)
    first = w.grad
    assert first.requires_grad
    optim.SGD([w]).zero_grad(set_to_none=False)
    assert not w.grad.requires_grad
    np.testing.assert_array_equal(w.grad.data, 0)


def test_options_that_are_arrays_of_one_element_become_numbers():
    w = Tensor([1.0], requires_grad=True)
    group = optim.Adam([w], lr=np.array(0.5), betas=(np.float32(0.5), 0.75), eps=np.array([1e-3])).param_groups[0]
    assert (group["lr"], group["betas"], group["eps"]) == (0.5, (0.5, 0.75), 1e-3)
    assert {type(v) for v in (group["lr"], *group["betas"], group["eps"])} == {float}


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
    with pytest.raises(TypeError, match="complex128"):
        w.grad = Tensor([1j, 2j])


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


def test_parameters_are_updated_in_rows():
    """Small ones together in one, large ones each in its own; those without a gradient apart, and later again."""
    params = [Tensor(np.ones(shape, "f4"), requires_grad=True) for shape in ((3,), (2, 2), (), (200, 300), (100,))]
    optimizer = optim.Adam(params)
    group = optimizer.param_groups[0]
    for present, sizes in (
        ((0, 1, 3), [2, 1]),
        ((0, 1, 2, 3), [2, 1, 1]),
        ((0, 2), [1, 1]),
        ((0, 1, 2, 3), [1, 1, 1, 1]),
    ):
        for i, p in enumerate(params):
            p.grad = np.ones(p.shape, "f4") if i in present else None
        optimizer.step()
        assert sorted((len(row.params) for row, _ in optimizer._rows(group)), reverse=True) == sizes
    assert [optimizer.state[p]["step"] for p in params[:4]] == [4, 3, 3, 3]
    assert params[4] not in optimizer.state
    with_step = optim.Adam(params[:1])
    params[0].data[...] = 1
    for _ in range(4):
        with_step.step()
    np.testing.assert_array_equal(optimizer.state[params[0]]["exp_avg"], with_step.state[params[0]]["exp_avg"])


def test_a_row_is_no_longer_than_what_is_updated_at_a_time(monkeypatch):
    monkeypatch.setattr(base, "BLOCK", 10)
    params = [Tensor(np.ones(size), requires_grad=True) for size in (4, 6, 1, 9, 4, 4)]
    for p in params:
        p.grad = np.ones(p.shape)
    optimizer = optim.Adam(params)
    assert [row.size for row, _ in optimizer._rows(optimizer.param_groups[0])] == [10, 10, 8]


def test_those_beside_a_row_that_is_broken_up_go_on():
    """Where some parameters of a row lose their gradients, the other rows stay as they are."""
    params = [Tensor(np.ones(shape, "f4"), requires_grad=True) for shape in ((3,), (200, 300), (2,))]
    optimizer = optim.SGD(params, lr=1.0)
    for present in ((0, 1, 2), (0, 1), (0, 1), (0, 1, 2)):
        for i, p in enumerate(params):
            p.grad = np.ones(p.shape, "f4") if i in present else None
        optimizer.step()
    assert [p.data.flat[0] for p in params] == [-3, -3, -1]


def test_a_first_step_before_any_gradient_warns():
    w = Tensor([1.0], requires_grad=True)
    optimizer = optim.SGD([w], momentum=0.9)
    with pytest.warns(UserWarning, match="SGD.step: no parameter has a gradient, so nothing changes"):
        optimizer.step()
    w.grad = np.ones(1)
    optimizer.step()
    w.grad = None
    optimizer.step()  # now it may be meant


@pytest.mark.filterwarnings("ignore:.*no parameter has a gradient")
@pytest.mark.parametrize("name", [*ALL, "Adafactor"])
def test_gradients_that_come_and_go(name):
    """Each parameter goes the way that it goes with an optimizer of its own."""
    rng = np.random.default_rng(0)
    together = [Tensor(np.ones(4), requires_grad=True) for _ in range(3)]
    alone = [Tensor(np.ones(4), requires_grad=True) for _ in range(3)]
    options = STATEFUL.get(name, {})
    kind = getattr(optim, name)
    one, each = kind(together, **options), [kind([p], **options) for p in alone]
    for _ in range(12):
        for p, q in zip(together, alone, strict=True):
            g = rng.normal(size=4) if rng.random() < 0.6 else None
            p.grad, q.grad = g, g
        one.step()
        for optimizer in each:
            optimizer.step()
        np.testing.assert_array_equal(row(together), row(alone))


def test_state_and_groups_changed_by_hand():
    a, b, c = (Tensor(np.ones(3), requires_grad=True) for _ in range(3))
    optimizer = optim.Adam([a, b], lr=0.1)
    a.grad = b.grad = c.grad = np.ones(3)
    optimizer.step()
    optimizer.state.clear()
    optimizer.step()
    assert optimizer.state[a]["step"] == 1
    optimizer.state[b]["exp_avg"] = np.zeros(3)
    optimizer.state[b]["step"] = 7
    optimizer.step()
    assert (optimizer.state[a]["step"], optimizer.state[b]["step"]) == (2, 8)
    np.testing.assert_allclose(optimizer.state[b]["exp_avg"], 0.1)
    optimizer.param_groups[0]["params"].append(c)
    optimizer.param_groups[0]["amsgrad"] = True
    optimizer.step()
    assert "max_exp_avg_sq" in optimizer.state[c] and optimizer.state[a]["step"] == 3  # noqa: PT018
    optimizer.param_groups[0]["params"] = [b]
    before = a.data.copy()
    optimizer.step()
    np.testing.assert_array_equal(a.data, before)
    assert optimizer.state[b]["step"] == 10


def test_momentum_that_begins_later():
    w = Tensor(np.ones(2), requires_grad=True)
    optimizer = optim.SGD([w], lr=1.0)
    w.grad = np.ones(2)
    optimizer.step()
    optimizer.param_groups[0].update(momentum=0.5, dampening=0.5)
    optimizer.step()  # the first step of the momentum is undampened
    optimizer.step()
    np.testing.assert_allclose(w.data, 1 - 1 - 1 - (0.5 + 0.5))


def test_a_parameter_twice_in_a_group():
    w, single = Tensor(np.ones(3), requires_grad=True), Tensor(np.ones(3), requires_grad=True)
    with pytest.warns(UserWarning, match="more than once"):
        optimizer = optim.Adam([w, w], lr=0.1)
    other = optim.Adam([single], lr=0.1)
    w.grad = single.grad = np.ones(3)
    for _ in range(3):
        optimizer.step()
    for _ in range(6):
        other.step()
    np.testing.assert_array_equal(w.data, single.data)
    saved = optimizer.state_dict()
    assert saved["param_groups"][0]["params"] == [0, 0]
    optimizer.load_state_dict(saved)
    assert optimizer.state[w]["step"] == 6


def test_lr_as_a_tensor_is_read_at_each_step():
    lr = Tensor([0.5])
    w = Tensor(np.ones(2), requires_grad=True)
    optimizer = optim.SGD([w], lr=lr)
    w.grad = np.ones(2)
    optimizer.step()
    lr.data[...] = 0.25
    optimizer.step()
    np.testing.assert_allclose(w.data, 0.25)
    assert optimizer.param_groups[0]["lr"] is lr
    assert optimizer.state_dict()["param_groups"][0]["lr"] == 0.25
    with pytest.raises(ValueError, match="lr >= 0"):
        optim.SGD([w], lr=Tensor([0.1, 0.2]))


def test_keywords_of_other_implementations():
    w = Tensor(np.ones(2), requires_grad=True)
    optimizer = optim.AdamW([w], foreach=True, fused=None, capturable=False, differentiable=False)
    assert "foreach" not in optimizer.param_groups[0]
    with pytest.raises(TypeError, match="unexpected keyword argument 'momentun'"):
        optim.SGD([w], momentun=0.9)


def test_hooks():
    w = Tensor(np.ones(2), requires_grad=True)
    w.grad = np.ones(2)
    seen = []
    optimizer = optim.SGD([w])
    optimizer.register_step_pre_hook(lambda o, args, kwargs: seen.append(("pre", o is args[0], kwargs)))
    handle = optimizer.register_step_post_hook(lambda o, args, kwargs: seen.append("post"))
    with (
        optim.hooks.register_optimizer_step_pre_hook(lambda *_: seen.append("all, before")),
        optim.hooks.register_optimizer_step_post_hook(lambda *_: seen.append("all, after")),
    ):
        optimizer.step()
    assert seen == ["all, before", ("pre", True, {}), "post", "all, after"]
    handle.remove()
    handle.remove()
    seen.clear()
    optimizer.register_step_pre_hook(lambda o, args, kwargs: (args, {"closure": lambda: 3}))
    assert optimizer.step() == 3
    assert len(seen) == 1
    optimizer.register_step_pre_hook(lambda o, args, kwargs: 1)
    with pytest.raises(RuntimeError, match="step pre-hook, got 1"):
        optimizer.step()
    assert copy.deepcopy(optimizer).step() is None  # hooks are not copied


def test_hooks_of_saving_and_loading():
    w = Tensor(np.ones(2), requires_grad=True)
    optimizer = optim.SGD([w], lr=0.1)
    seen = []
    optimizer.register_state_dict_pre_hook(lambda o: seen.append("save"))
    optimizer.register_state_dict_post_hook(lambda o, s: {**s, "extra": len(seen)})
    optimizer.register_state_dict_post_hook(lambda o, s: s.update(first=True), prepend=True)
    saved = optimizer.state_dict()
    assert (saved["extra"], saved["first"]) == (1, True)

    def faster(o, s):
        s["param_groups"] = [{**s["param_groups"][0], "lr": 7.0}]

    optimizer.register_load_state_dict_pre_hook(faster)
    optimizer.register_load_state_dict_post_hook(lambda o: seen.append(o.param_groups[0]["lr"]))
    optimizer.load_state_dict(saved)
    assert seen == ["save", 7.0]
    assert saved["param_groups"][0]["lr"] == 0.1


def test_an_optimizer_that_overrides_step():
    class Plain(optim.Optimizer):
        def __init__(self, params, lr):
            super().__init__(params, {"lr": lr})

        def step(self, closure=None):
            for group in self.param_groups:
                for p in group["params"]:
                    p.data -= group["lr"] * p.grad.data

    w = Tensor(np.ones(2), requires_grad=True)
    w.grad = np.ones(2)
    optimizer, seen = Plain([w], 0.5), []
    optimizer.register_step_post_hook(lambda *_: seen.append(1))
    optimizer.step()
    assert seen == [1]
    np.testing.assert_allclose(w.data, 0.5)


def test_an_optimizer_that_overrides_step_keeps_in_its_state_what_it_likes():
    class Noted(optim.Optimizer):
        def __init__(self, params):
            super().__init__(params, {})

        def step(self, closure=None):
            for p in self.param_groups[0]["params"]:
                self.state[p].update(phase="warm", seen=[p.grad.data.copy()])

    w = Tensor(np.ones(2), requires_grad=True)
    w.grad = np.ones(2)
    optimizer, other = Noted([w]), Noted([w])
    optimizer.step()
    other.load_state_dict(optimizer.state_dict())
    np.testing.assert_equal(other.state_dict(), optimizer.state_dict())


@pytest.mark.parametrize("anew", [False, True])
@pytest.mark.parametrize("name", [*ALL, "Adafactor", "Muon"])
def test_a_state_that_is_put_in_the_place_of_another_counts(name, anew):
    """Also of an optimizer whose update makes what it keeps: a state emptied between steps begins anew."""
    w, other = (Tensor(np.array([[1.0, -2.0], [3.0, 4.0]]), requires_grad=True) for _ in range(2))
    optimizer = getattr(optim, name)([w], **STATEFUL.get(name, {}))
    for k in range(3):
        w.grad = np.array([[1.0, 2.0], [3.0, -4.0]]) * (k + 1)
        optimizer.step()
    if anew:
        optimizer.state[w] = {}
    else:
        optimizer.state[w].clear()
    other.data[...] = w.data
    fresh = getattr(optim, name)([other], **STATEFUL.get(name, {}))
    w.grad, other.grad = np.ones((2, 2)), np.ones((2, 2))
    optimizer.step()
    fresh.step()
    np.testing.assert_array_equal(w.data, other.data)
    np.testing.assert_equal(optimizer.state[w], fresh.state[other])


def test_state_that_belongs_to_no_parameter():
    w = Tensor(np.ones(2), requires_grad=True)
    optimizer = optim.SGD([w])
    optimizer.state["count"] = {"steps": 3}
    saved = optimizer.state_dict()
    other = optim.SGD([w])
    other.load_state_dict(saved)
    assert other.state["count"] == {"steps": 3}


def test_the_mean_of_asgd_begins_after_t0():
    """Until then it is the parameter itself; from then on the mean of where the parameter has been."""
    w = Tensor(np.array([4.0, -2.0]), requires_grad=True)
    lr, lambd, alpha, t0 = 0.1, 0.3, 0.5, 3
    optimizer = optim.ASGD([w], lr=lr, lambd=lambd, alpha=alpha, t0=t0)
    x, mean, eta, mu = w.data.copy(), 0.0, lr, 1.0
    for step in range(1, 9):
        w.grad = 2 * w.data
        optimizer.step()
        x = x * (1 - lambd * eta) - eta * 2 * x
        mean = mean + mu * (x - mean)
        np.testing.assert_allclose(w.data, x, rtol=1e-12)
        np.testing.assert_allclose(optimizer.state[w]["ax"], mean, rtol=1e-12)
        eta, mu = lr / (1 + lambd * lr * step) ** alpha, 1 / max(1, step - t0)


def test_the_momenta_of_nadam_multiply_in_the_precision_of_the_parameter():
    """Their product is what divides the first moment: in float32 it would be wrong in the ninth digit."""
    w = Tensor(np.ones(1), requires_grad=True)
    optimizer = optim.NAdam([w], lr=0.1)
    x, first, second, product = 1.0, 0.0, 0.0, 1.0
    for step in range(1, 21):
        g = 1.0 + (step - 1) % 3
        w.grad = np.array([g])
        optimizer.step()
        mu, following = (0.9 * (1 - 0.5 * 0.96 ** (0.004 * n)) for n in (step, step + 1))
        product *= mu
        first, second = 0.9 * first + 0.1 * g, 0.999 * second + 0.001 * g * g
        step_first = following * first / (1 - product * following) + (1 - mu) * g / (1 - product)
        x -= 0.1 * step_first / ((second / (1 - 0.999**step)) ** 0.5 + 1e-8)
    np.testing.assert_allclose(w.data, x, rtol=1e-13)
    np.testing.assert_allclose(x, -0.649251224403, rtol=1e-11)


@pytest.mark.parametrize("name", ["Adam", "AdamW", "Adamax", "NAdam", "RMSprop", "Adagrad"])
def test_without_eps_the_first_step_is_as_long_for_a_tiny_gradient(name):
    """eps = 0 is allowed and means 0: a gradient of 1e-100 moves a parameter as far as one of 1."""
    moved = []
    for size in (1.0, 1e-100):
        w = Tensor(np.array([1.0, 2.0]), requires_grad=True)
        w.grad = np.array([size, -size])
        options = {"weight_decay": 0} if name == "AdamW" else {}
        getattr(optim, name)([w], lr=0.25, eps=0, **options).step()
        moved.append(w.data - [1.0, 2.0])
    np.testing.assert_allclose(moved[0], moved[1], rtol=1e-12)
    assert abs(moved[0]).min() > 0.01


@pytest.mark.parametrize("when", ["state_dict_pre", "state_dict_post", "load_state_dict_pre", "load_state_dict_post"])
def test_hooks_run_in_order_and_those_put_first_before(when):
    optimizer, seen = optim.SGD([Tensor(np.ones(2), requires_grad=True)]), []
    register = getattr(optimizer, f"register_{when}_hook")
    for name, options in (("a", {}), ("b", {}), ("c", {"prepend": True})):
        register(lambda *_, name=name: seen.append(name), **options)
    optimizer.load_state_dict(optimizer.state_dict())
    assert seen == ["c", "a", "b"]


@pytest.mark.parametrize("steps", [5, 20, 2000])
def test_radam_takes_its_step_by_the_length_of_the_mean(steps):
    """Equations of Liu et al. 2020, algorithm 2, from a state that has seen so many steps."""
    g, m, v, lr, beta1, beta2 = 0.5, 0.2, 0.4, 0.1, 0.9, 0.999
    w = Tensor([1.0], requires_grad=True)
    optimizer = optim.RAdam([w], lr=lr, betas=(beta1, beta2), eps=0)
    optimizer.state[w].update(step=steps, exp_avg=np.array([m]), exp_avg_sq=np.array([v]))
    w.grad = np.array([g])
    optimizer.step()
    t = steps + 1
    m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g * g
    rho_inf = 2 / (1 - beta2) - 1
    rho = rho_inf - 2 * t * beta2**t / (1 - beta2**t)
    assert (rho > 5) == (t > 5)
    r = np.sqrt((rho - 4) * (rho - 2) * rho_inf / ((rho_inf - 4) * (rho_inf - 2) * rho))
    step = lr * m / (1 - beta1**t) * r * np.sqrt((1 - beta2**t) / v)
    np.testing.assert_allclose(w.data, [1 - step], rtol=1e-12)


@pytest.mark.parametrize("when", ["pre", "post"])
def test_a_hook_of_all_optimizers_is_called_alone(when):
    seen, w = [], Tensor([1.0], requires_grad=True)
    w.grad = np.ones(1)
    register = getattr(optim.hooks, f"register_optimizer_step_{when}_hook")
    handle = register(lambda optimizer, args, kwargs: seen.append(type(optimizer).__name__))
    optim.SGD([w]).step()
    handle.remove()
    optim.SGD([w]).step()
    assert seen == ["SGD"]


def test_muon_takes_matrices_alone():
    for value in (np.ones(3), np.ones((2, 2, 2)), 1j * np.ones((2, 2))):
        with pytest.raises(ValueError, match="Muon: expected real matrices, got a parameter of shape"):
            optim.Muon([Tensor(value, requires_grad=True)])
