"""Optimizers, with PyTorch's names.

optimizer.py      what all share: groups, state, weight decay, the walk at each step
blocks.py         parameters cut into blocks that fit into the cache
sgd.py            SGD, ASGD
adam.py           Adam, AdamW
adam_variants.py  Adamax, NAdam, RAdam
adaptive.py       RMSprop, Adagrad, Adadelta, Rprop
adafactor.py      Adafactor
lion.py           Lion
lbfgs.py          LBFGS
lr_scheduler      learning rates that change with the epochs
"""

from . import lr_scheduler
from .adafactor import Adafactor
from .adam import Adam, AdamW
from .adam_variants import Adamax, NAdam, RAdam
from .adaptive import Adadelta, Adagrad, RMSprop, Rprop
from .lbfgs import LBFGS
from .lion import Lion
from .optimizer import Optimizer
from .sgd import ASGD, SGD

__all__ = [
    "ASGD", "LBFGS", "SGD", "Adadelta", "Adafactor", "Adagrad", "Adam", "AdamW", "Adamax", "Lion", "NAdam",
    "Optimizer", "RAdam", "RMSprop", "Rprop", "lr_scheduler",
]  # fmt: skip
