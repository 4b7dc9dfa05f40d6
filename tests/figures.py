"""The figures that docs/trust.md shows: each tool writes its own into tests/figures.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("figures.json")


def read_figures(file: Path = FILE) -> dict[str, Any]:
    """Everything that is known, by tool."""
    return json.loads(file.read_text()) if file.exists() else {}


def write_figures(tool: str, figures: dict[str, Any], file: Path = FILE) -> None:
    """Put these figures of one tool in the place of those that it had under the same names."""
    known = read_figures(file)
    known[tool] = dict(sorted({**known.get(tool, {}), **figures}.items()))
    file.write_text(json.dumps(dict(sorted(known.items())), indent=1, ensure_ascii=False) + "\n")
