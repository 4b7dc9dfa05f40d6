"""Halves are computed with in single precision, and rounded once."""

from __future__ import annotations

import inspect
import pickle
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Tensor, grad, primitive, sigmoid
from autograd.engine.halves import in_single, rounded, widened

H = np.float16


def half(*values: float) -> Any:
    return np.array(values, H)


# ---- in_single -------------------------------------------------------------------------------------------------------


seen: list[Any] = []


@in_single
def mean_square(x: Any, y: Any = None, parts: Any = (), dtype: Any = None, mode: str = "mean") -> Any:
    """The mean of squares."""
    seen.extend(part.dtype for part in (x, y, *parts) if hasattr(part, "dtype"))
    return np.square(x).mean(dtype=dtype)


def test_a_function_of_several_steps_is_rounded_once() -> None:
    for x in (half(200, 200), Tensor(half(200, 200))):
        made = mean_square(x)
        assert isinstance(made, Tensor) == isinstance(x, Tensor)
        assert made.dtype == H
    assert in_single(lambda x: np.sqrt(np.square(x).mean()))(half(300, 300)) == 300
    assert in_single(lambda x: np.sqrt(np.square(x).mean()))(x=Tensor(half(300, 300))).item() == 300


def test_its_gradient_is_rounded_once_too() -> None:
    x = Tensor(half(300, 400), requires_grad=True)
    in_single(lambda x: np.sqrt(np.square(x).sum()))(x).backward()
    np.testing.assert_array_equal(x.grad.data, half(0.6, 0.8))


def test_all_halves_among_the_arguments_are_widened() -> None:
    x = half(1, 2)
    seen.clear()
    assert mean_square(x, x, [x, Tensor(x), np.ones(2, int)]).dtype == H
    assert seen == ["f4"] * 4 + [int]
    assert mean_square(x, y=np.array([1, 2]), dtype=H).dtype == H
    assert mean_square(x, dtype="float16", mode="sum").dtype == H


@pytest.mark.parametrize(
    "other", [{"y": np.ones(2, "f4")}, {"parts": [np.ones(2)]}, {"dtype": np.float32}, {"dtype": "f8"}]
)
def test_it_runs_as_it_stands_where_something_else_than_halves_is_asked_for(other: dict[str, Any]) -> None:
    seen.clear()
    mean_square(half(1, 2), **other)
    assert seen[0] == H


def test_it_is_told_by_its_name_and_signature() -> None:
    assert mean_square.__name__ == "mean_square"
    assert list(inspect.signature(mean_square).parameters) == ["x", "y", "parts", "dtype", "mode"]


def test_containers_keep_their_kinds() -> None:
    parts = (half(1), [half(2), None, 3], np.ones(1))
    wide = widened(parts)
    assert [type(wide), type(wide[1]), wide[0].dtype, wide[1][0].dtype] == [tuple, list, "f4", "f4"]
    assert rounded(wide)[1][0].dtype == H
    assert rounded(wide)[2].dtype == float
    same = (np.ones(1), [3])
    assert widened(same) is same


# ---- the sweep -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize(("dtype", "expected"), [(H, "f4"), ("f4", "f4"), ("f8", "f8")])
def test_rules_are_given_single_precision(dtype: Any, expected: str, create_graph: bool) -> None:
    seen: list[Any] = []

    def rule(g: Any, x: Any, out: Any) -> Any:
        seen.extend([g.dtype, x.dtype, out.dtype])
        return g * out / x

    cube = primitive(lambda x: x * x * x, name="cube", x=rule)
    x = Tensor(np.array([1, 2], dtype), requires_grad=True)
    (found,) = grad([cube(x)], [x], [np.ones(2, dtype)], create_graph=create_graph)
    assert found.dtype == x.dtype
    assert seen == [expected] * 3


def test_of_several_results_too() -> None:
    seen: list[Any] = []

    def rule(g: Any, x: Any, out: Any) -> Any:
        seen.extend([g[0].dtype, x.dtype, out[0].dtype, out[1].dtype])
        return g[0] * x

    both = primitive(lambda x: (x * 2, x * 3), name="both", multiple=True, x=rule)
    x = Tensor(half(1, 2), requires_grad=True)
    both(x)[0].backward(half(1, 1))
    assert x.grad.dtype == H
    assert seen == ["f4"] * 4


def test_hooks_are_given_the_gradient_itself() -> None:
    x = Tensor(half(300), requires_grad=True)
    y = x * 2
    seen = []
    y.register_hook(lambda g: seen.append(g.dtype))
    x.register_hook(lambda g: seen.append(g.dtype))
    np.arctan(y).backward(half(1))
    assert seen == [H, H]
    np.testing.assert_allclose(x.grad.data, 2 / (1 + 600**2), rtol=0.01)


def test_slopes_whose_denominators_are_no_halves() -> None:
    for f, at, expected in (
        (np.arctan, 300, 1 / 90001), (np.arcsinh, 300, 1 / 300), (np.log10, 30000, 1 / (30000 * np.log(10))),
    ):  # fmt: skip
        x = Tensor(half(at), requires_grad=True)
        f(x).backward(half(1))
        np.testing.assert_allclose(x.grad.data, expected, rtol=0.01)


def test_second_derivatives_of_halves() -> None:
    def second(x: Any) -> Any:
        (first,) = grad([(sigmoid(x) * x**2).sum()], [x], create_graph=True)
        first.sum().backward()
        return x.grad.data

    x = half(-2, 0.5, 3)
    found = second(Tensor(x, requires_grad=True))
    assert found.dtype == H
    np.testing.assert_allclose(found, second(Tensor(x.astype(float), requires_grad=True)), rtol=0.004)


