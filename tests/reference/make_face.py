"""Make face.json with PyTorch: what face_cases.py asks, and its answers. Run: python tests/reference/make_face.py"""

import json
from pathlib import Path

import torch
from face_cases import answers, expressions, losses

HERE = Path(__file__).parent


def rounded(value):
    if isinstance(value, float):
        return float(f"{value:.9g}")
    if isinstance(value, list | tuple):
        return [rounded(item) for item in value]
    return {name: rounded(item) for name, item in value.items()} if isinstance(value, dict) else value


if __name__ == "__main__":
    table = {text: rounded(answers(torch, text)) for text in expressions()}
    made = {"torch": torch.__version__, "losses": losses(torch), "expressions": table}
    lines = json.dumps(made).replace('}], "', '}],\n"').replace(', "expressions"', ',\n"expressions"')
    (HERE / "face.json").write_text(lines + "\n")
