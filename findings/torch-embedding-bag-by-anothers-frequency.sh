#!/usr/bin/env bash
# PyTorch 2.13.0: embedding_bag(..., scale_grad_by_freq=True), on the CPU.
#
# One would expect: the gradient of a row is divided by how often the bags name this row. With the bags [1, 1, 2] and
# [1, 0, 3], row 1 is named three times and rows 0, 2 and 3 once: from a gradient of 1 for each, all rows in use get 1,
# which is what embedding (of the same indices) gives.
# What happens: rows 2 and 3 get 1/3. Rows are gone through in the order of their numbers, and the k-th one in use is
# divided by the frequency of the k-th index, all of them sorted: of 0, 1, 1, 1, 2, 3 the third is 1, which occurs three
# times.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check torch==2.13.0 numpy==2.4.6
seen=$("$folder/venv/bin/python" -W ignore - <<'PYTHON'
import torch
from torch.nn.functional import embedding, embedding_bag

index = torch.tensor([[1, 1, 2], [1, 0, 3]])
weight = torch.zeros(5, 1, requires_grad=True)
embedding_bag(index, weight, mode="sum", scale_grad_by_freq=True).sum().backward()
of_bags, weight.grad = weight.grad, None
embedding(index, weight, scale_grad_by_freq=True).sum().backward()
print(torch.__version__.split("+")[0])
for found in (of_bags, weight.grad):
    print([round(v, 3) for v in found.flatten().tolist()])
PYTHON
)
expected='2.13.0
[1.0, 1.0, 0.333, 0.333, 0.0]
[1.0, 1.0, 1.0, 1.0, 0.0]'
echo "$seen"
[ "$seen" = "$expected" ] || { echo "changed; it was: $expected"; exit 1; }
