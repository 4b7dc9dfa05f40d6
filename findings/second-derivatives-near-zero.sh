#!/usr/bin/env bash
# PyTorch 2.13.0 and JAX 0.10.2, float64: second derivatives of sinc and of the modified Bessel function I1 near 0.
#
# One would expect: both functions are smooth. sinc(x) = sin(pi x)/(pi x) bends by -pi**2/3 = -3.29 at 0 and beside it;
# I1 is odd, so its second derivative is 0 at 0, and 3x/8 near it.
# What happens: PyTorch gives NaN for sinc at 0, 0 at 1e-12 and -5.2 at 1e-8; JAX is right at 0 and gives 2.1e8 at 1e-12.
# For I1 JAX gives 1.0 at 0. The slopes' own formulas are quotients that cancel; their derivatives are not numbers of the
# function any more.
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


def bend(function, at):
    x = torch.tensor(at, dtype=torch.float64, requires_grad=True)
    slope, = torch.autograd.grad(function(x), x, create_graph=True)
    return f"{torch.autograd.grad(slope, x)[0].item():.2g}"


bend_jax = lambda function, at: f"{float(jax.grad(jax.grad(function))(at)):.2g}"
points = (0.0, 1e-12, 1e-8)
print(
    torch.__version__.split("+")[0], *[bend(torch.sinc, x) for x in points], bend(torch.special.i1, 0.0),
    jax.__version__, *[bend_jax(jnp.sinc, x) for x in points], bend_jax(jax.scipy.special.i1, 0.0),
)
PYTHON
)
expected='2.13.0 nan 0 -5.2 0 0.10.2 -3.3 2.1e+08 -3.4 1'
echo "$seen"
[ "$seen" = "$expected" ] || { echo "changed; it was: $expected"; exit 1; }
