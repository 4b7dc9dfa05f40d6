"""What is asked of `optim` or of an optimizer by habits of other libraries, and what is written here."""

from __future__ import annotations

from collections.abc import Iterable

NAMES = {"Momentum": "optim.SGD(params, lr, momentum=0.9)", "schedulers": "optim.lr_scheduler"}
"""Asked of the package."""

_RATE = 'optimizer.param_groups[0]["lr"]'

ATTRIBUTES = {
    "lr": _RATE, "learning_rate": _RATE,
    "apply_gradients": "loss.backward(), and optimizer.step()", "minimize": "loss.backward(), and optimizer.step()",
    "backward": "loss.backward()",
    "init": "nothing: the state is made at the first step", "update": "loss.backward(), and optimizer.step()",
    "parameters": 'optimizer.param_groups[0]["params"]',
    "zero_grads": "optimizer.zero_grad()", "zerograd": "optimizer.zero_grad()",
}  # fmt: skip
"""Asked of an optimizer."""

KEYWORDS = {
    "beta_1": "betas=(beta_1, beta_2)", "beta_2": "betas=(beta_1, beta_2)", "beta1": "betas=(beta1, beta2)",
    "beta2": "betas=(beta1, beta2)", "clipnorm": "nn.utils.clip_grad_norm_(params, norm) before the step",
    "decay": "weight_decay=", "epsilon": "eps=", "learning_rate": "lr=", "step_size": "lr=",
}  # fmt: skip
"""Given to an optimizer's constructor."""


def instead(name: str, classes: Iterable[str], schedules: Iterable[str]) -> str:
    """The end of an error about a name that `optim` has not: what to write, where that is known.

    >>> instead("adamw", ["AdamW"], []), instead("StepLR", [], ["StepLR"]), instead("nonsense", [], [])
    ('; write optim.AdamW', '; write optim.lr_scheduler.StepLR', '')
    """
    if name in NAMES:
        return f"; write {NAMES[name]}"
    if name in schedules:
        return f"; write optim.lr_scheduler.{name}"
    near = next((other for other in classes if other.lower() == name.lower()), None)
    return f"; write optim.{near}" if near else ""


def written(table: dict[str, str], name: str) -> str:
    """The end of an error about an attribute or a keyword."""
    return f"; write {table[name]}" if name in table else ""
