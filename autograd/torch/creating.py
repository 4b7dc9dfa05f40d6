"""Tensors made of numbers, of nothing, and of random numbers; dtypes changed."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import autograd as ag

from ..engine.tensor import Tensor as Base
from ..engine.tensor import holds_tensor, unwrap, wrap
from ..random import generator as rng_for
from . import dtypes
from .boundary import below
from .dtypes import check_device, default, plain
from .shaping import many
from .tensors import FUNCTIONS, cast, itself, offer, values


def made(function: Any) -> Any:
    """A maker of arrays, which takes requires_grad=."""

    def call(*args: Any, requires_grad: bool = False, **options: Any) -> Any:
        found = function(*args, **options)
        tensor = found if isinstance(found, Base) else wrap(np.asarray(found))
        return tensor.requires_grad_() if requires_grad else tensor

    return below(call)


def _array(data: Any, dtype: Any = None) -> Any:
    """Numbers as an array: floats of Python in the default dtype."""
    tensors, first = isinstance(data, Base) or holds_tensor(data), data
    while isinstance(first, list | tuple) and first:
        first = first[0]
    made = np.array(unwrap(data) if tensors else data, dtype)
    if dtype is None and not tensors and not hasattr(first, "dtype") and made.dtype.kind in "fc":
        made = made.astype(default() if made.dtype.kind == "f" else np.result_type(default(), np.complex64))
    return made


def _as_tensor(data: Any, dtype: Any = None) -> Any:
    """The tensor itself, or one that shares an array's memory."""
    if isinstance(data, Base):
        return cast(data, dtype)
    return data if isinstance(data, np.ndarray) and dtype in (None, data.dtype) else _array(data, dtype)


def _filled(value: Any) -> Any:
    return lambda *size, dtype=None, **named: np.full(many(size, named), value, dtype or default())


def _full(size: Any, fill_value: Any, *, dtype: Any = None) -> Any:
    value = fill_value.item() if hasattr(fill_value, "item") else fill_value
    return np.full(many((size,)), value, dtype or _array(value).dtype)


def _like(function: Any) -> Any:
    return lambda input, *args, dtype=None: function(tuple(input.shape), *args, dtype=dtype or input.dtype)


def _arange(start: Any = 0, end: Any = None, step: Any = 1, *, dtype: Any = None) -> Any:
    start, end = (0, start) if end is None else (start, end)
    start, end, step = (v.item() if hasattr(v, "item") else v for v in (start, end, step))
    kind = dtype or (default() if any(isinstance(b, float) for b in (start, end, step)) else np.int64)
    return (start + np.arange(max(math.ceil((end - start) / step), 0)) * step).astype(kind)


def _linspace(start: Any, end: Any, steps: int, *, dtype: Any = None) -> Any:
    return np.linspace(values(start), values(end), steps).astype(dtype or default())


def _draw(method: str) -> Any:
    def call(*size: Any, dtype: Any = None, rng: Any = None, **named: Any) -> Any:
        kind: Any = np.dtype(dtype or default())
        if kind.kind == "c":
            real, imag = call((2, *many(size, named)), dtype=np.empty(0, kind).real.dtype, rng=rng)
            return (real + 1j * imag) / (math.sqrt(2) if method == "standard_normal" else 1)
        drawn = getattr(rng_for(rng), method)(many(size, named), dtype=kind if kind.itemsize > 2 else np.float32)
        return np.asarray(drawn, kind)

    return call


_rand, _randn = _draw("random"), _draw("standard_normal")


def _randint(*args: Any, dtype: Any = None, rng: Any = None, low: int = 0, high: Any = None, size: Any = None) -> Any:
    *bounds, shape = args if size is None else (*args, size)
    low, high = [low, *bounds, *([] if high is None else [high])][-2:]
    return rng_for(rng).integers(low, high, tuple(shape)).astype(dtype or np.int64)


def _normal(mean: Any = 0.0, std: Any = 1.0, size: Any = None, *, dtype: Any = None, rng: Any = None) -> Any:
    shape = np.broadcast_shapes(np.shape(mean), np.shape(std)) if size is None else tuple(size)
    return _randn(shape, dtype=dtype or getattr(mean, "dtype", getattr(std, "dtype", None)), rng=rng) * std + mean


def _multinomial(input: Any, num_samples: int, replacement: bool = False, *, rng: Any = None) -> Any:
    draw, rows = rng_for(rng), values(input).astype(np.float64).reshape(-1, input.shape[-1])
    picked = [draw.choice(len(row), num_samples, replacement, row / row.sum()) for row in rows]
    return np.reshape(picked, (*input.shape[:-1], num_samples)).astype(np.int64)


