import warnings

import numpy as np
import pytest

import nn
import nn.functional as F
from autograd import Tensor, gradcheck, gradgradcheck

LECTURE = np.array([[0.0, 1, 2, 4], [5, 6, 6, 8], [3, 2, 1, 0], [1, 2, 3, 4]])[None]


def test_the_lectures_average_pooling():
    assert nn.AvgPool2d(2, stride=2)(LECTURE).tolist() == [[[3, 5], [2, 2]]]
    assert nn.MaxPool2d(2, stride=2)(LECTURE).tolist() == [[[6, 8], [3, 4]]]


def test_windows_that_start_in_the_right_padding_are_dropped():
    x = np.arange(1.0, 6.0).reshape(1, 1, 5)
    assert F.max_pool1d(x, 2, 2, 1, ceil_mode=True).tolist() == [[[1, 3, 5]]]
    assert F.avg_pool1d(x, 2, 2, 1, ceil_mode=True).tolist() == [[[0.5, 2.5, 4.5]]]
    x = np.arange(1.0, 5.0).reshape(1, 1, 4)
    assert F.max_pool1d(x, 2, 3, ceil_mode=True).tolist() == [[[2, 4]]]
    assert F.max_pool1d(x, 2, 3).tolist() == [[[2]]]
    # the last window has one element; its mean is over what there is, not over what would be beyond the padding
    assert F.avg_pool1d(x, 3, 3, ceil_mode=True).tolist() == [[[2, 4]]]


def test_a_window_as_large_as_its_input_reaches_over_it_where_it_is_dilated():
    x = np.array([[1.0, 2.0, 3.0, 4.0]])  # of the elements 0, 2, 4 and 6 two are there
    values, places = F.max_pool1d(x, 4, dilation=2, ceil_mode=True, return_indices=True)
    assert (values.tolist(), places.tolist()) == ([[3]], [[2]])
    assert F.max_pool1d(x, 4, dilation=2, ceil_mode=True).tolist() == [[3]]


def test_padding_of_maxima_is_minus_infinity():
    x = -np.arange(1.0, 5.0).reshape(1, 4)
    assert F.max_pool1d(x, 2, 2, 1).tolist() == [[-1, -2, -4]]
    assert F.max_pool1d(x.astype(int), 2, 2, 1).tolist() == [[-1, -2, -4]]


def test_the_first_maximum_has_the_gradient():
    x = Tensor(np.zeros((1, 1, 2, 4)), requires_grad=True)
    y, places = F.max_pool2d(x, 2, return_indices=True)
    y.sum().backward()
    assert x.grad.data.tolist() == [[[[1, 0, 1, 0], [0, 0, 0, 0]]]]
    assert places.tolist() == [[[[0, 2]]]]
    x = Tensor(np.array([[1.0, 2, 2, 1]]), requires_grad=True)
    F.max_pool1d(x, 3, 1).sum().backward()
    assert x.grad.data.tolist() == [[0, 2, 0, 0]]  # overlapping windows add up
    x = Tensor(np.array([[5.0, 5, 5, 5, 5]]), requires_grad=True)
    F.adaptive_max_pool1d(x, 3).sum().backward()
    assert x.grad.data.tolist() == [[1, 1, 0, 1, 0]]


@pytest.mark.parametrize("pool", ["max_pool", "adaptive_max_pool", "avg_pool", "adaptive_avg_pool"])
@pytest.mark.parametrize("shape", [(2, 4), (3, 2, 3), (2, 2, 3, 4), (0, 2, 3), (1, 2, 3, 2, 2)])
def test_one_window_of_everything(pool, shape):
    n = max(1, len(shape) - 2)
    x = Tensor(np.random.default_rng(0).integers(0, 3, shape).astype(float), requires_grad=True)
    kinds = {"return_indices": True} if "max" in pool else {}
    size = (1,) * n if "adaptive" in pool else shape[-n:]
    whole = getattr(F, f"{pool}{n}d")(x, size, **kinds)
    if not kinds:
        np.testing.assert_allclose(whole.data, x.data.mean(axis=tuple(range(-n, 0)), keepdims=True))
        return
    values, places = whole
    lines = x.data.reshape(*shape[:-n], np.prod(shape[-n:], dtype=int))
    assert values.shape == places.shape == (*shape[:-n], *(1,) * n)
    np.testing.assert_array_equal(values.data.reshape(lines.shape[:-1]), lines.max(axis=-1))
    np.testing.assert_array_equal(places.reshape(lines.shape[:-1]), lines.argmax(axis=-1))
    values.sum().backward()
    first = np.arange(lines.shape[-1]) == lines.argmax(axis=-1)[..., None]
    np.testing.assert_array_equal(x.grad.data.reshape(lines.shape), first)


