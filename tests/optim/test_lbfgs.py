"""L-BFGS: where its line search goes in each case, when a step ends, and what of PyTorch's it follows."""

import json
from pathlib import Path

import numpy as np
import pytest

import optim
from autograd import Tensor
from optim import lbfgs

REFERENCE = dict(np.load(Path(__file__).parents[1] / "reference" / "optim.npz"))


@pytest.mark.parametrize("case", [key for key in REFERENCE if key.startswith("wavy {")])
def test_line_searches_go_where_pytorchs_go(case):
    """On a function with many minima the bracket is narrowed from both sides, and the evaluations run out."""
    rows = iter(REFERENCE[case])
    for start in REFERENCE["wavy starts"]:
        p = Tensor(start, requires_grad=True)
        optimizer = optim.LBFGS([p], line_search_fn="strong_wolfe", **json.loads(case.removeprefix("wavy ")))

        def closure(p=p, optimizer=optimizer):
            optimizer.zero_grad()
            value = (p**4 / 4 - 3 * p**2).sum() + np.sin(5 * p).sum() + p[0] * p[1]
            value.backward()
            return value

        for _ in range(6):
            optimizer.step(closure)
            state = optimizer.state[p]
            np.testing.assert_allclose([*p.data, state["func_evals"], state["n_iter"]], next(rows), rtol=1e-6)


def searched(points, loss=0.0, slope=-1.0, first=1.0, evaluations=20, d=1.0, tolerance=1e-9):
    """What `strong_wolfe` finds where the loss and the slope are these, whatever the length; and the lengths tried."""
    tried, rest = [], iter(points)

    def along(t):
        tried.append(t)
        value, slope = next(rest)
        return value(t) if callable(value) else value, np.array([slope / d])

    given = along, first, np.array([d]), loss, np.array([slope / d]), slope, tolerance, evaluations
    found, gradient, length = lbfgs.strong_wolfe(*given)
    return tried, (found, float(gradient[0] * d), length)


def test_the_first_length_is_taken_where_both_conditions_hold_with_equality():
    """Enough is a ten-thousandth of what the slope promises, flat a slope of nine tenths of the first."""
    assert searched([(-1e-4, -0.9)]) == ([1.0], (-1e-4, -0.9, 1.0))
    tried, _ = searched([(-1e-4, -0.95), (-3, 0.1)])  # enough, but steep: the minimum lies beyond
    assert tried[1] > 1
    tried, _ = searched([(-0.99e-4, -0.95), (-3, 0.1)])  # too little: it lies before
    assert tried[1] < 1


def test_a_search_beyond_goes_on_by_a_hundredth_at_least_and_tenfold_at_most():
    """The cubic of a loss that falls faster than its slopes say has its minimum at once; of a straight one, nowhere."""
    tried, _ = searched([(-1, -0.95), (-1000, -0.95), (-2000, 0.1)])
    assert tried[2] == tried[1] + 0.01 * (tried[1] - 1)
    tried, found = searched([(lambda t: -t, -1.0), (lambda t: -t, -1.0), (-200, 0.1)])
    assert tried == [1, 10, 100]
    assert found == (-200, 0.1, 100)


def test_a_search_beyond_ends_at_a_loss_that_is_no_lower_than_the_last():
    """From the third length on: with equality, too."""
    tried, _ = searched([(-1, -0.95), (-2, -0.95), (-2, -0.95), (-3, 0.1)])
    assert tried[1] < tried[3] < tried[2]


