"""Arrays with others combined at places of them: against a loop, with gradients."""

import numpy as np
import pytest

from autograd import Tensor, gradcheck, ops

WAYS = {"sum": np.sum, "prod": np.prod, "max": np.max, "min": np.min, "mean": np.mean}


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("include", [True, False])
@pytest.mark.parametrize("reduce", WAYS)
def test_against_a_loop(reduce, include, whole):
    rng = np.random.default_rng(0)
    x, values = rng.standard_normal(4) * 9, rng.standard_normal(6) * 9
    if whole:
        x, values = x.astype(int), values.astype(int)
    index = np.array([0, 2, 2, 0, 2, 1])
    expected = x.copy()
    for place in set(index.tolist()):
        found = WAYS[reduce]([*([x[place]] if include else []), *values[index == place]])
        expected[place] = np.floor(found) if whole else found
    assert np.allclose(ops.scatter(x, index, values, reduce, include), expected)
    assert np.allclose(ops.scatter(Tensor(x), index, values, reduce, include).data, expected)


@pytest.mark.parametrize("reduce", [None, *WAYS])
def test_gradients(reduce):
    index = np.array([0, 2, 1]) if reduce is None else np.array([0, 2, 2])
    x, values = np.array([0.3, 0.8, -0.4]), np.array([1.2, -0.7, 0.5])
    for include in (True, False):
        gradcheck(lambda x, v, include=include: ops.scatter(x, index, v, reduce, include), x, values)


def test_any_index_and_the_last_one_stays():
    assert ops.scatter(np.zeros(2), np.array([0, 0]), np.array([1.0, 2.0])).tolist() == [2, 0]
    rows = ops.scatter(np.zeros((2, 2)), (slice(None), np.array([1, 1])), np.ones((2, 2)), "sum")
    assert rows.tolist() == [[0, 2], [0, 2]]
    x = np.zeros(2)
    ops.scatter(x, np.array([0]), np.ones(1), "sum")
    assert x.tolist() == [0, 0]
    with pytest.raises(ValueError, match="expected reduce"):
        ops.scatter(x, 0, 1.0, "amax")
