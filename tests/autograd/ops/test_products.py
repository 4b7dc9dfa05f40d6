"""Products of arrays: einsum in all its forms, matmul and its kin, and functions of sampled values."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd import Tensor, grad
from autograd.ops.contraction import Contraction

_draw = np.random.default_rng(0)


def real(*shape: int) -> Any:
    return _draw.standard_normal(shape)


def complex_(*shape: int) -> Any:
    return real(*shape) + 1j * real(*shape)


# subscripts and the shapes of the operands
SUMS = [
    ("ii->", [(3, 3)]), ("ii", [(3, 3)]), ("ii->i", [(3, 3)]), ("ij->ji", [(2, 3)]), ("ba", [(2, 3)]),
    ("ij->", [(2, 3)]), ("ij->j", [(2, 3)]), ("ijij->ij", [(2, 3, 2, 3)]), ("iij->j", [(2, 2, 3)]),
    ("iii", [(2, 2, 2)]), ("->", [()]), ("i...->...", [(2, 3, 2)]), ("...ii->...i", [(2, 3, 3)]), ("...", [(2, 3)]),
    (" i j -> j i ", [(2, 3)]), ("ij,jk", [(2, 3), (3, 4)]), ("ij,jk->ki", [(2, 3), (3, 4)]),
    ("ij,kj->ik", [(2, 3), (4, 3)]), ("ji,jk->ik", [(3, 2), (3, 4)]), ("i,i", [(3,), (3,)]), ("i,i->i", [(3,), (3,)]),
    ("i,j->ij", [(2,), (3,)]), ("i,j->ji", [(2,), (3,)]), ("i,j->", [(2,), (3,)]), ("ij,ij->ij", [(2, 3), (2, 3)]),
    ("ij,ij->i", [(2, 3), (2, 3)]), ("ij,ij->", [(2, 3), (2, 3)]), ("ij,ji->", [(2, 3), (3, 2)]),
    ("ij,j->i", [(2, 3), (3,)]), ("j,ij->i", [(3,), (2, 3)]), ("ij,->ij", [(2, 3), ()]), (",", [(), ()]),
    ("ij,k->", [(2, 3), (4,)]), ("ii,ij->j", [(3, 3), (3, 4)]), ("ijj,jk->ik", [(2, 3, 3), (3, 2)]),
    ("ij,jk->k", [(2, 3), (3, 4)]), ("ijk,k->j", [(2, 3, 4), (4,)]), ("bij,bjk->bik", [(2, 3, 4), (2, 4, 2)]),
    ("bthd,bshd->bhts", [(2, 3, 2, 2), (2, 2, 2, 2)]), ("bhts,bshd->bthd", [(1, 2, 3, 2), (1, 2, 2, 2)]),
    ("ijk,jil->kl", [(2, 3, 4), (3, 2, 2)]), ("abc,cbd->da", [(2, 3, 2), (2, 3, 2)]),
    ("...ij,...jk", [(2, 1, 2, 3), (2, 3, 2)]), ("...ij,jk->...ik", [(2, 2, 3), (3, 2)]),
    ("i...,i...->...", [(2, 3), (2, 1)]), ("...,...", [(2, 3), (1, 3)]), ("...i,...i", [(3, 2, 2), (1, 2, 2)]),
    ("ij,...j->i...", [(2, 3), (2, 2, 3)]), ("ij,jk", [(2, 1), (3, 4)]), ("ij,ij->ij", [(1, 3), (2, 1)]),
    ("i,i->", [(1,), (3,)]), ("ab,bc,cd->ad", [(2, 3), (3, 2), (2, 2)]), ("i,j,k->kji", [(2,), (3,), (2,)]),
    ("ij,ij,ij->j", [(2, 3)] * 3), ("a,ab,bc,cd,d->", [(2,), (2, 3), (3, 2), (2, 2), (2,)]),
    ("...i,ij,...j->...", [(2, 3), (3, 3), (2, 3)]), ("ij,jk->ik", [(2, 0), (0, 3)]),
]  # fmt: skip


@pytest.mark.parametrize(("subscripts", "shapes"), SUMS, ids=[f"{s} {list(h)}" for s, h in SUMS])
@pytest.mark.parametrize("of", [real, complex_])
def test_einsum(subscripts: str, shapes: Any, of: Any, check: Any) -> None:
    check(lambda *x: np.einsum(subscripts, *x), *[of(*shape) for shape in shapes], second=of is real)


def test_einsum_with_lists_of_labels(check: Any) -> None:
    x, y = real(2, 3), real(3, 4)
    check(lambda x, y: np.einsum(x, [0, 1], y, [1, 2]), x, y)
    check(lambda x, y: np.einsum(x, [5, 1], y, [1, 2], [2, 5]), x, y)
    check(lambda x: np.einsum(x, [Ellipsis, 0, 1], [Ellipsis, 1]), real(2, 2, 3))
    check(lambda x: np.einsum(x, [0, 0], []), real(3, 3))


def test_einsum_of_one_array_twice() -> None:
    x = Tensor([1.0, 2.0], requires_grad=True)
    np.einsum("i,i->", x, x).backward()
    np.testing.assert_array_equal(x.grad.data, [2.0, 4.0])
    x.grad = None
    np.einsum("i,i,i->", x, x, x).backward()
    np.testing.assert_array_equal(x.grad.data, [3.0, 12.0])


def test_einsum_of_real_and_complex(check: Any) -> None:
    check(lambda x, y: np.einsum("ij,jk->ik", x, y), real(2, 3), complex_(3, 2))


@pytest.mark.parametrize("subscripts", ["ii,jk->", "ij,j->i", "ij,kl,j->k", "ij,k->k"])
@pytest.mark.parametrize("kind", ["i1", "f2", "f4", "?"])
def test_einsum_sums_in_the_dtype_that_it_has(subscripts: str, kind: str) -> None:
    """One operand alone, too, which has not the range or the digits of what the other one is of."""
    parts = subscripts.partition("->")[0].split(",")
    arrays = [np.full((30,) * len(part), 3000.1 if kind != "i1" else 100).astype(kind) for part in parts[:-1]]
    last = np.linspace(0.5, 1, 30 ** len(parts[-1])).reshape((30,) * len(parts[-1]))
    expected = np.einsum(subscripts, *[array.astype(float) for array in arrays], last)
    np.testing.assert_allclose(np.einsum(subscripts, *map(Tensor, [*arrays, last])).data, expected, rtol=1e-12)
    slope: Any = grad(lambda y: np.einsum(subscripts, *arrays, y).sum())(last)
    exact: Any = grad(lambda y: np.einsum(subscripts, *[array.astype(float) for array in arrays], y).sum())(last)
    np.testing.assert_allclose(slope, exact, rtol=1e-12)


def test_einsum_options() -> None:
    x = Tensor(real(3, 3).astype("f"), requires_grad=True)
    assert np.einsum("ij->j", x, dtype=np.float64).dtype == np.float64
    assert np.einsum("ij,jk", x, x, optimize="greedy").shape == (3, 3)
    target = Tensor(np.zeros(3, "f"))
    assert np.einsum("ii->i", x, out=target) is target
    assert target.requires_grad
    assert np.einsum("ij->", Tensor(np.ones((2, 3), int))).dtype == int
    view = np.einsum("ii->i", x)
    assert np.shares_memory(view.data, x.data)


@pytest.mark.parametrize(("args", "words"), [
    (("ij,jk", np.ones((2, 3)), np.ones((2, 3))), "sizes 3 and 2"),
    (("ij", np.ones(3)), "do not fit"),
    (("ij,jk", np.ones((2, 3))), "2 operands"),
    (("ij->k", np.ones((2, 3))), "label 'k'"),
    (("ij->ii", np.ones((2, 3))), "occur once"),
    (("i1", np.ones((2, 3))), "letters"),
    (("...i->i", np.ones((2, 3))), "ellipsis"),
])  # fmt: skip
def test_einsum_that_cannot_be(args: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        np.einsum(args[0], *map(Tensor, args[1:]))


def test_a_contraction_reads_as_einsum_does_and_is_planned_once() -> None:
    x, y = Tensor(real(2, 3), requires_grad=True), Tensor(real(3, 4))
    plan = np.einsum("ij,jk", x, y).grad_fn.saved[-1]
    assert isinstance(plan, Contraction)
    assert repr(plan) == "ab,bc->ac"
    assert repr(plan.vjp(0)) == "ab,cb->ac"
    assert np.einsum("ij,jk", x, y).grad_fn.saved[-1] is plan
    assert np.tensordot(x, y, 1).grad_fn.saved[-1].vjp(0) is np.tensordot(x, y, 1).grad_fn.saved[-1].vjp(0)


@pytest.mark.parametrize(
    "subscripts", ["bthd,bshd->bhts", "bhts,bshd->bthd", "ij,jk->ki", "ijk,kl->ijl", "ijk,ijl->kl"]
)
def test_a_contraction_of_arrays_in_c_order_copies_nothing(subscripts: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes into matmul are views of the operands."""
    from autograd.ops import products

    sizes = dict(zip("bthdsijkl", range(2, 12), strict=False))
    arrays = [real(*[sizes[c] for c in term]) for term in subscripts.split("->")[0].split(",")]
    given = []

    class Watched(np.ndarray):
        def __matmul__(self, other: Any) -> Any:
            given.append((np.asarray(self), np.asarray(other)))
            return np.asarray(self) @ np.asarray(other)

    products.einsum(subscripts, *[array.view(Watched) for array in arrays])
    assert len(given) == 1
    for part in given[0]:
        assert any(np.shares_memory(part, array) for array in arrays)


