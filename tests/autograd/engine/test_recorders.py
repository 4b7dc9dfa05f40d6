"""The function that stands for a primitive: what it gives for arrays and Tensors, and when it makes a node."""

import types

import numpy as np
import pytest

from autograd import Tensor, no_grad, primitive
from autograd.engine.halves import Seen
from autograd.engine.modes import mode
from autograd.engine.recorders import _describe


@pytest.fixture
def product():
    return primitive(lambda x, y=2.0: x * y, name="product", x=lambda g, y: g * y, y=lambda g, x: g * x)


def test_plain_arrays_give_plain_arrays(product):
    assert type(product(np.ones(2))) is np.ndarray
    assert product(3.0, 4.0) == 12.0
    assert not isinstance(product(3.0, 4.0), Tensor)


def test_tensors_give_a_tensor_and_a_node_only_if_a_gradient_is_needed(product):
    assert product(Tensor(1.0)).grad_fn is None
    assert product(Tensor(1.0, requires_grad=True)).grad_fn.name == "product"
    with no_grad():
        assert product(Tensor(1.0, requires_grad=True)).grad_fn is None


@pytest.mark.parametrize(("x", "y"), [(True, True), (True, False), (False, True)])
def test_the_node_has_the_parents_that_need_a_gradient(product, x, y):
    values = Tensor(2.0, requires_grad=x), Tensor(3.0, requires_grad=y)
    node = product(*values).grad_fn
    assert node.parents == tuple(v._node for v in values if v.requires_grad)
    assert node.plan.inputs == tuple(name for name, needed in (("x", x), ("y", y)) if needed)


def test_arguments_are_bound_as_pythons(product):
    x = Tensor(2.0, requires_grad=True)
    assert product(x, y=5.0).item() == product(y=5.0, x=x).item() == 10.0
    assert product(x).item() == 4.0
    with pytest.raises(TypeError, match="unexpected keyword argument 'z'"):
        product(x, z=1.0)
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'x'"):
        product()


def test_scalars_are_arrays_of_no_dimensions():
    total = primitive(lambda x: x.sum(), name="total", x=lambda g, x_shape: np.broadcast_to(g, x_shape))
    y = total(Tensor([1.0, 2.0], requires_grad=True))
    assert type(y.data) is np.ndarray
    assert y.shape == ()


def test_what_a_rule_names_is_saved():
    named = primitive(
        lambda x, axis=0: x.sum(axis), name="named",
        x=lambda g, x_shape, x_dtype, x_strides, axis, out: np.broadcast_to(np.expand_dims(g, axis), x_shape),
    )  # fmt: skip
    x = Tensor(np.ones((2, 3), np.float32), requires_grad=True)
    node = named(x, axis=1).grad_fn
    values = dict(zip(node.plan.names, node.saved, strict=True))
    assert values.pop("out").tolist() == [3, 3]
    assert values == {"x_shape": (2, 3), "x_dtype": np.dtype(np.float32), "x_strides": (12, 4), "axis": 1}


def test_an_argument_without_a_rule_is_not_followed():
    masked = primitive(lambda x, mask: x * mask, name="masked", x=lambda g, mask: g * mask, mask=None)
    x, mask = Tensor(2.0, requires_grad=True), Tensor(3.0, requires_grad=True)
    y = masked(x, mask)
    assert y.grad_fn.parents == (x._node,)
    assert masked(Tensor(2.0), mask).grad_fn is None


def test_many_inputs_and_sequences():
    several = primitive(
        lambda a, b, c, d: a + b + c + d, name="several", **dict.fromkeys("abcd", lambda g: g)
    )  # fmt: skip
    tensors = [Tensor(1.0, requires_grad=i % 2 == 0) for i in range(4)]
    assert several(*tensors).grad_fn.plan.inputs == ("a", "c")
    joined = primitive(lambda *arrays: sum(arrays), name="joined", arrays=lambda g, i: g)
    assert joined(*tensors, 5.0).grad_fn.plan.inputs == (("arrays", 0), ("arrays", 2))


def test_out_is_where_the_result_goes():
    doubled = primitive(lambda x, out=None: x * 2, name="doubled", x=lambda g: g * 2)
    place = Tensor(np.zeros(2))
    assert doubled(Tensor([1.0, 2.0], requires_grad=True), out=place) is place
    assert place.tolist() == [2, 4]
    assert place.requires_grad
    scaled = primitive(lambda x, by=2.0, out=None: x * by, name="scaled", x=lambda g, by: g * by)
    assert scaled(Tensor([1.0, 2.0]), 3.0, out=place).tolist() == [3, 6]


