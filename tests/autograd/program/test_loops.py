"""What repeats is printed as a loop, over time steps or layers or parameters, and gives the same numbers."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd import Tensor
from autograd.transforms.tree import leaves

from .test_source import run_text


def body(text: str) -> list[str]:
    """The lines of the printed function."""
    return [line[4:] for line in text.split("\n\n\n")[1].splitlines()[1:]]


def rnn(wx: Any, wh: Any, b: Any, h: Any, x: Any, y: Any) -> Any:
    for t in range(len(x)):
        h = np.tanh(x[t] @ wx + h @ wh + b)
    return ((h - y) ** 2).sum()


def residual(ws: Any, bs: Any, x: Any) -> Any:
    for w, b in zip(ws, bs, strict=True):
        x = x + np.tanh(x @ w + b)
    return (x**2).sum()


def several(wx: Any, wh: Any, x: Any) -> Any:
    h, total = np.zeros((x.shape[1], wh.shape[0])), 0.0
    for t in range(len(x)):
        h = np.tanh(x[t] @ wx + h @ wh)
        total = total + (h * x[t, :, :1]).sum()
    return total


def power(x: Any) -> Any:
    for _ in range(4):
        x = x * x + x
    return (x**3).sum()


def stacked(wx: Any, wh: Any, b: Any, x: Any, y: Any) -> Any:
    """A recurrent network of several layers, each of which goes through all of the time."""
    for layer in range(len(wx)):
        h = np.zeros((len(x[0]), len(wh[layer])))
        out = []
        for x_t in x:
            h = np.tanh(x_t @ wx[layer] + h @ wh[layer] + b[layer])
            out.append(h)
        x = out
    return ((h - y) ** 2).sum()


def gated(wx: Any, wh: Any, b: Any, x: Any, y: Any) -> Any:
    """The same of LSTMs."""
    for layer in range(len(wx)):
        n = len(wh[layer])
        h = np.zeros((len(x[0]), n))
        c = np.zeros((len(x[0]), n))
        out = []
        for x_t in x:
            z = x_t @ wx[layer] + h @ wh[layer] + b[layer]
            i = autograd.sigmoid(z[:, :n])
            f = autograd.sigmoid(z[:, n : 2 * n])
            g = np.tanh(z[:, 2 * n : 3 * n])
            o = autograd.sigmoid(z[:, 3 * n :])
            c = f * c + i * g
            h = o * np.tanh(c)
            out.append(h)
        x = out
    return ((h - y) ** 2).sum()


def transformer(wq: Any, wk: Any, wv: Any, wo: Any, w1: Any, w2: Any, x: Any, y: Any) -> Any:
    """Blocks of attention with several heads, and of two layers."""
    for layer in range(len(wq)):
        heads = []
        for head in range(len(wq[layer])):
            q = x @ wq[layer][head]
            k = x @ wk[layer][head]
            v = x @ wv[layer][head]
            a = autograd.softmax(q @ k.T / 2, axis=1)
            heads.append(a @ v)
        x = x + np.concatenate(heads, axis=1) @ wo[layer]
        x = x + np.maximum(x @ w1[layer], 0) @ w2[layer]
    return ((x - y) ** 2).sum()


def stages(ws: Any, x: Any) -> Any:
    """Residual connections around several layers each."""
    for stage in ws:
        skip = x
        for w in stage:
            x = np.tanh(x @ w)
        x = x + skip
    return (x**2).sum()


def recurrent(layers: int, times: int, gates: int = 1) -> list[Any]:
    wide = 4 * gates
    return [[(3, wide), *[(4, wide)] * (layers - 1)], [(4, wide)] * layers, [(wide,)] * layers, (times, 5, 3), (5, 4)]


def blocks(n: int, heads: int) -> list[Any]:
    of_heads = [[[(8, 2)] * heads] * n] * 3
    return [*of_heads, [(2 * heads, 8)] * n, [(8, 16)] * n, [(16, 8)] * n, (6, 8), (6, 8)]


NESTED: dict[str, tuple[Any, int, list[Any], int, list[Any]]] = {  # the loops in loops, and larger ones of the same
    "stacked": (stacked, 3, recurrent(4, 6), 2, recurrent(5, 9)),
    "two layers": (stacked, 3, recurrent(2, 6), 0, recurrent(2, 9)),
    "gated": (gated, 3, recurrent(4, 6, 4), 2, recurrent(4, 9, 4)),
    "transformer": (transformer, 6, blocks(4, 3), 2, blocks(5, 4)),
    "stages": (stages, 1, [[[(4, 4)] * 5] * 4, (5, 4)], 2, [[[(4, 4)] * 6] * 5, (5, 4)]),
}

CASES: dict[str, tuple[Any, int, list[Any]]] = {
    "recurrent": (rnn, 4, [(3, 4), (4, 4), (4,), (5, 4), (20, 5, 3), (5, 4)]),
    "from zero": (several, 2, [(3, 4), (4, 4), (9, 5, 3)]),
    "residual": (residual, 2, [[(4, 4)] * 8, [(4,)] * 8, (5, 4)]),
    "without parameters": (power, 1, [(3,)]),
}


def data(shapes: Any, seed: int) -> Any:
    rng = np.random.default_rng(seed)

    def draw(shape: Any) -> Any:
        return [*map(draw, shape)] if isinstance(shape, list) else 0.4 * rng.standard_normal(shape)

    return draw([*shapes])


def check(program: Any, derivative: Any, shapes: Any) -> None:
    """That the printed text gives the engine's numbers, for new data."""
    for seed in (1, 2):
        arguments = data(shapes, seed)
        got, outgoing = run_text(program, leaves(arguments), None), program.outgoing()
        for value, expected in zip(program.results, leaves(derivative(*arguments)), strict=True):
            np.testing.assert_array_equal(got[outgoing.index(value)], expected)


