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

from ..transforms.checkpoint import checkpoint_sequential
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
        self.__dict__.update(__path__=[], _look=look, _short=name)
        sys.modules[self.__name__] = self

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name != "__all__":
            raise AttributeError(name)
        if (inner := sys.modules.get(f"{self.__name__}.{name}")) is not None:
            return inner
        try:
            found = self.__dict__[name] = self._look(name)
        except (AttributeError, KeyError):
            raise absent.error(f"{self._short}.{name}") from None
        return found

    def __dir__(self) -> list[str]:
        return sorted({*object.__dir__(self), *getattr(self, "__all__", ())})


def _from(path: str) -> Look:
    """The functions and classes of a module of nn's or optim's, which is loaded when it is asked for."""

    def look(name: str) -> Any:
        import nn
        import optim

        from .classes import found_in, own

        if (known := own(name)) is not None:
            return known
        first, *parts = path.split(".")
        source = functools.reduce(getattr, parts, optim if first == "optim" else nn)
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
        return functools.partial(functional(name.removesuffix("_with_indices")), return_indices=True)
    try:
        return _from("nn.functional")(name)
    except AttributeError:
        return FUNCTIONS[name]


def _assert_close(
    actual: Any, expected: Any, *, rtol: Any = None, atol: Any = None, equal_nan: bool = False, **options: Any
) -> None:
    """Raise AssertionError unless the two are close; without rtol and atol, as close as their dtype says."""
    actual, expected = (FUNCTIONS["as_tensor"](value) for value in (actual, expected))
    kinds = [(value.dtype, value.shape) for value in (actual, expected)]
    if kinds[0] != kinds[1]:
        raise AssertionError(f"assert_close: got {kinds[0]}, expected {kinds[1]}")
    limits = {"float16": (1e-3, 1e-5), "float64": (1e-7, 1e-7)}.get(actual.dtype.name, (1.3e-6, 1e-5))
    limits = (limits[0] if rtol is None else rtol, limits[1] if atol is None else atol)
    np.testing.assert_allclose(actual._content, expected._content, *limits, equal_nan)


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


def _below_of(table: dict[str, Any], module: str = "") -> Look:
    return lambda name: below(with_fields(f"{module}.{name}", table[name]), narrow=True)


def _checkpoint(function: Any, *args: Any, use_reentrant: Any = None, **kwargs: Any) -> Any:
    return below(ag.checkpoint(above(function)))(*args, **kwargs)


def _checkpoint_sequential(functions: Any, segments: int, input: Any, use_reentrant: Any = None) -> Any:
    parts = functions.children() if hasattr(functions, "children") else functions
    return below(checkpoint_sequential)([above(part) for part in parts], segments, input)


def _no(name: str) -> Any:
    """What there is of a device that there is not: that there is none, and nothing to be done for it."""
    if name in ("deterministic", "benchmark", "enabled", "allow_tf32"):
        return False
    value = _OF_NO_DEVICE[name]
    return lambda *args: value


_OF_NO_DEVICE: dict[str, Any] = {
    "is_available": False, "is_built": False, "is_initialized": False, "is_bf16_supported": False, "device_count": 0,
    "current_accelerator": None, "manual_seed": None, "manual_seed_all": None, "synchronize": None, "empty_cache": None,
}  # fmt: skip
_DEVICES = (
    "cuda", "mps", "xpu", "accelerator", "backends.cudnn", "backends.mps", "backends.cuda", "backends.cuda.matmul",
)  # fmt: skip
_PARTS = {
    "nn": "parameter modules", "nn.modules": (
        "activation adaptive batchnorm channelshuffle container conv distance dropout flatten fold instancenorm lazy "
        "linear loss module normalization padding pixelshuffle pooling rnn sparse transformer upsampling"),
    "distributions": (
        "bernoulli beta binomial categorical cauchy chi2 continuous_bernoulli dirichlet distribution exponential "
        "fishersnedecor gamma generalized_pareto geometric gumbel half_cauchy half_normal independent inverse_gamma kl "
        "kumaraswamy laplace lkj_cholesky log_normal logistic_normal lowrank_multivariate_normal mixture_same_family "
        "multinomial multivariate_normal negative_binomial normal one_hot_categorical pareto poisson relaxed_bernoulli "
        "relaxed_categorical studentT transformed_distribution transforms uniform von_mises weibull wishart"),
    "nn.utils": "clip_grad convert_parameters fusion stateless", "utils.data": "dataloader dataset sampler",
}  # fmt: skip
"""Modules of PyTorch's that have a part of the names of another one; here they have all of them."""
_TABLES: dict[str, Look] = {
    "linalg": _below_of(LINALG, "linalg"), "fft": _below_of(FFT), "signal.windows": _below_of(WINDOWS),
    "special": lambda name: FUNCTIONS[SAME[name]] if name in SAME else below(SPECIAL[name], narrow=True),
    "nn.functional": functional, "distributions": _from("nn.distributions"), "utils.data": _data,
    **{name: _from(name) for name in (
        "nn", "nn.init", "nn.utils", "nn.utils.rnn", "nn.utils.parametrize", "nn.utils.parametrizations",
        "nn.utils.prune", "optim", "optim.lr_scheduler", "optim.swa_utils")},
    **{f"distributions.{name}": _from(f"nn.distributions.{name}") for name in ("constraints", "utils")},
    "nn.modules.utils": _fixed(
        _ntuple=_ntuple, _single=_ntuple(1), _pair=_ntuple(2), _triple=_ntuple(3), _quadruple=_ntuple(4)),
    "autograd": _fixed(**AUTOGRAD), "autograd.functional": _fixed(**OF_FUNCTIONS),
    "func": lambda name: FUNC[name] if name in FUNC else _from("nn.utils")(name), "utils.checkpoint": _fixed(
        checkpoint=_checkpoint, checkpoint_sequential=_checkpoint_sequential),
    **dict.fromkeys(("nn.parallel", "distributed"), _alone), **dict.fromkeys(("signal", "utils", "backends"), _fixed()),
    **dict.fromkeys(("amp", "cuda.amp"), _fixed(GradScaler=GradScaler, autocast=_autocast)),
    "testing": _fixed(assert_close=_assert_close), "random": _fixed(manual_seed=FUNCTIONS["manual_seed"]),
    **dict.fromkeys(_DEVICES, _no),
}  # fmt: skip
for _whole, _names in _PARTS.items():
    _TABLES |= {f"{_whole}.{name}": _TABLES[_whole] for name in _names.split()}
ROOTS = {name: Space(name, look) for name, look in sorted(_TABLES.items())}
