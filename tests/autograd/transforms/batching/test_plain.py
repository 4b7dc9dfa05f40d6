"""Functions of NumPy's on what stands inside Tensors while vmap runs, which rules and `.data` give, against a loop."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograd import vmap
from autograd.engine.tensor import unwrap

from .test_forms import INTEGERS, NAMES, N, flat, function_of, same

LOOPED = {
    "unwrap", "amax", "amin", "bincount", "histogram", "histogram_bin_edges", "histogram2d", "histogramdd", "lexsort",
    "digitize", "isin", "polymul", "roots", "polyfit", "unravel_index", "ravel_multi_index", "ix_", "diag_indices_from",
    "tril_indices_from", "triu_indices_from", "packbits", "unpackbits", "array_equal", "array_equiv", "linalg.lstsq",
}  # fmt: skip
"""Those that have no form for all examples at once."""


@pytest.mark.parametrize("name", NAMES)
def test_values_are_those_of_a_loop(name: str) -> None:
    run, arrays = function_of(name, "u1" if name == "unpackbits" else "i8" if name in INTEGERS else "f8")
    each = [flat(run(*[x[k] for x in arrays])) for k in range(N)]
    mapped = vmap(lambda *given: run(*[unwrap(x) for x in given]))
    got = flat(mapped(*arrays))
    assert bool(mapped.why_looped) == (name in LOOPED)
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
    "powers": lambda x, y, v, c, i: (abs(x) ** v, abs(v) ** c, 2.0**c, x**2, abs(v) ** F, abs(E) ** x),
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
    # made anew
    "of the same shape": lambda x, y, v, c, i: (
        np.full_like(x, v), np.full_like(x, 2), np.full_like(x, v[0], np.float32), np.full_like(x, v, shape=(2, 4)),
        np.zeros_like(x, shape=(5,)) + v[0], np.ones_like(x, np.float32) * 2),
    "like another": lambda x, y, v, c, i: (
        np.array([v, E, [1.0, 2, 3, 4]], like=x), np.array(x, like=x), np.array(x, np.float32, like=x),
        np.array([[1, v[0]], [x[0, 0], 2]], dtype=np.float32, like=x), np.asarray(x, like=x),
        np.asarray(x, np.float32, like=x), np.asarray(E, like=x), np.ascontiguousarray(x.T, like=x),
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
    "matrices into another": lambda x, y, v, c, i: (
        np.matmul(x, W, out=np.zeros_like(x[:, :2])), np.matmul(x, y.T, out=np.zeros_like(x[:, :3]))),
    "dot, inner, vecdot": lambda x, y, v, c, i: (
        np.dot(x, v), np.dot(v, 2.0), np.dot(2.0, x), np.dot(c, W), np.dot(c, x.T), np.inner(x, v), np.inner(c, x),
        np.vecdot(c, v), np.vecdot(x, E), np.tensordot(c, x, ([1, 2], [0, 1])), np.outer(x, v), np.kron(v, x)),
    "einsum": lambda x, y, v, c, i: (
        np.einsum("ij,j->i", x, v), np.einsum("kij,ij,j->ki", c, x, E), np.einsum("...j,j", c, v),
        np.einsum("ij->ji", x), np.einsum("ij,kj", x, y), np.einsum("ij,jk->ik", x, W)),
    "norms": lambda x, y, v, c, i: (
        norm(x), norm(x, keepdims=True), norm(v, 1), norm(v, np.inf), norm(x, "fro"), norm(x, 1), norm(x, 2),
        norm(x, 1, axis=1), norm(x, axis=(0, 1), keepdims=True), norm(c, axis=-1), norm(c, -np.inf, (0, 2)),
        norm(c, keepdims=True), norm(v, 3, keepdims=True), norm(x, axis=0, keepdims=True), norm(v, 0)),
    "crosses": lambda x, y, v, c, i: (
        np.cross(x[:, :3], y[:, :3]), np.cross(x[:, :3], v[:3]), np.cross(x, y, axis=0),
        np.linalg.cross(x[:, 1:], E[1:])),
    "transforms": lambda x, y, v, c, i: (
        np.fft.fft(x, axis=0), np.fft.rfft(v, 6), np.fft.fft2(c, (2, 2)), np.fft.fftn(x, axes=(0,)),
        np.fft.fftn(c, (3,), (0,)),
        np.fft.fftshift(x), np.fft.fftshift(c, (0, 2)), np.fft.ifftshift(x, 0), np.fft.irfftn(c, (4, 4), (0, 2))),
    # along axes
    "sums": lambda x, y, v, c, i: (
        x.sum(), x.sum(0), x.sum(-1, keepdims=True), np.sum(c, (0, -1)), np.sum(x, where=x > 0), x.sum(0, np.float32),
        np.sum(x, 1, initial=2.0), np.sum(x, 0, where=v > 0), np.sum(x, 0, out=np.zeros_like(v)), c.mean((1, 2)),
        np.prod(x, 0, keepdims=True), np.var(c, (0, 1), ddof=1), np.std(x, keepdims=True), x.sum(()),
        np.mean(x, 1, where=E > 0)),
    "extremes": lambda x, y, v, c, i: (
        x.max(), c.min((0, 2)), np.max(x, 1, initial=0.5, where=x > 0), x.argmax(0), np.argmin(c, 1, keepdims=True),
        np.argmax(x), np.ptp(x, 1, keepdims=True), np.amax(x, 0, np.zeros_like(v))),
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
    "sorted": lambda x, y, v, c, i: (
        np.sort(x, 0), np.sort(x, None), np.argsort(c, 1), changed(x, lambda a: a.sort()),
        changed(c, lambda a: a.sort(0)),
        changed(x, lambda a: a.sort(axis=1, kind="stable")), np.partition(x, 2, 1)[:, 2], np.argpartition(x, 1, 0)[1],
        np.diff(x), np.diff(c, 2), np.diff(c, 1, 0), np.diff(x, axis=0, prepend=0.0)),
    # shapes
    "reshaped": lambda x, y, v, c, i: (
        x.reshape(4, 3), x.reshape((2, -1)), x.reshape(-1), np.reshape(c, (6, 4)), x.reshape(4, 3, order="F"),
        c.ravel("F"), np.reshape(x, 12), np.reshape(x, (4, 3), "F"), np.reshape(x, (4, 3), "C"),
        x.reshape(()) if x.size == 1 else x, c.flatten()),
    "turned": lambda x, y, v, c, i: (
        np.transpose(c), np.transpose(c, (1, 2, 0)), c.transpose(2, 0, 1), c.T, c.mT, np.swapaxes(c, 0, -1),
        np.moveaxis(c, 0, -1), np.moveaxis(c, (0, 1), (-1, 0)), np.rollaxis(c, 2), np.rollaxis(c, -1, 1),
        np.rollaxis(c, 0, -1),
        np.matrix_transpose(x), np.permute_dims(c, (2, 1, 0)), v.T),
    "with and without axes": lambda x, y, v, c, i: (
        np.squeeze(x[:1]), np.squeeze(c[:1, :, :1], 0), np.expand_dims(x, (0, -1)), np.expand_dims(v, 1),
        np.atleast_2d(v),
        np.atleast_3d(x), np.atleast_1d(v[0])),
    "broadcast": lambda x, y, v, c, i: (
        np.broadcast_to(v, (3, 4)), np.broadcast_to(v[0], (2, 2)), *np.broadcast_arrays(x, v, c, E),
        np.broadcast_to(x, (2, 3, 4))),
    "flipped and rolled": lambda x, y, v, c, i: (
        np.flip(c), np.flip(c, 1), np.flip(c, (0, 2)), np.fliplr(x), np.rot90(x), np.rot90(c, 2, (0, 2)), np.roll(x, 1),
        np.roll(c, (1, 2), (0, 2)), np.roll(x, -1, 0), np.roll(x, 5)),
    "joined": lambda x, y, v, c, i: (
        np.concatenate([x, y]), np.concatenate([x, F[0]], 1), np.concatenate([x, y], None), np.stack([v, E], 1),
        np.stack([x, y], -1), np.vstack([x, v]), np.hstack([v, E]), np.append(x, v), np.append(x, y, 1),
        np.column_stack([v, E]), *np.split(x, [1, 2], 1), *np.array_split(v, 3), np.block([[x], [y]])),
    "repeated": lambda x, y, v, c, i: (
        np.repeat(x, 2), np.repeat(x, [1, 0, 2], 0), np.tile(x, 2), np.tile(v, (2, 2)), np.resize(v, (2, 3))),
    "padded": lambda x, y, v, c, i: (
        np.pad(x, 1), np.pad(x, ((1, 0), (0, 2))), np.pad(x, ((1, 2), (0, 1)), constant_values=((1, 2), (3, 4))),
        np.pad(v, (1, 2), "edge"), np.pad(x, 1, "reflect"), np.pad(v, 2, constant_values=7.0),
        np.pad(c, ((0, 1), (1, 0), (2, 1)))),
    "windows": lambda x, y, v, c, i: (
        windows(v, 2), windows(x, (2, 2)), windows(x, 2, axis=1), windows(c, (2, 3), axis=(0, -1)), windows(x, 2, -2)),
    "triangles": lambda x, y, v, c, i: (np.tril(x), np.triu(c, 1), np.tril(x, -1), np.triu(x, -1)),
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
    "assigned": lambda x, y, v, c, i: (
        changed(x, lambda a: a.__setitem__(0, v)), changed(x, lambda a: a.__setitem__((slice(None), 1), 2.0)),
        changed(c, lambda a: a.__setitem__(1, v)), changed(x, lambda a: a.__setitem__(..., E)),
        changed(x, lambda a: a.__setitem__(([0, 2], [1, 3]), v[:2])), changed(x, lambda a: a.__setitem__([2, 0], 5.0)),
        changed(x, lambda a: a.__setitem__([2, 0], y[:2])), changed(c, lambda a: a.__setitem__((1, [0, 2]), v)),
        changed(c, lambda a: a.__setitem__((slice(None), 0), x[:2])),
        changed(x, lambda a: a.__setitem__((i[0], 1), v[0])),
        changed(x, lambda a: a.__setitem__(i, v)), changed(c, lambda a: a.__setitem__(([0], slice(None), [1]), 3.0)),
        changed(x, lambda a: a.__setitem__((i[:2], [0, 1]), v[:2]))),
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

WITHIN_LOOPED = {"extremes": {"np.amax"}, "reshaped": {"ravel", "reshape"}, "joined": {"np.concatenate"}}
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
            same(part, np.stack([np.asarray(one[k]) for one in each]))
        except AssertionError as error:
            raise AssertionError(f"the {k}-th result") from error