ROWS: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "tensordot": (np.tensordot, (real(2, 3, 2), real(3, 2, 2))),
    "tensordot 0": (lambda x, y: np.tensordot(x, y, 0), (real(2), real(3))),
    "tensordot 1": (lambda x, y: np.tensordot(x, y, 1), (real(2, 3), real(3, 2))),
    "tensordot axes": (lambda x, y: np.tensordot(x, y, ((0, 2), (1, -1))), (real(2, 3, 4), real(2, 2, 4))),
    "tensordot axis": (lambda x, y: np.tensordot(x, y, (1, 0)), (real(2, 3), real(3, 4))),
    "tensordot of nothing": (lambda x, y: np.tensordot(x, y, 1), (real(2, 0), real(0, 3))),
    "linalg.tensordot": (lambda x, y: np.linalg.tensordot(x, y, axes=1), (real(2, 3), real(3, 4))),
    "matmul": (np.matmul, (real(2, 3), real(3, 4))),
    "matmul complex": (np.matmul, (complex_(2, 3), complex_(3, 4))),
    "matmul of nothing": (np.matmul, (real(2, 0), real(0, 3))),
    "matmul 3 2 of nothing": (np.matmul, (real(2, 3, 0), real(0, 2))),
    "matmul 3 2 of no matrices": (np.matmul, (real(0, 2, 3), real(3, 2))),
    "matmul 1 1": (np.matmul, (real(3), real(3))),
    "matmul 1 2": (np.matmul, (real(3), real(3, 2))),
    "matmul 2 1": (np.matmul, (real(2, 3), real(3))),
    "matmul 1 3": (np.matmul, (real(3), real(2, 3, 2))),
    "matmul 3 1": (np.matmul, (real(2, 2, 3), real(3))),
    "matmul 3 2": (np.matmul, (real(2, 2, 3), real(3, 2))),
    "matmul 4 2": (np.matmul, (real(2, 1, 2, 3), real(3, 2))),
    "matmul 2 3": (np.matmul, (real(2, 3), real(2, 3, 2))),
    "matmul batch": (np.matmul, (real(2, 2, 3), real(2, 3, 2))),
    "matmul broadcast": (np.matmul, (real(2, 1, 2, 3), real(3, 3, 2))),
    "matmul transposed": (lambda x, w: x @ w.T, (real(2, 3), real(4, 3))),
    "matmul batch transposed": (lambda x, w: x @ w.mT, (real(2, 2, 3), real(2, 3))),
    "matmul views": (lambda x, y: x[:, ::2] @ y.T[::-1], (real(2, 4), real(3, 2))),
    "rmatmul": (lambda x: np.arange(6.0).reshape(2, 3) @ x, (real(3, 2),)),
    "linalg.matmul": (np.linalg.matmul, (real(2, 3), real(3, 4))),
    "dot": (np.dot, (real(2, 3), real(3, 2))),
    "dot 1": (np.dot, (real(3), real(3))),
    "dot 0": (np.dot, (real(), real(2, 3))),
    "dot 3 3": (np.dot, (real(2, 2, 3), real(2, 3, 2))),
    "dot 1 3": (np.dot, (real(3), real(2, 3, 2))),
    "dot method": (lambda x, y: x.dot(y), (real(2, 3), real(3))),
    "inner": (np.inner, (real(2, 3), real(4, 3))),
    "inner 0": (np.inner, (real(), real(3))),
    "inner 1": (np.inner, (complex_(3), complex_(3))),
    "outer": (np.outer, (real(2, 2), real(3))),
    "linalg.outer": (np.linalg.outer, (real(2), real(3))),
    "vdot": (np.vdot, (real(2, 3), real(2, 3))),
    "vdot complex": (np.vdot, (complex_(4), complex_(4))),
    "vecdot": (np.vecdot, (real(2, 3), real(3))),
    "vecdot complex": (np.vecdot, (complex_(2, 3), complex_(2, 3))),
    "vecdot axis": (lambda x, y: np.vecdot(x, y, axis=0), (real(2, 3), real(2, 3))),
    "linalg.vecdot": (np.linalg.vecdot, (complex_(2, 3), complex_(2, 3))),
    "kron": (np.kron, (real(2, 2), real(2, 3))),
    "kron of unlike": (np.kron, (real(2), real(2, 1, 2))),
    "cross": (np.cross, (real(2, 3), real(2, 3))),
    "cross broadcast": (np.cross, (real(3), real(2, 3))),
    "cross axes": (lambda x, y: np.cross(x, y, axisa=0, axisb=1, axisc=0), (real(3, 2), real(2, 3))),
    "cross axis": (lambda x, y: np.cross(x, y, axis=0), (real(3, 2), real(3, 2))),
    "linalg.cross": (lambda x, y: np.linalg.cross(x, y, axis=0), (real(3, 2), real(3, 2))),
    "multi_dot": (lambda *x: np.linalg.multi_dot(x), (real(2, 5), real(5, 1), real(1, 4), real(4, 2))),
    "multi_dot vectors": (lambda *x: np.linalg.multi_dot(x), (real(3), real(3, 2), real(2))),
    "multi_dot two": (lambda *x: np.linalg.multi_dot(x), (real(2, 3), real(3))),
    "diff": (np.diff, (real(2, 4),)),
    "diff n axis": (lambda x: np.diff(x, 2, 0), (real(4, 2),)),
    "diff ends": (lambda x, a: np.diff(x, prepend=a, append=0.0), (real(2, 3), real(2, 1))),
    "diff 0": (lambda x: np.diff(x, 0) * 1, (real(3),)),
    "ediff1d": (np.ediff1d, (real(2, 3),)),
    "ediff1d ends": (lambda x, y: np.ediff1d(x, to_end=y, to_begin=[1.0, 2.0]), (real(4), real(2))),
    "gradient": (np.gradient, (real(3, 4),)),
    "gradient axis": (lambda x: np.gradient(x, 0.5, axis=1), (real(3, 4),)),
    "gradient spacings": (lambda x: np.gradient(x, 0.5, 2.0, edge_order=2), (real(3, 4),)),
    "gradient coordinates": (lambda x, t: np.gradient(x, t), (real(5), np.array([0.0, 1, 1.5, 3, 3.2]))),
    "gradient coordinates 2": (
        lambda x, t: np.gradient(x, t, axis=0, edge_order=2), (real(4, 2), np.array([0, 1, 1.5, 3]))
    ),
    "gradient short": (np.gradient, (real(2),)),
    "polyval": (np.polyval, (real(4), real(2, 3))),
    "polyval complex": (np.polyval, (complex_(3), complex_(2))),
    "vander": (np.vander, (real(3),)),
    "vander N": (lambda x: np.vander(x, 4, increasing=True), (complex_(3),)),
    "polyadd": (np.polyadd, (real(4), real(2))),
    "polysub": (np.polysub, (real(2), real(3))),
    "polymul": (np.polymul, (real(3), real(2))),
    "polyder": (lambda p: np.polyder(p, 2), (real(5),)),
    "polyint": (lambda p, k: np.polyint(p, 2, k), (real(3), real(2))),
    "polyint alone": (np.polyint, (real(3),)),
    "polydiv": (np.polydiv, (real(5), real(3))),
    "poly": (np.poly, (real(3),)),
    "poly of a matrix": (np.poly, (np.array([[1.0, 2], [-3, 0.5]]),)),
    "roots": (np.roots, (np.array([1.0, -2.0, 3.0, 0.5]),)),
    "roots at 0": (np.roots, (np.array([1.0, -3.0, 2.0]),)),
    "polyfit": (lambda x, y: np.polyfit(x, y, 2), (np.array([0.0, 1, 2, 3.5, 5]), real(5))),
    "polyfit weights": (lambda y, w: np.polyfit(np.arange(5.0), y, 1, w=w), (real(5, 2), np.abs(real(5)) + 0.5)),
    "linspace": (lambda a, b: np.linspace(a, b, 4), (real(), real())),
    "linspace axis": (lambda a, b: np.linspace(a, b, 3, endpoint=False, axis=1), (real(2), real())),
    "linspace step": (lambda a, b: np.linspace(a, b, 3, retstep=True), (real(), real())),
    "logspace": (lambda a, b: np.logspace(a, b, 3, base=2.0), (real(), real())),
    "geomspace": (lambda a, b: np.geomspace(a, b, 4), (np.array(1.5), np.array(20.0))),
    "geomspace negative": (lambda a, b: np.geomspace(a, b, 3), (np.array(-1.0), np.array(-8.0))),
    "cov": (np.cov, (real(3, 4),)),
    "cov of one": (np.cov, (real(4),)),
    "cov two": (np.cov, (real(4), real(4))),
    "cov columns": (lambda x: np.cov(x, rowvar=False, bias=True), (real(4, 2),)),
    "cov weights": (lambda x, w: np.cov(x, fweights=[1, 2, 0, 1], aweights=w, ddof=0), (real(2, 4), np.abs(real(4)))),
    "cov weights ddof": (lambda x, w: np.cov(x, aweights=w), (real(2, 4), np.abs(real(4)))),
    "cov complex": (np.cov, (complex_(2, 3),)),
    "corrcoef two": (np.corrcoef, (real(2, 4), real(1, 4))),
    "corrcoef": (lambda x: np.corrcoef(x)[0, 1:], (real(3, 4),)),
}  # fmt: skip
for _name in ("convolve", "correlate"):
    for _mode in ("full", "same", "valid"):
        for _n, _m in ((5, 3), (3, 5), (4, 4), (5, 2), (2, 5), (4, 1), (1, 3)):
            for _of in (real, complex_):
                ROWS[f"{_name} {_mode} {_n} {_m} {_of.__name__}"] = (
                    lambda x, y, name=_name, mode=_mode: getattr(np, name)(x, y, mode), (_of(_n), _of(_m))
                )  # fmt: skip