def test_a_search_tries_no_more_lengths_than_it_may():
    tried, found = searched([(lambda t: -t, -1.0)] * 5, evaluations=3)
    assert tried == [1, 10, 100, 1000]
    assert found == (-1000, -1, 1000)
    tried, found = searched([(1, 1)] * 5, evaluations=3)
    assert len(tried) == 4
    assert tried == sorted(tried, reverse=True)
    assert found == (0, -1, 0)


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        ([(1, 1), (-1e-6, 0.5)], 1),  # lower than the start, though not by enough: it is the lower end
        ([(1, 1), (-1e-6, 0.5), (3, 1)], 1),  # and the next one, higher, takes the place of the start
        ([(1, 1), (-1e-6, 0.5), (-2e-6, -0.95)], 2),
        ([(1, 1), (0.5, 1)], None),
        ([(1, 1), (0.0, 0.5)], None),  # as good as the start
        ([(0.0, 1)], None),
        ([(-1, 0.95), (-0.5, 0.95)], 0),
        ([(-1, 0.95), (-1, 0.0)], 1),  # as good as the lower end, and before it
    ],
)
def test_of_a_bracket_the_lower_end_is_what_a_search_has_found(points, expected):
    tried, found = searched(points, evaluations=len(points) - 1)
    assert found[2] == (0 if expected is None else tried[expected])


def test_within_a_bracket_a_length_has_to_lower_the_loss_enough():
    """By a ten-thousandth of what the first slope promises over that length, with equality too."""
    assert len(searched([(-1, 0.95), (-1, 0.0), (-2, 0.0)])[0]) == 3  # and below the lower end
    tried, _ = searched([(1, 1), (-1e-6, 0.0), (-0.5, 0.0)])
    assert len(tried) == 3
    assert tried[2] < tried[1]
    for value in (-1e-4, lambda t: 1e-4 * t * -1.0):
        for slope in (0.0, 0.9, -0.9):
            tried, found = searched([(1, 1), (value, slope)])
            assert len(tried) == 2
            assert found[2] == tried[1] < 0.5


def test_a_bracket_that_is_narrow_ends_a_search():
    """The lengths of its ends, times the largest element of the direction, differ by less than the tolerance."""
    assert searched([(-1, 0.0)], tolerance=0.0) == ([1], (-1, 0, 1))  # what is found needs no bracket
    assert searched([(1, 1)], first=0.25, d=-4.0, tolerance=1.5) == ([0.25], (0, -1, 0))
    assert len(searched([(1, 1)] * 2, first=0.25, d=-4.0, tolerance=1.0, evaluations=1)[0]) == 2
    tried, found = searched([(-100, -0.95), (0, 1)], tolerance=0.5)
    assert tried == [1, 1.01]
    assert found == (-100, -0.95, 1)


def test_lengths_that_come_close_to_an_end_twice_are_moved_inwards():
    """Less than a tenth of the bracket from an end is close: the first time it may be, then it is a tenth from it.

    An end itself, as which rounding may give it, is moved at once.
    """
    assert searched([(1e30, 2e30), (-1, 0.0)])[0] == [1, 0.1]
    assert searched([(-1e30, 0.95), (-2e30, 0.0)])[0] == [1, 0.9]
    tried, _ = searched([(100, 200), (1, 100), (-1, 0.0)])
    assert tried[1] < 0.1
    assert tried[2] == 0.1 * tried[1]
    tried, _ = searched([(-100, 0.95), (-99, -1000), (-101, 0.0)])
    assert 0.9 < tried[1] < 1
    assert tried[2] == 1 - 0.1 * (1 - tried[1])
    tried, _ = searched([(-1, -0.95), (1935, 2000), (5, 100), (-2, 0.0)])
    assert 1 < tried[2] < 1 + 0.1 * (tried[1] - 1)
    assert tried[3] == 1 + 0.1 * (tried[2] - 1)
    tried, _ = searched([(100, 200), (1, 100), (0.5, 100), (0.4, 100), (-1, 0.0)])
    assert tried[3] < 0.1 * tried[2]  # and once moved, the next may be close again
    assert tried[4] == pytest.approx(0.1 * tried[3])
    # a parabola whose minimum lies just a tenth from the start
    tried, _ = searched([(81, 18), (100, 200), (-1, 0.0)], loss=1.0, slope=-2.0, first=10.0)
    assert tried[1] == 1
    assert tried[2] < 0.1


