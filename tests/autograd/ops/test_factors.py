"""Factors of matrices, multiplied together and solved with; and what has no derivative says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd import Tensor
from autograd.ops import factors

A = np.random.default_rng(0).normal(size=(2, 4, 4))
B = np.random.default_rng(1).normal(size=(2, 4, 3))


def test_what_the_factors_solve() -> None:
    whole = A + np.swapaxes(A, -1, -2)
    for solved, matrix in (
        (factors.lu_solve(*factors.lu_factor(A), B), A),
        (factors.ldl_solve(*factors.ldl_factor(whole), B), whole),
    ):
        np.testing.assert_allclose(matrix @ solved, B, atol=1e-10)
    tall = A[..., :2]
    reflections, sizes = factors.geqrf(tall)
    q = factors.householder_product(reflections, sizes)
    np.testing.assert_allclose(q @ np.triu(reflections[..., :2, :]), tall, atol=1e-12)


@pytest.mark.parametrize(
    "factorize",
    [
        lambda a: factors.geqrf(a)[0],
        lambda a: factors.ldl_factor(a @ np.swapaxes(a, -1, -2))[0],
        lambda a: factors.ldl_solve(a, np.array([[1, 2, 3, 4]] * 2, np.int32), B),
    ],
)
def test_factors_without_a_derivative_say_so(factorize: Callable[..., Any]) -> None:
    made = factorize(Tensor(A, requires_grad=True))
    with pytest.raises(NotImplementedError, match="this factorization has no derivative rule"):
        made.sum().backward()
