"""Layer: a module that is a function with its arguments held."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from autograd import Tensor

from .module import Module
from .parameter import empty
from .shared import on_cpu
from .spatial import not_an_array


class Layer(Module):
    """The base of layers whose constructor says what to call their function with.

    function  what is called, with the input and with the settings by name
    shown     the layer's text, a format of the settings; without it all of them are shown

    >>> from nn.functional import elu
    >>> class ELU(Layer, function=elu):
    ...     def __init__(self, alpha=1.0, inplace=False):
    ...         self.hold(locals())
    >>> ELU(0.5), ELU()(np.array([0.0, 2.0]))
    (ELU(alpha=0.5), array([0., 2.]))
    """

    function: ClassVar[Any]
    shown: ClassVar[str | None] = None
    settings: tuple[str, ...] = ()

    def __init_subclass__(cls, **attributes: Any) -> None:
        """What is one for all objects of a class may stand in its first line: `class Tanh(Layer, function=tanh)`."""
        super().__init_subclass__()
        for name, value in attributes.items():
            setattr(cls, name, staticmethod(value) if name == "function" else value)

    def hold(self, arguments: dict[str, Any]) -> None:
        """Begin, with a constructor's `locals()`: its arguments become attributes, and settings of the function.

        `rng` is an attribute only; `device` and `dtype` are neither; `bias`, as an attribute, is the parameter itself.
        """
        Module.__init__(self)
        on_cpu(arguments.get("device"), type(self).__name__)
        arguments = {k: v for k, v in arguments.items() if k not in ("self", "__class__", "device", "dtype")}
        self.settings = tuple(name for name in arguments if name != "rng")
        for name, value in arguments.items():
            if isinstance(value, Tensor | np.ndarray) and "weight" not in name:
                who = type(self).__name__
                raise TypeError(
                    f"{who}: expected a setting as {name}, got a {type(value).__name__}; make the layer first, and "
                    f"call it then: {who}()(input)"
                )
            if name != "bias":
                setattr(self, name, value)

    def make(self, dtype: Any, **shapes: tuple[int, ...] | None) -> None:
        """Register parameters of these shapes, whose values are still to be set; None where there is to be none."""
        for name, shape in shapes.items():
            if shape is not None and not all(isinstance(n, int | np.integer) and n >= 0 for n in shape):
                who = type(self).__name__
                raise ValueError(f"{who}: expected whole numbers as sizes, got {shape} as the shape of its {name}")
            self.register_parameter(name, None if shape is None else empty(shape, dtype))

    def held(self) -> dict[str, Any]:
        """The settings and their present values; None for a parameter that there is not."""
        return {name: getattr(self, name, None) for name in self.settings}

    def forward(self, *inputs: Any) -> Any:
        if inputs and isinstance(inputs[0], tuple):
            raise not_an_array(inputs[0], type(self).__name__)
        return self.function(*inputs, **self.held())

    def extra_repr(self) -> str:
        values = {k: v is not None if k == "bias" else v for k, v in self.held().items()}
        if self.shown is not None:
            return self.shown.format(**values)
        return ", ".join(f"{k}={v}" for k, v in values.items() if k != "inplace" or v)
