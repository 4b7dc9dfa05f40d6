"""The graph: what a leaf and a node are, their order, the walk over them, and what lies between two of them."""

import gc
from weakref import ref

import numpy as np
import pytest

from autograd import Tensor, grad, scope
from autograd.engine.halves import Seen
from autograd.engine.node import Leaf, Node, between, depends_on_arguments, tick, walk


def leaf(*shape):
    return Tensor(np.ones(shape), requires_grad=True)


def test_a_later_node_has_a_smaller_order():
    first, second = tick(), tick()
    assert second < first
    x = leaf()
    y = x * 2
    assert y.grad_fn.order < x._node.order


def test_a_node_knows_parents_shape_dtype_and_name():
    x, w = leaf(2, 3), leaf(3)
    y = (x * w).astype(np.float32)
    node = y.grad_fn
    assert (node.shape, node.dtype, node.name) == ((2, 3), np.dtype(np.float32), "astype")
    product = node.parents[0]
    assert product.name == "multiply"
    assert product.parents == (x._node, w._node)
    assert repr(product) == "<multiply node (2, 3) float64>"


def test_a_node_holds_nodes_and_no_tensors():
    x = leaf(2)
    y = x * 2
    z = y.exp() + 1
    middle = ref(y)
    del y
    assert middle() is None
    assert z.grad_fn.parents[0].parents[0].name == "multiply"


def test_a_leaf_refers_to_its_tensor_weakly():
    gc.disable()
    try:
        x = leaf(2)
        node = x._node
        assert isinstance(node, Leaf)
        assert node.name == "leaf"
        assert node.tensor() is x
        assert (node.saved, node.parents, node.plan) == ((), (), None)
        del x
        assert node.tensor() is None
    finally:
        gc.enable()


def test_the_scope_is_that_of_all_entries():
    x = leaf()
    with scope("outer"), scope("", "Sequential"), scope("0", "Linear"):
        y = x * 2
    assert y.grad_fn.scope == "outer.0"
    assert y.grad_fn.entry[1:] == ("0", "Linear")
    assert (x * 2).grad_fn.scope is None
    assert x._node.scope is None


def test_extras_are_made_when_they_are_asked_for():
    y = leaf() * 2
    assert y.grad_fn.extras is None
    extras = y.grad_fn.more()
    assert y.grad_fn.more() is extras
    assert (extras.hooks, extras.retain, extras.source, extras.given) == ({}, None, None, {})


def test_the_walk_finds_each_node_once_newest_first():
    x = leaf()
    y = x
    for _ in range(50):  # as many paths as 2**50
        y = y + y
    found = walk([y._node])
    assert len(found) == 51
    assert [node.order for node in found] == sorted(node.order for node in found)
    assert found[-1] is x._node


def test_the_walk_stops_at_an_order():
    x = leaf()
    a = x * 2
    start = tick()
    b = a * 3
    assert walk([b._node], start) == walk([b._node], b._node.order) == [b._node]


def test_the_walk_does_not_recurse():
    y = leaf()
    for _ in range(5000):
        y = y + 1
    assert len(walk([y._node])) == 5001


def test_between_roots_and_targets():
    x, w = leaf(), leaf()
    a, b = x * 2, w * 3
    y = a + b
    order = {name: t._node.order for name, t in {"x": x, "w": w, "a": a, "b": b, "y": y}.items()}
    assert between([y._node], {order["x"]}) == {order["x"], order["a"], order["y"]}
    assert between([y._node], {order["b"]}) == {order["b"], order["y"]}
    assert between([y._node], {order["x"], order["w"]}) is None  # all of it is needed
    other = leaf()
    assert between([y._node], {other._node.order}) == {other._node.order}


@pytest.mark.parametrize("depends", [True, False])
def test_what_depends_on_the_arguments_of_a_transform(depends):
    outside = leaf()
    start, seen = tick(), []

    def f(x):
        y = x * 2 if depends else outside * 2
        seen.append(depends_on_arguments(y._node, start))
        return x * 1.0

    grad(f)(1.0)
    assert seen == [depends]


def test_nodes_have_no_dict():
    with pytest.raises(AttributeError):
        Node().something = 1


def test_a_leaf_has_the_name_its_tensor_was_made_with():
    x = Tensor(1.0, requires_grad=True, name="w")
    assert x._node.called == "w"


@pytest.mark.parametrize(("dtype", "seen"), [("f2", True), ("f4", False), ("c8", False)])
def test_a_leaf_of_halves_says_that_there_are_some(monkeypatch, dtype, seen):
    monkeypatch.setattr(Seen, "halves", False)
    Tensor([1.0], dtype=dtype, requires_grad=True)
    assert Seen.halves == seen
