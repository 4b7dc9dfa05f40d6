"""Arrays in blocks, computed later: functions on one block after another, and all that is wanted in one pass."""

import io

import numpy as np
import pytest

from autograd import Tensor, grad, value_and_grad
from autograd.engine import blocks
from autograd.engine.blocks import along, by_blocks, computed, each_block, in_blocks, write_later

da = pytest.importorskip("dask.array")

X = np.arange(24.0).reshape(8, 3)


class Source:
    """An array in blocks of three rows, which counts how many of them have been computed."""

    def __init__(self, array=X, chunks=(3, 2)):
        self.seen = 0
        made = da.from_array(np.asarray(array), chunks=chunks[: np.ndim(array)])
        self.array = made.map_blocks(self._look, dtype=made.dtype, meta=made._meta)
        self.number = made.npartitions

    def _look(self, block):
        self.seen += block.size > 0
        return block


def test_what_is_in_blocks():
    assert in_blocks(da.ones(3))
    assert not any(map(in_blocks, (np.ones(3), 1.0, None, Tensor(np.ones(3)), Tensor(da.ones(3)))))


@pytest.mark.parametrize("case", ["rows", "two", "whole", "number", "total", "fewer axes", "more axes"])
def test_by_blocks(case):
    source = Source()
    function, rows, whole, total = {
        "rows": (lambda x: x.cumsum(1), [source.array], (), False),
        "two": (lambda x, y: x * y, [source.array, X], (), False),
        "whole": (lambda x, w: x @ w, [source.array], (da.ones((3, 2), chunks=1),), False),
        "number": (lambda x, k: x * k, [source.array], (3,), False),
        "total": (lambda x, y: x.T @ y, [X, source.array], (), True),
        "fewer axes": (lambda x: x.sum(1), [source.array], (), False),
        "more axes": (lambda x: x[:, None] * np.ones((2, 1)), [source.array], (), False),
    }[case]
    made = by_blocks(function, rows, *whole, total=total)
    assert not source.seen
    plain = [np.asarray(value) for value in (*rows, *whole)]
    expected = function(*plain)
    assert made.shape == expected.shape
    assert made.dtype == expected.dtype
    source.seen = 0
    np.testing.assert_allclose(made.compute(scheduler="synchronous"), expected)
    assert source.seen == source.number


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_along_an_axis(axis):
    made = along(np.sort, [da.from_array(-X, chunks=(3, 2))], axis)
    np.testing.assert_array_equal(made.compute(), np.sort(-X, axis))


def test_along_the_only_axis_takes_one_block():
    np.testing.assert_array_equal(along(np.sort, [da.from_array(-X[:, 0], chunks=8)], 0), np.sort(-X[:, 0]))
    with pytest.raises(ValueError, match=r"write x.rechunk\(-1\)"):
        along(np.sort, [da.from_array(X[:, 0], chunks=3)], 0)


def test_element_by_element():
    twice = each_block(lambda x, y, times=2: x * times + y)
    assert twice(1, 2) == 4
    made = twice(da.from_array(X, chunks=3), X[0], times=3)
    assert in_blocks(made)
    np.testing.assert_array_equal(made, X * 3 + X[0])
    np.testing.assert_array_equal(twice(da.from_array(X, chunks=3), X[:, :1]), X * 2 + X[:, :1])


# ---- the backward pass: what is wanted is computed together ----------------------------------------------------------


def loss_of(weight, bias, x):
    return ((x @ weight + bias) ** 2).mean()


W, B = np.ones(3), np.zeros(())


def test_backward_computes_loss_and_gradients_in_one_pass():
    source = Source()
    params = [Tensor(W, requires_grad=True), Tensor(B, requires_grad=True)]
    loss = loss_of(*params, Tensor(source.array))
    assert in_blocks(loss.data)
    loss.backward()
    assert source.seen == source.number
    expected = value_and_grad(loss_of, (0, 1))(W, B, X)
    np.testing.assert_allclose(loss.item(), expected[0])
    assert source.seen == source.number
    for p, g in zip(params, expected[1], strict=True):
        assert type(p.grad.data) is np.ndarray
        np.testing.assert_allclose(p.grad.data, g)


def test_gradients_of_several_passes_add_up():
    x, weight = Tensor(Source().array), Tensor(W, requires_grad=True)
    for _ in range(2):
        loss_of(weight, 0.0, x).backward()
    np.testing.assert_allclose(weight.grad.data, 2 * grad(loss_of)(W, 0.0, X))


def test_gradients_of_what_is_in_blocks_stay_there():
    source = Source()
    x, weight = Tensor(source.array, requires_grad=True), Tensor(W, requires_grad=True)
    loss_of(weight, 0.0, x).backward()
    assert source.seen == source.number
    assert in_blocks(x.grad.data)
    np.testing.assert_allclose(x.grad.data, grad(loss_of, 2)(W, 0.0, X))


