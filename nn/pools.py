"""The pooling layers: `pooling`'s functions with their arguments held."""

from __future__ import annotations

from typing import Any

from . import pooling
from .module import Module
from .spatial import per_axis


class _Pool(Module):
    """A function of pooling over `axes` axes, called with those attributes of the layer that `passed` names."""

    axes: int
    function: str
    passed: tuple[str, ...]
    shown: tuple[str, ...]

    def forward(self, input: Any) -> Any:
        function = getattr(pooling, f"{self.function}{self.axes}d")
        return function(input, **{name: getattr(self, name) for name in self.passed})

    def extra_repr(self) -> str:
        return ", ".join(f"{name}={getattr(self, name)}" for name in self.shown)


class _MaxPool(_Pool):
    function = "max_pool"
    passed = ("kernel_size", "stride", "padding", "dilation", "ceil_mode", "return_indices")
    shown = passed[:-1]

    def __init__(
        self, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.dilation = dilation
        self.return_indices = return_indices
        self.ceil_mode = ceil_mode


class MaxPool1d(_MaxPool):
    """The maximum of every window of (N, C, L) or (C, L). See `max_pool1d`."""

    axes = 1


class MaxPool2d(_MaxPool):
    """The maximum of every window of (N, C, H, W) or (C, H, W). See `max_pool2d`.

    >>> import nn
    >>> nn.MaxPool2d(2)(np.arange(16.0).reshape(1, 4, 4))
    array([[[ 5.,  7.],
            [13., 15.]]])
    """

    axes = 2


class MaxPool3d(_MaxPool):
    """The maximum of every window of (N, C, D, H, W) or (C, D, H, W). See `max_pool3d`."""

    axes = 3


class _MaxUnpool(Module):
    axes: int

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0) -> None:
        super().__init__()
        who = type(self).__name__
        self.kernel_size = per_axis(kernel_size, self.axes, who, "kernel_size", 1)
        self.stride = self.kernel_size if stride is None else per_axis(stride, self.axes, who, "stride", 1)
        self.padding = per_axis(padding, self.axes, who, "padding", 0)

    def forward(self, input: Any, indices: Any, output_size: Any = None) -> Any:
        function = getattr(pooling, f"max_unpool{self.axes}d")
        return function(input, indices, self.kernel_size, self.stride, self.padding, output_size)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class MaxUnpool1d(_MaxUnpool):
    """Puts maxima back where MaxPool1d (with return_indices=True) found them, among zeros."""

    axes = 1


class MaxUnpool2d(_MaxUnpool):
    """Puts maxima back where MaxPool2d (with return_indices=True) found them, among zeros."""

    axes = 2


class MaxUnpool3d(_MaxUnpool):
    """Puts maxima back where MaxPool3d (with return_indices=True) found them, among zeros."""

    axes = 3


