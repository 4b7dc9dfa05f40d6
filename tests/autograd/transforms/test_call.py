"""One call of a function under a transform: nesting, what is tracked outside, modes, memory, depth, threads."""

from __future__ import annotations

import gc
import warnings
from threading import Thread
from weakref import ref

import numpy as np
import pytest

from autograd import (
    Tensor,
    elementwise_grad,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    no_grad,
    primitive,
    value_and_grad,
    vjp,
)  # fmt: skip
from autograd.transforms.call import BOXES, array_box

A = np.array([[0.3, -1.2, 2.0], [0.7, 1.5, -0.4]])


V = np.array([0.9, -0.6, 1.1])


def test_closures_and_perturbation_confusion() -> None:
    assert grad(lambda x: x * grad(lambda y: x * y)(1.0))(1.0) == 2
    assert grad(lambda x: x * grad(lambda y: x + y)(1.0))(1.0) == 1
    assert grad(lambda x: grad(lambda y: x * y * y)(x))(3.0) == 12  # 2 x y with y = x, both depend
    assert grad(lambda x: x * grad(lambda x: x**3)(2.0))(5.0) == 12
    assert grad(lambda x: jvp(lambda y: x * y**2, (3.0,), (x,))[1])(2.0) == 24  # 2 x y · x
    assert grad(lambda x: hvp(lambda y: x * y**3, (2.0,), (x,))[1][0])(3.0) == 72  # 6 x y · x
    assert grad(lambda x: vjp(lambda y: x * y**2, 3.0)[1](x)[0])(2.0) == 24
    assert grad(lambda x: jacobian(lambda y: np.stack([x * y**2, y * x]))(3.0).sum())(2.0) == 7


def test_any_order() -> None:
    f = np.sin
    for k in range(6):
        assert np.allclose(f(0.7), np.sin(0.7 + k * np.pi / 2))
        f = grad(f)
    derivative = lambda x: x**7
    for _ in range(7):
        derivative = elementwise_grad(derivative)
    np.testing.assert_allclose(derivative(V), 5040.0)


def test_a_tracked_tensor_outside() -> None:
    w = Tensor(V, requires_grad=True)
    g = grad(lambda x: (w * x**2).sum())(np.ones(3))
    assert isinstance(g, Tensor)
    (g**2).sum().backward()
    np.testing.assert_allclose(w.grad.data, 8 * V)
    x = Tensor(V, requires_grad=True)
    y = grad(lambda x: (x**3).sum())(x)
    y.sum().backward()
    np.testing.assert_allclose(x.grad.data, 6 * V)
    value, g = value_and_grad(lambda y: (y * x).sum())(A)  # joined to x
    assert value.requires_grad
    assert g.requires_grad
    value, g = value_and_grad(lambda y: (y * y).sum() + x[0])(A)  # the gradient does not depend on x
    assert value.requires_grad
    assert type(g) is np.ndarray
    assert grad(lambda y: y * 1.0)(3.0) == 1


def test_grad_mode() -> None:
    x = Tensor(2.0, requires_grad=True)
    with no_grad():
        g = grad(lambda x: x**2)(x)
        assert (float(g), g.requires_grad) == (4, False)
        assert float(grad(grad(lambda x: x**3))(x)) == 12
        assert jvp(lambda x: x**2, (2.0,), (1.0,)) == (4, 4)

    def stops(x):
        with no_grad():
            y = x * 3
        return x * y

    assert grad(stops)(2.0) == 6
    with pytest.raises(ZeroDivisionError):
        grad(lambda x: 1 / 0)(1.0)
    assert (x * 2).requires_grad


def test_no_cycles_are_left() -> None:
    made = []

    def fun(x):
        y = np.sin(x) * x
        made.append(ref((y if isinstance(y, Tensor) else x).grad_fn))
        return y.sum()

    gc.disable()
    try:
        for call in (grad(fun), value_and_grad(fun), jacobian(fun), hessian(fun), grad(lambda x: grad(fun)(x).sum())):
            call(V)
        hvp(fun, (V,), (V,))
        jvp(fun, (V,), (V,))
        vjp(fun, V)[1](1.0)
        assert [node() for node in made] == [None] * len(made)
    finally:
        gc.enable()


def test_long_chains() -> None:
    def chain(x):
        for _ in range(20_000):
            x = x * 0.9999
        return x

    assert np.allclose(grad(chain)(1.0), 0.9999**20_000)
    with pytest.warns(UserWarning, match="Output seems independent of input"):
        assert grad(grad(chain))(1.0) == 0


