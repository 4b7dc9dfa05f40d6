"""Makes networks.json with PyTorch: how the random networks of networks.py are trained, in double precision.

python tests/reference/make_networks.py
"""

import json
import sys
import warnings
from pathlib import Path

import torch

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import networks as table  # noqa: E402

warnings.simplefilter("ignore")
curves = {
    str(seed): table.curve(seed, torch.nn, torch.optim, torch.tensor) for seed in (*table.IMAGES, *table.SEQUENCES)
}
(HERE / "networks.json").write_text(json.dumps(curves, indent=0) + "\n")