@pytest.mark.parametrize("name", CASES)
def test_a_loop_gives_the_same_numbers(name: str) -> None:
    function, n, shapes = CASES[name]
    derivative = autograd.value_and_grad(function, argnums=tuple(range(n)))
    program = autograd.trace(derivative, *data(shapes, 0))
    assert sum(line.startswith("for ") for line in body(program.source)) == 2, program.source
    check(program, derivative, shapes)


@pytest.mark.parametrize("name", NESTED)
def test_loops_in_loops(name: str) -> None:
    function, n, shapes, nested, larger = NESTED[name]
    derivative = autograd.value_and_grad(function, argnums=tuple(range(n)))
    program = autograd.trace(derivative, *data(shapes, 0))
    lines = body(program.source)
    assert sum(line.startswith("    for ") for line in lines) == nested, program.source
    assert body(program.source) == lines  # printed again
    assert "-1 * " not in program.source
    check(program, derivative, shapes)
    assert len(body(autograd.trace(derivative, *data(larger, 0)).source)) <= len(lines) + 2


def test_the_text_is_as_long_for_a_hundred_steps_as_for_ten() -> None:
    derivative = autograd.value_and_grad(several, argnums=(0, 1))
    ten, hundred = (
        autograd.trace(derivative, *data([(3, 4), (4, 4), (n, 5, 3)], 0)).source.splitlines() for n in (10, 100)
    )
    assert len(ten) == len(hundred) < 40


