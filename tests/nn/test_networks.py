"""Random networks, trained as PyTorch trains them: losses, norms of gradients, an evaluation at the end."""

import importlib.util
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nn
import optim
from autograd import Tensor

FOLDER = Path(__file__).parent.parent / "reference"
spec = importlib.util.spec_from_file_location("networks", FOLDER / "networks.py")
assert spec is not None
assert spec.loader is not None
table: Any = importlib.util.module_from_spec(spec)
spec.loader.exec_module(table)
CURVES = json.loads((FOLDER / "networks.json").read_text())


def test_the_reference_is_complete() -> None:
    assert list(map(int, CURVES)) == [*table.IMAGES, *table.SEQUENCES]


@pytest.mark.parametrize("seed", [*table.IMAGES, *table.SEQUENCES])
def test_training_curves_agree(seed: int) -> None:
    curve = table.curve(seed, nn, optim, Tensor)
    np.testing.assert_allclose(curve, CURVES[str(seed)], rtol=1e-7, atol=1e-9)
