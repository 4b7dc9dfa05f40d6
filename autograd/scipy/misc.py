"""logsumexp, under the name that it once had in SciPy."""

from .special import logsumexp

__all__ = ["logsumexp"]
