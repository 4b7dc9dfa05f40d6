#!/usr/bin/env bash
# PyTorch 2.13.0: second derivatives of torch.linalg.det, torch.linalg.solve, torch.cumprod and layer_norm by forward
# mode over forward mode (torch.func.jvp of torch.func.jvp).
#
# One would expect: what reverse mode over reverse mode gives, 4 for a determinant that is (t+2)(2t+3) - 1.
# What happens: another number, without an error. Each of these has a rule for forward mode in which something that
# depends on the argument is a constant when the rule itself is differentiated. First derivatives are right in both
# modes, and so is torch.func.hessian, which is forward over reverse. For det reverse over forward is wrong as well.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check torch==2.13.0 numpy==2.4.6
seen=$("$folder/venv/bin/python" -W ignore - <<'PYTHON'
import torch
from torch.func import grad, jvp

matrix = lambda a, b, c, d: torch.stack((torch.stack((a, b)), torch.stack((c, d))))
one = torch.ones((), dtype=torch.float64)
weights = torch.tensor([1.0, 2.0], dtype=torch.float64)
functions = {
    "det": lambda t: torch.linalg.det(matrix(t + 2, one, one, 2 * t + 3)),
    "solve": lambda t: torch.linalg.solve(matrix(t + 2, t * t, t, 2 * t + 3), weights).sum(),
    "cumprod": lambda t: torch.cumprod(torch.stack((t - 0.7, t, t + 1)), 0).sum(),
    "layer_norm": lambda t: torch.nn.functional.layer_norm(
        torch.stack((t, 0 * t)), [2], weights, eps=0.25
    ).sum(),
    "inv": lambda t: torch.linalg.inv(matrix(t + 2, t * t, t, 2 * t + 3)).sum(),
}
forward = lambda f: lambda t: jvp(f, (t,), (one,))[1]
t = 0.7 * one
for name, f in functions.items():
    print(name, *[f"{float(second):.4f}" for second in (forward(forward(f))(t), grad(grad(f))(t))], end="  ")
print(torch.__version__.split("+")[0])
PYTHON
)
expected='det 8.8272 4.0000  solve 0.0565 0.3743  cumprod 3.4000 6.8000  layer_norm -0.3849 0.7749  inv 0.2945 0.2945  2.13.0'
echo "$seen"
[ "$seen" = "$expected" ] || { echo "changed; it was: $expected"; exit 1; }
