"""Rows that are added to those that an index names: in C as in the engine."""

import numpy as np
import pytest

from autograd.ops import indexing
from autograd.program.native.c import backend, rows

pytestmark = pytest.mark.skipif(backend.why_not() is not None, reason="there is no C compiler")

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("width", [(), (1,), (7,), (2, 64)])
@pytest.mark.parametrize("count", [(1,), (40,), (6, 7)])
def test_rows_are_added_where_the_index_says(width, count):
    g = RNG.standard_normal((*count, *width)).astype(np.float32)
    index = RNG.integers(-9, 9, count)
    made = rows.scatter_add(g, index, (9, *width))
    np.testing.assert_allclose(made, indexing._scatter_add(g, index, (9, *width)), rtol=1e-5, atol=1e-6)
    assert made.dtype == g.dtype
    assert made.flags.c_contiguous


def test_what_the_c_does_not_do_is_done_by_the_engine():
    g = RNG.standard_normal((4, 3))
    index = np.array([1, 0, 1, 1])
    for given, at in ((g, index), (g.astype("f").T.copy().T, index), (g.astype("f"), index.astype(np.int32))):
        expected = indexing._scatter_add(given, at, (5, 3))
        np.testing.assert_array_equal(rows.scatter_add(given, at, (5, 3)), expected)
    mask = np.array([True, False, True])
    np.testing.assert_array_equal(rows.scatter_add(g[:2], mask, (3, 3)), indexing._scatter_add(g[:2], mask, (3, 3)))


def test_an_index_out_of_bounds_is_the_engines_error():
    g = np.ones((2, 3), np.float32)
    with pytest.raises(IndexError):
        rows.scatter_add(g, np.array([0, 9]), (9, 3))