if hasattr(np, "matvec"):
    ROWS["matvec"] = (np.matvec, (complex_(2, 2, 3), complex_(3)))
    ROWS["vecmat"] = (np.vecmat, (complex_(2, 3), complex_(2, 3, 2)))


@pytest.mark.parametrize("row", ROWS)
def test_value_gradient_and_second_gradient(row: str, check: Any) -> None:
    fun, inputs = ROWS[row]
    check(fun, *inputs)


@pytest.mark.parametrize("shape", [(6, 4), (2, 3, 4), (2, 3, 1, 4)])
def test_the_gradient_of_a_transposed_weight_is_in_c_order(shape: Any) -> None:
    w = Tensor(real(5, 4), requires_grad=True)
    x = Tensor(real(*shape), requires_grad=True)
    out = x @ w.T
    assert out.data.flags.c_contiguous
    (out * out).sum().backward()
    assert w.grad.data.flags.c_contiguous
    assert x.grad.data.flags.c_contiguous


def test_the_gradient_of_a_transposed_weight_is_not_copied_and_is_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    from autograd.engine import sweep as engine

    copied: list[Any] = []
    monkeypatch.setattr(engine, "_copy", lambda g: (copied.append(g.shape), np.array(g))[1])
    w = Tensor(real(5, 4), requires_grad=True)
    (Tensor(real(3, 4)) @ w.T).backward(real(3, 5))
    assert copied == []
    assert w.grad.data.base is None
    seen: list[Any] = []
    w.grad = None
    middle = w.T
    middle.register_hook(seen.append)
    (Tensor(real(3, 4)) @ middle).backward(real(3, 5))
    assert not np.shares_memory(w.grad.data, seen[0].data)
    u, v = Tensor(real(4, 5), requires_grad=True), Tensor(real(4, 5), requires_grad=True)
    (Tensor(real(3, 5)) @ (u.T.T + v.T.T).T).backward(real(3, 4))
    assert not np.shares_memory(u.grad.data, v.grad.data)


