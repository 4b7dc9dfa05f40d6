#!/usr/bin/env bash
# PyTorch 2.13.0: ASGD and NAdam on parameters of float64.
#
# One would expect: all of the arithmetic is in float64, and torch.set_default_dtype, which is about new tensors, changes
# nothing of it.
# What happens: ASGD keeps its learning rate and NAdam the product of its momenta as float32 tensors, so three ASGD steps of
# 0.1 end 4.5e-9 away from 0.7, and 20 steps of NAdam end 1.2e-9 away from those with a default dtype of float64. Adam, which
# takes such numbers as Python's floats, gives the same bits both times.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check torch==2.13.0 numpy==2.4.6
seen=$("$folder/venv/bin/python" - <<'PYTHON'
import torch


def trained(kind, steps, **options):
    ends = []
    for dtype in (torch.float32, torch.float64):
        torch.set_default_dtype(dtype)
        p = torch.nn.Parameter(torch.ones(1, dtype=torch.float64))
        optimizer = kind([p], lr=0.1, **options)
        for i in range(steps):
            p.grad = torch.full_like(p, 1.0 + i % 3 if kind is not torch.optim.ASGD else 1.0)
            optimizer.step()
        ends.append(p.item())
    return f"{kind.__name__} {ends[0]:.12f} {ends[1]:.12f}"


print(torch.__version__.split("+")[0])
print(trained(torch.optim.ASGD, 3, lambd=0.0, alpha=1.0, t0=1e9))
print(trained(torch.optim.NAdam, 20))
print(trained(torch.optim.Adam, 20))
PYTHON
)
echo "$seen"
expected="2.13.0
ASGD 0.699999995530 0.700000000000
NAdam -0.649251225658 -0.649251224403
Adam -0.878741469846 -0.878741469846"
[ "$seen" = "$expected" ] || { echo "changed; it was: $expected"; exit 1; }
