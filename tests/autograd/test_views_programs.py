"""Random programs of views, assignments and changes in place: values as NumPy's, gradients as a naive engine's.

The naive engine holds of every array its tangent in one more array and does to that, view by view and write by write,
what NumPy does to the first: so its tangents are right whatever shares memory with what. Of a program the product of
its gradient with the direction is to be the tangents' product with the seeds.
"""

from __future__ import annotations

import operator
import random
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest

from autograd import Tensor, no_grad

pytest.importorskip("hypothesis")

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

# ---- the naive engine ------------------------------------------------------------------------------------------------


class Dual:
    """An array and its tangent, which share memory with others alike."""

    recording = True
    dtype = property(lambda self: self.value.dtype)

    def __init__(self, value: Any, tangent: Any) -> None:
        self.value, self.tangent = np.asarray(value), np.asarray(tangent)

    def __add__(self, other: Any) -> Dual:
        other = dual(other)
        return result(self.value + other.value, self.tangent + other.tangent)

    def __sub__(self, other: Any) -> Dual:
        other = dual(other)
        return result(self.value - other.value, self.tangent - other.tangent)

    def __mul__(self, other: Any) -> Dual:
        other = dual(other)
        return result(self.value * other.value, self.value * other.tangent + self.tangent * other.value)


def dual(value: Any) -> Dual:
    return value if isinstance(value, Dual) else Dual(value, np.zeros_like(value))


def result(value: Any, tangent: Any) -> Dual:
    return Dual(value, np.broadcast_to(tangent, np.shape(value)) * (1.0 if Dual.recording else 0.0))


def tanh(a: Any) -> Any:
    if isinstance(a, Tensor):
        return np.tanh(a)
    return result(np.tanh(a.value), (1 - np.tanh(a.value) ** 2) * a.tangent)


def view(function: Callable[[Any], Any], a: Any) -> Any:
    return function(a) if isinstance(a, Tensor) else Dual(function(a.value), function(a.tangent))


def write(function: Callable[..., None], a: Any, value: Any) -> None:
    """function(a, value), which writes into a, and is linear."""
    if isinstance(a, Tensor):
        return function(a, value)
    value = dual(value)
    function(a.value, value.value)
    if Dual.recording:
        function(a.tangent, value.tangent)
    return None


def augment(function: Callable[..., Any], plain: Callable[..., Any], a: Any, value: Any) -> None:
    """`a += value`, and its kin."""
    if isinstance(a, Tensor):
        function(a, value)
        return
    tangent = plain(a, value).tangent
    function(a.value, dual(value).value)
    if Dual.recording:
        a.tangent[...] = tangent


def into(ufunc: Any, plain: Callable[..., Any], a: Any, b: Any, out: Any, where: Any) -> None:
    """ufunc(a, b, out=out, where=where)."""
    if isinstance(out, Tensor):
        ufunc(a, b, out=out, where=where)
        return
    tangent = plain(a, b).tangent
    ufunc(a.value, dual(b).value, out=out.value, where=where)
    if Dual.recording:
        np.copyto(out.tangent, np.broadcast_to(tangent, out.value.shape), where=where)


# ---- programs --------------------------------------------------------------------------------------------------------


def _basic(rng: random.Random, shape: tuple[int, ...]) -> Any:
    parts: list[Any] = []
    for n in shape:
        kind = rng.randrange(6)
        if kind == 0 and n:
            parts.append(rng.randrange(-n, n))
        elif kind < 4:
            parts.append(
                slice(rng.choice([None, 0, 1, -2]), rng.choice([None, n, -1, 2]), rng.choice([None, 1, 2, -1]))
            )
        elif kind == 4:
            parts.append(slice(None))
        else:
            break
    if rng.randrange(4) == 0:
        parts.insert(rng.randrange(len(parts) + 1), None)
    if rng.randrange(3) == 0:
        parts.insert(rng.choice([0, len(parts)]), ...) if len(parts) < len(shape) or rng.randrange(2) else None
    return parts[0] if len(parts) == 1 and rng.randrange(2) else tuple(parts)


def _index(rng: random.Random, shape: tuple[int, ...]) -> Any:
    kind = rng.randrange(8)
    if kind < 4 or not shape:
        return _basic(rng, shape)
    if kind == 4:
        return ...
    chance = np.random.default_rng(rng.randrange(1000))
    if kind == 5:
        return chance.random(shape) < 0.4
    places = [chance.integers(-n, n, 3) if n else np.empty(0, int) for n in shape]
    return places[0] if kind == 6 else tuple(places)


