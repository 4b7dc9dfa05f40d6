"""Optimizers, with PyTorch's names.

From the bottom up, each importing only what stands before it, of autograd Tensor, the grad modes and the handles of
hooks, and of nn nothing but Module:

    habits        what users of other libraries ask for, and what to write
    hooks         functions that are called before and after a step, saving and loading
    rows          parameters laid out in memory so that updates are fast
    traced        a step while a program is made of it
    recorded      a step that is differentiated
    arithmetic    what updates compute alike
    optimizer     what all share: groups, state, weight decay, the walk at each step
    sgd           SGD, ASGD, Lion, Muon
    adam          Adam, AdamW, SparseAdam, Adamax, NAdam, RAdam
    adaptive      RMSprop, Adagrad, Adadelta, Rprop, Adafactor
    lbfgs         LBFGS
    lr_scheduler  learning rates that change with the epochs
    swa_utils     averages of models, and the learning rate for them (loaded when first asked for, with nn)
"""

try:
    from . import lr_scheduler
    from .adam import Adam, Adamax, AdamW, NAdam, RAdam, SparseAdam
    from .adaptive import Adadelta, Adafactor, Adagrad, RMSprop, Rprop
    from .lbfgs import LBFGS
    from .optimizer import Optimizer
    from .sgd import ASGD, SGD, Lion, Muon
except ImportError as error:
    if not (error.name or "").startswith("autograd"):
        raise
    raise ImportError(
        f"optim: expected the package autograd of backgraph, got that of another distribution ({error}); HIPS autograd "
        f"has the same import name, so keep one of the two: pip uninstall autograd, then "
        f"pip install --force-reinstall backgraph, which has HIPS's modules too",
        name="autograd",
    ) from error

__all__ = [
    "ASGD", "LBFGS", "SGD", "Adadelta", "Adafactor", "Adagrad", "Adam", "AdamW", "Adamax", "Lion", "Muon",
    "NAdam", "Optimizer", "RAdam", "RMSprop", "Rprop", "SparseAdam", "lr_scheduler", "swa_utils",
]  # fmt: skip


def __getattr__(name: str) -> object:
    if name == "swa_utils":
        from importlib import import_module

        return import_module("optim.swa_utils")
    from .habits import instead

    said = instead(name, __all__, lr_scheduler.__all__)
    raise AttributeError(f"module 'optim' has no attribute {name!r}{said}", name=name)
