"""The vectors of one form, as HIPS autograd has them: arrays, numbers, and containers of these."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import numpy as np

from ..engine.tensor import Tensor
from ..transforms.call import plain
from ..transforms.tree import is_differentiable, leaves, rebuild


class VSpace:
    """The space of vectors like `value`: what is zero in it, how to add and to scale, its basis.

    Its dimension counts real numbers: a complex element has two, and the inner product is real. The operations take
    Tensors too. Raises TypeError for a value that holds anything but arrays and floating or complex numbers.

    Of values of a class of one's own a subclass is the space: it has zeros() and what begins with an underscore,
    `_add`, `_scalar_mul`, `_inner_prod` and `_covector`, and is registered for that class.

    >>> from autograd.core import vspace
    >>> space = vspace((1.0, np.array([2.0, 3.0])))
    >>> space.size, space.ones()
    (3, (np.float64(1.0), array([1., 1.])))
    """

    mappings: ClassVar[dict[type, Callable[[Any], VSpace]]] = {}
    """What makes the space of a value, by the value's type; for a type that is not there it is VSpace."""

    def __init__(self, value: Any) -> None:
        parts = leaves(value)
        wrong = [part for part in parts if not (is_differentiable(part) or isinstance(part, np.ndarray | Tensor))]
        if wrong:
            raise TypeError(f"vspace: expected floating or complex arrays or numbers, got {type(wrong[0]).__name__}")
        arrays = [part._content if isinstance(part, Tensor) else part for part in parts]
        self.parts = [plain(np.zeros_like(array, subok=False)) for array in arrays]
        self.form = rebuild(value, iter(self.parts))

    @classmethod
    def register(cls, value_type: type, vspace_maker: Callable[[Any], VSpace] | None = None) -> None:
        """Have this be the space of values of that type, or what `vspace_maker` makes of one."""
        VSpace.mappings[value_type] = vspace_maker or cls

    def _each(self, function: Callable[..., Any], *values: Any) -> Any:
        """The form with what `function` gives of its parts, and of the parts of the values."""
        columns = [self.parts, *[leaves(value) for value in values]]
        return rebuild(self.form, iter([function(*row) for row in zip(*columns, strict=True)]))

    @property
    def size(self) -> int:
        """How many real numbers a vector has."""
        return sum(part.size * (2 if part.dtype.kind == "c" else 1) for part in self.parts)

    @property
    def iscomplex(self) -> bool:
        return any(part.dtype.kind == "c" for part in self.parts)

    @property
    def shape(self) -> Any:
        """The shape of an array, or those of the arrays in containers."""
        return self._each(lambda part: part.shape)

    @property
    def dtype(self) -> Any:
        return self._each(lambda part: part.dtype)

    def zeros(self) -> Any:
        return self._each(np.copy)

    def ones(self) -> Any:
        """The sum of the basis."""
        return self._each(lambda part: part + part.dtype.type(1 + 1j if part.dtype.kind == "c" else 1))

    def randn(self) -> Any:
        """A vector of normally distributed numbers, by numpy.random's own generator."""

        def draw(part: Any) -> Any:
            real = np.random.randn(*part.shape)
            made = real + 1j * np.random.randn(*part.shape) if part.dtype.kind == "c" else real
            return plain(np.asarray(made, dtype=part.dtype))

        return self._each(draw)

    def standard_basis(self) -> Iterator[Any]:
        """A vector for each real number that a vector has, which is 1 (or the imaginary unit) there and else 0."""
        for k, part in enumerate(self.parts):
            for place in np.ndindex(part.shape):
                for unit in (1, 1j) if part.dtype.kind == "c" else (1,):
                    arrays = [np.zeros_like(other) for other in self.parts]
                    arrays[k][place] = unit
                    yield rebuild(self.form, iter(map(plain, arrays)))

    def add(self, x: Any, y: Any) -> Any:
        return self._add(x, y)

    def mut_add(self, x: Any, y: Any) -> Any:
        """x + y, or y where there is no x yet."""
        return self._mut_add(self.zeros() if x is None else x, y)

    def scalar_mul(self, x: Any, a: Any) -> Any:
        return self._scalar_mul(x, a)

    def inner_prod(self, x: Any, y: Any) -> Any:
        """Re Σ conj(x) y."""
        return self._inner_prod(x, y)

    def covector(self, x: Any) -> Any:
        """The conjugate: what a gradient of the vector looks like."""
        return self._covector(x)

    def _add(self, x: Any, y: Any) -> Any:
        return self._each(lambda part, x, y: x + y, x, y)

    def _mut_add(self, x: Any, y: Any) -> Any:
        return self._add(x, y)

    def _scalar_mul(self, x: Any, a: Any) -> Any:
        return self._each(lambda part, x: x * a, x)

    def _inner_prod(self, x: Any, y: Any) -> Any:
        rows = zip(leaves(x), leaves(y), strict=True)
        return sum(np.real(np.sum(np.conj(x) * y)) for x, y in rows)

    def _covector(self, x: Any) -> Any:
        return self._each(lambda part, x: np.conj(x), x)

    def __eq__(self, other: Any) -> bool:
        return isinstance(other, VSpace) and bool(self._kind() == other._kind())

    def __hash__(self) -> int:
        return hash(repr(self))

    def _kind(self) -> Any:
        return self._each(lambda part: f"{part.dtype}{part.shape}")

    def __repr__(self) -> str:
        return f"VSpace({self._kind()!r})"


class SparseObject:
    """A gradient that is zero but for what `mut_add` adds to a vector of the space `vs`; it gives the sum.

    >>> from autograd.extend import SparseObject, defvjp, primitive, vspace
    >>> first = primitive(lambda x: x[0])
    >>> def into_first(vector, g):
    ...     vector[0] += g
    ...     return vector
    >>> defvjp(first, lambda ans, x: lambda g: SparseObject(vspace(x), lambda vector: into_first(vector, g)))
    >>> grad(first)(np.array([2.0, 3.0]))
    array([1., 0.])
    """

    def __init__(self, vs: VSpace, mut_add: Callable[[Any], Any]) -> None:
        self.vs, self.mut_add = vs, mut_add


def dense(g: Any) -> Any:
    """A gradient as a whole vector."""
    return g.mut_add(g.vs.zeros()) if isinstance(g, SparseObject) else g


class ArrayVSpace(VSpace):
    """The space of arrays, or numbers, like a value."""

    @property
    def ndim(self) -> int:
        ndim: int = self.parts[0].ndim
        return ndim


class ComplexArrayVSpace(ArrayVSpace):
    """The same of complex ones; it has two dimensions for each element."""


def vspace(value: Any) -> VSpace:
    """The space of vectors like `value`. See VSpace."""
    return VSpace.mappings.get(type(value), VSpace)(value)


VSpace.register(np.ndarray, lambda value: (ComplexArrayVSpace if value.dtype.kind == "c" else ArrayVSpace)(value))
for _kind in (float, np.float16, np.float32, np.float64, np.longdouble):
    ArrayVSpace.register(_kind)
for _complex in (complex, np.complex64, np.complex128, np.clongdouble):
    ComplexArrayVSpace.register(_complex)
VSpace.register(Tensor, lambda value: vspace(plain(value._content)))