class AvgPool1d(_Pool):
    """The mean of every window of (N, C, L) or (C, L). See `avg_pool1d`."""

    axes, function = 1, "avg_pool"
    passed = ("kernel_size", "stride", "padding", "ceil_mode", "count_include_pad")
    shown = passed[:3]

    def __init__(
        self, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:  # fmt: skip
        super().__init__()
        self.kernel_size = per_axis(kernel_size, 1, "AvgPool1d", "kernel_size", 1)
        self.stride = self.kernel_size if stride is None else per_axis(stride, 1, "AvgPool1d", "stride", 1)
        self.padding = per_axis(padding, 1, "AvgPool1d", "padding", 0)
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad


class _AvgPool(_Pool):
    function = "avg_pool"
    passed = ("kernel_size", "stride", "padding", "ceil_mode", "count_include_pad", "divisor_override")
    shown = passed[:3]

    def __init__(
        self, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
        count_include_pad: bool = True, divisor_override: int | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad
        self.divisor_override = divisor_override


class AvgPool2d(_AvgPool):
    """The mean of every window of (N, C, H, W) or (C, H, W). See `avg_pool2d`.

    >>> import nn
    >>> nn.AvgPool2d(2, stride=2)(np.array([[[0.0, 1, 2, 4], [5, 6, 6, 8], [3, 2, 1, 0], [1, 2, 3, 4]]]))
    array([[[3., 5.],
            [2., 2.]]])
    """

    axes = 2


class AvgPool3d(_AvgPool):
    """The mean of every window of (N, C, D, H, W) or (C, D, H, W). See `avg_pool3d`."""

    axes = 3


class _LPPool(_Pool):
    function = "lp_pool"
    passed = shown = ("norm_type", "kernel_size", "stride", "ceil_mode")

    def __init__(self, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> None:
        super().__init__()
        self.norm_type = norm_type
        self.kernel_size = kernel_size
        self.stride = stride
        self.ceil_mode = ceil_mode


class LPPool1d(_LPPool):
    """(Σ xᵖ)^(1/p) of every window of (N, C, L) or (C, L)."""

    axes = 1


class LPPool2d(_LPPool):
    """(Σ xᵖ)^(1/p) of every window of (N, C, H, W) or (C, H, W)."""

    axes = 2


class LPPool3d(_LPPool):
    """(Σ xᵖ)^(1/p) of every window of (N, C, D, H, W) or (C, D, H, W)."""

    axes = 3


class _AdaptiveAvgPool(_Pool):
    function = "adaptive_avg_pool"
    passed = shown = ("output_size",)

    def __init__(self, output_size: Any) -> None:
        super().__init__()
        self.output_size = output_size


class AdaptiveAvgPool1d(_AdaptiveAvgPool):
    """The means of as many windows of (N, C, L) or (C, L) as output_size says."""

    axes = 1


class AdaptiveAvgPool2d(_AdaptiveAvgPool):
    """The means of as many windows of (N, C, H, W) or (C, H, W) as output_size says; None keeps an axis.

    >>> import nn
    >>> nn.AdaptiveAvgPool2d(1)(np.arange(12.0).reshape(1, 3, 4))
    array([[[5.5]]])
    """

    axes = 2


class AdaptiveAvgPool3d(_AdaptiveAvgPool):
    """The means of as many windows of (N, C, D, H, W) or (C, D, H, W) as output_size says; None keeps an axis."""

    axes = 3


class _AdaptiveMaxPool(_Pool):
    function = "adaptive_max_pool"
    passed, shown = ("output_size", "return_indices"), ("output_size",)

    def __init__(self, output_size: Any, return_indices: bool = False) -> None:
        super().__init__()
        self.output_size = output_size
        self.return_indices = return_indices


class AdaptiveMaxPool1d(_AdaptiveMaxPool):
    """The maxima of as many windows of (N, C, L) or (C, L) as output_size says."""

    axes = 1


class AdaptiveMaxPool2d(_AdaptiveMaxPool):
    """The maxima of as many windows of (N, C, H, W) or (C, H, W) as output_size says; None keeps an axis."""

    axes = 2


class AdaptiveMaxPool3d(_AdaptiveMaxPool):
    """The maxima of as many windows of (N, C, D, H, W) or (C, D, H, W) as output_size says; None keeps an axis."""

    axes = 3


class _FractionalMaxPool(_Pool):
    function = "fractional_max_pool"
    passed = ("kernel_size", "output_size", "output_ratio", "return_indices", "_random_samples", "rng")
    shown = ()

    def __init__(
        self, kernel_size: Any, output_size: Any = None, output_ratio: Any = None, return_indices: bool = False,
        _random_samples: Any = None, *, rng: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        who, n = type(self).__name__, self.axes
        self.kernel_size = per_axis(kernel_size, n, who, "kernel_size", 1)
        if (output_size is None) == (output_ratio is None):
            raise ValueError(f"{who}: expected either output_size or output_ratio")
        self.output_size = None if output_size is None else per_axis(output_size, n, who, "output_size", 1)
        self.output_ratio = None
        if output_ratio is not None:
            self.output_ratio = output_ratio if isinstance(output_ratio, tuple | list) else (output_ratio,) * n
            pooling.check_ratios(who, self.output_ratio, n)
        self.return_indices = return_indices
        self.register_buffer("_random_samples", _random_samples)
        self.rng = rng


class FractionalMaxPool2d(_FractionalMaxPool):
    """The maxima of windows at random distances, as many as output_size or output_ratio says.

    See `fractional_max_pool2d`. Without `rng` the windows are drawn from the default generator, anew at each call.
    """

    axes = 2


class FractionalMaxPool3d(_FractionalMaxPool):
    """The maxima of windows at random distances, as many as output_size or output_ratio says.

    See `fractional_max_pool3d`. Without `rng` the windows are drawn from the default generator, anew at each call.
    """

    axes = 3
