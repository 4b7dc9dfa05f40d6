#!/usr/bin/env bash
# NumPy 2.4.6: x[..., None] of a mean of all elements, and of the same number as an array of no dimensions.
#
# One would expect: basic indexing gives a view, or of a scalar something that cannot be written to.
# What happens: of the scalar np.float64 that x.mean() gives, [..., None] is a new array that can be written to and shares
# nothing; of np.asarray(x.mean()) the same line is a view, and writing changes the number.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check numpy==2.4.6
seen=$("$folder/venv/bin/python" -W ignore - <<'PYTHON'
import numpy as np

scalar = np.array([1.0, 3.0]).mean()
array = np.asarray(scalar)
of_scalar, of_array = scalar[..., None], array[..., None]
of_scalar[0] = of_array[0] = 7
print(np.__version__, of_scalar, scalar, of_array, array)
PYTHON
)
expected='2.4.6 [7.] 2.0 [7.] 7.0'
echo "$seen"
[ "$seen" = "$expected" ] || { echo "changed; it was: $expected"; exit 1; }
