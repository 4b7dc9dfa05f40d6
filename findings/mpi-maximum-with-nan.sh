#!/usr/bin/env bash
# MPICH 5.0.2 through mpi4py 4.1.2: the maximum over two ranks, of which one has NaN.
#
# One would expect: an Allreduce leaves every rank with the same numbers (what it is for), be they NaN, as of
# numpy.maximum, or 1, as of numpy.fmax.
# What happens: of an array of one number rank 0 has 1.0 and rank 1 has NaN, so ranks that ask whether the largest loss is
# NaN decide differently; of a longer array part of the elements are NaN and part are 1.0, on both ranks. `allreduce` of a
# Python number gives both NaN.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check mpi4py==4.1.2 mpich==5.0.2 numpy==2.4.6
cat >"$folder/program.py" <<'PYTHON'
import numpy as np
from mpi4py import MPI

comm = MPI.COMM_WORLD
for n in (1, 4):
    mine = np.full(n, [np.nan, 1.0][comm.rank])
    largest = np.empty(n)
    comm.Allreduce(mine, largest, MPI.MAX)
    found = comm.gather(largest.tolist())
    if comm.rank == 0:
        print(*found)
found = comm.gather(float(comm.allreduce([np.nan, 1.0][comm.rank], MPI.MAX)))
if comm.rank == 0:
    print(*found)
PYTHON
seen=$("$folder/venv/bin/mpiexec" -n 2 "$folder/venv/bin/python" "$folder/program.py")
expected="[1.0] [nan]
[1.0, 1.0, nan, nan] [1.0, 1.0, nan, nan]
nan nan"
echo "$seen"
[ "$seen" = "$expected" ] || { echo "changed; it was: $expected"; exit 1; }
