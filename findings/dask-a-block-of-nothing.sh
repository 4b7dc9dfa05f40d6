#!/usr/bin/env bash
# Dask 2026.8.0: the maximum and the variance of an array of which one block has no rows, as after a selection.
#
# One would expect: what NumPy gives of all rows; blocks are how an array is cut, and no result depends on it.
# What happens: the largest of each row, x.max(axis=1), raises ValueError, though no row is empty; x.var() is NaN, with no
# error. Sums and means are right.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'dask[array]==2026.8.0' numpy==2.4.6
seen=$("$folder/venv/bin/python" -W ignore - <<'PYTHON'
import dask
import dask.array as da
import numpy as np

x = np.arange(12.0).reshape(6, 2)
cut = da.from_array(x, chunks=((2, 0, 4), 2))
try:
    rows = cut.max(axis=1).compute()
except ValueError as error:
    rows = str(error)
print(dask.__version__, rows, cut.var().compute(), cut.sum().compute() == x.sum(), sep="; ")
PYTHON
)
expected='2026.8.0; zero-size array to reduction operation maximum which has no identity; nan; True'
echo "$seen"
[ "$seen" = "$expected" ] || { echo "changed; it was: $expected"; exit 1; }
