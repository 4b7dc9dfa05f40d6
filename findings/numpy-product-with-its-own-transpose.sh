#!/usr/bin/env bash
# NumPy 2.4.6 (with OpenBLAS, as its wheel brings it): a @ a.T, and a @ b.T where b is a copy of a.
#
# One would expect: the same numbers, for a and b are equal to the last bit; what else should the product depend on?
# What happens: where both operands are one buffer, NumPy asks BLAS for the symmetric product (syrk), which works out one
# half and mirrors it; of a copy it asks the general one (gemm). At some sizes they round differently, at 33 rows with all
# kernels that were tried: whoever replaces one array by an equal one (a compiler that shares equal values, say) changes
# last bits.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check numpy==2.4.6
seen=$("$folder/venv/bin/python" - <<'PYTHON'
import numpy as np

a = np.random.default_rng(0).normal(size=(33, 33)).astype(np.float32)
own, other = a @ a.T, a @ a.copy().T
close = np.allclose(own, other, rtol=0, atol=1e-4)
print(np.__version__, np.array_equal(own, other), close, np.array_equal(own, own.T))
PYTHON
)
expected='2.4.6 False True True'
echo "$seen"
[ "$seen" = "$expected" ] || { echo "changed; it was: $expected"; exit 1; }
