"""What a primitive and a plan are: what is saved, how a rule is called with it, and how it is joined to the graph."""

import numpy as np
import pytest

from autograd import Tensor, grad, primitive
from autograd.engine.primitive import Cotangents, needs_of, rule_of


def made(function, **rules):
    return primitive(function, name="made", **rules).primitive


def test_a_rule_needs_what_it_names():
    assert needs_of(lambda g, x, out, axis: g) == ("x", "out", "axis")
    assert needs_of(lambda g: g) == ()


def test_a_plan_saves_only_what_the_rules_of_its_inputs_name():
    product = made(lambda x, y: x * y, x=lambda g, y: g * y, y=lambda g, x: g * x)
    assert product.plan(("x",)).names == ("y",)
    assert product.plan(("y",)).names == ("x",)
    assert set(product.plan(("x", "y")).names) == {"x", "y"}


def test_there_is_one_plan_for_a_set_of_inputs():
    p = made(lambda x, y: x + y, x=lambda g: g, y=lambda g: g)
    assert p.plan(("x",)) is p.plan(("x",))
    assert p.plan(("x",)) is not p.plan(("x", "y"))


def test_the_vjps_take_the_gradient_and_what_was_saved():
    p = made(lambda x, y: x / y, x=lambda g, y: g / y, y=lambda g, out, y: -g * out / y)
    plan = p.plan(("x", "y"))
    saved = tuple({"x": 6.0, "y": 2.0, "out": 3.0}[name] for name in plan.names)
    assert [vjp(10.0, saved) for vjp in plan.vjps] == [5.0, -15.0]


def test_a_rule_of_a_sequence_is_told_which():
    p = primitive(lambda *arrays: sum(arrays), name="total", arrays=lambda g, i: g * i).primitive
    plan = p.plan((("arrays", 0), ("arrays", 2)))
    assert [vjp(1.0, ()) for vjp in plan.vjps] == [0.0, 2.0]
    assert rule_of(p, ("arrays", 2)) is p.rules["arrays"]


def test_links_say_where_a_saved_value_came_from():
    p = made(lambda x, y, axis=0: x * y, x=lambda g, y, out, axis: g * y, y=lambda g, x: g * x)
    plan = p.plan(("x", "y"))
    links = dict(zip(plan.names, plan.links, strict=True))
    assert links == {"y": 1, "out": "out", "axis": None, "x": 0}


def test_saved_values_are_joined_to_the_graph_they_came_from():
    x, y = Tensor(2.0, requires_grad=True), Tensor(3.0, requires_grad=True)
    node = (x * y).grad_fn
    values = dict(zip(node.plan.names, node.plan.relink(node), strict=True))
    assert values["x"]._node is x._node
    assert values["y"]._node is y._node
    z = x.exp()
    (out,) = z.grad_fn.plan.relink(z.grad_fn)
    assert out._node is z._node


def test_numbers_are_kept_and_arrays_that_no_rule_names_are_not():
    x = Tensor([1.0, 2.0], requires_grad=True)
    assert (x + 1).grad_fn.saved == (1,)
    assert (x + np.ones(2)).grad_fn.saved == (None,)


def test_the_gradient_of_several_results_adds_up():
    a, b = np.array([1.0]), np.array([2.0])
    total = Cotangents.of_one(a, 0, 2) + Cotangents.of_one(b, 1, 2)
    assert list(total) == [a, b]
    total = total + Cotangents.of_one(np.array([10.0]), 0, 2)
    assert [g.tolist() for g in total] == [[11.0], [2.0]]


def test_the_gradient_of_several_results_adds_up_to_one_that_has_several():
    one, a, b = (np.array([float(value)]) for value in (1, 2, 10))
    several = Cotangents.of_one(a, 0, 2) + Cotangents.of_one(b, 1, 2)
    total = Cotangents.of_one(one, 0, 2) + several
    assert [g.tolist() for g in total] == [[3.0], [10.0]]


@pytest.mark.parametrize("first", [True, False])
def test_the_rule_of_a_sequence_is_told_its_places_whatever_ran_before(first):
    weighed = primitive(lambda *arrays: sum(arrays), name="weighed", arrays=lambda g, i: g * (i + 1))
    x, y = Tensor(1.0, requires_grad=True), Tensor(1.0, requires_grad=True)
    calls = [(lambda: weighed(x, y, 1.0), (1.0, 2.0)), (lambda: weighed(x, 1.0, y), (1.0, 3.0))]
    for call, expected in calls if first else calls[::-1]:
        assert tuple(g.item() for g in grad([call()], [x, y])) == expected


@pytest.mark.parametrize("used", [(0,), (1,), (0, 1)])
def test_what_had_no_part_in_the_result_has_no_gradient(used):
    seen = []

    def rule(g):
        seen.append([part is not None for part in g])
        return sum(part for part in g if part is not None)

    halves = primitive(lambda x: (x * 1.0, x * 2.0), name="halves", multiple=True, x=rule)
    x = Tensor(3.0, requires_grad=True)
    parts = halves(x)
    grad(sum(parts[i] for i in used), x)
    assert seen == [[i in used for i in range(2)]]


def test_a_rule_that_names_its_results_has_a_second_derivative():
    powers = primitive(
        lambda x: (x * x, x * x * x), name="powers", multiple=True,
        x=lambda g, x, out: (0 if g[0] is None else g[0] * 2 * x) + (0 if g[1] is None else g[1] * 3 * out[0]),
    )  # fmt: skip
    f = grad(lambda x: powers(x)[1])
    assert (f(2.0), grad(f)(2.0), grad(grad(f))(2.0)) == (12, 12, 6)


def test_a_rule_that_names_the_others_of_a_sequence_has_a_second_derivative():
    product = primitive(
        lambda *arrays: arrays[0] * arrays[1] * arrays[2], name="product",
        arrays=lambda g, i, arrays: g * arrays[i - 1] * arrays[i - 2],
    )  # fmt: skip
    x, y = Tensor(2.0, requires_grad=True), Tensor(3.0, requires_grad=True)
    (by_x,) = grad([product(x, 5.0, y)], [x], create_graph=True)
    assert by_x.item() == 15
    assert grad([by_x], [y])[0].item() == 5
