"""Compiled steps in C give what the engine gives, up to how sums are rounded, at every call with new data."""

from typing import Any

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd import Tensor
from autograd.program.native.c import backend
from nn import functional as F

from ..training import PROGRAMS, run

pytestmark = pytest.mark.skipif(backend.why_not() is not None, reason="there is no C compiler")

NAMES = ("momentum", "clipping", "dropout", "lstm", "tied words", "second order", "convolution")


def assert_close(a: Any, b: Any) -> None:
    assert type(a) is type(b)
    if isinstance(a, dict):
        assert a.keys() == b.keys()
        for key in a:
            assert_close(a[key], b[key])
    elif isinstance(a, tuple | list):
        assert len(a) == len(b)
        for x, y in zip(a, b, strict=True):
            assert_close(x, y)
    elif isinstance(a, Tensor):
        assert a.requires_grad == b.requires_grad
        assert_close(a.data, b.data)
    elif isinstance(a, np.ndarray):
        assert (a.dtype, a.shape, a.strides) == (b.dtype, b.shape, b.strides)
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)
    else:
        assert a == b or a != a


@pytest.mark.parametrize("name", NAMES)
def test_programs_do_what_the_engine_does(name: str) -> None:
    assert name in PROGRAMS
    seen, step = run(name, True, backend="c")
    expected, _ = run(name, False)
    assert step.why_not is None
    assert step.backend.name == "c"
    assert_close(seen, expected)


def classifier(batch: int = 8) -> tuple[Any, Any, Any]:
    autograd.manual_seed(0)
    network = nn.Sequential(nn.Linear(6, 20), nn.Tanh(), nn.Linear(20, 4))
    optimizer = optim.SGD(network.parameters(), 0.1, momentum=0.9)

    def step(x: Any, t: Any) -> Any:
        optimizer.zero_grad()
        loss = F.cross_entropy(network(x), t)
        loss.backward()
        optimizer.step()
        return loss.detach()

    rng = np.random.default_rng(0)
    data = Tensor(rng.standard_normal((batch, 6)).astype(np.float32)), Tensor(rng.integers(0, 4, batch))
    return network, step, data


def test_a_small_step_is_one_function_but_for_what_is_checked() -> None:
    """Products, too: no call of NumPy is left, and what follows the check of the classes is one call."""
    _, step, data = classifier()
    fast = autograd.compile(step, backend="c")
    for _ in range(3):
        fast(*data)
    lines = fast._entries[0].code.text.splitlines()
    assert not [line for line in lines if "dot" in line or "matmul" in line or "add_" in line]
    check = next(k for k, line in enumerate(lines) if "Changed" in line)
    assert sum("kernel" in line or "sequence" in line for line in lines[check:]) == 1


def test_large_products_are_left_to_blas() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((200, 100)), rng.standard_normal((100, 300))
    fast = autograd.compile(lambda a, b: np.tanh(a @ b) + 1, backend="c")
    for _ in range(3):
        np.testing.assert_allclose(fast(a, b), np.tanh(a @ b) + 1, atol=1e-12)
    assert "matmul" in fast._entries[0].code.text


def test_a_class_that_there_is_not_leaves_all_as_it_was() -> None:
    network, step, (x, t) = classifier()
    fast = autograd.compile(step, backend="c")
    for _ in range(3):
        fast(x, t)
    before = [p.data.copy() for p in network.parameters()]
    wrong = Tensor(t.data.copy())
    wrong.data[3] = 4
    with pytest.raises(IndexError, match="cross_entropy"):
        fast(x, wrong)
    for p, expected in zip(network.parameters(), before, strict=True):
        np.testing.assert_array_equal(p.data, expected)
    loss = fast(x, t)
    assert loss.item() < np.log(4)


def test_results_are_not_changed_by_later_calls() -> None:
    network, step, (x, t) = classifier()
    fast = autograd.compile(step, backend="c")
    for _ in range(3):
        fast(x, t)
    first, gradient = fast(x, t), network[0].weight.grad
    kept = first.item(), gradient.data.copy()
    for k in range(5):
        fast(Tensor(x.data + k), t)
    assert first.item() == kept[0]
    np.testing.assert_array_equal(gradient.data, kept[1])


def test_a_wrong_shape_is_the_engines_error() -> None:
    _, step, (x, t) = classifier()
    fast = autograd.compile(step, backend="c")
    for _ in range(3):
        fast(x, t)
    with pytest.raises(ValueError, match="linear: expected 6 input features") as expected:
        step(Tensor(x.data[:, :5]), t)
    with pytest.raises(ValueError, match="linear: expected 6 input features") as raised:
        fast(Tensor(x.data[:, :5]), t)
    assert str(raised.value) == str(expected.value)


def test_what_the_calls_of_an_island_pass_on_lies_where_others_did() -> None:
    rng = np.random.default_rng(0)
    weights = [rng.standard_normal((64, 64)).astype(np.float32) / 8 for _ in range(12)]

    def fun(x: Any) -> Any:
        for w in weights:
            x = np.tanh(x @ w)
        return x

    compiled = autograd.compile(fun, backend="c")
    for k in range(3):
        x = np.random.default_rng(k).standard_normal((64, 64)).astype(np.float32)
        np.testing.assert_allclose(compiled(x), fun(x), rtol=1e-4, atol=1e-5)
    code = compiled._entries[0].code
    (island,) = code.groups
    assert len(island.calls) > 10
    assert code.placement.size <= 4 * 64 * 64 * 4 < sum(value.nbytes for value in island.results)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_bounds_keep_what_is_no_number(dtype: Any) -> None:
    x = np.resize(np.array([np.nan, -0.0, 0.0, np.inf, -np.inf, 0.5, -7.0, 7.0], dtype), (64, 1024))

    def bounded(x: Any) -> Any:
        low, high = np.maximum(x * 1, 0), np.minimum(x * 1, 0)
        return low, high, np.clip(x * 1, -3, 3), np.maximum(x * 1, np.nan), np.minimum(0.5, x * 1)

    compiled = autograd.compile(bounded, backend="c")
    for _ in range(2):
        for got, expected in zip(compiled(x), bounded(x), strict=True):
            np.testing.assert_array_equal(got, expected)
    assert compiled.why_not is None
    assert compiled.backend.name == "c"
