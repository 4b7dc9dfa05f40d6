#!/usr/bin/env bash
# HIPS autograd 1.9.1: a primitive that returns a tuple of an array of floats and an array of integers.
#
# One would expect: the gradient of what is computed from both, as from the two functions by themselves: the integers
# have no gradient, and the rule is given that of the floats. Of (3 x, i + 1) with i = (1, 2) the sum of the products
# has the gradient 3 (i + 1) = (6, 9).
# What happens: the gradient of the tuple is added up in place, that of the integers into an array of integers, and NumPy
# refuses to add floats to those: UFuncTypeError, in the backward pass.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"  # where no package of this folder is imported instead
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check autograd==1.9.1 numpy==2.4.6
seen=$("$folder/venv/bin/python" - <<'PYTHON'
from importlib.metadata import version

import numpy as np
from autograd import grad
from autograd.extend import defvjp, primitive


@primitive
def both(x, i):
    return 3 * x, i + 1


defvjp(both, lambda made, x, i: lambda g: 3 * g[0], None)


def total(x):
    floats, integers = both(x, np.array([1, 2]))
    return (floats * integers).sum()


try:
    print(version("autograd"), grad(total)(np.ones(2)))
except Exception as error:
    print(version("autograd"), type(error).__name__)
PYTHON
)
expected='1.9.1 UFuncTypeError'
echo "$seen"
[ "$seen" = "$expected" ] || { echo "changed; it was: $expected"; exit 1; }
