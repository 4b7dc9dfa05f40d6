#!/usr/bin/env bash
# NumPy 2.4.6: np.add(x, y, out=z, where=mask), where out has another dtype than the result and shares memory with x.
#
# One would expect: elements of out that `where` leaves out stay as they are, as the documentation of ufuncs says of
# `where`, and as they do where out has memory of its own.
# What happens: their imaginary parts are lost. Because of the overlap the result is computed into a buffer of the ufunc's
# own dtype, which begins with out cast to that dtype and is copied back whole.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check numpy==2.4.6
seen=$("$folder/venv/bin/python" -W ignore - <<'PYTHON'
import numpy as np

mask = np.array([True, False, False])
own = np.array([1 + 5j, 2 + 6j, 3 + 7j])
np.add(np.array([1.0, 2.0, 3.0]), 0.75, out=own, where=mask)
shared = np.array([1 + 5j, 2 + 6j, 3 + 7j])
np.add(shared.real, 0.75, out=shared, where=mask)
print(np.__version__, own, shared)
PYTHON
)
expected='2.4.6 [1.75+0.j 2.  +6.j 3.  +7.j] [1.75+0.j 2.  +0.j 3.  +0.j]'
echo "$seen"
[ "$seen" = "$expected" ] || { echo "changed; it was: $expected"; exit 1; }
