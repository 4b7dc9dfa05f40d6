"""Tools for parameters and gradients.

parameters.py        gradients clipped, parameters as one vector
parametrize.py       parameters that are computed from others when they are read
parametrizations.py  of these: weight norm, spectral norm, orthogonal matrices
reparametrize.py     weight norm and spectral norm by hooks, as PyTorch had them before
fusion.py            a layer and its batch normalization as one
rnn.py               sequences of different lengths
stateless.py         a module as a function of its parameters
"""

# ruff: noqa: I001 (a table of contents, to be read as lines and not as a column)

from . import parametrizations, parametrize, rnn
from .fusion import fuse_conv_bn_eval, fuse_linear_bn_eval
from .parameters import (
    clip_grad_norm_, clip_grad_value_, clip_grads_with_norm_, get_total_norm, parameters_to_vector,
    vector_to_parameters,
)  # fmt: skip
from .reparametrize import remove_spectral_norm, remove_weight_norm, spectral_norm, weight_norm
from .stateless import functional_call

__all__ = [
    "clip_grad_norm_", "clip_grad_value_", "clip_grads_with_norm_", "functional_call", "fuse_conv_bn_eval",
    "fuse_linear_bn_eval", "get_total_norm", "parameters_to_vector", "parametrizations", "parametrize",
    "remove_spectral_norm", "remove_weight_norm", "rnn", "spectral_norm", "vector_to_parameters", "weight_norm",
]  # fmt: skip
