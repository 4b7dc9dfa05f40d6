"""Tools for parameters and gradients.

    parameters        gradients clipped, parameters as one vector, or not yet set
    parametrize       parameters that are computed from others when they are read
    parametrizations  of these: weight norm, spectral norm, orthogonal matrices
    reparametrize     weight norm and spectral norm by hooks, as PyTorch had them before
    prune             entries and channels held at 0
    fusion            a layer and its batch normalization as one
    casting           data in the dtype of the network
    rnn               sequences of different lengths
    stateless         a module as a function of its parameters, and those of several models stacked

Each imports only what stands before it.
"""

# ruff: noqa: I001 (a table of contents, to be read as lines and not as a column)

from typing import Any

from ..habits import instead
from ..names import explained

try:
    from . import parametrizations, parametrize, prune, rnn
    from .casting import cast_inputs
    from .fusion import fuse_conv_bn_eval, fuse_conv_bn_weights, fuse_linear_bn_eval, fuse_linear_bn_weights
    from .parameters import (
        clip_grad_norm_, clip_grad_value_, clip_grads_with_norm_, get_total_norm, parameters_to_vector, skip_init,
        vector_to_parameters,
    )  # fmt: skip
    from .reparametrize import remove_spectral_norm, remove_weight_norm, spectral_norm, weight_norm
    from .stateless import functional_call, stack_module_state
except ImportError as error:
    raise explained(error) from error

__all__ = [
    "cast_inputs", "clip_grad_norm_", "clip_grad_value_", "clip_grads_with_norm_", "functional_call",
    "fuse_conv_bn_eval", "fuse_conv_bn_weights", "fuse_linear_bn_eval", "fuse_linear_bn_weights", "get_total_norm",
    "parameters_to_vector", "parametrizations", "parametrize", "prune", "remove_spectral_norm", "remove_weight_norm",
    "rnn", "skip_init", "spectral_norm", "stack_module_state", "vector_to_parameters", "weight_norm",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    raise AttributeError(f"module 'nn.utils' has no attribute {name!r}{instead('nn.utils', name, __all__)}")