@pytest.mark.parametrize("return_indices", [False, True])
def test_a_nan_has_the_gradient_of_its_window(return_indices):
    x = Tensor([[[1.0, np.nan, 0.0, 2.0, 3.0, np.inf]]], requires_grad=True)
    result = F.max_pool1d(x, 3, return_indices=return_indices)
    (result[0] if return_indices else result).backward(np.array([[[5.0, 7.0]]]))
    assert x.grad.tolist() == [[[0, 5, 0, 0, 0, 7]]]


def test_of_several_nans_the_last_is_the_maximum():
    """As in PyTorch, where a NaN takes the place of whatever was the largest so far."""
    x = np.array([[[np.nan, 9, np.nan, 1], [1, 2, 3, 4]]])
    assert F.adaptive_max_pool2d(x, (1, 1), return_indices=True)[1].tolist() == [[[2]]]
    assert F.max_pool2d(x, 2, return_indices=True)[1].tolist() == [[[0, 2]]]


@pytest.mark.parametrize("lead", [(3,), (2, 3)])
@pytest.mark.parametrize("function", [
    lambda x: F.adaptive_max_pool2d(x, (3, 2), return_indices=True),
    lambda x: F.adaptive_max_pool2d(x, (4, 5), return_indices=True),
    lambda x: F.max_pool2d(x, 3, 2, 1, ceil_mode=True, return_indices=True),
    lambda x: F.fractional_max_pool2d(x, 2, (4, 3), return_indices=True, rng=np.random.default_rng(3)),
])  # fmt: skip
def test_maxima_stand_where_their_indices_say(function, lead):
    x = np.random.default_rng(0).permutation(int(np.prod(lead)) * 70).reshape(*lead, 7, 10).astype(float)
    values, places = function(x)
    flat = x.reshape(*lead, -1)
    np.testing.assert_array_equal(np.take_along_axis(flat, places.reshape(*lead, -1), -1), values.reshape(*lead, -1))
    gradcheck(lambda x: function(x)[0], x)
    gradgradcheck(lambda x: np.square(function(x)[0]), x / 100)


def test_nan_and_infinities():
    x = np.array([[[np.nan, 1, 2, -np.inf, -np.inf, np.inf]]])
    values, places = F.max_pool1d(x, 2, return_indices=True)
    np.testing.assert_array_equal(values, [[[np.nan, 2, np.inf]]])
    assert places.tolist() == [[[0, 2, 5]]]
    values, places = F.adaptive_max_pool1d(x, 1, return_indices=True)
    assert np.isnan(values).all()
    assert places.tolist() == [[[0]]]
    values, places = F.max_pool1d(np.full((1, 1, 3), -np.inf), 2, 2, 1, return_indices=True)
    assert places.tolist() == [[[0, 1]]]


@pytest.mark.parametrize("shape", [(3, 4), (2, 3, 4, 5), (2, 1, 4, 5, 3)])
def test_indices_are_where_the_values_are(shape):
    n = max(1, len(shape) - 2)
    x = np.random.default_rng(0).integers(0, 3, shape).astype(float)
    lead = x.shape[:-n]
    for call in (
        lambda: getattr(F, f"max_pool{n}d")(x, 3, 2, 1, ceil_mode=True, return_indices=True),
        lambda: getattr(F, f"adaptive_max_pool{n}d")(x, 3, return_indices=True),
    ):
        values, places = call()
        flat = np.take_along_axis(x.reshape(*lead, -1), places.reshape(*lead, -1), -1)
        np.testing.assert_array_equal(flat.reshape(values.shape), values)


def test_unpooling_puts_back():
    x = Tensor(np.random.default_rng(0).normal(size=(2, 3, 5, 6)), requires_grad=True)
    y, places = F.max_pool2d(x, 2, return_indices=True)
    back = F.max_unpool2d(y, places, 2, output_size=x.shape)
    kept = back.data != 0
    assert back.shape == x.shape
    assert kept.sum() == y.size
    assert (back.data[kept] == x.data[kept]).all()
    assert F.max_unpool2d(y, places, 2, output_size=(5, 6)).shape == x.shape
    back.sum().backward()
    assert (x.grad.data == kept).all()
    pool, unpool = nn.MaxPool1d(2, return_indices=True), nn.MaxUnpool1d(2)
    assert unpool(*pool(np.array([[1.0, 3, 2, 0]]))).tolist() == [[0, 3, 2, 0]]


