"""Which Tensors lie in one memory: who is in the family of whom, and that it does not grow."""

import numpy as np

from autograd import Tensor
from autograd.engine.sharing import note_view, others


def wrapped(array):
    made = Tensor(0.0)
    made.data = array
    return made


def test_a_view_and_its_source_are_one_family():
    memory = np.arange(6.0)
    whole, part = wrapped(memory), wrapped(memory[2:4])
    assert others(whole) == []
    note_view(whole, part)
    assert others(whole) == [part]
    assert others(part) == [whole]


def test_a_view_of_a_view_is_in_the_same_family():
    x = Tensor(np.arange(6.0), requires_grad=True) * 1
    row = x.reshape(2, 3)[1]
    last = row[-1:]
    assert x._family is row._family is last._family
    assert {id(t) for t in others(last)} == {id(x), id(row)}


def test_copies_are_in_no_family():
    x = Tensor(np.arange(6.0), requires_grad=True) * 1
    assert others(x[[0, 1]]) == []
    assert others(x[1:].copy()) == []


def test_who_got_other_memory_is_no_other():
    memory = np.arange(6.0)
    whole, part = wrapped(memory), wrapped(memory[2:4])
    note_view(whole, part)
    part._content = np.zeros(2)
    assert others(whole) == []


def test_what_has_no_elements_shares_nothing():
    memory = np.arange(6.0)
    whole, none = wrapped(memory), wrapped(memory[:0])
    note_view(whole, none)
    assert others(whole) == []
    assert others(none) == []


def test_a_family_of_the_dead_is_dropped():
    x = Tensor(np.arange(6.0), requires_grad=True) * 1
    for _ in range(1000):
        x[1:]
    assert len(x._family) < 10
