"""Sliding dot products: against windows and einsum, against one another's adjoint, over one to three axes."""

import itertools

import numpy as np
import pytest

from autograd import Tensor, gradcheck, gradgradcheck
from autograd.ops import correlate, correlate_kernel, correlate_transpose, correlation


def plain(x, w, stride, padding, dilation, groups):
    """By its definition: a sum over groups, channels and the places of the kernel."""
    n = x.ndim - 2
    x = np.pad(x, [(0, 0), (0, 0), *padding])
    spans = [(k - 1) * d + 1 for k, d in zip(w.shape[2:], dilation, strict=True)]
    view = np.lib.stride_tricks.sliding_window_view(x, spans, axis=tuple(range(2, 2 + n)))
    view = view[(slice(None), slice(None), *(slice(None, None, s) for s in stride))]
    view = view[(..., *(slice(None, None, d) for d in dilation))]
    parts = []
    size, features = w.shape[1], w.shape[0] // groups
    for g in range(groups):
        part = view[:, g * size : (g + 1) * size]
        kernel = w[g * features : (g + 1) * features]
        axes = tuple(range(2 + n, 2 + 2 * n))
        parts.append(np.tensordot(part, kernel, axes=((1, *axes), (1, *range(2, 2 + n)))))
    return np.moveaxis(np.concatenate(parts, axis=-1), -1, 1)


