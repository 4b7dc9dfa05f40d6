"""What a distribution is: parameters of one shape, samples, and the logarithm of its density."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd import Tensor, generator, get_default_dtype, no_grad
from autograd.ops import alike

Formula = Callable[..., Any]


def arrays(*values: Any) -> list[Any]:
    """Parameters as arrays of one shape and of their floating dtype; numbers, and whole ones, take the default."""
    kinds = [value.dtype for value in values if hasattr(value, "dtype") and value.dtype.kind == "f"]
    kind = np.result_type(*kinds) if kinds else get_default_dtype()
    like = next((value for value in values if hasattr(value, "dtype")), None)
    made = [value if hasattr(value, "dtype") else alike(np.asarray(value, kind), like) for value in values]
    return list(np.broadcast_arrays(*[value if value.dtype == kind else value.astype(kind) for value in made]))


def summed(values: Any, dims: int) -> Any:
    """The sum over so many of the last axes."""
    return np.sum(values, tuple(range(-dims, 0))) if dims else values


def value_of(given: Any) -> Any:
    """The plain array in a Tensor: what samples are drawn by, where no gradient flows through them."""
    return given.data if isinstance(given, Tensor) else given


_FORMULAS = frozenset({"mean", "variance", "mode", "entropy", "cdf", "icdf", "enumerate_support", "log_prob", "drawn"})
"""What a family may have, or may not."""


class Distribution:
    """A distribution for each element of a batch: `batch_shape`, then `event_shape`, of one sample.

    A family names its `parameters`, which broadcast, and gives `log_prob(value)`, `drawn(shape, rng)` and what else it
    has a formula for: `entropy()`, `mean`, `variance`, `mode`, `cdf(value)`, `icdf(value)`. For what it has none
    NotImplementedError is raised. `validate_args` is accepted and has no effect. One that names none is constructed of
    its two shapes, and may have `rsample(sample_shape)` or `sample(sample_shape)` for `drawn`, as PyTorch's are.

    >>> import nn
    >>> loc = Tensor([0.0, 1.0], requires_grad=True)
    >>> there = nn.distributions.Normal(loc, 1.0)
    >>> there.batch_shape, there.rsample((5,)).shape
    ((2,), (5, 2))
    >>> there.log_prob(np.array([1.0, 1.0])).sum().backward()
    >>> loc.grad
    Tensor([1., 0.])
    """

    parameters: tuple[str, ...] = ()
    event_dims = 0
    has_rsample = True
    batch_shape: Any
    event_shape: Any
    log_prob: Formula
    drawn: Formula

    def __init__(self, *args: Any, validate_args: Any = None, **named: Any) -> None:
        given = dict(zip(self.parameters or ("batch_shape", "event_shape"), args, strict=False)) | named
        if not self.parameters:
            self.batch_shape, self.event_shape = (tuple(given.get(name, ())) for name in ("batch_shape", "event_shape"))
            return
        if given.keys() != set(self.parameters):
            raise TypeError(f"{type(self).__name__}: expected {', '.join(self.parameters)}, got {', '.join(given)}")
        made = arrays(*[given[name] for name in self.parameters])
        self.__dict__.update(zip(self.parameters, made, strict=True))
        self._shaped(made[0].shape)

    def _shaped(self, shape: Any) -> None:
        at = len(shape) - self.event_dims
        self.batch_shape, self.event_shape = tuple(shape[:at]), tuple(shape[at:])

    def rsample(self, sample_shape: Any = (), *, rng: Any = None) -> Any:
        """Samples through which gradients flow to the parameters. Raises NotImplementedError where none do."""
        if not self.has_rsample:
            raise NotImplementedError(f"{type(self).__name__}: no gradient flows through its samples; use sample()")
        return self.drawn(self._extended_shape(sample_shape), self.source(rng))

    def source(self, rng: Any) -> Any:
        """What random numbers are drawn from, which are to be arrays of the kind that the parameters are."""
        like = value_of(getattr(self, self.parameters[-1])) if self.parameters else None
        if like is None or isinstance(like, np.ndarray | np.generic) or isinstance(rng, _Beside):
            return rng if isinstance(rng, _Beside) else generator(rng)
        return _Beside(generator(rng), like)

    def _extended_shape(self, sample_shape: Any = ()) -> Any:
        """The shape of samples, as PyTorch's own distributions ask for it."""
        return (*sample_shape, *self.batch_shape, *self.event_shape)

    def sample(self, sample_shape: Any = (), *, rng: Any = None) -> Any:
        """Samples, as a Tensor without a gradient: (*sample_shape, *batch_shape, *event_shape)."""
        with no_grad():
            shape = self._extended_shape(sample_shape)
            made = self.drawn(shape, self.source(rng)) if hasattr(type(self), "drawn") else self.rsample(sample_shape)
        return made.detach() if isinstance(made, Tensor) else Tensor(made)

    def sample_n(self, n: int) -> Any:
        """n samples."""
        return self.sample((n,))

    def expand(self, batch_shape: Any) -> Any:
        """The same distribution for each element of a larger batch, to whose shape this one's broadcasts."""
        made = object.__new__(type(self))
        made.__dict__.update(self.__dict__, batch_shape=tuple(batch_shape))
        for name in self.parameters:
            value = getattr(self, name)
            made.__dict__[name] = np.broadcast_to(value, (*batch_shape, *value.shape[len(self.batch_shape) :]))
        return made

    @property
    def stddev(self) -> Any:
        """The standard deviation."""
        return np.sqrt(self.variance)

    def perplexity(self) -> Any:
        """The exponential of the entropy."""
        return np.exp(self.entropy())

    def __getattr__(self, name: str) -> Any:
        if name in _FORMULAS:
            raise NotImplementedError(f"{type(self).__name__}: no formula is known for {name}")
        raise AttributeError(f"{type(self).__name__!r} has no attribute {name!r}", name=name, obj=self)

    def __repr__(self) -> str:
        sizes = [f"{name}: {getattr(self, name)}" for name in self.parameters]
        return f"{type(self).__name__}({', '.join(sizes)})"


class _Beside:
    """A generator whose numbers are arrays of another kind than NumPy's: made by NumPy, and moved to a GPU, say."""

    def __init__(self, rng: np.random.Generator, like: Any) -> None:
        self.rng = rng
        self.like = like

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def drawn(*args: Any) -> Any:
            if any(hasattr(arg, "shape") and not isinstance(arg, np.ndarray | np.generic) for arg in args):
                raise TypeError(
                    f"{name}: expected parameters in arrays of NumPy's, by which random numbers are drawn one by one, "
                    f"got {type(self.like).__name__}; draw them by a distribution of such arrays"
                )
            return alike(np.asarray(getattr(self.rng, name)(*args)), self.like)

        return drawn


def normal_noise(rng: Any, shape: Any, like: Any) -> Any:
    """Standard normal numbers in the dtype of another array."""
    return rng.standard_normal(shape).astype(like.dtype)


def uniform_noise(rng: Any, shape: Any, like: Any) -> Any:
    """Uniform numbers in [0, 1) in the dtype of another array."""
    drawn = rng.random(shape, np.float32) if like.dtype.itemsize < 8 else rng.random(shape)
    return drawn.astype(like.dtype)
