"""Lazy layers: each takes the number of its features or channels from its first input, and is an ordinary layer then.

Until then its parameters are UninitializedParameters. They stay the same objects, so that an optimizer may have them;
a state_dict may be loaded before the first input, and decides their shapes then.
"""

from __future__ import annotations

from typing import Any, ClassVar

from .conv import Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from .layer import Layer
from .linear import Linear
from .normalization import BatchNorm1d, BatchNorm2d, BatchNorm3d, InstanceNorm1d, InstanceNorm2d, InstanceNorm3d
from .parameter import Uninitialized, UninitializedBuffer, UninitializedParameter, write


class _Lazy(Layer):
    """What the lazy kinds have in common; each names the kind that it becomes as its second base."""

    becomes: ClassVar[Any]
    counted: ClassVar[str] = "in_channels"  # the first argument of that kind, which is still to be found out
    axis: ClassVar[int]  # of the input, which has that length

    def __init_subclass__(cls, **attributes: Any) -> None:
        super().__init_subclass__(**attributes)
        cls.becomes = cls.__bases__[-1]

    def wait(self, arguments: dict[str, Any]) -> None:
        """Begin, with a constructor's `locals()`, as a layer of no channels."""
        arguments = {k: v for k, v in arguments.items() if k not in ("self", "__class__")}
        self.becomes.__init__(self, 0, **arguments)
        self._arguments = arguments
        for name, parameter in self._parameters.items():
            if parameter is not None:
                self._parameters[name] = UninitializedParameter(dtype=parameter.dtype)
        for name, buffer in self._buffers.items():
            if buffer is not None and not buffer.size:
                self._buffers[name] = UninitializedBuffer(dtype=buffer.dtype)

    def __call__(self, input: Any, *args: Any, **kwargs: Any) -> Any:
        self.settle(input.shape[self.axis])
        return self(input, *args, **kwargs)

    def settle(self, length: int) -> None:
        """Become the ordinary layer for that many channels; what was loaded before stays."""
        made = self.becomes(length, **self._arguments)
        for own, new in ((self._parameters, made._parameters), (self._buffers, made._buffers)):
            for name, tensor in own.items():
                if isinstance(tensor, Uninitialized):
                    tensor.materialize(new[name].shape)
                    write(tensor, new[name].data)
        del self._arguments
        setattr(self, self.counted, length)
        self.__class__ = self.becomes


class LazyLinear(_Lazy, Linear, counted="in_features", axis=-1):
    """A Linear whose in_features is the length of its first input's last axis.

    >>> import nn
    >>> layer = nn.LazyLinear(2)
    >>> layer(np.ones((5, 3), np.float32)).shape, layer
    ((5, 2), Linear(in_features=3, out_features=2, bias=True))
    """

    def __init__(
        self, out_features: int, bias: bool = True, *, device: Any = None, dtype: Any = None, rng: Any = None
    ) -> None:
        self.wait(locals())


class _LazyConv(_Lazy):
    def __init__(
        self, out_channels: int, kernel_size: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1,
        groups: int = 1, bias: bool = True, padding_mode: str = "zeros", *, device: Any = None, dtype: Any = None,
        rng: Any = None,
    ) -> None:  # fmt: skip
        self.wait(locals())


class LazyConv1d(_LazyConv, Conv1d, axis=-2):
    """A Conv1d whose in_channels is that of its first input."""


class LazyConv2d(_LazyConv, Conv2d, axis=-3):
    """A Conv2d whose in_channels is that of its first input."""


class LazyConv3d(_LazyConv, Conv3d, axis=-4):
    """A Conv3d whose in_channels is that of its first input."""


class _LazyConvTranspose(_Lazy):
    def __init__(
        self, out_channels: int, kernel_size: Any, stride: Any = 1, padding: Any = 0, output_padding: Any = 0,
        groups: int = 1, bias: bool = True, dilation: Any = 1, padding_mode: str = "zeros", *, device: Any = None,
        dtype: Any = None, rng: Any = None,
    ) -> None:  # fmt: skip
        self.wait(locals())


class LazyConvTranspose1d(_LazyConvTranspose, ConvTranspose1d, axis=-2):
    """A ConvTranspose1d whose in_channels is that of its first input."""


class LazyConvTranspose2d(_LazyConvTranspose, ConvTranspose2d, axis=-3):
    """A ConvTranspose2d whose in_channels is that of its first input."""


class LazyConvTranspose3d(_LazyConvTranspose, ConvTranspose3d, axis=-4):
    """A ConvTranspose3d whose in_channels is that of its first input."""


class _LazyNorm(_Lazy, counted="num_features", axis=1):
    def __init__(
        self, eps: float = 1e-5, momentum: float | None = 0.1, affine: bool = True, track_running_stats: bool = True, *,
        bias: bool = True, device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        self.wait(locals())


class LazyBatchNorm1d(_LazyNorm, BatchNorm1d):
    """A BatchNorm1d whose num_features is the number of its first input's channels."""


class LazyBatchNorm2d(_LazyNorm, BatchNorm2d):
    """A BatchNorm2d whose num_features is the number of its first input's channels."""


class LazyBatchNorm3d(_LazyNorm, BatchNorm3d):
    """A BatchNorm3d whose num_features is the number of its first input's channels."""


class LazyInstanceNorm1d(_LazyNorm, InstanceNorm1d, axis=-2):
    """An InstanceNorm1d whose num_features is the number of its first input's channels.

    As in PyTorch, it is affine and tracks statistics unless told otherwise; InstanceNorm1d itself does neither.
    """


class LazyInstanceNorm2d(_LazyNorm, InstanceNorm2d, axis=-3):
    """An InstanceNorm2d whose num_features is the number of its first input's channels; defaults as in 1d."""


class LazyInstanceNorm3d(_LazyNorm, InstanceNorm3d, axis=-4):
    """An InstanceNorm3d whose num_features is the number of its first input's channels; defaults as in 1d."""
