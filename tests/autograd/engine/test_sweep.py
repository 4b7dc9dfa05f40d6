"""The engine's promises: what the reverse sweep does, what it frees, and what it refuses."""

import gc
import subprocess
import sys
import threading
import tracemalloc
import weakref

import numpy as np
import pytest

import autograd
from autograd import Tensor, primitive


def leaf(value, dtype=None):
    return Tensor(value, dtype=dtype, requires_grad=True)


def gradient(t):
    assert t.grad is not None
    return t.grad.data


# ---- sums and order --------------------------------------------------------------------------------------------------


def test_each_node_runs_once_on_the_summed_gradient():
    seen = []
    double = primitive(lambda x: 2 * x, name="double", x=lambda g: (seen.append(g.copy()), 2 * g)[1])
    a = leaf([1.0, 2.0])
    b = double(a)
    c = b + b
    d = c + b
    d.sum().backward()
    assert len(seen) == 1
    np.testing.assert_array_equal(seen[0], [3, 3])
    np.testing.assert_array_equal(gradient(a), [6, 6])


def test_sharing_is_not_walked_by_paths():
    y = x = leaf(1.0)
    for _ in range(200):  # 2**200 paths
        y = y + y
    y.backward()
    assert gradient(x) == 2.0**200


def test_both_edges_of_a_square_and_a_detached_factor():
    x = leaf(3.0)
    (x * x).backward()
    assert gradient(x) == 6
    x.grad = None
    (x * x.detach()).backward()
    assert gradient(x) == 3


def test_constants_get_nothing_and_cost_nothing():
    ran = []
    f = primitive(
        lambda x, y: x * y, name="f",
        x=lambda g, y: (ran.append("x"), g * y)[1], y=lambda g, x: (ran.append("y"), g * x)[1],
    )  # fmt: skip
    a, b = leaf(2.0), Tensor(3.0)
    f(a, b).backward()
    assert ran == ["x"]
    assert b.grad is None
    assert f(a, b).grad_fn.saved[0] == 3.0
    assert len(f(a, b).grad_fn.saved) == 1  # what only the rule for y names is not kept


def test_gradients_for_some_inputs_run_only_their_rules():
    ran = []
    f = primitive(
        lambda x, y: x * y, name="f",
        x=lambda g, y: (ran.append("x"), g * y)[1], y=lambda g, x: (ran.append("y"), g * x)[1],
    )  # fmt: skip
    a, b = leaf(2.0), leaf(3.0)
    (g,) = autograd.grad([f(a, b)], [a])
    assert ran == ["x"]
    assert g.item() == 3
    assert a.grad is None
    assert b.grad is None


# ---- seeds, second passes --------------------------------------------------------------------------------------------


def test_a_result_that_is_no_scalar_needs_a_seed_of_its_shape():
    y = leaf([1.0, 2.0]) * 2
    with pytest.raises(RuntimeError, match=r"shape \(2,\) needs a gradient"):
        y.backward()
    with pytest.raises(RuntimeError, match=r"expected a gradient of shape \(2,\), got shape \(3,\)"):
        y.backward(np.ones(3))
    y.backward([1, 10])
    with pytest.raises(RuntimeError, match="does not require a gradient"):
        Tensor([1.0]).backward()
    with pytest.raises(RuntimeError, match="a complex result needs a gradient"):
        leaf(1 + 2j).backward()
    with pytest.raises(RuntimeError, match="expected a numeric gradient, got dtype <U1"):
        y.backward(np.array(["1", "2"]))
    with pytest.raises(TypeError, match="backward: expected a Tensor, got float"):
        autograd.grad([3.0], [leaf(1.0)])
    one = leaf([[2.0]])
    (one * 3).backward()
    np.testing.assert_array_equal(gradient(one), [[3.0]])


