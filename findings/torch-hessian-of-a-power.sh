#!/usr/bin/env bash
# PyTorch 2.13.0: the Hessian of x**y at x = 2, y = 0.
#
# One would expect: a symmetric matrix; the slope by x is y * x**(y-1), whose derivative by y at y = 0 is 1/x = 0.5.
# What happens: differentiating first by y and then by x gives 0.5, first by x and then by y gives 0: the rule for x
# puts 0 in the place of its result where the exponent is 0, and what is left does not depend on y. At y = 1e-9 both are
# 0.5. JAX 0.10.2 gives 0.5 twice.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check torch==2.13.0 jax==0.10.2 numpy==2.4.6
seen=$("$folder/venv/bin/python" -W ignore - <<'PYTHON'
import jax
import jax.numpy as jnp
import torch

power = lambda v: v[0] ** v[1]
at = lambda y: torch.autograd.functional.hessian(power, torch.tensor([2.0, y], dtype=torch.float64))
mixed = lambda h: [round(float(h[0][1]), 6), round(float(h[1][0]), 6)]
print(
    torch.__version__.split("+")[0], mixed(at(0.0)), mixed(at(1e-9)),
    jax.__version__, mixed(jax.hessian(power)(jnp.array([2.0, 0.0]))),
)
PYTHON
)
expected='2.13.0 [0.0, 0.5] [0.5, 0.5] 0.10.2 [0.5, 0.5]'
echo "$seen"
[ "$seen" = "$expected" ] || { echo "changed; it was: $expected"; exit 1; }
