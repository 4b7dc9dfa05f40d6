"""Learning rate schedulers: PyTorch's rates, saved states, and what they refuse."""

import json
import math
from collections import deque
from pathlib import Path

import numpy as np
import pytest

from autograd import Tensor
from optim import SGD, Adagrad, Adam, lr_scheduler, swa_utils

REFERENCE = dict(np.load(Path(__file__).parents[1] / "reference" / "optim.npz"))
CASES = [
    key
    for key in REFERENCE
    if key.startswith("[") and json.loads(key)[0].endswith(("LR", "Restarts", "Plateau", "Scheduler"))
]
FUNCTIONS = {"decay": lambda t: 0.95**t, "root": lambda t: 1 / (1 + t) ** 0.5, "wave": lambda t: 1 + (-1) ** t / 4}


def make(kind=SGD, **options):
    params = [Tensor(np.ones(1), requires_grad=True), Tensor(np.ones(1), requires_grad=True)]
    return kind([{"params": params[:1]}, {"params": params[1:], "lr": 0.08}], lr=0.5, **options)


def build(optimizer, name, options):
    options = dict(options)
    for key in ("lr_lambda", "scale_fn"):
        if key in options:
            value = options[key]
            options[key] = [FUNCTIONS[v] for v in value] if isinstance(value, list) else FUNCTIONS[value]
    if "schedulers" in options:
        options["schedulers"] = [build(optimizer, *part) for part in options["schedulers"]]
    kind = swa_utils.SWALR if name == "SWALR" else getattr(lr_scheduler, name)
    return kind(**options) if name == "ChainedScheduler" else kind(optimizer, **options)


