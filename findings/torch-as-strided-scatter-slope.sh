#!/usr/bin/env bash
# PyTorch 2.13.0: torch.as_strided_scatter puts two numbers into the places 1 and 3 of a copy of six.
#
# One would expect: the gradient of the first argument is that of the elements that are kept, and 0 where others were put,
# as slice_scatter has it for the same places.
# What happens: it is the other way round, silently: the replaced elements get the gradient, the kept ones 0. The gradient
# of what was put in is right, and gradcheck says that the two disagree.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check torch==2.13.0 numpy==2.4.6
seen=$("$folder/venv/bin/python" - <<'PYTHON'
import torch

x = torch.arange(6.0, dtype=torch.float64, requires_grad=True)
put = torch.tensor([10.0, 20.0], dtype=torch.float64, requires_grad=True)
weight = torch.arange(6.0, dtype=torch.float64)


def strided(x, put):
    return torch.as_strided_scatter(x, put, (2,), (2,), 1)


def sliced(x, put):
    return torch.slice_scatter(x, put, 0, 1, 4, 2)


assert torch.equal(strided(x, put), sliced(x, put))
for function in (strided, sliced):
    slopes = torch.autograd.grad((function(x, put) * weight).sum(), (x, put))
    print(*[slope.tolist() for slope in slopes], torch.autograd.gradcheck(function, (x, put), raise_exception=False))
PYTHON
)
expected="[0.0, 1.0, 0.0, 3.0, 0.0, 0.0] [1.0, 3.0] False
[0.0, 0.0, 2.0, 0.0, 4.0, 5.0] [1.0, 3.0] True"
echo "$seen"
[ "$seen" = "$expected" ] || { echo "changed; it was: $expected"; exit 1; }