def test_back_propagation_through_time_reads_as_it_is_derived() -> None:
    program = autograd.trace(autograd.value_and_grad(rnn, argnums=(0, 1, 2)), *data(CASES["recurrent"][2], 0))
    assert body(program.source) == [
        "hs = [h]",
        "for t in range(20):",
        "    hs.append(np.tanh(x[t].dot(wx) + hs[t].dot(wh) + b))",
        "subtract = hs[20] - y",
        "rnn = (subtract ** 2).sum()",
        "",
        "# backward",
        "d_h = 2 * subtract",
        "d_tanh = d_h * (1 - hs[20] * hs[20])",
        "d_b = np.dot(np.ones(5), d_tanh)",
        "d_h = d_tanh.dot(wh.T)",
        "d_wh = hs[19].T.dot(d_tanh)",
        "d_wx = x[19].T.dot(d_tanh)",
        "d_tanh = d_h * (1 - hs[19] * hs[19])",
        "for t in reversed(range(1, 19)):",
        "    d_b = d_b + np.dot(np.ones(5), d_tanh)",
        "    d_h = d_tanh.dot(wh.T)",
        "    d_wh = d_wh + hs[t].T.dot(d_tanh)",
        "    d_wx = d_wx + x[t].T.dot(d_tanh)",
        "    d_tanh = d_h * (1 - hs[t] * hs[t])",
        "d_b = d_b + np.dot(np.ones(5), d_tanh)",
        "d_wh = d_wh + h.T.dot(d_tanh)",
        "d_wx = d_wx + x[0].T.dot(d_tanh)",
        "return (rnn, d_wx, d_wh, d_b)",
    ]


def test_layers_are_a_loop_over_lists_of_their_parameters() -> None:
    program = autograd.trace(autograd.value_and_grad(residual, argnums=(0, 1)), *data(CASES["residual"][2], 0))
    assert program.source.startswith("import numpy as np\n\n\ndef value_and_grad_of_residual(ws, bs, x):\n")
    lines = body(program.source)
    assert "    d_ws[t] = xs[t].T.dot(d_tanh)" in lines
    assert lines[-1] == "return (residual, *d_ws, *d_bs)"


def test_a_deep_network_and_its_optimizer() -> None:
    autograd.manual_seed(0)
    network = nn.Sequential(*[layer for _ in range(6) for layer in (nn.Linear(8, 8), nn.ReLU())])
    optimizer = optim.Adam(network.parameters(), 0.1)

    def step(x: Any) -> Any:
        optimizer.zero_grad()
        loss = (network(x) ** 2).mean()
        loss.backward()
        optimizer.step()
        return loss

    x = Tensor(np.random.default_rng(0).standard_normal((5, 8)).astype(np.float32))
    for _ in range(2):
        step(x)
    program = autograd.trace(step, x)
    arrays = program.arrays
    assert [len(arrays[name]) for name in ("exp_avgs", "exp_avg_sqs", "network_weight", "network_bias")] == [
        12,
        12,
        6,
        6,
    ]
    assert all(a is layer.weight.data for a, layer in zip(arrays["network_weight"], network[::2], strict=True))
    lines = body(program.source)
    assert len(lines) < 45
    assert "    # [2 * t]: Linear" in lines
    assert "gradients = [each[t] for t in range(6) for each in (d_network_weight, d_network_bias)]" in lines
    twin, of_twin = copy.deepcopy((network, optimizer))
    run_text(program, [x.data], None)  # which changes the network's parameters
    of_twin.zero_grad()
    (twin(x) ** 2).mean().backward()
    of_twin.step()
    for printed, expected in zip(network.parameters(), twin.parameters(), strict=True):
        np.testing.assert_array_equal(printed.data, expected.data)


def test_an_end_of_a_slice_goes_where_it_is_that_of_all() -> None:
    """Of arrays that differ in length, x[2:6] is x[2:] of some only."""

    def windowed(w: Any, xs: Any) -> Any:
        for x in xs:
            w = np.tanh(w * x[2:6] + x[0:4])
        return w.sum()

    arrays = [np.linspace(-1, 1, n) for n in (6, 8, 8, 6, 8)]
    program = autograd.trace(autograd.value_and_grad(windowed), np.ones(4), arrays)
    lines = body(program.source)
    assert lines[:3] == [
        "ws = [w]",
        "for t in range(5):",
        "    ws.append(np.tanh(ws[t] * xs[t][2:6] + xs[t][:4]))",
    ]
    expected = autograd.value_and_grad(windowed)(np.ones(4), arrays)
    for got, known in zip(run_text(program, [np.ones(4), *arrays], None), expected, strict=True):
        np.testing.assert_array_equal(got, known)


