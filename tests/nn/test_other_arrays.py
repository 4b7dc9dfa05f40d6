"""Every layer and function of nn on arrays that are not NumPy's: nothing is converted on the way, the numbers agree."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

import nn
from autograd import Tensor, grad, manual_seed

from ..arrays import KINDS, plain
from .cases import calls

CALLS = {call.label: call for call in calls()}


def moved(value: Any, make: Any, leaves: list[Tensor]) -> Any:
    """Arrays as Tensors of another kind of array, in containers and in modules."""
    if isinstance(value, tuple | list):
        items = [moved(item, make, leaves) for item in value]
        return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
    if isinstance(value, dict):
        return {name: moved(item, make, leaves) for name, item in value.items()}
    if isinstance(owner := getattr(value, "__self__", None), nn.Module):
        return getattr(moved(owner, make, leaves), value.__name__)
    if isinstance(value, nn.Module):
        value = copy.deepcopy(value)
        for tensor in (*value.parameters(), *value.buffers()):
            tensor.data = make(tensor.data)
        leaves += [p for p in value.parameters() if p.requires_grad]
        return value
    if not isinstance(value, np.ndarray):
        return value
    made = Tensor(make(value), requires_grad=value.dtype.kind in "fc")
    leaves += [made] if made.requires_grad else []
    return made * 1 if made.requires_grad else made  # which may be written into


def results(value: Any) -> list[Any]:
    if isinstance(value, tuple | list):
        return [item for part in value for item in results(part)]
    return [value] if isinstance(value, Tensor) else []


def run(label: str, make: Any) -> list[Any]:
    manual_seed(3)
    function, args, kwargs = CALLS[label].make()
    leaves: list[Tensor] = []
    function, args, kwargs = moved((function, args, kwargs), make, leaves)
    found = results(function(*args, **kwargs))
    squares = [(out * out.conj()).real if out.dtype.kind == "c" else out * out for out in found if out.requires_grad]
    total = sum(square.sum() for square in squares)
    slopes = grad(total, leaves, allow_unused=True) if isinstance(total, Tensor) else ()
    return [*found, *slopes]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("label", CALLS)
def test_layers_and_functions(label: str, kind: str) -> None:
    make = KINDS[kind]
    with np.errstate(all="ignore"):
        expected, got = run(label, np.copy), run(label, make)
    for g, wanted in zip(got, expected, strict=True):
        if wanted is None:
            assert g is None
            continue
        assert type(g.data) is type(make(np.zeros(1)))
        assert g.dtype == wanted.dtype
        single = wanted.dtype.char in "fF"
        np.testing.assert_allclose(plain(g), wanted.data, *((1e-2, 1e-5) if single else (1e-9, 1e-11)))
