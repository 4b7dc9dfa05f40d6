"""torch.distributions: Categorical, Normal and Bernoulli, from which samples are drawn and their density taken."""

from __future__ import annotations

import math
from typing import Any

from .tensors import FUNCTIONS as torch


class Categorical:
    """One of several, of these probabilities or logits along the last dimension."""

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: Any = None) -> None:
        if probs is not None:
            probs = probs / probs.sum(-1, keepdim=True)
            self.logits = probs.clamp(1e-38).log()
        else:
            self.logits = logits - logits.logsumexp(-1, keepdim=True)
        self.probs = self.logits.exp() if probs is None else probs

    def sample(self, sample_shape: Any = ()) -> Any:
        n = math.prod(sample_shape)
        drawn = torch["multinomial"](self.probs.detach(), n, True)
        return drawn.movedim(-1, 0).reshape((*sample_shape, *drawn.shape[:-1]))

    def log_prob(self, value: Any) -> Any:
        value = value.long().unsqueeze(-1)
        return self.logits.expand(*value.shape[:-1], self.logits.size(-1)).gather(-1, value).squeeze(-1)

    def entropy(self) -> Any:
        return -(self.probs * self.logits).sum(-1)


class Bernoulli:
    """0 or 1, of this probability or logit of 1."""

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: Any = None) -> None:
        self.probs = logits.sigmoid() if probs is None else probs
        self.logits = probs.logit() if logits is None else logits

    def sample(self, sample_shape: Any = ()) -> Any:
        return torch["bernoulli"](self.probs.detach().expand(*sample_shape, *self.probs.shape))

    def log_prob(self, value: Any) -> Any:
        return self.logits * value - self.logits.exp().log1p()


class Normal:
    """The normal distribution of this mean and standard deviation."""

    def __init__(self, loc: Any, scale: Any, validate_args: Any = None) -> None:
        self.loc, self.scale = torch["broadcast_tensors"](torch["as_tensor"](loc), torch["as_tensor"](scale))
        self.mean, self.stddev, self.variance = self.loc, self.scale, self.scale**2

    def rsample(self, sample_shape: Any = ()) -> Any:
        return self.loc + self.scale * torch["randn"]((*sample_shape, *self.loc.shape), dtype=self.loc.dtype)

    def sample(self, sample_shape: Any = ()) -> Any:
        return self.rsample(sample_shape).detach()

    def log_prob(self, value: Any) -> Any:
        return -((value - self.loc) ** 2) / (2 * self.variance) - self.scale.log() - math.log(2 * math.pi) / 2

    def entropy(self) -> Any:
        return 0.5 + math.log(2 * math.pi) / 2 + self.scale.log()
