"""What stands inside a Tensor while vmap runs looks to Python like the array of one example."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograd import Tensor, generator, grad, primitive, vmap
from autograd.engine.tensor import unwrap

X = np.random.default_rng(0).standard_normal((4, 2, 3))
ONES = np.ones((4, 2, 3))
ROWS = X[:, 0]


def inside(look: Any, x: Any = X) -> Any:
    """What is seen within vmap of what stands for one example."""
    seen: list[Any] = []

    def run(x: Any) -> Any:
        seen.append(look(unwrap(x)))
        return x

    vmap(run)(x)
    return seen[0]


def test_its_looks_are_those_of_one_example() -> None:
    one = X[0]
    for name in ("shape", "ndim", "size", "dtype", "itemsize", "nbytes", "strides"):
        assert inside(lambda x, name=name: getattr(x, name)) == getattr(one, name)
    assert inside(lambda x: isinstance(x, np.ndarray))
    assert inside(len) == 2
    assert inside(lambda x: [part.shape for part in x]) == [(3,), (3,)]
    assert inside(repr) == "<4 examples of shape (2, 3) and float64>" == inside(format)
    assert inside(lambda x: (x.T.shape, x.mT.shape)) == ((3, 2), (3, 2))
    for look, says in ((len, "unsized"), (iter, "0-d")):
        with pytest.raises(TypeError, match=says):
            inside(look, X[:, 0, 0])
    assert inside(lambda x: x.copy().flags.writeable) is True
    with pytest.raises(AttributeError, match="'ndarray' object has no attribute 'colour'"):
        inside(lambda x: x.colour)


def test_a_value_that_all_have_is_a_number() -> None:
    whole = np.full((4, 2), 3)
    assert inside(lambda x: (float(x[0, 0]), int(x[0, 0]), complex(x[0, 0]), bool(x[0, 0])), ONES) == (
        1.0,
        1,
        1 + 0j,
        True,
    )
    assert inside(lambda x: [10, 20, 30, 40][x[1]], whole) == 40
    items = lambda x: (x.item(0, 1), x.item((1, 2)), x[0, :1].item(), x.item(4), x.item(-1), x[0].item((1,)))
    assert inside(items, ONES + [[0, 1, 2], [3, 4, 5]]) == (2.0, 6.0, 1.0, 5.0, 6.0, 2.0)
    assert inside(lambda x: (3 in x, 4 in x), whole) == (True, False)
    for look in (float, int, complex, bool, lambda x: x.item(), lambda x: x.tolist(), np.asarray):
        with pytest.raises(TypeError, match=r"vmap: an array of shape .* is made "):
            inside(lambda x, look=look: look(x[0, 0]))
    with pytest.raises((TypeError, ValueError), match=r"only (0-dimensional|length-1|size 1)"):
        inside(float, ONES)


def test_parts_of_complex_numbers_are_written() -> None:
    def change(x: Any) -> Any:
        made = x.copy()
        made.real = made.imag * 2
        made.imag = 1.0
        return made + 0 * made.conj().conjugate()

    z = X + 1j * X[::-1]
    np.testing.assert_array_equal(vmap(lambda z: change(unwrap(z)))(z), 2 * z.imag + 1j)
    assert inside(lambda x: (x.real is x, x.imag.shape)) == (True, (2, 3))


def test_errors_are_those_of_one_example() -> None:
    for call, error, says in (
        (lambda x: x.sum(2), np.exceptions.AxisError, "axis 2 is out of bounds for array of dimension 2"),
        (lambda x: np.linalg.det(x[0]), np.linalg.LinAlgError, "1-dimensional array given"),
        (lambda x: x.swapaxes(0, -3), np.exceptions.AxisError, "axis -3 is out of bounds"),
        (lambda x: x[:0].reshape(0, -1), ValueError, "cannot reshape array of size 0"),
        (lambda x: x.transpose(0), ValueError, "axes don't match array"),
        (lambda x: x[0, 0, 0], IndexError, "too many indices"),
        (lambda x: x[[0], [1], [2]], IndexError, "array is 2-dimensional, but 3 were indexed"),
        (lambda x: x @ 2.0, ValueError, "matmul: Input operand 1 does not have enough dimensions"),
        (lambda x: x[0, 0] @ x, ValueError, "matmul: Input operand 0 does not have enough dimensions"),
        (lambda x: np.diag(x[None]), ValueError, "expected 1 or 2 dimensions"),
        (lambda x: np.diag(x[0, 0]), ValueError, "expected 1 or 2 dimensions"),
        (lambda x: np.linalg.norm(x[None], 2), ValueError, "expected one or two dimensions"),
        (lambda x: np.convolve(x[0], np.ones(0)), ValueError, "v cannot be empty"),
        (lambda x: np.convolve(x[0, :0], x[0]), ValueError, "a cannot be empty"),
        (lambda x: x @ x, ValueError, "matmul"),
        (lambda x: x[0, 0].sum(1), np.exceptions.AxisError, "axis 1 is out of bounds"),
        (lambda x: np.trace(x[0]), ValueError, "axis 1 is out of bounds"),
    ):
        with pytest.raises(error, match=says):
            inside(call)


class Foreign:
    """What computes itself with whatever it meets."""

    __array_ufunc__ = None

    def taken(self, other: Any) -> str:
        return "taken"

    __radd__ = __rmul__ = __rmatmul__ = __rpow__ = __add__ = __mul__ = __matmul__ = __pow__ = __gt__ = __lt__ = taken


def test_what_computes_itself_is_asked() -> None:
    other = Foreign()
    for operate in (
        lambda x: x + other, lambda x: other + x, lambda x: x * other, lambda x: other * x, lambda x: x @ other,
        lambda x: other @ x, lambda x: x**other, lambda x: other**x, lambda x: x < other, lambda x: other < x,
    ):  # fmt: skip
        assert inside(operate) == "taken"
    with pytest.raises(TypeError):
        inside(lambda x: x - other)


def test_what_is_told_of_a_value_that_leaves() -> None:
    index = "; Tensor\\(array\\)\\[index\\] indexes one of NumPy's by it$"
    with pytest.raises(
        TypeError, match=r"of shape \(2, 3\), which is another one for each of the 4 .* a plain array.*" + index
    ):
        inside(np.asarray)
    with pytest.raises(
        TypeError, match=r"is made a list; choose between values with np.where, and compute with functions of NumPy$"
    ):
        inside(lambda x: x.tolist())


def test_arrays_like_one_of_the_batch_may_be_written_to() -> None:
    def write(x: Any) -> Any:
        for make in (np.zeros, np.ones, np.empty):
            made = make((2, 3), like=x)
            made.data[...] = x.data
        return made * np.arange(3, like=x) + np.eye(3, like=x)[0]

    np.testing.assert_array_equal(vmap(write)(X), X * np.arange(3) + [1, 0, 0])


def test_a_transform_of_a_shape_without_axes_is_along_the_last_ones() -> None:
    many = np.random.default_rng(0).standard_normal((4, 2, 3, 5))
    got = vmap(lambda x: np.fft.fftn(unwrap(x), (2, 4)))(many)
    np.testing.assert_allclose(got, np.fft.fftn(many, (2, 4), (-2, -1)))


BRANCH = primitive(
    lambda x, w: w * x**2 if x > 0 else w * x**3, name="branch",
    x=lambda g, x, w: 2 * g * w * x if x > 0 else 3 * g * w * x**2, w=lambda g, x: g * x**2 if x > 0 else g * x**3,
)  # fmt: skip


def test_a_primitive_that_branches_runs_example_by_example() -> None:
    """Its rules too, to the second order, joined to what is outside, and where a value is the same for all."""
    x = np.array([0.5, -1.5, 2.0, -0.3])
    smooth = lambda x, w: w * np.where(np.asarray(x) > 0, 1, 0) * x**2 + w * np.where(np.asarray(x) > 0, 0, 1) * x**3
    mapped = vmap(lambda x: BRANCH(x, 2.0))
    np.testing.assert_allclose(mapped(x), smooth(x, 2.0))
    assert [why.split("; at ")[0] for why in mapped.why_looped] == ["<lambda> has no batched form"]
    slope = lambda x, w: w * np.where(x > 0, 2 * x, 3 * x**2)
    bend = lambda x, w: w * np.where(x > 0, 2, 6 * x)
    np.testing.assert_allclose(vmap(grad(BRANCH), (0, None))(x, 2.0), slope(x, 2.0))
    np.testing.assert_allclose(vmap(grad(grad(BRANCH)), (0, None))(x, 2.0), bend(x, 2.0))
    np.testing.assert_allclose(vmap(grad(BRANCH, 1), (0, None))(x, 2.0), smooth(x, 1.0))
    assert vmap(grad(grad(BRANCH)), (0, None))(x[:0], 2.0).shape == (0,)
    listed = primitive(lambda x: 2 * x, name="listed", x=lambda g: g * len([unwrap(g).tolist()] * 2))
    w = Tensor(3.0, requires_grad=True)
    np.testing.assert_allclose(vmap(lambda x: grad(lambda x: listed(x) * w)(x))(x).detach(), np.full(4, 6.0))
    assert vmap(lambda x: grad(lambda x: listed(x) * w)(x))(x[:0]).shape == (0,)
    total = lambda w: (vmap(lambda x: BRANCH(x, w) + grad(BRANCH)(x, w))(x) ** 2).sum()
    whole = smooth(x, 1.0) + slope(x, 1.0)
    np.testing.assert_allclose(grad(total)(3.0), (2 * 3.0 * whole**2).sum())
    np.testing.assert_allclose(grad(grad(total))(3.0), (2 * whole**2).sum())


def test_the_rule_that_branches_is_named() -> None:
    def bent(g: Any, x: Any) -> Any:
        return g if x > 0 else -g

    for rule, says in ((bent, "the rule bent"), (lambda g, x: g if x > 0 else -g, "a rule")):
        size = primitive(lambda x: np.abs(x), name="size", x=rule)
        mapped = vmap(grad(size))
        np.testing.assert_array_equal(mapped(ROWS[:, 0]), np.sign(ROWS[:, 0]))
        assert [why.split(" has no")[0] for why in mapped.why_looped] == [says]


def test_several_results_of_a_primitive_that_branches() -> None:
    def pulled(g: Any, x: Any) -> Any:
        first, second = g
        first, second = (0.0 if first is None else first), (0.0 if second is None else second)
        return first * 2 + second * (1 if x > 0 else -1)

    both = primitive(lambda x: (2 * x, abs(x)), name="both", multiple=True, x=pulled)
    x, s = ROWS[:, 0], np.sign(ROWS[:, 0])
    np.testing.assert_allclose(vmap(grad(lambda x: both(x)[1]))(x), s)
    np.testing.assert_allclose(vmap(grad(lambda x: both(x)[0] * both(x)[1]))(x), 4 * abs(x))
    np.testing.assert_allclose(vmap(grad(lambda x: np.prod(np.stack(list(both(x))))))(x), 4 * abs(x))
    second = vmap(grad(grad(lambda x: both(x)[0] * both(x)[1])))
    np.testing.assert_allclose(second(x), 4 * s)


def test_a_branch_on_any_of_ones_own_is_refused_where_it_differs() -> None:
    for whether, bound in ((np.any, 1.0), (np.all, -1.0)):
        with pytest.raises(TypeError, match="the condition of a branch"):
            vmap(lambda x, f=whether, bound=bound: 1.0 if f(unwrap(x) > bound) else 0.0)(X)
    assert vmap(lambda x: 1.0 if np.any(unwrap(x) > -9) else 0.0)(X).tolist() == [1.0] * 4


def test_one_example_alone() -> None:
    one = X[:1]
    assert inside(lambda x: (float(x[0, 1]), x[1, 2].item(), bool(x[0, 0] > -9)), one) == (X[0, 0, 1], X[0, 1, 2], True)
    assert inside(lambda x: (x.flags.c_contiguous, x.T.flags.c_contiguous, x.flags.writeable), one) == (
        True,
        False,
        True,
    )
    assert inside(lambda x: np.broadcast_to(x, (2, 2, 3)).flags.writeable, one) is False
    assert inside(lambda x: (x.flags.c_contiguous, x.T.flags.f_contiguous)) == (True, True)
    assert inside(lambda x: (x.flags.c_contiguous, x.flags.writeable), X[:0]) == (True, True)


def test_a_primitive_that_writes_runs_example_by_example() -> None:
    def filled(x: Any) -> Any:
        made = np.zeros(3)
        np.copyto(made, x)
        return made

    def pulled(g: Any) -> Any:
        made = np.zeros(3)
        np.add.at(made, [0, 1, 2], g)
        return made

    same = primitive(filled, name="same", x=pulled)
    np.testing.assert_array_equal(vmap(same)(ROWS), ROWS)
    np.testing.assert_array_equal(vmap(grad(lambda x: (same(x) * x).sum()))(ROWS), 2 * ROWS)
    direct = primitive(lambda x: np.array(x.tolist()), name="direct", x=lambda g: np.asarray(g) * 1.0)
    np.testing.assert_array_equal(vmap(grad(lambda x: (direct(x) * x).sum()))(ROWS), 2 * ROWS)


def test_results_go_into_arrays_wherever_these_are_given() -> None:
    """By place as by name: where they are the same for all they are refused, and where not what comes out is they."""
    for write in (
        lambda x, into: np.amax(x, 0, into), lambda x, into: np.amax(x, 0, out=into),
        lambda x, into: np.dot(x[0], x.T, into),
        lambda x, into: np.take(x, [0, 1, 1], 0, into), lambda x, into: np.compress([True, True], x, 1, into),
        lambda x, into: x.mean(0, None, into), lambda x, into: x.clip(0, 1, into),
        lambda x, into: np.stack([x], 0, into),
        lambda x, into: np.concatenate([x, x], 0, into), lambda x, into: np.quantile(x, 0.5, 0, into),
        lambda x, into: np.median(x, 0, into), lambda x, into: np.round(x, 1, into),
        lambda x, into: x.trace(0, 0, 1, None, into),
    ):  # fmt: skip
        shape = np.shape(write(X[0], None))
        for x in X[:1]:
            made = np.zeros(shape)
            np.testing.assert_array_equal(write(x, made), write(x, None))
        with pytest.raises(TypeError, match="that is the same for all"):
            inside(lambda x, write=write, shape=shape: write(x, np.zeros(shape)))
        both = vmap(
            lambda x, write=write, shape=shape: (write(unwrap(x), m := np.zeros_like(unwrap(x), shape=shape)), m)
        )(X)
        for part in both:
            np.testing.assert_array_equal(part, [write(x, None) for x in X])


def test_a_result_written_into_an_array_of_another_kind_is_refused() -> None:
    for write in (
        lambda x: np.matmul(x, x.T, out=np.zeros_like(x[:, :2], int)),
        lambda x: np.cumsum(x, 0, out=np.zeros_like(x, int)),
    ):
        with pytest.raises(TypeError, match="Cannot cast"):
            inside(write)


def test_an_axis_of_a_number_is_none() -> None:
    np.testing.assert_array_equal(vmap(lambda x: np.sum(unwrap(x)[0, 0], 0))(X), X[:, 0, 0])


def test_what_is_the_same_for_all_cannot_be_written_to() -> None:
    for write in (
        lambda x: np.add(x, 1, out=np.zeros((2, 3))),
        lambda x: np.sum(x, 0, out=np.zeros(3)),
        lambda x: np.matmul(x, np.ones((3, 2)), out=np.zeros((2, 2))),
        lambda x: np.cumsum(x, 0, out=np.zeros((2, 3))),
        lambda x: np.copyto(np.zeros((2, 3)), x),
        lambda x: np.put_along_axis(np.zeros((2, 3)), np.zeros((2, 1), int), x[:, :1], 1),
    ):
        with pytest.raises(TypeError, match=r"that is the same for all; make that with np.zeros"):
            inside(write)


def test_results_of_reductions_go_into_arrays_of_each() -> None:
    def into(x: Any) -> Any:
        x, total, both = unwrap(x), np.zeros_like(unwrap(x)[0]), np.zeros_like(unwrap(x))
        np.sum(x, 0, out=total)
        np.cumsum(x, 1, out=both)
        return total, both, np.max(x, 1, out=np.zeros_like(x[:, 0])), np.add.reduce(x, 0, None, np.zeros_like(x[0]))

    for got, expected in zip(vmap(into)(X), (X.sum(1), X.cumsum(2), X.max(2), X.sum(1)), strict=True):
        np.testing.assert_array_equal(got, expected)


# ---- example by example ----------------------------------------------------------------------------------------------


def test_what_is_looped_takes_lists_slices_dicts_and_tensors() -> None:
    """And functions of functions."""
    scale = np.array([1.0, 2.0, 3.0])

    def choose(x: Any, y: Any) -> Any:
        return np.select([x > 1, y < 0], [x, y * scale], default=-1.0) * 1.0

    y = X[::-1].copy()
    got = vmap(choose)(X, y)
    np.testing.assert_allclose(got, [choose(a, b) for a, b in zip(X, y, strict=True)])
    along = vmap(lambda x: np.apply_along_axis(lambda row: row[::-1] * 2, 1, unwrap(x)))
    np.testing.assert_allclose(along(X), X[:, :, ::-1] * 2)


def test_what_is_looped_is_differentiated_by_what_is_outside() -> None:
    """A function without a batched form, of a Tensor that is the same for all and of one that is not."""

    def total(w: Any, x: Any, f: Any = vmap) -> Any:
        return (f(lambda x: np.interp(x, np.linspace(-3, 3, 5), w) * w.sum())(x) ** 2).sum()

    def loop(function: Any) -> Any:
        return lambda x: np.stack([function(one) for one in x])

    w = np.random.default_rng(1).standard_normal(5)
    for k in (0, 1):
        got, expected = (grad(lambda *a, f=f: total(*a, f=f), k)(w, ROWS) for f in (vmap, loop))
        np.testing.assert_allclose(got, expected)


def test_no_examples_of_what_is_looped() -> None:
    got = vmap(lambda x: np.interp(x, np.linspace(-3, 3, 5), np.arange(5.0)))(Tensor(ROWS[:0]))
    assert got.shape == (0, 3)
    assert vmap(lambda x: np.apply_along_axis(np.cumsum, 1, unwrap(x)))(X[:0]).shape == (0, 2, 3)


# ---- random numbers --------------------------------------------------------------------------------------------------

DRAWS: dict[str, Any] = {
    "a number": lambda rng, x: rng.normal(),
    "of a size": lambda rng, x: rng.normal(0.0, 1.0, 3),
    "of a size by name": lambda rng, x: rng.normal(size=(2, 3)),
    "of one parameter": lambda rng, x: rng.exponential(2.0, 2),
    "of parameters of one shape": lambda rng, x: rng.normal(np.zeros(3), 1.0),
    "chosen": lambda rng, x: rng.choice(50, 3),
    "chosen once each": lambda rng, x: rng.choice(50, 3, False),
    "chosen once each, by name": lambda rng, x: rng.choice(50, size=3, replace=False),
    "whole numbers": lambda rng, x: rng.integers(0, 50, 3),
    "whole numbers and how": lambda rng, x: rng.integers(0, 50, 3, np.int32, True),
    "shuffled": lambda rng, x: rng.permutation(50)[:3],
    "into an array": lambda rng, x: rng.standard_normal(out=np.zeros(3, like=unwrap(x))),
    "around each": lambda rng, x: rng.normal(x, 1.0),
    "around each, of a size": lambda rng, x: rng.normal(x[0], 1.0, 3),
}


ONE_BY_ONE = {"of parameters of one shape", "chosen once each", "chosen once each, by name", "shuffled",
              "into an array", "around each", "around each, of a size"}  # fmt: skip


def test_what_is_drawn_and_made_after_a_draw_is_of_the_batch_still() -> None:
    def twice(x: Any) -> Any:
        rng = generator(np.random.default_rng(1))
        first, second = rng.normal(), generator(np.random.default_rng(2)).normal()
        made = np.zeros(3, like=x)
        made.data[...] = x.data
        return first * 1.0, second * 1.0, made

    first, second, made = vmap(twice)(ROWS)
    assert len(set(first)) == len(set(second)) == 4
    np.testing.assert_array_equal(made, ROWS)


@pytest.mark.parametrize("name", DRAWS)
def test_draws_are_of_the_shape_of_one_examples(name: str) -> None:
    draw = DRAWS[name]
    one = np.asarray(draw(np.random.default_rng(1), ROWS[0] * 0))
    mapped = vmap(lambda x: draw(generator(np.random.default_rng(1)), x))
    different = mapped(ROWS * 0)
    assert bool(mapped.why_looped) == (name in ONE_BY_ONE)
    assert all(
        why.split(" has no")[0] in ("normal", "choice", "permutation", "standard_normal") for why in mapped.why_looped
    )
    assert (different.shape, different.dtype) == ((4, *one.shape), one.dtype)
    assert len(np.unique(np.reshape(different, (4, -1))[:, 0])) > 1
    if "chosen once" in name:
        assert all(len(set(row)) == 3 for row in different)
    same = vmap(lambda x: draw(generator(np.random.default_rng(1)), x), randomness="same")(ROWS * 0)
    np.testing.assert_array_equal(same, np.stack([one] * 4))
