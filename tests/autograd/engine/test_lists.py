"""Lists that hold Tensors, as arguments: each stands for an array, and its Tensors get their gradients."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

from autograd import Tensor, grad, gradcheck


def _changed(function: Any, x: Any, *args: Any) -> Any:
    """What is left of a copy of x when the function has written into it."""
    made = x * 1
    function(made, *args)
    return made


CALLS = {
    "concatenate": lambda x: np.concatenate([x, [x[1] * 10]]),
    "stack": lambda x: np.stack([x, [x[1] * 10, 0.0]]),
    "vstack": lambda x: np.vstack([x, [x[1] * 10, 0.0]]),
    "hstack": lambda x: np.hstack([x, [x[1] * 10, 0.0]]),
    "dstack": lambda x: np.dstack([x, [x[1] * 10, 0.0]]),
    "column_stack": lambda x: np.column_stack([x, [x[1] * 10, 0.0]]),
    "append": lambda x: np.append(x, [x[1] * 10]),
    "insert": lambda x: np.insert(x, 0, [x[1] * 10]),
    "select": lambda x: np.select([np.array([False, True]), np.array([True, True])], [x, [x[1] * 10, 0.0]]),
    "choose by a tensor": lambda x: np.choose(Tensor([0, 1]), [[x[1] * 10, 0.0], [1.0, x[0]]]),
    "choose": lambda x: np.choose([0, 1], [x, [x[1] * 10, x[1] * 10]]),
    "multi_dot": lambda x: np.linalg.multi_dot([x, [[x[1] * 10, 0.0], [1, 1.0]], x]),
    "einsum": lambda x: np.einsum("i,i", x, [x[1] * 10, 1]),
    "atleast_1d": lambda x: np.atleast_1d([x[1] * 10, 1], x)[0],
    "where": lambda x: np.where([True, False], x, [x[1] * 10, x[1] * 10]),
    "clip": lambda x: np.clip(x, [x[1] * 10, x[1] * 10], 99.0),
    "mul": lambda x: x * [x[1] * 10, x[1]],
    "diff prepend": lambda x: np.diff(x**2, prepend=[x[1] * 10]),
    "ediff1d": lambda x: np.ediff1d(x, to_end=[x[1] * 10]),
    "interp": lambda x: np.interp(x, [0.0, 3.0], [x[1] * 10, 1.0]),
    "setitem": lambda x: _changed(lambda a, *v: a.__setitem__(*v), x, slice(0, 1), [x[1] * 10]),
    "average w": lambda x: np.average(x**2, weights=[x[1], 1.0]),
    "put": lambda x: _changed(np.put, x, [0], [x[1] * 10]),
    "put_along": lambda x: _changed(np.put_along_axis, x, np.array([0]), [x[1] * 10], 0),
    "copyto": lambda x: _changed(np.copyto, x, [x[1] * 10, x[1]]),
    "place": lambda x: _changed(np.place, x, [True, False], [x[1] * 10]),
    "putmask": lambda x: _changed(np.putmask, x, [True, False], [x[1] * 10, x[1]]),
    "fill_diag": lambda x: _changed(np.fill_diagonal, np.outer(x, x), [x[1] * 10, x[1]]),
    "linspace": lambda x: np.linspace(x, [x[1] * 10, 1.0], 3),
    "quantile q": lambda x: np.quantile(x, [x[0] / 4]),
    "trapezoid": lambda x: np.trapezoid(x, [0.0, x[1]]),
    "gradient list": lambda x: np.gradient(x, [0.0, x[1]]),
    "lstsq": lambda x: np.linalg.lstsq(np.eye(2) * x, [x[1], 1.0], rcond=None)[0],
    "solve": lambda x: np.linalg.solve(np.diag(x), [x[1], 1.0]),
    "tensordot": lambda x: np.tensordot(x, [x[1], 1.0], 1),
    "kron": lambda x: np.kron(x, [x[1], 1.0]),
    "convolve": lambda x: np.convolve(x, [x[1], 1.0]),
    "correlate": lambda x: np.correlate(x, [x[1], 1.0]),
    "outer": lambda x: np.outer(x, [x[1], 1.0]),
    "inner": lambda x: np.inner(x, [x[1], 1.0]),
    "vdot": lambda x: np.vdot(x, [x[1], 1.0]),
    "dot": lambda x: np.dot(x, [x[1], 1.0]),
    ".dot": lambda x: x.dot([x[1], 1.0]),
    "cov": lambda x: np.cov(x, [x[1] ** 2, 1.0]),
    "union": lambda x: np.union1d(x, [x[1] * 10]),
    "meshgrid": lambda x: np.meshgrid(x, [x[1] * 10, 1])[1],
    "broadcast_arrays": lambda x: np.broadcast_arrays(x, [x[1] * 10, 1])[1],
    "polyadd": lambda x: np.polyadd(x, [x[1] ** 2]),
    "cross": lambda x: np.cross(np.append(x, 0.0), [x[1] ** 2, 0, 1.0]),
    "histogram2": lambda x: np.histogram(np.array([0.1, 0.2]), 2, weights=np.stack([x[1], x[0]]))[0],
    "polyfit w": lambda x: np.polyfit([0.0, 1.0, 2.0, 4.0], np.append(x, [x[1] ** 2, 1.0]), 1, w=[x[1], 1.0, 2.0, 1.0]),
}


@pytest.mark.parametrize("case", CALLS)
def test_gradients(case: str) -> None:
    x, function = np.array([1.0, 2.0]), CALLS[case]
    expected = function(x)
    t = Tensor(x, requires_grad=True)
    np.testing.assert_allclose(function(t).data, expected)
    assert gradcheck(function, x)
    function(t).sum().backward()
    np.testing.assert_allclose(t.grad.data, grad(lambda x: function(x).sum())(x))


@pytest.mark.parametrize("name", ["sum", "prod", "max", "min", "nansum", "nanprod", "nanmax", "nanmin"])
def test_where_a_reduction_starts_is_a_number(name: str) -> None:
    t, function = Tensor([1.0, 2.0], requires_grad=True), getattr(np, name)
    with pytest.raises(TypeError, match="initial: expected a number"):
        function(t, initial=t[0] * 2)
    assert function(t, initial=t.detach()[0] * 2).data == function(t.data, initial=2.0)


def test_the_layout_of_a_block() -> None:
    t = Tensor([1.0, 2.0], requires_grad=True)
    made = np.block([[t, t[:1]], [np.zeros(2), t[1:]]])
    np.testing.assert_array_equal(made.data, [[1, 2, 1], [0, 0, 2]])
    made.sum().backward()
    np.testing.assert_array_equal(t.grad.data, [2, 2])


GIVEN = {
    # a list that is no array: the list, what it is changed to, the use
    "roll": ([1, 2], [2, 1], lambda x, n: np.roll(x, n, (0, 1))),
    "roll along": ([0, 1], [1, 0], lambda x, n: np.roll(x, (1, 2), n)),
    "take": ([0, 2], [1, 1], lambda x, n: np.take(x, n, axis=0)),
    "x.take": ([0, 2], [1, 1], lambda x, n: x.take(n, axis=0)),
    "where": ([True, False, True], [False, True, True], lambda x, n: np.where(n, x, 2 * x)),
    "where=": ([True, False, True], [False, True, True], lambda x, n: x.sum(where=n)),
    "repeat": ([1, 2, 0], [2, 0, 1], lambda x, n: np.repeat(x, n, axis=0)),
    "transpose": ([1, 0], [0, 1], lambda x, n: x.transpose(n)),
    "moveaxis": ([0, 1], [1, 0], lambda x, n: np.moveaxis(x, n, [1, 0])),
    "tile": ([1, 2], [2, 1], lambda x, n: np.tile(x, n)),
    "x[list]": ([0, 2], [1, 1], lambda x, n: x[n]),
    "pad": ([[1, 0], [0, 1]], [[0, 1], [0, 1]], np.pad),
}


@pytest.mark.parametrize("case", GIVEN)
def test_a_list_is_taken_as_it_was_given(case: str) -> None:
    before, after, function = GIVEN[case]
    x = np.arange(9.0).reshape(3, 3)
    expected = grad(lambda x: (function(x, before) ** 2).sum())(x)
    given, t = copy.deepcopy(before), Tensor(x, requires_grad=True)
    y = (function(t, given) ** 2).sum()
    given[:] = after
    y.backward()
    np.testing.assert_array_equal(t.grad.data, expected)
