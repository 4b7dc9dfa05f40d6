#!/usr/bin/env bash
# NumPy 2.4.6: two quantiles, along the last axis, of an array of shape (0, 3, 4), which has no elements.
#
# One would expect: the quantiles stand in front, whatever the other axes are: shape (2, 0, 3), as np.quantile gives and
# as np.nanquantile gives of an array of shape (1, 3, 4) with (2, 1, 3).
# What happens: np.nanquantile and np.nanpercentile give shape (0, 3), as if one quantile had been asked for.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check numpy==2.4.6
seen=$("$folder/venv/bin/python" -W ignore - <<'PYTHON'
import numpy as np

nothing, something = np.ones((0, 3, 4)), np.ones((1, 3, 4))
print(
    np.__version__,
    np.nanquantile(nothing, [0.2, 0.7], axis=2).shape, np.nanpercentile(nothing, [20, 70], axis=2).shape,
    np.quantile(nothing, [0.2, 0.7], axis=2).shape, np.nanquantile(something, [0.2, 0.7], axis=2).shape,
)
PYTHON
)
expected='2.4.6 (0, 3) (0, 3) (2, 0, 3) (2, 1, 3)'
echo "$seen"
[ "$seen" = "$expected" ] || { echo "changed; it was: $expected"; exit 1; }