def test_a_line_search_goes_on_while_the_loss_falls_steeply():
    """A loss that is higher than the last brackets a minimum from the third length on, as does one that fell little."""
    tried, found = searched([(-1, -0.95), (-2, -0.95), (-1.5, -0.95), (-3, 0.1)])
    assert tried[0] < tried[1] < tried[3] < tried[2]
    assert found == (-3, 0.1, tried[3])
    tried, found = searched([(-5e-4, -0.95), (-3, 0.1)], first=10.0)  # 1e-4 of the slope is 1e-3
    assert tried[1] < tried[0] == 10
    assert found[2] == tried[1]
    tried, _ = searched([(-1, -0.95), (-0.5, -0.95), (-2, 0.1)])  # the second length may be worse than the first
    assert tried[0] < tried[1] < tried[2]
    assert searched([(-1, -0.95)], evaluations=0)[1] == (-1, -0.95, 1.0)


def test_a_line_search_keeps_the_end_towards_which_the_loss_falls():
    """A length that is better than the lower end takes the place of the other, if its slope leads back; else of it."""
    back, _ = searched([(6, 1), (4, 0.95), (3, 0.1)], loss=5.0)
    assert 0 < back[2] < back[1] < back[0] == 1
    on, _ = searched([(6, 1), (4, -0.95), (3, 0.1)], loss=5.0)
    assert 0 < on[1] < on[2] < on[0] == 1
    back, _ = searched([(4, 0.95), (3, 0.95), (2, 0.1)], loss=5.0)  # the lower end is the right one
    assert 0 < back[2] < back[1] < back[0] == 1
    on, _ = searched([(4, 0.95), (3, -0.95), (2, 0.1)], loss=5.0)
    assert 0 < on[1] < on[2] < on[0] == 1


def test_the_first_step_of_lbfgs_is_no_longer_than_lr():
    """It is lr / sum |g| along -g, and at most lr: Newton's is not known yet."""
    for slope, expected in ((0.25, -0.5 * 0.25), (4.0, -0.5)):
        w = Tensor([0.0], requires_grad=True)

        def closure(w=w, slope=slope):
            w.grad = np.array([slope])
            return (w * slope).sum()

        optim.LBFGS([w], lr=0.5, max_iter=1).step(closure)
        np.testing.assert_allclose(w.data, [expected])


def stepped(losses, gradients, steps=1, start=0.0, **options):
    """The parameter and the state after some steps, where the closure gives these losses and gradients in turn."""
    w = Tensor(np.zeros(np.shape(gradients[0])) + start, requires_grad=True)
    losses, gradients = iter(losses), iter(gradients)
    optimizer = optim.LBFGS([w], **options)

    def closure():
        w.grad = np.array(gradients.__next__(), float)
        return Tensor(next(losses))

    for _ in range(steps):
        optimizer.step(closure)
    return w.data, optimizer.state[w]


def test_a_step_ends_where_the_gradient_is_no_larger_than_its_tolerance():
    w, state = stepped([1], [[0.5, -0.5]], tolerance_grad=0.5)
    assert (w.tolist(), state["func_evals"], state["n_iter"]) == ([0, 0], 1, 0)
    w, state = stepped([5, 1], [[1.0, 0.0], [0.5, -0.5]], tolerance_grad=0.5)
    assert (w.tolist(), state["func_evals"], state["n_iter"]) == ([-1, 0], 2, 1)
    _, state = stepped([5, 1, 0], [[1.0, 0.0], [0.5, -0.75], [0, 0]], tolerance_grad=0.5)
    assert (state["func_evals"], state["n_iter"]) == (3, 2)