def test_means_of_any_number_of_bins():
    x = np.arange(5.0)[None]
    assert F.adaptive_avg_pool1d(x, 2).tolist() == [[1, 3]]
    assert F.adaptive_avg_pool1d(x, 3).tolist() == [[0.5, 2, 3.5]]
    assert F.adaptive_avg_pool1d(x, 7).tolist() == [[0, 0.5, 1.5, 2, 2.5, 3.5, 4]]
    assert F.adaptive_avg_pool2d(np.ones((1, 4, 6)), (None, 4)).shape == (1, 4, 4)
    assert F.adaptive_avg_pool2d(np.ones((1, 4, 6)), (0, 4)).shape == (1, 0, 4)
    assert F.adaptive_max_pool2d(np.ones((1, 4, 6)), 0, return_indices=True)[1].shape == (1, 0, 0)


def test_gradients():
    rng = np.random.default_rng(0)
    x = Tensor(rng.permutation(60).reshape(1, 2, 5, 6) / 7 + 0.5, requires_grad=True)
    samples = rng.random((1, 2, 2))
    for function in (
        lambda x: F.max_pool2d(x, 3, 2, 1, ceil_mode=True),
        lambda x: F.avg_pool2d(x, 3, 2, 1, ceil_mode=True, count_include_pad=False),
        lambda x: F.lp_pool2d(x, 3, 2, ceil_mode=True),
        lambda x: F.lp_pool2d(x - 5, float("inf"), 2, ceil_mode=True),
        lambda x: F.adaptive_avg_pool2d(x, 4),
        lambda x: F.adaptive_max_pool2d(x, (2, 4)),
        lambda x: F.fractional_max_pool2d(x, 2, 3, _random_samples=samples),
    ):
        gradcheck(function, x)
        gradgradcheck(function, x)


def test_what_is_not_finite_stays_in_its_own_bins():
    x = Tensor(np.array([[np.inf, 1.0, 2.0, 3.0, 4.0]]), requires_grad=True)
    means = F.adaptive_avg_pool1d(x, 2)
    assert means.tolist() == [[np.inf, 3]]
    means[:, 1].sum().backward()
    np.testing.assert_allclose(x.grad.data, [[0, 0, 1 / 3, 1 / 3, 1 / 3]])
    line = F.interpolate(np.array([[[np.nan, 1.0, 2.0, 3.0]]]), size=8, mode="linear")[0, 0]
    np.testing.assert_array_equal(np.isnan(line), np.arange(8) < 3)
    np.testing.assert_allclose(line[3:], [1.25, 1.75, 2.25, 2.75, 3.0])


def test_the_norm_of_infinite_order_is_the_largest_absolute_value():
    x = Tensor([[1.0, -3.0, 2.0, 0.0]], requires_grad=True)
    y = F.lp_pool1d(x, float("inf"), 2)
    y.sum().backward()
    assert (y.tolist(), x.grad.tolist()) == ([[3, 2]], [[0, -1, 1, 0]])
    high = F.lp_pool2d(np.arange(15.0).reshape(1, 1, 3, 5), float("inf"), 2, ceil_mode=True)
    assert high.tolist() == [[[[6, 8, 9], [11, 13, 14]]]]


