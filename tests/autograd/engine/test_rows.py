"""Broadcasting row by row: for which operands, the same bits, and NumPy's buffer is afterwards what it was."""

import numpy as np
import pytest

from autograd.engine.rows import _row, by_rows


@pytest.fixture(autouse=True)
def buffer():
    before = np.setbufsize(8192)
    yield
    assert np.setbufsize(before) == 8192


def row(x, other):
    return _row(x.shape, x.strides, x.itemsize, other)


@pytest.mark.parametrize(
    ("shape", "other", "length"),
    [
        ((256, 512), (256, 1), 512),
        ((256, 512), (512,), 512),
        ((256, 512), (), 256 * 512),
        ((256, 512), (256, 512), 256 * 512),
        ((4, 16, 32, 32), (16, 1, 1), 1024),
        ((4, 16, 32, 32), (4, 1, 1, 1), 16 * 1024),
        ((4, 16, 32, 32), (1, 16, 32, 32), 16 * 1024),
        ((4, 16, 1, 32), (16, 1, 1), 32),
    ],
)
def test_a_row_is_as_long_as_the_operand_does_not_change_its_kind(shape, other, length):
    assert row(np.zeros(shape), other) == length


def test_a_row_lies_in_memory_in_one_piece():
    images = np.zeros((32, 16, 32, 16)).transpose(3, 1, 0, 2)  # (examples, channels, rows, columns)
    assert row(images, (16, 1, 1)) == 32 * 16
    assert row(images, (16, 1, 1, 1)) == 16
    assert row(np.zeros((64, 1024))[:, :512], (64, 1)) == 512
    assert row(np.zeros((64, 1024))[:, ::2], (64, 1)) == 1


@pytest.mark.parametrize(
    ("shape", "others", "size"),
    [
        ((256, 512), [(256, 1)], 512),
        ((256, 500), [(500,)], 496),
        ((64, 16, 1024), [(16, 1), (64, 1, 1)], 1024),
        ((10, 512), [(512,)], 8192),  # too few elements
        ((1024, 64), [(64,)], 8192),  # too many rows
        ((16, 16384), [(16384,)], 8192),  # no row fits into the buffer as it is
    ],
)
def test_the_buffer_is_of_one_row_where_that_pays(shape, others, size):
    x = np.zeros(shape, np.float32)
    with by_rows(x, *others):
        assert np.getbufsize() == size
    for other in (x[..., ::-1], x.tolist()):
        with by_rows(other, *others):
            assert np.getbufsize() == 8192


def test_the_buffer_is_what_it_was_after_an_error():
    with pytest.raises(ValueError, match="shapes"), by_rows(np.zeros((256, 512)), (256, 1)):
        np.zeros(2) + np.zeros(3)


@pytest.mark.parametrize("dtype", ["f4", "f8", "c8"])
def test_no_bit_depends_on_it(dtype):
    rng = np.random.default_rng(0)
    x, column, row = (rng.normal(size=shape).astype(dtype) for shape in ((200, 333), (200, 1), (333,)))
    expected = x * column + row
    with by_rows(x, column.shape, row.shape):
        np.testing.assert_array_equal(x * column + row, expected)
