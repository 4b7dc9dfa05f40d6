#!/usr/bin/env bash
# PyTorch 2.13.0 on the CPU, float16: functions that are compositions of each other, on the same numbers.
#
# One would expect: cosine_embedding_loss(a, a, 1) is 1 - cosine_similarity(a, a), nanmean of an array without NaN is its
# mean, and label_smoothing=0.1 moves a cross-entropy of 3000 classes by little: all of them accumulate alike.
# What happens: the first of each pair accumulates in float32 and is right; the second leaves the range of float16 on the
# way (65504) and is NaN or infinite. The derivative of atan at 300, 1.11e-5, comes out as 0, for 300² is infinite.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check torch==2.13.0 numpy==2.4.6
seen=$("$folder/venv/bin/python" - <<'PYTHON'
import torch
import torch.nn.functional as F

half = torch.float16
a = torch.tensor([[300.0, 400.0]], dtype=half)
x = torch.full((5000,), 60.0, dtype=half)
scores = ((torch.arange(12000) % 97 - 48) / 16).reshape(4, 3000).to(half)
classes = torch.arange(4)
y = torch.tensor([300.0], dtype=half, requires_grad=True)
torch.atan(y).backward()
print(
    torch.__version__.split("+")[0],
    F.cosine_similarity(a, a).item(), F.cosine_embedding_loss(a, a, torch.tensor([1])).item(),
    x.mean().item(), x.nanmean().item(),
    bool(F.cross_entropy(scores, classes).isfinite()),
    bool(F.cross_entropy(scores, classes, label_smoothing=0.1).isfinite()),
    y.grad.item(),
)
PYTHON
)
expected='2.13.0 1.0 nan 60.0 inf True False 0.0'
echo "$seen"
[ "$seen" = "$expected" ] || { echo "changed; it was: $expected"; exit 1; }
