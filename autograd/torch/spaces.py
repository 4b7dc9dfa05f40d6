"""The modules below torch: torch.nn.functional, torch.utils.data and so on, each filled when it is first asked."""

from __future__ import annotations

import contextlib
import functools
import sys
from collections.abc import Callable, Iterable
from types import ModuleType
from typing import Any

import numpy as np

import autograd as ag

from . import absent, dtypes
from .algebra import LINALG
from .boundary import above, below
from .deriving import AUTOGRAD, FUNC, OF_FUNCTIONS
from .pointwise import SAME, SPECIAL
from .spectra import FFT, WINDOWS
from .tensors import FUNCTIONS, with_fields

Look = Callable[[str], Any]


class Space(ModuleType):
    """A module whose names are looked up when they are asked for. What is not there says so."""

    def __init__(self, name: str, look: Look) -> None:
        super().__init__(f"{__package__}.{name}", f"torch.{name}, over what backgraph has.")
        self.__dict__["__path__"], self.__dict__["_look"], self.__dict__["_short"] = [], look, name
        sys.modules[self.__name__] = self

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name != "__all__":
            raise AttributeError(name)
        inner = sys.modules.get(f"{self.__name__}.{name}")
        if inner is not None:
            return inner
        try:
            found = self._look(name)
        except (AttributeError, KeyError):
            raise absent.error(f"{self._short}.{name}") from None
        self.__dict__[name] = found
        return found

    def __dir__(self) -> list[str]:
        return sorted({*object.__dir__(self), *getattr(self, "__all__", ())})


def _from(path: str) -> Look:
    """The functions and classes of a module of nn's or optim's, which is loaded when it is asked for."""

    def look(name: str) -> Any:
        from .classes import found_in, own

        if (known := own(name)) is not None:
            return known
        source: Any
        if path.startswith("optim"):
            import optim

            source = optim
        else:
            import nn

            source = nn
        for part in path.split(".")[1:]:
            source = getattr(source, part)
        if not name.endswith("_") and not hasattr(source, name) and hasattr(source, f"{name}_"):
            name += "_"  # as these were called at first: init.xavier_uniform, clip_grad_norm
        return found_in(source, name, path)

    return look


def _data(name: str) -> Any:
    from .loading import DataLoader

    return DataLoader if name == "DataLoader" else _from("nn.data")(name)


def functional(name: str) -> Any:
    """What torch.nn.functional has."""
    if name.endswith("_with_indices"):
        pool = functional(name.removesuffix("_with_indices"))
        return lambda *args, **options: pool(*args, **{**options, "return_indices": True})
    try:
        return _from("nn.functional")(name)
    except AttributeError:
        return FUNCTIONS[name]


def _assert_close(
    actual: Any, expected: Any, *, rtol: Any = None, atol: Any = None, equal_nan: bool = False, **options: Any
) -> None:
    """Raise AssertionError unless the two are close; without rtol and atol, as close as their dtype says."""
    actual, expected = (FUNCTIONS["as_tensor"](value) for value in (actual, expected))
    if actual.shape != expected.shape or actual.dtype != expected.dtype:
        raise AssertionError(
            f"assert_close: got {actual.dtype} {actual.shape}, expected {expected.dtype} {expected.shape}"
        )
    limits = {"float16": (1e-3, 1e-5), "float64": (1e-7, 1e-7)}.get(actual.dtype.name, (1.3e-6, 1e-5))
    np.testing.assert_allclose(actual._content, expected._content, limits[0] if rtol is None else rtol,
                               limits[1] if atol is None else atol, equal_nan)  # fmt: skip


