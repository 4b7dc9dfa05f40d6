"""A step of an optimizer within a compiled function: what `step` of the engine does, at every call, whatever happens
between calls; and what the program's text calls the numbers that change."""

import numpy as np
import pytest

import autograd
import optim
from autograd import Tensor
from optim.traced import not_printed

KINDS = {
    "SGD": {"lr": 0.1, "momentum": 0.9, "dampening": 0.3},
    "Adam": {"lr": 0.02, "weight_decay": 0.1},
    "AdamW": {"lr": 0.02, "maximize": True},
    "RAdam": {"lr": 0.02},
    "NAdam": {"lr": 0.02},
    "ASGD": {"lr": 0.02, "t0": 3},
    "Rprop": {"lr": 0.02},
    "Adafactor": {"lr": 0.02},
    "Muon": {"lr": 0.02, "weight_decay": 0.0},
    "SparseAdam": {"lr": 0.02},
}


def leaves():
    """Of each layout: no dimensions, a vector with gaps, a matrix by columns, one of single precision, an empty one."""
    rng = np.random.default_rng(0)
    values = [
        np.array(0.5),
        rng.standard_normal(6)[::2],
        np.asfortranarray(rng.standard_normal((3, 2))),
        rng.standard_normal((2, 3)).astype(np.float32),
        np.zeros((0, 2)),
    ]
    made = []
    for value in values:
        p = Tensor(np.zeros(value.shape), requires_grad=True)
        p.data = value
        made.append(p)
    return made


def loss_of(params, x):
    return sum(((p - x) ** 2 * (i + 1)).sum() for i, p in enumerate(params))


def trained(
    make, compiled, calls=8, between=lambda k, params, optimizer: None, params=leaves, batch=None, checked=False
):
    """What can be seen after each call: parameters, their state and what the step returned.

    That is, if it is to be checked, a number that is known only after the update, and another one at each call.
    """
    params = params()
    optimizer = make(params)
    used = params if batch is None else batch(params)

    def step(x):
        optimizer.zero_grad()
        loss = loss_of(used, x)
        loss.backward()
        optimizer.step()
        return float(loss_of(used, x).detach()) if checked else loss.detach()

    run = autograd.compile(step) if compiled else step
    seen = []
    for k in range(calls):
        result = run(np.array(0.1 * k))
        seen.append([np.array(result), *[p.data.copy() for p in params]])
        for p in params:
            for name, value in sorted(optimizer.state.get(p, {}).items()):
                seen[-1].append((name, np.copy(value)))
        between(k, params, optimizer)
    return seen, run


def assert_same(make, **options):
    expected, _ = trained(make, False, **options)
    found, run = trained(make, True, **options)
    assert run.why_not is None
    for k, (a, b) in enumerate(zip(expected, found, strict=True)):
        for x, y in zip(a, b, strict=True):
            np.testing.assert_equal(y, x, err_msg=f"call {k}")
    return run


@pytest.mark.parametrize("name", KINDS)
def test_a_traced_step_is_the_engines(name):
    params = leaves if name != "Muon" else lambda: [p for p in leaves() if p.ndim == 2 and p.size]
    run = assert_same(lambda p: getattr(optim, name)(p, **KINDS[name]), params=params)
    assert len(run.programs) <= 2  # RAdam's, whose rectification begins


@pytest.mark.parametrize("name", ["SGD", "Adam", "RAdam", "Rprop", "Adafactor"])
def test_options_that_change_between_calls_count(name):
    def between(k, params, optimizer):
        optimizer.param_groups[0]["lr"] *= 0.9

    assert len(assert_same(lambda p: getattr(optim, name)(p, **KINDS[name]), between=between).programs) <= 2


@pytest.mark.parametrize("name", ["Adam", "RAdam", "NAdam", "Adafactor"])
def test_counts_that_come_apart_between_calls(name):
    """Of one parameter, which then is no longer told what the others are; and of all, which leads to no new program."""

    def one(k, params, optimizer):
        if k == 3:
            optimizer.state[params[1]]["step"] = 40

    def every(k, params, optimizer):
        if k == 3:
            for state in filter(None, optimizer.state.values()):
                state["step"] += 2

    for between in (one, every):
        assert_same(lambda p: getattr(optim, name)(p, **KINDS[name]), between=between)


@pytest.mark.parametrize("name", ["SGD", "Adam", "ASGD"])
def test_a_parameter_without_a_gradient_has_no_state_and_begins_later(name):
    make = lambda p: getattr(optim, name)(p, **KINDS[name])
    seen, run = trained(make, True, batch=lambda params: params[:2])
    assert run.why_not is None
    assert len([part for part in seen[-1] if isinstance(part, tuple)]) == 2 * {"SGD": 1, "Adam": 3, "ASGD": 4}[name]
    for used in (slice(2), slice(1, 3)):
        assert_same(make, batch=lambda params, used=used: params[used])

    def both(compiled):
        params = leaves()[:2]
        optimizer = make(params)

        def step(x, which):
            optimizer.zero_grad()
            loss_of(params[: which + 1], x).backward()
            optimizer.step()

        run = autograd.compile(step) if compiled else step
        for k in range(9):
            run(np.array(0.1 * k), int(k > 3))
        return [p.data for p in params] + [dict(sorted(optimizer.state[p].items())) for p in params]

    np.testing.assert_equal(both(True), both(False))


