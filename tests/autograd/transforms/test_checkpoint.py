"""A checkpoint keeps nothing on the way, and changes no result and no derivative."""

from __future__ import annotations

import gc
import tracemalloc
from typing import Any
from weakref import ref

import numpy as np
import pytest

import nn
from autograd import Tensor, checkpoint, generator, grad, gradcheck, gradgradcheck, hessian, manual_seed, no_grad
from autograd.transforms.checkpoint import checkpoint_sequential

V = np.array([0.9, -0.6, 1.1])
W = np.array([[0.3, -1.2, 2.0], [0.7, 1.5, -0.4], [0.2, 0.1, -0.9]])


def block(x, w=W):
    return np.tanh(x @ w) * np.sin(x)


def test_derivatives_of_every_order() -> None:
    safe = checkpoint(block)
    np.testing.assert_array_equal(safe(V), block(V))
    assert gradcheck(safe, V, W)
    assert gradgradcheck(safe, V, W)
    fun = lambda x: (safe(safe(x)) ** 2).sum()
    plain = lambda x: (block(block(x)) ** 2).sum()
    np.testing.assert_allclose(grad(fun)(V), grad(plain)(V), rtol=1e-14)
    np.testing.assert_allclose(hessian(fun)(V), hessian(plain)(V), rtol=1e-12)
    third = lambda f: grad(lambda x: grad(lambda x: grad(f)(x)[0])(x)[1])(V)
    np.testing.assert_allclose(third(fun), third(plain), rtol=1e-12)
    inside = checkpoint(lambda x: checkpoint(block)(x) * x)
    np.testing.assert_allclose(grad(lambda x: inside(x).sum())(V), grad(lambda x: (block(x) * x).sum())(V))
    z = V * (1 + 0.5j)
    assert gradcheck(checkpoint(lambda z: np.exp(z) * z), z)
    assert gradgradcheck(checkpoint(lambda z: np.exp(z) * z), z)


def test_what_is_used_from_outside_gets_its_gradient() -> None:
    w, scale = Tensor(W, requires_grad=True), Tensor(2.0, requires_grad=True)

    def run(wrapped):
        w.grad = scale.grad = None
        x = Tensor(V, requires_grad=True)
        h = x * scale  # reaches the block as an argument, and from outside, and so does scale
        out = wrapped(lambda x, y: {"a": block(x, w) * scale + h, "b": [h, y * w[0], 7]})(h, V)
        assert out["b"][1].requires_grad
        (out["a"].sum() * out["b"][0].sum() + out["b"][1].sum()).backward()
        return [t.grad.data for t in (x, w, scale)]

    for got, expected in zip(run(checkpoint), run(lambda f: f), strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-14)


def test_second_order_through_what_is_used_from_outside() -> None:
    def penalty(wrapped):
        w = Tensor(W, requires_grad=True)
        x = Tensor(V, requires_grad=True)
        out = wrapped(lambda x: block(x, w))(x * 2).sum()
        (g,) = grad(out, x, create_graph=True)
        (g**2).sum().backward()
        return w.grad.data, x.grad.data

    for got, expected in zip(penalty(checkpoint), penalty(lambda f: f), strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-12)


def test_nothing_is_kept_on_the_way() -> None:
    kept = []

    def long(x):
        for _ in range(5):
            x = np.sin(x)
            kept.append(ref(x.data))
        return x

    gc.disable()
    try:
        x = Tensor(np.ones(10), requires_grad=True)
        out = checkpoint(long)(x)
        assert [r() is None for r in kept] == [True] * 4 + [False]
        del kept[:]
        out.sum().backward()
        assert len(kept) == 5
        node = ref(out.grad_fn)
        del out
        assert node() is None
        assert all(r() is None for r in kept)
    finally:
        gc.enable()
    np.testing.assert_allclose(x.grad.data, grad(lambda x: long(x).sum())(np.ones(10)))


