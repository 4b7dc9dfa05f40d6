#!/usr/bin/env bash
# PyTorch 2.13.0: interpolate(..., mode="nearest") by a scale factor with which the size stays what it is, or doubles,
# although the factor is not 1 or 2; on the CPU, with one spatial axis.
#
# One would expect: the gradient goes where the values came from. Five numbers by a factor of 1.15 are the elements 0, 0,
# 1, 2 and 3, so that the gradients 1, 10, 100, 1000, 10000 add up to 11, 100, 1000, 10000 and 0.
# What happens: they are 1, 10, 100, 1000 and 10000, as if the sizes alone counted; by a factor of 2.06 it is the same.
# gradcheck fails; by a factor of 1.2, and with mode="nearest-exact", it passes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check torch==2.13.0 numpy==2.4.6
seen=$("$folder/venv/bin/python" -W ignore - <<'PYTHON'
import torch
from torch.autograd import gradcheck
from torch.nn.functional import interpolate

x = torch.arange(5.0, dtype=torch.float64).reshape(1, 1, 5).requires_grad_()
y = interpolate(x, scale_factor=1.15)
y.backward(torch.tensor([[[1.0, 10.0, 100.0, 1000.0, 10000.0]]], dtype=torch.float64))
print(torch.__version__.split("+")[0], y.flatten().tolist(), x.grad.flatten().tolist())
for mode in ("nearest", "nearest-exact"):
    print(*[
        gradcheck(lambda x: interpolate(x, scale_factor=scale, mode=mode), x, raise_exception=False)
        for scale in (1.15, 1.2, 2.06)
    ])
PYTHON
)
expected='2.13.0 [0.0, 0.0, 1.0, 2.0, 3.0] [1.0, 10.0, 100.0, 1000.0, 10000.0]
False True False
True True True'
echo "$seen"
[ "$seen" = "$expected" ] || { echo "changed; it was: $expected"; exit 1; }
