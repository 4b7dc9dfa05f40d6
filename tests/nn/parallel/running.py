"""Runs a function of programs.py on several ranks, each a process of its own, and gives what each of them returned."""

import importlib.util
import os
import pickle
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
HERE = Path(__file__).parent


def environment(**more):
    """One thread for each process, and this checkout's packages."""
    one = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return {**os.environ, **one, "PYTHONPATH": str(ROOT), **more}


def mpiexec():
    """The command that starts several; without it, or without mpi4py, the test is skipped."""
    if importlib.util.find_spec("mpi4py") is None:
        pytest.skip("needs mpi4py")
    found = shutil.which("mpiexec", path=os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]]))
    if found is None:
        pytest.skip("needs mpiexec")
    return found


def on_ranks(n, name, *arguments):
    """What the function `name` returned on each of n ranks."""
    with tempfile.TemporaryDirectory() as folder:
        start = [mpiexec(), "-n", str(n)] if n > 1 else []
        command = [*start, sys.executable, "-W", "error", str(HERE / "programs.py"), folder, name, *map(str, arguments)]
        done = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return [pickle.loads((Path(folder) / f"{rank}.pickle").read_bytes()) for rank in range(n)]


def program(n, text, folder, *arguments, launch=False):
    """How a program of n ranks ended: its status, and all that it wrote."""
    path = Path(folder) / "program.py"
    path.write_text(text)
    start = [sys.executable, "-m", "nn.parallel", "-n", str(n)] if launch else [mpiexec(), "-n", str(n), sys.executable]
    mpiexec()
    command = [*start, str(path), *map(str, arguments)]
    done = subprocess.run(
        command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, check=False
    )
    return done.returncode, done.stdout
