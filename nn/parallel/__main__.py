"""`python -m nn.parallel -n 2 train.py ...`: run a program on several processes of this machine."""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence

from .group import cores

THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
_INSTALL = "pip install 'backgraph[mpi]'"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a program as the arguments say; the status that it ended with."""
    parser = argparse.ArgumentParser("python -m nn.parallel", description=__doc__, allow_abbrev=False)
    parser.add_argument("-n", type=int, default=cores(), metavar="N", help="how many processes; without it, one a core")
    parser.add_argument("script", help="the program, a file of Python")
    parser.add_argument("args", nargs=argparse.REMAINDER, help="its own arguments")
    options = parser.parse_args(arguments)
    if options.n < 1:
        parser.error(f"expected -n of at least 1, got {options.n}")
    if not os.path.isfile(options.script):
        parser.error(f"expected a file of Python, but there is no {options.script}")
    command = [sys.executable, "-m", "nn.parallel.script", options.script, *options.args]
    if options.n > 1:
        if importlib.util.find_spec("mpi4py") is None:
            parser.error(f"for several processes mpi4py is needed, which is not installed; {_INSTALL}")
        beside = os.pathsep.join([os.path.dirname(sys.executable), os.environ.get("PATH", os.defpath)])
        mpiexec = shutil.which("mpiexec", path=beside)
        if mpiexec is None:
            parser.error(f"for several processes the mpiexec of an MPI is needed, and none was found; {_INSTALL}")
        command = [mpiexec, "-n", str(options.n), *command]
    with subprocess.Popen(command, env=environment(options.n)) as process:
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:  # the processes have got it too
                continue


def environment(n: int) -> dict[str, str]:
    """That of n processes which share the cores: each has its part of them for its matrix products."""
    threads = str(max(1, cores() // n))
    return {**dict.fromkeys(THREADS, threads), "PYTHONUNBUFFERED": "1", **os.environ}


if __name__ == "__main__":
    sys.exit(main())
