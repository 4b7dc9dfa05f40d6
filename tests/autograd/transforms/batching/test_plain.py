"""Functions of NumPy's on what stands inside Tensors while vmap runs, which rules and `.data` give, against a loop."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograd import Tensor, vmap
from autograd.engine.tensor import unwrap

from .test_forms import INTEGERS, LOOPED, NAMES, N, flat, function_of, same

pytestmark = pytest.mark.filterwarnings("ignore:numpy.fix is deprecated:DeprecationWarning")  # NumPy 2.5, of arrays


@pytest.mark.parametrize("name", NAMES)
def test_values_are_those_of_a_loop(name: str) -> None:
    run, arrays = function_of(name, "u1" if name == "unpackbits" else "i8" if name in INTEGERS else "f8")
    each = [flat(run(*[x[k] for x in arrays])) for k in range(N)]
    mapped = vmap(lambda *given: run(*[unwrap(x) for x in given]))
    got = flat(mapped(*arrays))
    assert bool(mapped.why_looped) == (name in LOOPED | {"amax", "amin"})
    for k, part in enumerate(got):
        same(part, np.stack([np.asarray(one[k]) for one in each]))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of means and quotients of the ones that stand for examples
@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("polymul", "roots")])  # as long as values say
def test_no_examples_give_none_of_the_same_shape(name: str) -> None:
    run, arrays = function_of(name, "u1" if name == "unpackbits" else "i8" if name in INTEGERS else "f8")
    one = flat(run(*[x[0] for x in arrays]))
    for got in (vmap(run)(*[x[:0] for x in arrays]), vmap(lambda *x: run(*map(unwrap, x)))(*[x[:0] for x in arrays])):
        for part, expected in zip(flat(got), one, strict=True):
            assert np.shape(part) == (0, *np.shape(expected))
            assert part.dtype == np.asarray(expected).dtype


def changed(a: Any, change: Any) -> Any:
    """A copy of an array, changed in place."""
    made = a.copy()
    change(made)
    return made


RNG = np.random.default_rng(0)
X, Y, V, C = (RNG.standard_normal((N, *shape)) for shape in ((3, 4), (3, 4), (4,), (2, 3, 4)))
I = np.array([[0, 2, 1, 1], [1, 1, 0, 2], [2, 0, 2, 0]])  # rows of each example of X, and places within its rows
W, E, F = RNG.standard_normal((4, 2)), RNG.standard_normal(4), RNG.standard_normal((2, 3, 4))  # the same for all
windows, norm = np.lib.stride_tricks.sliding_window_view, np.linalg.norm

CALLS: dict[str, Any] = {  # x and y are of shape (3, 4), v is of shape (4,), c of shape (2, 3, 4), i of whole numbers
    # elementwise
    "of other depths": lambda x, y, v, c, i: (x * v, v - c, c / x, np.maximum(v, c), np.where(x > 0, v, c)),
    "with what is the same for all": lambda x, y, v, c, i: (x * E, E - v, v + F, np.maximum(F, x), F * c),
    "powers": lambda x, y, v, c, i: (abs(x) ** v, abs(v) ** c, 2.0**c, x**2, abs(v) ** F, abs(E) ** x,
        abs(x) ** v[0], abs(v[0]) ** x, 2 ** v[0]),
    "outer": lambda x, y, v, c, i: (
        np.multiply.outer(x, v), np.subtract.outer(v, x), np.add.outer(E, x), np.subtract.outer(x, E),
        np.add.outer(v, 2.0), np.add.outer(v[0], x)),
    "where": lambda x, y, v, c, i: (
        np.add(x, v, out=np.zeros_like(x), where=x > 0), np.multiply(v, 2, out=np.ones_like(c), where=c > 0),
        np.exp(x, out=np.ones_like(x), where=E > 0)),
    "into arrays": lambda x, y, v, c, i: (
        *np.modf(x, out=(np.zeros_like(x), np.zeros_like(x))), *np.divmod(x, 0.5, out=(None, np.zeros_like(x))),
        np.add(x, v, np.zeros_like(x)), np.multiply(x, 2, out=np.zeros_like(x))),
    "in place": lambda x, y, v, c, i: (
        changed(x, lambda a: a.__iadd__(v)), changed(c, lambda a: a.__imul__(x)),
        changed(abs(x), lambda a: a.__ipow__(v)),
        changed(x, lambda a: a.__itruediv__(2)), changed(x, lambda a: a.__isub__(E))),
    "clipped": lambda x, y, v, c, i: (
        np.clip(x, -0.5, v), np.clip(x, v, None), np.clip(c, None, x), np.clip(x, min=E - 1),
        np.clip(x, a_min=v, a_max=2),
        x.clip(-0.5), x.clip(max=v), np.clip(E, v, c), np.clip(x, -1, 1, out=np.zeros_like(x)),
        np.clip(x, -1, v, dtype=np.float32, casting="same_kind")),
    "of each element": lambda x, y, v, c, i: (
        x.round(1), np.round(x, 1), np.nan_to_num(x * np.inf, posinf=2.0), np.real_if_close(x), np.isreal(x),
        x.view(np.int64),
        np.round(x, 1, np.zeros_like(x))),
    "close": lambda x, y, v, c, i: (
        np.isclose(x, v, 0.5), np.isclose(E, x, atol=1.0), np.isclose(c, y, equal_nan=True), np.allclose(x, x),
        np.allclose(E, v, 0, 9.0)),
    "chosen where": lambda x, y, v, c, i: (np.where(F > 0, v, x), np.where(v > 0, 1.0, F), np.where(E > 0, x, 2)),
    # made anew
    "of the same shape": lambda x, y, v, c, i: (
        np.full_like(x, v), np.full_like(x, 2), np.full_like(x, v[0], np.float32), np.full_like(x, v, shape=(2, 4)),
        np.zeros_like(x, shape=(5,)) + v[0], np.ones_like(x, np.float32) * 2),
    "like the same for all": lambda x, y, v, c, i: (
        np.array([], like=x),
        np.array([1.0, 2.0], np.float32, like=x), np.full((), v[0], like=x), np.zeros(2, int, like=x) + i[:2]),
    "like another": lambda x, y, v, c, i: (
        np.array([v, E, [1.0, 2, 3, 4]], like=x), np.array(x, like=x), np.array(x, np.float32, like=x),
        np.array([[1, v[0]], [x[0, 0], 2]], dtype=np.float32, like=x), np.asarray(x, like=x),
        np.asarray(x, np.float32, like=x), np.asarray(E, like=x), np.asarray([1.0, 2.0], like=x) * 2,
        np.asarray(i, like=x), np.ascontiguousarray(x.T, like=x),
        np.full((2, 4), v, like=x), np.full((2, 2), v[0], np.float32, like=x), np.full(3, 2.0, like=x),
        np.zeros((2, 4), like=x) + v, np.ones(3, np.float32, like=x)),
    "copies": lambda x, y, v, c, i: (np.copy(x), x.copy("F"), np.copy(x.T), x.astype(np.float32), x.astype(int)),
    "filled": lambda x, y, v, c, i: (
        changed(x, lambda a: a.fill(v[1])), changed(x, lambda a: a.fill(2.0)), changed(c, lambda a: a[0].fill(v[0]))),
    "diagonals": lambda x, y, v, c, i: (
        np.diag(v), np.diag(v, 1), np.diag(v, -2), np.diag(x), np.diag(x, 1), np.diag(x, -1), np.trace(x, 1),
        np.trace(c, 0, 1, 2), np.trace(c, 1, 0, 2)),
    # products
    "matrices": lambda x, y, v, c, i: (
        x @ v, v @ v, c @ v, v @ x.T, x @ y.T, c @ x.T, x @ W, v @ W, c @ W, W.T @ x.T, W.T @ v, E @ v, v @ E, x @ E,
        E @ x.T, F @ v, F @ x.T, c @ E, v @ np.swapaxes(F, -1, -2), W.T @ x.T[:, :1], x.T @ F, x @ E[:, None]),
    "matrices of other depths": lambda x, y, v, c, i: (
        x[None] @ W, x[:, :1] @ v[None], x[:, :1] @ E[None], F[:, :3, :3] @ v[:3], F[:, :, :1] @ v[None], c @ F.mT,
        F @ c.mT, F[0] @ c.mT, x @ F.mT, v[:3] @ F, v[:3] @ c, E[:3] @ c, x.T @ F[..., :1], F.mT @ c[:1], F[None] @ x.T,
        np.vecdot(x[0], E), F[..., :1] @ c[:, :1], F[0, :, :1] @ c[:, :1], c[..., :1] @ F[:, :1]),
    "convolved": lambda x, y, v, c, i: (
        np.convolve(v, x[0, :3]), np.convolve(v[:2], x[0]), np.convolve(v, E[:3]), np.convolve(E, v[:3]),
        np.convolve(E[:2], v), np.convolve(v[:2], E), np.convolve(v, E[:3], "same"), np.convolve(v, v[:2], "valid"),
        np.correlate(v, E[:2])),
    "solved": lambda x, y, v, c, i: (
        np.linalg.solve(x @ x.T + 9 * np.eye(3), x), np.linalg.solve(x @ x.T + 9 * np.eye(3), x[:, 0]),
        np.linalg.solve(W.T @ W, x[:2]), np.linalg.solve(x @ x.T + 9 * np.eye(3), F), np.linalg.solve(W.T @ W, v[:2]),
        np.linalg.solve(c @ c.mT + 9 * np.eye(3), x), np.linalg.solve(F @ F.mT + 9 * np.eye(3), x),
        np.linalg.solve(x @ x.T + 9 * np.eye(3), E[:3])),
    "stacks of matrices": lambda x, y, v, c, i: (
        np.linalg.inv(c @ c.mT + np.eye(3)), np.linalg.det(c[..., :3]), *np.linalg.slogdet(c[..., :3]),
        np.linalg.cholesky(c @ c.mT + 9 * np.eye(3)), np.linalg.eigvalsh(c[..., :3], "U"), np.linalg.matrix_rank(c),
        *np.linalg.qr(c, "reduced"), np.linalg.matrix_power(x[:, :3], 3), np.linalg.pinv(c, 1e-9), np.linalg.cond(c)),
    "matrices into another": lambda x, y, v, c, i: (
        np.matmul(x, W, out=np.zeros_like(x[:, :2])), np.matmul(x, y.T, out=np.zeros_like(x[:, :3]))),
    "dot, inner, vecdot": lambda x, y, v, c, i: (
        np.dot(x, v), np.dot(v, 2.0), np.dot(2.0, x), np.dot(x, c.mT), np.dot(v, F.mT), np.dot(F, c.mT),
        np.dot([1.0, 2, 3], x), np.dot(c, W), np.dot(c, x.T), np.inner(x, v), np.inner(c, x),
        np.vecdot(c, v), np.vecdot(x, E), np.tensordot(c, x, ([1, 2], [0, 1])), np.outer(x, v), np.kron(v, x)),
    "vectors into another": lambda x, y, v, c, i: (np.vecdot(x, v, out=np.zeros_like(x[:, 0])),),
    "einsum": lambda x, y, v, c, i: (
        np.einsum("ij,j->i", x, v), np.einsum("kij,ij,j->ki", c, x, E), np.einsum("...j,j", c, v),
        np.einsum("ij->ji", x), np.einsum("ij,kj", x, y), np.einsum("ij,jk->ik", x, W)),
    "norms": lambda x, y, v, c, i: (
        norm(x), norm(x, keepdims=True), norm(v, 1), norm(v, np.inf), norm(x, "fro"), norm(x, 1), norm(x, 2),
        norm(x, 1, axis=1), norm(x, axis=(0, 1), keepdims=True), norm(c, axis=-1), norm(c, -np.inf, (0, 2)),
        norm(c, keepdims=True), norm(v, 3, keepdims=True), norm(x, axis=0, keepdims=True), norm(v, 0)),
    "norms along axes": lambda x, y, v, c, i: (
        norm(x, 1), norm(x, "nuc"), norm(v, 2, 0), norm(v, axis=-1), norm(c, 2, (-2, -1)), norm(c, 2, (0, 1), True),
        norm(x, axis=(0,)), norm(x, keepdims=False)),
    "crosses": lambda x, y, v, c, i: (
        np.cross(x[:, :3], y[:, :3]), np.cross(x[:, :3], v[:3]), np.cross(x, y, axis=0),
        np.linalg.cross(c[:, :3], F[:, :3], axis=1), np.linalg.cross(x[:, 1:], y[:, 1:], axis=-1),
        np.linalg.cross(c, F, axis=-2),
        np.linalg.cross(x[:, 1:], E[1:])),
    "transforms": lambda x, y, v, c, i: (
        np.fft.fft(x, axis=0), np.fft.rfft(v, 6), np.fft.fft2(c, (2, 2)), np.fft.fftn(x, axes=(0,)),
        np.fft.fftn(c, (3,), (0,)),
        np.fft.fftshift(x), np.fft.fftshift(c, (0, 2)), np.fft.ifftshift(x, 0), np.fft.irfftn(c, (4, 4), (0, 2))),
    "transforms along axes": lambda x, y, v, c, i: (
        np.fft.ifft(x), np.fft.fft(x, 3, 0, "ortho"), np.fft.fft(v, out=np.zeros_like(v, complex)),
        np.fft.hfft(v, axis=-1),
        np.fft.irfft(x, 5, 0), np.fft.fftn(c), np.fft.ifft2(c), np.fft.ifftn(c, axes=(0, -1), norm="forward"),
        np.fft.rfft2(c, axes=(0, 1)), np.fft.rfftn(x), np.fft.fftn(x, out=np.zeros_like(x, complex)),
        np.fft.ifftshift(x), np.fft.fftshift(c, -1), np.fft.fftshift(x, [0, -1])),
    # along axes
    "sums": lambda x, y, v, c, i: (
        x.sum(), x.sum(0), x.sum(-1, keepdims=True), np.sum(c, (0, -1)), np.sum(x, where=x > 0), x.sum(0, np.float32),
        np.sum(x, 1, initial=2.0), np.sum(x, 0, where=v > 0), np.sum(x, 0, out=np.zeros_like(v)), c.mean((1, 2)),
        np.prod(x, 0, keepdims=True), np.var(c, (0, 1), ddof=1), np.std(x, keepdims=True), x.sum(()),
        np.mean(x, 1, where=E > 0)),
    "extremes": lambda x, y, v, c, i: (
        x.max(), c.min((0, 2)), np.max(x, 1, initial=0.5, where=x > 0), x.argmax(0), np.argmin(c, 1, keepdims=True),
        np.argmax(x), np.ptp(x, 1, keepdims=True), np.amax(x, 0, np.zeros_like(v))),
    "over several axes": lambda x, y, v, c, i: (
        np.sum(c, (0, 1), keepdims=True), np.mean(c, (-1, 0), np.float32), np.max(c, (1, 2), keepdims=True),
        np.min(c, (0,)), np.median(c, (0, 2)), np.median(x, 1, keepdims=True), np.nansum(c, (0, -1)), np.std(c, (0, 1)),
        np.var(x, 0, None, None, 1), np.nanvar(x, -1, keepdims=True), np.count_nonzero(c > 0, (0, 1)), np.prod(c, 1),
        np.count_nonzero(x > 0, 0, keepdims=True), np.ptp(c, (0, 2)), np.sum(c, ()), np.max(x, 0, initial=1.0)),
    "quantiles": lambda x, y, v, c, i: (
        np.quantile(x, 0.3), np.quantile(x, [0.2, 0.7], 0), np.quantile(c, [[0.1], [0.9]], (0, 2)),
        np.percentile(x, 30, 1, keepdims=True), np.nanquantile(x, [0.5], -1, method="lower"),
        np.quantile(x, 0.3, 0, None, False, "higher"), np.quantile(x, np.abs(np.sin(v[0])), 0),
        np.quantile(x, 0.4, 0, method="inverted_cdf", weights=np.array([1.0, 2, 1]))),
    "whether": lambda x, y, v, c, i: (
        np.any(x > 1), np.all(x > -1, 0), np.any(c > 1, (0, 2), keepdims=True), (x > 0).all(1),
        np.all(x > -9, where=v > 0),
        np.count_nonzero(x > 0, 1), np.count_nonzero(x > 0)),
    "reduced by a ufunc": lambda x, y, v, c, i: (
        np.add.reduce(x), np.multiply.reduce(c, (0, 2)), np.maximum.reduce(x, 1, None, None, True),
        np.add.reduce(x, 1, where=x > 0, initial=3.0), np.logical_or.reduce(x > 1, None),
        np.add.reduce(x, -1, np.float32)),
    "accumulated": lambda x, y, v, c, i: (
        np.add.accumulate(x), np.multiply.accumulate(x, 1), np.add.reduceat(x, [0, 2], 1),
        np.maximum.reduceat(c, [1, 0]),
        np.cumsum(x), np.cumsum(c, 1), x.cumprod(-1), np.add.accumulate(x, 1, np.float32), np.cumsum(x, 0, np.float32)),
    "along one axis into another": lambda x, y, v, c, i: (
        np.cumsum(x, 1, None, np.zeros_like(x)), np.cumprod(x, out=np.zeros_like(x).reshape(-1)), x.cumsum(),
        np.argmax(x, 0, np.zeros_like(x[0], int)), np.argmin(x, -1, keepdims=True), np.argmax(c), np.nanargmax(x, 1),
        np.maximum.accumulate(x, -1, out=np.zeros_like(x)), np.add.reduceat(x, [0, 1], -1, np.float32),
        np.add.reduceat(x, i[:2], 1), np.cumsum(E, out=np.zeros_like(v)), np.nancumsum(c, -2),
        np.argmax(x, keepdims=True), np.argmin(c, 1, None, keepdims=True)),
    "sorted": lambda x, y, v, c, i: (
        np.sort(x, 0), np.sort(x, None), np.argsort(c, 1), changed(x, lambda a: a.sort()),
        changed(c, lambda a: a.sort(0)),
        changed(x, lambda a: a.sort(axis=1, kind="stable")), np.partition(x, 2, 1)[:, 2], np.argpartition(x, 1, 0)[1],
        np.diff(x), np.diff(c, 2), np.diff(c, 1, 0), np.diff(x, axis=0, prepend=0.0)),
    "sorted along axes": lambda x, y, v, c, i: (
        np.sort(x), np.sort(c, -2, "stable"), np.argsort(x, None), np.argsort(x, kind="stable"), x.argsort(0),
        np.partition(x, (1, 2), 0)[1:], np.partition(x, 3, None)[3], np.argpartition(v, 2)[2], np.diff(v, 2),
        changed(x, lambda a: a.sort(-2)), changed(v, lambda a: a.partition(1))[1], np.diff(c, 2, -2)),
    # shapes
    "reshaped": lambda x, y, v, c, i: (
        x.reshape(4, 3), x.reshape((2, -1)), x.reshape(-1), np.reshape(c, (6, 4)), x.reshape(4, 3, order="F"),
        c.ravel("F"), np.reshape(x, 12), np.reshape(x, (4, 3), "F"), np.reshape(x, (4, 3), "C"),
        x.reshape(()) if x.size == 1 else x, c.flatten()),
    "in a row": lambda x, y, v, c, i: (
        changed(x, lambda a: a.flatten().fill(0.0)), changed(x, lambda a: a.ravel().fill(0.0)), np.ravel(x.T),
        x.T.flatten(),
        changed(x, lambda a: a.reshape(-1).fill(0.0)), np.reshape(x, -1), np.reshape(x, shape=(6, 2)), c.reshape(2, -1),
        changed(x, lambda a: np.reshape(a, (4, 3), copy=True).fill(0.0)), x.reshape([2, 6]), c.reshape(-1, 2, 2),
        v.reshape((4,))),
    "turned": lambda x, y, v, c, i: (
        np.transpose(c), np.transpose(c, (1, 2, 0)), c.transpose(2, 0, 1), c.T, c.mT, np.swapaxes(c, 0, -1),
        np.moveaxis(c, 0, -1), np.moveaxis(c, (0, 1), (-1, 0)), np.rollaxis(c, 2), np.rollaxis(c, -1, 1),
        np.rollaxis(c, 0, -1),
        np.matrix_transpose(x), np.matrix_transpose(c), np.permute_dims(c, (2, 1, 0)), v.T),
    "with and without axes": lambda x, y, v, c, i: (
        np.squeeze(x[:1]), np.squeeze(c[:1, :, :1], 0), np.expand_dims(x, (0, -1)), np.expand_dims(v, 1),
        np.atleast_2d(v),
        np.atleast_3d(x), np.atleast_1d(v[0])),
    "axes counted from behind": lambda x, y, v, c, i: (
        np.expand_dims(c, -1), np.expand_dims(x, [0, 1]), np.squeeze(c[:1, :, :1], (0, -1)), np.squeeze(c[:1], axis=-3),
        x[None, :1].squeeze(), np.moveaxis(c, -1, -2), np.moveaxis(c, [2], [0]), np.rollaxis(c, -1),
        np.rollaxis(c, 1, 3),
        np.rollaxis(c, 2, -1), np.rollaxis(c, 0, 2), c.transpose((1, 0, 2)), c.transpose(None), c.transpose(-1, 0, 1),
        c.swapaxes(-1, -3), np.diagonal(c, 1, -1, -2), np.diagonal(x, -1), c.diagonal(axis1=1, axis2=2),
        c.trace(0, -1, 0),
        np.trace(c, dtype=np.float32), np.flip(c, [0, -1]), np.flip(x, -1), np.rot90(c, 1, (-1, 0)), np.rot90(c, 3),
        np.roll(c, 1, -1), np.roll(c, [1, 2], (0, -1)), np.roll(c, 7), np.atleast_2d(v, x, 2.0)[0], np.atleast_3d(v),
        np.atleast_1d(E, v)[1], np.atleast_2d(v[0])),
    "broadcast": lambda x, y, v, c, i: (
        np.broadcast_to(v, (3, 4)), np.broadcast_to(v[0], (2, 2)), *np.broadcast_arrays(x, v, c, E),
        np.broadcast_to(x, (2, 3, 4))),
    "flipped and rolled": lambda x, y, v, c, i: (
        np.flip(c), np.flip(c, 1), np.flip(c, (0, 2)), np.fliplr(x), np.rot90(x), np.rot90(c, 2, (0, 2)), np.roll(x, 1),
        np.roll(c, (1, 2), (0, 2)), np.roll(x, -1, 0), np.roll(x, 5)),
    "moved by each": lambda x, y, v, c, i: (
        np.roll(x, i[0]), np.roll(x, i[0], 0), np.repeat(x, np.ones_like(i[:3]), 0), np.repeat(v, np.ones_like(i))),
    "joined": lambda x, y, v, c, i: (
        np.concatenate([x, y]), np.concatenate([x, F[0]], 1), np.concatenate([x, y], None), np.stack([v, E], 1),
        np.stack([x, y], -1), np.vstack([x, v]), np.hstack([v, E]), np.append(x, v), np.append(x, y, 1),
        np.column_stack([v, E]), *np.split(x, [1, 2], 1), *np.array_split(v, 3), np.block([[x], [y]])),
    "joined along axes": lambda x, y, v, c, i: (
        np.stack([v]), np.stack([x], -1), np.stack([E, v]),
        np.concatenate((F, c), -1),  np.concatenate([x]),
        np.concatenate([x, F[0]], -2, dtype=np.float32, casting="same_kind"), np.concatenate([v, [1.0, 2.0]])),
    "joined into another": lambda x, y, v, c, i: (
        np.stack((x, y), 1, np.zeros_like(x, shape=(3, 2, 4))),
        np.concatenate([x, y], 0, np.zeros_like(x, shape=(6, 4))),
        np.concatenate([x, E[None]], out=np.zeros_like(x, shape=(4, 4)))),
    "repeated": lambda x, y, v, c, i: (
        np.repeat(x, 2), np.repeat(x, [1, 0, 2], 0), np.tile(x, 2), np.tile(v, (2, 2)), np.resize(v, (2, 3))),
    "repeated along axes": lambda x, y, v, c, i: (
        np.repeat(x, 2, -1), np.repeat(v, [1, 0, 2, 1]), x.repeat(3, 0), np.tile(x, (2, 1, 1)), np.tile(c, (1, 2)),
        np.tile(v, [3]), np.tile(v[0], 3), np.repeat(E, 2) + v[0], np.tile(E, 2) * v[1]),
    "padded": lambda x, y, v, c, i: (
        np.pad(x, 1), np.pad(x, ((1, 0), (0, 2))), np.pad(x, ((1, 2), (0, 1)), constant_values=((1, 2), (3, 4))),
        np.pad(v, (1, 2), "edge"), np.pad(x, 1, "reflect"), np.pad(v, 2, constant_values=7.0),
        np.pad(c, ((0, 1), (1, 0), (2, 1)))),
    "padded in other ways": lambda x, y, v, c, i: (
        np.pad(x, ((1, 2), (3, 0)), "wrap"), np.pad(v, (2, 1), "linear_ramp", end_values=(1.0, 2.0)),
        np.pad(x, 1, "linear_ramp", end_values=((1, 2), (3, 4))), np.pad(x, (1, 2), "mean", stat_length=2),
        np.pad(v, 1, "constant", constant_values=v[0]), np.pad(x, ((0, 1),), "maximum")),
    "windows": lambda x, y, v, c, i: (
        windows(v, 2), windows(x, (2, 2)), windows(x, 2, axis=1), windows(c, (2, 3), axis=(0, -1)), windows(x, 2, -2)),
    "strided": lambda x, y, v, c, i: (
        windows(c, 2, -1), windows(x, (2,), (0,)), windows(x, (2, 2), [0, 1])),
    "asked for shapes": lambda x, y, v, c, i: (
        *np.shape(x), np.ndim(c), np.size(x), np.size(c, 1), np.iscomplexobj(x), np.isrealobj(x),
        str(np.result_type(x, 1j)) == "complex128",
        np.can_cast(x.dtype, int), np.shares_memory(x, y), *np.broadcast_shapes(x.shape, v.shape)),
    "triangles": lambda x, y, v, c,
        i: (np.tril(v), np.triu(v, 1), np.tril(c), np.tril(x), np.triu(c, 1), np.tril(x, -1), np.triu(x, -1)),
    # elements
    "views": lambda x, y, v, c, i: (
        x[0], x[-1, 2], x[:, 1], x[1:, ::-2], x[..., 0], x[None], c[0, ..., 1], c[:, None, 1], x[()], x[...], v[1:3],
        c[1][2]),
    "picked": lambda x, y, v, c, i: (
        x[[0, 2]], x[:, [1, 1, 0]], x[[0, 1], [2, 3]], c[:, [0, 2], 1], c[1, :, [0, 3]], c[[0, 1], :, [1, 2]],
        x[[[0], [1]], [0, 2]],
        x[np.array([True, False, True])], x[:, E > 0], v[np.array(2)], c[..., [0, 1]], c[[0], None, [1]]),
    "picked by each": lambda x, y, v, c, i: (
        x[i], v[i], x[i, [0, 1, 2, 3]], x[:, i], x[i[0]], x[0, i], v[i[1]], c[1, i], c[:, i, 0], c[0, :, i], x[i, i],
        x[i[:, None], [0, 1]], np.take(x, i, 0), np.take(v, i), np.take(x, i[0], 1),
        np.take(c, [1, 0], 2), np.take_along_axis(x, i[None, :3].T % 3 * 0 + 1, 1), np.choose(i, [v, E, v * 2])),
    "picked from the same by each": lambda x, y, v, c, i: (
        np.take(Tensor(E), i), np.take(Tensor(F), i[:2], 1), np.take(Tensor(F), i, -1), np.take(Tensor(F), i % 2, 0),
        Tensor(F)[:, i % 3], Tensor(F)[..., i],
        Tensor(F)[i % 2], Tensor(F)[:, i % 3, 1], Tensor(F)[0, :, i], Tensor(F)[i[:3] % 2, :, i[1:]],
        Tensor(F)[[0, 1], :, i[:2]], Tensor(F)[:, i, [0, 1, 2, 3]], Tensor(F)[None, :, i], Tensor(F)[:, None, i],
        np.take(Tensor(E), i, mode="wrap"), np.take(Tensor(F), i), np.take_along_axis(F[0], i[None], 0),
        np.take_along_axis(x, i[None], -2), np.take_along_axis(x, i[:3, None], 1), np.searchsorted(np.sort(E), v),
        np.searchsorted(np.sort(E), x, "right"), np.searchsorted(np.sort(v), 0.1), Tensor(F)[:, i[:2, None], i[1:3]],
        Tensor(F)[i[:2, None] % 2, :, i[1:3]], Tensor(F)[i[0] % 2, 1], Tensor(F)[1:, i[0]], Tensor(F)[:, i[0], i[1]]),
    "picked by a truth": lambda x, y, v, c, i: (x[True], x[np.True_], x[False], x[:, True], x[np.array(True), 0]),
    "picked where": lambda x, y, v, c, i: (
        c[[True, False]], c[:, np.array([True, False, True])], c[np.array([[True, False, True]] * 2)], x[[]], x[[], 1],
        c[:, [0, 2], [1, 3]], c[..., [0, 2], None], c[[1], ..., [0]], c[np.int64(1)], c[np.array(1), :, [0, 2]],
        c[0, ..., np.array([0, 1])], c[:, np.array([[0], [1]]), i[:2]], c[i[:2] % 2, :, i[0]], c[i % 2, 1:, [0]],
        c[:, i[:3], i[1:]], c[i[0] % 2, :, i[:2]], c[i[:2, None] % 2, :, i[:3]], x[i[:2, None], :2],
        c[1:, :, i[:2, None]]),
    "assigned": lambda x, y, v, c, i: (
        changed(x, lambda a: a.__setitem__(0, v)), changed(x, lambda a: a.__setitem__((slice(None), 1), 2.0)),
        changed(c, lambda a: a.__setitem__(1, v)), changed(x, lambda a: a.__setitem__(..., E)),
        changed(x, lambda a: a.__setitem__(([0, 2], [1, 3]), v[:2])), changed(x, lambda a: a.__setitem__([2, 0], 5.0)),
        changed(x, lambda a: a.__setitem__([2, 0], y[:2])), changed(c, lambda a: a.__setitem__((1, [0, 2]), v)),
        changed(c, lambda a: a.__setitem__((slice(None), 0), x[:2])),
        changed(x, lambda a: a.__setitem__((i[0], 1), v[0])),
        changed(x, lambda a: a.__setitem__(i, v)), changed(c, lambda a: a.__setitem__(([0], slice(None), [1]), 3.0)),
        changed(x, lambda a: a.__setitem__((i[:2], [0, 1]), v[:2]))),
    "assigned with fewer and more axes": lambda x, y, v, c, i: (
        changed(x, lambda a: a.__setitem__(0, v[None])), changed(x, lambda a: a.__setitem__(0, E[None])),
        changed(c, lambda a: a.__setitem__((slice(None), i), v)), changed(x, lambda a: a.__setitem__(slice(0, 2), 3.0)),
        changed(c, lambda a: a.__setitem__((slice(None), [0, 1]), x[:2])), changed(c, lambda a: a.__setitem__([1], x)),
        changed(c, lambda a: a.__setitem__((0, slice(None), [1, 2]), x[:2, :3])),
        changed(x, lambda a: a.__setitem__([0], E)),
        changed(c, lambda a: a.__setitem__(([0, 1], slice(None), [1, 2]), v[:3])),
        changed(x, lambda a: a.put([1, 5], v[0])),
        changed(x, lambda a: a.__setitem__((..., 1), v[0])), changed(x, lambda a: a.__setitem__(-1, x[0])),
        changed(x, lambda a: a.__setitem__(slice(1, None), y[:1])), changed(x, lambda a: a.__setitem__((0, 1), v[2])),
        changed(x, lambda a: np.put_along_axis(a, i[None], v[None], 0)),
        changed(x, lambda a: np.put_along_axis(a, i[None], 2.0, -2)),
        changed(x, lambda a: np.put_along_axis(a, i, v, None)),
        changed(x, lambda a: np.put_along_axis(a, i[:3, None], E[:3, None], 1)),
        changed(x, lambda a: np.copyto(a, 1, "unsafe")),
        changed(x, lambda a: np.copyto(a, E, where=v > 0)), changed(x, lambda a: np.copyto(a, v, where=F[0] > 0))),
    "assigned where": lambda x, y, v, c, i: (
        changed(x, lambda a: a.__setitem__(x > 0, 0.0)), changed(x, lambda a: a.__setitem__(x > 0, v[0])),
        changed(x, lambda a: a.__setitem__(np.abs(F[0]) < 1, 7.0)), changed(v, lambda a: a.__setitem__(v > 0, E[0])),
        changed(x, lambda a: a.__setitem__(np.array([True, False, True]), v)),
        changed(x, lambda a: np.copyto(a, v, where=x > 0))),
    "added at": lambda x, y, v, c, i: (
        changed(x, lambda a: np.add.at(a, [0, 0, 2], v)), changed(x, lambda a: np.add.at(a, ([0, 0], [1, 1]), 2.0)),
        changed(x, lambda a: np.add.at(a, i, v)), changed(v, lambda a: np.maximum.at(a, i, E)),
        changed(x, lambda a: np.add.at(a, (slice(None), i), 1.0)), changed(x, lambda a: np.add.at(a, (i[0], 1), v[1])),
        changed(x, lambda a: np.negative.at(a, [0, 2])), changed(c, lambda a: np.subtract.at(a, (1, [0, 0]), x[:2]))),
}  # fmt: skip

WITHIN_LOOPED = {
    "clipped": {"np.clip"}, "of each element": {"np.round"}, "transforms along axes": {"np.fft", "np.fftn"},
    "vectors into another": {"np.vecdot"}, "quantiles": {"np.quantile"}, "extremes": {"np.amax"},
        "along one axis into another": {"np.argmax", "np.add.reduceat", "np.cumsum"},
    "sorted along axes": {"partition"}, "reshaped": {"ravel", "reshape"}, "joined": {"np.concatenate"},
        "picked by a truth": {"getitem"}, "moved by each": {"np.repeat", "np.roll"},
    "joined into another": {"np.stack"}, "triangles": {"np.tril", "np.triu"},
    "assigned with fewer and more axes": {"put", "np.unravel_index"},
    "picked from the same by each": {"_take", "np.searchsorted"},
}  # fmt: skip
"""Of these calls those that are run example by example."""


@pytest.mark.parametrize("name", CALLS)
def test_each_form_of_a_call_gives_what_a_loop_gives(name: str) -> None:
    arrays = (X, Y, V, C, I % 3)
    each = [CALLS[name](*[x[k].copy() for x in arrays]) for k in range(N)]
    mapped = vmap(lambda *given: CALLS[name](*[unwrap(x) for x in given]))
    got = mapped(*[x.copy() for x in arrays])
    assert {why.split(" has no")[0] for why in mapped.why_looped} == WITHIN_LOOPED.get(name, set())
    for k, part in enumerate(got):
        try:
            same(part, np.stack([np.asarray(unwrap(one[k])) for one in each]))
        except AssertionError as error:
            raise AssertionError(f"the {k}-th result") from error


ACROSS = {
    "where", "into arrays", "in place", "filled", "matrices into another", "sums", "extremes", "assigned",
    "assigned where", "vectors into another", "assigned with fewer and more axes", "added at", "joined into another",
}  # fmt: skip
"""Those of these calls that write what differs between the examples of one batch into an array that does not."""


def within_one_another(name: str, outer: tuple[int, ...]) -> tuple[Any, Any]:
    """A call for all examples of a batch, within another batch in which these arrays differ; and by two loops."""
    arrays = (X, Y, V, C, I % 3)
    inner = [k for k in range(len(arrays)) if k not in outer]

    def run(*of_outer: Any) -> Any:
        def one(*of_inner: Any) -> Any:
            given = dict(zip(inner, of_inner, strict=True)) | dict(zip(outer, of_outer, strict=True))
            return CALLS[name](*[unwrap(given[k]) for k in range(len(arrays))])

        return vmap(one)(*[arrays[k].copy() for k in inner])

    each = [[CALLS[name](*[x[n if k in outer else m].copy() for k, x in enumerate(arrays)]) for m in range(N)]
            for n in range(N)]  # fmt: skip
    return lambda: vmap(run)(*[arrays[k].copy() for k in outer]), each


@pytest.mark.parametrize("outer", [(0, 3), (1, 2, 4)])
@pytest.mark.parametrize("name", [name for name in CALLS if name not in ACROSS])
def test_arrays_of_a_batch_within_another(name: str, outer: tuple[int, ...]) -> None:
    """Some of the arrays differ between the examples of the outer batch, and the others between those of the inner."""
    got, each = within_one_another(name, outer)
    for k, part in enumerate(got()):
        same(part, np.array([[np.asarray(unwrap(one[k])) for one in row] for row in each]))


@pytest.mark.parametrize("outer", [(0, 3), (1, 2, 4)])
@pytest.mark.parametrize("name", sorted(ACROSS))
def test_what_is_written_into_an_array_of_another_batch_is_refused(name: str, outer: tuple[int, ...]) -> None:
    with pytest.raises(TypeError, match=r"is written into an array of shape .* that is the same for all"):
        within_one_another(name, outer)[0]()


@pytest.mark.parametrize("name", CALLS)
def test_arrays_of_two_batches(name: str) -> None:
    """Each array differs between the examples of both."""
    arrays, shifts = (X, Y, V, C), np.array([0.0, 0.5])
    mapped = vmap(lambda s: vmap(lambda *a: CALLS[name](*[unwrap(x + s) for x in a[:4]], unwrap(a[4])))(*arrays, I % 3))
    each = [[CALLS[name](*[x[m] + s for x in arrays], I[m] % 3) for m in range(N)] for s in shifts]
    for k, part in enumerate(mapped(shifts)):
        same(part, np.array([[np.asarray(unwrap(one[k])) for one in row] for row in each]))
