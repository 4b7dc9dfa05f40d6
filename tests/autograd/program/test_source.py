"""A program as text runs by itself, and gives what the engine gives to the last bit."""

from __future__ import annotations

import io
import math
import re
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor
from autograd.program.printing import parameters
from autograd.program.values import mapped
from autograd.transforms.tree import leaves
from nn import functional as F

from .test_training import assert_same
from .training import PROGRAMS


def run_text(program: Any, arrays: list[Any], rng: Any) -> Any:
    """What the printed function gives for these arguments, on the states as they are now."""
    space: dict[str, Any] = {}
    exec(compile(program.source, "<printed>", "exec"), space)
    given: dict[Any, Any] = dict(zip(program.inputs, arrays, strict=True))
    for statement in program.statements:
        if statement.kind == "outside":
            found = statement.function()
            form = statement.form if isinstance(statement.form, tuple) else (statement.form,)
            given.update(zip(form, found if found is not None else (None,), strict=True))
    taken = [rng if p == "rng" else mapped(p, lambda v: given.get(v, v.array)) for p in parameters(program)]
    result = space[program.name](*taken)
    return result if isinstance(result, tuple) else (result,)


FUNCTIONS = {
    "perceptron": (lambda w, b, x: np.tanh(x @ w + b).sum(), [(3, 2), (2,), (5, 3)]),
    "softmax regression": (
        lambda w, x, y: -(np.log(np.exp(x @ w) / np.exp(x @ w).sum(axis=1, keepdims=True)) * y).sum() / 5,
        [(3, 4), (5, 3), (5, 4)],
    ),
    "choice": (lambda x: np.where(x > 0, x * x, -x).sum(), [(7,)]),
    "parts": (lambda x: (x[1:] * x[:-1]).sum() + x[[0, 0, 2]].sum(), [(5,)]),
    "order": (lambda x: x.max() * np.sort(x)[1], [(5,)]),
    "special": (lambda x: (autograd.erf(x) * autograd.sigmoid(x) + autograd.logsumexp(x)).sum(), [(5,)]),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_derivative_as_text(name: str) -> None:
    function, shapes = FUNCTIONS[name]
    derivative = autograd.value_and_grad(function, argnums=tuple(range(len(shapes))))
    draw = lambda k: [np.random.default_rng(k + i).standard_normal(shape) for i, shape in enumerate(shapes)]
    program = autograd.trace(derivative, *draw(0))
    for k in (10, 20, 30):
        arrays = draw(k)
        expected = leaves(derivative(*arrays))
        got = run_text(program, arrays, None)
        outgoing = program.outgoing()
        for value, part in zip(program.results, expected, strict=True):
            np.testing.assert_array_equal(got[outgoing.index(value)], part)


@pytest.mark.parametrize(
    "name",
    ["sgd", "adam", "dropout", "batch norm", "tied words", "lstm", "transformer", "convolution", "muon", "adafactor",
     "complex", "complex ascent"],
)  # fmt: skip
def test_a_training_step_as_text(name: str) -> None:
    autograd.manual_seed(0)
    program = PROGRAMS[name]()
    rng = np.random.default_rng(1)
    for _ in range(2):
        program.step(*program.batch(rng))
    batch = program.batch(rng)
    before = program.state()
    written = autograd.trace(program.step, *batch)
    assert_same(program.state(), before)
    arrays = [leaf.data for leaf in leaves(batch) if isinstance(leaf, Tensor)]
    draws = np.random.default_rng()
    draws.bit_generator.state = autograd.generator().bit_generator.state
    run_text(written, arrays, draws)  # which changes parameters, buffers and an optimizer's means
    by_text = program.state()
    autograd.manual_seed(0)
    twin = PROGRAMS[name]()
    rng = np.random.default_rng(1)
    for _ in range(2):
        twin.step(*twin.batch(rng))
    twin.step(*twin.batch(rng))
    engine = twin.state()
    n = len([*program.objects[0].parameters(), *program.objects[0].buffers()])
    for expected, got in zip(engine[:n], by_text[:n], strict=True):
        np.testing.assert_array_equal(expected, got)
    for expected, got in zip(engine[-1].values(), by_text[-1].values(), strict=True):  # of the optimizer
        arrays = {name for name, value in expected.items() if isinstance(value, np.ndarray)}
        assert_same({name: expected[name] for name in arrays}, {name: got[name] for name in arrays})


def test_what_is_printed_needs_numpy_alone() -> None:
    def loss(w: Any, x: Any) -> Any:
        hidden = np.tanh(x @ w)
        total = (hidden * hidden).sum()
        return total

    program = autograd.trace(autograd.grad(loss), np.ones((2, 3)), np.ones((4, 2)))
    assert program.source.startswith("import numpy as np\n")
    assert "autograd" not in program.source.replace("grad_of_loss", "")
    assert "hidden = np.tanh(" in program.source
    assert "(w, x):" in program.source


def test_what_is_the_same_at_each_call_is_said() -> None:
    def twice(x: Any) -> Any:
        return x * 2, 3, "twice"

    lines = autograd.trace(twice, np.ones(2)).source.splitlines()
    assert lines[-3:] == [
        "    # result 2 is 3 at each call", "    # result 3 is 'twice' at each call", "    return multiply",
    ]  # fmt: skip


def test_cost_is_counted() -> None:
    program = autograd.trace(lambda x, y: np.tanh(x @ y), np.ones((10, 20)), np.ones((20, 30)))
    assert program.cost.statements == 2
    assert program.cost.operations == 2 * 10 * 20 * 30 + 10 * 30
    assert 2 * 10 * 30 * 8 <= program.cost.peak < 2 * 10 * 30 * 8 + 64
    assert "12.3 k operations" in str(program.cost)


@pytest.mark.parametrize(
    ("f", "shapes", "operations", "numbers"),
    [
        (lambda x, y: x @ y, [(2, 3), (3, 4)], 2 * 2 * 3 * 4, 6 + 12 + 8),
        (lambda x, y: x @ y, [(5, 2, 3), (5, 3, 4)], 5 * 2 * 2 * 3 * 4, 30 + 60 + 40),
        (lambda x, y: x @ y, [(7,), (7,)], 2 * 7, 7 + 7 + 1),
        (lambda x, y: np.einsum("ij,jk->ik", x, y), [(2, 3), (3, 4)], 2 * 2 * 3 * 4, 6 + 12 + 8),
        (lambda x, y: np.einsum("ij,ij,ij->i", x, y, y), [(2, 3), (2, 3)], 3 * 2 * 3, 6 + 6 + 2),
        (lambda x, y: np.vecdot(x, y), [(2, 3), (2, 3)], 2 * 2 * 3, 6 + 6 + 2),
        (lambda x, y: x + y * 2, [(3, 4), (4,)], 4 + 12, 4 + 4 + 12 + 4 + 12),
        (lambda x: x.sum(), [(3, 4)], 12, 12 + 1),
        (lambda x: np.exp(x.T[::2]), [(3, 4)], 6, 6 + 6),
        (lambda x: x.T[:, None], [(3, 4)], 0, 0),
        (lambda x: x[[0, 0, 2]], [(3, 4)], 12, 12 + 12),
        (lambda x, w: F.conv2d(x, w), [(2, 3, 8, 8), (4, 3, 3, 3)], 2 * (2 * 4 * 6 * 6) * (3 * 3 * 3), 384 + 108 + 288),
        (
            lambda x, w, b: F.conv2d(x, w, b, stride=2, padding=1),  # 4 x 4 places
            [(2, 3, 8, 8), (4, 3, 3, 3), (4,)],
            2 * (2 * 4 * 4 * 4) * (3 * 3 * 3) + 2 * 4 * 4 * 4,
            384 + 108 + 4 + 128,
        ),
        (lambda x, w: F.conv1d(x, w, groups=2), [(5, 4, 9), (6, 2, 3)], 2 * (5 * 6 * 7) * (2 * 3), 180 + 36 + 210),
        (lambda x, w: F.conv_transpose2d(x, w), [(2, 3, 4, 4), (3, 5, 2, 2)], 2 * 96 * (5 * 2 * 2), 96 + 60 + 250),
        (lambda x, y: np.tensordot(x, y, 2), [(2, 3, 4), (3, 4, 5)], 2 * 2 * 5 * 12, 24 + 60 + 10),
        (lambda x, y: np.einsum("...ij,jk->...ik", x, y), [(5, 2, 3), (3, 4)], 2 * 5 * 2 * 3 * 4, 30 + 12 + 40),
        (lambda x, y: np.linalg.solve(x, y), [(6, 6), (6, 2)], 2 / 3 * 6**3 + 2 * 6**2 * 2, 36 + 12 + 12),
        (lambda x: np.linalg.inv(x), [(2, 6, 6)], 2 * 2 * 6**3, 72 + 72),
        (lambda x: np.linalg.cholesky(x), [(6, 6)], 6**3 / 3, 36 + 36),
        (lambda x: np.linalg.qr(x)[0], [(8, 6)], 4 * 8 * 36 - 4 / 3 * 6**3, 48 + 48 + 36),
        (lambda x: np.linalg.svd(x, compute_uv=False), [(8, 6)], 4 * 8 * 36 - 4 / 3 * 6**3, 48 + 6),
        (lambda x: np.linalg.eigvalsh(x), [(6, 6)], 4 / 3 * 6**3, 36 + 6),
        (lambda x: np.fft.fft(x), [(3, 16)], 2.5 * 3 * 16 * 4, 48 + 2 * 48),
        (lambda x: np.fft.fft2(x + 0j), [(8, 16)], 128 + 5 * 128 * (3 + 4), 128 + 3 * 2 * 128),
        (lambda x: np.cumsum(x, axis=1), [(3, 4)], 12, 12 + 12),
        (lambda x: np.sort(x, axis=1), [(3, 8)], 24 * 3, 24 + 24),
        (lambda x, y: np.convolve(x, y), [(10,), (3,)], 2 * 10 * 3, 10 + 3 + 12),
        (lambda x: np.lib.stride_tricks.sliding_window_view(x, 3).sum(-1), [(8,)], 18, 8 + 6),
        (lambda x: np.broadcast_to(x, (5, 3)) * 2, [(3,)], 15, 3 + 15),
    ],
)
def test_cost_is_what_one_counts_by_hand(f: Any, shapes: Any, operations: float, numbers: int) -> None:
    regular = lambda shape: np.ones(shape) + (10 * np.eye(6) if shape[-2:] == (6, 6) else 0)
    cost = autograd.trace(f, *[regular(shape) for shape in shapes]).cost
    assert (cost.operations, cost.bytes) == (int(operations + 0.5), 8 * numbers)


def test_what_is_written_in_place_is_counted_once() -> None:
    def f(x: Any, y: Any) -> Any:
        total = np.zeros_like(x)
        total[1:3] = y
        total += x
        return total

    cost = autograd.trace(f, np.ones((5, 4)), np.ones((2, 4))).cost
    assert cost.operations == 20 + 8 + 20
    assert cost.bytes == 8 * (20 + (8 + 8) + 3 * 20)
    assert cost.peak == 8 * 20


def test_the_peak_of_a_convolution_s_derivative() -> None:
    """The results of the forward pass that are still needed, and the gradient that is made of them."""
    image, kernel = np.ones((2, 3, 8, 8)), np.ones((4, 3, 3, 3))
    f = lambda w, x: np.tanh(F.conv2d(x, w)).sum()
    cost = autograd.trace(autograd.value_and_grad(f), kernel, image).cost
    made = 2 * 4 * 6 * 6
    product = 2 * made * 3 * 3 * 3
    assert product * 2 <= cost.operations <= 2 * product + 8 * made
    assert 8 * (made + kernel.size) <= cost.peak <= 8 * (3 * made + kernel.size + 8)


def test_a_perceptron_reads_as_it_is_derived() -> None:
    def loss(w1: Any, b1: Any, w2: Any, b2: Any, x: Any, y: Any) -> Any:
        h = np.tanh(x @ w1 + b1)
        p = h @ w2 + b2
        return ((p - y) ** 2).sum() / 2

    shapes = (2, 3), (3,), (3, 1), (1,), (4, 2), (4, 1)
    arrays = [np.random.default_rng(k).standard_normal(shape) for k, shape in enumerate(shapes)]
    text = autograd.trace(autograd.value_and_grad(loss, argnums=(0, 1, 2, 3)), *arrays).source
    assert text.split("\n\n\n")[1].splitlines()[1:] == [
        "    h = np.tanh(x.dot(w1) + b1)",
        "    p = h.dot(w2) + b2",
        "    subtract = p - y",
        "    loss = (subtract ** 2).sum() / 2",
        "",
        "    # backward",
        "    d_p = 0.5 * (2 * subtract)",
        "    d_b2 = np.dot(np.ones(4), d_p)",
        "    d_h = d_p.dot(w2.T)",
        "    d_w2 = h.T.dot(d_p)",
        "    d_tanh = d_h * (1 - h * h)",
        "    d_b1 = np.dot(np.ones(4), d_tanh)",
        "    d_w1 = x.T.dot(d_tanh)",
        "    return (loss, d_w1, d_b1, d_w2, d_b2)",
    ]


def test_updates_are_a_loop_over_the_parameters() -> None:
    program = PROGRAMS["sgd"]()
    text = autograd.trace(program.step, *program.batch(np.random.default_rng(1))).source
    assert re.search(r"\n    for [\w, ]+ in \(\n(        \(.*\),\n){3,}    \):\n", text)
    assert re.search(r"\n        parameter -= ", text)


def test_brackets_stand_where_they_are_needed() -> None:
    def values(x: Any, y: Any) -> Any:
        return -((x - y) * (x + y)), (x - (y - x)) / (x / y), (-x) ** 2, 2**-x, (x == y) == (x < y), -(x**2)

    x, y = np.array([1.5, 2.0]), np.array([2.0, 2.0])
    program = autograd.trace(values, x, y)
    got = run_text(program, [x, y], None)
    outgoing = program.outgoing()
    for value, part in zip(program.results, values(x, y), strict=True):
        np.testing.assert_array_equal(got[outgoing.index(value)], part)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.prod(x),
        lambda x: np.median(x) + np.sort(x).cumsum()[1:].std(),
        lambda x: np.quantile(x, 0.3) + np.partition(x, 2)[0],
        lambda x: autograd.grad(lambda y: (np.tanh(y) ** 2).sum())(x).prod(),
        lambda x: np.cumprod(x)[-1] + np.percentile(x, 70),
    ],
)
def test_rules_that_ask_for_values_are_printed_for_arrays(f: Any) -> None:
    g = autograd.value_and_grad(f)
    rng = np.random.default_rng(0)
    program = autograd.trace(g, rng.standard_normal(5))
    space: dict[str, Any] = {}
    exec(program.source, space)
    assert "unwrap" not in program.source
    x = rng.standard_normal(5)
    for a, b in zip(space[program.name](x), g(x), strict=True):
        np.testing.assert_array_equal(a, b)