def test_no_cycle_is_left_by_a_recorded_backward_pass() -> None:
    gc.disable()
    try:
        w, x = Tensor(W, requires_grad=True), Tensor(V, requires_grad=True)
        out = (checkpoint(lambda x, y: block(x, w) * y)(x, x * 2) ** 2).sum()
        g = grad(out, [x, w], create_graph=True)
        nodes = [ref(out.grad_fn), ref(g[0].grad_fn), ref(g[1].grad_fn), ref(out.grad_fn.parents[0])]
        del out, g
        assert [node() for node in nodes] == [None] * 4
    finally:
        gc.enable()


def test_runs_twice_and_with_retained_graphs_once_more() -> None:
    calls = []

    def fun(x, y):
        calls.append(1)
        return x * y * y, x + y

    x, y = Tensor(2.0, requires_grad=True), Tensor(3.0, requires_grad=True)
    a, b = checkpoint(fun)(x, y)
    (a * b).backward(retain_graph=True)
    assert len(calls) == 2  # once more for all inputs and results together
    assert (float(x.grad), float(y.grad)) == (9 * 5 + 18, 12 * 5 + 18)
    x.grad = y.grad = None
    a.backward()
    assert len(calls) == 3
    assert (float(x.grad), float(y.grad)) == (9, 12)
    with pytest.raises(RuntimeError, match="has been freed"):
        b.backward()
    with no_grad():
        assert not checkpoint(fun)(x, y)[0].requires_grad
    assert checkpoint(lambda x: x > 0)(x)
    assert grad(lambda x: checkpoint(lambda x: x)(x))(2.0) == 1


def test_random_numbers_are_the_same_again() -> None:
    noisy = checkpoint(lambda x: x * generator().random(x.shape))
    manual_seed(3)
    x = Tensor(np.ones(4), requires_grad=True)
    out = noisy(x)
    next_numbers = generator().random(3)
    manual_seed(3)
    generator().random(4)
    out.sum().backward()
    np.testing.assert_array_equal(x.grad.data, out.data)
    np.testing.assert_array_equal(generator().random(3), next_numbers)


def test_what_it_cannot_get_right_raises() -> None:
    w = Tensor(V, requires_grad=True)
    x = Tensor(V, requires_grad=True)
    out = checkpoint(lambda x: np.sin(x) * w)(x)
    with no_grad():
        w -= 1
    with pytest.raises(RuntimeError, match=r"checkpoint saved .* overwritten"):
        out.sum().backward()
    out = checkpoint(lambda x: np.sin(x) * w)(x)
    w.data = V
    with pytest.raises(RuntimeError, match=r"\.data of a tensor of shape \(3,\) that the function uses has been repl"):
        out.sum().backward()
    others = [Tensor(V, requires_grad=True) for _ in range(2)]
    out = checkpoint(lambda x: x * others.pop())(x)
    with pytest.raises(RuntimeError, match="used other tracked tensors"):
        out.sum().backward()


def chain(layers, segment):
    """A chain of layers, `segment` of them in each checkpoint, and how many of them have been computed."""
    count = [0]

    def run(x, n):
        for _ in range(n):
            count[0] += 1
            x = np.tanh(x * 1.01)
        return x

    block = checkpoint(run) if segment else run

    def step():
        x = Tensor(np.full(10_000, 0.5), requires_grad=True)
        h = x * 1.0
        for _ in range(layers // (segment or layers)):
            h = block(h, segment or layers)
        h.sum().backward()
        return x.grad.data

    return step, count


def test_memory_grows_as_the_root_of_the_number_of_layers_for_one_more_forward_pass() -> None:
    def peak(layers, segment):
        step, _ = chain(layers, segment)
        step()
        tracemalloc.start()
        step()
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return highest / 80_000  # in arrays

    plain = {n: peak(n, 0) for n in (16, 64, 256)}
    safe = {n: peak(n, round(n**0.5)) for n in (16, 64, 256)}
    assert all(n <= plain[n] <= n + 8 for n in plain), plain
    assert all(n**0.5 <= safe[n] <= 2 * n**0.5 + 8 for n in safe), safe  # √n arguments, and one segment's √n values
    step, count = chain(64, 8)
    result = step()
    assert count[0] == 2 * 64
    np.testing.assert_array_equal(result, chain(64, 0)[0]())


# ---- what it writes is written once ----------------------------------------------------------------------------------


def network() -> Any:
    manual_seed(0)
    net = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Tanh(), nn.BatchNorm1d(4, momentum=None))
    nn.utils.parametrizations.spectral_norm(net[0])
    return net


