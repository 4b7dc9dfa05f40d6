"""To import the packages loads NumPy and little else, so that it takes hardly longer than NumPy alone."""

import subprocess
import sys
from pathlib import Path

LIGHT = {"bisect", "_bisect", "cmath", "copy", "heapq", "_heapq", "opcode", "_opcode", "threading"}

CODE = """
import sys, numpy, numpy.fft
before = set(sys.modules)
import autograd, nn, optim
print(*(name for name in sorted(set(sys.modules) - before)))
"""


def test_nothing_heavy_is_imported() -> None:
    root = Path(__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True, cwd=root)
    ours = {"autograd", "nn", "optim"}
    assert {name for name in done.stdout.split() if name.split(".")[0] not in ours} <= LIGHT