def test_a_step_ends_where_it_would_change_nothing():
    """The slope promises less than the tolerance: nothing is tried. One that promises just as much is."""
    w, state = stepped([1], [[1e-5]])
    assert (w.tolist(), state["func_evals"], state["n_iter"]) == ([0], 1, 1)
    w, state = stepped([1, 1], [[0.5], [0.0]], tolerance_change=0.25)
    assert (w.tolist(), state["func_evals"], state["n_iter"]) == ([-0.5], 2, 1)


@pytest.mark.parametrize(("tolerance", "iterations"), [(1.0, 1), (0.9, 2)])
def test_a_step_ends_where_the_parameters_change_no_more_than_the_tolerance(tolerance, iterations):
    _, state = stepped([300, 200, 100], [[4.0, 0.0]] * 3, tolerance_change=tolerance, max_iter=2, max_eval=9)
    assert state["n_iter"] == iterations
    _, state = stepped(
        [300, 200, 100], [[4.0, 0.0]] * 3, tolerance_change=tolerance / 4, max_iter=2, max_eval=9, lr=0.25
    )
    assert state["n_iter"] == iterations


@pytest.mark.parametrize(("change", "iterations"), [(0.5, 2), (0.49, 1), (-0.5, 2), (-0.49, 1)])
def test_a_step_ends_where_the_loss_changes_less_than_the_tolerance(change, iterations):
    _, state = stepped([100, 100 + change, 0], [[8.0], [8.0], [8.0]], tolerance_change=0.5, max_iter=2, max_eval=9)
    assert state["n_iter"] == iterations


def test_a_step_calls_the_closure_no_more_often_than_it_may():
    """1.25 times for each iteration, unless another number is given; each step counts anew."""
    losses, gradients = range(1000, 0, -10), [[4.0], [3.0]] * 50
    assert optim.LBFGS([Tensor([0.0], requires_grad=True)]).param_groups[0]["max_eval"] == 25
    assert optim.LBFGS([Tensor([0.0], requires_grad=True)], max_iter=6).param_groups[0]["max_eval"] == 7
    for steps in (1, 2):
        _, state = stepped(losses, gradients, steps, max_iter=9, max_eval=4)
        assert (state["func_evals"], state["n_iter"]) == (4 * steps, 4 * steps - (steps - 1) - 1)
    _, state = stepped(losses, gradients, 3, max_iter=4)
    assert (state["func_evals"], state["n_iter"]) == (12, 12)


def test_without_curvature_a_direction_is_minus_the_gradient():
    """The first step is lr / |g| long, any further lr; a curvature of 1e-10 does not count yet."""
    w, state = stepped([300, 200, 100], [[4.0]] * 3, max_iter=2, max_eval=9)
    assert (w.tolist(), state["H_diag"], state["old_dirs"]) == ([-5], 1, [])
    w, state = stepped([300, 200, 100], [[-1.0], [1.0], [1.0]], max_iter=2, max_eval=9, lr=5e-11, tolerance_change=0)
    assert state["old_dirs"] == []
    _, state = stepped([300, 200, 100], [[-1.0], [1.0], [1.0]], max_iter=2, max_eval=9, lr=5.1e-11, tolerance_change=0)
    assert len(state["old_dirs"]) == 1