def run_network(wrapped: Any, times: int) -> list[Any]:
    net, x = network(), Tensor(np.random.default_rng(0).normal(size=(5, 3)).astype("f4"), requires_grad=True)
    block = wrapped(net)
    losses = [(block(x) ** 2).sum() for _ in range(times)]  # all of them before the first goes backward
    for loss in losses:
        loss.backward()
    return [tensor.grad.data for tensor in (x, *net.parameters())] + [buffer.data for buffer in net.buffers()]


@pytest.mark.parametrize(
    "wrapped", [checkpoint, lambda net: checkpoint(lambda x: checkpoint(net)(x) * 1)], ids=["plain", "nested"]
)
@pytest.mark.parametrize("times", [1, 3])
def test_buffers_are_as_without_it(wrapped: Any, times: int) -> None:
    """Running statistics go one step a call, and power iterations start where they started, when they run again."""
    for got, expected in zip(run_network(wrapped, times), run_network(lambda net: net, times), strict=True):
        np.testing.assert_array_equal(got, expected)


WRITES = [
    lambda t, x: t.__setitem__(..., x.data + t.data), lambda t, x: t.__iadd__(x.data), lambda t, x: np.add.at(t, 0, 1),
    lambda t, x: np.add(t, x.data, out=t), lambda t, x: np.copyto(t, t.data + 1),
    lambda t, x: np.put(t, [1], t.data[0]),
]  # fmt: skip


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("again", [1, 2])
def test_every_way_to_write_counts_once(write: Any, again: int) -> None:
    def f(total: Tensor, x: Tensor) -> Tensor:
        before = total.data.copy()
        write(total, x)
        return x * x * (before + 2 * total.data)

    results = []
    for wrapped in (lambda f: f, checkpoint):
        total, x = Tensor(V.copy()), Tensor(V, requires_grad=True)
        y = wrapped(lambda x, f=f, total=total: f(total, x))(x)
        for _ in range(again):
            y.sum().backward(retain_graph=True)
        total_after = total.data.copy()
        y.sum().backward(create_graph=True)
        np.testing.assert_array_equal(total.data, total_after)
        results.append((total_after, x.grad.data))
    for got, expected in zip(*reversed(results), strict=True):
        np.testing.assert_allclose(got, expected)
    assert not np.array_equal(results[0][0], V)


def test_statistics_given_as_arrays_count_once() -> None:
    mean, variance = np.zeros(3), np.ones(3)
    x = Tensor(W, requires_grad=True)
    norm = checkpoint(lambda x: nn.functional.batch_norm(x, mean, variance, training=True, momentum=0.5))
    (norm(x) ** 3).sum().backward()
    np.testing.assert_allclose(mean, W.mean(0) / 2)
    np.testing.assert_allclose(variance, 0.5 + W.var(0, ddof=1) / 2)


def test_others_that_saved_what_it_writes_are_not_disturbed_by_running_it_again() -> None:
    state, x = Tensor(V.copy()), Tensor(V, requires_grad=True)

    def block(x: Tensor) -> Tensor:
        state[...] = state.data + 1
        return x * 2

    y = checkpoint(block)(x).sum()
    z = (x * state).sum()  # saves the state as it is now
    y.backward()
    z.backward()
    np.testing.assert_allclose(x.grad.data, 2 + V + 1)


