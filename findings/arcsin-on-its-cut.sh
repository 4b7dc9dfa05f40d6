#!/usr/bin/env bash
# JAX 0.10.2 and PyTorch 2.13.0: the derivative of complex arcsin at 2+0j and at 2-0j, the two sides of its cut.
#
# One would expect: the sign of zero says which side it is, as it does for the value; so the derivatives differ in sign,
# and each is the slope of the values on its own side.
# What happens: the values are those of their sides, but both derivatives are -0.577i (PyTorch gives the conjugate of the
# holomorphic derivative, which is undone here): the formula with 1 - z*z loses the sign of the zero. On the side of 2+0j
# the values have the slope +0.577i.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check torch==2.13.0 jax==0.10.2 numpy==2.4.6
seen=$("$folder/venv/bin/python" -W ignore - <<'PYTHON'
import jax
import jax.numpy as jnp
import numpy as np
import torch

jax.config.update("jax_enable_x64", True)
below = complex(2, -0.0)
slope = jax.grad(jnp.arcsin, holomorphic=True)


def of_torch(z):
    z = torch.tensor(z, dtype=torch.complex128, requires_grad=True)
    out = torch.arcsin(z)
    out.backward(torch.ones_like(out))
    return complex(z.grad.conj())


h = 1e-6
values = (np.arcsin(complex(2 + h, 0.0)) - np.arcsin(complex(2 - h, 0.0))) / (2 * h)
print(
    jax.__version__, torch.__version__.split("+")[0],
    *[f"{z.imag:+.3f}" for z in (complex(slope(2 + 0j)), complex(slope(below)), of_torch(2 + 0j), of_torch(below), values)],
)
PYTHON
)
expected='0.10.2 2.13.0 -0.577 -0.577 -0.577 -0.577 +0.577'
echo "$seen"
[ "$seen" = "$expected" ] || { echo "changed; it was: $expected"; exit 1; }
