#!/usr/bin/env bash
# Dask 2026.8.0: dask.optimize(x, y) of two arrays that are made of the same blocks.
#
# One would expect: what comes out can be computed in place of what went in, as the documentation says of optimize, and
# as often as before: of two arrays that share their source each of its 8 blocks is made once.
# What happens: dask.compute(x, y) makes each block once, but dask.compute(*dask.optimize(x, y)) makes each one twice:
# optimizing merges the making of a block into the tasks of each of the two, which have no task in common any more.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'dask[array]==2026.8.0' numpy==2.4.6
seen=$("$folder/venv/bin/python" - <<'PYTHON'
import dask
import dask.array as da
import numpy as np

made = []


def noted(block):
    made.append(block.shape)
    return block


source = da.from_array(np.ones((50, 6)), chunks=(7, 6)).map_blocks(noted, dtype=float, meta=np.empty((0, 0)))
column = (source * 2)[:, :1]
counts = []
for arrays in ((source, column), dask.optimize(source, column)):
    made.clear()
    dask.compute(*arrays, scheduler="synchronous")
    counts.append(len(made))
print(dask.__version__, *counts)
PYTHON
)
expected='2026.8.0 8 16'
echo "$seen"
[ "$seen" = "$expected" ] || { echo "changed; it was: $expected"; exit 1; }