def _views(rng: random.Random, shape: tuple[int, ...]) -> Callable[[Any], Any]:
    n = len(shape)
    order = rng.sample(range(n), n)
    found: list[Callable[[Any], Any]] = [
        lambda a: a.T,
        lambda a: a.reshape(-1),
        lambda a: np.ravel(a),
        lambda a: a[...],
        lambda a: np.squeeze(a),
        lambda a: a.transpose(order),
        lambda a: np.flip(a),
        lambda a: np.expand_dims(a, 0),
        lambda a: a.real,
        lambda a: a.reshape((*shape, 1)),
        lambda a: np.broadcast_to(a, (2, *shape)),
        lambda a: np.atleast_2d(a),
    ]
    if n > 1:
        found += [
            lambda a: np.diagonal(a),
            lambda a: np.swapaxes(a, 0, -1),
            lambda a: np.rot90(a),
            lambda a: np.moveaxis(a, 0, -1),
            lambda a: a.reshape(shape[0], -1),
            lambda a: np.array_split(a, 2)[-1],
            lambda a: a.ravel("K"),
            lambda a: a.ravel("F"),
        ]
    index = _basic(rng, shape)
    return rng.choice([*found, *[lambda a: a[index]] * len(found)])


def _writers(rng: random.Random, shape: tuple[int, ...]) -> list[Callable[[Any, Any], None]]:
    """What writes a value of one element."""
    size = int(np.prod(shape))
    place = rng.randrange(size)
    mask = np.random.default_rng(rng.randrange(99)).permutation(np.arange(size) < (size + 1) // 2).reshape(shape)

    def flat(a: Any, v: Any) -> None:
        a.flat[[place]] = v

    found: list[Callable[[Any, Any], None]] = [
        lambda a, v: np.copyto(a, v), lambda a, v: np.copyto(a, v, where=mask), flat, lambda a, v: a.fill(v),
        lambda a, v: np.put(a, [place, 0], v), lambda a, v: np.putmask(a, mask, v),
    ]  # fmt: skip
    if len(shape) == 2:
        found.append(lambda a, v: np.fill_diagonal(a, v))
    return found


AUGMENTED = [
    (operator.iadd, operator.add), (operator.isub, operator.sub), (operator.imul, operator.mul)
]  # fmt: skip
UFUNCS = [(np.add, operator.add), (np.subtract, operator.sub), (np.multiply, operator.mul)]


def _value(rng: random.Random, alive: list[Any], shape: tuple[int, ...]) -> Any:
    """Something to assign to what has this shape: a number, an array, or computed from what is there."""
    kind = rng.randrange(7)
    if kind == 0:
        return rng.randrange(-3, 4) / 4
    some = rng.choice(alive)
    if kind == 1:
        return np.random.default_rng(rng.randrange(99)).normal(size=shape)
    if kind < 4:
        fitting = [a for a in alive if _shape(a) == shape]
        some = rng.choice(fitting) if fitting else some
        return some if kind == 2 else tanh(some)
    if kind == 4:
        return some * 0.5 + 0.25
    one = view(lambda a: a.reshape(-1)[:1], some)
    return one if kind == 5 else one * one


def _shape(a: Any) -> tuple[int, ...]:
    return np.shape(a.value) if isinstance(a, Dual) else np.shape(a)


def step(seed: int, alive: list[Any]) -> None:
    """One statement, told by a number and the shapes of what is there."""
    rng = random.Random(seed)
    kind = rng.randrange(16)
    at = rng.randrange(len(alive))
    a = alive[at]
    shape = _shape(a)
    if kind < 4:
        alive.append(view(_views(rng, shape), a))
    elif kind < 7:
        index = _index(rng, shape)
        part = np.empty(shape)[index].shape
        value = _value(rng, alive, part)
        with _island(rng):
            write(lambda a, v: a.__setitem__(index, v), a, value)
    elif kind < 8 and 0 not in shape:
        writer = rng.choice(_writers(rng, shape))
        value = _value(rng, alive, ())
        write(writer, a, value if 0 not in _shape(value) else 0.5)
    elif 8 <= kind < 10:
        inplace, plain = rng.choice(AUGMENTED)
        value = _value(rng, alive, shape)
        with _island(rng):
            augment(inplace, plain, a, value)
    elif 10 <= kind < 12:
        _item(rng, alive, a, shape)
    elif 12 <= kind < 14:
        ufunc, plain = rng.choice(UFUNCS)
        b = _value(rng, alive, shape)
        outs = [c for c in alive if _shape(c) == shape] if rng.randrange(8) else alive
        outs = [c for c in outs if c.dtype == a.dtype] or [a]  # NumPy errs with where= and an out= of another
        where = rng.choice([True, True, np.random.default_rng(seed).random(shape) < 0.5])
        into(ufunc, plain, a, b, rng.choice(outs), where)
    elif kind == 14:
        alive.append(tanh(a) if rng.randrange(2) else a * a)
    elif kind > 14 and len(alive) > 1:
        del alive[at]


def _item(rng: random.Random, alive: list[Any], a: Any, shape: tuple[int, ...]) -> None:
    """`a[index] += value`, and the same without the assignment that ends it."""
    index = _index(rng, shape)
    inplace, plain = rng.choice(AUGMENTED)
    value = _value(rng, alive, np.empty(shape)[index].shape)
    alone = rng.randrange(3) == 0
    item = view(lambda a: a[index], a) if isinstance(a, Dual) else None
    if alone:
        if item is None:
            inplace(a[index], value)
        else:
            augment(inplace, plain, item, value)
    elif item is not None:
        augment(inplace, plain, item, value)
        write(lambda a, v: a.__setitem__(index, v), a, item)
    elif inplace is operator.iadd:
        a[index] += value
    elif inplace is operator.isub:
        a[index] -= value
    else:
        a[index] *= value


class _Island:
    """no_grad, for both engines."""

    def __enter__(self) -> None:
        self.no_grad = no_grad()
        self.no_grad.__enter__()
        self.before, Dual.recording = Dual.recording, False

    def __exit__(self, *error: Any) -> None:
        Dual.recording = self.before
        self.no_grad.__exit__(*error)


def _island(rng: random.Random) -> Any:
    return _Island() if rng.randrange(8) == 0 else nullcontext()


REFUSED = ("lie in the same memory", "shares the memory of this one")
LATER = "has been overwritten since"


def run(seeds: list[int], shape: tuple[int, ...], complex_: bool = False) -> str:
    """Run a program in both engines and compare; what happened."""
    rng = np.random.default_rng(len(seeds))
    x, direction, fixed = (rng.normal(size=shape) for _ in range(3))
    if complex_:
        x, direction, fixed = (part + 1j * rng.normal(size=shape) for part in (x, direction, fixed))
    leaf = Tensor(x, requires_grad=True)
    tensors: list[Any] = [leaf * 1.0, Tensor(fixed)]
    duals: list[Any] = [Dual(x * 1.0, direction * 1.0), dual(fixed * 1.0)]
    refused = 0
    for seed in seeds:
        before = [t.data.copy() for t in tensors]
        failed = None
        try:
            step(seed, tensors)
        except Exception as error:
            failed = error
            if any(text in str(error) for text in REFUSED):
                refused += 1
                for t, value in zip(tensors, before, strict=True):
                    np.testing.assert_array_equal(t.data, value)
                continue
        try:
            with np.errstate(all="ignore"):
                step(seed, duals)
        except Exception as error:
            if type(failed) is not type(error) and not isinstance(
                failed, ValueError | TypeError | IndexError | DeprecationWarning
            ):
                raise AssertionError(f"NumPy raises {error!r}, Tensors {failed!r}") from error
        else:
            if failed is not None:
                raise failed
        for t, d in zip(tensors, duals, strict=True):
            np.testing.assert_allclose(t.data, d.value, rtol=1e-12, atol=1e-12)
            assert t.dtype == d.value.dtype
    pairs = [(t, d) for t, d in zip(tensors, duals, strict=True)]
    seeds_ = [rng.normal(size=t.shape) for t in tensors]
    total = sum([(t.real * s).sum() for t, s in zip(tensors, seeds_, strict=True)])
    wanted = sum([(d.tangent.real * s).sum() for (t, d), s in zip(pairs, seeds_, strict=True)])
    np.testing.assert_array_equal(leaf.data, x)
    if not total.requires_grad:
        assert wanted == 0
        return "constant"
    try:
        total.backward()
    except RuntimeError as error:
        if LATER not in str(error):
            raise
        return "refused later"
    found = 0.0 if leaf.grad is None else (leaf.grad.data.conj() * direction).real.sum()
    scale = 1 + sum([np.abs(d.tangent).sum() for _, d in pairs])
    assert abs(found - wanted) <= 1e-9 * scale, (found, wanted)
    return "refused" if refused else "compared"


SHAPES = [(3, 4), (3,), (2, 3, 2), (), (4, 1), (0, 2)]
PROGRAMS = st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=14)


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(PROGRAMS, st.sampled_from(SHAPES), st.booleans())
def test_by_chance(seeds: list[int], shape: tuple[int, ...], complex_: bool) -> None:
    run(seeds, shape, complex_)


def test_most_programs_are_compared() -> None:
    seen = [run([random.Random(k * 99 + j).randrange(2**32) for j in range(8)], (3, 4)) for k in range(100)]
    assert seen.count("compared") > 60
