"""What every row of the tables of functions is checked for, and where its inputs come from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

from autograd import Tensor, gradcheck, gradgradcheck
from autograd.engine import sweep as engine


def anywhere(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    """From -2 to 2, no two close to each other, none close to a multiple of 1/2."""
    n = int(np.prod(shape))
    grid = rng.permutation(max(n, 8)) - max(n, 8) // 2 + 0.3
    return (grid[:n] * (4 / max(n, 8)) + 0.013).reshape(shape)


def elsewhere(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    """The same, a little to the side."""
    return anywhere(rng, shape) + 0.031


def positive(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    return rng.uniform(0.3, 2.2, shape)


def above_one(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    return rng.uniform(1.2, 3, shape)


def inside(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    return rng.uniform(0.1, 0.9, shape) * rng.choice([-1, 1], shape)


def probability(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    return rng.uniform(0.1, 0.9, shape)


def between_integers(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    return rng.integers(-4, 5, shape) + rng.uniform(0.2, 0.8, shape)


def integers(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    return rng.integers(1, 6, shape)


def plane(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    """Complex numbers away from 0, from 1 and -1 and from the axes, where branches are cut."""
    return rng.uniform(0.3, 0.8, shape) * rng.choice([-1, 1], shape) + 1j * (
        rng.uniform(0.3, 1.2, shape) * rng.choice([-1, 1], shape)
    )


class Row(NamedTuple):
    """A function, where its arrays come from, their shapes, and what else it is given."""

    function: Callable[..., Any]
    domains: tuple[Callable[..., Any], ...]
    shapes: tuple[tuple[int, ...], ...]
    options: dict[str, Any]
    name: str

    def inputs(self, dtype: Any = None) -> list[Any]:
        rng = np.random.default_rng(7)
        made = [np.asarray(domain(rng, shape)) for domain, shape in zip(self.domains, self.shapes, strict=True)]
        return made if dtype is None else [x.astype(dtype) if x.dtype.kind == "f" else x for x in made]

    def __call__(self, *inputs: Any) -> Any:
        return self.function(*inputs, **self.options)


def rows(function: Callable[..., Any], *domains: Any, shapes: Any, options: Any = ({},), name: str = "") -> list[Any]:
    """A row for each of the shapes and each of the options, as pytest's parameters."""
    made = []
    for shape in shapes:
        shape = shape if shape and isinstance(shape[0], tuple) else (shape,) * len(domains)
        for option in options:
            label = name or getattr(function, "__name__", str(function))
            text = ",".join(f"{k}={np.shape(v) if np.ndim(v) > 1 else v}" for k, v in option.items())
            made.append(pytest.param(Row(function, domains, shape, option, label), id=f"{label}-{shape}-{text}"))
    return made


def check_value(row: Row, reference: Callable[..., Any] | None = None, dtype: Any = None, close: bool = False) -> None:
    """The result is what NumPy gives on the same arrays, of the same dtype and shape, and an array."""
    inputs = row.inputs(dtype)
    expected = (reference or row.function)(*inputs, **row.options)
    got = row(*[Tensor(x) for x in inputs])
    pairs = zip(got, expected, strict=True) if isinstance(expected, tuple) else [(got, expected)]
    for result, value in pairs:
        value = np.asarray(value)
        if isinstance(result, Tensor):
            assert isinstance(result.data, np.ndarray)
            result = result.data
        assert (np.asarray(result).dtype, np.shape(result)) == (value.dtype, value.shape)
        if close and value.dtype.kind in "fc":
            eps = np.finfo(value.dtype).eps
            np.testing.assert_allclose(result, value, rtol=50 * eps, atol=50 * eps)
        else:
            np.testing.assert_array_equal(result, value)


def check_gradients(row: Row) -> None:
    """First and second derivatives against differences, for all floating inputs together."""
    inputs = row.inputs()
    places = [i for i, x in enumerate(inputs) if x.dtype.kind in "fc"]

    def fun(*values: Any) -> Any:
        given = list(inputs)
        for i, value in zip(places, values, strict=True):
            given[i] = value
        result = row(*given)
        return tuple([r for r in result if r.dtype.kind in "fc"]) if isinstance(result, tuple) else result

    fun.__name__ = row.name
    gradcheck(fun, *[inputs[i] for i in places])
    gradgradcheck(fun, *[inputs[i] for i in places])


def check_dtype(row: Row, dtype: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The backward pass computes in the inputs' dtype, of halves in float32; gradients have their dtypes and shapes."""
    fit = engine._fit

    def watched(part: Any, parent: Any, node: Any) -> Any:
        computes = np.dtype("f4") if parent.dtype.char == "e" else parent.dtype
        assert np.result_type(part, computes) == computes, (
            f"a rule of {node.name} computes in {part.dtype}, not {computes}"
        )
        return fit(part, parent, node)

    monkeypatch.setattr(engine, "_fit", watched)
    tensors = [Tensor(x, requires_grad=x.dtype.kind in "fc") for x in row.inputs(dtype)]
    results = row(*tensors)
    for result in results if isinstance(results, tuple) else (results,):
        if getattr(result, "requires_grad", False):
            result.backward(np.ones_like(result.data), retain_graph=True)
    for x in tensors:
        assert not x.requires_grad or x.grad is None or (x.grad.dtype, x.grad.shape) == (x.dtype, x.shape)
