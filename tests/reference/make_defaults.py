"""Makes defaults.json with PyTorch: what its optimizers and schedulers take an argument for that is not given."""

import inspect
import json
from pathlib import Path

import torch

OTHERS = {"foreach", "capturable", "differentiable", "fused"}  # of how PyTorch computes, and not of what


def defaults(kind):
    found = {}
    for name, parameter in inspect.signature(kind.__init__).parameters.items():
        value = parameter.default
        if value is not inspect.Parameter.empty and name not in OTHERS:
            found[name] = value.item() if isinstance(value, torch.Tensor) else value
    return found


def kinds(module, base):
    return {name: kind for name, kind in vars(module).items() if isinstance(kind, type) and issubclass(kind, base)}


if __name__ == "__main__":
    from torch.optim import lr_scheduler

    made = {name: defaults(kind) for name, kind in kinds(torch.optim, torch.optim.Optimizer).items()}
    made |= {f"lr_scheduler.{n}": defaults(kind) for n, kind in kinds(lr_scheduler, lr_scheduler.LRScheduler).items()}
    text = json.dumps({name: made[name] for name in sorted(made)}, indent=1) + "\n"
    Path(__file__).with_name("defaults.json").write_text(text)