@pytest.mark.parametrize("make", [lambda x: x * x, lambda x: x + x, lambda x: (x + 1).sum(), lambda x: -x])
def test_a_second_backward_raises_unless_the_graph_is_retained(make):
    x = leaf(3.0)
    y = make(x)
    y.backward(retain_graph=True)
    first = gradient(x).copy()
    y.backward()
    np.testing.assert_array_equal(gradient(x), 2 * first)
    before = gradient(x).copy()
    with pytest.raises(RuntimeError, match=r"freed.*retain_graph=True"):
        y.backward()
    np.testing.assert_array_equal(gradient(x), before)


def test_a_second_backward_through_a_shared_part_raises_and_changes_nothing():
    x, z = leaf(3.0), leaf(4.0)
    shared = x.exp()
    (shared * 2).backward()
    before = gradient(x).copy()
    y = shared * z
    with pytest.raises(RuntimeError, match="freed at exp"):
        y.backward()
    assert gradient(x) == before
    assert z.grad is None


def test_leaves_add_up_and_intermediates_do_not():
    x = leaf(2.0)
    h = x * x
    h.retain_grad()
    y = h * 3
    y.backward(retain_graph=True)
    y.backward()
    assert gradient(x) == 24
    assert gradient(h) == 3 + 3  # a retained gradient adds up as a leaf's does
    k = x * x
    (k * 3).backward()
    with pytest.warns(UserWarning, match=r"grad: backward\(\) leaves none .* retain_grad\(\) .* p.data -= step"):
        assert k.grad is None
    assert (k.detach().grad, Tensor(1.0).grad, leaf(1.0).grad) == (None, None, None)


def test_a_backward_pass_for_some_inputs_leaves_the_others_alone():
    x, y, unused = (Tensor([value], requires_grad=True) for value in (2.0, 3.0, 5.0))
    z = x * x
    for times in (1, 2):
        (z * y).sum().backward(retain_graph=True, inputs=[x, unused])
        assert (x.grad.tolist(), y.grad, unused.grad) == ([12.0 * times], None, None)
    (z * y).sum().backward(inputs=z, create_graph=True)  # not a leaf
    assert (z.grad.tolist(), z.grad.requires_grad, y.grad) == ([3.0], True, None)
    with pytest.raises(RuntimeError, match="expected Tensors as inputs, got none"):
        z.sum().backward(inputs=[])


def test_create_graph_differentiates_the_backward_pass():
    x = leaf(2.0)
    (g,) = autograd.grad([x**3], [x], create_graph=True)
    (h,) = autograd.grad([g], [x], create_graph=True)
    (k,) = autograd.grad([h], [x])
    assert (g.item(), h.item(), k.item()) == (12, 12, 6)
    assert not k.requires_grad


# ---- gradients and memory --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "make",
    [
        lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a * 1 + b, lambda a, b: a.reshape(3, 1) + b.reshape(3, 1),
        lambda a, b: np.concatenate([a, b]), lambda a, b: a.T + b.T, lambda a, b: a[::-1] + b,
        lambda a, b: np.stack([a, b]),
    ],
)  # fmt: skip
def test_gradients_share_memory_with_nothing(make):
    a, b = leaf([1.0, 2.0, 3.0]), leaf([1.0, 1.0, 2.0])
    y = make(a, b)
    seed = np.ones(y.shape)
    y.backward(seed)
    arrays = [gradient(a), gradient(b), seed, a.data, b.data, y.data]
    assert not any(np.shares_memory(p, q) for i, p in enumerate(arrays) for q in arrays[:i])
    before = gradient(b).copy()
    gradient(a)[...] = 100
    np.testing.assert_array_equal(gradient(b), before)
    np.testing.assert_array_equal(seed, np.ones(y.shape))


def test_gradients_that_are_handed_out_share_memory_with_nothing():
    a, b = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    first, second = autograd.grad([a + b], [a, b], [np.ones(2)])
    assert not np.shares_memory(first.data, second.data)


