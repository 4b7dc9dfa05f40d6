#!/usr/bin/env bash
# PyTorch 2.13.0: samples of LKJCholesky(3), of which all correlation matrices of this size are to be as likely.
#
# One would expect: that the three correlations have the same distribution, as in log_prob no row stands out: that of
# 2 B - 1 with B from Beta(eta + n/2 - 1, eta + n/2 - 1), of variance 1 / (2 eta + n - 1) = 0.25.
# What happens: 0.25 for the first, 0.30 for the two of the last row. The squared length of what stands left of the
# diagonal in row k is drawn from Beta(k - 3/2, ...), where Lewandowski, Kurowicka and Joe (2009, section 3.2) have
# Beta((k - 1) / 2, ...). Of matrices (2, 2) both are the same.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check torch==2.13.0 numpy==2.4.6
seen=$("$folder/venv/bin/python" -W ignore - <<'PYTHON'
import torch

torch.manual_seed(0)
L = torch.distributions.LKJCholesky(3).sample((400_000,)).double()
spread = (L @ L.mT).var(0)
print(torch.__version__.split("+")[0], *[round(float(spread[i]), 2) for i in ((1, 0), (2, 0), (2, 1))])
PYTHON
)
expected='2.13.0 0.25 0.3 0.3'
echo "$seen"
[ "$seen" = "$expected" ] || { echo "changed; it was: $expected"; exit 1; }
