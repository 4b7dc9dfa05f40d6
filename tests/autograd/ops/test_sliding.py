"""Windows, their sums and maxima: against NumPy's sliding windows, each against its adjoint, to second order."""

import itertools

import numpy as np
import pytest

from autograd import Tensor, fold, grad, gradcheck, gradgradcheck, windows
from autograd.ops import max_windows, spread_windows, sum_windows

CASES = [  # shape, size, stride, dilation
    ((6,), (3,), 1, 1),
    ((6,), (3,), 2, 1),  # the last element is in no window
    ((7,), (2,), 2, 3),
    ((2, 5, 6), (2, 3), (1, 2), (2, 1)),
    ((2, 2, 4, 4), (2, 2), 2, 1),
    ((4, 4, 3), (2, 2, 2), 1, (1, 2, 1)),
    ((0, 5), (2,), 1, 1),
]


def values(shape, seed=0):
    return np.random.default_rng(seed).permutation(np.arange(np.prod(shape, dtype=int))).reshape(shape) / 7.0


def reference(x, size, stride, dilation):
    n = len(size)
    strides = (stride,) * n if isinstance(stride, int) else stride
    dilations = (dilation,) * n if isinstance(dilation, int) else dilation
    spans = [(k - 1) * d + 1 for k, d in zip(size, dilations, strict=True)]
    view = np.lib.stride_tricks.sliding_window_view(x, spans, axis=tuple(range(-n, 0)))
    return view[(..., *(slice(None, None, s) for s in strides), *(slice(None, None, d) for d in dilations))]


@pytest.mark.parametrize(("shape", "size", "stride", "dilation"), CASES)
def test_windows_and_what_is_taken_over_them(shape, size, stride, dilation):
    x = values(shape)
    expected = reference(x, size, stride, dilation)
    axes = tuple(range(-len(size), 0))
    np.testing.assert_array_equal(windows(x, size, stride, dilation), expected)
    assert np.shares_memory(windows(x, size, stride, dilation), x) or not x.size
    np.testing.assert_allclose(sum_windows(x, size, stride, 0, dilation), expected.sum(axes))
    np.testing.assert_array_equal(max_windows(x, size, stride, 0, dilation), expected.max(axes, initial=-np.inf))


@pytest.mark.parametrize(("shape", "size", "stride", "dilation"), CASES)
def test_fold_is_the_adjoint_of_windows(shape, size, stride, dilation):
    x = values(shape)
    w = np.random.default_rng(1).normal(size=windows(x, size, stride, dilation).shape)
    last = shape[len(shape) - len(size) :]
    folded = fold(w, last, stride, dilation)
    assert folded.shape == shape
    np.testing.assert_allclose((folded * x).sum(), (w * windows(x, size, stride, dilation)).sum())


@pytest.mark.parametrize("padding", [0, 1, (2, 0), ((0, 2), (1, 1))])
@pytest.mark.parametrize("stride", [1, 2, (3, 1)])
def test_padding_is_zero_for_sums_and_minus_infinity_for_maxima(padding, stride):
    x = -1 - values((2, 4, 5))
    both = ((padding,) * 2 if isinstance(padding, int) else padding) if padding != (2, 0) else (2, 0)
    both = [(p, p) if isinstance(p, int) else p for p in both]
    wide = [(0, 0), *both]
    summed = reference(np.pad(x, wide), (3, 2), stride, 1).sum((-1, -2))
    highest = reference(np.pad(x, wide, constant_values=-np.inf), (3, 2), stride, 1).max((-1, -2))
    np.testing.assert_allclose(sum_windows(x, (3, 2), stride, padding), summed)
    np.testing.assert_array_equal(max_windows(x, (3, 2), stride, padding), highest)
    y = np.random.default_rng(2).normal(size=summed.shape)
    spread = spread_windows(y, (4, 5), (3, 2), stride, padding, 1)
    np.testing.assert_allclose((spread * x).sum(), (y * summed).sum())


@pytest.mark.parametrize(
    "f",
    [
        lambda x: windows(x, (2, 2), (2, 1)),
        lambda x: fold(windows(x, (2, 2)) * 2.0, (4, 5)),
        lambda x: sum_windows(x, (2, 3), 2, 1),
        lambda x: max_windows(x, (2, 2), 2, 1),
        lambda x: max_windows(x * x, (3, 3), 1, (1, 0), 1) * x[0, 0, 0],
        lambda x: spread_windows(x, (5, 6), (2, 2), 1, 0, 1) * 1.5,
    ],
)
def test_gradients_to_second_order(f):
    x = Tensor(values((2, 4, 5)) + 0.5, requires_grad=True)
    gradcheck(f, x)
    gradgradcheck(lambda t: f(t) * f(t), x)


