"""vmap: a function of one example as a function of all, against a loop over them."""

import re
from collections import namedtuple
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import nn
from autograd import (
    Tensor,
    checkpoint,
    compile,
    detect_anomaly,
    generator,
    grad,
    hessian,
    jacobian,
    jvp,
    manual_seed,
    no_grad,
    trace,
    tree,
    vjp,
    vmap,
)  # fmt: skip

RNG = np.random.default_rng(0)
X = RNG.standard_normal((4, 3))
W = RNG.standard_normal((2, 3))


def wave(x):
    return np.tanh(W @ x) * x.sum()


def test_each_example_gets_what_it_would_get_alone():
    got = vmap(wave)(X)
    assert type(got) is np.ndarray
    np.testing.assert_allclose(got, [wave(x) for x in X])
    assert isinstance(vmap(wave)(Tensor(X)), Tensor)


def test_axes_are_those_that_are_told():
    np.testing.assert_allclose(vmap(wave, 1)(X.T), vmap(wave)(X))
    np.testing.assert_allclose(vmap(wave, -1)(X.T), vmap(wave)(X))
    np.testing.assert_allclose(vmap(wave, out_axes=1)(X), vmap(wave)(X).T)
    np.testing.assert_allclose(vmap(wave, out_axes=-1)(X), vmap(wave)(X).T)
    np.testing.assert_allclose(vmap(wave, out_axes=-2)(X), vmap(wave)(X))
    np.testing.assert_allclose(vmap(lambda x: x[0], out_axes=-1)(X), X[:, 0])
    got = vmap(lambda x, y: x[:, None] * y, (0, None), 2)(X, W[0])
    np.testing.assert_allclose(got, np.moveaxis(X[:, :, None] * W[0], 0, 2))
    np.testing.assert_allclose(vmap(lambda x, scale: x * scale)(X, scale=np.arange(4.0)), X * np.arange(4.0)[:, None])


def test_containers_go_in_and_come_out():
    def affine(p, x):
        return {"out": p["w"] @ x + p["b"], "pair": (x, p["b"])}

    p = {"w": np.stack([W] * 4), "b": RNG.standard_normal(2)}
    got = vmap(affine, ({"w": 0, "b": None}, 0), {"out": 0, "pair": (1, None)})(p, X)
    np.testing.assert_allclose(got["out"], X @ W.T + p["b"])
    np.testing.assert_allclose(got["pair"][0], X.T)
    np.testing.assert_allclose(got["pair"][1], p["b"])


class Many:
    def __init__(self, *parts):
        self.parts = parts


tree.register(Many, lambda many: (list(many.parts), None), lambda _, parts: Many(*parts))


class Line:
    def __init__(self, slope, level):
        self.slope, self.level = slope, level


@dataclass
class Scaled:
    value: Any
    factor: Any = None


def test_axes_stand_in_a_users_containers_as_in_pythons():
    tree.register(Line, lambda line: ([line.slope, line.level], None), lambda _, parts: Line(*parts))
    lines = Line(X, X[0])
    got = vmap(lambda line: line.slope * line.level, (Line(0, None),))(lines)
    np.testing.assert_allclose(got, X * X[0])
    np.testing.assert_allclose(vmap(lambda x: Line(x, x.sum()), out_axes=Line(1, 0))(X).slope, X.T)
    np.testing.assert_allclose(vmap(lambda s: s.value * s.factor, (Scaled(0, None),))(Scaled(X, 2.0)), X * 2)
    with pytest.raises(ValueError, match=r"in_axes\[0\]\.factor as a whole number"):
        vmap(lambda s: s.value, (Scaled(0, "a"),))(Scaled(X, X))


def test_axes_of_some_arguments_and_of_those_given_by_name():
    got = vmap(lambda x, y: x * y, (1,))(X.T, y=X + 1)
    np.testing.assert_array_equal(got, X * (X + 1))
    got = vmap(lambda x, y: x * y["a"], 1)(X.T, y={"a": X[:, 0]})
    np.testing.assert_array_equal(got, X * X[:, :1])
    for axes in ([0, 1], (0, 1)):
        for pair in (lambda x: (x, x), lambda x: [x, x]):
            first, second = vmap(pair, out_axes=axes)(X)
            np.testing.assert_array_equal(first, second.T)


