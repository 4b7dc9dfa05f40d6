"""Shapes, joining, splitting and padding: a row for each function and each kind of its arguments."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd import Tensor
from autograd.ops.joining import crop
from autograd.transforms.gradcheck import gradcheck, gradgradcheck

_draw = np.random.default_rng(0)


def real(*shape: int) -> Any:
    return _draw.standard_normal(shape)


def complex_(*shape: int) -> Any:
    return real(*shape) + 1j * real(*shape)


A, B, C3, V = real(2, 3), real(2, 3), real(2, 3, 4), real(5)

ROWS: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "reshape": (lambda x: np.reshape(x, (3, 2)), (A,)),
    "reshape method": (lambda x: x.reshape(3, -1), (C3,)),
    "reshape F": (lambda x: x.reshape((4, 6), order="F"), (C3,)),
    "reshape A": (lambda x: np.reshape(x.T, (4, 6), order="A"), (C3,)),
    "reshape to 0-d": (lambda x: x.reshape(()), (real(1, 1),)),
    "reshape of nothing": (lambda x: x.reshape(3, 0), (real(0, 2),)),
    "ravel": (np.ravel, (C3,)),
    "ravel F": (lambda x: x.ravel("F"), (C3,)),
    "ravel K": (lambda x: np.ravel(x.transpose(2, 0, 1), "K"), (C3,)),
    "ravel A": (lambda x: np.ravel(x.T, "A"), (C3,)),
    "ravel 0-d": (np.ravel, (real(),)),
    "flatten": (lambda x: x.flatten(), (C3,)),
    "flatten F": (lambda x: x.flatten("F"), (C3,)),
    "squeeze": (np.squeeze, (real(1, 3, 1),)),
    "squeeze axis": (lambda x: x.squeeze(-1), (real(1, 3, 1),)),
    "expand_dims": (lambda x: np.expand_dims(x, (0, -1)), (A,)),
    "atleast_1d": (np.atleast_1d, (real(),)),
    "atleast_2d": (np.atleast_2d, (V,)),
    "atleast_3d 1": (np.atleast_3d, (V,)),
    "atleast_3d 2": (np.atleast_3d, (A,)),
    "atleast several": (lambda x, y: np.atleast_2d(x, y), (real(), C3)),
    "transpose": (np.transpose, (C3,)),
    "transpose axes": (lambda x: x.transpose(2, 0, 1), (C3,)),
    "transpose negative": (lambda x: np.transpose(x, (-1, 0, 1)), (C3,)),
    "permute_dims": (lambda x: np.permute_dims(x, (1, 2, 0)), (C3,)),
    "T": (lambda x: x.T, (C3,)),
    "mT": (lambda x: x.mT, (C3,)),
    "matrix_transpose": (np.matrix_transpose, (C3,)),
    "linalg.matrix_transpose": (np.linalg.matrix_transpose, (C3,)),
    "swapaxes": (lambda x: x.swapaxes(0, -1), (C3,)),
    "moveaxis": (lambda x: np.moveaxis(x, 0, -1), (C3,)),
    "moveaxis several": (lambda x: np.moveaxis(x, (0, 1), (-1, 0)), (C3,)),
    "rollaxis": (lambda x: np.rollaxis(x, 2), (C3,)),
    "rollaxis start": (lambda x: np.rollaxis(x, 0, 3), (C3,)),
    "rollaxis negative": (lambda x: np.rollaxis(x, -1, -2), (C3,)),
    "flip": (np.flip, (C3,)),
    "flip axis": (lambda x: np.flip(x, (0, 2)), (C3,)),
    "flipud": (np.flipud, (A,)),
    "fliplr": (np.fliplr, (A,)),
    "rot90": (np.rot90, (A,)),
    "rot90 k": (lambda x: np.rot90(x, 3, (2, 0)), (C3,)),
    "roll": (lambda x: np.roll(x, 4), (A,)),
    "roll axis": (lambda x: np.roll(x, -1, 1), (A,)),
    "roll several": (lambda x: np.roll(x, (1, 2), (0, 1)), (A,)),
    "tril": (lambda x: np.tril(x, -1), (real(2, 3, 3),)),
    "triu": (lambda x: np.triu(x, 1), (real(3, 4),)),
    "tril of a vector": (np.tril, (real(3),)),
    "repeat": (lambda x: np.repeat(x, 3), (A,)),
    "repeat axis": (lambda x: x.repeat(2, -1), (A,)),
    "repeat each": (lambda x: np.repeat(x, [1, 0, 3], 1), (A,)),
    "repeat none": (lambda x: np.repeat(x, 0, 1), (A,)),
    "repeat one": (lambda x: np.repeat(x, [2], 0), (A,)),
    "tile": (lambda x: np.tile(x, 2), (A,)),
    "tile more": (lambda x: np.tile(x, (2, 1, 2)), (A,)),
    "tile fewer": (lambda x: np.tile(x, (2,)), (C3,)),
    "resize larger": (lambda x: np.resize(x, (3, 5)), (A,)),
    "resize smaller": (lambda x: np.resize(x, 4), (A,)),
    "broadcast_to": (lambda x: np.broadcast_to(x, (4, 2, 3)), (real(2, 1),)),
    "broadcast_arrays": (lambda x, y: np.broadcast_arrays(x, y), (real(2, 1), real(3))),
    "meshgrid": (lambda x, y: np.meshgrid(x, y), (real(2), real(3))),
    "meshgrid ij": (lambda x, y, z: np.meshgrid(x, y, z, indexing="ij"), (real(2), real(3), real(2))),
    "meshgrid sparse": (lambda x, y: np.meshgrid(x, y, sparse=True), (real(2), real(3))),
    "copy": (np.copy, (A,)),
    "copy method": (lambda x: x.copy(), (A,)),
    "astype complex": (lambda x: x.astype(complex), (A,)),
    "concatenate": (lambda x, y: np.concatenate([x, y], 1), (A, B)),
    "concatenate sizes": (lambda x, y: np.concatenate((x, y), -1), (A, real(2, 1))),
    "concatenate flat": (lambda x, y: np.concatenate((x, y), None), (A, V)),
    "concatenate a constant": (lambda x: np.concatenate((x, np.ones(2))), (V,)),
    "concatenate itself": (lambda x: np.concatenate((x, x)), (V,)),
    "concatenate real and complex": (lambda x, y: np.concatenate((x, y)), (V, complex_(2))),
    "stack": (lambda x, y: np.stack([x, y]), (A, B)),
    "stack axis": (lambda x, y: np.stack([x, y], -1), (A, B)),
    "vstack": (lambda x, y: np.vstack((x, y)), (V, V)),
    "hstack": (lambda x, y: np.hstack((x, y)), (A, real(2, 1))),
    "hstack 1": (lambda x, y: np.hstack((x, y)), (V, real())),
    "dstack": (lambda x, y: np.dstack((x, y)), (A, B)),
    "column_stack": (lambda x, y: np.column_stack((x, y)), (real(2), A)),
    "append": (lambda x, y: np.append(x, y), (A, V)),
    "append axis": (lambda x, y: np.append(x, y, 0), (A, B)),
    "block": (lambda x, y: np.block([[x, y], [y, x]]), (A, B)),
    "block mixed": (lambda x, y: np.block([x, y]), (real(2), real())),
    "block single": (lambda x: np.block(x), (A,)),
    "insert": (lambda x, y: np.insert(x, 1, y, axis=1), (A, real(2))),
    "insert several": (lambda x, y: np.insert(x, [1, 3, 3], y), (V, real(3))),
    "insert slice": (lambda x: np.insert(x, slice(0, 3), 7.0), (V,)),
    "insert flat": (lambda x, y: np.insert(x, -1, y), (A, real())),
    "insert block": (lambda x, y: np.insert(x, [1], y, axis=1), (A, real(2, 2))),
    "delete": (lambda x: np.delete(x, 1, 1), (A,)),
    "delete several": (lambda x: np.delete(x, [0, -1]), (A,)),
    "delete slice": (lambda x: np.delete(x, slice(None, None, 2), 0), (V,)),
    "delete mask": (lambda x: np.delete(x, np.array([True, False, True, False, False])), (V,)),
    "split": (lambda x: np.split(x, 3, 1), (A,)),
    "split at": (lambda x: np.split(x, [1, 3]), (V,)),
    "split overlapping": (lambda x: np.split(x, [3, 1]), (V,)),
    "array_split": (lambda x: np.array_split(x, 3), (V,)),
    "array_split too many": (lambda x: np.array_split(x, 4, -1), (A,)),
    "hsplit": (lambda x: np.hsplit(x, 3), (A,)),
    "vsplit": (lambda x: np.vsplit(x, 2), (A,)),
    "dsplit": (lambda x: np.dsplit(x, 2), (C3,)),
    "one part of a split": (lambda x: np.split(x, 2, 1)[1], (real(2, 4),)),
    "pad nothing": (lambda x: np.pad(x, 0), (A,)),
    "pad": (lambda x: np.pad(x, ((1, 2), (0, 1))), (A,)),
    "pad value": (lambda x: np.pad(x, 1, constant_values=3), (A,)),
    "pad values": (lambda x: np.pad(x, ((1, 1), (2, 0)), constant_values=((1, 2), (3, 4))), (A,)),
    "reflect odd": (lambda x: np.pad(x, (3, 6), "reflect", reflect_type="odd"), (V,)),
    "symmetric odd": (lambda x: np.pad(x, (3, 2), "symmetric", reflect_type="odd"), (V,)),
    "linear_ramp to": (lambda x: np.pad(x, 2, "linear_ramp", end_values=((1, 2), (3, 4))), (A,)),
    "mean of some": (lambda x: np.pad(x, (2, 3), "mean", stat_length=2), (V,)),
    "maximum of some": (lambda x: np.pad(x, (2, 3), "maximum", stat_length=(2, 3)), (V,)),
    "pad complex": (lambda x: np.pad(x, 2, "linear_ramp"), (complex_(3),)),
    "complex": (lambda x, y: np.concatenate([np.roll(x, 1), np.flip(y)]), (complex_(3), complex_(2))),
}  # fmt: skip
for _mode in ("edge", "reflect", "symmetric", "wrap", "linear_ramp", "mean", "maximum", "minimum", "median"):
    ROWS[f"pad {_mode}"] = (lambda x, mode=_mode: np.pad(x, ((1, 2), (4, 3)), mode), (real(3, 4),))
if hasattr(np, "unstack"):
    ROWS["unstack of nothing"] = (lambda x: np.unstack(x), (np.zeros((0, 4)),))
    ROWS["unstack"] = (lambda x: np.unstack(x, axis=1), (C3,))
if np.lib.NumpyVersion(np.__version__) >= "2.4.0":
    ROWS["pad dict"] = (lambda x: np.pad(x, {-1: (1, 2)}), (A,))
    ROWS["astype"] = (lambda x: np.astype(x, complex), (A,))


@pytest.mark.parametrize("row", ROWS)
def test_value_gradient_and_second_gradient(row: str, check: Any) -> None:
    fun, inputs = ROWS[row]
    check(fun, *inputs)


@pytest.mark.parametrize("mode", ["empty", "constant"])
def test_padding_leaves_the_middle_alone(mode: str) -> None:
    padded = np.pad(Tensor(A), 1, mode)
    assert padded.shape == (4, 5)
    np.testing.assert_array_equal(padded.data[1:-1, 1:-1], A)


def test_crop_is_the_adjoint_of_pad() -> None:
    widths = ((1, 2), (0, 3))
    y = real(5, 6)
    np.testing.assert_allclose(np.sum(np.pad(A, widths) * y), np.sum(A * crop(y, widths)))
    gradcheck(lambda y: crop(y, widths), y)
    gradgradcheck(lambda y: crop(y, widths) ** 2, y)


def test_padding_with_minus_infinity_has_the_gradient_of_the_middle() -> None:
    x = Tensor(A, requires_grad=True)
    np.pad(x, 1, constant_values=-np.inf).max(0)[1:-1].sum().backward()
    np.testing.assert_array_equal(x.grad.data, A.max(0) == A)


VIEWS: dict[str, Callable[[Any], Any]] = {
    "reshape": lambda x: x.reshape(6), "T": lambda x: x.T, "ravel": np.ravel, "squeeze": lambda x: x[None].squeeze(),
    "expand_dims": lambda x: np.expand_dims(x, 1), "moveaxis": lambda x: np.moveaxis(x, 0, 1), "flip": np.flip,
    "rot90": np.rot90, "slice": lambda x: x[1:, ::2], "split": lambda x: np.split(x, 3, 1)[2], "mT": lambda x: x.mT,
    "swapaxes": lambda x: x.swapaxes(0, 1), "diagonal of einsum": lambda x: np.einsum("ij->ji", x),
    "crop": lambda x: crop(x, ((0, 1), (1, 0))), "rollaxis": lambda x: np.rollaxis(x, 1),
    "atleast_3d": np.atleast_3d, "array_split": lambda x: np.array_split(x, 2, 1)[0],
}  # fmt: skip


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_in_numpy_is_a_view_here(name: str) -> None:
    x = Tensor(A)
    view = VIEWS[name](x)
    assert np.shares_memory(view.data, x.data)
    view.data[...] = 9
    assert (x.data == 9).any()


@pytest.mark.parametrize("name", VIEWS)
def test_assignment_through_a_view_of_a_recorded_tensor_is_seen(name: str) -> None:
    leaf = Tensor(A, requires_grad=True)
    x = leaf * 1
    VIEWS[name](x)[...] = 0.0
    expected = A.copy()
    VIEWS[name](expected)[...] = 0.0
    np.testing.assert_array_equal(x.data, expected)
    x.sum().backward()
    np.testing.assert_array_equal(leaf.grad.data, expected == A)


ERRORS: dict[str, tuple[Callable[[Any], Any], type[Exception], str]] = {
    "reshape": (lambda x: x.reshape(4), ValueError, "reshape"),
    "split": (lambda x: np.split(x, 2, 1), ValueError, "array_split"),
    "stack": (lambda x: np.stack([x, x.T]), ValueError, "one shape"),
    "stack of nothing": (lambda x: np.stack([]) if x is None else np.stack([x], 5), np.exceptions.AxisError, "axis"),
    "concatenate": (lambda x: np.concatenate([x, x.T]), ValueError, "concatenate"),
    "pad negative": (lambda x: np.pad(x, -1), ValueError, "crop"),
    "pad with a function": (lambda x: np.pad(x, 1, lambda *a: None), TypeError, "concatenate"),
    "pad with a Tensor": (lambda x: np.pad(x, 1, constant_values=x[0, 0]), TypeError, "concatenate"),
    "pad with a word": (lambda x: np.pad(x, 1, "mirror"), ValueError, "mirror"),
    "squeeze": (lambda x: np.squeeze(x, 0), ValueError, "squeeze"),
    "transpose": (lambda x: x.transpose(0, 0), ValueError, "transpose"),
    "matrix_transpose": (lambda x: np.matrix_transpose(x[0]), ValueError, "2 dimensions"),
    "rollaxis": (lambda x: np.rollaxis(x, 5), ValueError, "rollaxis"),
    "block": (lambda x: np.block([[x], x]), ValueError, "depth"),
    "meshgrid": (lambda x: np.meshgrid(x, indexing="xx"), ValueError, "'xy' or 'ij'"),
    "resize": (lambda x: np.resize(x, (-1, 2)), ValueError, "resize"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_what_cannot_be_done_says_so(name: str) -> None:
    fun, kind, words = ERRORS[name]
    with pytest.raises(kind, match=words):
        fun(Tensor(A, requires_grad=True))


def test_gradients_keep_the_shapes_of_size_1_and_size_0() -> None:
    for shape in ((), (1,), (1, 3, 1), (0,), (0, 3)):
        x = Tensor(np.ones(shape), requires_grad=True)
        y = Tensor(np.ones((1, 3, 1)), requires_grad=True)
        if shape in ((0,), (1, 3, 1), (), (1,)):
            (x * y).sum().backward()
            assert y.grad is not None
            assert y.grad.shape == (1, 3, 1)
        else:
            x.reshape(-1).sum().backward()
        assert x.grad is not None
        assert x.grad.shape == shape


def test_arguments_by_their_names_in_numpy() -> None:
    x = Tensor(A, requires_grad=True)
    assert np.squeeze(a=x[None], axis=0).shape == (2, 3)
    assert np.roll(a=x, shift=1, axis=0).shape == (2, 3)
    assert np.tile(A=x, reps=2).shape == (2, 6)
    assert np.moveaxis(a=x, source=0, destination=1).shape == (3, 2)
    assert np.pad(array=x, pad_width=1, mode="edge").shape == (4, 5)
    assert np.split(ary=x, indices_or_sections=3, axis=1)[0].shape == (2, 1)


@pytest.mark.parametrize("repeats", [2, [1, 3]])
def test_what_has_no_elements_is_repeated(repeats: Any) -> None:
    x = Tensor(np.zeros((2, 0)), requires_grad=True)
    found = np.repeat(x, repeats, 0)
    assert found.shape == (4, 0)
    found.sum().backward()
    assert x.grad.shape == (2, 0)


@pytest.mark.parametrize("axis", [0, 1, 2, -1])
def test_repeated_differently_along_each_axis(axis: int) -> None:
    a = real(2, 2, 2)
    assert gradcheck(lambda a: np.repeat(a, [1, 3], axis=axis), a)
    assert gradgradcheck(lambda a: np.repeat(a, [1, 3], axis=axis), a)


@pytest.mark.parametrize("k", [0, 1, -1, 40, -40, 63, -64, 65, 130, -130, 500, -500])
@pytest.mark.parametrize("shape", [(130, 90), (90, 130), (2, 64, 65), (3, 1, 4096), (4096, 1)])
def test_large_triangles(shape: tuple[int, ...], k: int) -> None:
    x = real(*shape)
    x[..., ::7] = np.nan  # outside of the triangle, it is gone
    for array in (x, x.swapaxes(-1, -2), x.astype(np.float32)[..., ::-1]):
        g = real(*array.shape).astype(array.dtype)
        for function in (np.tril, np.triu):
            t = Tensor(array, requires_grad=True)
            made = function(t, k)
            np.testing.assert_array_equal(made.data, function(array, k))
            made.backward(g)
            np.testing.assert_array_equal(t.grad.data, function(g, k))


@pytest.mark.parametrize("values", [2.0, 3, np.inf, [1.0, 2.0], np.float32(1), np.ones(2)])
def test_what_is_appended_has_the_dtype_that_it_has_alone(values: Any) -> None:
    x = np.ones(2, np.float32)
    assert np.append(Tensor(x), values).dtype == np.append(x, values).dtype
