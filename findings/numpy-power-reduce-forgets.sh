#!/usr/bin/env bash
# NumPy 2.4.6 on a processor with AVX-512: np.power.reduce and np.arctan2.reduce of one line of floats.
#
# One would expect: ((1.1 ** 2) ** 3) ** 0.5 = 1.331 and (1.1 ** 2) ** 3 = 1.771561, as functools.reduce, the last of
# np.power.accumulate, and NumPy itself with those instructions switched off give.
# What happens: only the first and the last element count, 1.1 ** 0.5 and 1.1 ** 3; those between them are forgotten,
# without a word. np.power.reduceat and np.arctan2.reduce do the same. Where the instructions are not there, all is right.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check numpy==2.4.6
cat > "$folder/seen.py" <<'PYTHON'
import functools

import numpy as np

for line in ([1.1, 2.0, 3.0], [1.1, 2.0, 3.0, 0.5]):
    x = np.array(line)
    print(*[f"{y:.4f}" for y in (np.power.reduce(x), np.power.reduceat(x, [0])[0], np.power.accumulate(x)[-1])], end=" ")
    print(*[f"{y:.4f}" for y in (np.arctan2.reduce(x), functools.reduce(np.arctan2, x))])
PYTHON
seen=$("$folder/venv/bin/python" "$folder/seen.py")
without=$(NPY_DISABLE_CPU_FEATURES="X86_V4 AVX512_ICL AVX512_SPR" "$folder/venv/bin/python" -W ignore "$folder/seen.py")
right='1.7716 1.7716 1.7716 0.1661 0.1661
1.3310 1.3310 1.3310 0.3207 0.3207'
expected='1.3310 1.3310 1.7716 0.3514 0.1661
1.0488 1.0488 1.3310 1.1442 0.3207'
printf '%s\nwithout AVX-512:\n%s\n' "$seen" "$without"
[ "$without" = "$right" ] || { echo "changed without AVX-512; it was: $right"; exit 1; }
if [ "$seen" = "$right" ] && ! grep -q avx512_vnni /proc/cpuinfo; then
    echo "this processor has no AVX-512"
    exit 0
fi
[ "$seen" = "$expected" ] || { echo "changed; it was: $expected"; exit 1; }
