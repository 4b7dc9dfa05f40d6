"""Jacobians and Hessians, against each other and the products."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograd import (
    grad,
    gradcheck,
    gradgradcheck,
    hessian,
    hvp,
    jacobian,
    primitive,
)  # fmt: skip

A = np.array([[0.3, -1.2, 2.0], [0.7, 1.5, -0.4]])


V = np.array([0.9, -0.6, 1.1])


def test_tall_and_wide_jacobians() -> None:
    calls = []

    def tall(x, y):
        calls.append(1)
        return np.sin(x)[:, None] * np.arange(1.0, 9.0) * y

    x = V[:2]
    jx, jy = jacobian(tall, (0, 1))(x, 2.0)
    assert len(calls) == 1
    expected = np.cos(x)[:, None, None] * np.arange(1.0, 9.0)[:, None] * 2 * np.eye(2)[:, None, :]
    np.testing.assert_allclose(jx, expected)
    np.testing.assert_allclose(jy, np.outer(np.sin(x), np.arange(1.0, 9.0)))
    assert gradcheck(jacobian(lambda x: np.sin(x)[:, None] * np.arange(1.0, 9.0)), x)
    assert jacobian(lambda x: x * np.zeros((0, 3)))(V).shape == (0, 3, 3)
    assert jacobian(lambda x: x.sum())(np.zeros((0, 3))).shape == (0, 3)
    assert jacobian(lambda x: np.ones((5, 1)) * x)(np.zeros((1, 0))).shape == (5, 0, 1, 0)


def test_hessian_and_hvp_agree() -> None:
    fun = lambda x: (np.tanh(x[:2]) * np.exp(x[1:])).sum() * x[0]
    h = hessian(fun)(V)
    np.testing.assert_allclose(h, h.T)
    value, (product,) = hvp(fun, (V,), (A[0],))
    np.testing.assert_allclose(value, fun(V))
    np.testing.assert_allclose(product, h @ A[0])
    assert gradcheck(grad(fun), V)
    assert gradgradcheck(grad(fun), V)
    np.testing.assert_allclose(jacobian(grad(fun))(V), h)
    third = jacobian(hessian(fun))(V)
    np.testing.assert_allclose(third, third.transpose(2, 0, 1), atol=1e-12)


def test_a_tall_jacobian_of_complex_values_has_the_rows_of_its_results() -> None:
    factors = np.arange(1.0, 9.0) + 1j
    fun = lambda z: factors * z.conj() * z
    z = np.array(0.5 - 2j)
    tall = jacobian(fun)(z)
    assert tall.shape == (8,)
    np.testing.assert_allclose(tall, [jacobian(lambda z, k=k: fun(z)[k])(z) for k in range(8)])


@pytest.mark.parametrize("options", [{}, {"chunk_size": 1}])
def test_a_complex_result_has_a_complex_jacobian_by_a_real_argument(options: Any) -> None:
    """JAX's jacfwd gives that as well, its jacrev and both of PyTorch's refuse."""
    x = np.array([0.3, 0.4])
    wave: Any = lambda x: np.exp(1j * x)
    np.testing.assert_allclose(jacobian(wave, **options)(x), np.diag(1j * wave(x)), 1e-14)
    np.testing.assert_allclose(jacobian(np.fft.fft, **options)(x), np.fft.fft(np.eye(2), axis=0), 1e-14)
    np.testing.assert_allclose(hessian(wave, **options)(x)[1, 1], [0, -wave(0.4)], 1e-14)
    by_real, by_complex = jacobian(lambda a, z: a * z, (0, 1))(2.0, 3 + 1j)
    assert (by_real, by_complex) == (3 + 1j, 2)
    z = np.array([1 + 2j, -0.5j])
    for fun in (lambda a, z: a * z**2, lambda a, z: a * z.conj() * np.array([1j, 2.0]), lambda a, z: a * abs(z) * z):
        by_real, by_complex = jacobian(fun, (0, 1), **options)(2.0, z)
        np.testing.assert_allclose(by_real, fun(1.0, z))
        np.testing.assert_allclose(by_complex, jacobian(lambda z, fun=fun: fun(2.0, z), **options)(z))
    assert jacobian(wave)(x.astype("f4")).dtype == np.complex64
    with pytest.raises(TypeError, match="expected a real result for sparsity="):
        jacobian(wave, sparsity=np.eye(2, dtype=bool))(x)


def test_a_result_that_is_no_number_is_refused() -> None:
    with pytest.raises(TypeError, match="jacobian: expected a function that gives numbers or arrays, got str"):
        jacobian(lambda x: "text")(1.0)


class Marked(np.ndarray):
    """Arrays of another library, which compute first and make their own of whatever comes out, of a refusal too."""

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        plain = [x.view(np.ndarray) if isinstance(x, Marked) else x for x in inputs]
        return np.asarray(super().__array_ufunc__(ufunc, method, *plain, **kwargs)).view(Marked)


def test_arrays_of_a_class_of_ones_own_as_constants_and_as_arguments() -> None:
    x, many = np.array([0.5, -0.3, 0.9]), np.linspace(0, 1, 120).reshape(40, 3)
    functions = (
        lambda x, a: np.tanh(np.dot(a, x)) * a[:, 0],  # tall: its columns are found
        lambda x, a: (np.dot(a, x) * a[:, 1])[:2] ** 2,  # wide: its rows
        lambda x, a: x * a[1] / a[2],
    )
    for fun in functions:
        expected = jacobian(fun)(x, many)
        for point in (x, x.view(Marked)):
            np.testing.assert_allclose(np.asarray(jacobian(fun)(point, many.view(Marked))), expected)
        total = lambda x, a, fun=fun: (fun(x, a) ** 2).sum()
        np.testing.assert_allclose(np.asarray(hessian(total)(x, many.view(Marked))), hessian(total)(x, many))


def test_a_rule_that_knows_plain_arrays_alone() -> None:
    bytes_of = lambda x: np.frombuffer(bytes(memoryview(x * 2)))
    double = primitive(lambda x: bytes_of(x), name="double", x=lambda g: bytes_of(g))
    np.testing.assert_array_equal(jacobian(double)(V), 2 * np.eye(3))
    fails = primitive(lambda x: x * 2, name="fails", x=lambda g: g["no"])
    with pytest.raises(IndexError):
        jacobian(fails)(V)


def test_a_rule_that_knows_numpys_arrays_alone_runs_row_by_row() -> None:
    calls = []

    def rule(g: Any, x: Any) -> Any:
        calls.append(type(g))
        if type(g) is not np.ndarray:
            raise TypeError("expected an ndarray")
        return 3 * g * x**2

    cube = primitive(lambda x: x**3, name="cube", x=rule)
    np.testing.assert_array_equal(jacobian(cube)(V), np.diag(3 * V**2))
    assert calls[1:] == [np.ndarray] * 3


def test_what_is_wrong_in_a_rule_is_not_tried_again() -> None:
    calls = []

    def rule(g: Any) -> Any:
        calls.append(1)
        raise RuntimeError("out of order")

    broken = primitive(lambda x: x * 1, name="broken", x=rule)
    with pytest.raises(RuntimeError, match="out of order"):
        jacobian(broken)(V)
    assert len(calls) == 1


def test_a_tall_jacobian_of_a_matrix_by_several_arguments() -> None:
    rows, columns = np.arange(60.0), np.arange(50.0)

    def table(x: Any, y: Any) -> Any:
        return np.outer(rows * x[0], columns) * x[1] + y.sum()

    x = np.array([2.0, 3.0])
    by_x, by_none = jacobian(table, (0, 1))(x, np.zeros(0))
    product = np.outer(rows, columns)
    np.testing.assert_allclose(by_x, np.stack([3 * product, 2 * product], -1))
    assert by_none.shape == (60, 50, 0)


def test_that_a_result_does_not_move_is_said_once() -> None:
    with pytest.warns(UserWarning, match="Output seems independent of input") as seen:
        jacobian(lambda x: (np.ones(2), np.ones(3)))(np.ones(2))
    assert len(seen) == 1


def test_a_pattern_without_places() -> None:
    for fun, n in ((np.sin, 3), (lambda x: np.sin(x)[:2], 2), (lambda x: np.concatenate([x, x * x]), 6)):
        found = jacobian(fun, sparsity=np.zeros((n, 3), bool))(V)
        assert (found.shape, found.nnz) == ((n, 3), 0)


def test_rows_and_columns_of_all_kinds_of_chunks() -> None:
    a = np.random.default_rng(0).standard_normal((5, 3))
    for fun, expected in ((lambda x: a @ x, a), (lambda x: (a @ x)[:2], a[:2]), (lambda x: (a @ x)[:1], a[:1])):
        for size in (None, 1, 2, 3, 7):
            np.testing.assert_allclose(jacobian(fun, chunk_size=size)(V), expected)