def test_a_checkpoint_computes_again_with_what_it_had() -> None:
    seen: list[Any] = []

    @autograd.checkpoint
    def block(x: Any) -> Any:
        seen.append(x.dtype)
        return np.tanh(x * 2)

    x = Tensor(half(0.5, 1), requires_grad=True)
    block(x).backward(half(1, 1))
    assert seen == [H, H]
    assert x.grad.dtype == H


def test_a_dtype_that_has_been_read_from_a_file_is_the_same() -> None:
    x = Tensor(pickle.loads(pickle.dumps(np.full(9000, 1, H))), requires_grad=True)
    assert sigmoid(Tensor(pickle.loads(pickle.dumps(half(-12))))).item() > 0
    np.max(x).backward()
    np.testing.assert_allclose(x.grad.data, 1 / 9000, rtol=1e-3)


# ---- NumPy's functions -----------------------------------------------------------------------------------------------


def test_an_extreme_that_many_share() -> None:
    x = Tensor(np.ones(70_000, H), requires_grad=True)
    np.max(x).backward()
    np.testing.assert_allclose(x.grad.data, 1 / 70_000, rtol=0.01)


def test_sums_do_not_stand_still() -> None:
    x = np.ones((5000, 2), H)
    for total in (np.sum(Tensor(x), 0), np.nansum(Tensor(x), 0), np.cumsum(Tensor(x), 0)[-1], np.add.reduce(Tensor(x))):
        np.testing.assert_array_equal(total.data, 5000)
        assert total.dtype == H
    assert np.sum(Tensor(x), dtype=np.float32).dtype == np.float32
    assert np.sum(Tensor(x), dtype="float64").dtype == float
    assert np.sum(Tensor(x), 0, dtype=H).data[0] == 5000
    assert np.einsum("ij->j", Tensor(x)).data[0] == 5000


@pytest.mark.parametrize("index", [np.zeros(5000, int), (np.zeros(5000, int), np.zeros(5000, int)), [0] * 5000])
def test_gradients_of_what_is_named_often_do_not_stand_still(index: Any) -> None:
    x = Tensor(np.ones((3, 1), H), requires_grad=True)
    (x[index].sum(dtype="f4") + x[0, 0]).backward()
    assert x.grad.data[0, 0] == half(5001)
    x.grad = None
    np.take(x, np.zeros(5000, int), 0).sum(dtype="f4").backward()
    assert x.grad.data[0, 0] == half(5000)


def test_variances_beyond_the_range_are_single() -> None:
    x = Tensor(half(300, -300, 600, 0), requires_grad=True)
    result, mean, variance = autograd.ops.standardize(x, 0)
    assert [result.dtype, mean.dtype, variance.dtype] == [H, "f4", "f4"]
    assert variance.data[0] == 112500
    np.testing.assert_allclose(result.data, (x.data.astype(float) - 150) / np.sqrt(112500), rtol=1e-3)
    (variance / 1000).sum().backward()
    np.testing.assert_allclose(x.grad.data, (x.data.astype(float) - 150) / 2000, rtol=1e-3)
    assert autograd.ops.center(x.data, 0)[2].dtype == np.float32
    assert autograd.ops.rescale(x.data, 0)[1].dtype == np.float32


def test_single_numbers_too() -> None:
    np.testing.assert_allclose(sigmoid(np.float16(-12)), 6.1e-6, rtol=0.01)
    assert sigmoid(np.float16(-12)).dtype == H
    assert sigmoid(-12.0).dtype == float


def test_the_checked_mode_sees_what_the_rules_see() -> None:
    x = Tensor(half(300, 1), requires_grad=True)
    with autograd.detect_anomaly():
        np.arctan(x).sum().backward()
    np.testing.assert_allclose(x.grad.data, [1 / 90001, 0.5], rtol=0.01)


@pytest.mark.parametrize("create_graph", [False, True])
def test_the_gradients_of_many_uses_do_not_stand_still(create_graph: bool) -> None:
    x = Tensor(half(1, 2), requires_grad=True)
    total = x[0].astype("f4") * 0
    for _ in range(3000):
        total = total + (x * x)[0].astype("f4")
    (found,) = grad([total], [x], create_graph=create_graph)
    assert found.dtype == H
    np.testing.assert_array_equal(found.data, half(6000, 0))
    if create_graph:
        found.sum().backward()
        np.testing.assert_array_equal(x.grad.data, half(6000, 0))


def test_gradients_on_the_way_may_be_beyond_the_range() -> None:
    x = Tensor(half(1, 2), requires_grad=True)
    y = x * half(1e-3, 1e-3)
    (y * half(30000, 30000) * half(100, 100)).astype("f4").sum().backward()
    np.testing.assert_allclose(x.grad.data, 3000, rtol=0.01)


def test_what_is_added_to_a_gradient_that_there_is() -> None:
    x = Tensor(half(1, 2), requires_grad=True)
    for _ in range(2):
        (x * 2).backward(half(1, 1))
    assert x.grad.dtype == H
    np.testing.assert_array_equal(x.grad.data, [4, 4])
    y = x * 2
    y.retain_grad()
    (y * y).backward(half(1, 1))
    assert y.grad.dtype == H
    np.testing.assert_array_equal(y.grad.data, 2 * y.data)


def test_sinc_of_large_halves() -> None:
    """Half of pi times 300 has three digits too few, and of pi times 30000 there is none."""
    x = Tensor(half(300.25, 30000), requires_grad=True)
    np.testing.assert_allclose(np.sinc(x).data, np.sinc(x.data.astype(np.float64)), rtol=2e-3, atol=1e-7)
    np.sinc(x).sum().backward()
    np.testing.assert_allclose(x.grad.data, [np.cos(np.pi / 4) / 300.25, 1 / 30000], rtol=5e-3)
