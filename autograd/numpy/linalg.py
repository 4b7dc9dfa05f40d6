"""numpy.linalg, whose functions take Tensors already; here also lists of them."""

import numpy as _numpy

from .creation import lifted as _lifted

globals().update(_lifted(_numpy.linalg))
