"""NumPy's warnings of floating-point errors name the line of the program, as Python shows them without any filter."""

import re
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from autograd import Tensor
from autograd.engine.floating import _Ours

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
        (11, "divide by zero encountered in scalar divide"),
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


@pytest.fixture
def said() -> Iterator[list[warnings.WarningMessage]]:
    """What warnings show, of each line once, under the filter that the package sets."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("default")
        warnings.filters.insert(0, ("ignore", _Ours(), RuntimeWarning, None, 0))
        globals().pop("__warningregistry__", None)
        yield found


def test_a_warning_names_the_line_of_whoever_called(said: list[warnings.WarningMessage]) -> None:
    zero = Tensor([0.0])
    for _ in range(2):
        np.log(zero)
    line = sys._getframe().f_lineno - 1
    np.mean(Tensor([]))
    found = [(Path(w.filename).name, w.lineno, str(w.message).rstrip(".")) for w in said]
    here = Path(__file__).name
    assert found[0] == (here, line, "divide by zero encountered in log")
    assert found[1] == (here, line + 2, "Mean of empty slice")
    assert {place for place, *_ in found} == {here}
    assert len(found) == 3  # the mean's division too, once each


def test_a_warning_of_the_programs_own_is_left_to_it(said: list[warnings.WarningMessage]) -> None:
    warnings.warn("overflow encountered in my own", RuntimeWarning, stacklevel=1)
    warnings.warn("no such text", RuntimeWarning, stacklevel=1)
    with np.errstate(all="warn"):
        np.log(np.zeros(1))
    line = sys._getframe().f_lineno
    assert [(w.lineno, str(w.message)) for w in said] == [
        (line - 4, "overflow encountered in my own"),
        (line - 3, "no such text"),
        (line - 1, "divide by zero encountered in log"),
    ]


def test_a_filter_may_name_the_module_of_whoever_called(said: list[warnings.WarningMessage]) -> None:
    warnings.filters.insert(1, ("error", None, RuntimeWarning, re.compile(re.escape(__name__)), 0))
    with pytest.raises(RuntimeWarning, match="divide by zero encountered in log"):
        np.log(Tensor([0.0]))