def test_what_is_none_stays_none():
    assert vmap(lambda x: (None, None))(X) == (None, None)
    first, second = vmap(lambda x, y: (x, y), (0, None))(X, None)
    assert (first.shape, second) == (X.shape, None)


def test_what_is_the_same_for_all_is_copied_and_plain():
    assert not np.shares_memory(vmap(lambda x: W, out_axes=None)(X), W)
    assert type(vmap(lambda x: W)(Tensor(X))) is np.ndarray
    assert type(vmap(lambda x: (x, W), out_axes=(0, None))(Tensor(X))[1]) is np.ndarray
    assert isinstance(vmap(lambda x: x.sum())(Tensor(X)), Tensor)


def test_what_is_the_same_for_all_is_repeated():
    np.testing.assert_allclose(vmap(lambda x: 2.0)(X), [2.0] * 4)
    np.testing.assert_allclose(vmap(lambda x: W)(X), np.stack([W] * 4))
    np.testing.assert_allclose(vmap(lambda: W, axis_size=2)(), np.stack([W] * 2))


def test_results_share_no_memory_with_the_arguments():
    x = X.copy()
    got = vmap(lambda x: x)(x)
    assert not np.shares_memory(got, x)
    got[...] = 0
    np.testing.assert_array_equal(x, X)


def test_assignments_do_what_they_do_in_a_loop():
    def first_zero(x):
        row = x[:2]
        row += 1.0
        x[0] = 0.0
        return x * 1.0

    x = X.copy()
    got = vmap(first_zero)(x)
    np.testing.assert_array_equal(got, x)
    np.testing.assert_array_equal(x, np.stack([np.zeros(4), X[:, 1] + 1, X[:, 2]], 1))
    x = X.copy()

    def first_from_second(x):
        x[0] = x[1] * 2.0
        x[1:] = x[:2]

    vmap(lambda x: (first_from_second(x), x)[1])(x)
    np.testing.assert_array_equal(x, np.stack([X[:, 1] * 2, X[:, 1] * 2, X[:, 1]], 1))
    x = X.copy()
    vmap(grad(lambda x: first_zero(x).sum()))(x)
    np.testing.assert_array_equal(x, X)


def _written(write):
    """The sum of an array, each element times another number, after it was written to."""

    def run(x):
        y = x.reshape(2, 2) * 1
        more = write(x, y)
        return (y * np.array([[1.0, 2.0], [3.0, 4.0]])).sum() + (0 if more is None else more)

    return run


def _through(view):
    """Writes through the view of y that this gives: assigned, added to, given as out=, sorted."""

    def by_item(x, y):
        view(y)[...] = np.exp(view(x.reshape(2, 2)))

    def in_place(x, y):
        part = view(y)
        part += np.sin(view(x.reshape(2, 2)[::-1]))

    def out(x, y):
        np.multiply(view(y), view(y), out=view(y))

    def sort(x, y):
        view(y).sort(0)

    def seen(x, y):
        part = view(y)
        y *= y.T
        return (part * view(x.reshape(2, 2))).sum()

    return {"item": by_item, "in place": in_place, "out": out, "sort": sort, "seen": seen}


def _an_element(x, y):
    one, lasting = y[0, 1], y[0, 1, ...]
    y *= 3.0
    return one * lasting  # the one is what it was, as a number of NumPy's


def _several(x, y):
    row, column, turned = y[0], y[:, 1], y.T
    column *= x[:2]
    row[:] = np.sin(row)
    turned[[0, 1], [1, 1]] += x[1]
    return (column * turned[1]).sum() * (row * row).sum()


def _in_a_constant(x, y):
    total = Tensor(np.zeros(4))
    part = total[1:]
    part += x[1:] ** 2
    return (total * x).sum()


WRITES = {
    "an element": _an_element, "several": _several, "in a constant": _in_a_constant,
    **{
        f"{how} {name}": write
        for name, view in {"row": lambda y: y[1], "column": lambda y: y[:, 0], "turned": lambda y: y.T,
                           "back": lambda y: y[::-1, 1:]}.items()
        for how, write in _through(view).items()
    },
}  # fmt: skip


