"""Every function of NumPy's that Tensors know, for all examples at once, against a loop over them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograd import Tensor, grad, vjp, vmap
from autograd.engine.leaving import known
from autograd.engine.tensor import unwrap

from ...calls import CALLS, Call, Of

N = 3
SHAPED = {"unique", "unique_all", "unique_counts", "unique_inverse", "unique_values", "union1d", "setdiff1d",
          "setxor1d", "intersect1d", "nonzero", "argwhere", "flatnonzero", "trim_zeros"}  # fmt: skip
"""Functions whose results may have another shape for each example."""

NO_ARRAYS = {"array_repr", "array_str", "array2string", "einsum_path", "result_type", "min_scalar_type", "common_type"}

INTEGERS = {"bitwise_count", "invert", "bitwise_and", "bitwise_or", "bitwise_xor", "left_shift", "right_shift", "gcd",
            "lcm", "unravel_index", "ravel_multi_index", "ix_", "packbits", "unpackbits"}  # fmt: skip

DEPRECATED = {"in1d", "row_stack", "trapz"}
"""Names of NumPy 2.0 that warn, of functions that have another."""

LOOPED = {
    "unwrap", "bincount", "histogram", "histogram_bin_edges", "histogram2d", "histogramdd", "lexsort", "digitize",
    "isin", "polymul", "roots", "polyfit", "unravel_index", "ravel_multi_index", "ix_", "diag_indices_from",
    "tril_indices_from", "triu_indices_from", "packbits", "unpackbits", "array_equal", "array_equiv", "linalg.lstsq",
}  # fmt: skip
"""Those that have no form for all examples at once."""

LOOPED_BACK = {"unwrap", "bincount", "polymul", "roots", "polyfit", "linalg.lstsq"}
"""Those whose gradients have none."""

NAMES = [n for n in CALLS if known(f"numpy.{n}") is not None and n not in SHAPED | NO_ARRAYS | DEPRECATED]


def arrays_of(row: Call, kind: str) -> tuple[list[Any], Any]:
    """For each `Of` among the arguments an array of all examples; and what makes of arrays the arguments."""
    found: list[Any] = []

    def collect(item: Any) -> Any:
        if isinstance(item, Of):
            found.append(np.stack([item._replace(seed=item.seed + 10 * k).array(kind) for k in range(N)]))
            place = len(found) - 1
            return lambda arrays: arrays[place]
        if type(item) in (list, tuple):
            parts = [collect(part) for part in item]
            return lambda arrays: type(item)([part(arrays) for part in parts])
        return lambda arrays: item

    made = collect(row.args)
    options = {key: collect(value) for key, value in row.options.items()}
    return found, lambda arrays: (made(arrays), {key: value(arrays) for key, value in options.items()})


def flat(result: Any) -> list[Any]:
    if isinstance(result, tuple | list):
        return [item for part in result for item in flat(part)]
    return [result]


def same(got: Any, expected: Any) -> None:
    got, expected = np.asarray(unwrap(got)), np.asarray(unwrap(expected))
    assert got.dtype == expected.dtype
    np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-9)


def function_of(name: str, kind: str) -> tuple[Any, list[Any]]:
    """A function of one example's arrays, and the arrays of all examples."""
    arrays, fill = arrays_of(CALLS[name], kind)
    function = known(f"numpy.{name}")

    def run(*given: Any) -> Any:
        args, options = fill(given)
        return CALLS[name].run(function, args, options)

    return run, arrays


@pytest.mark.parametrize("name", NAMES)
def test_values_are_those_of_a_loop(name):
    run, arrays = function_of(name, "u1" if name == "unpackbits" else "i8" if name in INTEGERS else "f8")
    each = [flat(run(*[Tensor(x[k]) for x in arrays])) for k in range(N)]
    mapped = vmap(run)
    got = flat(mapped(*arrays))
    assert bool(mapped.why_looped) == (name in LOOPED)
    for k, part in enumerate(got):
        same(part, np.stack([np.asarray(unwrap(one[k])) for one in each]))


def pulled(run: Any) -> Any:
    """The function's gradients, from a gradient of its result that depends on that."""

    def pull(*given: Any) -> Any:
        def floats(*given: Any) -> Any:
            return tuple([out for out in flat(run(*given)) if hasattr(out, "dtype") and out.dtype.kind in "fc"])

        out, back = vjp(floats, *given)
        return back(tuple([np.cos(part.real + 1.0) + 0 * part for part in out]))

    return pull


def differentiates(name: str) -> bool:
    run, arrays = function_of(name, "f8")
    return isinstance(flat(run(*[Tensor(x[0]) for x in arrays]))[0], Tensor)


DIFFERENTIABLE = [name for name in NAMES if name not in INTEGERS and differentiates(name)]


@pytest.mark.filterwarnings("ignore:Output seems independent")  # of steps, constants, …
@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_gradients_of_each_example_are_those_of_a_loop(name):
    run, arrays = function_of(name, "f8")
    pull = pulled(run)
    each = [pull(*[x[k] for x in arrays]) for k in range(N)]
    mapped = vmap(pull)
    got = mapped(*arrays)
    assert bool(mapped.why_looped) == (name in LOOPED_BACK)
    for k, part in enumerate(got):
        same(part, np.stack([one[k] for one in each]))


@pytest.mark.filterwarnings("ignore:Output seems independent")  # of steps, constants, …
@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_gradients_of_all_are_those_of_a_loop_to_second_order(name):
    run, arrays = function_of(name, "f8")
    places = tuple(range(len(arrays)))

    def weighed(parts: Any) -> Any:
        total: Any = 0.0
        for part in parts:
            if isinstance(part, Tensor) and part.dtype.kind in "fc":
                total = total + (np.sin(part) * np.cos(np.arange(part.size).reshape(part.shape))).real.sum()
        return total

    def loop(*given: Any) -> Any:
        parts = [flat(run(*[x[k] for x in given])) for k in range(N)]
        return [np.stack(column) for column in zip(*parts, strict=True) if isinstance(column[0], Tensor)]

    both = [lambda *given: weighed(flat(vmap(run)(*given))), lambda *given: weighed(loop(*given))]
    slopes = [grad(f, places) for f in both]
    for got, expected in zip(*[slope(*arrays) for slope in slopes], strict=True):
        same(got, expected)
    second = [grad(lambda *given, f=slope: weighed(f(*given)) + 0 * given[0].sum(), places) for slope in slopes]
    for got, expected in zip(*[f(*arrays) for f in second], strict=True):
        same(got, expected)
