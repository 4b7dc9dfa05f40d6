"""The checked mode: who made the first NaN or infinity, at which line, and that nobody overwrites what is saved."""

import gc
import re

import numpy as np
import pytest

import nn.functional as F
from autograd import Tensor, detect_anomaly, no_grad
from autograd.engine.anomaly import _locks

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


def leaf(*values):
    return Tensor(list(values), requires_grad=True)


def this_line(offset):
    import inspect

    return inspect.currentframe().f_back.f_lineno + offset


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda x: np.log(x), r"log made -inf at index \(1,\) of its result from finite x \(0.0\)"),
        (lambda x: x / Tensor([1.0, 0.0]), r"divide made nan at index \(1,\)"),
        (lambda x: x / Tensor(0.0), r"divide made inf at index \(0,\) .* x \(1.0\), y \(0.0\)"),
        (lambda x: (x - 3).sqrt(), r"sqrt made nan at index \(0,\) .*x \(-2.0\)"),
        (lambda x: x * Tensor([1.0, np.nan]), r"multiply was given nan at index \(1,\) of y"),
        (lambda x: np.concatenate([x, np.array([np.nan])]), r"concatenate was given nan at index \(0,\)"),
        (lambda x: Tensor([0.0]).log(), r"log made -inf"),
    ],
)
def test_a_forward_operation_is_named_with_its_line(make, said):
    x = leaf(1.0, 0.0)
    with detect_anomaly(), pytest.raises(RuntimeError, match=rf"detect_anomaly: {said}.*{re.escape(__file__)}:\d+: "):
        make(x)
    make(x)  # outside of it, nothing is said


def test_a_vjp_of_a_finite_value_is_named_with_its_forward_line():
    x = leaf(0.0, 4.0)
    with detect_anomaly():
        y = x.sqrt()
        line = this_line(-1)
        with pytest.raises(
            RuntimeError, match=rf"VJP of sqrt for x made inf at index \(0,\) from a finite .*:{line}: y = x.sqrt\(\)"
        ):
            y.sum().backward()
    assert x.grad is None


def test_an_incoming_gradient_is_told_apart():
    x = leaf(1.0, 2.0)
    with detect_anomaly():
        y = x * x
        with pytest.raises(RuntimeError, match=r"the gradient arriving at multiply is nan at \(0,\)"):
            y.backward(np.array([np.nan, 1]))


def test_the_recorded_backward_pass_is_checked_too():
    x = leaf(0.0, 1.0)
    with detect_anomaly():
        (x * np.abs(x) ** 1.5).sum().backward(create_graph=True)
        g, x.grad = x.grad, None
        with pytest.raises(RuntimeError, match="detect_anomaly"):
            g.sum().backward()


def test_an_infinity_that_is_given_may_be_passed_on():
    x = leaf(1.0, 2.0)
    with detect_anomaly():
        y = np.exp(x + Tensor([-np.inf, 0.0])).sum()
        y.backward()
    np.testing.assert_allclose(x.grad.data, [0, np.exp(2)])


def test_what_is_saved_is_locked_until_the_backward_pass_has_run():
    x = leaf(1.0, 2.0)
    view = x.data[:1]
    with detect_anomaly():
        y = (x * x).sum()
        with pytest.raises(ValueError, match="read-only"):
            x.data[0] = 3
        with pytest.raises(ValueError, match="read-only"), no_grad():
            x[0] = 3
        with pytest.raises(ValueError, match="read-only"):
            x.data[:1][0] = 3
        y.backward(retain_graph=True)
        with pytest.raises(ValueError, match="read-only"):
            x.data[0] = 3
        y.backward()
        x.data[0] = 3
    view[0] = 4
    assert x.data[0] == 4
    assert not _locks.held


def _assigned(x, i):
    y = x * 1
    y[i] = x[:2] * 3
    return y


USES = {
    # what uses a plain array besides x of shape (3, 3): the array, the use
    "factor": (lambda: np.arange(9.0).reshape(3, 3), lambda x, a: x * a),
    "exponent": (lambda: np.arange(3.0), lambda x, a: x**a),
    "matrix": (lambda: np.arange(6.0).reshape(3, 2), lambda x, a: x @ a),
    "einsum": (lambda: np.arange(6.0).reshape(3, 2), lambda x, a: np.einsum("ij,jk->ik", x, a)),
    "kernel": (lambda: np.arange(4.0).reshape(1, 1, 2, 2), lambda x, a: F.conv2d(x[None, None], a)),
    "condition": (lambda: np.array([True, False, True]), lambda x, m: np.where(m, x, 2 * x)),
    "where=": (lambda: np.array([True, False, True]), lambda x, m: np.sum(x, axis=0, where=m)),
    "index": (lambda: np.array([0, 2]), lambda x, i: x[i]),
    "index of columns": (lambda: np.array([0, 2]), lambda x, i: x[:, i]),
    "mask": (lambda: np.array([True, False, True]), lambda x, m: x[m]),
    "take": (lambda: np.array([0, 2]), lambda x, i: np.take(x, i, axis=0)),
    "take_along_axis": (lambda: np.array([[0], [2], [1]]), lambda x, i: np.take_along_axis(x, i, 1)),
    "index of an assignment": (lambda: np.array([0, 2]), _assigned),
    "shift": (lambda: np.array([1, 2]), lambda x, i: np.roll(x, i, (0, 1))),
    "repeats": (lambda: np.array([1, 2, 0]), lambda x, i: np.repeat(x, i, axis=0)),
    "labels": (lambda: np.array([0, 2, 1]), F.cross_entropy),
    "embedding": (lambda: np.array([0, 2]), lambda x, i: F.embedding(i, x)),
}