@pytest.mark.parametrize("case", WRITES)
def test_what_is_written_through_a_view_is_seen(case):
    f, rows = _written(WRITES[case]), np.array([[0.3, -1.2, 0.8, 0.5], [1.0, 0.2, -0.4, 2.0], [0.7, 0.6, 0.1, -3.0]])
    expected = np.stack([grad(f)(row) for row in rows])
    np.testing.assert_allclose(vmap(f)(rows), [f(row) for row in rows])
    np.testing.assert_allclose(vmap(grad(f))(rows), expected)
    np.testing.assert_allclose(vmap(grad(f), in_axes=1)(rows.T), expected)
    np.testing.assert_allclose(vmap(vmap(grad(f)))(rows[None] * np.ones((2, 1, 1)))[1], expected)
    np.testing.assert_allclose(vmap(hessian(f))(rows), [hessian(f)(row) for row in rows], atol=1e-12)
    t = Tensor(rows, requires_grad=True)
    vmap(f)(t).sum().backward()
    np.testing.assert_allclose(t.grad.data, expected)


def test_what_is_checked_by_what_it_holds_holds_it_for_all_examples():
    f = lambda x: (np.where(x > 0, x * 2, np.sin(x)) * x[[0, 1, 1]]).sum()
    expected = np.stack([grad(f)(row) for row in X])
    np.testing.assert_allclose(vmap(grad(checkpoint(f)))(X), expected)
    with detect_anomaly():
        np.testing.assert_allclose(vmap(grad(f))(X), expected)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("scale", [1.0, 0.0, 1e200])
def test_deviations_of_what_is_chosen(scale):
    """Also where the squares leave the range, or none has been chosen in one of the examples."""
    rows = scale * np.where(np.array([[0, 0, 0], [0, 1, 0], [1, 1, 1], [0, 0, 1]]) == 1, np.nan, X)
    with np.errstate(all="ignore"):
        for f in (np.nanstd, lambda x: np.std(x, where=x > 0)):
            np.testing.assert_allclose(vmap(f)(rows), [f(row) for row in Tensor(rows)])
            np.testing.assert_allclose(vmap(grad(f))(rows), [grad(f)(row) for row in rows])


@pytest.mark.parametrize("index", [np.True_, np.False_, True, False])
def test_an_index_that_takes_all_or_nothing(index):
    def f(x):
        y = x.max(keepdims=True)[0] * 1
        y[index] = 7.0
        return y * x.sum()

    np.testing.assert_allclose(vmap(f)(X), [f(Tensor(row)).item() for row in X])
    np.testing.assert_allclose(vmap(grad(f))(X), [grad(f)(row) for row in X])


def test_what_was_overwritten_through_a_view_is_missed():
    def f(x):
        y = np.exp(x)
        with no_grad():
            y[1:][...] = 0.0
        return y.sum()

    with pytest.raises(RuntimeError, match="exp saved"):
        vmap(grad(f))(X)


def test_no_examples_give_none():
    assert vmap(wave)(X[:0]).shape == (0, 2)
    assert vmap(grad(lambda x: wave(x).sum()))(X[:0]).shape == (0, 3)


# ---- nested ----------------------------------------------------------------------------------------------------------


def test_derivatives_of_each_example():
    np.testing.assert_allclose(vmap(jacobian(wave))(X), [jacobian(wave)(x) for x in X])
    np.testing.assert_allclose(
        vmap(hessian(lambda x: wave(x).sum()))(X), [hessian(lambda x: wave(x).sum())(x) for x in X]
    )
    np.testing.assert_allclose(
        vmap(lambda x, v: jvp(wave, (x,), (v,))[1])(X, X + 1), [jvp(wave, (x,), (x + 1,))[1] for x in X]
    )
    np.testing.assert_allclose(
        vmap(lambda x: vjp(wave, x)[1](np.ones(2))[0])(X), [vjp(wave, x)[1](np.ones(2))[0] for x in X]
    )


def test_derivatives_of_all_examples():
    def total(weights, x, f=vmap):
        each = f(lambda x: np.tanh(weights @ x).sum() ** 2 + (weights * x).sum())
        return (each(x) ** 2).sum()

    def looped(fun):
        return lambda x: np.stack([fun(one) for one in x])

    for number in (0, 1):
        np.testing.assert_allclose(grad(total, number)(W, X), grad(lambda *a: total(*a, f=looped), number)(W, X))
        np.testing.assert_allclose(hessian(total, number)(W, X), hessian(lambda *a: total(*a, f=looped), number)(W, X))