def test_the_first_of_several_maxima_gets_the_gradient():
    x = Tensor([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0]], requires_grad=True)
    max_windows(x, (2, 2)).sum().backward()
    assert x.grad.tolist() == [[1, 1, 0], [0, 0, 0]]
    overlap = Tensor([1.0, 5.0, 2.0], requires_grad=True)
    max_windows(overlap, (2,)).sum().backward()
    assert overlap.grad.tolist() == [0, 2, 0]


def test_elements_in_no_window_get_zero():
    x = Tensor(np.arange(6.0), requires_grad=True)
    sum_windows(x, (3,), 2).sum().backward()
    assert x.grad.tolist() == [1, 1, 2, 1, 1, 0]


def test_integers_and_dtypes():
    x = np.arange(-6, 0).reshape(2, 3)
    assert max_windows(x, (2,), 1, 1).tolist() == [[-6, -5, -4, -4], [-3, -2, -1, -1]]
    for dtype in ("f2", "f4", "f8"):
        t = Tensor(np.ones((2, 4)), dtype=dtype, requires_grad=True)
        for y in (max_windows(t, (2,)), sum_windows(t, (2,)), windows(t, (2,))):
            assert y.dtype == dtype
            y.sum().backward()
            assert t.grad.dtype == dtype


@pytest.mark.parametrize("f", [windows, sum_windows, max_windows])
def test_sizes_that_do_not_fit_raise(f):
    x = np.ones((2, 4))
    for bad in [{"size": (5,)}, {"size": (0,)}, {"size": (2,), "stride": 0}, {"size": (2,), "dilation": 4}]:
        with pytest.raises(ValueError, match=rf"{f.__name__}.*windows: "):
            f(Tensor(x), **bad)
    with pytest.raises(ValueError, match="one for each axis"):
        f(x, (2, 2), (1, 1, 1))
    with pytest.raises(ValueError, match="at least 3 axes"):
        f(x, (1, 1, 1))


def test_memory_order_is_kept():
    x = values((3, 4, 5, 2)).transpose(3, 2, 0, 1)
    for y in (sum_windows(x, (2, 2)), max_windows(x, (2, 2), 1, 1)):
        assert np.argsort(y.strides).tolist() == np.argsort(x.strides).tolist()


def test_nothing_is_mutated():
    for order in itertools.permutations(range(3)):
        x = values((3, 4, 5)).transpose(order)
        before = x.copy()
        t = Tensor(x, requires_grad=True)
        (max_windows(t, (2,)) * sum_windows(t, (2,))).sum().backward()
        np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize(("window", "axis"), [(2, 0), ((2, 3), (1, 0)), ((2, 2, 2), None), (2, -1), ((2, 2), (1, 1))])
def test_numpys_sliding_windows(window, axis):
    view, x = np.lib.stride_tricks.sliding_window_view, np.random.default_rng(0).normal(size=(4, 5, 3))
    np.testing.assert_array_equal(view(Tensor(x), window, axis).data, view(x, window, axis))
    gradcheck(lambda x: view(x, window, axis) ** 2, x)
    with pytest.raises(ValueError, match="windows: a window of size 9"):
        view(Tensor(x), 9, 0)
    with pytest.raises(ValueError, match="sliding_window_view: expected a size for each"):
        view(Tensor(x), (2, 2), 0)


def test_the_third_derivative_of_a_maximum_over_windows():
    """The cube of each maximum goes to where it was first, so an element's derivatives are those of wins * x**3."""
    values = np.array([1.0, 5.0, 2.0, 2.0, 0.0, 3.0])
    wins = np.array([0, 3, 1, 0, 0, 2])  # of the windows [.15] [152] [522] [220] [203] [03.]
    x = Tensor(values, requires_grad=True)
    (first,) = grad((max_windows(x, (3,), 1, 1) ** 3).sum(), x, create_graph=True)
    (second,) = grad((first * x * x).sum(), x, create_graph=True)
    (third,) = grad((second * x).sum(), x, create_graph=True)
    np.testing.assert_allclose(first.data, wins * 3 * values**2)
    np.testing.assert_allclose(second.data, wins * 12 * values**3)
    np.testing.assert_allclose(third.data, wins * 48 * values**3)


@pytest.mark.parametrize(("size", "stride", "dilation"), [(3, 2, 1), (2, 1, 1), (2, 2, 2), (3, 3, 2)])
def test_the_largest_of_windows_that_overlap_gets_the_gradient_of_each(size, stride, dilation):
    x = Tensor(np.random.default_rng(0).normal(size=9), requires_grad=True)
    out = max_windows(x, (size,), stride, 0, dilation)
    (out * np.arange(1.0, len(out) + 1)).sum().backward()
    expected = np.zeros(9)
    for k in range(len(out)):
        places = k * stride + dilation * np.arange(size)
        expected[places[np.argmax(x.data[places])]] += k + 1
    np.testing.assert_allclose(x.grad.data, expected)
