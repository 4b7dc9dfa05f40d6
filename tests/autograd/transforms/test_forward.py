"""Forward mode: what moves along the record is the transpose of what is pulled back along it."""

import numpy as np
import pytest

import nn
from autograd import Tensor, checkpoint, extend, grad, gradcheck, hessian, jacobian, jvp, no_grad, vjp, vmap
from autograd.transforms.call import Call
from autograd.transforms.products import goes_forward

from .batching.test_forms import DIFFERENTIABLE, flat, function_of

RNG = np.random.default_rng(0)


@pytest.mark.filterwarnings("ignore:Output seems independent")  # of steps, constants, …
@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_forward_is_the_transpose_of_backward(name):
    run, examples = function_of(name, "f8")
    arrays = [x[0] for x in examples]

    def floats(*given):
        return tuple([out for out in flat(run(*given)) if isinstance(out, Tensor) and out.dtype.kind in "fc"])

    tangents = [RNG.standard_normal(x.shape) for x in arrays]
    outs, moved = jvp(floats, arrays, tangents)
    real = [out.dtype.kind == "f" for out in outs]
    if not all(real):
        return
    cotangents = tuple([RNG.standard_normal(out.shape) for out in outs])
    _, back = vjp(floats, *arrays)
    pulled = back(cotangents)
    forward = sum(np.sum(c * t) for c, t in zip(cotangents, moved, strict=True))
    backward = sum(np.sum(g * t) for g, t in zip(pulled, tangents, strict=True))
    np.testing.assert_allclose(forward, backward, rtol=1e-9, atol=1e-9)
    for out, tangent in zip(outs, moved, strict=True):
        assert np.shape(tangent) == np.shape(out)
        assert np.asarray(tangent).dtype == np.asarray(out).dtype


@pytest.mark.filterwarnings("ignore:Output seems independent")  # of steps, constants, …
@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_forward_is_differentiated_as_backward_is(name):
    run, examples = function_of(name, "f8")
    arrays = [x[0] for x in examples]
    tangents = [np.cos(np.arange(x.size)).reshape(x.shape) for x in arrays]

    def total(*given):
        parts = [out for out in flat(run(*given)) if isinstance(out, Tensor) and out.dtype.kind == "f"]
        return sum([(np.sin(part) * np.cos(np.arange(part.size).reshape(part.shape))).sum() for part in parts], 0.0)

    places = tuple(range(len(arrays)))
    if not isinstance(total(*[Tensor(x, requires_grad=True) for x in arrays]), Tensor):
        return
    forward = grad(lambda *given: jvp(total, given, tangents)[1] + 0 * given[0].sum(), places)(*arrays)

    def backward(*given):
        slopes = grad(total, places)(*given)
        return sum([(g * t).sum() for g, t in zip(slopes, tangents, strict=True)], 0.0) + 0 * given[0].sum()

    for got, expected in zip(forward, grad(backward, places)(*arrays), strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-8, atol=1e-8)


def test_single_precision_stays():
    x = np.ones(3, np.float32)
    value, moved = jvp(lambda x: (np.tanh(x) @ x) * x, (x,), (np.ones(3),))
    assert (value.dtype, moved.dtype) == (np.float32, np.float32)


@pytest.mark.parametrize(
    "fun",
    [lambda x: x, lambda x: x[::-1], lambda x: x.astype(np.float32), lambda x: (x * 2).astype(np.float32) * 3,
     lambda x: np.add(x, 1.0, dtype=np.float32), lambda x: np.multiply(x, np.arange(3.0), dtype=np.float32)],
)  # fmt: skip
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_tangents_have_the_dtypes_of_what_moves(fun, kind):
    value, moved = jvp(fun, (np.ones(3, kind),), (np.ones(3),))
    assert moved.dtype == value.dtype
    t = Tensor(np.ones(3), requires_grad=True)
    assert jvp(fun, (np.ones(3, kind),), (t,))[1].dtype == value.dtype