def test_a_result_that_is_used_within_and_given_out_counts_once_each():
    """What is the same for all examples is a part of each example's gradient, and of its own."""

    def both(w):
        scaled, same = vmap(lambda x: (w * 2 * x, w * 2), out_axes=(0, None))(X[:, 0])
        return scaled.sum() + 10 * same

    np.testing.assert_allclose(grad(both)(3.0), 2 * X[:, 0].sum() + 20)

    def repeated(w):
        scaled, same = vmap(lambda x: (w * 2 * x, w * 2))(X[:, 0])
        return scaled.sum() + (same * np.arange(4.0)).sum()

    np.testing.assert_allclose(grad(repeated)(3.0), 2 * X[:, 0].sum() + 12)


def test_gradients_inside_are_joined_to_what_is_outside():
    def loss(w, x):
        return np.tanh(w * x).sum()

    def outer(w):
        return (vmap(grad(loss), (None, 0))(w, X) ** 2).sum()

    def looped(w):
        return sum((grad(loss)(w, x) ** 2).sum() for x in X)

    w = np.array([0.3, -0.2, 0.5])
    np.testing.assert_allclose(outer(w), looped(w))
    np.testing.assert_allclose(grad(outer)(w), grad(looped)(w))
    np.testing.assert_allclose(hessian(outer)(w), hessian(looped)(w))


def test_backward_reaches_tensors_outside():
    w = Tensor(W, requires_grad=True)
    x = Tensor(X, requires_grad=True)
    out = vmap(lambda x: np.tanh(w @ x))(x)
    out.sum().backward()
    slope = 1 - np.tanh(X @ W.T) ** 2
    np.testing.assert_allclose(w.grad.data, slope.T @ X)
    np.testing.assert_allclose(x.grad.data, slope @ W)


def test_vmap_within_vmap():
    def product(a, b):
        return a * b + W[0, 0]

    table = vmap(vmap(product, (None, 0)), (0, None))(np.arange(3.0), np.arange(4.0))
    np.testing.assert_allclose(table, np.outer(np.arange(3.0), np.arange(4.0)) + W[0, 0])
    cube = RNG.standard_normal((2, 3, 4))
    np.testing.assert_allclose(vmap(vmap(np.sum, 1), 0)(cube), cube.sum(1))
    methods = lambda x: x.data.round(0) + x.data.astype("f4")
    np.testing.assert_allclose(vmap(vmap(methods))(cube / 4), (cube / 4).round(0) + cube / 4)
    np.testing.assert_allclose(
        grad(lambda w: (vmap(lambda x: vmap(lambda y: np.sin(w * x * y).sum())(X))(X) ** 2).sum())(W[0]),
        grad(lambda w: (np.sin(w * X[:, None] * X).sum(-1) ** 2).sum())(W[0]),
    )
    pairs = vmap(lambda x: vmap(grad(lambda y: (x * y).sum() ** 2))(X))(X)
    np.testing.assert_allclose(pairs, 2 * (X @ X.T)[..., None] * X[:, None])


def test_jacobians_and_hessians_of_what_is_batched():
    """Their rows are a newer batch, in which the gradients of what goes in and comes out stand."""

    def batched(w, x):
        return vmap(lambda x: (np.tanh(w @ x), w[0] * 3.0, 2.0 * w), in_axes=1, out_axes=(1, None, 0))(x)

    def looped(w, x):
        return np.tanh(w @ x), w[0] * 3.0, np.stack([2.0 * w] * x.shape[1])

    for k in (0, 1):
        for got, expected in zip(jacobian(batched, k)(W, X.T), jacobian(looped, k)(W, X.T), strict=True):
            np.testing.assert_allclose(got, expected)

    def total(f):
        return lambda w, x: sum((part**3).sum() for part in f(w, x))

    for k in (0, 1):
        np.testing.assert_allclose(hessian(total(batched), k)(W, X.T), hessian(total(looped), k)(W, X.T))
    interp = vmap(lambda x: np.interp(x, np.linspace(-3, 3, 3), W[0]) * W[1])
    np.testing.assert_allclose(
        jacobian(interp)(X),
        jacobian(lambda x: np.stack([np.interp(r, np.linspace(-3, 3, 3), W[0]) * W[1] for r in x]))(X),
    )