def test_a_gradient_has_the_dtype_and_shape_of_its_leaf():
    a, b = leaf([1.0, 2.0], "f4"), leaf([[1.0], [2.0]], "f8")
    (a * b).sum().backward()
    assert (gradient(a).dtype, gradient(a).shape) == (np.float32, (2,))
    assert (gradient(b).dtype, gradient(b).shape) == (np.float64, (2, 1))
    assert isinstance(gradient(leaf_after(leaf(2.0))), np.ndarray)
    half = leaf(np.ones((), "f2"))
    (np.broadcast_to(half, (70000,)).astype("f4").sum() * 1e-3).backward()
    assert np.isfinite(gradient(half))
    half.grad = None
    np.broadcast_to(half, (70000,)).backward(np.full(70000, 1e-3, "f2"))
    assert np.isfinite(gradient(half))
    assert gradient(half) == pytest.approx(70, rel=0.01)


def leaf_after(x):
    (x * 2).backward()
    return x


def test_a_real_leaf_of_a_complex_computation_gets_a_real_gradient():
    x = leaf([1.0, 2.0])
    z = x * Tensor([1j, 1 + 1j])
    (z * z.conj()).real.sum().backward()
    assert gradient(x).dtype == np.float64
    np.testing.assert_allclose(gradient(x), [2, 8])


def test_complex_gradients_are_the_direction_of_ascent():
    z = leaf([1 + 2j])
    (z * z.conj()).real.sum().backward()  # |z|^2: PyTorch's gradient is 2 z
    np.testing.assert_allclose(gradient(z), [2 + 4j])


def test_what_no_rule_names_is_not_kept():
    x = leaf(np.ones(1000))
    h = x * 2  # + keeps nothing, exp its result
    alive = weakref.ref(h.data)
    y = h + 1
    del h
    assert alive() is None
    out = weakref.ref(y.exp().data)
    assert out() is None


def test_saved_values_are_freed_during_the_sweep():
    x = leaf(np.ones(1000))
    alive = []
    early = x.exp()
    alive.append(weakref.ref(early.data))
    late = (early * 2).exp()
    alive.append(weakref.ref(late.data))
    checked = []
    early.register_hook(lambda g: checked.append(alive[1]() is None))
    y = late.sum()
    del late
    y.backward()
    assert checked == [True]


def test_peak_memory_of_a_backward_pass_stays_flat():
    x = leaf(np.ones(50_000))
    y = x
    for _ in range(40):
        y = y.exp() * 0.1
    y = y.sum()
    tracemalloc.start()
    y.backward()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 6 * x.nbytes


@pytest.mark.parametrize("order", [1, 2])
def test_no_cycles_with_the_collector_off(order):
    gc.collect()
    gc.disable()
    try:
        x = leaf(np.ones(3))
        y = (x * x).exp().sum() + np.concatenate([x, x * 2])[0] + np.sum(x[[0, 1]].reshape(2, 1))
        alive = [weakref.ref(x), weakref.ref(y), weakref.ref(y._node), weakref.ref(y._node.parents[0])]
        y.backward(create_graph=order == 2)
        if order == 2:
            g, x.grad = x.grad, None
            alive += [weakref.ref(g), weakref.ref(g._node)]
            g.sum().backward()
            del g
        del x, y
        assert [r() for r in alive] == [None] * len(alive)
        assert gc.collect() == 0
    finally:
        gc.enable()


# ---- depth -----------------------------------------------------------------------------------------------------------

DEEP = """
import copy, gc, pickle, sys, time, tracemalloc
import numpy as np
from autograd import Tensor
assert sys.getrecursionlimit() == 1000
a = Tensor(0.5, requires_grad=True)

def chain(n):
    y = a
    for _ in range(n // 2):
        y = y * a + 1.0
    return y

tracemalloc.start()
y = chain(50_000)
bytes_a_node = tracemalloc.get_traced_memory()[0] / 50_000
tracemalloc.stop()
assert bytes_a_node < 600, bytes_a_node
y = chain(1_000_000)
twin = copy.deepcopy(y)
again = pickle.loads(pickle.dumps(y))
assert twin.item() == again.item() == y.item()
y.backward()
assert abs(a.grad.item() - 4) < 1e-9, a.grad
del y
print(bytes_a_node)
"""


