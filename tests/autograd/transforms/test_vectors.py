"""Containers of numbers as one vector, and back."""

from __future__ import annotations

import numpy as np
import pytest

import nn
from autograd import Tensor
from autograd.transforms.vectors import Numbers, may_move


def test_what_moves_and_what_stays() -> None:
    value = {"b": np.ones((2, 1), np.float32), "a": 3.0, "n": 7, "name": "line", "none": None, "t": Tensor([5.0])}
    numbers = Numbers("test", value, dtype=np.float64)
    np.testing.assert_array_equal(numbers.vector.data, [3.0, 1.0, 1.0, 5.0])
    assert numbers.vector.dtype == np.float64
    made = numbers.filled(np.arange(4.0))
    assert made["a"] == 0.0
    assert (made["n"], made["name"], made["none"]) == (7, "line", None)
    assert made["b"].dtype == np.float32
    assert made["b"].tolist() == [[1.0], [2.0]]
    assert isinstance(made["t"], Tensor)
    assert made["t"].tolist() == [3.0]


def test_a_module_is_a_container() -> None:
    layer = nn.Linear(2, 1)
    made = Numbers("test", layer).filled(np.arange(3.0))
    assert made.weight.tolist() == [[0.0, 1.0]]
    assert made.bias.tolist() == [2.0]
    assert made.weight.dtype == np.float32
    assert layer.bias.tolist() != [2.0]


def test_the_numbers_of_another_container_like_it() -> None:
    numbers = Numbers("test", {"a": 1.0, "n": 2, "b": np.ones(2)})
    np.testing.assert_array_equal(numbers.vector_of("f", {"b": np.array([1.0, 2.0]), "n": 5, "a": 0.5}), [0.5, 1, 2])
    with pytest.raises(TypeError, match=r"f: expected a dict with the keys \['a', 'b', 'n'\]"):
        numbers.vector_of("f", {"a": 1.0})


def test_complex_numbers_are_refused() -> None:
    with pytest.raises(TypeError, match="who: expected real numbers"):
        Numbers("who", [1j])


@pytest.mark.parametrize(
    ("leaf", "moves"), [(1.0, False), (np.ones(2), False), (np.float32(1), False), (Tensor(1.0), True), ("a", False)]
)
def test_constants_do_not_move(leaf: object, moves: bool) -> None:
    assert may_move(leaf) is moves
