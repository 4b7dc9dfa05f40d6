#!/usr/bin/env bash
# PyTorch 2.13.0: SGD(momentum=..., differentiable=True), differentiated through two steps.
#
# One would expect: a gradient g(w) = w², momentum 0.9 and lr 0.1 give b₁ = w², w₁ = w - 0.1 b₁, b₂ = 0.9 b₁ + w₁² and
# w₂ = w₁ - 0.1 b₂; at w = 2 the derivative of w₂ is 0.048, as differences of its values say.
# What happens: the derivative is 0.68. The first step keeps a detached copy of its gradient as the momentum, so that the
# term 0.9 b₁ counts as a constant at the second step; the values are right. Without momentum the derivative is right.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check torch==2.13.0 numpy==2.4.6
seen=$("$folder/venv/bin/python" -W ignore - <<'PYTHON'
import torch


def after_two_steps(at, momentum):
    start = torch.tensor([at], dtype=torch.float64, requires_grad=True)
    w = start.clone()
    optimizer = torch.optim.SGD([w], lr=0.1, momentum=momentum, differentiable=True)
    for _ in range(2):
        w.grad = w.clone() ** 2
        optimizer.step()
    return w, start


def derivatives(momentum):
    w, start = after_two_steps(2.0, momentum)
    (exact,) = torch.autograd.grad(w.sum(), start)
    above, below = (after_two_steps(2.0 + h, momentum)[0].item() for h in (1e-6, -1e-6))
    return round(exact.item(), 4), round((above - below) / 2e-6, 4)


print(torch.__version__.split("+")[0], derivatives(0.9), derivatives(0.0))
PYTHON
)
expected='2.13.0 (0.68, 0.048) (0.408, 0.408)'
echo "$seen"
[ "$seen" = "$expected" ] || { echo "changed; it was: $expected"; exit 1; }
