#!/usr/bin/env bash
# PyTorch 2.13.0: torch.nn.utils.clip_grad_value_ and clip_grad_norm_ of parameters of which none has a gradient yet.
#
# One would expect: nothing is to be clipped, so nothing happens, as clip_grad_norm_ has it, which gives a norm of 0.
# What happens: clip_grad_norm_ does so, but clip_grad_value_ raises a RuntimeError of the machinery behind it, which asks
# whether its own words could be improved; with foreach=False, which is to do without that machinery, the same.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check torch==2.13.0 numpy==2.4.6
seen=$("$folder/venv/bin/python" - <<'PYTHON'
import torch
from torch.nn.utils import clip_grad_norm_, clip_grad_value_

parameters = list(torch.nn.Linear(2, 2).parameters())
print(clip_grad_norm_(parameters, 1.0).item())
for options in ({}, {"foreach": False}):
    try:
        print(clip_grad_value_(parameters, 1.0, **options))
    except RuntimeError as error:
        print(type(error).__name__, "improve" in str(error))
PYTHON
)
expected="0.0
RuntimeError True
RuntimeError True"
echo "$seen"
[ "$seen" = "$expected" ] || { echo "changed; it was: $expected"; exit 1; }
