#!/usr/bin/env bash
# PyTorch 2.13.0 and JAX 0.10.2, float64: second derivatives of squares of roots where the root is 0.
#
# One would expect: std(x)**2 is var(x), so at equal numbers both have the Hessian [[1, -1], [-1, 1]] (two numbers, ddof 1);
# hypot(x, y)**2 is x**2 + y**2, whose Hessian is twice the identity.
# What happens: PyTorch's Hessian of std(x)**2 is zero, of var(x) right; JAX's of hypot(x, y)**2 is [[.5, .5], [.5, .5]].
# Neither warns, and neither is NaN.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check torch==2.13.0 jax==0.10.2 numpy==2.4.6
seen=$("$folder/venv/bin/python" - <<'PYTHON'
import jax
import jax.numpy as jnp
import torch

jax.config.update("jax_enable_x64", True)
hessian = torch.autograd.functional.hessian
equal = torch.zeros(2, dtype=torch.float64)
print(
    torch.__version__.split("+")[0],
    hessian(lambda x: x.std() ** 2, equal).tolist(),
    hessian(lambda x: x.var(), equal).tolist(),
    jax.__version__,
    jax.hessian(lambda x: jnp.hypot(x[0], x[1]) ** 2)(jnp.zeros(2)).tolist(),
)
PYTHON
)
expected='2.13.0 [[0.0, 0.0], [0.0, 0.0]] [[1.0, -1.0], [-1.0, 1.0]] 0.10.2 [[0.5, 0.5], [0.5, 0.5]]'
echo "$seen"
[ "$seen" = "$expected" ] || { echo "changed; it was: $expected"; exit 1; }
