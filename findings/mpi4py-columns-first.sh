#!/usr/bin/env bash
# mpi4py 4.1.2 with MPICH 5.0.2: arrays whose memory is in columns, given to calls that fill arrays in rows.
#
# One would expect: elements stay where they are by index, as in numpy.copyto, or an error, as for an array that is not
# contiguous.
# What happens: memory is sent as it lies. The sum of a Fortran-ordered (2, 3) array over ranks, received in an array of
# the same shape in C order, has its elements in other places, and so has a copy by Bcast; nothing is said. An array with
# gaps raises BufferError. A transposed weight (`w.T`, a solution of LAPACK's) is such an array.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check mpi4py==4.1.2 mpich==5.0.2 numpy==2.4.6
cat >"$folder/program.py" <<'PYTHON'
import numpy as np
from mpi4py import MPI

comm = MPI.COMM_WORLD
mine = np.arange(6.0).reshape(3, 2).T
total = np.empty((2, 3))
comm.Allreduce(mine, total)
copied = np.empty((2, 3)) if comm.rank else mine
comm.Bcast(copied)
copied = comm.gather(copied.tolist())
if comm.rank == 0:
    print("expected", (2 * mine).tolist(), "got", total.tolist())
    print("sent", *copied[:1], "got", *copied[1:])
    try:
        comm.Allreduce(MPI.IN_PLACE, np.arange(6.0)[::2])
    except BufferError:
        print("with gaps: BufferError")
PYTHON
seen=$("$folder/venv/bin/mpiexec" -n 2 "$folder/venv/bin/python" "$folder/program.py")
expected="expected [[0.0, 4.0, 8.0], [2.0, 6.0, 10.0]] got [[0.0, 2.0, 4.0], [6.0, 8.0, 10.0]]
sent [[0.0, 2.0, 4.0], [1.0, 3.0, 5.0]] got [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]
with gaps: BufferError"
echo "$seen"
[ "$seen" = "$expected" ] || { echo "changed; it was: $expected"; exit 1; }