def test_gradients_of_another_dtype_are_cast():
    def train(compiled):
        w = Tensor(np.linspace(0.1, 1, 300, dtype=np.float32), requires_grad=True)
        w.grad = Tensor(np.ones(300, np.float32))
        optimizer = optim.SGD([w], 0.1, momentum=0.7)

        def step(x):
            w.grad.data = w.data.astype(np.float64) * x
            optimizer.step()
            return w.grad.detach()

        run = autograd.compile(step) if compiled else step
        for _ in range(4):
            run(np.array(1 / 3))
        return w.data

    assert train(True).dtype == np.float32
    np.testing.assert_array_equal(train(True), train(False))


@pytest.mark.parametrize("name", KINDS)
def test_an_update_is_undone_where_a_check_fails(name):
    """What the call returns is known only after the step, and differs: the call is made anew from where it was."""
    params = leaves if name != "Muon" else lambda: [p for p in leaves() if p.ndim == 2 and p.size]
    make = lambda p: getattr(optim, name)(p, **KINDS[name])
    assert_same(make, params=params, calls=7, checked=True)


def test_a_rectification_that_begins_is_another_program():
    """RAdam divides by a root from its sixth step on (with the usual betas); before, there is nothing to divide by."""
    make = lambda p: optim.RAdam(p, lr=0.1)
    run = assert_same(make, calls=9, params=lambda: leaves()[1:2])
    assert len(run.programs) == 2
    texts = [program.source for program in run.programs]
    assert ["np.sqrt" in text for text in texts] == [True, False]


def test_arrays_that_are_put_in_the_place_of_others():
    """Of a parameter, and of its state: the update works on those that are there."""

    def between(k, params, optimizer):
        if k == 3:
            for p in params:
                p.data = p.data * 0.5
        if k == 5:
            optimizer.load_state_dict(optimizer.state_dict())

    for name in ("SGD", "Adam", "Adafactor", "Muon"):
        params = leaves if name != "Muon" else lambda: [p for p in leaves() if p.ndim == 2 and p.size]
        assert_same(lambda p, name=name: getattr(optim, name)(p, **KINDS[name]), between=between, params=params)


def test_a_state_that_is_put_in_the_place_of_another():
    """Of an update that runs in Python: it works on the state that is there."""

    def between(k, params, optimizer):
        if k in (2, 4):
            for p in params:
                if optimizer.state[p]:
                    optimizer.state[p] = {name: np.copy(v)[()] for name, v in optimizer.state[p].items()}
                    optimizer.state[p].update({n: int(v) for n, v in optimizer.state[p].items() if n == "step"})

    assert_same(lambda p: optim.Adafactor(p, lr=0.1), between=between)
    assert_same(lambda p: optim.Muon(p, lr=0.1), between=between, params=lambda: leaves()[2:3])

    def emptied(k, params, optimizer):
        if k == 3:
            optimizer.state[params[0]].clear()

    assert_same(lambda p: optim.Muon(p, lr=0.1), between=emptied, params=lambda: leaves()[2:3], checked=True)


@pytest.mark.parametrize("name", ["SGD", "Muon"])
def test_what_a_step_has_overwritten_is_told_in_a_compiled_function_too(name):
    w = Tensor(np.array([[1.0, 2.0], [3.0, 4.0]]), requires_grad=True)
    optimizer = getattr(optim, name)([w], 0.1)

    def step(x):
        kept = (w * w).sum()
        optimizer.zero_grad()
        (w * x).sum().backward()
        optimizer.step()
        kept.backward()

    for run in (step, autograd.compile(step)):
        for _ in range(3):
            with pytest.raises(RuntimeError, match=r"changed|written"):
                run(np.array(2.0))


@pytest.mark.parametrize(
    ("name", "options", "numbers"),
    [
        ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.3}, {"lr": 0.1, "momentum": 0.9}),
        ("Adagrad", {"lr": 0.1, "initial_accumulator_value": 0.5}, {"lr": 0.1, "eps": 1e-10}),
    ],
)
def test_a_step_can_be_traced_before_any_was_made(name, options, numbers):
    """Its state begins as that of a first step does, and the text makes that step."""

    def made():
        w = Tensor(np.array([1.0, -2.0, 3.0]), requires_grad=True)
        optimizer = getattr(optim, name)([w], **options)

        def step(x):
            optimizer.zero_grad()
            (w * w * x).sum().backward()
            optimizer.step()

        return w, step

    (w, step), (other, again), x = made(), made(), np.array([0.1, 0.2, 0.3])
    program = autograd.trace(step, x)
    np.testing.assert_array_equal(w.data, [1, -2, 3])
    assert [s.function.__name__ for s in program.statements if s.kind == "outside"] == [f"numbers_of_{name}"]
    space = {}
    exec(program.source, space)
    space["step"](x, **program.arrays, **numbers)
    again(x)
    np.testing.assert_array_equal(w.data, other.data)


