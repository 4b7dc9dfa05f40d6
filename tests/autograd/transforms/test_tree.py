"""Containers of arrays: their leaves, the way back, and what has not the same form."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pytest

from autograd import Tensor
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
