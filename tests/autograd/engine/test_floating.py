"""NumPy's warnings of floating-point errors name the line of the program, as Python shows them without any filter."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]

PROGRAM = """
import numpy as np
import nn
from autograd import Tensor, grad
x = Tensor([0.0, 1.0], requires_grad=True)
for i in range(3):
    np.log(x)
np.log(np.zeros(2))
x / Tensor(0.0)
np.sqrt(x).sum().backward()
slope = grad(np.sqrt)(0.0)
with np.errstate(all="ignore"):
    np.log(x - 1)
nn.functional.softplus(np.log(x))
Tensor([]).mean()
"""


def run(program: str, *options: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, *options, "-c", program]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)


def test_the_line_of_the_program_is_named_once() -> None:
    done = run(PROGRAM)
    assert done.returncode == 0, done.stderr
    said = [line.split(":") for line in done.stderr.splitlines() if "RuntimeWarning" in line]
    assert {place for place, *_ in said} == {"<string>"}
    assert [(int(line), text.strip(" .")) for _, line, _, text in said] == [
        (7, "divide by zero encountered in log"),
        (8, "divide by zero encountered in log"),
        (9, "divide by zero encountered in divide"),
        (9, "invalid value encountered in divide"),
        (10, "divide by zero encountered in divide"),
        (11, "divide by zero encountered in divide"),
        (14, "divide by zero encountered in log"),
        (15, "Mean of empty slice"),
        (15, "invalid value encountered in scalar divide"),
    ]


def test_filters_are_obeyed() -> None:
    assert "RuntimeWarning: divide by zero encountered in log" in run(PROGRAM, "-W", "error").stderr
    assert run(PROGRAM, "-W", "error").returncode == 1
    assert run(PROGRAM, "-W", "ignore").stderr == ""
    silenced = "import warnings; warnings.filterwarnings('ignore', 'divide by zero')" + PROGRAM
    assert "divide by zero" not in run(silenced).stderr
    foreign = PROGRAM + "import warnings; warnings.warn('overflow encountered in my own', RuntimeWarning)"
    assert "<string>:16: RuntimeWarning: overflow encountered in my own" in run(foreign).stderr
