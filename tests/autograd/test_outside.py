"""Tensors among what is not NumPy: tables, labelled arrays, Python's numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd.numpy as anp
from autograd import Tensor, grad, no_grad, vjp

V = np.array([0.5, 2.0, 3.0])


class Table:
    """As pandas' Series and DataFrame: numbers that answer to ufuncs, but can hold no Tensor."""

    __pandas_priority__ = 3000
    __array_priority__ = 1000

    def __init__(self, values: Any) -> None:
        self.values = np.asarray(values)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return np.array(self.values, dtype=dtype, copy=copy)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if any(isinstance(item, Tensor) for item in inputs):
            return NotImplemented
        return Table(getattr(ufunc, method)(*[getattr(item, "values", item) for item in inputs], **kwargs))

    def _binary(self, ufunc: Any, other: Any) -> Any:
        if getattr(other, "__pandas_priority__", 0) > self.__pandas_priority__:
            return NotImplemented
        return Table(ufunc(self.values, np.asarray(other)))

    def __sub__(self, other: Any) -> Any:
        return self._binary(np.subtract, other)

    def __mul__(self, other: Any) -> Any:
        return self._binary(np.multiply, other)


class Labelled:
    """As xarray's DataArray: a container that computes with the array it holds, which may be a Tensor."""

    def __init__(self, data: Any) -> None:
        self.data, self.shape, self.ndim = data, data.shape, data.ndim

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return np.array(self.data, dtype=dtype, copy=copy)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        held = [item.data if isinstance(item, Labelled) else item for item in inputs]
        return Labelled(getattr(ufunc, method)(*held, **kwargs))

    def __mul__(self, other: Any) -> Any:
        return np.multiply(self, other)

    __rmul__ = __mul__


TABLE = Table(V**2)

OF_TABLES = {
    "tensor first": lambda x: ((x * TABLE) ** 2).sum(),
    "table first": lambda x: ((TABLE - x) ** 2).sum(),
    "both": lambda x: (TABLE * x - TABLE * x**2).sum(),
    "ufunc": lambda x: (np.multiply(TABLE, x) + np.hypot(x, TABLE)).sum(),
    "dot": lambda x: np.dot(x, TABLE) ** 2,
    "matmul": lambda x: (Table(np.outer(V, V)).values @ x + x @ Table(np.outer(V, V))).sum(),
    "where": lambda x: np.where(x > 1, x * x, TABLE).sum(),
    "joined": lambda x: (np.concatenate([x, TABLE]) ** 2).sum(),
}


@pytest.mark.parametrize("case", OF_TABLES)
def test_tables(case: str) -> None:
    fun = OF_TABLES[case]
    result = fun(Tensor(V, requires_grad=True))
    assert type(result) is Tensor
    assert type(result.data) is np.ndarray
    found = grad(fun)(V)
    assert type(found) is np.ndarray
    slopes = [(fun(Tensor(V + h)) - fun(Tensor(V - h))).item() / 2e-6 for h in 1e-6 * np.eye(3)]
    np.testing.assert_allclose(found, slopes, rtol=1e-6)


def test_containers_of_tensors_compute_themselves() -> None:
    labelled = Labelled(V)
    for fun in (
        lambda x: labelled * x,
        lambda x: x * labelled,
        lambda x: np.multiply(x, labelled),
        lambda x: x * (labelled * 1),
    ):
        assert type(fun(Tensor(V))) is Labelled
        np.testing.assert_allclose(grad(lambda x, fun=fun: np.sum(fun(x).data))(V), V)
    t = Tensor(V)
    t *= labelled
    assert type(t) is Labelled
    np.testing.assert_allclose(grad(lambda x: np.dot(x, labelled * x))(V), 2 * V**2)


def test_values_alone_are_to_be_had() -> None:
    def fun(x: Any) -> Any:
        assert x[1].item() == 2
        assert int(x[1]) == 2
        assert f"{x[0]:.2f}" == "0.50"
        assert repr(x)
        assert np.asarray(x.data).sum() == 5.5
        assert np.int64(x)[2] == np.asarray(x, dtype=int)[2] == 3
        assert list(x.tolist()) == [0.5, 2.0, 3.0]
        with no_grad():
            assert float(x[0] * 2) == 1
        assert np.sum(outer).item() == 5.5  # is tracked, but not differentiated by here
        return np.sum(x * outer.data)

    outer = Tensor(V, requires_grad=True)
    np.testing.assert_array_equal(grad(fun)(V), V)
    with pytest.raises(TypeError, match="expected a plain value"):
        grad(lambda x: np.sum(np.asarray(x)))(V)
    assert np.asarray(outer.data).sum() == 5.5  # the transform that failed is over
    _, pullback = vjp(lambda x: anp.array([x[0], x[1] * 2]), V)
    np.testing.assert_array_equal(pullback(np.ones(2))[0], [1, 2, 0])
