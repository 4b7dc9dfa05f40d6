#!/usr/bin/env bash
# PyTorch 2.13.0: torch.nn.utils.fusion.fuse_conv_bn_eval of a transposed convolution in groups and its normalization.
#
# One would expect: one layer that computes what the two did, as of a convolution in groups that is not transposed, or
# of a transposed one in one group.
# What happens: the scale of all outputs meets a weight of (in, out / groups, ...). Of two groups that is an error of
# broadcasting; where each group has one output, the weight silently takes another shape, and the layer that was made
# fails at its first call.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check torch==2.13.0 numpy==2.4.6
seen=$("$folder/venv/bin/python" - <<'PYTHON'
import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

x = torch.ones(1, 4, 5, 5)
for conv, transpose in (
    (nn.Conv2d(4, 4, 3, groups=2), False), (nn.ConvTranspose2d(4, 4, 3), True),
    (nn.ConvTranspose2d(4, 4, 3, groups=2), True), (nn.ConvTranspose2d(4, 4, 3, groups=4), True),
):
    conv, bn = conv.eval(), nn.BatchNorm2d(4).eval()
    try:
        made = fuse_conv_bn_eval(conv, bn, transpose)
        print("made", tuple(made.weight.shape) == tuple(conv.weight.shape))
        print("same", torch.allclose(made(x), bn(conv(x)), atol=1e-5))
    except RuntimeError as error:
        print("RuntimeError")
PYTHON
)
expected="made True
same True
made True
same True
RuntimeError
made False
RuntimeError"
echo "$seen"
[ "$seen" = "$expected" ] || { echo "changed; it was: $expected"; exit 1; }