def as_text(f: Any, *arrays: Any) -> str:
    """The printed body, which is checked to give what the function gives."""
    program = autograd.trace(f, *arrays)
    found, outgoing = run_text(program, [*arrays], None), program.outgoing()
    for value, part in zip(program.results, leaves(f(*arrays)), strict=True):
        np.testing.assert_array_equal(found[outgoing.index(value)], part)
    return program.source.split("\n\n\n")[1].partition("\n")[2]


@pytest.mark.parametrize("shape", [(5, 3), (64, 40), (3, 200), (1, 4), (7, 1)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("order", ["C", "F"])
def test_a_weight_vector_s_gradient_is_a_matrix_times_a_vector(shape: Any, dtype: Any, order: Any) -> None:
    rng = np.random.default_rng(0)
    x = np.asarray(rng.standard_normal(shape), dtype, order=order)
    w, b = rng.standard_normal(shape[1]).astype(dtype), np.array(0.5, dtype)
    text = as_text(autograd.value_and_grad(lambda w, b, x: ((x @ w + b) ** 2).sum(), (0, 1)), w, b, x)
    assert "x.T @ d_" in text
    assert "None" not in text
    assert "reshape" not in text


def test_sums_whose_axes_go_are_sums() -> None:
    rng = np.random.default_rng(0)
    derivative = autograd.grad(lambda b, x: ((x * b) ** 2).sum())
    text = as_text(derivative, rng.standard_normal(4), rng.standard_normal((2, 3, 4)))
    assert "sum(axis=(0, 1))" in text
    assert "keepdims" not in text


def test_infinite_scores() -> None:
    x = np.array([[np.inf, 1.0, 2.0], [-np.inf, -np.inf, -np.inf], [-np.inf, 0.0, 3.0], [np.nan, 1.0, -np.inf]])
    with np.errstate(invalid="ignore"):
        text = as_text(lambda x: autograd.softmax(x, axis=1), x)
    assert "np.nan_to_num(x.max(axis=1, keepdims=True), nan=np.nan)" in text


def test_a_part_is_added_to() -> None:
    def loss(x: Any) -> Any:
        return (x[:, :2] * x[:, 1:3]).sum() + x[0].sum()

    text = as_text(autograd.grad(loss), np.random.default_rng(0).standard_normal((2, 4)))
    assert re.search(r"d_\w+\[:, 1:3\] \+= x\[:, :2\]|d_\w+\[:, :2\] \+= x\[:, 1:3\]", text)
    assert "\ndef " not in text


def test_signs_and_fractions_are_written_as_by_hand() -> None:
    def loss(p: Any, y: Any) -> Any:
        return -(y * np.log(p) + (1 - y) * np.log(1 - p)).mean()

    text = as_text(autograd.grad(loss), np.array([0.2, 0.4, 0.9]), np.array([0.0, 1.0, 1.0]))
    assert "1 / 3 * " in text
    assert "--" not in text
    assert "+ -" not in text
    assert "-(-" not in text
    x, y = np.array([1.5, -2.0]), np.array([4.0, 0.25])
    as_text(lambda x, y: (x + -y * x, x - -y, x + -(y @ x), x + -y // x, -(-x * y), x + -(y**2) % x), x, y)


def test_sums_of_gradients_are_a_part_of_the_backward_pass() -> None:
    def loss(mu: Any, s: Any, eps: Any) -> Any:
        return ((mu + np.exp(s / 2) * eps) ** 2).sum() - 0.5 * (1 + s - mu**2 - np.exp(s)).sum()

    rng = np.random.default_rng(0)
    text = as_text(autograd.value_and_grad(loss, (0, 1)), *rng.standard_normal((3, 4, 2)))
    assert text.count("# backward") == 1
    assert "# forward" not in text

    def shared(w: Any) -> Any:
        h = np.tanh(w)
        return h.sum() + (h * h).sum()

    assert "# forward" not in as_text(autograd.value_and_grad(shared), rng.standard_normal(3))


def test_parameters_come_in_their_order() -> None:
    network = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    program = autograd.trace(lambda x: network(x).sum(), Tensor(np.ones((2, 3), np.float32)))
    assert list(program.arrays) == [
        f"network_{k}_{name}" for k in (0, 2) for name in ("weight", "bias")
    ]  # fmt: skip


def test_nothing_is_said_that_is_so_anyway() -> None:
    """No option that is the usual one, no comma of an index of one part, no axis that is taken as it is."""

    def total(x: Any) -> Any:
        top = Tensor.max(x[1:, :], axis=1)
        part = np.where(x[0, 0] > 0, x[0, 1], 2.0)
        return (top * part[()]).sum() + x[(slice(2),)].sum()

    program = autograd.trace(total, np.arange(12.0).reshape(3, 4))
    assert "where=" not in program.source
    assert "[()]" not in program.source
    assert "x[1:].max(axis=1)" in program.source
    assert "x[:2].sum()" in program.source


def test_states_in_a_container_that_are_called_as_others_have_its_name_before() -> None:
    mean, scale = (Tensor(np.ones(3), requires_grad=True) for _ in range(2))
    velocity = {"mean": np.zeros(3), "scale": np.zeros(3)}

    def step(x: Any) -> Any:
        loss = ((x - mean) * scale).sum()
        for name, gradient in zip(velocity, autograd.grad(loss, [mean, scale]), strict=True):
            velocity[name] += gradient.data
        return loss.detach()

    names = autograd.trace(step, np.ones(3)).source.split("(")[1].split(")")[0].split(", ")
    assert names == ["x", "mean", "scale", "velocity_mean", "velocity_scale"]


def test_a_class_of_pythons_own_is_no_state() -> None:
    """Nor is what cannot be set: of a class that is written in C, an attribute stays what it is."""

    class Text(io.StringIO):
        pass

    text = Text()

    def noted(x: Any) -> Any:
        text.seek(0)
        assert text.__doc__ is None or x.size
        return x * 2

    assert "x * 2" in autograd.trace(noted, np.ones(3)).source


@pytest.mark.filterwarnings("ignore:invalid value")
@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, complex(1, math.nan), complex(-math.inf, 2)])
def test_what_is_no_number_is_written_down(number: Any) -> None:
    """What a branch took for granted, constants, and numbers of Python's."""

    def fun(x: Any) -> Any:
        constant = np.array([number, 1, 2])
        taken = complex(x[0]) if isinstance(number, complex) else float(x[0])
        return x * constant * taken + number if taken == taken else x * constant - number

    x = np.array([number, 3, 4])
    program = autograd.trace(fun, x)
    space: dict[str, Any] = {}
    exec(program.source, space)
    np.testing.assert_array_equal(space[program.name](x), fun(x))
    with pytest.raises(AssertionError):
        space[program.name](np.array([5, 3, 4], x.dtype))