def test_gradients_of_what_was_batched_for_many_at_once():
    """The batch of the gradients is newer than the one they go back through, into it and out of it."""

    def batched(w, x):
        return vmap(lambda x: (np.tanh(w @ x), w[0] * 3.0, w[0, 0] * 2.0 + x), in_axes=1, out_axes=(1, None, -1))(x)

    def looped(w, x):
        return np.tanh(w @ x), w[0] * 3.0, w[0, 0] * 2.0 + x

    def slopes(f):
        return lambda w, x: grad(lambda w, x: sum((part**3).sum() for part in f(w, x)), (0, 1))(w, x)

    for fun in (lambda f: f, slopes):
        outs, back = vjp(fun(batched), W, X.T)
        expected, other = vjp(fun(looped), W, X.T)
        for got, one in zip(outs, expected, strict=True):
            np.testing.assert_allclose(got, one)
        seeds = [tuple([RNG.standard_normal(np.shape(out)) for out in outs]) for _ in range(3)]
        many = vmap(lambda *parts, back=back: back(parts))(*[np.stack(parts) for parts in zip(*seeds, strict=True)])
        for k, part in enumerate(many):
            np.testing.assert_allclose(part, [other(seed)[k] for seed in seeds])


def test_assignments_of_what_differs_between_the_examples_of_an_older_batch():
    def change(x, v):
        made = x * 1.0
        made[0] = v
        made[1:] = made[1:] * v
        made[[0, 2]] = v + x[0]
        made[made > 5.0] = v
        return made

    v = RNG.standard_normal(5) + 5
    got = vmap(lambda v: vmap(lambda x: change(x, v))(X))(v)
    np.testing.assert_allclose(got, [[change(x, one) for x in X] for one in v])
    got = vmap(lambda v: vmap(lambda x: change(v, x.sum()))(X))(np.stack([v, v + 1]))
    np.testing.assert_allclose(got, [[change(one, x.sum()) for x in X] for one in (v, v + 1)])
    slope = vmap(lambda v: vmap(grad(lambda x: (change(x, v) ** 2).sum()))(X))(v)
    np.testing.assert_allclose(slope, [[grad(lambda x, v=one: (change(x, v) ** 2).sum())(x) for x in X] for one in v])


def test_axes_at_the_bounds_and_of_what_is_given_by_name():
    np.testing.assert_allclose(vmap(wave, -2)(X), vmap(wave)(X))
    got = vmap(lambda x, y: x.sum() * y)(X, y=X + 1)
    np.testing.assert_allclose(got, X.sum(1)[:, None] * (X + 1))
    with pytest.raises(ValueError, match="axis -3, for which it needs at least 3 dimensions"):
        vmap(wave, -3)(X)


def test_results_are_tensors_where_an_argument_is():
    assert type(vmap(lambda x: (x, W))(X)[1]) is np.ndarray
    assert all(isinstance(part, Tensor) for part in vmap(lambda x: (x, x * 2))(Tensor(X)))
    a, b = vmap(lambda x: {"a": x, "b": [x * 2]})(X).values()
    np.testing.assert_array_equal(b[0], 2 * a)


def test_jacobians_within_are_joined_to_what_is_outside():
    def total(w, x):
        each = vmap(lambda x: jacobian(lambda x: np.tanh(w * x) * x.sum())(x))(x)
        return (each**3).sum() + (vmap(hessian(lambda x: np.tanh(w * x).sum()))(x) ** 3).sum()

    def looped(w, x):
        each = [jacobian(lambda x: np.tanh(w * x) * x.sum())(one) for one in x]
        return sum((j**3).sum() for j in each) + sum(
            (hessian(lambda x: np.tanh(w * x).sum())(one) ** 3).sum() for one in x
        )

    for number in (0, 1):
        np.testing.assert_allclose(grad(total, number)(W[0], X), grad(looped, number)(W[0], X))
    np.testing.assert_allclose(hessian(total)(W[0], X[:2]), hessian(looped)(W[0], X[:2]))
    np.testing.assert_allclose(
        jvp(total, (W[0], X), (W[1], X))[1],
        sum((g * v).sum() for g, v in zip(grad(looped, (0, 1))(W[0], X), (W[1], X), strict=True)),
    )


