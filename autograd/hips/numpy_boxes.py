"""ArrayBox, for code that asks whether a value is tracked, and looks at its `_value`: here that is a Tensor."""

from ..engine.tensor import Tensor
from ..transforms.call import plain

ArrayBox = Tensor
Tensor._value = property(lambda self: plain(self._content))  # type: ignore[attr-defined]