def test_what_is_added_to_a_product_moves_by_itself():
    x, w, b = RNG.standard_normal((3, 2)), RNG.standard_normal((4, 2)), RNG.standard_normal(4)
    dx, dw, db = RNG.standard_normal((3, 2)), RNG.standard_normal((4, 2)), RNG.standard_normal(4)
    for given in ((dx, dw, db), (dx, 0 * dw, 0 * db), (0 * dx, 0 * dw, db)):
        expected = given[0] @ w.T + x @ given[1].T + given[2]
        np.testing.assert_allclose(jvp(nn.functional.linear, (x, w, b), given)[1], expected)
    only = jvp(lambda b: nn.functional.linear(x, w, b), (b,), (db,))[1]
    np.testing.assert_allclose(only, np.broadcast_to(db, (3, 4)))
    once = lambda x, w, b: jvp(nn.functional.linear, (x, w, b), (dx, dw, db))[1].sum()
    for got, expected in zip(grad(once, (0, 1, 2))(x, w, b), (dw.sum(0), dx.sum(0), np.zeros(4)), strict=True):
        np.testing.assert_allclose(got, np.broadcast_to(expected, np.shape(got)))


def test_what_is_computed_forward_is_recorded_only_where_it_is_asked_for():
    """By a tangent that is tracked, or by what is tracked outside."""
    x, t = np.array([0.3, 0.7]), Tensor(np.ones(2), requires_grad=True)
    cube = lambda x: x**3 * np.sin(x)
    slope = 3 * x**2 * np.sin(x) + x**3 * np.cos(x)
    assert type(jvp(cube, (x,), (np.ones(2),))[1]) is np.ndarray
    moved = jvp(cube, (x,), (t,))[1]
    np.testing.assert_allclose(grad(moved.sum(), t)[0], slope)
    with no_grad():
        assert not jvp(cube, (Tensor(x),), (t,))[1].requires_grad
    assert (t * 2).requires_grad


WAYS = {
    "real": (lambda x: np.sin(x) * 2, True),
    "of several results": (lambda x: np.linalg.svd(np.outer(x, x) + np.diag(x))[1], True),
    "itself": (lambda x: x, True),
    "a constant": (lambda x: (x * 2, np.ones(2)), True),
    "complex on the way": (lambda x: np.abs(np.exp(1j * x)), False),
    "complex": (lambda x: np.exp(1j * x), False),
    "in halves": (lambda x: x.astype(np.float16), False),
    "with a gradient of one's own": (lambda x: _backward_only(x) * 2, False),
}


def _backward_only(x):
    triple = extend.primitive(lambda x: 3 * x)
    extend.defvjp(triple, lambda out, x: lambda g: 3 * g)
    return triple(x)


@pytest.mark.parametrize("name", WAYS)
def test_the_way_that_is_taken(name):
    fun, forward = WAYS[name]
    for kind in (np.float32, np.float64):
        call = Call("jvp", fun, (np.array([0.5, 1.5], kind),), {}, [0], False, True)
        assert goes_forward(call, call.outs) is forward
    call = Call("jvp", lambda x: x * 2, (np.array([0.5, 1.5], np.float16),), {}, [0], False, True)
    assert goes_forward(call, call.outs) is False


def test_halves_and_complex_numbers_go_back_twice():
    x = np.ones(3, np.float16)
    assert jvp(np.tanh, (x,), (x,))[1].dtype == np.float16
    z = np.array([1.0 + 2j, 0.5 - 1j])
    np.testing.assert_allclose(jvp(lambda z: z * z, (z,), (np.ones(2, complex),))[1], 2 * z)


ON_THE_WAY = {
    "exp": lambda x: _parts(np.exp((0.5 + 1j) * x)),
    "dot": lambda x: _parts(np.dot(np.stack([np.exp(1j * x), 1j * x]), M)),
    "inv": lambda x: _parts(np.linalg.inv(M * x + np.eye(2))),
    "eigvals": lambda x: _parts(np.linalg.eigvals(np.array([[0.0, 1.0], [-1.0, 0.0]]) * x)),
    "fft": lambda x: np.abs(np.fft.fft(np.array([1.0, 2.0, -1.0]) * x + np.array([0.0, 0.0, 3.0]) * x**2)) ** 2,
    "part": lambda x: np.stack([x**2, np.imag(np.exp(1j * x))]),
}
M = np.array([[1, 2j], [3j, 1 + 1j]])


