#!/usr/bin/env bash
# PyTorch 2.13.0: scatter_reduce(..., "amax", include_self=False), where the tensor that is left out happens to hold the
# same number as the largest one that is scattered.
#
# One would expect: the result is the largest of the scattered numbers, 0 and -1, and its gradient is [1, 0]: what
# include_self=False leaves out has no part in it. Differences of the values say 1, too.
# What happens: the gradient is [0.5, 0]. The other half goes to the left-out tensor, which is not even differentiated.
# With 7 in its place, the gradient is [1, 0].
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check torch==2.13.0 numpy==2.4.6
seen=$("$folder/venv/bin/python" -W ignore - <<'PYTHON'
import torch

where = torch.tensor([0, 0])


def largest(first, left_out):
    source = torch.tensor([first, -1.0], dtype=torch.float64, requires_grad=True)
    into = torch.tensor([left_out], dtype=torch.float64)
    return into.scatter_reduce(0, where, source, "amax", include_self=False), source


def slope(left_out):
    value, source = largest(0.0, left_out)
    value.backward()
    return source.grad.tolist()


difference = (largest(1e-3, 0.0)[0] - largest(-1e-3, 0.0)[0]).item() / 2e-3
print(torch.__version__.split("+")[0], slope(0.0), slope(7.0), difference)
PYTHON
)
expected='2.13.0 [0.5, 0.0] [1.0, 0.0] 1.0'
echo "$seen"
[ "$seen" = "$expected" ] || { echo "changed; it was: $expected"; exit 1; }
