"""Gradients that are taken as soon as they are complete: when, which, and that other leaves have theirs as ever."""

import numpy as np
import pytest

import autograd
from autograd import Tensor
from autograd.engine.sinks import Sink, give, sink_of


class Kept(Sink):
    """Writes down what it is told, among what else happens."""

    def __init__(self, factor=1.0):
        self.factor = factor
        self.log = []
        self.found, self.ours = {}, {}

    def begin(self, nodes, tensors):
        self.log.append("begin")
        self.expected = {tensor.name for tensor in tensors}
        return np.array(self.factor)

    def take(self, tensor, gradient, is_ours):
        assert tensor.name not in self.found
        self.log.append(tensor.name)
        self.found[tensor.name] = gradient
        self.ours[tensor.name] = is_ours

    def end(self):
        assert self.expected <= self.found.keys()
        self.log.append("end")


def leaves(sink, **values):
    made = [Tensor(value, requires_grad=True, name=name) for name, value in values.items()]
    for tensor in made:
        give(tensor, sink)
    return made


def test_a_leaf_is_taken_after_its_oldest_use_and_before_older_nodes():
    sink = Kept()
    a, b = leaves(sink, a=2.0, b=3.0)
    x = Tensor(5.0, requires_grad=True)
    y = x * 7.0
    y.register_hook(lambda g: sink.log.append("the node of y"))
    h = y * a
    h.register_hook(lambda g: sink.log.append("the node of h"))
    (h * b * b).backward()
    assert sink.log == ["begin", "b", "the node of h", "a", "the node of y", "end"]
    assert sink.found == {"a": 35.0 * 9, "b": 2 * 3.0 * 70}
    assert (x.grad.item(), a.grad, b.grad) == (7.0 * 2 * 9, None, None)


def test_a_leaf_used_twice_is_taken_once_with_the_sum():
    sink = Kept()
    (a,) = leaves(sink, a=np.array([1.0, 2.0]))
    ((a * a).sum() + np.sin(a).sum() + a[0]).backward()
    np.testing.assert_allclose(sink.found["a"], 2 * a.data + np.cos(a.data) + [1, 0])


def test_whether_a_gradient_may_be_kept():
    sink = Kept()
    a, b = leaves(sink, a=np.ones((2, 3)), b=np.ones((2, 3)))
    (np.exp(a) @ np.exp(b).T).sum().backward()
    assert sink.ours == {"a": True, "b": True}
    sink.found.clear()
    (a + b).sum().backward()  # one array is the gradient of both
    assert not sink.ours["a"]
    assert np.shares_memory(sink.found["a"], sink.found["b"])


def test_the_pass_begins_with_the_factor_everywhere():
    sink = Kept(factor=0.25)
    (a,) = leaves(sink, a=np.array([1.0, 2.0], np.float32))
    x = Tensor(np.float32(3.0), requires_grad=True)
    (a * x).sum().backward()
    assert sink.found["a"].tolist() == [0.75, 0.75]
    assert x.grad.item() == 0.75
    assert (sink.found["a"].dtype, x.grad.dtype) == (np.float32, np.float32)


def test_what_a_leaf_may_be():
    sink = Kept()
    a, half, z = leaves(sink, a=2.0, half=np.float16(0.1), z=1 + 2j)
    a.backward()  # a root itself
    assert sink.found.pop("a") == 1
    a.register_hook(lambda g: g * 10)
    (a * 3.0).backward()
    assert sink.found.pop("a") == 30
    (half * 3).backward()
    assert sink.found["half"].dtype == np.float16
    np.abs(z * z).backward()
    again = Tensor(z.data, requires_grad=True)
    np.abs(again * again).backward()
    np.testing.assert_array_equal(sink.found["z"], again.grad.data)
    give(a, None)
    (a * 3.0).backward()
    assert (a.grad.item(), sink_of(a), sink_of(half)) == (30.0, None, sink)


def test_a_leaf_without_a_part_in_the_result_is_not_taken():
    sink = Kept()
    a, _ = leaves(sink, a=2.0, b=3.0)
    (a * 2.0).backward()
    assert sink.log == ["begin", "a", "end"]
    sink.log.clear()
    (Tensor(2.0, requires_grad=True) * 3).backward()
    assert sink.log == []


def test_several_sinks_are_told_each_and_agree_on_the_factor():
    first, second = Kept(), Kept()
    (a,), (b,) = leaves(first, a=2.0), leaves(second, b=3.0)
    (a * b).backward()
    assert (first.log, second.log) == (["begin", "a", "end"], ["begin", "b", "end"])
    second.factor = 0.5
    with pytest.raises(RuntimeError, match=r"seen the same share of a batch, got shares \[array\(1.\), array\(0.5\)\]"):
        (a * b).backward()


def test_other_ways_to_gradients_do_not_go_there():
    sink = Kept()
    (a,) = leaves(sink, a=2.0)
    assert autograd.grad([a * a], [a])[0].item() == 4
    assert autograd.grad(lambda v: v * v)(3.0) == 6
    assert sink.log == []
    with pytest.raises(RuntimeError, match="expected create_graph=False"):
        (a * a).backward(create_graph=True)
    with pytest.raises(RuntimeError, match="expected no inputs="):
        (a * a).backward(inputs=[a])
    with pytest.raises(RuntimeError, match="expected a leaf"):
        give(a * a, sink)


def test_under_detect_anomaly_and_again():
    sink = Kept()
    (a,) = leaves(sink, a=2.0)
    with autograd.detect_anomaly():
        y = a * a
        y.backward(retain_graph=True)
    assert sink.found.pop("a") == 4
    y.backward()
    assert sink.found.pop("a") == 4
    with pytest.raises(RuntimeError, match="freed"):
        y.backward()


def test_a_leaf_that_is_gone_is_not_taken():
    sink = Kept()
    a, b = leaves(sink, a=2.0, b=3.0)
    y = a * b
    del a
    y.backward()
    assert {name: float(g) for name, g in sink.found.items()} == {"b": 2}


def test_a_leaf_that_no_gradient_reaches_is_not_taken():
    nothing = autograd.primitive(lambda x: x * 1.0, name="nothing", x=lambda g: None)
    sink = Kept()
    a, b = leaves(sink, a=2.0, b=3.0)
    sink.end = lambda: None
    (nothing(a) + b).backward()
    assert {name: float(g) for name, g in sink.found.items()} == {"b": 1}
