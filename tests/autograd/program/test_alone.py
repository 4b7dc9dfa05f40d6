"""A printed program runs with NumPy alone: none of this library can be imported where it runs."""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np
import pytest

import autograd
from autograd.transforms.tree import leaves

from .test_training import assert_same
from .training import PROGRAMS


def alone(program: Any) -> Any:
    """The printed function, in a world without this library."""

    def imported(name: str, *args: Any) -> Any:
        if name.partition(".")[0] in ("autograd", "nn", "optim"):
            raise ImportError(f"the printed program imports {name}")
        return __import__(name, *args)

    space: dict[str, Any] = {"__builtins__": {**vars(builtins), "__import__": imported}}
    exec(compile(program.source, "<printed>", "exec"), space)
    return space[program.name]


FUNCTIONS: dict[str, Any] = {
    "abs": lambda a, v: np.abs(a) * np.sign(v),
    "arctan2": lambda a, v: np.arctan2(a, v) + np.hypot(a, v),
    "logaddexp": lambda a, v: np.logaddexp(a, v) + np.logaddexp2(v, a),
    "power": lambda a, v: np.abs(a) ** v + v**2 + v**3,
    "clip": lambda a, v: np.clip(a, -0.5, 0.5) + np.where(a > v, a, 2 * v) + np.maximum(a, v),
    "sinc": lambda a, v: np.sinc(a) + np.i0(v) + np.tan(v),
    "sigmoid": lambda a, v: autograd.sigmoid(a) + autograd.softplus(v) + autograd.relu(a),
    "erf": lambda a, v: autograd.erf(a) + autograd.erfc(v),
    "gamma": lambda a, v: autograd.gammaln(np.abs(a) + 1) + autograd.digamma(np.abs(v) + 1),
    "softmax": lambda a, v: autograd.softmax(a, 1) + autograd.log_softmax(a, 0) + autograd.logsumexp(v),
    "sums": lambda a, v: a.sum(axis=0) + a.mean(axis=1) + a.var() + a.std(axis=0, ddof=1),
    "prod": lambda a, v: np.prod(a) + np.prod(a, axis=1) + np.cumprod(v) + np.nanprod(v),
    "cumsum": lambda a, v: np.cumsum(a, axis=1) + np.diff(a, axis=0, prepend=0),
    "max": lambda a, v: a.max(axis=1) + a.min() + np.ptp(v),
    "sort": lambda a, v: np.sort(a, axis=1) + np.partition(v, 2) + np.median(a) + np.quantile(a, [0.2, 0.7], axis=0)[0],
    "indexing": lambda a, v: a[[0, 2, 2]] + a[:, ::-1] + a[a > 0].sum() + a[np.array([0, 1]), np.array([1, 1])].sum(),
    "take": lambda a, v: np.take(v, [0, 0, 1]) + np.take_along_axis(a, np.argsort(a, 1), 1) + np.roll(a, 1, 0),
    "joining": lambda a, v: np.concatenate([a, a])[3:] + np.stack([v, v, v]) + np.pad(v, 1)[1:-1] + np.tile(v, 2)[:3],
    "tril": lambda a, v: np.tril(a) + np.diag(v) + np.outer(v, v) + np.kron(v, v)[:3] + np.trace(a),
    "einsum": lambda a, v: np.einsum("ij,jk,k->ik", a, a, v) + np.tensordot(a, a, 1) + np.inner(v, v),
    "matmul": lambda a, v: a @ a + a @ v + v @ a + v @ v + (a[None] @ a[:, :, None] @ v[:1]).sum(),
    "solve": lambda a, v: np.linalg.solve(a, v) + np.linalg.inv(a),
    "det": lambda a, v: np.linalg.det(a) + np.linalg.slogdet(a)[1],
    "singular det": lambda a, v: np.linalg.det(a * np.array([1.0, 1.0, 0.0])) * v,
    "cholesky": lambda a, v: np.linalg.cholesky(a @ a.T + np.eye(3)),
    "eigh": lambda a, v: np.linalg.eigh(a + a.T)[0] + np.linalg.svd(a)[1] + np.linalg.qr(a)[1],
    "norm": lambda a, v: np.linalg.norm(a) + np.linalg.norm(v) + np.linalg.norm(a, axis=1) + np.linalg.pinv(a),
    "fft": lambda a, v: np.fft.irfft(np.fft.rfft(v) * 2j, 3) + np.abs(np.fft.fft2(a)) ** 2,
    "complex": lambda a, v: np.real(np.exp(1j * a) * (v + 2j * a)) + np.angle(a + 1j * v),
    "convolve": lambda a, v: np.nan_to_num(a) + np.convolve(v, v)[:3],
    "second order": lambda a, v: autograd.grad(lambda x: (np.tanh(x @ a) ** 2).sum())(v),
    "hessian": lambda a, v: autograd.hessian(lambda x: (np.sin(x) * x).sum() + v[0])(v),
    "checkpoint": lambda a, v: autograd.checkpoint(lambda x: np.tanh(x @ a))(v),
    "convolution": lambda a, v: np.asarray(0.0) + _convolved(a, v),
    "convolution of one axis": lambda a, v: np.asarray(0.0) + _convolved_along(a, v),
}  # fmt: skip