@pytest.mark.parametrize("through_a_view", [False, True])
@pytest.mark.parametrize("use", USES)
def test_a_plain_array_cannot_be_filled_anew(use, through_a_view):
    make, function = USES[use]
    x, array = Tensor(np.arange(1.0, 10).reshape(3, 3), requires_grad=True), make()
    target = array[...] if through_a_view else array
    with detect_anomaly():
        y = function(x, array).sum()
        if through_a_view:  # which was there before the lock
            target[...] = target.ravel()[::-1].reshape(target.shape).copy()
            target.flat[0] = not target.flat[0]
            with pytest.raises(RuntimeError, match=r"saved \(shape .* another view of its memory"):
                y.backward()
        else:
            with pytest.raises(ValueError, match="read-only"):
                target.flat[0] = 1
            y.backward()


def test_the_numbers_of_a_sparse_matrix_are_noticed():
    sparse = pytest.importorskip("scipy.sparse")
    x, matrix = leaf(1.0, 2.0), sparse.csr_array(np.array([[1.0, 0.0], [3.0, 4.0]]))
    with detect_anomaly():
        y = (matrix @ x).sum()
        y.backward(retain_graph=True)
        matrix.data[0] = 7.0
        with pytest.raises(RuntimeError, match="sparse @ saved"):
            y.backward()


def test_a_dropped_graph_unlocks_and_two_graphs_lock_together():
    x = leaf(1.0, 2.0)
    with detect_anomaly():
        y, z = x * x, x * x
    del y
    gc.collect()
    with pytest.raises(ValueError, match="read-only"):
        x.data[0] = 3  # the lock outlasts the block, for a backward pass after it
    del z
    x.data[0] = 3


def test_arrays_that_were_read_only_before_stay_so():
    x = leaf(1.0, 2.0)
    fixed = np.array([1.0, 2.0])
    fixed.flags.writeable = False
    with detect_anomaly():
        (x * fixed).sum().backward()
    assert not fixed.flags.writeable
    assert x.data.flags.writeable


def test_as_a_decorator_and_nested():
    @detect_anomaly()
    def f(x):
        with detect_anomaly():
            x = x + 1
        return x.log()

    with pytest.raises(RuntimeError, match="log made -inf"):
        f(leaf(-1.0))
    leaf(0.0).log()


def test_operations_remember_their_line():
    x = leaf(1.0)
    with detect_anomaly():
        y = x * 2
    assert re.search(r"test_anomaly\.py:\d+: y = x \* 2$", y.grad_fn.extras.source)
    assert (x * 2).grad_fn.extras is None


def test_an_infinity_that_becomes_a_nan_is_not_passed_on():
    with detect_anomaly(), pytest.raises(RuntimeError, match=r"multiply was given inf at index \(0,\) of y"):
        leaf(0.0, 1.0) * Tensor([np.inf, 1.0])


def test_a_vjp_of_an_operation_before_is_named_without_a_line():
    y = leaf(0.0, 4.0).sqrt()
    with detect_anomaly(), pytest.raises(RuntimeError, match=r"VJP of sqrt for x made inf .* finite values$"):
        y.sum().backward()


def test_several_results_are_checked_each():
    x = Tensor([[2.0, 0.0], [0.0, 3.0]], requires_grad=True)
    with detect_anomaly():
        w, v = np.linalg.eigh(x)
        (w.sum() + v[0, 0] ** 2).backward()
    np.testing.assert_allclose(x.grad.data, np.eye(2), atol=1e-12)
    x.data[0, 0] = 4.0  # unlocked


def test_gradients_of_parts_add_up_as_elsewhere():
    x = leaf(1.0, 2.0, 3.0)
    with detect_anomaly():
        (x[:2].sum() + x[1:].sum()).backward()
    assert x.grad.tolist() == [1.0, 2.0, 1.0]


def test_an_infinite_gradient_that_arrives_may_be_passed_on():
    x = leaf(1.0, 2.0)
    with detect_anomaly():
        (x * 2).backward(np.array([np.inf, 1.0]))
    assert x.grad.tolist() == [np.inf, 2.0]


@pytest.mark.parametrize("memory", [np.zeros(2), np.frombuffer(bytearray(16))], ids=["its own", "of something else"])
def test_an_array_and_its_views_are_unlocked_again_whoever_needed_them_longer(memory):
    """The view is needed by the younger node alone, which goes first, and stays locked as long as what it shows."""
    x, part = leaf(1.0, 2.0), memory[:]
    with detect_anomaly():
        y = (x * memory).sum()
        z = (x * part).sum()
        z.backward()
        with pytest.raises(ValueError, match="read-only"):
            part[0] = 3
        y.backward()
    memory[0] = part[1] = 3
    np.testing.assert_array_equal(memory, [3, 3])
    assert not _locks.waiting
    assert not _locks.held


def test_a_view_of_what_somebody_made_read_only_meanwhile_stays_so():
    x, fixed = leaf(1.0, 2.0), np.zeros(2)
    part = fixed[:]
    part.flags.writeable = False
    with detect_anomaly():
        y = (x * part).sum() + (x * fixed).sum()
        y.backward()
    assert not part.flags.writeable
    assert fixed.flags.writeable
    assert not _locks.waiting


@pytest.mark.parametrize(
    "make", [np.lib.stride_tricks.as_strided, np.from_dlpack, lambda a: np.lib.stride_tricks.as_strided(a)[:]]
)
def test_memory_that_numpy_could_not_unlock_is_not_locked(make):
    x, array = leaf(1.0, 2.0), make(np.ones(2))
    with detect_anomaly():
        (x * array).sum().backward()
    array[0] = 5
    np.testing.assert_array_equal(x.grad.data, [1, 1])
