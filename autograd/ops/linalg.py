"""Linear algebra."""

from __future__ import annotations

import numpy as np

from ..primitive import primitive
from . import joining as joining
from .products import matmul as matmul

inv = primitive(np.linalg.inv, a=lambda g, out: -out.swapaxes(-1, -2) @ g @ out.swapaxes(-1, -2))
