"""Makes optim.npz: what PyTorch's optimizers and schedulers do. Run with a Python that has PyTorch.

Each optimizer, in each of its configurations, minimises one small function for 100 steps; the parameters after some of
them are kept. Each scheduler sets the rates and the momentum of two groups for 40 epochs; all of them are kept.
The names in the file are the cases, in JSON: [class, options], so that a test needs no table of its own.
"""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch

STEPS = (1, 2, 10, 50, 100)
EPOCHS = 40

BASIC: list[dict[str, Any]] = [
    {}, {"weight_decay": 0.1}, {"maximize": True, "lr": 1e-4}, {"maximize": True, "weight_decay": 0.3, "lr": 1e-4},
]  # fmt: skip
OPTIMIZERS: dict[str, list[dict[str, Any]]] = {
    "SGD": [
        {"momentum": 0.9}, {"momentum": 0.9, "nesterov": True}, {"momentum": 0.8, "dampening": 0.5},
        {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1}, {"lr": 0.05},
        {"momentum": 0.9, "weight_decay": 0.1, "lr": 1e-4, "maximize": True},
    ],
    "Adam": [
        {"lr": 0.05}, {"amsgrad": True, "lr": 0.1}, {"betas": [0.5, 0.8], "eps": 1e-3},
        {"decoupled_weight_decay": True, "weight_decay": 0.2}, {"amsgrad": True, "weight_decay": 0.1, "lr": 0.1},
    ],
    "AdamW": [{"lr": 0.05}, {"amsgrad": True, "lr": 0.1}, {"betas": [0.0, 0.9], "weight_decay": 0.0, "lr": 1e-4}],
    "Adamax": [{"lr": 0.05, "betas": [0.8, 0.9]}, {"eps": 1e-2}],
    "NAdam": [
        {"momentum_decay": 0.1, "lr": 0.02}, {"decoupled_weight_decay": True, "weight_decay": 0.2},
        {"betas": [0.5, 0.9], "eps": 1e-3},
    ],
    "RAdam": [
        {"lr": 0.05}, {"betas": [0.8, 0.9]}, {"decoupled_weight_decay": True, "weight_decay": 0.2}, {"eps": 1e-3},
    ],
    "RMSprop": [
        {"momentum": 0.9, "lr": 1e-3}, {"centered": True}, {"centered": True, "momentum": 0.5, "alpha": 0.9},
        {"weight_decay": 0.1, "momentum": 0.9, "lr": 1e-3, "eps": 1e-3},
    ],
    "Adagrad": [{"lr": 0.1, "lr_decay": 0.1}, {"initial_accumulator_value": 0.5, "lr": 0.2}, {"eps": 1e-2}],
    "Adadelta": [{"rho": 0.5}, {"lr": 0.3, "eps": 1e-3}],
    "ASGD": [{"lr": 0.05, "t0": 10}, {"lambd": 0.1, "alpha": 0.5, "t0": 50, "lr": 0.1}],
    "Adafactor": [{"lr": 0.1}, {"d": 2.0, "eps": [1e-4, 1e-2]}, {"beta2_decay": -0.3, "weight_decay": 0.1}],
    "Rprop": [{"etas": [0.4, 1.3]}, {"step_sizes": [1e-3, 0.05]}, {"lr": 0.1}],
    "Muon": [
        {"momentum": 0.5}, {"nesterov": False, "lr": 0.05}, {"adjust_lr_fn": "match_rms_adamw", "ns_steps": 3},
        {"weight_decay": 0.0, "ns_coefficients": [2.0, -1.5, 0.5], "eps": 1e-3, "adjust_lr_fn": "original"},
    ],
    "LBFGS": [
        {"max_iter": 4}, {"max_iter": 4, "line_search_fn": "strong_wolfe"}, {"max_iter": 3, "history_size": 2},
        {"lr": 0.1, "max_iter": 20, "line_search_fn": "strong_wolfe", "history_size": 5},
        {"max_iter": 5, "max_eval": 3},
        {"max_iter": 30, "tolerance_change": 1e-3},
    ],
}  # fmt: skip
WAVY: list[dict[str, Any]] = [
    {"max_iter": 6, "max_eval": 9, "history_size": 3}, {"max_iter": 8, "max_eval": 5}, {"max_iter": 20, "lr": 0.3},
    {"max_iter": 4, "max_eval": 30, "lr": 3.0},
]  # fmt: skip
WAVY_STARTS = [[2.0, -1.3, 0.4], [-2.2, 1.9, 3.1], [0.3, 0.2, -3.4]]
NO_BASIC = {"Rprop": [{}, {"maximize": True, "lr": 1e-4}], "LBFGS": [{}], "Muon": [{}]}
SCHEDULERS: list[tuple[str, dict[str, Any]]] = [
    ("SWALR", {"swa_lr": 0.02}), ("SWALR", {"swa_lr": [0.02, 0.3], "anneal_epochs": 4, "anneal_strategy": "linear"}),
    ("SWALR", {"swa_lr": 0.02, "anneal_epochs": 0}),
    ("LambdaLR", {"lr_lambda": "decay"}), ("LambdaLR", {"lr_lambda": ["decay", "root"]}),
    ("MultiplicativeLR", {"lr_lambda": "root"}), ("MultiplicativeLR", {"lr_lambda": ["root", "wave"]}),
    ("StepLR", {"step_size": 7}), ("StepLR", {"step_size": 1, "gamma": 0.9}),
    ("MultiStepLR", {"milestones": [3, 9, 9, 30]}), ("MultiStepLR", {"milestones": [30, 5], "gamma": 0.5}),
    ("ConstantLR", {}), ("ConstantLR", {"factor": 0.7, "total_iters": 12}), ("ConstantLR", {"total_iters": 0}),
    ("LinearLR", {}), ("LinearLR", {"start_factor": 0.1, "end_factor": 0.6, "total_iters": 15}),
    ("LinearLR", {"start_factor": 1.0, "end_factor": 0.0, "total_iters": 20}),
    ("ExponentialLR", {"gamma": 0.9}),
    ("PolynomialLR", {}), ("PolynomialLR", {"total_iters": 25, "power": 2.5}),
    ("CosineAnnealingLR", {"T_max": 10}), ("CosineAnnealingLR", {"T_max": 40, "eta_min": 0.01}),
    ("CosineAnnealingLR", {"T_max": 7, "eta_min": 0.02}), ("CosineAnnealingLR", {"T_max": 1}),
    ("CosineAnnealingWarmRestarts", {"T_0": 6}),
    ("CosineAnnealingWarmRestarts", {"T_0": 3, "T_mult": 2, "eta_min": 0.05}),
    ("CyclicLR", {"base_lr": 0.01, "max_lr": 0.2, "step_size_up": 5}),
    ("CyclicLR", {"base_lr": [0.01, 0.02], "max_lr": [0.2, 0.1], "step_size_up": 4, "step_size_down": 7,
                  "mode": "triangular2", "base_momentum": 0.5, "max_momentum": 0.99}),
    ("CyclicLR", {"base_lr": 0.01, "max_lr": 0.2, "step_size_up": 3, "mode": "exp_range", "gamma": 0.97}),
    ("CyclicLR", {"base_lr": 0.01, "max_lr": 0.2, "step_size_up": 3, "cycle_momentum": False, "scale_fn": "decay"}),
    ("CyclicLR", {"base_lr": 0.01, "max_lr": 0.2, "step_size_up": 3, "scale_fn": "decay", "scale_mode": "iterations"}),
    ("OneCycleLR", {"max_lr": 0.3, "total_steps": 41}),
    ("OneCycleLR", {"max_lr": [0.3, 0.1], "epochs": 6, "steps_per_epoch": 8, "anneal_strategy": "linear"}),
    ("OneCycleLR", {"max_lr": 0.3, "total_steps": 50, "three_phase": True, "pct_start": 0.4, "base_momentum": 0.6}),
    ("OneCycleLR", {"max_lr": 0.3, "total_steps": 41, "cycle_momentum": False,
                    "div_factor": 5, "final_div_factor": 10}),
    ("ReduceLROnPlateau", {"patience": 2}), ("ReduceLROnPlateau", {"mode": "max", "patience": 1, "factor": 0.5}),
    ("ReduceLROnPlateau", {"patience": 0, "cooldown": 3, "threshold": 0.05, "min_lr": [0.01, 0.002]}),
    ("ReduceLROnPlateau", {"threshold_mode": "abs", "threshold": 0.1, "patience": 1, "factor": 0.7}),
    ("ReduceLROnPlateau", {"mode": "max", "threshold_mode": "abs", "threshold": 0.2, "patience": 2, "eps": 0.01}),
    ("ChainedScheduler", {"schedulers": [["ConstantLR", {"total_iters": 4}], ["ExponentialLR", {"gamma": 0.9}]]}),
    ("ChainedScheduler", {"schedulers": [["LinearLR", {"total_iters": 9}], ["CosineAnnealingLR", {"T_max": 13}],
                                         ["StepLR", {"step_size": 10}]]}),
    ("SequentialLR", {"schedulers": [["ConstantLR", {"total_iters": 20}], ["ExponentialLR", {"gamma": 0.9}]],
                      "milestones": [12]}),
    ("SequentialLR", {"schedulers": [["LinearLR", {"start_factor": 0.01, "total_iters": 5}],
                                     ["CosineAnnealingLR", {"T_max": 25}], ["PolynomialLR", {"total_iters": 8}]],
                      "milestones": [5, 30]}),
    ("SequentialLR", {"schedulers": [["StepLR", {"step_size": 3}], ["CosineAnnealingWarmRestarts", {"T_0": 5}],
                                     ["LambdaLR", {"lr_lambda": "decay"}]], "milestones": [7, 20]}),
    ("SequentialLR", {"schedulers": [["MultiStepLR", {"milestones": [2, 4]}], ["LinearLR", {}], ["ConstantLR", {}]],
                      "milestones": [6, 15]}),
    ("SequentialLR", {"schedulers": [["PolynomialLR", {"total_iters": 9}], ["MultiplicativeLR", {"lr_lambda": "root"}],
                                     ["MultiStepLR", {"milestones": [0, 2]}]], "milestones": [3, 9]}),
]  # fmt: skip
FUNCTIONS = {"decay": lambda t: 0.95**t, "root": lambda t: 1 / (1 + t) ** 0.5, "wave": lambda t: 1 + (-1) ** t / 4}


