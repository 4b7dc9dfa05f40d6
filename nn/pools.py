"""The pooling layers: `pooling`'s functions with their arguments held."""

from __future__ import annotations

from typing import Any

from . import pooling
from .layer import Layer
from .pooling import arguments_of, fractions_of


class _Pool(Layer):
    axes: int
    kernel_size: Any
    stride: Any
    padding: Any

    def per_axis(self) -> None:
        """Hold window, stride and padding as one number for each axis; without a stride, it is the window."""
        given = self.kernel_size, self.stride, self.padding
        self.kernel_size, self.stride, self.padding, _ = arguments_of(self.axes, type(self).__name__, *given)


_WINDOWS = "kernel_size={kernel_size}, stride={stride}, padding={padding}"


class _MaxPool(Layer, shown=_WINDOWS + ", dilation={dilation}, ceil_mode={ceil_mode}"):
    def __init__(
        self, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:  # fmt: skip
        stride = kernel_size if stride is None else stride
        self.hold(locals())


class MaxPool1d(_MaxPool, function=pooling.max_pool1d):
    """The maximum of every window of (N, C, L) or (C, L). See `max_pool1d`."""


class MaxPool2d(_MaxPool, function=pooling.max_pool2d):
    """The maximum of every window of (N, C, H, W) or (C, H, W). See `max_pool2d`.

    >>> import nn
    >>> nn.MaxPool2d(2)(np.arange(16.0).reshape(1, 4, 4))
    array([[[ 5.,  7.],
            [13., 15.]]])
    """


class MaxPool3d(_MaxPool, function=pooling.max_pool3d):
    """The maximum of every window of (N, C, D, H, W) or (C, D, H, W). See `max_pool3d`."""


class _MaxUnpool(_Pool):
    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0) -> None:
        self.hold(locals())
        self.per_axis()

    def forward(self, input: Any, indices: Any, output_size: Any = None) -> Any:
        return self.function(input, indices, **self.held(), output_size=output_size)


class MaxUnpool1d(_MaxUnpool, axes=1, function=pooling.max_unpool1d):
    """Puts maxima back where MaxPool1d (with return_indices=True) found them, among zeros."""


class MaxUnpool2d(_MaxUnpool, axes=2, function=pooling.max_unpool2d):
    """Puts maxima back where MaxPool2d (with return_indices=True) found them, among zeros."""


class MaxUnpool3d(_MaxUnpool, axes=3, function=pooling.max_unpool3d):
    """Puts maxima back where MaxPool3d (with return_indices=True) found them, among zeros."""


class AvgPool1d(_Pool, axes=1, function=pooling.avg_pool1d, shown=_WINDOWS):
    """The mean of every window of (N, C, L) or (C, L). See `avg_pool1d`."""

    def __init__(
        self, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:  # fmt: skip
        self.hold(locals())
        self.per_axis()


class _AvgPool(Layer, shown=_WINDOWS):
    def __init__(
        self, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
        count_include_pad: bool = True, divisor_override: int | None = None,
    ) -> None:  # fmt: skip
        stride = kernel_size if stride is None else stride
        self.hold(locals())


class AvgPool2d(_AvgPool, function=pooling.avg_pool2d):
    """The mean of every window of (N, C, H, W) or (C, H, W). See `avg_pool2d`.

    >>> import nn
    >>> nn.AvgPool2d(2, stride=2)(np.array([[[0.0, 1, 2, 4], [5, 6, 6, 8], [3, 2, 1, 0], [1, 2, 3, 4]]]))
    array([[[3., 5.],
            [2., 2.]]])
    """


class AvgPool3d(_AvgPool, function=pooling.avg_pool3d):
    """The mean of every window of (N, C, D, H, W) or (C, D, H, W). See `avg_pool3d`."""


class _LPPool(Layer):
    def __init__(self, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> None:
        self.hold(locals())


class LPPool1d(_LPPool, function=pooling.lp_pool1d):
    """(Σ xᵖ)^(1/p) of every window of (N, C, L) or (C, L)."""


class LPPool2d(_LPPool, function=pooling.lp_pool2d):
    """(Σ xᵖ)^(1/p) of every window of (N, C, H, W) or (C, H, W)."""


class LPPool3d(_LPPool, function=pooling.lp_pool3d):
    """(Σ xᵖ)^(1/p) of every window of (N, C, D, H, W) or (C, D, H, W)."""


class _AdaptiveAvgPool(Layer):
    def __init__(self, output_size: Any) -> None:
        self.hold(locals())


class AdaptiveAvgPool1d(_AdaptiveAvgPool, function=pooling.adaptive_avg_pool1d):
    """The means of as many windows of (N, C, L) or (C, L) as output_size says."""


class AdaptiveAvgPool2d(_AdaptiveAvgPool, function=pooling.adaptive_avg_pool2d):
    """The means of as many windows of (N, C, H, W) or (C, H, W) as output_size says; None keeps an axis.

    >>> import nn
    >>> nn.AdaptiveAvgPool2d(1)(np.arange(12.0).reshape(1, 3, 4))
    array([[[5.5]]])
    """


class AdaptiveAvgPool3d(_AdaptiveAvgPool, function=pooling.adaptive_avg_pool3d):
    """The means of as many windows of (N, C, D, H, W) or (C, D, H, W) as output_size says; None keeps an axis."""


class _AdaptiveMaxPool(Layer, shown="output_size={output_size}"):
    def __init__(self, output_size: Any, return_indices: bool = False) -> None:
        self.hold(locals())


class AdaptiveMaxPool1d(_AdaptiveMaxPool, function=pooling.adaptive_max_pool1d):
    """The maxima of as many windows of (N, C, L) or (C, L) as output_size says."""


class AdaptiveMaxPool2d(_AdaptiveMaxPool, function=pooling.adaptive_max_pool2d):
    """The maxima of as many windows of (N, C, H, W) or (C, H, W) as output_size says; None keeps an axis."""


class AdaptiveMaxPool3d(_AdaptiveMaxPool, function=pooling.adaptive_max_pool3d):
    """The maxima of as many windows of (N, C, D, H, W) or (C, D, H, W) as output_size says; None keeps an axis."""


class _FractionalMaxPool(Layer, shown=""):
    axes: int

    def __init__(
        self, kernel_size: Any, output_size: Any = None, output_ratio: Any = None, return_indices: bool = False,
        _random_samples: Any = None, *, rng: Any = None,
    ) -> None:  # fmt: skip
        kernel_size, output_size, output_ratio = fractions_of(
            self.axes, type(self).__name__, kernel_size, output_size, output_ratio
        )
        self.hold({k: v for k, v in locals().items() if k != "_random_samples"})
        self.register_buffer("_random_samples", _random_samples)

    def forward(self, input: Any) -> Any:
        return self.function(input, **self.held(), _random_samples=self._random_samples, rng=self.rng)


class FractionalMaxPool2d(_FractionalMaxPool, axes=2, function=pooling.fractional_max_pool2d):
    """The maxima of windows at random distances, as many as output_size or output_ratio says.

    See `fractional_max_pool2d`. Without `rng` the windows are drawn from the default generator, anew at each call.
    """


class FractionalMaxPool3d(_FractionalMaxPool, axes=3, function=pooling.fractional_max_pool3d):
    """The maxima of windows at random distances, along three axes; see FractionalMaxPool2d."""