def test_an_error_says_which_function_and_what_it_was_given(product):
    with pytest.raises(ValueError, match=r"^product\(x: float64 \(2,\), y: float64 \(3,\)\): "):
        product(Tensor(np.ones(2)), np.ones(3))

    def fails(x):
        raise KeyError("k")

    failing = primitive(fails, x=lambda g: g)
    with pytest.raises(KeyError) as caught:
        failing(Tensor(1.0))
    assert caught.value.__notes__ == ["in fails(x: float64 ())"]


def test_who_watches_is_shown_every_operation(product):
    seen = []
    before, mode.recording = (
        mode.recording,
        lambda record, node, results, given, listed: seen.append(
            (record.name, node is not None, [np.asarray(r).tolist() for r in results], sorted(given))
        ),
    )
    try:
        product(Tensor(2.0, requires_grad=True), 3.0)
        product(Tensor(2.0), 3.0)
        product(2.0, 3.0)  # on plain arrays it is the function itself
    finally:
        mode.recording = before
    assert seen == [("product", True, [6.0], ["x", "y"]), ("product", False, [6.0], ["x", "y"])]


def test_a_result_without_gradient_says_what_took_it_out(product):
    with no_grad():
        assert product(Tensor(1.0, requires_grad=True))._cut == "no_grad"


def test_it_is_compiled_when_it_is_first_called():
    late = primitive(lambda x: x, name="late", x=lambda g: g)
    before = late.__code__
    late(1.0)
    assert late.__code__ is not before
    assert late.__name__ == "late"


def test_a_gradient_flows_through_an_argument_that_is_given_by_name_only():
    scaled = primitive(lambda x, *, by: x * by, name="scaled", x=lambda g, by: g * by, by=lambda g, x: g * x)
    x, by = Tensor(2.0, requires_grad=True), Tensor(3.0, requires_grad=True)
    scaled(x, by=by).backward()
    assert (x.grad.item(), by.grad.item()) == (3.0, 2.0)


def test_a_result_of_integers_has_no_gradient():
    x = Tensor([1.5, 2.0], requires_grad=True)
    for y in (x.astype(int), np.sum(x, dtype=int)):
        assert (y.dtype.kind, y.requires_grad) == ("i", False)


def test_a_number_has_a_dtype_and_a_shape_for_a_rule():
    f = primitive(lambda x, y: x * y, name="f", x=lambda g, y, y_dtype, y_shape: g * y)
    node = f(Tensor(1.0, requires_grad=True), 2).grad_fn
    assert dict(zip(node.plan.names, node.saved, strict=True)) == {"y": 2, "y_dtype": np.dtype(int), "y_shape": ()}


def test_one_input_and_a_sequence_have_their_gradients_each():
    scaled = primitive(
        lambda x, *arrays: x * (arrays[0] + arrays[1]), name="scaled",
        x=lambda g, arrays: g * (arrays[0] + arrays[1]), arrays=lambda g, x, i: g * x * (i + 1),
    )  # fmt: skip
    x, a, b = (Tensor(value, requires_grad=True) for value in (2.0, 3.0, 4.0))
    scaled(x, a, b).backward()
    assert [t.grad.item() for t in (x, a, b)] == [7.0, 2.0, 4.0]


def test_of_many_inputs_the_numbers_are_kept():
    several = primitive(lambda a, b, c, d: a + b + c + d, name="several", **dict.fromkeys("abcd", lambda g: g))
    x = Tensor(1.0, requires_grad=True)
    node = several(x, 2.0, np.ones(()), 3).grad_fn
    kept = dict(zip(node.plan.names, node.saved, strict=True))
    assert kept == {"b_number": 2.0, "c_number": None, "d_number": 3}


def test_an_error_says_that_numbers_are_expected(product):
    with pytest.raises(TypeError, match=r"^multiply\(x: float64 \(\), y: str\): expected numbers, or arrays of them$"):
        np.multiply(Tensor(1.0), "a")


def test_of_a_sequence_a_rule_gets_the_shapes_and_dtypes():
    joined = primitive(
        lambda *arrays: arrays[0] + arrays[1], name="joined", arrays=lambda g, i, arrays_shape, arrays_dtype: g
    )
    node = joined(Tensor([1.0, 2.0], requires_grad=True), np.ones(2, np.float32)).grad_fn
    kept = dict(zip(node.plan.names, node.saved, strict=True))
    assert kept == {"arrays_shape": ((2,), (2,)), "arrays_dtype": (np.dtype(float), np.dtype(np.float32))}


def test_halves_that_a_dtype_asks_for_are_noticed(monkeypatch):
    monkeypatch.setattr(Seen, "halves", False)
    Tensor([1.0], requires_grad=True).astype(np.float16)
    assert Seen.halves


def test_of_what_has_only_a_shape_an_error_names_the_kind():
    assert _describe(types.SimpleNamespace(shape=(2,))) == "SimpleNamespace"
    assert _describe((np.ones(2), 1)) == "[float64 (2,), int]"
