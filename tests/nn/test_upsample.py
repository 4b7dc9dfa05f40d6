import numpy as np
import pytest

import nn
import nn.functional as F
from autograd import Tensor, gradcheck


def test_nearest():
    x = np.array([[[1.0, 2, 3]]])
    assert F.interpolate(x, scale_factor=2).tolist() == [[[1, 1, 2, 2, 3, 3]]]
    assert F.interpolate(x, 5).tolist() == [[[1, 1, 2, 2, 3]]]
    assert F.interpolate(x, 2).tolist() == [[[1, 2]]]
    assert F.interpolate(x, 2, mode="nearest-exact").tolist() == [[[1, 3]]]
    assert F.interpolate(np.array([[[np.inf, 2]]]), 4).tolist() == [[[np.inf, np.inf, 2, 2]]]


def test_linear():
    x = np.array([[[0.0, 3]]])
    np.testing.assert_allclose(F.interpolate(x, 4, mode="linear", align_corners=True), [[[0, 1, 2, 3]]])
    assert F.interpolate(x, 1, mode="linear", align_corners=True).tolist() == [[[0]]]
    # 3 to floor(3·1.5) = 4 elements: where they come from is by the factor given, or by the ratio of sizes
    x = np.array([[[0.0, 1, 2]]])
    given = F.interpolate(x, scale_factor=1.5, mode="linear")
    again = F.interpolate(x, scale_factor=1.5, mode="linear", recompute_scale_factor=True)
    np.testing.assert_allclose(given[0, 0], [0, 0.5, 7 / 6, 11 / 6])
    np.testing.assert_allclose(again[0, 0], [0, 0.625, 1.375, 2])


def test_area_is_adaptive_pooling():
    x = np.random.default_rng(0).normal(size=(2, 3, 6, 5))
    np.testing.assert_array_equal(F.interpolate(x, (4, 2), mode="area"), F.adaptive_avg_pool2d(x, (4, 2)))


@pytest.mark.parametrize(
    "options",
    [
        {"size": (7, 3)}, {"size": (4, 6)}, {"scale_factor": (1.5, 0.7), "mode": "nearest-exact"},
        {"scale_factor": 1.7, "mode": "bilinear"}, {"size": (7, 3), "mode": "bilinear", "align_corners": True},
        {"size": (3, 8), "mode": "bicubic"}, {"size": (3, 2), "mode": "bicubic", "antialias": True},
        {"size": (2, 7), "mode": "bilinear", "antialias": True}, {"size": (3, 2), "mode": "area"},
    ],
)  # fmt: skip
def test_gradients_and_constants(options):
    x = np.random.default_rng(0).normal(size=(1, 2, 4, 3))
    gradcheck(lambda x: F.interpolate(x, **options), Tensor(x, requires_grad=True))
    np.testing.assert_allclose(F.interpolate(np.full((1, 1, 4, 3), 2.5), **options), 2.5)
    assert F.interpolate(x.astype(np.float32), **options).dtype == np.float32


def test_antialiasing_takes_everything_into_account():
    x = np.zeros((1, 1, 8, 8))
    x[0, 0, 0, 4] = 64
    assert not F.interpolate(x, 2, mode="bilinear").any()
    smooth = F.interpolate(x, 2, mode="bilinear", antialias=True)
    assert smooth[0, 0, 0].min() > 0


def test_shuffles_are_inverse():
    x = np.random.default_rng(0).normal(size=(2, 8, 3, 4))
    shuffled = nn.PixelShuffle(2)(x)
    assert shuffled.shape == (2, 2, 6, 8)
    assert shuffled[1, 1, 3, 6] == x[1, 4 + 2, 1, 3]
    np.testing.assert_array_equal(nn.PixelUnshuffle(2)(shuffled), x)
    assert nn.ChannelShuffle(2)(np.arange(6).reshape(1, 6, 1))[0, :, 0].tolist() == [0, 3, 1, 4, 2, 5]
    np.testing.assert_array_equal(nn.ChannelShuffle(4)(nn.ChannelShuffle(2)(x)), x)


def test_layers():
    x = np.arange(4.0).reshape(1, 1, 2, 2)
    assert nn.UpsamplingBilinear2d(size=3)(x).tolist() == [[[[0, 0.5, 1], [1, 1.5, 2], [2, 2.5, 3]]]]
    assert nn.UpsamplingNearest2d(scale_factor=2)(x).shape == (1, 1, 4, 4)
    assert repr(nn.Upsample(scale_factor=(2, 3))) == "Upsample(scale_factor=(2.0, 3.0), mode='nearest')"
    assert repr(nn.Upsample(5, mode="bilinear")) == "Upsample(size=5, mode='bilinear')"


