"""Arrays made with like= a Tensor, and what of ndarray's attributes is not a function of NumPy's."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

from autograd import Tensor, gradcheck, gradgradcheck

T = Tensor([1.0, 2.0], requires_grad=True)


@pytest.mark.parametrize("function", [
    lambda **k: np.arange(1, 4, **k), lambda **k: np.zeros((2, 1), "f4", **k), lambda **k: np.ones(2, **k),
    lambda **k: np.eye(2, 3, k=1, **k), lambda **k: np.identity(2, **k), lambda **k: np.tri(3, **k),
    lambda **k: np.full((2, 2), 7, **k), lambda **k: np.array([[1, 2]], dtype="f4", ndmin=3, **k),
    lambda **k: np.asarray([1, 2], float, **k), lambda **k: np.fromiter(iter([1, 2]), int, **k),
    lambda **k: np.frombuffer(b"abcd", "u1", **k), lambda **k: np.fromfunction(lambda i, j: i + j, (2, 2), **k),
    lambda **k: np.require([1.5], **k), lambda **k: np.ascontiguousarray(3.0, **k),
])  # fmt: skip
def test_like_a_tensor(function: Any) -> None:
    got, expected = function(like=T), function()
    assert isinstance(got, Tensor)
    assert (got.dtype, got.shape) == (expected.dtype, expected.shape)
    np.testing.assert_array_equal(got.data, expected)


@pytest.mark.parametrize("function", [
    lambda x: np.array([[x[0], 2.0], [x[1] * x[0], x[0]]], like=x), lambda x: np.asarray(x, like=x) * x,
    lambda x: np.full((2, 2), x * x, like=x), lambda x: np.full((2, 2), [x[0], 3.0], like=x) ** 2,
    lambda x: np.array(x, ndmin=2, like=x) ** 2, lambda x: np.array([x, (1.0, 2.0)], like=x) ** 2,
    lambda x: np.fromfunction(lambda i: i * x[0] ** 2, (3,), like=x), lambda x: np.multiply(x, [x[0], 3.0]),
])  # fmt: skip
def test_what_is_made_of_tensors_is_joined_to_them(function: Any) -> None:
    fun = lambda x: function(x if isinstance(x, Tensor) else Tensor(x))
    gradcheck(fun, np.array([1.5, -0.5]))
    gradgradcheck(fun, np.array([1.5, -0.5]))


def test_copies_and_dtypes() -> None:
    assert np.asarray(T, like=T) is T
    assert not np.shares_memory(np.array(T, like=T).data, T.data)
    assert np.array(T, "f4", like=T).dtype == np.float32
    with pytest.raises(ValueError, match=r"array: copy=False cannot give dtype float32"):
        np.array(T, "f4", copy=False, like=T)


def test_flat() -> None:
    x = np.arange(6.0).reshape(2, 3).T
    t = Tensor(x, requires_grad=True)
    assert len(t.flat) == 6
    np.testing.assert_array_equal(t.flat[1:4].data, x.flat[1:4])
    assert [item.item() for item in t.flat] == list(x.flat)
    np.testing.assert_array_equal(np.asarray(t.detach().flat), list(x.flat))
    t.flat[2:5].sum().backward()
    np.testing.assert_array_equal(t.grad.data, [[0, 0], [1, 1], [1, 0]])
    for index, value in [(slice(1, 5), [7.0, 8.0]), (3, 9.0), ([0, 2], -1.0), (slice(None), 4.0)]:
        want, got = np.array(x, order="F"), Tensor(np.array(x, order="F"))
        want.flat[index] = value
        got.flat[index] = value
        np.testing.assert_array_equal(got.data, want)
    got.flat = 2.0
    assert (got.data == 2).all()
    y = t * 1
    y.flat[1:3] = t[0, 0] * 5
    t.grad = None
    y.sum().backward()
    assert t.grad.data[0].tolist() == [11, 0]


def test_the_arrays_own_attributes() -> None:
    x = np.arange(6.0).reshape(2, 3)
    t = Tensor(x)
    assert t.strides == x.strides
    assert t.flags.c_contiguous
    assert t.base is None
    assert t[0].base is t.data
    assert t.tobytes() == x.tobytes()
    assert t.device == "cpu"
    assert t.to_device("cpu") is t
    t.setflags(write=False)
    with pytest.raises(ValueError, match="read-only"):
        t[0] = 1.0
    with pytest.raises(ValueError, match="device"):
        t.to_device("elsewhere")
    with pytest.raises(TypeError, match="astype to convert, reshape for another shape"):
        t.view("i8")
    assert np.shares_memory(t.view().data, t.data)
    assert not hasattr(t, "ctypes")
    assert pickle.loads(pickle.dumps(t)).tolist() == t.tolist()


def test_arrays_like_a_tensor_take_tensors() -> None:
    def filled(x: Any) -> Any:
        made, other = np.zeros_like(x), np.empty_like(x, shape=(2, *x.shape))
        for i in range(len(x)):
            made[i] = x[i] ** 2 * (1 + made[i - 1])
        other[0], other[1] = made, np.full_like(x, x[1])
        return (other * np.ones_like(other)).sum(axis=1)

    x = np.array([0.5, -1.0, 2.0])
    assert gradcheck(filled, x)
    assert gradgradcheck(filled, x)
    t = Tensor(x, requires_grad=True)
    for like in (np.zeros_like, np.ones_like, np.empty_like):
        made = like(t, dtype=np.float32, shape=(2, 2))
        assert type(made) is Tensor
        assert (made.shape, made.dtype, made.requires_grad) == ((2, 2), np.float32, False)
    for value, tracked in ((t[0], True), (2.5, False), (3, False)):
        made = np.full_like(t, value, dtype=np.float32, shape=4)
        assert (made.shape, made.dtype, made.requires_grad) == ((4,), np.float32, tracked)
