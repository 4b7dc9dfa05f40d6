"""What a row of a table of functions is checked for."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd import Tensor
from autograd.transforms.gradcheck import gradcheck, gradgradcheck


def _parts(result: Any) -> list[Any]:
    return [part for part in result if part is not None] if isinstance(result, tuple | list) else [result]


def agrees(fun: Callable[..., Any], *inputs: Any, tolerance: float = 1e-10) -> None:
    """Values, shapes and dtypes are NumPy's; inputs stay as they were, and share no memory unless NumPy's do."""
    want = _parts(fun(*inputs))
    before = [np.copy(x) for x in inputs]
    tensors = [Tensor(x, requires_grad=np.asarray(x).dtype.kind in "fc") for x in inputs]
    got = _parts(fun(*tensors))
    assert len(got) == len(want)
    for w, g in zip(want, got, strict=True):
        assert isinstance(g, Tensor), f"expected a Tensor, got {type(g).__name__}"
        assert isinstance(g.data, np.ndarray)
        assert g.shape == np.shape(w)
        assert g.dtype == np.asarray(w).dtype
        np.testing.assert_allclose(g.data, w, rtol=tolerance, atol=tolerance)
        for x, t in zip(inputs, tensors, strict=True):
            shared = any(np.shares_memory(part, x) for part in want if isinstance(part, np.ndarray))
            assert shared or not np.shares_memory(g.data, t.data), "the result shares memory with an input"
    for x, t in zip(before, tensors, strict=True):
        np.testing.assert_array_equal(t.data, x)


_NARROW = {"d": "f", "D": "F"}


@pytest.fixture
def check() -> Callable[..., None]:
    """Check a function at some inputs: value and dtype (in single precision too), gradient and second gradient."""

    def run(fun: Callable[..., Any], *inputs: Any, second: bool = True, narrow: bool = True) -> None:
        agrees(fun, *inputs)
        if narrow:
            singles = [np.asarray(x, _NARROW.get(np.asarray(x).dtype.char)) for x in inputs]
            agrees(fun, *singles, tolerance=2e-4)
        gradcheck(fun, *inputs)
        if second:
            gradgradcheck(fun, *inputs)

    return run
