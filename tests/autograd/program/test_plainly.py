"""What a printed program says in place of the engine's functions gives what they give, to the last bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograd.ops.correlation import _correlate, _correlate_kernel, _correlate_transpose
from autograd.ops.indexing import _add_at, _scatter_add
from autograd.ops.reductions import _cumsum, _reversed_cumsum
from autograd.ops.sliding import _to_max
from autograd.ops.special import _bell
from autograd.program.plainly import bell, cumsum, cumsum_back, plainly, scatter_rows, to_max
from autograd.program.values import Value, mapped


def same(function: Any, *args: Any, into: int | None = None) -> Any:
    """Check that the function in its place gives the same, and return that."""
    values: dict[int, Value] = {}

    def value(part: Any) -> Any:
        return values.setdefault(id(part), Value(len(values), "made", part)) if isinstance(part, np.ndarray) else part

    call = plainly(function, mapped(args, value))
    assert call is not None
    arrays = {values[id(part)]: part for part in _arrays(args)}
    instead, taken = call[0], mapped(call[1], lambda part: arrays.get(part, part) if isinstance(part, Value) else part)
    if into is None:
        expected, got = function(*args), instead(*taken, **call[2])
    else:
        expected, got = args[into].copy(), args[into]
        function(expected, *args[1:])
        instead(*taken)
    assert (got.dtype, got.shape) == (expected.dtype, expected.shape)
    np.testing.assert_array_equal(got, expected)
    if 1 not in got.shape:
        assert got.strides == expected.strides  # by which sums over all of it are ordered
    return instead


def _arrays(item: Any) -> list[Any]:
    return [
        part for each in item for part in (_arrays(each) if type(each) is tuple else [each]) if hasattr(part, "dtype")
    ]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("image", "kernel", "stride", "padding"),
    [
        ((4, 1, 12, 12), (6, 1, 5, 5), (1, 1), ((0, 0), (0, 0))),
        ((4, 6, 12, 12), (16, 6, 5, 5), (1, 1), ((2, 2), (2, 2))),
        ((3, 16, 9, 8), (4, 16, 3, 3), (1, 1), ((1, 1), (1, 1))),
        ((3, 2, 9, 8), (5, 2, 3, 2), (2, 3), ((1, 0), (0, 2))),
        ((1, 3, 7, 7), (2, 3, 1, 1), (2, 1), ((0, 0), (0, 0))),
        ((2, 20, 6, 6), (8, 20, 3, 3), (1, 1), ((0, 2), (1, 0))),
        ((40, 8, 16, 16), (32, 8, 3, 3), (1, 1), ((1, 1), (1, 1))),
    ],
)
def test_correlations(image: Any, kernel: Any, stride: Any, padding: Any, dtype: Any) -> None:
    rng = np.random.default_rng(0)
    x, w = (rng.standard_normal(shape).astype(dtype) for shape in (image, kernel))
    rest = stride, padding, (1, 1), 1
    same(_correlate, x, w, *rest)
    same(_correlate, x, w, *rest, rng.standard_normal(len(w)).astype(dtype))
    d = rng.standard_normal(_correlate(x, w, *rest).shape).astype(dtype)
    same(_correlate_kernel, d, x, w.shape[2:], *rest)
    same(_correlate_transpose, d, w, x.shape[2:], *rest)


def test_what_is_not_met_often_stays_as_it_is() -> None:
    x, w = (Value(k, "made", np.ones(shape)) for k, shape in enumerate([(2, 4, 5, 5), (4, 2, 3, 3)]))
    assert plainly(_correlate, (x, w, (1, 1), ((0, 0), (0, 0)), (1, 1), 2)) is None
    assert plainly(_correlate, (x, w, (1, 1), ((0, 0), (0, 0)), (2, 2), 1)) is None
    assert plainly(np.add, (x, x)) is None


@pytest.mark.parametrize("shape", [(2, 3, 4, 6), (1, 1, 5, 7), (3, 2, 6, 6)])
def test_the_gradient_of_max_pooling(shape: Any) -> None:
    rng = np.random.default_rng(0)
    size = (2, 3)
    x = rng.integers(0, 4, shape).astype(float)  # with ties
    h, w = shape[2] // 2, shape[3] // 3
    highest = x[:, :, : 2 * h, : 3 * w].reshape(*shape[:2], h, 2, w, 3).max(axis=(3, 5))
    d = rng.standard_normal(highest.shape)
    assert same(_to_max, d, x, highest, size, size, ((0, 0), (0, 0)), (1, 1)) is to_max


@pytest.mark.parametrize(
    ("d", "index", "shape"),
    [
        ((5, 3), (np.array([0, 2, 2, 2, 1]),), (4, 3)),
        ((7,), (np.array([3, 3, 0, 1, 3, 3, 2]),), (4,)),
        ((4,), (np.array([0, 1, 1, 0]), np.array([1, 2, 2, 0])), (2, 3)),
        ((6, 32), (np.array([4, 1, 4, 4, 0, 4]),), (9, 32)),
        ((2, 3, 32), (np.array([[4, 1, 4], [4, 0, 4]]),), (9, 32)),
        ((2, 3), (slice(1, 3), slice(None)), (4, 3)),
        ((3,), (Ellipsis, 1), (3, 2)),
    ],
)
def test_scattering(d: Any, index: Any, shape: Any) -> None:
    rng = np.random.default_rng(0)
    g = rng.standard_normal(d)
    index = index[0] if len(index) == 1 else index
    used = same(_scatter_add, g, index, shape)
    assert (used is scatter_rows) == (shape == (9, 32))
    if not any(type(part) is slice or part is Ellipsis for part in (index if type(index) is tuple else (index,))):
        same(_add_at, rng.standard_normal(shape), g, shape, index, into=0)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_running_sums(dtype: Any) -> None:
    x = np.random.default_rng(0).standard_normal((4, 5, 512)).astype(dtype)
    assert same(_cumsum, x, 2, None) is cumsum
    assert same(_reversed_cumsum, x, -1) is cumsum_back
    value = Value(0, "made", x)
    for function, *rest in ((_cumsum, 2, float), (_cumsum, 1, None), (_reversed_cumsum, 0)):
        assert plainly(function, (value, *rest)) is None


@pytest.mark.parametrize("scale", [0.1, 1.0, 30.0])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_bell(scale: float, dtype: Any) -> None:
    x = (scale * np.random.default_rng(0).standard_normal((30, 7))).astype(dtype)
    assert same(_bell, x, 0.5, 0.3989422804014327) is bell
