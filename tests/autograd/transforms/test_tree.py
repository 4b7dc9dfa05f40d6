"""Containers of arrays: their leaves, the way back, and what has not the same form."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pytest

import nn
from autograd import Tensor, grad, jvp, tree, vmap
from autograd.transforms.tree import is_differentiable, leaves, leaves_as, rebuild


class Pair(NamedTuple):
    left: object
    right: object


@dataclass(frozen=True)
class Layer:
    weight: object
    bias: object


FORMS = [
    (5.0, [5.0]),
    ([1, (2, [3])], [1, 2, 3]),
    ({"b": 2, "a": 1}, [1, 2]),
    (Pair(1, {"x": 2}), [1, 2]),
    (Layer([1], 2), [1, 2]),
    (OrderedDict(z=1, y=2), [2, 1]),
    ({1: "one", "a": "two"}, ["one", "two"]),  # keys that cannot be compared keep their order
    ([], []),
    (None, [None]),
]


@pytest.mark.parametrize(("value", "expected"), FORMS)
def test_leaves_and_back(value, expected):
    assert leaves(value) == expected
    again = rebuild(value, iter([(item, "new") for item in expected]))
    assert type(again) is type(value) or not expected or expected == [value]
    assert leaves_as(again, value) == [(item, "new") for item in expected]


def test_the_containers_given_are_left_alone():
    value = {"a": [1, 2]}
    rebuild(value, iter([3, 4]))
    assert value == {"a": [1, 2]}


@pytest.mark.parametrize(
    ("value", "like", "said"),
    [
        ([1, 2], [1, 2, 3], "expected a sequence of 3, got a sequence of 2"),
        ({"a": 1}, {"b": 1}, r"expected a dict with the keys \['b'\], got a dict with the keys \['a'\]"),
        (1, [1], "expected a sequence of 1, got a int"),
        ([1], Layer(1, 2), "expected a Layer, got a sequence of 1"),
    ],
)
def test_another_form_is_refused(value, like, said):
    with pytest.raises(TypeError, match=said):
        leaves_as(value, like)


@pytest.mark.parametrize(
    ("leaf", "expected"),
    [
        (1.0, True), (1, False), (True, False), (1j, True), ("a", False), (None, False),
        (np.ones(2), True), (np.ones(2, int), False), (np.float32(1), True), (np.int8(1), False),
        (Tensor(1.0), True), (Tensor(1), False),
    ],
)  # fmt: skip
def test_what_can_be_differentiated_by(leaf, expected):
    assert is_differentiable(leaf) is expected


# ---- autograd.tree ---------------------------------------------------------------------------------------------------


class Line:
    """A class that is registered."""

    def __init__(self, slope, start, name):
        self.slope, self.start, self.name = slope, start, name


class Steep(Line):
    pass


tree.register(Line, lambda x: ((x.slope, x.start), x.name), lambda name, parts: Line(*parts, name))


def test_flatten_and_back():
    value = {"b": Pair([1, None], (2,)), "a": Layer(3, Line(4, 5, "x"))}
    found, structure = tree.flatten(value)
    assert found == [3, 4, 5, 1, 2]
    assert structure == tree.flatten(tree.map(lambda x: x * 2, value))[1]
    again = tree.unflatten(structure, "abcde")
    assert again["b"] == Pair(["d", None], ("e",))
    assert (again["a"].weight, again["a"].bias.slope, again["a"].bias.name) == ("a", "b", "x")
    for other in ({"b": 1, "a": 2}, [1], Line(1, 2, "y"), Line(1, [2], "x")):
        assert structure != tree.flatten(other)[1]
    assert tree.flatten(Line(1, 2, "y"))[1] != tree.flatten(Line(1, 2, "x"))[1]
    with pytest.raises(ValueError, match="expected 5 leaves, got 2"):
        tree.unflatten(structure, [1, 2])


def test_map():
    assert tree.map(lambda a, b: a + b, {"x": [1, 2], "y": None}, {"x": (3, 4), "y": None}) == {"x": [4, 6], "y": None}
    with pytest.raises(ValueError, match=r"tree.map: expected a sequence of 2, got a sequence of 3"):
        tree.map(lambda a, b: a, [1, 2], [1, 2, 3])
    with pytest.raises(ValueError, match=r"tree.map: expected a Line, got a Line"):
        tree.map(lambda a, b: a, Line(1, 2, "x"), Line(1, 2, "y"))
    with pytest.raises(TypeError, match="expected a class"):
        tree.register(3, None, None)


def test_ravel():
    value = {"w": np.ones((2, 2), np.float32), "n": [np.array(3.0), None]}
    vector, unravel = tree.ravel(value)
    assert vector.dtype == np.float64
    assert vector.tolist() == [3, 1, 1, 1, 1]
    again = unravel(vector * 2)
    assert again["w"].dtype == np.float32
    assert again["n"][1] is None
    slope = grad(lambda v: (unravel(v)["w"] ** 2).sum() + unravel(v)["n"][0])(vector)
    np.testing.assert_allclose(slope, [1, 2, 2, 2, 2])
    np.testing.assert_allclose(grad(lambda t: (tree.ravel(t)[0] ** 2).sum())(value)["w"], np.full((2, 2), 2.0))
    with pytest.raises(ValueError, match="a vector of 5 elements"):
        unravel(vector[1:])
    assert tree.ravel([])[0].shape == (0,)


def test_what_is_registered_goes_through_the_transforms():
    line = Steep(2.0, np.ones(3), "steep")
    slope = grad(lambda line, x: (line.slope * x + line.start).sum())(Line(2.0, np.ones(3), "x"), 3.0)
    assert (slope.slope, slope.start.tolist(), slope.name) == (9.0, [1, 1, 1], "x")
    assert tree.map(lambda x: x, line).name == "steep"
    got = vmap(lambda line: Line(line.slope * 2, line.start.sum(), "out"))(Line(np.ones(4), np.ones((4, 3)), "x"))
    np.testing.assert_array_equal(got.start, [3, 3, 3, 3])


def test_modules_are_containers_of_their_parameters():
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Tanh(), nn.Linear(4, 1))
    model[3].weight.requires_grad_(False)
    x = np.random.default_rng(0).standard_normal((5, 3)).astype(np.float32)
    loss = lambda model, x: (model(x) ** 2).mean()
    slopes = grad(loss)(model, x)
    assert isinstance(slopes, nn.Sequential)
    loss(model, x).backward()
    for (name, slope), (_, p) in zip(slopes.named_parameters(), model.named_parameters(), strict=True):
        if p.grad is not None:
            np.testing.assert_allclose(slope.data, p.grad.data, rtol=1e-5, err_msg=name)
    before = [p.data.copy() for p in model.parameters()]
    moved = tree.map(lambda p, g: p - 0.1 * g, model, slopes)
    assert loss(moved, x).item() < loss(model, x).item()
    for p, value in zip(model.parameters(), before, strict=True):
        np.testing.assert_array_equal(p.data, value)
    assert moved[1].running_mean is model[1].running_mean
    assert jvp(lambda model: loss(model, x), (model,), (slopes,))[1] > 0
    each = vmap(grad(lambda model, x: (model(x[None]) ** 2).sum()), (None, 0))(model.eval(), x)
    assert each[0].weight.shape == (5, 4, 3)


def test_one_parameter_in_two_places_stays_one():
    a = nn.Linear(2, 2)
    b = nn.Linear(2, 2)
    b.weight = a.weight
    slopes = grad(lambda m: (m(np.ones((1, 2), np.float32)) ** 2).sum())(nn.Sequential(a, b))
    assert slopes[0].weight is slopes[1].weight


def test_it_is_imported_as_a_module() -> None:
    import autograd.tree
    from autograd.tree import ravel

    assert ravel is autograd.tree.ravel is tree.ravel
