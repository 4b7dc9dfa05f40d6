"""What a step of each small workload costs, counted and not timed, so that an engine that grows slower is noticed.

Calls and instructions are those of Python's interpreter, bytes the most that a step holds at once besides what it
begins with. The limits are what was counted with Python 3.11, and up to 5 % more for other versions of Python and of
NumPy; later Pythons make fewer calls, and show fewer of their instructions.
"""

import sys
import tracemalloc

import numpy as np
import pytest

from autograd.engine.blocks import Seen as Blocks
from autograd.engine.halves import Seen
from autograd.engine.sinks import Sink
from benchmarks.libraries import backgraph
from benchmarks.workloads import WORKLOADS


def counted(run):
    """How many Python functions and built-in ones are called, and how many of Python's instructions run."""
    counts = {"call": 0, "c_call": 0, "opcode": 0}

    def profile(frame, event, argument):
        if event in counts:
            counts[event] += 1

    def trace(frame, event, argument):
        frame.f_trace_lines, frame.f_trace_opcodes = False, True
        if event == "opcode":
            counts["opcode"] += 1
        return trace

    before = sys.gettrace(), sys.getprofile()
    sys.setprofile(profile)
    try:
        run()
        sys.setprofile(None)
        sys.settrace(trace)
        run()
    finally:
        sys.settrace(before[0])
        sys.setprofile(before[1])
    return counts


def held(run):
    """The most bytes that a run holds at once, besides those it begins with."""
    tracemalloc.start()
    run()
    tracemalloc.reset_peak()
    before = tracemalloc.get_traced_memory()[0]
    run()
    highest = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return highest - before


LIMITS = {
    # workload: Python's calls, built-in calls, instructions, bytes; what the limit is there to notice
    "small": (52, 74, 2450, 3300),  # four operations: what one costs from NumPy's call to its gradient
    "chain": (13_100, 20_100, 786_000, 466_000),  # 2,000 nodes: a node's bytes, a product's two VJPs and their sum
    "perceptron": (190, 142, 6_010, 1_950),  # a whole step at its smallest: modules, loss, sweep, optimizer
    "mlp_small": (218, 172, 7_040, 9_900),  # momentum and a cross-entropy: no temporary array more than there is
    "hvp": (430, 595, 19_200, 55_000),  # a backward pass that is recorded, and one through it
}  # fmt: skip


@pytest.mark.parametrize("name", LIMITS)
def test_a_step_costs_no_more_than_it_did(name, monkeypatch):
    monkeypatch.setattr(Seen, "halves", False)  # as in a process that has no halves; another test may have had some
    monkeypatch.setattr(Sink, "given", False)
    monkeypatch.setattr(Blocks, "blocks", False)
    step, _ = backgraph.make(WORKLOADS[name], *WORKLOADS[name].problem(np.float32))
    for _ in range(3):  # compiles what is compiled, makes the optimizer's state
        step()
    found = (*counted(step).values(), held(step))
    more = 1.25 if np.lib.NumpyVersion(np.__version__) < "2.1.0" else 1  # NumPy 2.0 makes more calls of its own
    assert all(n <= limit * more for n, limit in zip(found, LIMITS[name], strict=True)), found