def test_a_chain_of_a_million_is_built_copied_differentiated_and_freed():
    done = subprocess.run([sys.executable, "-c", DEEP], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr


# ---- hooks -----------------------------------------------------------------------------------------------------------


def test_hooks_see_the_sum_once_and_may_replace_it():
    x = leaf([1.0, 2.0])
    h = x * 2
    seen = []
    h.register_hook(lambda g: seen.append(g.data.copy()))
    h.register_hook(lambda g: g * 10)
    (h + h).sum().backward()
    np.testing.assert_array_equal(seen, [[2, 2]])
    np.testing.assert_array_equal(gradient(x), [40, 40])


def test_a_hook_that_writes_into_its_gradient_changes_no_other():
    a, b = leaf([1.0, 2.0]), leaf([3.0, 4.0])

    def scale(g):
        g.data[...] *= 5

    a.register_hook(scale)
    (a + b).sum().backward()
    np.testing.assert_array_equal(gradient(a), [5, 5])
    np.testing.assert_array_equal(gradient(b), [1, 1])


def test_hooks_are_removed_and_checked():
    x = leaf([1.0, 2.0])
    handle = x.register_hook(lambda g: g * 100)
    handle.remove()
    handle.remove()
    (x * 2).sum().backward()
    np.testing.assert_array_equal(gradient(x), [2, 2])
    x.register_hook(lambda g: g.sum())
    with pytest.raises(RuntimeError, match=r"hook: expected a gradient of shape \(2,\), got shape \(\)"):
        (x * 2).sum().backward()
    with pytest.raises(RuntimeError, match="register_hook"):
        Tensor(1.0).register_hook(print)


def test_a_hook_on_a_dropped_leaf_still_fires():
    seen = []

    def build():
        x = leaf(2.0)
        x.register_hook(lambda g: seen.append(g.item()))
        return x * 3

    build().backward()
    assert seen == [3.0]


# ---- threads ---------------------------------------------------------------------------------------------------------


def test_threads_get_what_one_thread_gets():
    def compute(seed):
        rng = np.random.default_rng(seed)
        w = leaf(rng.normal(size=(8, 8)))
        y = w
        for _ in range(30):
            y = (y @ w).tanh() + y[::-1]
        y.sum().backward()
        return gradient(w).copy()

    expected = [compute(seed) for seed in range(8)]
    found = [None] * 8

    def work(seed):
        for _ in range(5):
            found[seed] = compute(seed)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for a, b in zip(expected, found, strict=True):
        np.testing.assert_array_equal(a, b)


def test_threads_add_to_one_leaf_without_loss():
    w = leaf(np.zeros(1000))
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=lambda: [(w * 1.0).sum().backward() for _ in range(50)]) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)
    np.testing.assert_array_equal(gradient(w), np.full(1000, 400.0))


# ---- rules that are wrong --------------------------------------------------------------------------------------------


def test_a_rule_of_the_wrong_shape_is_named():
    bad = primitive(lambda x: x * 1.0, name="bad", x=lambda g: g.sum())
    with pytest.raises(RuntimeError, match=r"rule of bad gave a gradient of shape \(\) for an input of shape \(2,\)"):
        bad(leaf([1.0, 2.0])).sum().backward()