def test_the_gradient_of_a_weight_is_one_product_over_the_whole_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    """No array as large as a product for each matrix of the batch is made on the way."""
    import tracemalloc

    x, w = Tensor(real(64, 4, 32)), Tensor(real(32, 32), requires_grad=True)
    out = x @ w
    g = np.ones(out.shape)
    tracemalloc.start()
    out.backward(g)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 64 * 32 * 32 * 8 / 2


@pytest.mark.parametrize(("fun", "words"), [
    (lambda x: np.tensordot(x, x, 1), "do not match"),
    (lambda x: np.tensordot(x, x, 3), "from 0 to 2 axes"),
    (lambda x: x @ x, "matmul"),
    (lambda x: np.linalg.outer(x, x), "two vectors"),
    (lambda x: np.cross(x[:, :1], x[:, :1]), "2 or 3 components"),
    (lambda x: np.linalg.multi_dot([x]), "two arrays"),
    (lambda x: np.gradient(x[:, :1], axis=1), "at least 2"),
    (lambda x: np.diff(x, -1), "at least 0"),
    (lambda x: np.convolve(x[0], x[0], "half"), "'valid'"),
])  # fmt: skip
def test_what_cannot_be_done_says_so(fun: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        fun(Tensor(real(2, 3), requires_grad=True))


def test_a_product_of_vectors_passes_on_what_arrives():
    x, y = Tensor([1.0, 2.0], requires_grad=True), Tensor([3.0, 5.0], requires_grad=True)
    (np.matmul(x, y) * 10).backward()
    assert x.grad.tolist() == [30.0, 50.0]
    assert y.grad.tolist() == [10.0, 20.0]


@pytest.mark.parametrize("lead", [(), (2,), (3, 2)])
def test_the_second_factor_may_be_a_transposed_view(lead: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(*lead, 3, 4)), rng.normal(size=(*lead, 5, 4)).swapaxes(-1, -2)
    g = rng.normal(size=(*lead, 3, 5))
    t = Tensor(y, requires_grad=True)
    np.matmul(x, t).backward(g)
    assert t.grad is not None
    np.testing.assert_allclose(t.grad.data, np.einsum("...ij,...ik->...jk", x, g))


def test_differences_between_places_have_the_dtype_of_the_values():
    x, t = np.arange(5, dtype=np.float32) ** 2, np.array([0.0, 1, 1.5, 3, 3.2])
    for f, at in ((Tensor(x, requires_grad=True), t), (x, Tensor(t, requires_grad=True))):
        found = np.gradient(f, at)
        assert found.dtype == np.gradient(x, t).dtype == np.float32
        np.testing.assert_allclose(found.data, np.gradient(x, t), rtol=1e-6)