def test_norm_of_nothing_has_gradient_zero():
    x = Tensor(np.zeros((1, 4)), requires_grad=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        y = F.lp_pool1d(x, 2, 2)
        y.sum().backward()
    assert y.data.tolist() == [[0, 0]]
    assert x.grad.data.tolist() == [[0, 0, 0, 0]]


def test_fractional_pooling():
    x = np.random.default_rng(0).normal(size=(2, 3, 9, 8))
    y, places = F.fractional_max_pool2d(x, 2, (5, 4), return_indices=True, rng=np.random.default_rng(1))
    assert y.shape == (2, 3, 5, 4)
    np.testing.assert_array_equal(
        np.take_along_axis(x.reshape(2, 3, -1), places.reshape(2, 3, -1), -1), y.reshape(2, 3, -1)
    )
    assert (F.fractional_max_pool2d(x, 2, (5, 4), rng=np.random.default_rng(1)) == y).all()
    assert (F.fractional_max_pool2d(x, 2, (5, 4), rng=np.random.default_rng(2)) != y).any()
    assert nn.FractionalMaxPool3d(2, output_ratio=0.5)(x[:, :, None] + np.zeros((4, 1, 1))).shape == (2, 3, 2, 4, 4)
    samples = np.array([[[0.1, 0.6]]])  # of width and height: heights start at 0, 2, 3 (α = 3/2), widths at 0, 2
    y, places = F.fractional_max_pool2d(np.arange(20.0).reshape(1, 1, 5, 4), 2, (3, 2), None, True, samples)
    assert y.tolist() == [[[[5, 7], [13, 15], [17, 19]]]]
    assert places.reshape(-1).tolist() == y.reshape(-1).astype(int).tolist()


@pytest.mark.parametrize("n", [1, 2, 3])
def test_an_empty_batch(n):
    x = Tensor(np.zeros((0, 2) + (4,) * n), requires_grad=True)
    y, places = getattr(F, f"max_pool{n}d")(x, 2, return_indices=True)
    assert getattr(F, f"max_unpool{n}d")(y, places, 2).shape == x.shape
    if n > 1:
        y, places = getattr(F, f"fractional_max_pool{n}d")(x, 2, 3, return_indices=True)
        assert y.shape == places.shape == (0, 2) + (3,) * n
    y.sum().backward()
    assert x.grad.shape == x.shape


BAD = [
    (lambda: F.max_pool2d(np.ones((1, 4, 4)), 3, padding=2), "max_pool2d: expected padding of at most half"),
    (lambda: F.avg_pool1d(np.ones((1, 4)), 3, padding=2), "at most half of the window"),
    (lambda: F.max_pool1d(np.ones((1, 4)), 5), "larger than the input"),
    (lambda: F.max_pool1d(np.ones(4), 2), "expected an input of 2 .* or 3 dimensions"),
    (lambda: F.max_pool2d(np.ones((1, 0, 4)), 1), "elements along every axis but N"),
    (lambda: F.max_pool1d(np.ones((0, 4)), 1), "elements along every axis but N"),
    (lambda: F.max_pool1d(np.ones((1, 4)), 0), "kernel_size of at least 1"),
    (lambda: F.max_pool1d(np.ones((1, 1)), 2, 2, 1, 2, return_indices=True), "an element in each window"),
    (lambda: F.avg_pool2d(np.ones((1, 4, 4)), 2, divisor_override=0), "divisor_override other than 0"),
    (lambda: F.adaptive_avg_pool2d(np.ones((1, 4, 4)), (1, 2, 3)), "expected one output_size or 2"),
    (lambda: F.max_unpool1d(np.ones((1, 2)), np.zeros((1, 3), int), 2), "indices of the input's shape"),
    (lambda: F.max_unpool1d(np.ones((1, 2)), np.array([[0, 4]]), 2), "indices from 0 to 3"),
    (lambda: F.max_unpool1d(np.ones((1, 2)), np.array([[0, 3]]), 2, output_size=(6,)), "within a stride of"),
    (lambda: F.fractional_max_pool2d(np.ones((1, 4, 4)), 2, 4), "of at most the input"),
    (lambda: F.fractional_max_pool2d(np.ones((1, 4, 4)), 2), "either output_size or output_ratio"),
    (lambda: nn.FractionalMaxPool2d(2, output_ratio=1.5), "output ratios between 0 and 1"),
    (lambda: nn.FractionalMaxPool2d(2, 3, 0.5), "either output_size or output_ratio"),
]


@pytest.mark.parametrize("kind", [complex, bool])
def test_what_has_no_maximum(kind):
    with pytest.raises(TypeError, match=r"max_pool1d: expected real numbers, .* got dtype"):
        F.max_pool1d(np.zeros((1, 4), kind), 2)
    with pytest.raises(TypeError, match="adaptive_max_pool1d: expected real numbers"):
        F.adaptive_max_pool1d(np.zeros((1, 4), kind), 2)


@pytest.mark.parametrize(("call", "text"), BAD, ids=range(len(BAD)))
def test_errors(call, text):
    with pytest.raises(ValueError, match=text):
        call()


def test_unpooling_repeated_indices():
    """The last value stays; PyTorch's gradient is that of the place, for each."""
    x = Tensor(np.array([[1.0, 3.0, 2.0]]), requires_grad=True)
    result = F.max_unpool1d(x, np.array([[1, 1, 0]]), 2)
    assert result.data.tolist() == [[2, 3, 0, 0, 0, 0]]
    result.backward(np.arange(6.0)[None])
    assert x.grad.data.tolist() == [[1, 1, 0]]