def _convolved(a: Any, v: Any) -> Any:
    from nn import functional as F

    image = (a[:, :, None, None] * np.ones((1, 1, 7, 7)) * np.arange(49.0).reshape(7, 7)).sum(1, keepdims=True)
    kernel = (a[:2, None, :, None] * v).reshape(2, 1, 3, 3)
    wide = F.conv2d(image, kernel, stride=2, padding=1, dilation=2)
    return F.avg_pool2d(F.conv2d(image, kernel, v[:2]), 3).sum() + F.max_pool2d(wide, 2, stride=1).mean() + wide.std()


def _convolved_along(a: Any, v: Any) -> Any:
    from nn import functional as F

    image, kernel = a[:2, :, None] * np.arange(9.0), a[:, :, None] * v
    wide = F.conv1d(image, kernel, v, stride=2, padding=1)
    return np.tanh(F.conv1d(wide, kernel[:2], padding=2)).sum(axis=(0, 2))


def test_a_convolution_of_one_axis_needs_few_lines() -> None:
    derivative = autograd.grad(lambda a: _convolved_along(a, np.arange(3.0)).sum())
    text = autograd.trace(derivative, np.ones((3, 3))).source
    assert "class " not in text
    assert text.count("\n") < 100


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_derivative_runs_alone(name: str) -> None:
    def total(a: Any, v: Any) -> Any:
        result = FUNCTIONS[name](a, v)
        return (result * np.linspace(0.5, 1.5, result.size).reshape(result.shape)).sum()

    derivative = autograd.value_and_grad(total, argnums=(0, 1))
    draw = lambda seed: [np.random.default_rng(seed).standard_normal(shape) for shape in ((3, 3), (3,))]
    if name in ("indexing", "prod"):  # in which the values say what is computed
        draw = lambda seed: [
            0.1 * seed + np.array([[0.5, -1, 2], [-0.2, 1, 0.3], [1.5, -2, 4]]),
            np.arange(1.0, 4) * seed,
        ]
    program = autograd.trace(derivative, *draw(1))
    printed, outgoing = alone(program), program.outgoing()
    for seed in (1, 2):
        got = printed(*draw(seed))
        for value, expected in zip(program.results, leaves(derivative(*draw(seed))), strict=True):
            np.testing.assert_array_equal(got[outgoing.index(value)], expected)


def _changed_after(make: Any) -> Any:
    """A function of an array, of which a number is made, copied, and changed in place."""

    def f(x: Any) -> Any:
        number = autograd.Tensor(make(x)).detach()
        moved, single, view = number.copy(), number.astype("f4"), number.reshape(()).copy()
        number[...] -= 2
        moved *= number
        single[()] = single * 3 + 1
        view[...] = view - moved
        return number, moved, single, view

    return f


NUMBERS: dict[str, Any] = {
    "a product of vectors": lambda x: x @ x,
    "a mean": lambda x: np.exp(x.mean()),
    "a largest element": lambda x: x.max(),
    "an element": lambda x: x[1] * 2,
    "a norm": lambda x: np.linalg.norm(x),
    "einsum": lambda x: np.einsum("i,i->", x, x),
    "a chosen one": lambda x: np.where(x.sum() > 0, 1.0, x.sum()),
    "ones": lambda x: np.ones_like(x.sum()) * x[0],
}


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_can_be_changed_in_place(name: str) -> None:
    """What NumPy computes of numbers is a scalar, which cannot be changed: where one is, it is an array."""
    f = _changed_after(NUMBERS[name])
    draw = lambda k: np.random.default_rng(k).uniform(-1, 1, 5)
    called = autograd.compile(f)
    printed = alone(autograd.trace(f, draw(0)))
    for k in range(4):
        expected = f(draw(k))
        for got in (called(draw(k)), printed(draw(k))):
            for a, b in zip(got, expected, strict=True):
                np.testing.assert_array_equal(a, b)
                assert np.asarray(a).dtype == np.asarray(b).dtype
    assert called.why_not is None


def _numbers(x: Any, factor: Any = 1) -> tuple[Any, Any]:
    """Two numbers, as arrays of no dimensions in the engine."""
    return autograd.Tensor((x * factor).sum()), autograd.Tensor((x * factor * x).mean())