def test_the_first_time_step_is_one_of_the_loop_in_single_precision_too() -> None:
    """Then zeros have a dtype that is said."""
    layer = nn.LSTM(3, 4)
    text = autograd.trace(lambda x: layer(x)[0].sum().detach(), np.ones((6, 2, 3), np.float32)).source
    assert "np.zeros((4, 2), np.float32)" in text
    assert "for t in range(6):" in text


def test_a_list_holds_the_gradients_of_one_list_of_parameters() -> None:
    """Two layers of each block have the same shapes: which gradients are whose is said by their numbers."""
    network = nn.Sequential(*[nn.Sequential(nn.Linear(4, 4), nn.SiLU(), nn.Linear(4, 4)) for _ in range(4)])

    def derivative(x: Any) -> Any:
        network.zero_grad()
        (np.tanh(network(x)) ** 2).sum().backward()
        return [p.grad for p in network.parameters()]

    draw = lambda seed: np.random.default_rng(seed).standard_normal((3, 4)).astype(np.float32)
    program = autograd.trace(derivative, draw(0))
    lines = body(program.source)
    for layer in (0, 2):
        of_weight = [line.split(" = ")[0] for line in lines if line.startswith(f"    d_network_{layer}_weight[")]
        assert of_weight == [f"    d_network_{layer}_weight[t]"]
        used = [line for line in lines if f"network_{layer}_weight[t]" in line and "d_network" not in line]
        assert len(used) == 2  # forward and backward
    got, outgoing = run_text(program, [draw(1)], None), program.outgoing()
    for value, expected in zip(program.results, derivative(draw(1)), strict=True):
        np.testing.assert_array_equal(got[outgoing.index(value)], expected.data)


def test_what_is_checked_in_each_turn_is_checked_in_a_loop() -> None:
    """Which rows are taken is data, and the same line looks at it at each step."""

    def looked_up(w: Any, index: Any) -> Any:
        h = w[0]
        for t in range(6):
            assert (index[t] >= 0).all()
            h = np.tanh(h + w.take(index[t], 0).sum(axis=0))
        return h.sum()

    program = autograd.trace(autograd.value_and_grad(looked_up), np.ones((5, 2)), np.zeros((6, 3), int))
    lines = body(program.source)
    assert "    assert (index[t] >= 0).all()" in lines
    assert sum("assert" in line for line in lines) == 1
    w, index = np.random.default_rng(0).standard_normal((5, 2)), np.random.default_rng(1).integers(0, 5, (6, 3))
    expected = autograd.value_and_grad(looked_up)(w, index)
    for got, known in zip(run_text(program, [w, index], None), expected, strict=True):
        np.testing.assert_array_equal(got, known)
    with pytest.raises(AssertionError):
        run_text(program, [w, -index], None)


@pytest.mark.parametrize("kind", [nn.RNN, nn.GRU, nn.LSTM])
def test_recurrent_layers(kind: Any) -> None:
    autograd.manual_seed(0)
    layer = kind(3, 4, dtype=np.float64)

    def derivative(x: Any, y: Any) -> Any:
        layer.zero_grad()
        ((layer(x)[0] - y) ** 2).sum().backward()
        return [p.grad for p in layer.parameters()]

    program = autograd.trace(derivative, *data([(12, 2, 3), (12, 2, 4)], 0))
    assert len(body(program.source)) < 90
    arrays = data([(12, 2, 3), (12, 2, 4)], 1)
    got, outgoing = run_text(program, arrays, None), program.outgoing()
    for value, expected in zip(program.results, derivative(*arrays), strict=True):
        np.testing.assert_array_equal(got[outgoing.index(value)], expected.data)


def test_lines_that_only_look_alike_are_no_loop() -> None:
    def f(x: Any, y: Any) -> Any:
        a = np.sin(x)
        b = np.sin(y)
        c = np.sin(a)
        d = np.cos(b)
        return a * b + c * d

    lines = body(autograd.trace(f, np.ones(3), np.ones(3)).source)
    assert not any(line.startswith("for ") for line in lines)