def test_an_error_on_the_way_leaves_everything_as_it_was() -> None:
    state, x, fail = Tensor(V.copy()), Tensor(V, requires_grad=True), [False]

    def block(x: Tensor) -> Tensor:
        state[...] = state.data + 1
        if fail[0]:
            raise ValueError("no")
        return x * state.data

    y = checkpoint(block)(x).sum()
    fail[0] = True
    with pytest.raises(ValueError, match="no"):
        y.backward()
    np.testing.assert_array_equal(state.data, V + 1)
    state[...] = 0.0
    assert not state.data.any()


def test_nothing_is_kept_of_what_died() -> None:
    made = []

    def block(x: Tensor) -> Tensor:
        for _ in range(5):
            work = Tensor(np.zeros(1000))
            work[:3] = x.data
            made.append(ref(work.data))
        return x * 2

    y = checkpoint(block)(Tensor(V, requires_grad=True))
    assert [m() for m in made] == [None] * 5
    y.sum().backward()


def test_a_constant_argument_that_is_assigned_to_afterwards():
    """A tensor that gets a new value leaves the checkpoint the old one; one that is overwritten is noticed."""
    x, c = Tensor([1.0, 2.0], requires_grad=True), Tensor([3.0, 4.0])
    y = checkpoint(lambda x, c: x * c)(x, c)
    c[...] = x * 100
    y.sum().backward()
    np.testing.assert_array_equal(x.grad.data, [3, 4])
    c = Tensor([3.0, 4.0])
    for change in (lambda: c.__setitem__(0, 9.0), lambda: np.add(c, 1.0, out=c), lambda: c.__iadd__(1.0)):
        y = checkpoint(lambda x, c: x * c)(x, c)
        change()
        with pytest.raises(RuntimeError, match=r"checkpoint saved .* overwritten"):
            y.sum().backward()


def test_a_view_of_an_argument_is_one_outside_too():
    x = Tensor([1.0, 2.0], requires_grad=True)
    base = x * 1
    view = checkpoint(lambda a: a.reshape(2, 1))(base)
    view[0] = x[1] * 10
    np.testing.assert_array_equal(base.data, [20, 2])
    (base * [1.0, 100.0]).sum().backward()
    np.testing.assert_array_equal(x.grad.data, [0, 110])


def _overwritten(how):
    """A checkpoint that computes with a constant of this kind, and what overwrites that."""
    array = np.array([2.0, 3.0])
    if how == "argument":
        return lambda x: checkpoint(lambda x, c: x * x * c)(x, array), array
    if how == "keyword":
        return lambda x: checkpoint(lambda x, *, c: x * x * c["c"])(x, c={"c": array}), array
    if how == "closure":
        return lambda x: checkpoint(lambda x: x * x * array)(x), array
    if how == "computed with":
        return lambda x: checkpoint(lambda x: x * x * np.sin(array))(x), array
    if how == "index":
        places = np.array([0, 0])
        return lambda x: checkpoint(lambda x: x[places] * x)(x), places
    constant = Tensor(array)
    if how == "tensor":
        return lambda x: checkpoint(lambda x, c: x * x * c)(x, constant), constant
    tracked = Tensor(array, requires_grad=True) * 1
    return lambda x: checkpoint(lambda x: x * x * tracked)(x), tracked


@pytest.mark.parametrize(
    "how", ["argument", "keyword", "closure", "computed with", "index", "tensor", "tracked outside"]
)
def test_a_constant_that_is_overwritten_is_noticed(how):
    block, constant = _overwritten(how)
    x = Tensor([1.0, 5.0], requires_grad=True)
    block(x).sum().backward()
    assert x.grad is not None
    y = block(x)
    with no_grad():
        constant += 1
    if how == "index":
        constant -= 1
        constant[0] = 1
    with pytest.raises(RuntimeError, match="has been overwritten since"):
        y.sum().backward()


def test_numbers_and_random_generators_from_outside_are_noticed():
    factor, rng = [2.0], np.random.default_rng(0)
    for fun in (lambda x: x * factor[0], lambda x: x * rng.normal()):
        y = checkpoint(fun)(Tensor([1.0], requires_grad=True))
        factor[0] += 1
        with pytest.raises(RuntimeError, match="a generator that manual_seed does not seed"):
            y.backward()


