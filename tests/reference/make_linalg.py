"""Gradients of linear algebra and products from PyTorch, whose convention for complex values is ours, as linalg.npz.

Run with a Python that has PyTorch: `python tests/reference/make_linalg.py`. Losses of eigenvectors and singular vectors
are ones that do not depend on their phases.
"""

from pathlib import Path

import numpy as np
import torch

LA = torch.linalg


def weighted(x: torch.Tensor) -> torch.Tensor:
    """A real number that depends on every real and imaginary part."""
    weights = torch.arange(1, x.numel() + 1, dtype=torch.float64).reshape(x.shape).cos()
    return (x.real * weights).sum() + ((x.imag * weights.flip(0)).sum() if x.is_complex() else 0)


def hermitian(x: torch.Tensor) -> torch.Tensor:
    return x + x.mH


LOSSES = {
    "inv": lambda a: weighted(LA.inv(a)),
    "det": lambda a: weighted(LA.det(a).reshape(1)),
    "logabsdet": lambda a: LA.slogdet(a)[1],
    "pinv": lambda a: weighted(LA.pinv(a[:, :3])),
    "cholesky": lambda a: weighted(LA.cholesky(a @ a.mH)),
    "qr": lambda a: weighted(LA.qr(a[:, :3])[1]),
    "eigh": lambda a: weighted((lambda w, v: v @ torch.diag(w.exp()).to(v.dtype) @ v.mH)(*LA.eigh(hermitian(a)))),
    "eigvals": lambda a: weighted((LA.eigvals(a) ** 3).sum().reshape(1)),
    "svd": lambda a: weighted((lambda u, s, vh: u @ torch.diag(s.sin()).to(u.dtype) @ vh)(*LA.svd(a[:, :3], False))),
    "svdvals": lambda a: LA.svdvals(a).log().sum(),
    "norm": lambda a: LA.norm(a) + LA.norm(a, "nuc") + LA.norm(a, 2) + LA.norm(a[0], 3),
    "einsum": lambda a: weighted(torch.einsum("ij,kj,ii->ki", a, a.conj(), a)),
    "fft": lambda a: weighted(torch.fft.fft(a, norm="ortho")).sin(),
    "vdot": lambda a: weighted(torch.vdot(a[0], a[1]).reshape(1)),
}

draw = np.random.default_rng(11)
inputs = {"real": draw.standard_normal((4, 4))}
inputs["complex"] = draw.standard_normal((4, 4)) + 1j * draw.standard_normal((4, 4))
found = {f"input {kind}": value for kind, value in inputs.items()}
for kind, value in inputs.items():
    for name, loss in LOSSES.items():
        x = torch.tensor(value, requires_grad=True)
        loss(x).backward()
        found[f"{name} {kind}"] = x.grad.numpy()
np.savez_compressed(Path(__file__).with_name("linalg.npz"), **found)
