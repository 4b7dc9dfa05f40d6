#!/usr/bin/env bash
# NumPy 2.0.2: the largest of each column of a matrix that is read backwards, x[::-1].max(axis=0, out=given).
#
# One would expect: what x[::-1].max(axis=0) gives, whatever was in `given` before.
# What happens: with `out` some rows are left out, and the result is too small, with no error; without it all is right.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check numpy==2.0.2
seen=$("$folder/venv/bin/python" - <<'PYTHON'
import numpy as np

x = np.array([[9.0, 1, 1, 1, 1, 1], [1, 9, 1, 1, 1, 1], [1, 1, 9, 1, 1, 1], [1, 1, 1, 9, 1, 1]])
given = np.zeros(6)
x[::-1].max(axis=0, out=given)
print(np.__version__, x[::-1].max(axis=0).tolist(), given.tolist(), sep="; ")
PYTHON
)
echo "$seen"
expected='2.0.2; [9.0, 9.0, 9.0, 9.0, 1.0, 1.0]; [1.0, 9.0, 9.0, 9.0, 1.0, 1.0]'
[ "$seen" = "$expected" ] || { echo "changed; it was: $expected"; exit 1; }
