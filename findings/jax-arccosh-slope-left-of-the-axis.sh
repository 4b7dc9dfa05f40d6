#!/usr/bin/env bash
# JAX 0.10.2: the derivative of jnp.arccosh at a complex number with a negative real part, away from the cuts.
#
# One would expect: that of the value, by differences -0.548-0.384i at -1.5+0.7i, as PyTorch 2.13.0 has it.
# What happens: its negative, for grad and jvp, in the whole left half plane; the value is NumPy's. The rule is
# 1/sqrt((x-1)*(x+1)), which is the root of the product, where 1/(sqrt(x-1)*sqrt(x+1)) is meant. In the right half plane
# the two are the same.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check jax==0.10.2 numpy==2.4.6
seen=$("$folder/venv/bin/python" -W ignore - <<'PYTHON'
import jax
import jax.numpy as jnp
import numpy as np

jax.config.update("jax_enable_x64", True)
slope = jax.grad(jnp.arccosh, holomorphic=True)
by_differences = lambda z: (np.arccosh(z + 1e-6) - np.arccosh(z - 1e-6)) / 2e-6
for z in (1.5 + 0.7j, -1.5 + 0.7j, -0.3 - 2j):
    assert abs(complex(jnp.arccosh(z)) - np.arccosh(z)) < 1e-12
    print(np.round(complex(slope(z)) / by_differences(z), 6).real, end=" ")
print(jax.__version__)
PYTHON
)
expected='1.0 -1.0 -1.0 0.10.2'
echo "$seen"
[ "$seen" = "$expected" ] || { echo "changed; it was: $expected"; exit 1; }
