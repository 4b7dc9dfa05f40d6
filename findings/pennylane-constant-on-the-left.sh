#!/usr/bin/env bash
# PennyLane 0.45.0 with HIPS autograd 1.9.1: the gradient of sum(v * x) and of sum(x * v), v a constant of its numpy.
#
# One would expect: the same, for the product is.
# What happens: with the constant on the left the gradient is zero. The constant's class answers for ufuncs itself, and
# makes an object array of the NotImplemented by which NumPy would have given the variable its turn; HIPS autograd says in
# a warning that the output seems independent of the input.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check pennylane==0.45.0 autograd==1.9.1 numpy==2.3.5
seen=$(cd "$folder" && "$folder/venv/bin/python" -W ignore - <<'PYTHON'
import pennylane as qml
from pennylane import numpy as np

v = np.array([1.0, 2.0, 3.0], requires_grad=False)
x = np.array([0.1, 0.2, 0.3], requires_grad=True)
left, right = (qml.grad(f)(x).tolist() for f in (lambda x: np.sum(v * x), lambda x: np.sum(x * v)))
print(qml.__version__, left, right)
PYTHON
)
expected='0.45.0 [0.0, 0.0, 0.0] [1.0, 2.0, 3.0]'
echo "$seen"
[ "$seen" = "$expected" ] || { echo "changed; it was: $expected"; exit 1; }