def problem() -> dict[str, Any]:
    """Inputs, targets and where the parameters begin."""
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(20, 3))
    targets = 1.5 * np.tanh(inputs @ rng.normal(size=(3, 4)) + rng.normal(size=4)) + 0.3 * rng.normal(size=(20, 4))
    start = {"weight": rng.normal(size=(3, 4)), "bias": rng.normal(size=4), "scale": np.array(0.7)}
    return {"inputs": inputs, "targets": targets, **start}


def loss(data: dict[str, Any], *params: Any) -> Any:
    weight, bias, scale = params
    inputs, targets = torch.tensor(data["inputs"]).to(weight.dtype), torch.tensor(data["targets"])
    rest = torch.tanh(inputs @ weight + bias) * scale - targets
    return (rest * rest.conj()).real.mean() + 0.05 * sum((p * p.conj()).real.sum() for p in params)


def trajectory(name: str, options: dict[str, Any], turned: float = 0) -> Any:
    """The parameters in one row after each of STEPS; `turned` makes them complex."""
    data = problem()
    values = [data[k] * np.exp(1j * turned) if turned else data[k] for k in ("weight", "bias", "scale")]
    params = [torch.tensor(value, requires_grad=True) for value in values]
    options = {k: tuple(v) if isinstance(v, list) else v for k, v in options.items()}
    groups: Any = params  # in other optimizers than LBFGS, the bias has a learning rate of its own
    if name == "Muon":
        groups = params[:1]  # the only one that is a matrix
    elif name != "LBFGS":
        groups = [{"params": params[::2]}, {"params": params[1:2], "lr": options.get("lr", 0.01) * 2}]
    optimizer = getattr(torch.optim, name)(groups, **options)

    def closure() -> Any:
        optimizer.zero_grad()
        value = loss(data, *params)
        value.backward()
        return value

    rows = []
    for step in range(1, STEPS[-1] + 1):
        optimizer.step(closure)
        if step in STEPS:
            rows.append(np.concatenate([p.detach().numpy().reshape(-1) for p in params]))
    return np.array(rows)


