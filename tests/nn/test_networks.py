"""Random networks, trained as PyTorch trains them: losses, norms of gradients, an evaluation at the end."""

import json
from pathlib import Path

import numpy as np
import pytest

import nn
import optim
from autograd import Tensor

from ..loading import script

FOLDER = Path(__file__).parent.parent / "reference"
table = script(FOLDER / "networks.py")
CURVES = json.loads((FOLDER / "networks.json").read_text())


def test_the_reference_is_complete() -> None:
    assert list(map(int, CURVES)) == [*table.IMAGES, *table.SEQUENCES]


@pytest.mark.parametrize("seed", [*table.IMAGES, *table.SEQUENCES])
def test_training_curves_agree(seed: int) -> None:
    curve = table.curve(seed, nn, optim, Tensor)
    np.testing.assert_allclose(curve, CURVES[str(seed)], rtol=1e-7, atol=1e-9)
