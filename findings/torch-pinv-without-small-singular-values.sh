#!/usr/bin/env bash
# PyTorch 2.13.0, JAX 0.10.2, on the CPU.
#
# torch.linalg.pinv(A, rtol=0.15) leaves out the singular values of A below 0.15 times the largest one. Where one of
# these is not 0, the result is a smooth function of A (the cutoff is far from every singular value), so its gradient
# should be what differences give. It is that of a matrix whose left out values were 0: wrong by up to a quarter here,
# and torch's own gradcheck says so. jax.numpy.linalg.pinv does the same. torch.linalg.lstsq with driver="gelsd" and
# rcond=0.15 gives the right solution, and a gradient that forgets rcond: the left out direction counts in it in full,
# -805 where -0.11 is right. jax.numpy.linalg.lstsq, made of an SVD, is right.
#
# What happens: the script says the gradients, and exits with 0 as long as they are as told.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install --quiet --disable-pip-version-check torch==2.13.0 jax==0.10.2 jaxlib==0.10.2 numpy==2.4.6
cd "$place"
"$place/venv/bin/python" - <<'END'
import jax
import jax.numpy as jnp
import numpy as np
import torch

jax.config.update("jax_enable_x64", True)
A = np.array([[1.0, 0.02, -0.01], [0.03, 2.0, 0.05], [-0.02, 0.01, 0.1]])
C = np.arange(9.0).reshape(3, 3)
print("singular values", np.linalg.svd(A)[1].round(4))

right = np.zeros((3, 3))
for i in np.ndindex(3, 3):
    step = np.zeros((3, 3))
    step[i] = 1e-6
    right[i] = ((np.linalg.pinv(A + step, rcond=0.15) - np.linalg.pinv(A - step, rcond=0.15)) * C).sum() / 2e-6


def of_torch(f):
    t = torch.tensor(A, requires_grad=True)
    (f(t) * torch.tensor(C)).sum().backward()
    return t.grad.numpy()


pinv = lambda t: torch.linalg.pinv(t, rtol=0.15)
lstsq = lambda t: torch.linalg.lstsq(t, torch.eye(3, dtype=t.dtype), rcond=0.15, driver="gelsd").solution
found = {
    "torch pinv": of_torch(pinv),
    "torch lstsq": of_torch(lstsq),
    "jax pinv": np.asarray(jax.grad(lambda a: (jnp.linalg.pinv(a, rtol=0.15) * C).sum())(A)),
    "jax lstsq": np.asarray(jax.grad(lambda a: (jnp.linalg.lstsq(a, jnp.eye(3), rcond=0.15)[0] * C).sum())(A)),
}
print("differences", right.round(4).tolist())
for name, gradient in found.items():
    print(name, gradient.round(4).tolist())

assert np.allclose(lstsq(torch.tensor(A)).numpy(), np.linalg.pinv(A, rcond=0.15))
assert np.allclose(found["jax lstsq"], right, atol=1e-6)
assert abs(found["torch pinv"] - right).max() > 0.5, "torch.linalg.pinv has changed"
assert abs(found["jax pinv"] - right).max() > 0.5, "jax.numpy.linalg.pinv has changed"
assert found["torch lstsq"][2, 2] < -700, "torch.linalg.lstsq has changed"
tracked = torch.tensor(A, requires_grad=True)
assert not torch.autograd.gradcheck(pinv, tracked, raise_exception=False), "gradcheck passes now"
END