def searches(options: dict[str, Any]) -> Any:
    """L-BFGS whose line searches have work to do: parameters, evaluations and iterations after each of six steps."""
    rows = []
    for start in WAVY_STARTS:
        p = torch.tensor(start, requires_grad=True)
        optimizer = torch.optim.LBFGS([p], line_search_fn="strong_wolfe", **options)

        def closure(p: Any = p, optimizer: Any = optimizer) -> Any:
            optimizer.zero_grad()
            value = (p**4 / 4 - 3 * p**2).sum() + torch.sin(5 * p).sum() + p[0] * p[1]
            value.backward()
            return value

        for _ in range(6):
            optimizer.step(closure)
            state = optimizer.state[p]
            rows.append([*p.detach().numpy(), state["func_evals"], state["n_iter"]])
    return np.array(rows)


def build(optimizer: Any, name: str, options: dict[str, Any]) -> Any:
    """A scheduler of its description."""
    options = dict(options)
    for key in ("lr_lambda", "scale_fn"):
        if key in options:
            value = options[key]
            options[key] = [FUNCTIONS[v] for v in value] if isinstance(value, list) else FUNCTIONS[value]
    if "schedulers" in options:
        options["schedulers"] = [build(optimizer, *part) for part in options["schedulers"]]
    kind = getattr(torch.optim.swa_utils if name == "SWALR" else torch.optim.lr_scheduler, name)
    return kind(**options) if name == "ChainedScheduler" else kind(optimizer, **options)