def _bernoulli(input: Any, p: Any = None, *, rng: Any = None) -> Any:
    return (rng_for(rng).random(input.shape) < values(input if p is None else p)).astype(input.dtype)


def _triangle(of: Any) -> Any:
    return lambda row, col, offset=0, *, dtype=np.int64: np.stack(of(row, offset, col)).astype(dtype)


def _seeded(seed: Any = None) -> Any:
    """The generator of all random numbers, seeded; without a seed by chance."""
    seed = np.random.SeedSequence().entropy % 2**64 if seed is None else int(seed)  # type: ignore[operator]
    default_generator.rng, default_generator.given = ag.manual_seed(seed), seed
    return default_generator


default_generator = dtypes.Generator()
_zeros: Any = lambda size, *, dtype: np.zeros(size, dtype)
offer({
    "tensor scalar_tensor": _array, "as_tensor asarray": _as_tensor, "from_numpy": lambda ndarray: ndarray,
    "full": _full, "zeros empty": _filled(0), "ones": _filled(1), "arange": _arange, "linspace": _linspace,
    "range": lambda start, end, step=1, *, dtype=None: _arange(start, end + step, step, dtype=dtype or default()),
    "rand": _rand, "randn": _randn, "normal": _normal, "multinomial": _multinomial, "bernoulli": _bernoulli,
    "logspace": lambda start, end, steps, base=10.0, *, dtype=None: np.power(
        base, _linspace(start, end, steps, dtype=np.float64)).astype(dtype or default()), "randint": _randint,
    "eye": lambda n, m=None, *, dtype=None: np.eye(n, m, dtype=dtype or default()), "full_like": _like(_full),
    "zeros_like empty_like": _like(_zeros), "ones_like": _like(lambda size, *, dtype: np.ones(size, dtype)),
    "rand_like": _like(_rand), "randn_like": _like(_randn),
    "randint_like": lambda input, *bounds, dtype=None, **options: _randint(
        *bounds, input.shape, dtype=dtype or input.dtype, **options),
    "randperm": lambda n, *, dtype=None, rng=None: rng_for(rng).permutation(np.arange(n)).astype(dtype or np.int64),
    "binomial": lambda count, prob, rng=None: np.asarray(
        rng_for(rng).binomial(values(count).astype(int), values(prob))).astype(count.dtype),
    "poisson": lambda input, rng=None: np.asarray(rng_for(rng).poisson(input)).astype(input.dtype),
    "tril_indices": _triangle(np.tril_indices), "triu_indices": _triangle(np.triu_indices),
    "empty_strided empty_permuted": lambda size, order, *, dtype=None: _zeros(tuple(size), dtype=dtype or default()),
    "vander": lambda x, N=None, increasing=False: np.vander(x, N, increasing),
}, method=False, direct=made)  # fmt: skip
FUNCTIONS |= {
    "manual_seed": lambda seed: _seeded(seed), "seed": lambda: _seeded().given,
    "initial_seed": lambda: default_generator.given,
}  # fmt: skip
offer({
    "is_floating_point": lambda input: input.dtype.kind == "f", "is_complex": lambda input: input.dtype.kind == "c",
    "is_signed": lambda input: input.dtype.kind in "ifc", "is_nonzero": lambda input: bool(input.item()),
    "is_same_size": lambda input, other: input.shape == other.shape,
})  # fmt: skip


def _new(name: str) -> Any:
    make: Any = FUNCTIONS[name]
    return lambda self, *args, dtype=None, **options: make(*args, dtype=dtype or self.dtype, **options)


def _put(find: Any) -> Any:
    """What writes into the tensor what this finds."""

    def call(self: Any, *args: Any, **options: Any) -> Any:
        self[...] = find(self, *args, **options)
        return self

    return call


def _random(draw: Any) -> Any:
    return _put(lambda self, *args, rng=None, **options: draw(rng_for(rng), self.shape, *args, **options))


def _to(self: Any, *args: Any, dtype: Any = None, copy: bool = False, **options: Any) -> Any:
    for value in args:
        if isinstance(value, Base | dtypes.dtype):
            dtype = value.dtype
        elif not isinstance(value, bool):
            check_device(value)
    made = cast(self, dtype)
    return made.copy() if copy and made is self else made


_changed = below(_to, theirs=Base.to)  # type: ignore[attr-defined]


