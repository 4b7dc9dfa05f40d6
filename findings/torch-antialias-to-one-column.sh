#!/usr/bin/env bash
# PyTorch 2.13.0: interpolate(..., antialias=True) to a width of 1, on the CPU, bilinear and bicubic.
#
# One would expect: the rows 1 to 4, 5 to 8, 9 to 12 and 13 to 16 of an image shrink to one column of four means, 2.5,
# 6.5, 10.5 and 14.5, and to three numbers 3.7, 8.5 and 13.3 where the height is 3, as the transposed image does.
# What happens: with a height of 4 it is so; with a height of 3 all three rows are 3.7. The image, which is shrunk across
# first, is read with the wrong distance between rows where it is 1 wide. The gradient is that of the right values.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check torch==2.13.0 numpy==2.4.6
seen=$("$folder/venv/bin/python" -W ignore - <<'PYTHON'
import torch
from torch.nn.functional import interpolate

x = torch.arange(1.0, 17.0, dtype=torch.float64).reshape(1, 1, 4, 4)
print(torch.__version__.split("+")[0])


def small(x, *size):
    return [round(v, 3) for v in interpolate(x, size=size, mode="bilinear", antialias=True).flatten().tolist()]


print(small(x, 4, 1), small(x, 3, 1), small(x.mT, 1, 3))
x.requires_grad_()
interpolate(x, size=(3, 1), mode="bilinear", antialias=True)[0, 0, 1, 0].backward()
print([round(v, 3) for v in x.grad.sum(-1).flatten().tolist()])
PYTHON
)
expected='2.13.0
[2.5, 6.5, 10.5, 14.5] [3.7, 3.7, 3.7] [3.7, 8.5, 13.3]
[0.0, 0.5, 0.5, 0.0]'
echo "$seen"
[ "$seen" = "$expected" ] || { echo "changed; it was: $expected"; exit 1; }