def test_a_gradient_that_differs_cannot_be_left_in_a_tensor_outside():
    w = Tensor(W[0], requires_grad=True)

    def step(x):
        (w * x).sum().backward()
        return x

    with pytest.raises(RuntimeError, match="within vmap each example has a gradient of its own"):
        vmap(step)(X)


def test_traced_and_compiled():
    each = vmap(grad(lambda x: (wave(x) ** 2).sum()))
    assert not re.search(r"\bfor\b.*:$", trace(each, X).source, re.MULTILINE)
    fast = compile(each)
    for k in range(3):
        np.testing.assert_allclose(fast(X + k), each(X + k))
    assert fast.why_not is None if hasattr(fast, "why_not") else True


@pytest.mark.parametrize("function", [wave, lambda x: x.sum() * x[0], grad(lambda x: (np.sin(x) * x[0]).sum())])
def test_what_is_compiled_runs_within_as_it_is(function):
    compiled = compile(function)
    each = [function(x) for x in X]
    np.testing.assert_allclose(vmap(compiled)(X), each)
    assert compiled.programs == []
    np.testing.assert_allclose([compiled(x) for x in X], each)
    np.testing.assert_allclose(vmap(compiled)(X), each)  # also where there is a program
    np.testing.assert_allclose(compile(vmap(compiled))(X), each)


def test_a_checkpoint_within():
    block = checkpoint(lambda x: np.tanh(x) * x)
    np.testing.assert_allclose(vmap(grad(lambda x: block(x).sum()))(X), vmap(grad(lambda x: (np.tanh(x) * x).sum()))(X))


# ---- random numbers --------------------------------------------------------------------------------------------------


def test_random_numbers_differ_or_are_the_same():
    def noisy(x):
        return x + generator().standard_normal(3)

    manual_seed(0)
    different = vmap(noisy)(X) - X
    manual_seed(0)
    np.testing.assert_allclose(different, np.random.default_rng(0).standard_normal((4, 3)))
    same = vmap(noisy, randomness="same")(X) - X
    np.testing.assert_allclose(same, np.broadcast_to(same[0], (4, 3)))


@pytest.mark.parametrize(
    "draw",
    [
        lambda rng, x: rng.uniform(0, 1, 2),
        lambda rng, x: rng.integers(0, 9, size=(2, 2)),
        lambda rng, x: rng.random(),
        lambda rng, x: rng.permutation(5),
        lambda rng, x: rng.normal(x, 1e-9),
        lambda rng, x: rng.choice(9, 3, replace=False),
    ],
)
def test_draws_of_all_kinds(draw):
    rng = np.random.default_rng(3)
    x = np.arange(4.0)
    different = vmap(lambda x: draw(generator(rng), x))(x)
    assert len(different) == 4
    assert any(not np.array_equal(different[0], one) for one in different)
    same = vmap(lambda x: draw(generator(rng), x), randomness="same")(np.zeros(4))
    np.testing.assert_array_equal(same, np.stack([same[0]] * 4))


def test_dropout_is_another_one_for_each_example():
    drop = nn.Dropout(0.5)
    kept = vmap(drop)(np.ones((50, 20))) != 0
    assert 0.3 < kept.mean() < 0.7
    assert len(np.unique(kept, axis=0)) > 40
    kept = vmap(drop, randomness="same")(np.ones((50, 20))) != 0
    assert len(np.unique(kept, axis=0)) == 1


# ---- what has no batched form ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ["C", "F", "K"])
def test_orders_are_those_of_one_example(order):
    cube = np.asfortranarray(RNG.standard_normal((2, 3, 4)))
    for function in (
        lambda x: np.ravel(x, order),
        lambda x: np.ravel(x.T, order),
        lambda x: x.data.ravel(order),
        lambda x: np.reshape(x, (4, 3), order=order if order != "K" else "C"),
        lambda x: x.data.reshape(4, 3, order=order if order != "K" else "C"),
        lambda x: x.data.flatten(order),
        lambda x: np.copy(x.T, order),
    ):
        np.testing.assert_array_equal(vmap(function)(cube), [function(Tensor(x)) for x in cube])


