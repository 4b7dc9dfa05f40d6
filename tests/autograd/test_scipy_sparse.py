"""autograd.scipy.sparse: products and equations of sparse matrices against those of dense ones, to second order."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd import Tensor, compile, grad, gradcheck, gradgradcheck, hessian, jacobian, vmap

sparse = pytest.importorskip("scipy.sparse")
from autograd.scipy.sparse import csr_array  # noqa: E402
from autograd.scipy.sparse.linalg import spsolve  # noqa: E402

rng = np.random.default_rng(0)
DENSE = rng.normal(size=(3, 4)) * (rng.random((3, 4)) < 0.6)
SQUARE = np.diag([2.0, 3.0, 4.0]) + np.array([[0, 1.0, 0], [0, 0, 0.5], [0.2, 0, 0]])
ARRAYS = [sparse.csr_array, sparse.csc_array, sparse.coo_array, sparse.dia_array, sparse.bsr_array, sparse.lil_array]
MATRICES = [sparse.csr_matrix, sparse.coo_matrix]

ROW, COLUMN, WHOLE = rng.normal(size=4) + 3, rng.normal(size=(3, 1)) + 3, rng.normal(size=(3, 4)) + 3

OPERATIONS: list[tuple[str, Callable[[Any, Any], Any], Any]] = [
    ("S @ x", lambda S, x: S @ x, ROW),
    ("S @ X", lambda S, x: S @ x, rng.normal(size=(4, 2))),
    ("x @ S", lambda S, x: x @ S, rng.normal(size=3)),
    ("X @ S", lambda S, x: x @ S, rng.normal(size=(2, 3))),
    ("S + X", lambda S, x: S + x, WHOLE),
    ("X + S", lambda S, x: x + S, WHOLE),
    ("S - x", lambda S, x: S - x, ROW),
    ("X - S", lambda S, x: x - S, WHOLE),
]
ELEMENTWISE: list[tuple[str, Callable[[Any, Any], Any], Any]] = [
    (f"{text} {kind}", function, value)
    for text, function in (("S *", operator.mul), ("* S", lambda S, x: x * S), ("S /", operator.truediv))
    for kind, value in (("number", np.array(2.5)), ("row", ROW), ("column", COLUMN), ("whole", WHOLE))
]


def dense(value: Any) -> Any:
    return value.toarray() if hasattr(value, "toarray") else value


def check(made: Callable[[Any], Any], expected: Callable[[Any], Any], x: Any) -> None:
    """Values, and derivatives of first and second order."""
    found = made(Tensor(x))
    assert isinstance(found, Tensor)
    np.testing.assert_allclose(found.data, expected(x), atol=1e-14)
    np.testing.assert_allclose(jacobian(made)(x), jacobian(expected)(x), atol=1e-14)
    curved = [hessian(lambda x, f=f: (f(x) ** 3).sum())(x) for f in (made, expected)]
    np.testing.assert_allclose(*curved, atol=1e-12)


@pytest.mark.parametrize("kind", ARRAYS + MATRICES)
@pytest.mark.parametrize(("text", "function", "x"), OPERATIONS, ids=[row[0] for row in OPERATIONS])
def test_constants_in_operators(kind: Any, text: str, function: Any, x: Any) -> None:
    S = kind(DENSE)
    check(lambda x: function(S, x), lambda x: function(DENSE, x), x)


@pytest.mark.parametrize("kind", [*ARRAYS, csr_array])
@pytest.mark.parametrize(("text", "function", "x"), ELEMENTWISE, ids=[row[0] for row in ELEMENTWISE])
def test_element_by_element(kind: Any, text: str, function: Any, x: Any) -> None:
    S = kind(sparse.csr_array(DENSE))
    check(lambda x: dense(function(S, x)), lambda x: np.where(DENSE != 0, function(DENSE, x), 0), x)


def test_of_scipys_matrices_the_star_is_a_product() -> None:
    S = sparse.csr_matrix(DENSE)
    check(lambda x: S * x, lambda x: DENSE @ x, ROW)
    check(lambda x: x * S, lambda x: x @ DENSE, rng.normal(size=(2, 3)))
    np.testing.assert_allclose(dense(Tensor(2.0) * S).data, 2 * DENSE)


def test_numpys_functions() -> None:
    S, x = sparse.csr_array(DENSE), Tensor(ROW)
    np.testing.assert_allclose(np.matmul(S, x).data, DENSE @ ROW)
    np.testing.assert_allclose(dense(np.multiply(x, S)).data, DENSE * ROW)
    np.testing.assert_allclose(S.dot(x).data, DENSE @ ROW)


PLACES = np.nonzero(DENSE)
DATA = DENSE[PLACES]


def filled(data: Any) -> Any:
    made = np.zeros(12, like=data)
    made[PLACES[0] * 4 + PLACES[1]] = data
    return made.reshape(3, 4)


METHODS: list[tuple[str, Callable[[Any], Any], Callable[[Any], Any]]] = [
    ("toarray", lambda A: A.toarray(), lambda D: D),
    ("@", lambda A: A @ ROW, lambda D: D @ ROW),
    ("T @", lambda A: A.T @ np.ones((3, 2)), lambda D: D.T @ np.ones((3, 2))),
    ("ndarray @", lambda A: np.ones((2, 3)) @ A, lambda D: np.ones((2, 3)) @ D),
    ("* /", lambda A: (-(2.0 * A) * ROW / WHOLE).toarray(), lambda D: -2 * D * ROW / WHOLE),
    ("sum", lambda A: A.sum() + A.sum(0)[:3] * A.sum(1), lambda D: D.sum() + D.sum(0)[:3] * D.sum(1)),
    ("sum of a negative axis", lambda A: A.sum(-1), lambda D: D.sum(-1)),
    ("diagonal", lambda A: A.diagonal(), lambda D: D.diagonal()),
]


@pytest.mark.parametrize(("text", "function", "expected"), METHODS, ids=[row[0] for row in METHODS])
def test_the_numbers_have_gradients(text: str, function: Any, expected: Any) -> None:
    check(lambda data: function(csr_array((data, PLACES), (3, 4))), lambda data: expected(filled(data)), DATA)


def test_both_factors_at_once() -> None:
    fun = lambda data, x: csr_array((data, PLACES), (3, 4)) @ x
    assert gradcheck(fun, DATA, rng.normal(size=(4, 2)))
    assert gradgradcheck(fun, DATA, ROW)


def test_how_it_is_made() -> None:
    S = sparse.csr_array(DENSE)
    for made in (csr_array(S), csr_array((S.data, S.indices, S.indptr)), csr_array(csr_array(S.tocsc()))):
        np.testing.assert_array_equal(made.toarray(), DENSE)
        assert (made.shape, made.nnz, made.dtype) == ((3, 4), S.nnz, S.dtype)
    twice = csr_array((np.array([1.0, 2.0, 4.0]), ([1, 0, 1], [1, 0, 1])))
    np.testing.assert_array_equal(twice.toarray(), [[2, 0], [0, 5]])
    data = Tensor([1.0, 2.0, 4.0], requires_grad=True)
    (csr_array((data, ([1, 0, 1], [1, 0, 1]))) @ np.array([1.0, 10.0])).sum().backward()
    np.testing.assert_array_equal(data.grad, [10, 1, 10])
    assert csr_array((np.zeros(0), (np.zeros(0, int), np.zeros(0, int))), (0, 3)).toarray().shape == (0, 3)
    narrow = csr_array((np.array([1.0, 2.0]), ([0, 2], [0, 0])))
    np.testing.assert_array_equal(narrow.toarray(), [[1], [0], [2]])
    assert (narrow.shape, narrow.T.shape, narrow.ndim) == ((3, 1), (1, 3), 2)
    assert csr_array((np.zeros(0), ([], []))).shape == (0, 0)
    assert repr(twice) == "<sparse matrix of shape (2, 2) and float64 with 2 numbers>"


@pytest.mark.parametrize("b", [rng.normal(size=3), rng.normal(size=(3, 2))])
def test_spsolve(b: Any) -> None:
    A, places = sparse.csr_array(SQUARE), np.nonzero(SQUARE)
    check(lambda b: spsolve(A, b), lambda b: np.linalg.solve(SQUARE, b), b)

    def whole(data: Any) -> Any:
        made = np.zeros(9, like=data)
        made[places[0] * 3 + places[1]] = data
        return np.linalg.solve(made.reshape(3, 3), b)

    check(lambda data: spsolve(csr_array((data, places), (3, 3)), b), whole, SQUARE[places])
    turned = lambda data: spsolve(csr_array((data, places), (3, 3)).T, b)
    assert gradcheck(turned, SQUARE[places])
    np.testing.assert_allclose(spsolve(A, b), sparse.linalg.spsolve(A, b))


def test_the_factors_are_found_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from autograd.scipy.sparse import places

    calls = []
    plain = places.splu
    monkeypatch.setattr(places, "splu", lambda matrix: calls.append(1) or plain(matrix))
    numbers = csr_array(sparse.csr_array(SQUARE))
    data = Tensor(numbers.data, requires_grad=True)
    b = Tensor(np.ones(3), requires_grad=True)
    (spsolve(csr_array((data, (numbers.rows, numbers.columns)), (3, 3)), b) ** 2).sum().backward()
    assert len(calls) == 1


def test_factors_are_those_of_the_numbers_that_are_given() -> None:
    from autograd.scipy.sparse.places import Factors, Places

    rows, columns = np.nonzero(SQUARE)
    factors = Factors(Places((3, 3), rows, columns))
    b = rng.normal(size=3)
    for times in (1.0, 2.0, 2.0, 1.0):
        data = SQUARE[rows, columns] * times
        np.testing.assert_allclose(factors.solve(data, b, False), np.linalg.solve(SQUARE * times, b))
        np.testing.assert_allclose(factors.solve(data, b, True), np.linalg.solve(SQUARE.T * times, b))


def test_many_at_once_and_compiled() -> None:
    S, A = sparse.csr_array(DENSE), sparse.csr_array(SQUARE)
    for x in (rng.normal(size=(5, 4)), rng.normal(size=(5, 4, 2))):
        many = vmap(lambda x: S @ x)
        np.testing.assert_allclose(many(x), DENSE @ x if x.ndim == 3 else x @ DENSE.T)
        assert many.why_looped == ()
    x = rng.normal(size=(5, 3))
    each = vmap(grad(lambda b: (spsolve(A, b) ** 2).sum()))(x)
    np.testing.assert_allclose(each, [grad(lambda b: (np.linalg.solve(SQUARE, b) ** 2).sum())(b) for b in x])
    slope = compile(grad(lambda x, b: ((S @ x) ** 2).sum() + (spsolve(A, b) ** 3).sum(), (0, 1)))
    with pytest.warns(RuntimeWarning, match="where a sparse matrix has numbers decides what is computed"):
        slope(ROW, np.ones(3))
    for x, b in ((ROW, np.ones(3)), (2 * ROW, np.arange(3.0))):
        np.testing.assert_allclose(slope(x, b)[0], 2 * DENSE.T @ (DENSE @ x))
        np.testing.assert_allclose(slope(x, b)[1], grad(lambda b: (np.linalg.solve(SQUARE, b) ** 3).sum())(b))


def test_complex_numbers() -> None:
    A = sparse.csr_array(SQUARE)
    b = rng.normal(size=3) + 1j * rng.normal(size=3)
    np.testing.assert_allclose(spsolve(A, Tensor(b)).data, np.linalg.solve(SQUARE, b))
    for f, g in ((lambda b: abs(A @ b).sum(), lambda b: abs(SQUARE @ b).sum()),):
        np.testing.assert_allclose(grad(f)(b), grad(g)(b))


@pytest.mark.parametrize(
    ("run", "error", "text"),
    [
        (lambda S: spsolve(sparse.csr_array(np.ones((2, 2))), Tensor(ROW[:2])), np.linalg.LinAlgError, "is singular"),
        (lambda S: spsolve(S, Tensor(np.ones(3))), ValueError, "expected a square matrix and as many rows"),
        (lambda S: S @ Tensor(np.ones(3)), ValueError, "expected a vector or a matrix with 4 rows"),
        (lambda S: csr_array(S) * np.ones(3), ValueError, "broadcasts to (3, 4), got shape (3,)"),
        (lambda S: csr_array(S) @ S.T, TypeError, "got another sparse matrix"),
        (lambda S: csr_array(np.eye(2)), TypeError, "got ndarray"),
        (lambda S: csr_array((np.ones(2), ([0], [0]))), ValueError, "as many numbers as places"),
        (lambda S: csr_array((np.ones(1), ([3], [0])), (3, 4)), ValueError, "expected places within the shape (3, 4)"),
        (lambda S: S.multiply(Tensor(WHOLE, requires_grad=True)), TypeError, ""),
        (lambda S: Tensor(np.ones((3, 4))) / S, TypeError, "unsupported operand"),
    ],
)  # fmt: skip
def test_wrong_uses(run: Callable[[Any], Any], error: type[Exception], text: str) -> None:
    with pytest.raises(error) as raised:
        run(sparse.csr_array(DENSE))
    assert text in str(raised.value)