def cases():
    rng = np.random.default_rng(5)
    for n, groups, channels, features in itertools.product((1, 2, 3), (1, 2), (1, 3), (1, 2)):
        for _ in range(4):
            kernel, stride = rng.integers(1, 4, n), rng.integers(1, 3, n)
            dilation, padding = rng.integers(1, 3, n), rng.integers(0, 3, (n, 2))
            room = (kernel - 1) * dilation + 1 - padding.sum(1)
            shape = np.maximum(1, room + rng.integers(0, 4, n))
            yield pytest.param(
                (2, groups * channels, *shape.tolist()), (groups * features, channels, *kernel.tolist()),
                tuple(stride.tolist()), tuple(map(tuple, padding.tolist())), tuple(dilation.tolist()), groups,
            )  # fmt: skip
    yield pytest.param((2, 17, 5, 6), (3, 17, 3, 2), (1, 1), ((1, 1), (0, 1)), (1, 1), 1, id="turned")
    yield pytest.param((2, 18, 6, 5), (4, 18, 2, 2), (1, 1), ((3, 0), (2, 2)), (2, 1), 1, id="turned and cut")
    yield pytest.param((1, 34, 5), (2, 17, 3), (1,), ((1, 1),), (1,), 2, id="turned in groups")
    for groups, n in itertools.product((1, 2), (1, 2, 3)):
        yield pytest.param(
            (3, 4, *(5,) * n), (6, 4 // groups, *(1,) * n), (1,) * n, ((0, 0),) * n, (1,) * n, groups,
            id=f"places, {n} axes, {groups} groups",
        )  # fmt: skip
    yield pytest.param((600, 16, 2), (16, 16, 1), (1,), ((0, 0),), (1,), 1, id="places of many examples")
    yield pytest.param((0, 3, 5, 5), (4, 3, 1, 1), (1, 1), ((0, 0), (0, 0)), (1, 1), 1, id="places of no examples")
    yield pytest.param((0, 3, 5, 5), (4, 3, 3, 3), (1, 1), ((1, 1), (1, 1)), (1, 1), 1, id="no examples")


@pytest.mark.parametrize(("image", "kernel", "stride", "padding", "dilation", "groups"), list(cases()))
def test_values_and_adjoints(image, kernel, stride, padding, dilation, groups):
    rng = np.random.default_rng(0)
    options = (stride, padding, dilation, groups)
    x, w = rng.normal(size=image), rng.normal(size=kernel)
    y = correlate(x, w, *options)
    np.testing.assert_allclose(y, plain(x, w, *options), atol=1e-12)
    g = rng.normal(size=y.shape)
    back_x = correlate_transpose(g, w, image[2:], *options)
    back_w = correlate_kernel(g, x, kernel[2:], *options)
    assert back_x.shape == x.shape
    assert back_w.shape == w.shape
    other_x, other_w = rng.normal(size=image), rng.normal(size=kernel)
    np.testing.assert_allclose((back_x * other_x).sum(), (g * correlate(other_x, w, *options)).sum(), atol=1e-11)
    np.testing.assert_allclose((back_w * other_w).sum(), (g * correlate(x, other_w, *options)).sum(), atol=1e-11)


@pytest.mark.parametrize(
    ("image", "kernel", "options"),
    [
        ((2, 2, 5), (3, 2, 3), (2, 1, 1, 1)),
        ((1, 2, 4, 4), (2, 1, 2, 3), ((1, 2), ((1, 0), 1), 1, 2)),
        ((2, 2, 3, 4), (2, 1, 2, 2), (1, 0, 1, 2)),
        ((1, 1, 3, 3, 3), (2, 1, 2, 2, 2), (1, 1, 2, 1)),
    ],
)
def test_gradients_to_second_order(image, kernel, options):
    rng = np.random.default_rng(1)
    x, w = (Tensor(rng.normal(size=shape), requires_grad=True) for shape in (image, kernel))
    gradcheck(lambda x, w: correlate(x, w, *options), x, w)
    gradgradcheck(lambda x, w: correlate(x, w, *options), x, w)
    y = Tensor(rng.normal(size=correlate(x, w, *options).shape), requires_grad=True)
    gradcheck(lambda y, w: correlate_transpose(y, w, image[2:], *options), y, w)
    gradcheck(lambda y, x: correlate_kernel(y, x, kernel[2:], *options), y, x)


def test_the_lectures_examples():
    ones = np.array([[[[0.0, 0, 0], [1, 1, 1], [0, 0, 0]]]])
    image = np.array([[[[2.0, 2, 2], [10, 10, 10], [2, 2, 2]]]])
    assert correlate(image, ones).item() == 30
    assert correlate(image.swapaxes(-1, -2), ones).item() == 14


def test_the_element_that_no_window_reaches_gets_zero():
    x = Tensor(np.ones((1, 1, 6)), requires_grad=True)
    correlate(x, np.ones((1, 1, 3)), 2).sum().backward()
    assert x.grad.tolist() == [[[1, 1, 2, 1, 1, 0]]]


def test_dtypes_memory_order_and_inputs():
    rng = np.random.default_rng(2)
    x, w = rng.normal(size=(2, 3, 5, 5)).astype("f4"), rng.normal(size=(4, 3, 3, 3)).astype("f4")
    before = x.copy(), w.copy()
    y = correlate(x, w)
    assert y.dtype == np.float32
    assert correlate(x, w.astype("f8")).dtype == np.float64
    for order in itertools.permutations(range(4)):
        back = np.argsort(order)
        odd = np.ascontiguousarray(x.transpose(order)).transpose(back)
        np.testing.assert_allclose(correlate(odd, w[:, :, ::-1][:, :, ::-1]), y, rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(x, before[0])
    np.testing.assert_array_equal(w, before[1])


def test_complex_values_are_multiplied_as_they_are():
    rng = np.random.default_rng(3)
    x, w = rng.normal(size=(1, 2, 5)) * (1 + 2j), rng.normal(size=(3, 2, 2)) * (2 - 1j)
    np.testing.assert_allclose(correlate(x, w), plain(x, w, (1,), [(0, 0)], (1,), 1))


@pytest.mark.parametrize(
    ("image", "kernel", "options", "said"),
    [
        ((2, 3, 5), (4, 2, 3), {}, r"expected 2 channels \(the kernel is \(4, 2, 3\), groups 1\), got 3"),
        ((2, 3, 5, 5), (4, 3, 3), {}, "expected an image"),
        ((2, 3), (4, 3), {}, "expected an image"),
        ((2, 3, 5), (4, 3, 3), {"groups": 2}, "divisible by groups"),
        ((2, 4, 5), (3, 2, 3), {"groups": 2}, "divisible by groups"),
        ((2, 4, 5), (4, 4, 3), {"groups": 0}, "divisible by groups"),
        ((2, 3, 5), (4, 3, 6), {}, "does not fit"),
        ((2, 3, 5), (4, 3, 3), {"stride": 0}, "positive"),
        ((2, 3, 5), (4, 3, 3), {"stride": (1, 1)}, "one for each axis"),
        ((2, 3, 5), (4, 3, 3), {"padding": -1}, "padding of at least 0"),
        ((2, 3, 5), (4, 3, 0), {}, "at least one element"),
    ],
)
def test_shapes_that_do_not_fit_raise(image, kernel, options, said):
    with pytest.raises(ValueError, match=rf"correlate\(.*{said}"):
        correlate(Tensor(np.ones(image)), np.ones(kernel), **options)


@pytest.mark.parametrize("groups", [1, 2, 4])
def test_what_is_added(groups):
    rng = np.random.default_rng(3)
    x, w, b = (
        Tensor(rng.normal(size=shape), requires_grad=True) for shape in ((2, 4, 5, 4), (4, 4 // groups, 2, 2), (4,))
    )
    expected = correlate(x, w, 1, 0, 1, groups).data + b.data[:, None, None]
    np.testing.assert_array_equal(correlate(x, w, 1, 0, 1, groups, b).data, expected)
    gradcheck(lambda x, w, b: correlate(x, w, 1, 0, 1, groups, b), x, w, b)
    gradgradcheck(lambda x, w, b: correlate(x, w, 1, 0, 1, groups, b), x, w, b)
    single = [array.data.astype("f4") for array in (x, w)]
    assert correlate(*single, groups=groups, b=b.data).dtype == np.float64


@pytest.mark.parametrize("features", [16, 20])
@pytest.mark.parametrize(("examples", "columns"), [(4, 128), (1, 509)])  # there are equal parts, there are none
def test_a_product_of_a_million_multiplications_and_more(features, examples, columns):
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(examples, 16, 5, columns + 2)), rng.normal(size=(features, 16, 3, 3))
    assert features * 144 * examples * columns > 1_000_000
    expected = plain(x, w, (1, 1), ((0, 0), (0, 0)), (1, 1), 1)
    np.testing.assert_allclose(correlate(x, w), expected, atol=1e-11)


def test_a_transposed_correlation_has_its_shifts_made_once(monkeypatch):
    rng = np.random.default_rng(0)
    y, w = (Tensor(rng.normal(size=shape), requires_grad=True) for shape in ((2, 4, 5, 6), (4, 3, 2, 2)))
    z = correlate_transpose(y, w, (10, 12), 2)
    counted = []
    shifted = correlation._Layout.shifted
    monkeypatch.setattr(correlation._Layout, "shifted", lambda *args: counted.append(1) or shifted(*args))
    z.backward(np.ones(z.shape))
    assert len(counted) == 1
    np.testing.assert_allclose(y.grad, correlate(np.ones(z.shape), w.data, 2))


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("dilation", [1, 2])
@pytest.mark.parametrize("sides", [(0, 0), (3, 2)])
@pytest.mark.parametrize("size", [(2,), (3, 1), (3, 3), (1, 2, 3)])
@pytest.mark.parametrize("few", [0, 10**6])
def test_bands_of_rows_change_no_bit(size, sides, dilation, stride, few, monkeypatch):
    rng = np.random.default_rng(0)
    shape, padding = (*[(k - 1) * dilation + 7 for k in size[:-1]], 9), (sides,) * len(size)
    x, w = rng.normal(size=(2, 4, *shape)), rng.normal(size=(6, 2, *size))
    rest = stride, padding, dilation, 2
    g = rng.normal(size=correlate(x, w, *rest).shape)

    def of_all():
        return correlate(x, w, *rest), correlate_transpose(g, w, shape, *rest), correlate_kernel(g, x, size, *rest)

    monkeypatch.setattr(correlation, "_FEW", few)
    whole = of_all()
    monkeypatch.setattr(correlation, "_BAND", 1)
    made = correlation._Layout(x.shape, w.shape, *rest)
    assert len(made.bands(8)) > 1 or len(size) == 1 or made.is_alone or made.rows[0] <= 2 * dilation * (size[0] - 1)
    for found, expected in zip(of_all(), whole, strict=True):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("dilation", [1, 2])
@pytest.mark.parametrize("sides", [(0, 0), (1, 2)])
@pytest.mark.parametrize("size", [(2,), (3, 1), (3, 3), (1, 2, 3)])
def test_nothing_is_left_as_it_was_in_memory(size, sides, dilation, stride, monkeypatch):
    """What is added up begins as zeros just where no part of the sum is put first."""
    rng = np.random.default_rng(0)
    shape, padding = tuple((k - 1) * dilation + 4 for k in size), (sides,) * len(size)
    empty = np.empty
    monkeypatch.setattr(np, "empty", lambda *args, **kwargs: _nan(empty(*args, **kwargs)))
    x, w = rng.normal(size=(2, 2, *shape)), rng.normal(size=(5, 2, *size))  # of so many features it is not turned round
    y = correlate(x, w, stride, padding, dilation)
    g = rng.normal(size=y.shape)
    back = correlate_transpose(g, w, shape, stride, padding, dilation)
    np.testing.assert_allclose(np.vdot(g, y), np.vdot(back, x))


def _nan(made):
    if made.dtype.kind == "f":
        made[...] = np.nan
    return made


@pytest.mark.parametrize("groups", [1, 2])
def test_windows_of_one_place_leave_the_memory_order_as_it_is(groups):
    """A matrix of each example as it stands; of images in our own order, a matrix of each row."""
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(3, 4, 5, 6)), rng.normal(size=(6, 4 // groups, 1, 1))
    turned = np.ascontiguousarray(x.transpose(2, 1, 3, 0)).transpose(3, 1, 0, 2)
    g = rng.normal(size=(3, 6, 5, 6))
    made = [correlate(image, w, groups=groups) for image in (x, turned)]
    assert made[0].flags.c_contiguous
    assert not made[1].flags.c_contiguous
    np.testing.assert_allclose(*made, atol=1e-12)
    for of_result in (g, np.ascontiguousarray(g.transpose(2, 1, 3, 0)).transpose(3, 1, 0, 2)):
        found = [correlate_kernel(of_result, image, (1, 1), groups=groups) for image in (x, turned)]
        np.testing.assert_allclose(*found, atol=1e-12)
