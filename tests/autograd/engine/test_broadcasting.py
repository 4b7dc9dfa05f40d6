"""sum_to and broadcast_to: adjoint to each other, at every shape that broadcasts."""

import numpy as np
import pytest

import autograd
from autograd import Tensor, gradcheck, gradgradcheck
from autograd.engine.broadcasting import broadcast_to, sum_to

PAIRS = [
    ((), (2, 3)), ((3,), (2, 3)), ((2, 1), (2, 3)), ((1, 3, 1), (4, 3, 2)), ((1,), (1,)), ((3,), (3,)),
    ((1, 1), (5, 4)), ((1,), (0,)), ((2, 1), (2, 0)), ((1, 3), (0, 3)), ((), (1,)), ((64,), (100, 64)),
    ((1, 64), (100, 64)),
]  # fmt: skip


@pytest.mark.parametrize(("small", "large"), PAIRS)
def test_the_inner_products_are_equal(small, large):
    rng = np.random.default_rng(0)
    x, g = rng.normal(size=small), rng.normal(size=large)
    wide, summed = broadcast_to(x, large), sum_to(g, small)
    assert wide.shape == large
    assert summed.shape == small
    np.testing.assert_array_equal(wide, np.broadcast_to(x, large))
    np.testing.assert_allclose(np.vdot(wide, g), np.vdot(x, summed), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("small", "large"), [pair for pair in PAIRS if 0 not in pair[1]][:8])
def test_each_is_the_others_derivative(small, large):
    x = Tensor(np.random.default_rng(0).normal(size=small), requires_grad=True)
    gradcheck(lambda x: broadcast_to(x, large), x)
    gradgradcheck(lambda x: broadcast_to(x, large) ** 2, x)
    y = Tensor(np.random.default_rng(1).normal(size=large), requires_grad=True)
    gradcheck(lambda y: sum_to(y, small), y)
    gradgradcheck(lambda y: sum_to(y, small) ** 2, y)


def test_what_is_broadcast_cannot_be_written():
    assert not broadcast_to(np.ones(3), (2, 3)).flags.writeable


def test_many_halves_do_not_overflow():
    assert sum_to(np.ones((65504 + 5000, 1), np.float16) * np.float16(0.5), (1,)).tolist() == [35264.0]


def test_what_does_not_broadcast_is_refused():
    with pytest.raises(ValueError, match="broadcast"):
        broadcast_to(np.ones(3), (2, 4))


def test_a_bias_has_its_gradient_in_a_compiled_function_too() -> None:
    rng = np.random.default_rng(0)
    x, w, b = rng.normal(size=(5, 2)), rng.normal(size=(2, 3)), rng.normal(size=3)
    slope = autograd.grad(lambda b: ((x @ w + b) ** 2).sum())
    compiled = autograd.compile(slope)
    for _ in range(3):
        np.testing.assert_allclose(compiled(b), 2 * (x @ w + b).sum(0))


@pytest.mark.parametrize("dtype", ["e", "f", "d", "g", "F", "D"])
@pytest.mark.parametrize("rows", [3, 3000])
def test_rows_are_summed_in_every_dtype(dtype, rows):
    x = np.random.default_rng(0).integers(0, 5, (rows, 4)).astype(dtype)
    made = sum_to(x, (4,))
    assert made.dtype == x.dtype
    np.testing.assert_array_equal(made, x.sum(0, np.result_type(dtype, "d")).astype(dtype))  # of whole numbers
