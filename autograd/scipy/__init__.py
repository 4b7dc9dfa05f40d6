"""The functions of SciPy that code written for HIPS autograd uses, differentiable; needs the extra `scipy`."""

try:
    import scipy as _scipy  # noqa: F401
except ImportError as error:
    raise ImportError(
        "autograd.scipy: SciPy is not installed; install it, with pip install 'backgraph[scipy]'"
    ) from error
