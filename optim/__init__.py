"""Optimizers, with PyTorch's names.

optimizer.py      what all share: groups, state, weight decay, the walk at each step
blocks.py         parameters cut into blocks that fit into the cache
arithmetic.py     what their updates compute alike
sgd.py            SGD, ASGD, Lion
adam.py           Adam, AdamW, Adamax, NAdam, RAdam
adaptive.py       RMSprop, Adagrad, Adadelta, Rprop, Adafactor
lbfgs.py          LBFGS
lr_scheduler      learning rates that change with the epochs
"""

from . import lr_scheduler
from .adam import Adam, Adamax, AdamW, NAdam, RAdam
from .adaptive import Adadelta, Adafactor, Adagrad, RMSprop, Rprop
from .lbfgs import LBFGS
from .optimizer import Optimizer
from .sgd import ASGD, SGD, Lion

__all__ = [
    "ASGD", "LBFGS", "SGD", "Adadelta", "Adafactor", "Adagrad", "Adam", "AdamW", "Adamax", "Lion", "NAdam",
    "Optimizer", "RAdam", "RMSprop", "Rprop", "lr_scheduler",
]  # fmt: skip