def _parts(z):
    return np.concatenate([np.real(z).reshape(-1), np.imag(z).reshape(-1)])


@pytest.mark.parametrize("name", ON_THE_WAY)
def test_complex_numbers_between_real_ones(name):
    fun = ON_THE_WAY[name]
    expected = (fun(0.3 + 1e-6) - fun(0.3 - 1e-6)) / 2e-6
    np.testing.assert_allclose(jvp(fun, (0.3,), (2.0,))[1], 2 * expected, rtol=1e-8, atol=1e-8)
    tall = jacobian(lambda x: np.concatenate([fun(x)] * 40))(0.3)  # of which columns would be found, were it real
    np.testing.assert_allclose(tall, np.tile(expected, 40), rtol=1e-8, atol=1e-8)


def test_through_a_checkpoint_and_vmap():
    block = checkpoint(lambda x: np.tanh(x) * x)
    x = RNG.standard_normal((3, 2))
    for fun in (block, vmap(lambda x: np.tanh(x) * x)):
        np.testing.assert_allclose(
            jvp(fun, (x,), (x + 1,))[1], (np.tanh(x) + x / np.cosh(x) ** 2) * (x + 1), rtol=1e-12
        )
    w = np.array([0.4, -0.7])
    np.testing.assert_allclose(
        jvp(lambda w: vmap(lambda x: (w * x).sum() ** 2)(x), (w,), (w + 1,))[1], 2 * (x @ w) * (x @ (w + 1))
    )


def test_what_goes_forward_into_a_batch_has_the_sum_of_its_gradients():
    x = RNG.standard_normal((3, 2))
    over_examples = lambda w: np.sin(vmap(lambda x: np.exp(w * x).sum() ** 2)(x)).sum()
    rows = lambda w: jacobian(lambda x: np.exp(w * x) * x.sum())(w)
    over_rows = lambda w: np.sin(rows(w)).sum()
    over_rows_of_rows = lambda w: np.sin(jacobian(rows)(w)).sum()
    w, v = np.array([0.3, -0.7]), np.array([1.0, 2.0])
    for fun in (over_examples, over_rows, over_rows_of_rows):
        forward = lambda w, v, fun=fun: jvp(fun, (w,), (v,))[1]
        np.testing.assert_allclose(grad(forward, 1)(w, v), grad(fun)(w), rtol=1e-12)
        np.testing.assert_allclose(grad(forward)(w, v), hessian(fun)(w) @ v, rtol=1e-12)


def test_what_does_not_move_has_a_tangent_of_zeros():
    _, moved = jvp(lambda x: (np.ones(2), x[:2], 3.0), (np.ones(3),), (np.ones(3),))
    np.testing.assert_array_equal(moved[0], [0, 0])
    np.testing.assert_array_equal(moved[1], [1, 1])
    assert moved[2] == 0


def test_columns_of_a_jacobian():
    x = RNG.standard_normal(3)
    a = RNG.standard_normal((60, 3))  # of fewer and smaller results the rows are found
    wide = lambda x: np.tanh(a @ x)
    expected = (1 - np.tanh(a @ x) ** 2)[:, None] * a
    for chunk_size in (None, 1, 2):
        np.testing.assert_allclose(jacobian(wide, chunk_size=chunk_size)(x), expected)
        np.testing.assert_allclose(jacobian(lambda x: wide(x)[:2], chunk_size=chunk_size)(x), expected[:2])
    assert gradcheck(jacobian(wide), x)
    np.testing.assert_allclose(
        hessian(lambda x: wide(x).sum(), chunk_size=2)(x), jacobian(grad(lambda x: wide(x).sum()))(x)
    )
