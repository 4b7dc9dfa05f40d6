#!/usr/bin/env bash
# JAX 0.10.2: the derivative of jnp.sign at a complex number.
#
# One would expect: that of the value, which is z/|z|, as NumPy 2 has it: it turns with z, so grad(imag(sign(z))) and the
# jvp are not 0, as those of torch.sgn are not.
# What happens: both are 0, as of a real number. The same function written as z / abs(z) has the slope.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check jax==0.10.2 numpy==2.4.6
seen=$("$folder/venv/bin/python" -W ignore - <<'PYTHON'
import jax
import jax.numpy as jnp

jax.config.update("jax_enable_x64", True)
for function in (jnp.sign, lambda z: z / jnp.abs(z)):
    value, along = jax.jvp(function, (3.0 + 4.0j,), (1.0j,))
    slope = jax.grad(lambda z: function(z).imag)(3.0 + 4.0j)
    print(*[f"{complex(number):.3f}" for number in (value, along, slope)], end=" ")
print(jax.__version__)
PYTHON
)
expected='0.600+0.800j 0.000+0.000j 0.000+0.000j 0.600+0.800j -0.096+0.072j -0.096-0.072j 0.10.2'
echo "$seen"
[ "$seen" = "$expected" ] || { echo "changed; it was: $expected"; exit 1; }
