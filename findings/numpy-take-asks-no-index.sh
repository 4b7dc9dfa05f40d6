#!/usr/bin/env bash
# NumPy 2.4.6: np.take(a, indices), where the indices are an array of another library with __array_function__.
#
# One would expect: the indices are asked, as np.take_along_axis and np.put ask theirs, and as NEP 18 says of arguments
# that are arrays.
# What happens: np.take asks a and out only; the indices are made a plain array by __array__, without a word.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check numpy==2.4.6
seen=$("$folder/venv/bin/python" -W ignore - <<'PYTHON'
import numpy as np


class Index:
    def __array_function__(self, function, types, args, kwargs):
        return f"asked about {function.__name__}"

    def __array__(self, dtype=None, copy=None):
        return np.array([0, 1])


print(
    np.__version__,
    np.take(np.arange(3), Index()),
    np.take_along_axis(np.arange(3), Index(), 0),
    np.put(np.arange(3), Index(), 7),
    sep=" | ",
)
PYTHON
)
expected='2.4.6 | [0 1] | asked about take_along_axis | asked about put'
echo "$seen"
[ "$seen" = "$expected" ] || { echo "changed; it was: $expected"; exit 1; }