def test_the_direction_is_newtons_for_a_parabola():
    """After two steps on a parabola of two unknowns its whole curvature is known (BFGS with exact secants)."""
    A = np.array([[3.0, 1.0], [1.0, 2.0]])
    w = Tensor(np.array([1.0, -2.0]), requires_grad=True)
    optimizer = optim.LBFGS([w], max_iter=1, history_size=2)
    H, seen = None, []

    def closure():
        w.grad = A @ w.data
        seen.append(w.grad.data.copy())
        return Tensor(0.5 * w.data @ A @ w.data)

    for _ in range(5):
        before = w.data.copy()
        optimizer.step(closure)
        state = optimizer.state[w]
        pairs = list(zip(state.get("old_stps", []), state.get("old_dirs", []), strict=True))
        H = np.eye(2) * state["H_diag"]  # the product form of BFGS, pair by pair
        for s, y in pairs:
            V = np.eye(2) - np.outer(y, s) / (y @ s)
            H = V.T @ H @ V + np.outer(s, s) / (y @ s)
        np.testing.assert_allclose(state["d"], -H @ seen[-1], rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(w.data, before + state["t"] * state["d"], rtol=1e-12)
        for s, y in pairs:
            np.testing.assert_allclose(A @ s, y, rtol=1e-7, atol=1e-12)
        if pairs:
            s, y = pairs[-1]
            np.testing.assert_allclose(state["H_diag"], y @ s / (y @ y), rtol=1e-12)
    assert len(pairs) == 2


def test_a_run_goes_on_from_a_saved_state():
    """The direction and the curvature are those of all parameters together, whatever the shape of each."""

    def make():
        params = [Tensor(np.array([3.0, -4.0]), requires_grad=True), Tensor(1.5, requires_grad=True)]
        optimizer = optim.LBFGS(params, max_iter=2)

        def closure():
            optimizer.zero_grad()
            loss = (params[0] ** 4).sum() + (params[1] - params[0][0]) ** 2
            loss.backward()
            return loss

        return params, optimizer, closure

    params, optimizer, closure = make()
    others, other, again = make()
    for _ in range(2):
        optimizer.step(closure)
    other.load_state_dict(optimizer.state_dict())
    for mine, its in zip(params, others, strict=True):
        its.data[...] = mine.data
    for _ in range(2):
        optimizer.step(closure)
        other.step(again)
    for mine, its in zip(params, others, strict=True):
        np.testing.assert_array_equal(its.data, mine.data)


def test_what_was_recorded_before_a_step_is_told_that_a_parameter_has_changed():
    w = Tensor(np.array([3.0, 4.0]), requires_grad=True)
    kept = (w * w).sum()
    optimizer = optim.LBFGS([w])

    def closure():
        w.grad = w.data.copy()
        return Tensor(0.5 * float(w.data @ w.data))

    optimizer.step(closure)
    with pytest.raises(RuntimeError):
        kept.backward()


@pytest.mark.parametrize("search", [None, "strong_wolfe"])
def test_parameters_without_a_gradient_without_elements_and_complex_ones(search):
    """They are one row: real and imaginary parts apart, zeros for those that have no gradient."""
    w, unused = Tensor(np.array([[1.0, 2.0]]), requires_grad=True), Tensor(np.array([5.0]), requires_grad=True)
    empty, z = Tensor(np.zeros((0, 2)), requires_grad=True), Tensor(np.array([1 + 2j, 3j]), requires_grad=True)
    optimizer = optim.LBFGS([w, unused, empty, z], line_search_fn=search)

    def closure():
        optimizer.zero_grad()
        loss = ((w - 3) ** 2).sum() + (abs(z - [2 - 1j, 4 + 5j]) ** 2).sum() + empty.sum()
        loss.backward()
        return loss

    assert optimizer.step(closure).item() == pytest.approx(5 + 1 + 9 + 16 + 4)
    np.testing.assert_allclose(w.data, [[3, 3]], atol=1e-5)
    np.testing.assert_allclose(z.data, [2 - 1j, 4 + 5j], atol=1e-5)
    assert unused.tolist() == [5]
    assert optim.LBFGS([empty], line_search_fn=search).step(lambda: Tensor(7.0)).item() == 7


def test_lbfgs_that_had_nothing_to_do_goes_on():
    w = Tensor(np.zeros(2), requires_grad=True)
    optimizer, other = optim.LBFGS([w]), optim.LBFGS([w])

    def closure():
        w.grad = np.zeros(2)
        return (w * w).sum()

    optimizer.step(closure)
    other.load_state_dict(optimizer.state_dict())
    assert other.state[w] == {"func_evals": 1, "n_iter": 0}