def go(optimizer, scheduler, epochs):
    rows = []
    for epoch in epochs:
        rates = [group["lr"] for group in optimizer.param_groups]
        assert scheduler.get_last_lr() == rates
        rows.append([*rates, optimizer.param_groups[0]["momentum"]])
        if isinstance(scheduler, lr_scheduler.ReduceLROnPlateau):
            scheduler.step(1 / (1 + epoch // 5) + 0.1 * (epoch % 3))
        else:
            scheduler.step()
    return rows


def test_every_scheduler_has_cases():
    assert {json.loads(key)[0] for key in CASES} == {*lr_scheduler.__all__, "SWALR"} - {"LRScheduler"}


@pytest.mark.parametrize("case", CASES)
def test_rates(case):
    """Those of PyTorch; with everything saved as JSON and loaded into new objects in the middle."""
    name, options = json.loads(case)
    optimizer = make(momentum=0.9)
    scheduler = build(optimizer, name, options)
    rows = go(optimizer, scheduler, range(17))
    saved = json.dumps([scheduler.state_dict(), optimizer.state_dict()])
    optimizer = make(momentum=0.9)
    scheduler = build(optimizer, name, options)
    of_scheduler, of_optimizer = json.loads(saved)
    scheduler.load_state_dict(of_scheduler)
    optimizer.load_state_dict(of_optimizer)
    rows += go(optimizer, scheduler, range(17, 40))
    np.testing.assert_allclose(rows, REFERENCE[case], rtol=1e-12, atol=1e-15)


PARTS_OF_CHAINS = {
    "nested": [
        "SequentialLR",
        {"milestones": [6, 12], "schedulers": [
            ["SequentialLR", {"milestones": [2], "schedulers": [
                ["ConstantLR", {"factor": 0.5, "total_iters": 4}], ["ExponentialLR", {"gamma": 0.9}]]}],
            ["ChainedScheduler", {"schedulers": [
                ["LinearLR", {"start_factor": 0.5, "total_iters": 3}], ["StepLR", {"step_size": 2, "gamma": 0.5}]]}],
            ["CosineAnnealingWarmRestarts", {"T_0": 2, "T_mult": 2}]]},
    ],
    "cycles": [
        "SequentialLR",
        {"milestones": [3, 9], "schedulers": [
            ["MultiplicativeLR", {"lr_lambda": "decay"}], ["OneCycleLR", {"max_lr": 0.3, "total_steps": 8}],
            ["CyclicLR", {"base_lr": 0.1, "max_lr": 0.6, "step_size_up": 3}]]},
    ],
    "a chain": [
        "ChainedScheduler",
        {"schedulers": [
            ["ConstantLR", {"factor": 0.5, "total_iters": 4}], ["MultiStepLR", {"milestones": [2, 4, 4, 9]}],
            ["MultiplicativeLR", {"lr_lambda": "wave"}], ["PolynomialLR", {"total_iters": 11, "power": 2.0}],
            ["CosineAnnealingLR", {"T_max": 5}]]},
    ],
    "restarts": ["CosineAnnealingWarmRestarts", {"T_0": 2, "T_mult": 2, "eta_min": 0.01}],
    "none at all": ["ConstantLR", {"factor": 0.0, "total_iters": 4}],
    "average": ["SWALR", {"swa_lr": [0.05, 0.02], "anneal_epochs": 6}],
}  # fmt: skip
RESUMED = {**{case: json.loads(case) for case in CASES}, **PARTS_OF_CHAINS}
EPOCHS, STOPS = 24, range(20)


def saved_run(name, options):
    """The rates of a run, and the states of scheduler and optimizer as JSON before each of its epochs."""
    optimizer = make(momentum=0.9)
    scheduler = build(optimizer, name, options)
    rows, states = [], []
    for epoch in range(EPOCHS):
        states.append(json.dumps([scheduler.state_dict(), optimizer.state_dict()]))
        rows += go(optimizer, scheduler, [epoch])
    return rows, states


@pytest.mark.parametrize("case", RESUMED)
@pytest.mark.parametrize("order", ["scheduler, optimizer", "optimizer, scheduler", "scheduler alone", "made last"])
def test_resumed_after_any_step(case, order):
    """In whatever order things are made and loaded, the numbers are those of the run that was not interrupted."""
    rows, states = saved_run(*RESUMED[case])
    for stop in STOPS:
        of_scheduler, of_optimizer = json.loads(states[stop])
        optimizer = make(momentum=0.9)
        if order == "made last":
            optimizer.load_state_dict(of_optimizer)
        scheduler = build(optimizer, *RESUMED[case])
        if order == "optimizer, scheduler":
            optimizer.load_state_dict(of_optimizer)
        scheduler.load_state_dict(of_scheduler)
        if order == "scheduler, optimizer":
            optimizer.load_state_dict(of_optimizer)
        assert go(optimizer, scheduler, range(stop, EPOCHS)) == rows[stop:], stop


def after(part, epoch):
    """A scheduler that goes on after an epoch: of a chain each part does, a sequence brings its own parts there."""
    name, options = part
    if name == "ChainedScheduler":
        return [name, {"schedulers": [after(each, epoch) for each in options["schedulers"]]}]
    return [name, {**options, "last_epoch": epoch}]


@pytest.mark.parametrize("case", [case for case, (name, _) in RESUMED.items() if name != "ReduceLROnPlateau"])
def test_resumed_by_last_epoch_after_any_step(case):
    rows, states = saved_run(*RESUMED[case])
    for stop in STOPS[1:]:
        optimizer = make(momentum=0.9)
        optimizer.load_state_dict(json.loads(states[stop])[1])
        scheduler = build(optimizer, *after(RESUMED[case], stop - 1))
        assert go(optimizer, scheduler, range(stop, EPOCHS)) == rows[stop:], stop


def test_a_sequence_goes_on_past_a_milestone():
    optimizer = SGD([Tensor(1.0, requires_grad=True)], lr=1.0)
    parts = [lr_scheduler.ConstantLR(optimizer, 0.1, 20), lr_scheduler.ExponentialLR(optimizer, 0.9)]
    scheduler = lr_scheduler.SequentialLR(optimizer, parts, [4], last_epoch=5)
    rates = [rate for (rate,) in go_rates(scheduler, optimizer, 3)]
    np.testing.assert_allclose(rates, [0.81, 0.729, 0.6561])


@pytest.mark.parametrize(
    ("kind", "options"), [("StepLR", {"step_size": 3}), ("MultiStepLR", {"milestones": [3]}), ("ConstantLR", {})]
)
def test_a_decay_that_was_made_is_not_made_again(kind, options):
    optimizer = SGD([{"params": [Tensor(1.0, requires_grad=True)], "initial_lr": 1.0}], lr=0.1)
    build(optimizer, kind, {**options, "last_epoch": 2})
    assert optimizer.param_groups[0]["lr"] == 0.1


def test_another_scheduler_of_the_optimizer_is_not_forgotten():
    def run():
        optimizer = make()
        return optimizer, [lr_scheduler.StepLR(optimizer, 2, 0.5), lr_scheduler.ExponentialLR(optimizer, 0.9)]

    (optimizer, both), (other, again) = run(), run()
    for _ in range(3):
        for scheduler in both:
            scheduler.step()
    for mine, theirs in zip(reversed(again), reversed(both), strict=True):
        mine.load_state_dict(theirs.state_dict())
    assert [group["lr"] for group in other.param_groups] == [group["lr"] for group in optimizer.param_groups]


def test_going_on_by_last_epoch():
    optimizer = make()
    rates = go_rates(lr_scheduler.CosineAnnealingLR(optimizer, 10), optimizer, 9)
    other = make()
    for group, base, rate in zip(other.param_groups, (0.5, 0.08), rates[5], strict=True):
        group["initial_lr"], group["lr"] = base, rate
    scheduler = lr_scheduler.CosineAnnealingLR(other, 10, last_epoch=4)
    np.testing.assert_allclose(go_rates(scheduler, other, 4), rates[5:])
    with pytest.raises(KeyError, match="initial_lr in group 0"):
        lr_scheduler.StepLR(make(), 3, last_epoch=4)


def go_rates(scheduler, optimizer, count):
    rates = []
    for _ in range(count):
        rates.append([group["lr"] for group in optimizer.param_groups])
        scheduler.step()
    return rates


def test_first_beta_cycles_as_momentum():
    optimizer = make(Adam)
    scheduler = lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=11, pct_start=0.5)
    assert optimizer.param_groups[0]["betas"] == (0.95, 0.999)
    seen = []
    for _ in range(10):
        scheduler.step()
        seen.append(optimizer.param_groups[1]["betas"])
    assert min(beta for beta, _ in seen) < 0.87
    assert {second for _, second in seen} == {0.999}
    cyclic = lr_scheduler.CyclicLR(optimizer, 0.1, 0.2, step_size_up=2)
    cyclic.step()
    assert optimizer.param_groups[0]["betas"][0] == pytest.approx(0.85)


def test_warm_restarts_at_any_epoch():
    optimizer = make()
    scheduler = lr_scheduler.CosineAnnealingWarmRestarts(optimizer, 2, T_mult=3, eta_min=0.1)
    for epoch, (done, length) in {0.5: (0.5, 2), 2: (0, 6), 4.25: (2.25, 6), 8: (0, 18), 25.9: (17.9, 18)}.items():
        scheduler.step(epoch)
        assert optimizer.param_groups[0]["lr"] == pytest.approx(0.1 + 0.4 * (1 + math.cos(math.pi * done / length)) / 2)
    scheduler.step()
    assert scheduler.last_epoch == 26
    with pytest.raises(ValueError, match="epoch >= 0"):
        scheduler.step(-1)


def test_constant_zero_comes_back():
    optimizer = make()
    rates = go_rates(lr_scheduler.ConstantLR(optimizer, 0.0, total_iters=2), optimizer, 4)
    assert [rate for rate, _ in rates] == [0, 0, 0.5, 0.5]


def test_nested_sequences():
    optimizer = make()
    inner = lr_scheduler.SequentialLR(
        optimizer,
        [lr_scheduler.ConstantLR(optimizer, 0.5, 100), lr_scheduler.ExponentialLR(optimizer, 0.1)],
        [2],
    )
    chained = lr_scheduler.ChainedScheduler(
        [lr_scheduler.LinearLR(optimizer, 0.5, total_iters=2), lr_scheduler.StepLR(optimizer, 1, 0.5)]
    )
    outer = lr_scheduler.SequentialLR(optimizer, [lr_scheduler.StepLR(optimizer, 1, 0.5), inner, chained], [3, 6])
    rates = [rate for rate, _ in go_rates(outer, optimizer, 8)]
    np.testing.assert_allclose(rates[:6], [0.5, 0.25, 0.125, 0.25, 0.25, 0.5])
    np.testing.assert_allclose(rates[6:], [0.5, 0.375])


class Slope:
    def __init__(self, by):
        self.by = by

    def __call__(self, epoch):
        return 1 / (1 + self.by * epoch)


def test_functions_that_are_objects_are_saved():
    scheduler = lr_scheduler.LambdaLR(make(), [Slope(2), abs])
    saved = json.loads(json.dumps(scheduler.state_dict()))
    assert saved["lr_lambdas"] == [{"by": 2}, None]
    other = lr_scheduler.LambdaLR(make(), [Slope(5), abs])
    other.load_state_dict(saved)
    assert other.lr_lambdas[0].by == 2


def test_a_state_that_does_not_fit():
    scheduler = lr_scheduler.StepLR(make(), 3)
    before = scheduler.state_dict()
    with pytest.raises(KeyError, match="gamma"):
        scheduler.load_state_dict({"last_epoch": 7})
    assert scheduler.state_dict() == before
    chained = lr_scheduler.ChainedScheduler([scheduler])
    with pytest.raises(ValueError, match="1 schedulers, got 0"):
        chained.load_state_dict({})
    optimizer = make()
    two = lr_scheduler.ChainedScheduler([lr_scheduler.StepLR(optimizer, 3), lr_scheduler.LambdaLR(optimizer, abs)])
    state = two.state_dict()
    state["_schedulers"][0]["gamma"] = 0.7
    for broken, error in (({}, KeyError), ({**state["_schedulers"][1], "lr_lambdas": [None]}, ValueError)):
        before = two.state_dict()
        with pytest.raises(error, match=r"LambdaLR\.load_state_dict: expected"):
            two.load_state_dict({**state, "_schedulers": [state["_schedulers"][0], broken]})
        assert two.state_dict() == before


def test_groups_added_later():
    optimizer = make()
    scheduler = lr_scheduler.LambdaLR(optimizer, lambda epoch: 0.5)
    optimizer.add_param_group({"params": [Tensor(1.0, requires_grad=True)]})
    with pytest.raises(ValueError, match="the 2 groups that the optimizer had, got 3"):
        scheduler.step()


def test_one_cycle_ends():
    scheduler = lr_scheduler.OneCycleLR(make(momentum=0.9), 1, total_steps=4)
    for _ in range(4):
        scheduler.step()
    with pytest.raises(ValueError, match="at most 4 steps"):
        scheduler.step()


schedule = lr_scheduler
OTHER = make()
PARTS = ("two optimizers", "milestones", "no order")
ERRORS = {
    "no optimizer": (TypeError, "expected an Optimizer", lambda o: schedule.StepLR(None, 3)),
    "functions": (ValueError, "2 groups, got 1", lambda o: schedule.LambdaLR(o, [abs])),
    "no function": (TypeError, "function of the epoch", lambda o: schedule.MultiplicativeLR(o, 3)),
    "step size": (ValueError, "step_size", lambda o: schedule.StepLR(o, 0)),
    "factor": (ValueError, "from 0 to 1, got 2", lambda o: schedule.ConstantLR(o, 2)),
    "start": (ValueError, "start_factor above 0", lambda o: schedule.LinearLR(o, 0)),
    "end": (ValueError, "end_factor", lambda o: schedule.LinearLR(o, 1, 2)),
    "T_max": (ValueError, "T_max", lambda o: schedule.CosineAnnealingLR(o, 0)),
    "T_0": (ValueError, "T_0", lambda o: schedule.CosineAnnealingWarmRestarts(o, 0)),
    "T_mult": (ValueError, "T_mult", lambda o: schedule.CosineAnnealingWarmRestarts(o, 1, 0.5)),
    "mode": (ValueError, "triangular", lambda o: schedule.CyclicLR(o, 0, 1, mode="square")),
    "scale mode": (ValueError, "scale_mode", lambda o: schedule.CyclicLR(o, 0, 1, scale_mode="days")),
    "max_lr": (ValueError, "max_lr for 2 groups, got 3", lambda o: schedule.CyclicLR(o, 0, [1, 2, 3])),
    "momentum": (ValueError, "cycle_momentum=False", lambda o: schedule.CyclicLR(make(Adagrad), 0, 1)),
    "steps": (ValueError, "total_steps, or both", lambda o: schedule.OneCycleLR(o, 1, epochs=3)),
    "epochs": (ValueError, "epochs", lambda o: schedule.OneCycleLR(o, 1, epochs=-3, steps_per_epoch=2)),
    "pct": (ValueError, "pct_start", lambda o: schedule.OneCycleLR(o, 1, 10, pct_start=2)),
    "strategy": (ValueError, "anneal_strategy", lambda o: schedule.OneCycleLR(o, 1, 10, anneal_strategy="sin")),
    "div_factor": (ValueError, "div_factor", lambda o: schedule.OneCycleLR(o, 1, 10, div_factor=0)),
    "final": (ValueError, "final_div_factor", lambda o: schedule.OneCycleLR(o, 1, 10, final_div_factor=-1)),
    "one cycle max_lr": (ValueError, "max_lr for 2 groups", lambda o: schedule.OneCycleLR(o, [0.1, 0.2, 0.3], 10)),
    "one cycle momentum": (ValueError, "base_momentum for", lambda o: schedule.OneCycleLR(o, 1, 9, base_momentum=[1])),
    "one cycle later": (KeyError, "initial_lr in group 0", lambda o: schedule.OneCycleLR(o, 1, 10, last_epoch=3)),
    "up": (ValueError, "step_size_up", lambda o: schedule.CyclicLR(o, 0, 1, step_size_up=0)),
    "down": (ValueError, "step_size_down", lambda o: schedule.CyclicLR(o, 0, 1, step_size_down=-1)),
    "base_lr": (ValueError, "base_lr for 2 groups, got 1", lambda o: schedule.CyclicLR(o, [0], 1)),
    "cycle later": (KeyError, "initial_lr in group 0", lambda o: schedule.CyclicLR(o, 0, 1, last_epoch=3)),
    "swa_lr": (ValueError, "swa_lr for 2 groups, got 1", lambda o: swa_utils.SWALR(o, [0.1])),
    "swa later": (KeyError, "initial_lr in group 0", lambda o: swa_utils.SWALR(o, 0.1, last_epoch=3)),
    "plateau factor": (ValueError, "factor below 1", lambda o: schedule.ReduceLROnPlateau(o, factor=1)),
    "plateau mode": (ValueError, "mode", lambda o: schedule.ReduceLROnPlateau(o, "low")),
    "plateau threshold": (ValueError, "threshold_mode", lambda o: schedule.ReduceLROnPlateau(o, threshold_mode="a")),
    "plateau min_lr": (ValueError, "min_lr", lambda o: schedule.ReduceLROnPlateau(o, min_lr=[1])),
    "no figure": (TypeError, "figure", lambda o: schedule.ReduceLROnPlateau(o).step()),
    "chain of none": (ValueError, "got none", lambda o: schedule.ChainedScheduler([])),
    "chain of plateau": (ValueError, "Plateau", lambda o: schedule.ChainedScheduler([schedule.ReduceLROnPlateau(o)])),
    "chain of others": (TypeError, "got int", lambda o: schedule.ChainedScheduler([1])),
    "two optimizers": (
        ValueError, "one optimizer",
        lambda o: schedule.SequentialLR(o, [schedule.StepLR(o, 1), schedule.StepLR(OTHER, 1)], [1]),
    ),
    "no order": (
        ValueError, "in order",
        lambda o: schedule.SequentialLR(o, [schedule.StepLR(o, 1, last_epoch=-1) for _ in range(3)], [5, 2]),
    ),
    "milestones": (ValueError, "one milestone less", lambda o: schedule.SequentialLR(o, [schedule.StepLR(o, 1)], [1])),
}  # fmt: skip


@pytest.mark.parametrize("what", ERRORS)
def test_errors(what):
    """They leave the optimizer as it was, but for what the parts of a sequence, that are made before it, have noted."""
    error, match, call = ERRORS[what]
    optimizer = make(momentum=0.9)
    before = optimizer.state_dict()
    with pytest.raises(error, match=match):
        call(optimizer)
    after = optimizer.state_dict()
    for group in after["param_groups"] if what in PARTS else ():
        del group["initial_lr"]
    assert after == before


@pytest.mark.filterwarnings("ignore:SGD.step. no parameter has a gradient")
def test_lengths_may_be_numbers_that_are_not_whole():
    rates = {}
    for length in (7.5, np.float64(7.5)):
        optimizer = make()
        scheduler = schedule.CosineAnnealingLR(optimizer, length)
        for _ in range(3):
            optimizer.step()
            scheduler.step()
        rates[type(length)] = scheduler.get_last_lr()[0] / scheduler.base_lrs[0]
    assert list(rates.values()) == pytest.approx([(1 + np.cos(np.pi * 3 / 7.5)) / 2] * 2)
    assert schedule.StepLR(make(), 1e1).step_size == 10


CLOSED = [
    "StepLR", "MultiStepLR", "ConstantLR", "LinearLR", "ExponentialLR", "PolynomialLR", "CosineAnnealingLR", "LambdaLR",
    "CyclicLR",
]  # fmt: skip
UNLIKE = ['["ConstantLR", {"total_iters": 0}]']  # the steps multiply by the factor all the same, as PyTorch's do


@pytest.mark.parametrize("case", [case for case in CASES if json.loads(case)[0] in CLOSED and case not in UNLIKE])
def test_any_epoch(case):
    name, options = json.loads(case)
    optimizer = make(momentum=0.9)
    scheduler = build(optimizer, name, options)
    for epoch in (17, 3, 30, 1, 39):
        with pytest.warns(UserWarning, match="deprecated"):
            scheduler.step(epoch)
        np.testing.assert_allclose(scheduler.get_last_lr(), REFERENCE[case][epoch][:2], rtol=1e-9, atol=1e-12)


def test_a_rate_that_is_a_tensor():
    first, second = Tensor(0.5), Tensor([0.08])
    params = [Tensor(np.ones(1), requires_grad=True), Tensor(np.ones(1), requires_grad=True)]
    optimizer = SGD([{"params": params[:1]}, {"params": params[1:], "lr": second}], lr=first)
    scheduler = lr_scheduler.SequentialLR(
        optimizer, [lr_scheduler.ExponentialLR(optimizer, 0.5), lr_scheduler.ConstantLR(optimizer, 0.5, 9)], [2]
    )
    rates = []
    for _ in range(4):
        rates.append((first.item(), second.item()))
        scheduler.step()
    np.testing.assert_allclose(rates, [(0.5, 0.08), (0.25, 0.04), (0.25, 0.04), (0.25, 0.04)])
    assert optimizer.param_groups[0]["lr"] is first
    assert scheduler.get_last_lr() == [0.25, 0.04]


def test_plateau_with_groups_added_later():
    for min_lr, error in ((0.2, False), ([0.2, 0.1], True)):
        optimizer = make()
        scheduler = lr_scheduler.ReduceLROnPlateau(optimizer, patience=0, factor=0.1, min_lr=min_lr)
        optimizer.add_param_group({"params": [Tensor(1.0, requires_grad=True)], "lr": 1.0})
        scheduler.step(1.0)
        if error:
            with pytest.raises(RuntimeError, match="min_lrs for 3 groups, got 2"):
                scheduler.step(1.0)
        else:
            scheduler.step(1.0)
            assert scheduler.get_last_lr() == [0.2, 0.08, 0.2]


def test_cycles_leave_their_momentums_in_the_groups():
    optimizer = make(momentum=0.5)
    lr_scheduler.CyclicLR(optimizer, 0.1, 0.2, base_momentum=[0.6, 0.7], max_momentum=0.8)
    assert [group["base_momentum"] for group in optimizer.param_groups] == [0.6, 0.7]
    assert [group["max_momentum"] for group in optimizer.param_groups] == [0.8, 0.8]


def test_a_scheduler_written_for_pytorch():
    class Halve(lr_scheduler._LRScheduler):
        def get_lr(self):
            assert self._get_lr_called_within_step
            return [group["lr"] * (1 if self._step_count == 1 else 0.5) for group in self.optimizer.param_groups]

        def _get_closed_form_lr(self):
            return [base_lr * 0.5**self.last_epoch for base_lr in self.base_lrs]

    optimizer = make()
    parts = [lr_scheduler.ConstantLR(optimizer, 0.1), Halve(optimizer)]
    scheduler = lr_scheduler.SequentialLR(optimizer, parts, [2])
    rates = [rate for rate, _ in go_rates(scheduler, optimizer, 5)]
    np.testing.assert_allclose(rates, [0.05, 0.05, 0.5, 0.25, 0.125])


def test_a_plateau_begins_with_nothing_counted():
    """Also where the first figure is none that could be better."""
    scheduler = lr_scheduler.ReduceLROnPlateau(make(), patience=1, factor=0.5)
    saved = scheduler.state_dict()
    assert (saved["num_bad_epochs"], saved["cooldown_counter"], saved["last_epoch"]) == (0, 0, 0)
    for rate in (0.5, 0.25):
        scheduler.step(math.nan)
        assert scheduler.get_last_lr() == [rate, 0.16 * rate]


@pytest.mark.parametrize("kind", ["CosineAnnealingWarmRestarts", "StepLR", "CyclicLR"])
def test_steps_are_counted_from_one(kind):
    options = {"CosineAnnealingWarmRestarts": {"T_0": 3}, "StepLR": {"step_size": 2}}
    scheduler = getattr(lr_scheduler, kind)(
        make(momentum=0.9),
        **options.get(kind, {"base_lr": 0.01, "max_lr": 0.2, "step_size_up": 4, "step_size_down": 0}),
    )
    for count in range(1, 4):
        assert scheduler.state_dict()["_step_count"] == count
        scheduler.step()


def test_a_plateau_tells_the_rates_that_are_there():
    """Also those that somebody else has set, where it lowers none itself."""
    optimizer = make()
    scheduler = lr_scheduler.ReduceLROnPlateau(optimizer)
    optimizer.param_groups[0]["lr"] = 0.3
    scheduler.step(1.0)
    assert scheduler.get_last_lr() == [0.3, 0.08]


class _Restless(lr_scheduler.LRScheduler):
    """A scheduler that keeps something of every kind, and changes all of it at each step."""

    def __init__(self, optimizer):
        self.kept = {"list": [1, [2]], "set": {1}, "deque": deque([1]), "tuple": ([3],), "array": np.arange(2.0)}
        self.kept["itself"] = self.kept
        self.tensor, self.fixed = Tensor([1.0]), np.arange(2.0)
        self.fixed.flags.writeable = False
        super().__init__(optimizer)

    def get_lr(self):
        self.kept["list"][1].append(4)
        self.kept["list"].append(5)
        self.kept["set"].add(len(self.kept["set"]) + 1)
        self.kept["deque"].append(6)
        self.kept["tuple"][0].append(7)
        self.kept["array"] += 1
        self.kept[len(self.kept)] = self.last_epoch
        self.tensor.data[...] += 1
        for group in self.optimizer.param_groups:
            group["came"] = self.last_epoch
        return [group["lr"] / 2 for group in self.optimizer.param_groups]

    def seen(self):
        kept = {name: value for name, value in self.kept.items() if name != "itself"}
        options = [{k: v for k, v in group.items() if k != "params"} for group in self.optimizer.param_groups]
        return repr((kept, self.tensor.tolist(), self.fixed.tolist(), options, self.last_epoch, self._last_lr))


def test_all_that_a_step_changes_is_brought_back():
    """As where a program's step turns out not to be for the call, after the schedule went on."""
    parameters = [Tensor([1.0], requires_grad=True) for _ in range(2)]
    optimizer = SGD([{"params": [parameters[0]]}, {"params": [parameters[1]], "lr": 0.5}], lr=1.0)
    scheduler = _Restless(optimizer)
    for group in optimizer.param_groups:
        del group["came"]
    before, inner, params = scheduler.seen(), scheduler.kept["list"][1], [g["params"] for g in optimizer.param_groups]
    back = scheduler._as_now()
    scheduler.step()
    scheduler.step()
    assert scheduler.seen() != before
    back()
    assert scheduler.seen() == before
    assert scheduler.kept["list"][1] is inner  # the same objects: others may hold them
    assert scheduler.kept["itself"] is scheduler.kept
    assert all(group["params"] is held for group, held in zip(optimizer.param_groups, params, strict=True))
    scheduler.step()
    after = scheduler.seen()
    back()
    scheduler.step()
    assert scheduler.seen() == after


@pytest.mark.parametrize(
    "make",
    [
        lambda o: lr_scheduler.MultiStepLR(o, [1, 2]),
        lambda o: lr_scheduler.SequentialLR(
            o, [lr_scheduler.ConstantLR(o, 0.5, 2), lr_scheduler.ExponentialLR(o, 0.9)], milestones=[1]
        ),
        lambda o: lr_scheduler.ChainedScheduler([lr_scheduler.StepLR(o, 1), lr_scheduler.ExponentialLR(o, 0.9)]),
        lambda o: lr_scheduler.OneCycleLR(o, 1.0, 9),
        lambda o: lr_scheduler.CyclicLR(o, 0.1, 1.0, 2),
    ],
)
def test_a_schedule_that_was_brought_back_goes_on_as_before(make):
    optimizer = SGD([Tensor([1.0], requires_grad=True)], lr=0.1, momentum=0.9)
    scheduler = make(optimizer)
    rates = lambda: (optimizer.param_groups[0]["lr"], optimizer.param_groups[0]["momentum"], scheduler.get_last_lr())
    now, back = rates(), scheduler._as_now()
    first = []
    for _ in range(3):
        scheduler.step()
        first.append(rates())
    back()
    assert rates() == now
    for expected in first:
        scheduler.step()
        assert rates() == expected


def test_a_scheduler_without_rates_says_so():
    with pytest.raises(NotImplementedError, match=r"Bare: get_lr\(\) is to be defined by each scheduler"):
        type("Bare", (lr_scheduler.LRScheduler,), {})(SGD([Tensor([1.0], requires_grad=True)], lr=0.1))


@pytest.mark.filterwarnings("ignore:step. the epoch is deprecated")
def test_a_constant_ends_at_its_last_epoch_that_is_gone_to():
    optimizer = SGD([Tensor(1.0, requires_grad=True)], lr=0.4)
    scheduler = lr_scheduler.ConstantLR(optimizer, factor=0.5, total_iters=3)
    for epoch, rate in ((2, 0.2), (3, 0.4), (1, 0.2), (4, 0.4)):
        scheduler.step(epoch)
        assert scheduler.get_last_lr() == [rate]


@pytest.mark.parametrize(
    "options", [{"start_factor": 1.5}, {"start_factor": 0.0}, {"end_factor": 1.5}, {"end_factor": -0.5}]
)
def test_factors_of_a_line_lie_between_0_and_1(options):
    with pytest.raises(ValueError, match=next(iter(options))):
        lr_scheduler.LinearLR(SGD([Tensor(1.0, requires_grad=True)], lr=0.4), **options)