def test_complex_parameters_are_updated_in_python():
    def params():
        return [Tensor(np.array([1 + 2j, 3j, -1.0]), requires_grad=True)]

    for name in ("Adam", "SGD"):
        expected, found = (_complex(name, compiled, params()) for compiled in (False, True))
        np.testing.assert_equal(found, expected)


def _complex(name, compiled, params):
    (w,) = params
    optimizer = getattr(optim, name)([w], **KINDS[name])

    def step(x):
        optimizer.zero_grad()
        loss = (abs(w - x) ** 2).sum()
        loss.backward()
        optimizer.step()
        return float(loss.detach()) if name == "SGD" else loss.detach()

    run, seen = autograd.compile(step) if compiled else step, []
    for k in range(7):
        seen.append(np.array(run(np.array(0.1 * k))))
        if k == 4:  # arrays of the state that are others, in the place of those that were there
            optimizer.state[w].update({n: np.copy(v) for n, v in optimizer.state[w].items() if n != "step"})
    return seen, w.data, dict(sorted(optimizer.state[w].items()))


WORDS = {
    "SGD": (optim.SGD, {"lr": 0.1}, "lr"),
    "SGD with all": (
        optim.SGD, {"lr": 0.1, "momentum": 0.9, "dampening": 0.2, "weight_decay": 0.01},
        "momentum_buffer, weight_decay, lr, momentum, keep",
    ),
    "Adam": (optim.Adam, {"lr": 0.02}, "exp_avg, exp_avg_sq, size, root, share, beta2, share2, eps"),
    "AdamW": (optim.AdamW, {"lr": 0.02}, "exp_avg, exp_avg_sq, shrink, size, root, share, beta2, share2, eps"),
    "RMSprop": (optim.RMSprop, {"lr": 0.03}, "square_avg, lr, alpha, share, eps"),
    "Adadelta": (optim.Adadelta, {"lr": 0.7}, "square_avg, acc_delta, lr, rho, share, eps"),
    "Lion": (optim.Lion, {"lr": 0.02}, "exp_avg, lr, of_step, share"),
    "ASGD": (optim.ASGD, {"lr": 0.02}, "ax, eta, shrink"),
    "equal options": (
        optim.SGD, {"lr": 0.1, "momentum": 0.1, "weight_decay": 0.1}, "momentum_buffer, weight_decay, lr, momentum",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WORDS)
def test_the_text_calls_numbers_by_their_options_or_as_update_does(name):
    kind, options, expected = WORDS[name]
    w = Tensor(np.ones(3), requires_grad=True)
    optimizer = kind([w], **options)

    def step(x):
        optimizer.zero_grad()
        (w * x).sum().backward()
        optimizer.step()

    for _ in range(2):
        step(np.arange(3.0))
    text = autograd.trace(step, np.arange(3.0)).source
    assert f"def step(x, w, {expected}):" in text


PROMPTED = """
class Own(optim.Optimizer):
    def __init__(self, params, lr=0.1):
        super().__init__(params, {"lr": lr})

    def advance(self, state, group, row):
        return group["lr"], group["lr"] / 8, 3.0

    def update(self, x, g, state, scratch, numbers):
        x *= numbers[1]
        x -= numbers[0] * numbers[2] * g
"""


def test_numbers_of_an_optimizer_written_at_a_prompt_have_names_too():
    """Its update has no text to be found, and does not take the numbers apart."""
    space = {"optim": optim}
    exec(PROMPTED, space)
    w = Tensor(np.ones(2), requires_grad=True)
    optimizer = space["Own"]([w])

    def step(x):
        optimizer.zero_grad()
        (w * x).sum().backward()
        optimizer.step()

    assert "def step(x, w, lr, number, number_1):" in autograd.trace(step, np.arange(2.0)).source


def test_the_text_of_an_update_that_no_text_says_raises():
    class Descent(optim.Optimizer):
        """One that updates parameters as wholes, and does not say what arrays it keeps."""

        elementwise = False

        def advance(self, state, group, row):
            return (group["lr"],)

        def update(self, x, g, state, scratch, numbers):
            x -= numbers[0] * g

    w = Tensor(np.ones((2, 2)), requires_grad=True)
    optimizer = Descent([w], {"lr": 0.1})

    def step(x):
        optimizer.zero_grad()
        (w * x).sum().backward()
        optimizer.step()

    step(np.ones((2, 2)))
    text = autograd.trace(step, np.ones((2, 2))).source
    assert "update_of_Descent(" in text or "not_printed(" in text
    space = {}
    exec(text, space)
    with pytest.raises(RuntimeError, match="cannot take this optimizer's step; call the compiled function"):
        space["step"](np.ones((2, 2)), np.ones((2, 2)))
    with pytest.raises(RuntimeError, match="cannot take this optimizer's step"):
        not_printed(np.ones(2), np.ones(2))