def test_threads() -> None:
    results = {}

    def work(k: int) -> None:
        results[k] = [hessian(lambda x: (x**3).sum() * k)(V) for _ in range(10)]

    threads = [Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for k in range(4):
        for got in results[k]:
            np.testing.assert_allclose(got, np.diag(6 * k * V))


@pytest.mark.parametrize(
    ("derive", "picked"),
    [
        (lambda f: grad(f, has_aux=True)(2.0), lambda made: (made[0], made[1])),
        (lambda f: value_and_grad(f, has_aux=True)(2.0), lambda made: (made[1], made[0][1])),
        (lambda f: jacobian(f, has_aux=True)(2.0), lambda made: (made[0], made[1])),
        (lambda f: vjp(f, 2.0, has_aux=True), lambda made: (made[1](1.0)[0], made[2])),
        (lambda f: jvp(f, (2.0,), (1.0,), has_aux=True), lambda made: (made[1], made[2])),
        (lambda f: hessian(f, has_aux=True)(2.0), lambda made: (made[0] * 2, made[1])),
    ],
)
def test_what_a_function_gives_besides_comes_out(derive, picked):
    slope, aux = picked(derive(lambda x: (x**3, {"twice": x * 2, "name": "cube"})))
    np.testing.assert_allclose(slope, 12.0 if slope != 24.0 else 24.0)
    assert aux == {"twice": 4.0, "name": "cube"}
    assert not isinstance(aux["twice"], Tensor)


def test_a_function_that_gives_nothing_besides_is_refused():
    with pytest.raises(TypeError, match=r"grad: expected a function that gives a pair .* got Tensor"):
        grad(lambda x: x, has_aux=True)(2.0)
    with pytest.raises(TypeError, match="got 3 values"):
        grad(lambda x: (x, x, x), has_aux=True)(2.0)


def test_what_comes_besides_is_joined_to_what_is_outside():
    outer = grad(lambda w: grad(lambda x: (x**2, w * 3), has_aux=True)(1.0)[1])
    np.testing.assert_allclose(outer(2.0), 3.0)


def test_what_is_given_shares_no_memory_with_what_is_got() -> None:
    """Where another part of the derivative is joined to a tensor outside, too."""
    w, tracked = Tensor(2.0, requires_grad=True), Tensor(V, requires_grad=True)
    for fun, along in ((lambda x, y: (w * x, y + 0.0), V), (lambda x, y: (x * 1, y + 0.0), tracked)):
        _, pullback = vjp(fun, V, V)
        seed = np.ones(3)
        assert not np.shares_memory(pullback((along, seed))[1], seed)
        value, moved = jvp(fun, (V, V), (along, seed))
        assert not np.shares_memory(moved[1], seed)
        assert not np.shares_memory(value[1], V)
    g = grad(lambda x: x.sum())(A)
    assert g.flags.writeable


def test_of_several_results_those_that_are_joined_are_tensors() -> None:
    w = Tensor(2.0, requires_grad=True)
    (one, other), _ = vjp(lambda x: (x * w, x * 2), V)
    assert one.requires_grad
    assert type(other) is np.ndarray


def test_what_is_said_of_a_result_that_does_not_move() -> None:
    """Once for a call; where rules say that nothing flows, though it was computed from the argument, nothing."""
    zero = primitive(lambda x: x * 0.0, name="zero", x=lambda g: None)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert grad(zero)(2.0) == 0
    _, back = vjp(lambda x: np.ones(2), V)
    with pytest.warns(UserWarning, match="Output seems independent of input. vjp") as seen:
        slopes = [back(np.ones(2))[0] for _ in range(2)]
    np.testing.assert_array_equal(slopes, np.zeros((2, 3)))
    assert len(seen) == 1
    w = Tensor(2.0, requires_grad=True)
    with pytest.warns(UserWarning, match="Output seems independent"):
        assert grad(lambda x: w * 2)(1.0) == 0
    with warnings.catch_warnings():  # of several results one may depend on what is outside alone
        warnings.simplefilter("error")
        vjp(lambda x: (w * 2, 1.0), 1.0)[1]((1.0, None))


def test_a_class_of_ones_own_may_refuse_to_begin_a_graph(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def refused(*given: object) -> None:
        seen.append(given)
        raise TypeError("no boxes of these")

    monkeypatch.setitem(BOXES, float, refused)
    with pytest.raises(TypeError, match="no boxes of these"):
        grad(lambda x: x * 2)(1.5)
    assert seen == [(1.5, None, True)]


def test_the_box_of_a_value_holds_its_array() -> None:
    t = Tensor(V, requires_grad=True)
    assert array_box(t).data is t.data
    assert not array_box(t).requires_grad
    assert array_box([1.0, 2.0]).data.tolist() == [1.0, 2.0]
