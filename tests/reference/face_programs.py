"""Programs as strangers write them for PyTorch, run with a given torch: what they log.

Parameters and random numbers are the same whichever torch runs them.
"""

import re
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent / "programs"
NAMES = sorted(path.stem for path in FOLDER.glob("*.txt"))


def filled(torch, net):
    """Values for the parameters of a network, in the order that they have."""
    with torch.no_grad():
        for i, p in enumerate(net.parameters()):
            values = np.sin(np.arange(p.numel()) * 1.7 + i) * (0.4 if p.dim() > 1 else 0.1)
            p.copy_(torch.tensor(values.astype("f").reshape(tuple(p.shape))))


def logged(name, torch, package="torch"):
    """Run a program with this torch, which is imported from `package`: the numbers that it logs, line by line."""
    text = (FOLDER / f"{name}.txt").read_text()
    text = re.sub(r"^(\s*)import torch$", rf"\1import {package} as torch", text, flags=re.M)
    text = re.sub(r"^(\s*)import torch\.(\S+) as", rf"\1import {package}.\2 as", text, flags=re.M)
    text = re.sub(r"^(\s*)from torch", rf"\1from {package}", text, flags=re.M)
    rng, lines = np.random.default_rng(0), []

    def drawn(draw):
        def call(*size, requires_grad=False):
            size = tuple(size[0]) if len(size) == 1 and not isinstance(size[0], int) else size
            return torch.tensor(draw(size).astype("f"), requires_grad=requires_grad)

        return call

    replaced = {
        "randn": drawn(rng.standard_normal), "rand": drawn(rng.random),
        "randn_like": lambda x: torch.tensor(rng.standard_normal(tuple(x.shape)).astype("f")),
    }  # fmt: skip
    before = {key: getattr(torch, key) for key in replaced}
    given = {"SEED": lambda net: filled(torch, net), "RNG": np.random.default_rng(1),
             "LOG": lambda *values: lines.append([float(value) for value in values])}  # fmt: skip
    try:
        for key, function in replaced.items():
            setattr(torch, key, function)
        exec(compile(text, f"{name}.txt", "exec"), given)
    finally:
        for key, function in before.items():
            setattr(torch, key, function)
    return lines