def _alone(name: str) -> Any:
    """What is for several processes or devices: it may be imported, and says when it is called that there is one."""
    if name in ("is_available", "is_initialized"):
        return lambda: False
    if name.startswith("_"):
        raise KeyError(name)

    def call(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError(f"torch: there is one process and one device, so {name} is not there")

    return call


class GradScaler:
    """For mixed dtypes, which there are not. With enabled=False it passes everything on, as PyTorch's does."""

    def __init__(self, device: str = "cpu", enabled: bool = True, **options: Any) -> None:
        if enabled:
            raise RuntimeError("GradScaler: there are no mixed dtypes; use float32, or enabled=False")

    scale = staticmethod(lambda outputs: outputs)
    step = staticmethod(lambda optimizer, *args: optimizer.step(*args))
    unscale_ = update = staticmethod(lambda *args: None)


def _autocast(device_type: Any = "cpu", dtype: Any = None, enabled: bool = True, cache_enabled: Any = None) -> Any:
    """Has no effect with enabled=False or float32. Raises RuntimeError for other dtypes."""
    if enabled and dtype is not dtypes.DTYPES["float32"]:
        raise RuntimeError("autocast: there are no mixed dtypes; use float32, or enabled=False")
    return contextlib.nullcontext()


def _fixed(**values: Any) -> Look:
    return values.__getitem__


def _ntuple(n: int) -> Any:
    """torch.nn.modules.utils: what makes n of one number, and a tuple of several."""
    return lambda x: tuple(x) if isinstance(x, Iterable) else (x,) * n


def _below_of(table: dict[str, Any]) -> Look:
    return lambda name: below(table[name], narrow=True)


class _Constraint:
    """What a program says of a distribution's arguments; it has no effect, as validate_args has none."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, *args: Any, **options: Any) -> _Constraint:
        return self

    def __repr__(self) -> str:
        return f"{self.name}()"


def _constraint(name: str) -> _Constraint:
    if name not in _CONSTRAINTS.split():
        raise KeyError(name)
    return _Constraint(name)


_CONSTRAINTS = (
    "Constraint boolean cat corr_cholesky dependent dependent_property greater_than greater_than_eq half_open_interval "
    "independent integer_interval interval less_than lower_cholesky lower_triangular multinomial nonnegative "
    "nonnegative_integer one_hot positive positive_definite positive_integer positive_semidefinite real real_vector "
    "simplex square stack symmetric unit_interval"
)


def _clamped(probs: Any) -> Any:
    eps = np.finfo(probs.dtype).eps
    return np.clip(probs, eps, 1 - eps)


_OF_DISTRIBUTIONS: dict[str, Any] = {
    "broadcast_all": lambda *values: tuple(_arrays(*values)),
    "clamp_probs": _clamped,
    "probs_to_logits": lambda probs, is_binary=False: (
        ag.logit(_clamped(probs)) if is_binary else np.log(_clamped(probs))
    ),
    "logits_to_probs": lambda logits, is_binary=False: ag.sigmoid(logits) if is_binary else ag.softmax(logits, -1),
    "lazy_property": functools.cached_property,
}
"""torch.distributions.utils."""


def _arrays(*values: Any) -> Any:
    from nn.distributions.distribution import arrays

    return arrays(*values)


def _checkpoint_sequential(functions: Any, segments: int, input: Any, use_reentrant: Any = None) -> Any:
    """A chain of modules, in so many parts of as many each, of which all but the last are checkpointed."""
    parts = list(functions.children()) if hasattr(functions, "children") else list(functions)
    size = max(len(parts) // segments, 1)

    def chain(start: int, end: int | None) -> Any:
        return lambda x: functools.reduce(lambda value, part: part(value), parts[start:end], x)

    last = size * (segments - 1)
    for start in range(0, last, size):
        input = _checkpoint(chain(start, start + size), input)
    return chain(last, None)(input)


def _checkpoint(function: Any, *args: Any, use_reentrant: Any = None, **kwargs: Any) -> Any:
    return below(ag.checkpoint(above(function)))(*args, **kwargs)


def _no(name: str) -> Any:
    """What there is of a device that there is not: that there is none, and nothing to be done for it."""
    if name in ("is_available", "is_built", "is_initialized", "is_bf16_supported"):
        return lambda *args: False
    if name in ("device_count", "current_accelerator"):
        return lambda *args: 0 if name == "device_count" else None
    if name in ("manual_seed", "manual_seed_all", "synchronize", "empty_cache"):
        return lambda *args: None
    if name in ("deterministic", "benchmark", "enabled", "allow_tf32"):
        return False
    raise KeyError(name)


_MODULES = (
    "activation", "adaptive", "batchnorm", "channelshuffle", "container", "conv", "distance", "dropout", "flatten",
    "fold", "instancenorm", "lazy", "linear", "loss", "module", "normalization", "padding", "pixelshuffle", "pooling",
    "rnn", "sparse", "transformer", "upsampling",
)  # fmt: skip
_DISTRIBUTIONS = (
    "bernoulli", "beta", "binomial", "categorical", "cauchy", "chi2", "dirichlet", "distribution", "exponential",
    "gamma", "geometric", "gumbel", "half_cauchy", "half_normal", "independent", "inverse_gamma", "kl", "kumaraswamy",
    "laplace", "log_normal", "logistic_normal", "lowrank_multivariate_normal", "mixture_same_family", "multinomial",
    "multivariate_normal", "negative_binomial", "normal", "one_hot_categorical", "pareto", "poisson",
    "relaxed_bernoulli", "relaxed_categorical", "studentT", "transformed_distribution", "transforms", "uniform",
    "von_mises", "weibull",
)  # fmt: skip
_TABLES: dict[str, Look] = {
    "linalg": _below_of({name: with_fields(f"linalg.{name}", function) for name, function in LINALG.items()}),
    "fft": _below_of(FFT), "signal.windows": _below_of(WINDOWS), "signal": _fixed(),
    "special": lambda name: FUNCTIONS[SAME[name]] if name in SAME else below(SPECIAL[name], narrow=True),
    "nn.functional": functional,
    **dict.fromkeys(("nn", "nn.parameter", "nn.modules", *map("nn.modules.{}".format, _MODULES)), _from("nn")),
    "nn.modules.utils": _fixed(
        _ntuple=_ntuple, _single=_ntuple(1), _pair=_ntuple(2), _triple=_ntuple(3), _quadruple=_ntuple(4)),
    **{name: _from(name) for name in (
        "nn.init", "nn.utils", "nn.utils.rnn", "nn.utils.parametrize", "nn.utils.parametrizations", "nn.utils.prune",
        "optim", "optim.lr_scheduler", "optim.swa_utils")},
    **dict.fromkeys(map("nn.utils.{}".format, ("clip_grad", "convert_parameters", "fusion", "stateless")),
                    _from("nn.utils")),
    **dict.fromkeys(map("utils.data{}".format, ("", ".dataloader", ".dataset", ".sampler")), _data),
    **dict.fromkeys(
        ("distributions", *map("distributions.{}".format, _DISTRIBUTIONS)), _from("nn.distributions")),
    "distributions.constraints": _constraint, "distributions.utils": lambda name: _OF_DISTRIBUTIONS[
        name] if name == "lazy_property" else below(_OF_DISTRIBUTIONS[name]),
    "autograd": _fixed(**AUTOGRAD), "autograd.functional": _fixed(**OF_FUNCTIONS),
    "func": lambda name: FUNC[name] if name in FUNC else _from("nn.utils")(name),
    "utils": _fixed(), "utils.checkpoint": _fixed(
        checkpoint=_checkpoint, checkpoint_sequential=_checkpoint_sequential),
    **dict.fromkeys(("nn.parallel", "distributed"), _alone),
    **dict.fromkeys(("amp", "cuda.amp"), _fixed(GradScaler=GradScaler, autocast=_autocast)),
    "testing": _fixed(assert_close=_assert_close),
    "random": _fixed(manual_seed=FUNCTIONS["manual_seed"]), "backends": _fixed(), **dict.fromkeys((
        "cuda", "mps", "xpu", "accelerator", "backends.cudnn", "backends.mps", "backends.cuda",
        "backends.cuda.matmul"), _no),
}  # fmt: skip


ROOTS = {name: Space(name, look) for name, look in sorted(_TABLES.items())}
