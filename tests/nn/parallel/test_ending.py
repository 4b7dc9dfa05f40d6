"""However a rank ends, all of them end within seconds, and it is said which one it was and why."""

import re
import time

import pytest

from .running import program

STEPS = """
import os, signal, sys, time
from nn import parallel
parallel.init(timeout=float(sys.argv[3]))
for step in range(300):
    if step == 5 and parallel.rank() == int(sys.argv[2]):
        print(f"now={time.time()}", flush=True)
        exec(sys.argv[1])
    parallel.all_reduce(1.0)
    time.sleep(0.01)
"""

ENDS = [
    # what a rank does, and what is said
    ("raise ValueError('so be it')", "rank 1 of 2:", "ValueError: so be it"),
    ("sys.exit(0)", "rank 0 of 2:", "rank 1 is at the end of the program"),
    ("os.kill(os.getpid(), signal.SIGKILL)", "Killed (signal 9)", ""),
    ("parallel.barrier()", "of 2:", "rank 1 is at a barrier"),
    ("parallel.all_reduce([1.0, 2.0])", "of 2:", "rank 1 is at the sum of arrays of shape (2,) and float64"),
    ("time.sleep(30)", "rank 0 of 2:", "TimeoutError: nn.parallel: rank 1 of 2 is late: rank 0 has waited 1"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "who", "why"), ENDS)
def test_all_end(what, who, why, tmp_path):
    status, said = program(2, STEPS, tmp_path, what, 1, 1 if "sleep" in what else 60)
    ended = time.time()
    assert status != 0, said
    assert who in said
    assert why in said
    begin = float(re.findall(r"now=(\d+\.\d+)", said)[0])  # wherever in a line: what ranks say comes mixed
    assert ended - begin < 20  # three at most on a machine with nothing else to do


def test_ranks_that_make_different_numbers_of_steps_are_told(tmp_path):
    text = """
import numpy as np
import nn
from nn import parallel
model = parallel.DistributedDataParallel(nn.Linear(2, 1))
for step in range(9 - parallel.rank()):
    model(np.ones((3, 2), np.float32)).mean().backward()
"""
    status, said = program(2, text, tmp_path)
    assert status != 0
    assert "rank 0 is at backward pass 9 of DistributedDataParallel; rank 1 is at the end of the program" in said
    assert "Each has to make the same number of steps" in said


@pytest.mark.parametrize(
    ("what", "status", "said"),
    [
        ("raise ValueError('so be it')", 1, "ValueError: so be it"),
        ("sys.exit(3)", 3, "rank 2 of 3:\nthe program ended itself, with 3"),
        ("sys.exit('enough')", 1, "with 'enough'"),
    ],
)
def test_all_end_that_were_launched(what, status, said, tmp_path):
    found, text = program(3, STEPS, tmp_path, what, 2, 60, launch=True)
    assert (found, said in text) == (status, True), text
    assert "runpy" not in text
    assert "end of the program" not in text  # it is not the others who have to say it


def test_whoever_is_done_waits_for_those_who_are_not(tmp_path):
    text = "import time; from nn import parallel; parallel.init(0.1); time.sleep(parallel.rank()); print('done')"
    assert program(2, text, tmp_path) == (0, "done\ndone\n")
