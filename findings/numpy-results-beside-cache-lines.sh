#!/usr/bin/env bash
# NumPy 2.4.6: the product of two matrices of float32, 256 x 512, element by element.
#
# One would expect: NumPy, which chooses where its results lie, begins them where its own loops write soonest.
# What happens: memory of half a megabyte begins 16 bytes behind a page. With an out= that begins with a line of the
# cache (64 bytes) the same call, of the same operands, takes about two thirds of the time on a processor with AVX-512,
# whose stores of 64 bytes else touch two lines each. Elsewhere only where the memory begins is looked at.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check numpy==2.4.6
seen=$("$folder/venv/bin/python" - <<'PYTHON'
import time
import timeit

import numpy as np

shape = (256, 512)
begin = np.empty(shape, np.float32).ctypes.data % 64


def behind_a_line(offset):
    memory = np.zeros(4 * 256 * 512 + 128, np.uint8)
    return np.ndarray(shape, np.float32, memory, -memory.ctypes.data % 64 + offset)


x, y, line, behind = (behind_a_line(offset) for offset in (16, 16, 0, 16))


def took(out):
    return min(timeit.repeat(lambda: np.multiply(x, y, out=out), time.process_time, number=10, repeat=300))


ratio = max(took(behind) / took(line) for _ in range(3))
wide = any(name == "X86_V4" or "AVX512" in name for name in np.show_config("dicts")["SIMD Extensions"].get("found", []))
print(np.__version__, begin, "slower" if ratio > 1.2 or not wide else "as quick")
PYTHON
)
expected='2.4.6 16 slower'
echo "$seen"
[ "$seen" = "$expected" ] || { echo "changed; it was: $expected"; exit 1; }
