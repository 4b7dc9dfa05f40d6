"""A memory table counts every saved array once, and tells what only the graph keeps from what others hold too."""

import tracemalloc

import numpy as np
import pytest

import nn
from autograd import Tensor, checkpoint, memory_table, scope


def by_operation(table):
    return {(row.scope, row.operation): (row.nodes, row.alone, row.shared) for row in table.rows}


def test_what_others_hold_is_told_apart():
    x = Tensor(np.ones(1000), requires_grad=True)
    y = np.exp(x)
    z = np.sin(y) * y  # exp saves y, sin saves y, the product saves both factors
    assert by_operation(memory_table(z)) == {
        ("", "exp"): (1, 0, 8000), ("", "sin"): (1, 0, 0), ("", "multiply"): (1, 8000, 0)
    }  # fmt: skip
    del y
    assert by_operation(memory_table(z))["", "exp"] == (1, 8000, 0)
    assert (memory_table(z).alone, memory_table(z).shared) == (16000, 0)


@pytest.mark.parametrize(
    "view", [lambda x: x[:10], lambda x: x.reshape(10, 100), lambda x: x[::2][::2].reshape(5, 50)], ids=range(3)
)
def test_a_view_counts_as_what_it_shows_and_once(view):
    x = Tensor(np.ones(1000), requires_grad=True)
    h = x * 2.0
    shown = view(h)
    y = (np.sin(shown) * shown).sum() + np.sin(h).sum()
    assert memory_table(y).shared == 8000
    del h
    assert memory_table(y).shared == 8000  # the view that is left keeps all of it
    del shown
    factor = y.shape  # nothing else holds it
    assert factor == ()
    table = memory_table(y)
    assert table.shared == 0
    assert 8000 < table.alone <= 16000  # h, and the sine of what was shown


def test_scopes_and_counts():
    x = Tensor(np.ones(10), requires_grad=True)
    with scope("outer"):
        for _ in range(3):
            x = np.tanh(x)
        with scope("inner"):
            x = np.tanh(x)
    found = by_operation(memory_table(x, x.sum()))
    assert found == {("outer", "tanh"): (3, 240, 0), ("outer.inner", "tanh"): (1, 0, 80), ("", "sum"): (1, 0, 0)}


def test_what_is_freed_is_what_the_graph_alone_kept():
    net = nn.Sequential(nn.Linear(100, 200), nn.Tanh(), nn.Linear(200, 200), nn.ReLU(), nn.Linear(200, 1))
    data = np.ones((500, 100), np.float32)
    net(data).sum()  # compiles
    tracemalloc.start()
    loss = net(data).sum()
    table = memory_table(loss)
    kept = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert table.alone == pytest.approx(kept, rel=0.02)
    assert table.shared >= data.nbytes
    loss.backward()
    after = memory_table(loss)
    assert (after.alone, after.shared, after.freed) == (0, 0, table.nodes)
    assert "nodes freed" in repr(after)


def test_a_checkpoint_keeps_its_arguments():
    block = checkpoint(lambda x: np.sin(np.exp(np.tanh(x))))
    x = Tensor(np.ones(100), requires_grad=True)
    y = block(block(x))
    table = memory_table(y)
    assert (table.alone, table.shared) == (800, 800)


def test_several_outputs_share_their_graph_and_constants_have_none():
    x = Tensor(np.ones(100), requires_grad=True)
    h = np.exp(x)
    assert memory_table(h, np.sin(h), h + 1).shared == 800
    assert memory_table(Tensor(1.0)).rows == []
    with pytest.raises(TypeError, match="memory_table: expected Tensors, got list"):
        memory_table([h])


def test_text_and_html():
    x = Tensor(np.ones(1000), requires_grad=True)
    with scope("<a>"):
        table = memory_table(np.exp(x).sum())
    lines = repr(table).splitlines()
    assert [line.split() for line in lines] == [
        ["module", "operation", "nodes", "only", "the", "graph", "others", "too"],
        ["<a>", "exp", "1", "8,000", "0"],
        ["total", "2", "8,000", "0"],
    ]
    assert len(set(map(len, lines))) == 1
    assert "&lt;a&gt;" in table._repr_html_()
    assert table._repr_html_().count("<tr>") == 3


def test_a_long_chain():
    y = x = Tensor(0.5, requires_grad=True)
    for _ in range(20_000):
        y = y * x
    assert memory_table(y).nodes == 20_000
