#!/usr/bin/env bash
# PyTorch 2.13.0: the derivative of hardsigmoid in double precision, on the CPU.
#
# One would expect: 1/6 between -3 and 3, to the sixteen digits of a double, as its values are (1/6 apart) and as the
# derivative of hardswish is (5/6 at 1).
# What happens: 0.16666667163372040, which is 1/6 in single precision: eight digits are right.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check torch==2.13.0 numpy==2.4.6
seen=$("$folder/venv/bin/python" -W ignore - <<'PYTHON'
import torch
from torch.nn.functional import hardsigmoid, hardswish


def slope(function):
    x = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
    function(x).backward()
    return x.grad.item()


two = hardsigmoid(torch.tensor([1.0, 2.0], dtype=torch.float64))
print(torch.__version__.split("+")[0], slope(hardsigmoid), (two[1] - two[0]).item(), slope(hardswish))
PYTHON
)
expected='2.13.0 0.1666666716337204 0.16666666666666674 0.8333333333333333'
echo "$seen"
[ "$seen" = "$expected" ] || { echo "changed; it was: $expected"; exit 1; }
