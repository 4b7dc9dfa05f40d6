#!/usr/bin/env bash
# PyTorch 2.13.0: a tensor that requires a gradient is used as a Python number, in two places of a program.
#
# One would expect: with warnings.simplefilter("always") each place warns, or at least each line once.
# What happens: the first conversion warns and no later one in the process does, whatever the line and the filter, so a
# loss that loses a gradient by math.sin(x[1]) does so in silence if anything was converted before. copy.copy of a computed
# tensor cuts the graph and never warns; torch.tensor(computed) always warns.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check torch==2.13.0 numpy==2.4.6
seen=$("$folder/venv/bin/python" -W ignore - <<'PYTHON'
import copy
import math
import warnings

import torch

counts = []
x = torch.tensor([1.0, 2.0], requires_grad=True)
computed = x * 2
for use in (lambda: float(computed[0]), lambda: math.sin(x[1]), lambda: copy.copy(computed), lambda: torch.tensor(computed)):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        use()
    counts.append(len(caught))
print(torch.__version__.split("+")[0], counts)
PYTHON
)
expected='2.13.0 [1, 0, 0, 1]'
echo "$seen"
[ "$seen" = "$expected" ] || { echo "changed; it was: $expected"; exit 1; }