def test_what_is_looped_says_so():
    each = vmap(lambda x: np.histogram(x, 3, (-2, 2))[0])
    np.testing.assert_allclose(each(X), [np.histogram(x, 3, (-2, 2))[0] for x in X])
    (why,) = each.why_looped
    assert "histogram" in why
    assert "test_vmap.py" in why
    each = vmap(wave)
    assert each.why_looped == ()
    each(X)
    assert each.why_looped == ()


@pytest.mark.parametrize(
    "function",
    [
        np.linalg.norm, np.std, lambda x: np.linalg.cond(x.reshape(2, 2), "fro"), lambda x: np.linalg.norm(x, 3),
        lambda x: nn.functional.pdist(x.reshape(2, 2)).sum(), lambda x: np.sum(x > 0) * 1.0,
        lambda x: np.linalg.matrix_power(x.reshape(2, 2), 0).sum(),
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:Output seems independent")
def test_examples_of_different_kinds_take_ways_of_their_own(function):
    """What saves work or keeps the range for one example alone must not be a branch that all have to take."""
    many = np.array([[3.0, 4, 1, 2], [0, 0, 0, 0], [3e200, 1e200, 2e200, 1e200], [1e-200, 0, 0, 5e-200], [1, 1, 1, 1]])
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(vmap(function)(many), [plain(function(Tensor(x))) for x in many], rtol=1e-12)
        np.testing.assert_allclose(vmap(grad(function))(many), [grad(function)(x) for x in many], rtol=1e-12)


def plain(value):
    return value.data if isinstance(value, Tensor) else value


def test_one_matrix_times_one_of_each_example_is_one_product():
    many, one = RNG.standard_normal((4, 3, 3)), RNG.standard_normal((3, 3))
    for product in (lambda x: one @ x, lambda x: x @ one, lambda x: one @ x @ one.T):
        slope = grad(lambda x, product=product: (product(x) ** 2).sum())
        each = vmap(slope)
        np.testing.assert_allclose(each(many), [slope(x) for x in many])
        assert each.why_looped == ()


def test_a_slice_may_begin_elsewhere_in_each_example():
    starts = np.array([0, 2, 1, 1])
    each = vmap(lambda x, i: x[i : i + 1] * 2)
    np.testing.assert_allclose(each(X, starts), [x[i : i + 1] * 2 for x, i in zip(X, starts, strict=True)])
    assert "getitem" in each.why_looped[0]
    slopes = vmap(grad(lambda x, i: (x[i : i + 1] ** 2).sum()))(X, starts)
    np.testing.assert_allclose(slopes, [np.where(np.arange(3) == i, 2 * x, 0) for x, i in zip(X, starts, strict=True)])
    with pytest.raises(TypeError, match="arrays of different shapes for the examples"):
        vmap(lambda x, i: x[i:])(X, starts)

    def write(x, i):
        made = x * 1
        made[i : i + 1] = 5.0
        return made

    np.testing.assert_allclose(vmap(write)(X, starts), [write(x, i) for x, i in zip(X, starts, strict=True)])


def test_what_is_printed_within_shows_all_examples(capsys):
    vmap(lambda x: print(x[:1], f"{x[0]}"))(X.round(0) + 0.0)
    said = capsys.readouterr().out
    assert said.startswith("Tensor(<4 examples> [[")
    assert said.count("<4 examples>") == 2


def test_a_branch_that_differs_between_examples_is_refused():
    with pytest.raises(TypeError, match=r"vmap: an array of shape \(\), which is another one for each of the 4"):
        vmap(lambda x: x if x > 0 else -x)(X[:, 0])
    with pytest.raises(TypeError, match="is made a plain array"):
        vmap(lambda x: np.asarray(x))(X)
    with pytest.raises(TypeError, match="a number of Python's"):
        vmap(lambda x: float(x[0]))(X)


def test_writing_into_what_is_the_same_for_all_is_refused():
    def write(x):
        made = np.zeros(3)
        np.add.at(made, [0, 1], x[0])
        return made

    with pytest.raises(TypeError, match="like=x"):
        vmap(write)(X)

    def into(x):
        made = np.zeros(3, like=x)
        made[0] = x[0]
        return made

    np.testing.assert_array_equal(vmap(into)(X)[:, 0], X[:, 0])


# ---- bad input -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: vmap(3), TypeError, "vmap: expected a function"),
        (lambda: vmap(wave, randomness="error"), ValueError, '"different" or "same"'),
        (lambda: vmap(lambda x, y: x)(X, X[:2]), ValueError, r"argument x .* has size 4; axis 0 of argument y"),
        (lambda: vmap(lambda a, b, c, d: a)(X, X, X, X[:2]), ValueError, r" a [^;]*; .* b [^;]*; [^;]* d [^;]*$"),
        (lambda: vmap(lambda x, y: x, (0, 2))(X, X), ValueError, r"argument y .* axis 2.*at least 3 dim.*\(4, 3\)"),
        (lambda: vmap(lambda x: x)(2.0), ValueError, r"argument x is to be mapped along axis 0.*shape is \(\)"),
        (lambda: vmap(lambda x: x, (0, 0))(X), ValueError, "2 for 1 arguments"),
        (lambda: vmap(lambda x: x, None)(X), ValueError, "axis_size="),
        (lambda: vmap(lambda x: x, axis_size=3)(X), ValueError, "axis_size is 3"),
        (lambda: vmap(lambda x: x, ({"a": 0},))({"b": X}), ValueError, r"in_axes\[0\]"),
        (lambda: vmap(lambda x: x, (object(),))(object()), ValueError, r"in_axes\[0\] as a whole number"),
        (lambda: vmap(lambda p: p.parts, (Many(0),))(Many(X, X)), ValueError, r"in_axes\[0\] as a whole number"),
        (lambda: vmap(lambda x: x, out_axes=5)(X), ValueError, "out_axes is 5 for result 0"),
        (lambda: vmap(lambda x: x, out_axes=-3)(X), ValueError, r"out_axes is -3 for result 0, .* is \(3,\)"),
        (lambda: vmap(lambda x: x, out_axes=2)(X), ValueError, "out_axes is 2 for result 0"),
        (lambda: vmap(lambda x: x, out_axes=None)(X), ValueError, "differs between the examples"),
        (lambda: vmap(lambda x: x, out_axes=(0, 0))(X), ValueError, "out_axes"),
        (lambda: vmap(lambda x: x)("text"), TypeError, "got str in argument x"),
        (lambda: vmap(lambda x: "text")(X), TypeError, "expected a function that gives arrays, got str"),
        (lambda: vmap(lambda *a: a[0])(X, X[:2]), ValueError, r"argument a .* axis 0 of argument number 1 \(of shape"),
        (lambda: vmap(lambda p, y: y)({"a": X, "b": X}, X[:2]), ValueError, r"p, leaf 1, .*of argument y \(of"),
        (lambda: vmap(lambda p, y: y)(X, [X, X[:2]]), ValueError, r"argument x?p .*of argument y, leaf 1, \(of"),
        (lambda: vmap(lambda x: np.unique(x))(np.array([[1, 1], [1, 2]])), TypeError, "different shapes"),
    ],
)  # fmt: skip
def test_errors_name_argument_axis_and_shape(call, error, says):
    with pytest.raises(error, match=says):
        call()