def test_results_that_are_views_of_one_another():
    def block(x):
        y = x * 2
        return y, y[:1], x[1:]

    def change(results):
        whole, first, last = results
        first *= 10
        last += 1
        return whole + whole[0]

    x = Tensor([1.0, 2.0], requires_grad=True)
    expected = change(block(x * 1))
    expected.sum().backward()
    wanted, x.grad = x.grad.tolist(), None
    source = x * 1
    results = checkpoint(block)(source)
    found = change(results)
    assert found.tolist() == expected.tolist()
    assert source.tolist() == [1, 3]
    found.sum().backward()
    assert x.grad.tolist() == wanted


def test_a_constant_among_others_that_is_overwritten_is_noticed() -> None:
    c = np.ones(2)
    x = Tensor(V, requires_grad=True)
    out = checkpoint(lambda x: np.concatenate([x, c]) * 2)(x)
    c[0] = 5.0
    with pytest.raises(RuntimeError, match="computed with other values"):
        out.sum().backward()


def test_the_tensors_that_it_was_given_need_not_live_on() -> None:
    x = Tensor(V, requires_grad=True)
    h = x * 2
    out = checkpoint(lambda h: np.sin(h) * h)(h)
    alive = ref(h)
    del h
    assert alive() is None
    out.sum().backward()
    np.testing.assert_allclose(x.grad.data, 2 * (np.cos(2 * V) * 2 * V + np.sin(2 * V)))


def test_results_that_lie_in_the_argument_see_what_is_assigned_to_each_other() -> None:
    x = Tensor(V, requires_grad=True)
    h = x * 1
    first, last = checkpoint(lambda h: (h[:2], h[1:]))(h)
    first[1] = 5.0
    assert (h.tolist()[1], last.tolist()[0]) == (5.0, 5.0)


def test_the_generator_goes_on_where_it_was_after_a_second_run() -> None:
    manual_seed(3)
    x = Tensor(np.ones(4), requires_grad=True)
    out = checkpoint(lambda x: x * generator().random(x.shape))(x)
    generator().random(2)
    state = generator().bit_generator.state
    out.sum().backward()
    assert generator().bit_generator.state == state


def test_a_checkpoint_of_no_function_is_refused_at_once():
    with pytest.raises(TypeError, match="checkpoint: expected a function, got float"):
        checkpoint(2.0)


def test_what_is_no_function_is_refused() -> None:
    with pytest.raises(TypeError, match=r"^checkpoint: expected a function, got int$"):
        checkpoint(3)


def test_a_constant_in_a_list_that_is_overwritten_is_noticed() -> None:
    constant = np.ones(3)
    x = Tensor(V, requires_grad=True)
    out = checkpoint(lambda x: np.stack([x * 2, constant]) ** 2)(x)
    constant[0] = 5.0
    with pytest.raises(RuntimeError, match="computed with other values"):
        out.sum().backward()


@pytest.mark.parametrize("segments", [1, 2, 3, 5, 7])
def test_a_chain_in_checkpoints_has_the_gradients_of_the_chain(segments: int) -> None:
    seen: list[int] = []

    def part(k: int) -> Any:
        return lambda x: seen.append(k) or np.sin(k * x)  # type: ignore[func-returns-value]

    functions = [part(k) for k in range(1, 6)]
    x = Tensor([0.3, -0.7], requires_grad=True)
    made = checkpoint_sequential(functions, segments, x)
    assert seen == [1, 2, 3, 4, 5]
    made.sum().backward()
    again = seen[5:]
    size = max(5 // segments, 1)
    assert sorted(again) == list(range(1, min(size * (segments - 1), 5) + 1))  # all parts but the last
    y = z = Tensor([0.3, -0.7], requires_grad=True)
    for function in functions:
        z = function(z)
    z.sum().backward()
    np.testing.assert_allclose(x.grad.data, y.grad.data)