@pytest.mark.parametrize("transform", ["of tensors", "of a function"])
def test_grad_computes_in_one_pass(transform):
    source = Source()
    if transform == "of tensors":
        params = [Tensor(W, requires_grad=True), Tensor(B, requires_grad=True)]
        found = grad(loss_of(*params, source.array), params)
    else:
        value, found = value_and_grad(loss_of, (0, 1))(W, B, source.array)
        np.testing.assert_allclose(value, loss_of(W, B, X))
    assert source.seen == source.number
    for g, expected in zip(found, grad(loss_of, (0, 1))(W, B, X), strict=True):
        assert not in_blocks(getattr(g, "data", g))
        np.testing.assert_allclose(getattr(g, "data", g), expected)


def test_a_recorded_pass_stays_as_it_is():
    source, weight = Source(), Tensor(W, requires_grad=True)
    (g,) = grad(loss_of(weight, 0.0, source.array), weight, create_graph=True)
    assert not source.seen
    (second,) = grad((g * g).sum(), weight)
    plain = Tensor(W, requires_grad=True)
    (g,) = grad(loss_of(plain, 0.0, X), plain, create_graph=True)
    np.testing.assert_allclose(second.data, grad((g * g).sum(), plain)[0].data)


def test_a_backward_pass_within_a_block_does_not_wait_for_the_one_outside():
    """Blocks are computed in other threads, while the pass that wants them waits."""

    def step(block):
        w = Tensor(np.ones(3), requires_grad=True)
        (block @ w).sum().backward()
        return block * w.grad.data.sum()

    x = da.from_array(X, chunks=(3, 3)).map_blocks(step, dtype=float, meta=np.empty((0, 0)))
    weight = Tensor(W, requires_grad=True)
    loss_of(weight, 0.0, x).backward()
    assert weight.grad is not None


def test_values_to_be_written_later_are_computed_along():
    source = Source()
    known = Tensor(np.zeros(3))
    memory = known.data
    write_later(known, source.array.sum(0))
    write_later(known, known.data * 2)
    assert not source.seen
    computed([source.array.sum()])
    assert source.seen == source.number
    assert known.data is memory
    np.testing.assert_array_equal(memory, 2 * X.sum(0))
    assert not blocks._waiting


def test_what_was_written_in_between_stays():
    known = Tensor(np.zeros(3))
    write_later(known, Source().array.sum(0))
    known.data = np.ones(3)
    computed([])
    np.testing.assert_array_equal(known.data, 1)


# ---- what a Tensor says of itself ------------------------------------------------------------------------------------


def test_one_number_is_computed_when_asked_for():
    x = Tensor(da.from_array(np.array(2.5), chunks=()))
    assert (x.item(), float(x), int(x), complex(x), f"{x:.1f}") == (2.5, 2.5, 2, 2.5 + 0j, "2.5")
    assert Tensor(da.from_array(X, chunks=3)).tolist() == X.tolist()


def test_text_computes_nothing():
    source = Source()
    assert "dask.array" in repr(Tensor(source.array))
    assert not source.seen


def test_a_mask_says_why_it_has_no_gradient():
    x = Tensor(da.from_array(X, chunks=3), requires_grad=True)
    with pytest.raises(RuntimeError, match=r"write np.where\(mask, x, 0\), and divide by\s+mask.sum\(\)"):
        x[x > 3].sum().backward()


def test_a_result_of_many_elements_stays_in_blocks():
    source, weight = Source(), Tensor(W, requires_grad=True)
    y = source.array @ weight
    y.backward(np.ones(y.shape))
    assert in_blocks(y.data)
    assert source.seen == source.number
    np.testing.assert_allclose(weight.grad.data, X.sum(0))


def test_progress_may_be_shown():
    from dask.diagnostics import ProgressBar

    weight, said = Tensor(W, requires_grad=True), io.StringIO()
    with ProgressBar(out=said):
        loss_of(weight, 0.0, Source().array).backward()
    np.testing.assert_allclose(weight.grad.data, grad(loss_of)(W, 0.0, X))
    assert "100%" in said.getvalue()


def test_arrays_in_blocks_are_noticed_and_others_are_not(monkeypatch):
    monkeypatch.setattr(blocks.Seen, "blocks", False)
    (Tensor(X, requires_grad=True) * 2).sum().backward()
    assert not blocks.Seen.blocks
    (Tensor(da.ones(3), requires_grad=True) * 2).sum()
    assert blocks.Seen.blocks


def test_blocks_of_nothing_are_left_out():
    """Dask finds no maximum of them, and NaN for a variance."""
    x = np.arange(12.0).reshape(6, 2)
    t = Tensor(da.from_array(x, chunks=((2, 0, 4), 2)))
    assert t.data.chunks == ((2, 4), (2,))
    np.testing.assert_array_equal(np.max(t, axis=0).data.compute(), x.max(0))
    np.testing.assert_allclose(np.var(t).data.compute(), x.var())
    assert Tensor(da.from_array(x[:0], chunks=((0, 0), 2))).data.chunks == ((0,), (2,))
    some = da.from_array(x, chunks=((2, 0, 4), 2))
    unknown = some[some[:, 0] > 3]
    assert len(Tensor(unknown).data.chunks[0]) == 3
