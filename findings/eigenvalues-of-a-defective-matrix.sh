#!/usr/bin/env bash
# PyTorch 2.13.0 and JAX 0.10.2: the gradient of the sum of squares of the eigenvalues at a defective matrix.
#
# One would expect: the sum is trace(A A), a polynomial, whose gradient is twice the transpose of A everywhere; or NaN,
# where it cannot be had from eigenvectors that do not span the space.
# What happens: at [[1, 1], [0, 1]] both give twice the identity, a finite wrong number, without a warning.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check torch==2.13.0 jax==0.10.2 numpy==2.4.6
seen=$("$folder/venv/bin/python" -W ignore - <<'PYTHON'
import jax
import jax.numpy as jnp
import torch

jax.config.update("jax_enable_x64", True)
rows = [[1.0, 1.0], [0.0, 1.0]]
a = torch.tensor(rows, dtype=torch.float64, requires_grad=True)
torch.linalg.eigvals(a).square().sum().real.backward()
of_jax = jax.grad(lambda a: jnp.sum(jnp.linalg.eigvals(a) ** 2).real)(jnp.array(rows))
of_trace = jax.grad(lambda a: jnp.trace(a @ a))(jnp.array(rows))
print(torch.__version__.split("+")[0], a.grad.round(decimals=6).tolist(), jax.__version__, of_jax.round(6).tolist(), of_trace.tolist())
PYTHON
)
expected='2.13.0 [[2.0, 0.0], [0.0, 2.0]] 0.10.2 [[2.0, 0.0], [0.0, 2.0]] [[2.0, 0.0], [2.0, 2.0]]'
echo "$seen"
[ "$seen" = "$expected" ] || { echo "changed; it was: $expected"; exit 1; }