ONE, TWO = np.ones((1, 1, 4)), np.ones((1, 1, 4, 4))
BAD = [
    (lambda: F.interpolate(ONE, 3, mode="quadratic"), "expected mode 'nearest' or"),
    (lambda: F.interpolate(ONE, 3, mode="bilinear"), r"spatial axes for 'bilinear', got input \(1, 1, 4\)"),
    (lambda: F.interpolate(ONE), "either size or scale_factor"),
    (lambda: F.interpolate(ONE, 3, 2), "either size or scale_factor"),
    (lambda: F.interpolate(ONE, 3, align_corners=True), "takes no align_corners"),
    (lambda: F.interpolate(ONE, (3, 3)), "one number or 1"),
    (lambda: F.interpolate(ONE, scale_factor=0.1), "size of at least 1"),
    (lambda: F.interpolate(ONE, 3, recompute_scale_factor=True), "needs a scale_factor"),
    (lambda: F.interpolate(ONE, 3, antialias=True), "antialias is for bilinear and bicubic"),
    (lambda: F.pixel_shuffle(TWO, 2), r"pixel_shuffle: expected \(..., C·2², H, W\)"),
    (lambda: F.pixel_unshuffle(TWO, 3), r"pixel_unshuffle: expected \(..., C, H·3, W·3\)"),
    (lambda: F.channel_shuffle(TWO, 2), "channel_shuffle: expected"),
    (lambda: F.grid_sample(TWO, np.ones((1, 2, 2, 3))), r"grid_sample: expected a grid \(1, ..., 2\)"),
    (lambda: F.grid_sample(TWO, np.ones((2, 2, 2, 2))), "grid_sample: expected a grid"),
    (lambda: F.grid_sample(TWO, np.ones((1, 2, 2, 2)), mode="cubic"), "expected mode"),
    (lambda: F.grid_sample(TWO, np.ones((1, 2, 2, 2)), padding_mode="wrap"), "expected padding_mode"),
    (lambda: F.grid_sample(np.ones((1, 1, 2, 2, 2)), np.ones((1, 2, 2, 2, 3)), "bicubic"), "bicubic is for images"),
    (lambda: F.affine_grid(np.ones((1, 2, 2)), (1, 1, 4, 4)), r"affine_grid: expected theta \(1, 2, 3\)"),
]


@pytest.mark.parametrize(("call", "text"), BAD, ids=range(len(BAD)))
def test_errors(call, text):
    with pytest.raises(ValueError, match=text):
        call()


# ---- sampling on a grid ----------------------------------------------------------------------------------------------


def test_the_identity_grid_gives_the_image_back():
    for shape in ((2, 3, 4, 5), (1, 2, 3, 4, 5)):
        x, n = np.random.default_rng(0).normal(size=shape), len(shape) - 2
        theta = np.broadcast_to(np.eye(n, n + 1), (shape[0], n, n + 1))
        for corners in (False, True):
            grid = F.affine_grid(theta, shape, align_corners=corners)
            assert grid.shape == (shape[0], *shape[2:], n)
            np.testing.assert_allclose(F.grid_sample(x, grid, align_corners=corners), x, atol=1e-12)


def test_outside_of_the_image():
    x = np.array([[[[1.0, 2], [3, 4]]]])
    grid = np.array([[[[-5.0, -5], [5, 0], [np.nan, 0]]]])
    assert F.grid_sample(x, grid[:, :, :2], "nearest").tolist() == [[[[0, 0]]]]
    assert F.grid_sample(x * np.inf, grid[:, :, :2], "nearest").tolist() == [[[[0, 0]]]]  # nothing of what is outside
    assert F.grid_sample(x, grid[:, :, :2], padding_mode="border").tolist() == [[[[1, 3]]]]
    reflected = F.grid_sample(x, grid, padding_mode="reflection")[0, 0, 0]
    np.testing.assert_array_equal(reflected, [1, 3, np.nan])


def test_the_nearest_element_does_not_move_with_the_grid():
    grid = Tensor(np.array([[[[0.2, -0.4], [np.inf, 0.0], [5.0, np.nan]]]]), requires_grad=True)
    F.grid_sample(np.ones((1, 1, 2, 2)), grid, "nearest").sum().backward()
    assert grid.grad.tolist() == [[[[0.0, 0.0]] * 3]]


@pytest.mark.parametrize("mode", ["bilinear", "nearest", "bicubic"])
@pytest.mark.parametrize("padding_mode", ["zeros", "border", "reflection"])
@pytest.mark.parametrize("align_corners", [False, True])
def test_gradients_of_sampling(mode, padding_mode, align_corners):
    rng = np.random.default_rng(3)
    x = Tensor(rng.normal(size=(1, 2, 4, 5)), requires_grad=True)
    grid = Tensor(rng.uniform(-1.4, 1.4, size=(1, 2, 3, 2)), requires_grad=True)
    gradcheck(lambda x, grid: F.grid_sample(x, grid, mode, padding_mode, align_corners), x, grid)


def test_former_names():
    x = np.arange(8.0).reshape(1, 2, 2, 2)
    np.testing.assert_array_equal(F.upsample_nearest(x, scale_factor=2), F.interpolate(x, scale_factor=2))
    np.testing.assert_array_equal(
        F.upsample_bilinear(x, (3, 3)), F.interpolate(x, (3, 3), mode="bilinear", align_corners=True)
    )
    np.testing.assert_array_equal(F.upsample(x, (3, 3), mode="area"), F.interpolate(x, (3, 3), mode="area"))


@pytest.mark.parametrize(("mode", "n", "expected"), [
    ("nearest", 1, [0, 0, 1, 2]), ("nearest", 2, [0, 1, 2, 3]), ("nearest", 3, [0, 0, 1, 2]),
    ("linear", 1, [0, 1, 2, 3]), ("bilinear", 2, [0, 1, 2, 3]), ("trilinear", 3, [0, 1, 2, 3]),
])  # fmt: skip
def test_a_factor_that_leaves_the_size(mode, n, expected):
    """PyTorch's kernels differ in whether the factor counts then; as ours do."""
    x = np.arange(4.0).reshape(1, 1, 4, *(1,) * (n - 1))
    result = F.interpolate(x, scale_factor=(1.2, *(1,) * (n - 1)), mode=mode)
    assert result.reshape(-1).tolist() == expected


def test_a_factor_that_leaves_the_size_of_a_smoothed_axis():
    x = np.arange(4.0).reshape(1, 1, 4, 1)
    for mode in ("bilinear", "bicubic"):
        assert F.interpolate(x, scale_factor=(1.2, 1), mode=mode, antialias=True).reshape(-1).tolist() == [0, 1, 2, 3]
    assert F.interpolate(x, scale_factor=(1.2, 1), mode="bicubic").reshape(-1)[-1] < 3