def test_a_failed_sweep_leaves_the_mode_as_it_was():
    bad = primitive(lambda x: x * 1.0, name="bad", x=lambda g: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        bad(leaf(1.0)).backward()
    assert autograd.is_grad_enabled()
    assert (leaf(1.0) * 2).requires_grad


def test_an_array_taken_from_a_gradient_stays_what_it_was():
    """The sum of what arrives is built up in place only in an array that nobody else has."""
    seen = []

    def kept(g):
        seen.append(g * 1)  # held by the list as well as by the sweep
        return seen[-1]

    watched = primitive(lambda x: x * 1, name="watched", x=kept)
    x = leaf(np.arange(4.0))
    y = x * 1
    (watched(y) + watched(y) + watched(y)).sum().backward()
    np.testing.assert_array_equal(gradient(x), [3] * 4)
    np.testing.assert_array_equal(seen, [[1] * 4] * 3)
    seen.clear()
    y = x * 1
    x.grad = None
    part = y[1:3].sum()  # its gradient is added in place, after that of what was recorded later
    (watched(y).sum() + part).backward()
    np.testing.assert_array_equal(gradient(x), [1, 2, 2, 1])
    np.testing.assert_array_equal(seen, [[1] * 4])
    given = np.ones(4)
    y = x * 1
    x.grad = None
    (y + y + y).backward(given)
    np.testing.assert_array_equal(gradient(x), [3] * 4)
    np.testing.assert_array_equal(given, [1] * 4)
    taken = gradient(x)
    (x * 2).sum().backward()
    np.testing.assert_array_equal(taken, [3] * 4)
    np.testing.assert_array_equal(gradient(x), [5] * 4)


def test_a_rule_that_gives_none_leaves_the_others_their_turn():
    half_known = primitive(lambda x, y: x * y, name="half_known", x=lambda g: None, y=lambda g, x: g * x)
    x, y = leaf(3.0), leaf(5.0)
    half_known(x, y).backward()
    assert x.grad is None
    assert gradient(y) == 3


@pytest.mark.parametrize("seen", [lambda part: part, lambda part: part.T.T])  # a view of all of it
def test_an_array_that_a_rule_keeps_does_not_become_a_gradient(seen):
    kept = []

    def rule(g):
        kept.append(g * 2)
        return seen(kept[-1])

    x = leaf(np.ones((2, 3)))
    primitive(lambda x: x * 2, name="keeping", x=rule)(x).sum().backward()
    np.testing.assert_array_equal(gradient(x), np.full((2, 3), 2.0))
    assert not np.shares_memory(gradient(x), kept[0])


def test_what_is_added_to_a_recorded_gradient_is_a_constant():
    x = leaf([1.0, 2.0])
    (x * x).sum().backward(create_graph=True)
    recorded = x.grad
    assert recorded.requires_grad
    (x * 3).sum().backward()
    np.testing.assert_array_equal(gradient(x), [5, 7])
    assert not x.grad.requires_grad
    recorded.sum().backward()
    np.testing.assert_array_equal(gradient(x), [7, 9])


def test_a_hook_on_a_complex_value_sees_and_gives_the_direction_of_ascent():
    z = leaf([1 + 2j])
    seen = []
    for t in (z, w := z * 1):
        t.register_hook(lambda g: (seen.append(g.data.copy()), g * 1j)[1])
    (w * w.conj()).real.sum().backward()
    np.testing.assert_allclose(seen, [[2 + 4j], [-4 + 2j]])
    np.testing.assert_allclose(gradient(z), [-2 - 4j])


def test_a_recorded_seed_has_the_dtype_of_what_it_is_for():
    x, seed = leaf([1.0, 2.0], "f4"), leaf([1.0, 10.0])
    seen = []
    y = x * x
    y.register_hook(lambda g: seen.append(g.dtype))
    y.backward(np.ones(2), retain_graph=True)
    x.grad = None
    y.backward(seed, create_graph=True)
    assert seen == [np.float32] * 2
    g, x.grad = x.grad, None
    g.sum().backward()
    np.testing.assert_array_equal(gradient(seed), [2, 4])
    assert gradient(seed).dtype == np.float64


def test_a_gradient_that_is_recorded_is_a_tensor():
    x = leaf(2.0)
    for times in (1, 2):
        (x + 0).backward(create_graph=True)
        assert isinstance(x.grad, Tensor)
        assert gradient(x) == times


def test_a_rule_that_gives_a_constant_array_gives_tensors_where_the_graph_is_made():
    kept = np.array([2.0, 2.0])
    total = primitive(lambda x: x.sum(), name="total", x=lambda g: kept)
    x = leaf([1.0, 3.0])
    (taken,) = autograd.grad(total(x), x, create_graph=True)
    total(x).backward(create_graph=True)
    for found in (taken, x.grad):
        assert isinstance(found, Tensor)
        found.data[0] = 7.0
    assert kept.tolist() == [2, 2]
    slope = autograd.grad(lambda x: total(x) * autograd.grad(total)(x).sum())(kept)
    assert slope.tolist() == [2, 2]


def test_rules_run_unrecorded_unless_the_graph_is_made():
    modes = []
    f = primitive(lambda x: x * 2, name="f", x=lambda g: (modes.append(autograd.is_grad_enabled()), g * 2)[1])
    x = leaf(1.0)
    f(x).backward()
    f(x).backward(create_graph=True)
    assert modes == [False, True]


def test_one_result_several_times_and_others_after_it():
    x = leaf([1.0, 2.0])
    y, z = x * 3, x * 5
    (g,) = autograd.grad([y, y, z], [x], grad_outputs=[np.ones(2), np.full(2, 10.0), np.ones(2)])
    np.testing.assert_array_equal(g, [38, 38])


@pytest.mark.parametrize("seen", [lambda part: part, lambda part: part.T.T])  # a view of all of it
def test_what_only_the_sweep_has_becomes_the_gradient_uncopied_and_is_added_to_in_place(seen):
    places = []

    def rule(g):
        part = g * 2
        places.append(part.ctypes.data)
        return seen(part)

    x = leaf(np.ones(1000))
    f = primitive(lambda x: x * 2, name="f", x=rule)
    f(x).sum().backward()
    assert gradient(x).ctypes.data == places[0]
    f(x).sum().backward()
    assert gradient(x).ctypes.data == places[0]
    assert gradient(x)[0] == 4


@pytest.mark.parametrize("kind", [lambda g: g, lambda g: g.data, lambda g: g.tolist()])
def test_a_hook_may_give_a_tensor_an_array_or_numbers(kind):
    x = leaf([1.0, 2.0])
    x.register_hook(lambda g: kind(g * 10))
    (x * 3).sum().backward()
    np.testing.assert_array_equal(gradient(x), [30, 30])


def test_what_a_hook_computes_is_recorded_with_the_graph():
    x = leaf(2.0)
    x.register_hook(lambda g: g * 10)
    (x**3).backward(create_graph=True)
    g, x.grad = x.grad, None
    g.backward()
    assert gradient(x) == 10 * 10 * 12


def test_what_a_hook_gives_gets_the_dtype_of_what_it_is_for():
    x = leaf([1.0, 2.0], "f4")
    x.register_hook(lambda g: g.data.astype("f8") / 3)
    (x * 3).sum().backward()
    assert gradient(x).dtype == np.float32
    np.testing.assert_array_equal(gradient(x), [1, 1])


def test_the_gradient_of_a_complex_leaf_is_rounded_and_stays_complex():
    z = leaf([1 + 2j], "c8")
    (z * np.array([3 - 1j])).backward(np.array([1.0 + 0j]))
    assert gradient(z).dtype == np.complex64
    np.testing.assert_allclose(gradient(z), [3 + 1j])


def test_a_leaf_that_is_gone_leaves_the_others_their_gradient():
    a, b = leaf(2.0), leaf(3.0)
    y = a * b
    del a
    y.backward()
    assert gradient(b) == 2


@pytest.mark.parametrize("seed", [1j, Tensor(1j), np.complex64(1j)], ids=["number", "tensor", "single"])
def test_a_complex_gradient_to_start_from(seed):
    """Descent descends: it is multiplied by the conjugate of the derivative, 2 z."""
    z = leaf(1 + 2j)
    (z * z).backward(seed)
    assert gradient(z) == 1j * (2 - 4j)
    z = leaf(1 + 2j)
    (z * z).backward(seed, create_graph=True)
    assert gradient(z) == 1j * (2 - 4j)