def schedule(name: str, options: dict[str, Any]) -> Any:
    """The rates of two groups, and the momentum of the first, in each epoch."""
    params = [torch.ones(1, requires_grad=True), torch.ones(1, requires_grad=True)]
    optimizer = torch.optim.SGD([{"params": params[:1]}, {"params": params[1:], "lr": 0.08}], lr=0.5, momentum=0.9)
    scheduler = build(optimizer, name, options)
    rows = []
    for epoch in range(EPOCHS):
        rows.append([group["lr"] for group in optimizer.param_groups] + [optimizer.param_groups[0]["momentum"]])
        optimizer.step()
        if name == "ReduceLROnPlateau":
            scheduler.step(1 / (1 + epoch // 5) + 0.1 * (epoch % 3))
        else:
            scheduler.step()
    return np.array(rows)


def main() -> None:
    warnings.simplefilter("ignore")
    torch.set_default_dtype(torch.float64)  # else NAdam and ASGD keep some of their numbers in single precision
    torch.Tensor.bfloat16 = torch.Tensor.clone  # Muon iterates in bfloat16; the reference shall be exact
    made = {}
    for name, cases in OPTIMIZERS.items():
        for options in NO_BASIC.get(name, BASIC) + cases:
            if name == "RMSprop":
                options = {"lr": 1e-3, **options}  # larger steps make it wander about the minimum, as rounding has it
            made[json.dumps([name, options])] = trajectory(name, options)
        if name not in ("Adafactor", "Muon"):
            made[json.dumps([name, {}, "complex"])] = trajectory(name, {}, turned=0.3)
    made |= {"wavy " + json.dumps(options): searches(options) for options in WAVY}
    made["wavy starts"] = np.array(WAVY_STARTS)
    for name, options in SCHEDULERS:
        made[json.dumps([name, options])] = schedule(name, options)
    path = Path(__file__).with_name("optim.npz")
    np.savez_compressed(path, **problem(), **made)
    print(f"{path}: {len(made)} cases, {path.stat().st_size:,} bytes", file=sys.stderr)


if __name__ == "__main__":
    main()
