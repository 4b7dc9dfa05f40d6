"""What the hot paths cost, counted and not timed: Python's calls for each operation, and bytes for each node."""

import sys
import tracemalloc
from functools import partial

import numpy as np
import pytest

from autograd import Tensor
from autograd.engine.halves import Seen
from autograd.engine.sinks import Sink
from autograd.ops import affine


@pytest.fixture(autouse=True)
def no_halves(monkeypatch):
    """As in a process that has no halves, and no sinks: another test may have had some."""
    monkeypatch.setattr(Seen, "halves", False)
    monkeypatch.setattr(Sink, "given", False)


def calls(run):
    """How many Python functions and how many built-in ones a run calls."""
    counts = {"call": 0, "c_call": 0}

    def count(frame, event, argument):
        if event in counts:
            counts[event] += 1

    sys.setprofile(count)
    try:
        run()
    finally:
        sys.setprofile(None)
    return counts["call"] - 1, counts["c_call"] - 1  # without the run itself, and the last sys.setprofile


@pytest.fixture
def x():
    return Tensor(np.ones((4, 4)), requires_grad=True)


@pytest.mark.parametrize(
    ("run", "python", "builtin"),
    [
        (lambda x: x * x, 1, 4),
        (lambda x: x + 1.0, 1, 4),
        (lambda x: np.exp(x), 3, 4),  # through NumPy's dispatch
        (lambda x: x.exp(), 1, 3),
        (lambda x: x @ x, 5, 7),
        (lambda x: x.sum(), 4, 9),
        (lambda x: affine(x, x), 5, 9),
    ],
)
def test_recording_an_operation_takes_few_calls(x, run, python, builtin):
    run(x)  # compiles it
    found = calls(partial(run, x))
    assert found[0] <= python, found
    assert found[1] <= builtin, found


def test_going_back_through_a_node_takes_few_calls():
    def chain(n):
        y = a = Tensor(0.5, requires_grad=True)
        for _ in range(n):
            y = y * a + 1.0
        return y

    chain(2).backward()
    short, long = (calls(chain(n).backward) for n in (100, 1100))
    nodes = 2 * 1000
    # of a product: two VJPs with their rules, one look at what it saved, and one sum of gradients
    assert (long[0] - short[0]) / nodes <= 4.1
    assert (long[1] - short[1]) / nodes <= 4.6


def test_a_node_takes_few_bytes():
    a = Tensor(0.5, requires_grad=True)
    y = a * a + 1.0
    tracemalloc.start()
    for _ in range(10_000):
        y = y * a + 1.0
    used = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert used / 20_000 <= 450


def test_constants_are_not_recorded():
    c = Tensor(np.ones(3))
    before = c * 2
    assert before._node is None
    tracemalloc.start()
    for _ in range(100):
        c * 2 + c
    left = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert left < 2000
