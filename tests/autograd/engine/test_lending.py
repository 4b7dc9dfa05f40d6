"""Memory that is lent for results and for what lies between: noted, planned, given in the order of asking."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograd.engine.lending import Lent, Watched, contiguous, copied, empty, empty_like, zeros_like
from autograd.engine.modes import mode


def doubled(x: Any) -> Any:
    between = empty(x.shape, x.dtype)
    np.add(x, x, out=between)
    result = empty_like(x)
    result[...] = between
    del between
    more = zeros_like(x)
    result += more
    return result


def test_nobody_lends_by_default() -> None:
    assert mode.lender is None
    assert doubled(np.ones(3)).tolist() == [2.0, 2.0, 2.0]


def test_needs_say_how_long_something_is_used_and_what_leaves() -> None:
    with Watched() as watch:
        result = doubled(np.ones((2, 3)))
    needs = watch.needs(result)
    assert [(need.start, need.end, need.leaves) for need in needs] == [(0, 2, False), (1, 3, True), (2, 3, False)]
    assert [need.nbytes for need in needs] == [48, 48, 48]
    assert mode.lender is None


def test_what_somebody_keeps_is_not_lent() -> None:
    kept = []

    def keeping(x: Any) -> Any:
        kept.append(empty(x.shape, x.dtype))
        return empty_like(x)

    with Watched() as watch:
        result = keeping(np.ones(3))
    assert watch.needs(result) == []


def test_the_same_arrays_are_lent_at_each_call() -> None:
    x = np.arange(3.0)
    with Watched() as watch:
        result = doubled(x)
    needs = watch.needs(result)
    arrays = [np.full(need.shape, 7.0) for need in needs]
    lent = Lent([need.asked for need in needs], arrays)
    for _ in range(2):
        with lent:
            made = doubled(x)
        assert made is arrays[1]
        assert made.tolist() == [0.0, 2.0, 4.0]


def test_who_asks_for_something_else_gets_memory_of_numpy() -> None:
    with Watched() as watch:
        result = doubled(np.ones(3))
    needs = watch.needs(result)
    arrays = [np.zeros(need.shape) for need in needs]
    lent = Lent([need.asked for need in needs], arrays)
    with lent:
        made = doubled(np.ones(4))
    assert made.tolist() == [2.0] * 4
    assert not any(np.shares_memory(made, array) for array in arrays)


def test_an_error_ends_it() -> None:
    with pytest.raises(ZeroDivisionError), Lent([], []):
        1 / 0  # noqa: B018
    assert mode.lender is None


@pytest.mark.parametrize("x", [np.arange(6.0).reshape(2, 3).T, np.arange(12.0).reshape(3, 4)[:, ::2]])
def test_what_is_lent_lies_as_numpys_would(x: Any) -> None:
    for ours, numpys in ((copied, np.copy), (contiguous, np.ascontiguousarray), (zeros_like, np.zeros_like)):
        with Watched() as watch:
            made = ours(x)
        assert len(watch.needs(made)) == 1
        expected = numpys(x)
        assert made.strides == expected.strides == ours(x).strides
        np.testing.assert_array_equal(made, expected)
