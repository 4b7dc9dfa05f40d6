"""`import autograd.torch as torch`: a face for programs written for PyTorch, over this engine, `nn` and `optim`.

A program needs only its imports changed: `import autograd.torch.nn as nn`, `from autograd.torch.utils.data import
DataLoader` and so on. It has no derivative rule, no layer and no optimizer of its own. From the bottom up, each
importing only what stands before it:

    absent         what is not there
    dtypes         dtypes, devices, shapes, generators; which dtype several operands have
    boundary       between PyTorch's convention, of programs, and NumPy's, of the packages below
    tensors        Tensor by PyTorch's convention, and what is offered
    pointwise      element by element
    reducing       sums, extrema, statistics, sorting
    shaping        shapes, joining, splitting
    picking        by index and by mask
    creating       of numbers and of random numbers
    algebra        products, torch.linalg
    spectra        torch.fft, stft and windows
    custom         torch.autograd.Function
    deriving       torch.autograd and torch.func
    classes        torch.nn, torch.optim and torch.distributions, from nn and optim
    loading        torch.utils.data.DataLoader, from nn.data
    spaces         the modules below torch
    ordered        what torch itself has of torch.nn.functional

It is the one part of autograd that imports nn and optim: `classes`, `loading` and `spaces` do, once something of
them is asked for.
"""

# ruff: noqa: F401

from __future__ import annotations

from collections.abc import Mapping as _Mapping
from copy import deepcopy as _deepcopy
from os import PathLike as _PathLike
from typing import Any

import numpy as _np

import autograd as _ag
from autograd import enable_grad, is_grad_enabled, no_grad, set_default_dtype, set_grad_enabled

from ..random import generator as _generator
from ..saving.replacement import replace as _replace
from . import absent as _absent
from . import algebra, creating, picking, pointwise, reducing, shaping, spectra
from . import tensors as _tensors
from .boundary import below as _below
from .creating import default_generator
from .dtypes import DTYPES, Generator, Size, device, dtype, finfo, iinfo, promote_types, result_type
from .dtypes import check_device as set_default_device
from .dtypes import of as _of
from .ordered import of_torch as _of_torch
from .spaces import ROOTS as _ROOTS
from .tensors import FUNCTIONS, Tensor

inf, nan, pi, e = float("inf"), float("nan"), 3.141592653589793, 2.718281828459045
_tensors.complete()
globals().update(DTYPES | FUNCTIONS | {name: space for name, space in _ROOTS.items() if "." not in name})
inference_mode = no_grad
newaxis = strided = contiguous_format = preserve_format = channels_last = channels_last_3d = None
__version__ = "2.13.0"  # of the PyTorch whose names these are
_WHOLE = "saved by torch.save"


def get_default_dtype() -> dtype:
    """The dtype of floats that come from Python, and of new parameters: float32 until set_default_dtype."""
    return _of(_ag.get_default_dtype())


def is_tensor(obj: Any) -> bool:
    """Whether it is a Tensor."""
    return isinstance(obj, Tensor)


def typename(obj: Any) -> str:
    """The name of its type: torch.FloatTensor and its kin for a Tensor."""
    return obj.type() if isinstance(obj, Tensor) else f"{type(obj).__module__}.{type(obj).__qualname__}"


def set_default_tensor_type(t: Any, /) -> None:
    """set_default_dtype by torch.FloatTensor, torch.DoubleTensor or their names."""
    kind: Any = FUNCTIONS[t.removeprefix("torch.")] if isinstance(t, str) else t
    set_default_dtype(kind.dtype)


def save(obj: Any, f: Any, *args: Any, **options: Any) -> None:
    """Write tensors, numbers and strings, in dicts, lists and tuples, as autograd.save does: never a pickle.

    The file's name may have any ending. Raises TypeError for anything else, such as a module: save its state_dict().
    """
    whole = obj if isinstance(obj, _Mapping) or hasattr(obj, "state_dict") else {_WHOLE: obj}
    if isinstance(f, str | _PathLike) and not str(f).endswith((".npz", ".safetensors")):
        _replace(f, lambda file: _below(_ag.save)(file, whole))
    else:
        _below(_ag.save)(f, whole)


def load(f: Any, map_location: Any = None, *, weights_only: bool = True, **options: Any) -> Any:
    """Read what `save` has written. Raises ValueError for a pickle, such as PyTorch's own files."""
    found = _below(_ag.load)(f)
    return found[_WHOLE] if found.keys() == {_WHOLE} else found


def compile(model: Any = None, **options: Any) -> Any:
    """The model itself: it runs as it is. autograd.compile compiles functions of arrays."""
    return model if model is not None else lambda function: function


def from_dlpack(ext_tensor: Any) -> Any:
    """The tensor of an array of another library, in whose memory it stays."""
    return FUNCTIONS["from_numpy"](_np.from_dlpack(ext_tensor))


def frombuffer(buffer: Any, *, dtype: Any, count: int = -1, offset: int = 0, requires_grad: bool = False) -> Any:
    """The tensor of the bytes that a buffer holds, in its memory if that can be written to."""
    made = FUNCTIONS["from_numpy"](_np.frombuffer(buffer, dtype.dtype, count, offset))
    return made.requires_grad_() if requires_grad else made


def can_cast(from_: Any, to: Any) -> bool:
    """Whether values of one dtype may be put into another, as a result's into `out`: not from a later kind to an
    earlier one, of bool, integer, float and complex."""
    return dtype.order(from_) <= dtype.order(to)


def get_rng_state() -> Any:
    """What set_rng_state takes to draw the same random numbers again."""
    return _deepcopy(_generator(None).bit_generator.state)


def set_rng_state(new_state: Any) -> None:
    """Draw from now on what was drawn after get_rng_state had given this."""
    _generator(None).bit_generator.state = _deepcopy(new_state)


def _constant(value: Any) -> Any:
    """What says of one device, and of the settings that NumPy and its library for matrices have by themselves."""
    return lambda *args, **options: value


set_num_threads = set_num_interop_threads = set_printoptions = set_flush_denormal = _constant(None)
set_float32_matmul_precision = use_deterministic_algorithms = set_warn_always = _constant(None)
get_num_threads = get_num_interop_threads = _constant(1)
is_inference = is_conj = is_neg = is_autocast_enabled = are_deterministic_algorithms_enabled = _constant(False)


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    if name in ("vmap", "autocast"):
        return getattr(_ROOTS["func" if name == "vmap" else "amp"], name)
    try:
        if name in ("dropout_", "alpha_dropout_", "feature_alpha_dropout_"):
            return _tensors.in_place(_of_torch(name[:-1]))
        return _tensors.METHODS[name] if name in _tensors.METHODS and name[-1] == "_" else _of_torch(name)
    except (AttributeError, KeyError):
        raise _absent.error(name) from None