def _to_itself(self: Any, *args: Any, **options: Any) -> Any:
    """`to`, which asks nobody else where a device alone is given."""
    if len(args) == 1 and not options and args[0].__class__ in (str, dtypes.device):
        check_device(args[0])
        return self
    return _changed(self, *args, **options)


def _type(self: Any, dtype: Any = None) -> Any:
    if dtype is None:
        return f"torch.{_LEGACY[self.dtype.name]}Tensor"
    if isinstance(dtype, str):
        dtype = next(name for name, legacy in _LEGACY.items() if dtype.endswith(f"{legacy}Tensor"))
    return cast(self, np.dtype(plain(dtype)))


def _as(kind: Any) -> Any:
    kind, change = np.dtype(kind), below(cast)
    return lambda self, memory_format=None: self if self._content.dtype is kind else change(self, kind)


def _offset(self: Any) -> int:
    array = memory = self.data
    while isinstance(memory.base, np.ndarray):
        memory = memory.base
    return int(array.ctypes.data - memory.ctypes.data) // int(array.itemsize)


def _resized(self: Any, *size: Any) -> Any:
    self.data = np.resize(self.data, many(size))
    return self


def _detach(self: Any) -> Any:
    self._node = None
    return self


class _Legacy(type):
    """The classes that tensors had by their dtypes: torch.FloatTensor and its kin."""

    dtype: Any

    def __call__(cls, *data: Any) -> Any:
        sized = len(data) != 1 or isinstance(data[0], int)
        return FUNCTIONS["zeros"](data, dtype=cls.dtype) if sized else FUNCTIONS["tensor"](data[0], dtype=cls.dtype)

    def __instancecheck__(cls, value: Any) -> bool:
        return isinstance(value, Base) and value._content.dtype == cls.dtype


_LEGACY = {
    "float32": "Float", "float64": "Double", "float16": "Half", "int64": "Long", "int32": "Int", "int16": "Short",
    "int8": "Char", "uint8": "Byte", "bool": "Bool",
}  # fmt: skip
for _name, _legacy in _LEGACY.items():
    FUNCTIONS[f"{_legacy}Tensor"] = _Legacy(f"{_legacy}Tensor", (), {"dtype": np.dtype(_name)})
offer({
    **{f"new_{name}": _new(name) for name in ("zeros", "ones", "full", "empty", "tensor", "empty_strided")},
    "multinomial": _multinomial, "bernoulli": _bernoulli, "type": _type, "detach_": _detach, "storage_offset": _offset,
    "type_as": lambda self, other: cast(self, other.dtype), "get_device": lambda self: -1,
    "element_size": lambda self: self.itemsize, "is_contiguous": lambda self: bool(self.data.flags.c_contiguous),
    "stride": lambda self: tuple(n // self.itemsize for n in self.data.strides),
    "share_memory_ pin_memory": lambda self: self, "data_ptr": lambda self: self.data.ctypes.data,
    "is_shared is_pinned is_inference is_conj is_neg": lambda self: False,
    "resize_": _resized, "resize_as_": lambda self, other: _resized(self, *other.shape),
    "new": lambda self, *data: np.zeros(data, self.dtype) if all(isinstance(n, int) for n in data) else _array(
        data[0], self.dtype),
    "apply_": _put(lambda self, callable: np.reshape([callable(v) for v in values(self).ravel().tolist()], self.shape)),
    "normal_": _random(lambda rng, size, mean=0.0, std=1.0: rng.normal(mean, std, size)),
    "uniform_": _random(lambda rng, size, a=0.0, b=1.0, **ends: rng.uniform(
        ends.get("from", a), ends.get("to", b), size)),
    "random_": _random(lambda rng, size, low=2**24, high=None: rng.integers(
        *((0, low) if high is None else (low, high)), size)),
    "exponential_": _random(lambda rng, size, lambd=1.0: rng.exponential(1 / lambd, size)),
    "bernoulli_": _random(lambda rng, size, p=0.5: rng.random(size) < p),
    "cauchy_": _random(lambda rng, size, median=0.0, sigma=1.0: median + sigma * rng.standard_cauchy(size)),
    "log_normal_": _random(lambda rng, size, mean=1.0, std=2.0: rng.lognormal(mean, std, size)),
    "geometric_": _random(lambda rng, size, p: rng.geometric(p, size)),
}, function=False, narrow=False)  # fmt: skip
offer({
    **{name: _as(known.dtype) for name, known in dtypes.DTYPES.items() if name != "bfloat16"},
    "byte": _as(np.uint8), "char": _as(np.int8), "to": _to_itself,
}, function=False, direct=itself)  # fmt: skip
