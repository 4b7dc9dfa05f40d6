"""Make face_programs.json with PyTorch: what the programs log. Run: python tests/reference/make_face_programs.py"""

import json
from pathlib import Path

import torch
from face_programs import NAMES, logged

if __name__ == "__main__":
    made = {name: [[float(f"{value:.9g}") for value in line] for line in logged(name, torch)] for name in NAMES}
    text = json.dumps({"torch": torch.__version__, **made}).replace("]], ", "]],\n")
    (Path(__file__).parent / "face_programs.json").write_text(text + "\n")
