#!/usr/bin/env bash
# NumPy 2.4.6: a column of numbers is taken from the rows of a matrix, all of float32, in place.
#
# One would expect: nothing is to be cast or aligned, so no buffer is used, and np.setbufsize, which is about casts, makes
# no difference.
# What happens: the column is repeated in the buffer (8192 elements, several rows) before each run of the inner loop.
# With a buffer of just one row the same call, with the same bits, takes about half as long.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check numpy==2.4.6
seen=$("$folder/venv/bin/python" - <<'PYTHON'
import time
import timeit

import numpy as np

matrix, column = np.ones((256, 1024), np.float32), np.zeros((256, 1), np.float32)


def took():
    return min(timeit.repeat(lambda: np.subtract(matrix, column, out=matrix), time.process_time, number=50, repeat=40))


before = took()
size = np.setbufsize(1024)
after = took()
np.setbufsize(size)
print(np.__version__, size, "slower" if before > 1.3 * after else "as quick")
PYTHON
)
expected='2.4.6 8192 slower'
echo "$seen"
[ "$seen" = "$expected" ] || { echo "changed; it was: $expected"; exit 1; }
