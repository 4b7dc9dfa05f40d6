#!/usr/bin/env bash
# NumPy 2.4.6: np.nanvar(x, dtype=np.float64) and np.nanstd of single-precision data.
#
# One would expect: what np.var(x, dtype=np.float64) gives where no element is NaN, for dtype is "the type to use in
# computing the variance".
# What happens: the mean is found in double precision; the deviations and their squares are in single, in the copy of
# the data. So [1e20, 3e20] has an infinite variance in a result of float64, and other data have seven digits.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check numpy==2.4.6
seen=$("$folder/venv/bin/python" -W ignore - <<'PYTHON'
import numpy as np

x = np.array([1e20, 3e20], np.float32)
for function in (np.var, np.nanvar, np.std, np.nanstd):
    found = function(x, dtype=np.float64)
    print(function.__name__, found.dtype, f"{found:.3g}", end=" ")
print(np.__version__)
PYTHON
)
expected='var float64 1e+40 nanvar float64 inf std float64 1e+20 nanstd float64 inf 2.4.6'
echo "$seen"
[ "$seen" = "$expected" ] || { echo "changed; it was: $expected"; exit 1; }