def test_axes_of_named_tuples():
    Pair = namedtuple("Pair", ["first", "second"])
    got = vmap(lambda pair: pair.first + pair.second, (Pair(0, 1),))(Pair(X, X.T))
    np.testing.assert_array_equal(got, 2 * X)


def test_small_products_of_all_kinds_within_a_compiled_function():
    """An array of the batch and one that is traced: each is asked of the one that knows the other."""
    rng = np.random.default_rng(0)
    x, v = rng.standard_normal((7, 5)), rng.standard_normal((5, 4))
    xs, ws = rng.standard_normal((3, 7, 5)), rng.standard_normal((3, 5, 4))
    for fun, args in (
        (lambda xs, v: vmap(lambda x: ((x @ v) ** 2).sum())(xs), (xs, v)),
        (lambda ws, x: vmap(lambda w: ((Tensor(x) @ w) ** 2).sum())(ws), (ws, x)),
        (lambda ws: vmap(lambda w: ((Tensor(x) @ w) ** 2).sum())(ws), (ws,)),
        (lambda xs, ws: vmap(lambda x, w: ((x @ w) ** 2).sum())(xs, ws), (xs, ws)),
    ):
        step = compile(fun)
        for _ in range(2):
            np.testing.assert_allclose(step(*args), fun(*args))
        assert step.why_not is None