def _powers(a: Any, b: Any, x: Any) -> tuple[Any, ...]:
    powers = [abs(a) ** e for e in (2, 3, 0.5, -1, 1.5, 0, 4, -3)]
    return (*powers, abs(a) ** b, 2.0**a, (a * b) ** 3, x**a, np.abs(a) ** x, x**b, np.square(a) * b)


def _products(a: Any, b: Any) -> tuple[Any, ...]:
    return a * b, a / b, a * a * b, abs(a), abs(a * b), a**2, a**3, (a + b) * (a - b), a * 2 * b * 3, -a * b, 2 * a * b


ROUNDED: dict[str, Any] = {
    "powers": lambda x: _powers(*_numbers(x), x),
    "powers of scalars": lambda x: _powers(x.sum(), x.mean(), x),
    "complex": lambda x: _products(*_numbers(x, 1 + 0.5j)),
    "complex scalars": lambda x: _products((x * (1 + 0.5j)).sum(), (x * (0.5 - 1j)).mean()),
    "complex squares": lambda x: (np.square(_numbers(x, 1j)[0] + 1), np.square((x * 1j + 1).sum())),
    "slopes": lambda x: autograd.grad(lambda t: (t.sum() ** 3 + (t * t).sum() ** t.mean() + t.prod() ** 1.5) ** 2)(x),
    "complex slopes": lambda x: autograd.grad(lambda t: abs((t * (1 + 2j)).sum() ** 2 * np.exp(1j * t.mean())) ** 3)(x),
}


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("name", ROUNDED)
def test_numbers_are_rounded_as_arrays_of_no_dimensions_are(name: str, dtype: str) -> None:
    """NumPy's scalars have powers, and complex ones products and magnitudes, with other last bits than arrays."""
    f = lambda x: ROUNDED[name](x)
    with autograd.no_grad() if "slopes" not in name else autograd.enable_grad():
        draw = lambda k: np.random.default_rng(k).uniform(0.1, 1, 5).astype(dtype)
        program, called = autograd.trace(f, draw(0)), autograd.compile(f)
        printed, outgoing = alone(program), program.outgoing()
        for k in range(40):
            expected = leaves(f(draw(k)))
            got = printed(draw(k))
            got = got if type(got) is tuple else (got,)
            for a, value, b in zip(leaves(called(draw(k))), program.results, expected, strict=True):
                np.testing.assert_array_equal(a, b)
                np.testing.assert_array_equal(got[outgoing.index(value)], b)
                assert np.asarray(a).dtype == np.asarray(b).dtype


@pytest.mark.parametrize("axes", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (2, 0, 1)])
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_memory_that_is_asked_for_has_its_dtype_and_layout(dtype: str, axes: tuple[int, ...]) -> None:
    """Also where what is computed into it would have another."""

    def f(x: Any, y: Any) -> Any:
        made = np.multiply(x, y, out=np.empty_like(x))
        parts = np.empty_like(x)
        parts[0], parts[1:] = 1, y[1:]
        return np.tanh(made).sum(), made, parts

    x = np.random.default_rng(0).standard_normal((3, 4, 5)).astype(dtype)
    x = np.ascontiguousarray(x.transpose(axes)).transpose(np.argsort(axes))
    y = np.random.default_rng(1).standard_normal((3, 4, 5))
    program = autograd.trace(f, x, y)
    found = alone(program)(x, y)
    for value, expected in zip(program.results, f(x, y), strict=True):
        got = found[program.outgoing().index(value)]
        np.testing.assert_array_equal(got, expected)
        assert (got.dtype, got.strides) == (expected.dtype, expected.strides)


def test_a_change_of_all_of_an_array_is_read_as_one() -> None:
    """As an operator in place, or an assignment; not as a call of what the engine happens to use."""

    def f(x: Any) -> Any:
        with autograd.no_grad():
            total = (autograd.Tensor(x) * 2).sum()
            rest = autograd.Tensor(x).sum(0)
        moved = total.copy()
        moved -= total * 3
        rest *= np.arange(3)
        return moved, rest

    text = autograd.trace(f, np.ones((2, 3))).source
    assert "copyto" not in text
    assert "-= " in text


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_training_step_runs_alone(name: str) -> None:
    autograd.manual_seed(0)
    training = PROGRAMS[name]()
    rng = np.random.default_rng(1)
    for _ in range(2):
        training.step(*training.batch(rng))
        training.after()
    before = training.state()
    program = autograd.trace(training.step, *training.batch(rng))
    assert_same(training.state(), before)
    assert callable(alone(program))
