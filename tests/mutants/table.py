"""Which tests are a module's own, and which mutants no test can kill, with the reason."""

from __future__ import annotations

import fnmatch
import functools
import json
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ENGINE = [
    "tests/autograd/engine",
    *(
        f"tests/autograd/ops/test_{name}.py"
        for name in ("assignment", "ufuncs", "reductions", "softmax", "standardization", "shape")
    ),
    "tests/autograd/transforms",
    *(
        f"tests/autograd/test_{name}.py"
        for name in ("memory", "outside", "kept", "other_arrays", "scipy_sparse", "views_programs")
    ),
    "tests/autograd/test_surface.py",
    "tests/autograd/program/test_footguns.py",
    "tests/autograd/program/test_trace.py",
]
OPTIM = [f"tests/optim/test_{name}.py" for name in ("steps", "optimizers", "defaults", "traced")]

_ALONE = [
    "activations",
    "chains",
    "correlation",
    "fft",
    "fused",
    "gates",
    "pairs",
    "ranks",
]
_MORE = ("elementwise", "linalg", "roots")
OPS = {  # modules of ops whose rules are tried in these files, by what follows test_ in their names
    **{name: (name,) for name in _ALONE},
    **{name: (name, "degenerate") for name in _MORE},
    "contraction": ("products",),
    "factors": ("factors",),
    "polar": ("linalg", "degenerate"),
    "selecting": ("selecting",),
    "scattering": ("scattering", "indexing"),
    "series": ("products", "reductions"),
    "shape": ("shape",),
    "sliding": ("sliding", "in_blocks"),
    "sorting": ("sorting", "in_blocks"),
    "special": ("special", "softmax", "elementwise", "in_blocks"),
    "spectra": ("spectra", "fft"),
    "standardization": ("standardization", "softmax"),
    "strided": ("indexing", "assignment"),
}

OF_OTHERS = {  # and of these the tests of other arrays besides
    "indexing": ("indexing", "degenerate", "in_blocks"),
    "joining": ("shape", "pieces", "in_blocks"),
    "products": ("products", "degenerate"),
    "reductions": ("reductions", "degenerate", "roots"),
}

OWN: dict[str, list[str]] = {  # the longest beginning of a module's path that stands here counts
    "autograd/engine/": ENGINE,
    "autograd/ops/": [
        "tests/autograd/ops",
        "tests/autograd/test_other_arrays.py",
        "tests/autograd/engine/test_lists.py",
    ],
    **{
        f"autograd/ops/{name}.py": [f"tests/autograd/ops/test_{file}.py" for file in files]
        for name, files in OPS.items()
    },
    **{
        f"autograd/ops/{name}.py": [
            *(f"tests/autograd/ops/test_{file}.py" for file in files),
            "tests/autograd/test_other_arrays.py",
        ]
        for name, files in OF_OTHERS.items()
    },
    "autograd/program/": ["tests/autograd/program"],
    "autograd/scipy/": ["tests/autograd/test_scipy_face.py", "tests/autograd/ops/test_special.py"],
    "autograd/scipy/adjoint.py": ["tests/autograd/test_scipy_integrate.py", "tests/autograd/test_scipy_face.py"],
    "autograd/scipy/integrate.py": ["tests/autograd/test_scipy_integrate.py", "tests/autograd/test_scipy_face.py"],
    "autograd/scipy/optimize.py": ["tests/autograd/test_scipy_optimize.py"],
    "autograd/scipy/sparse/": ["tests/autograd/test_scipy_sparse.py"],
    "autograd/transforms/": ["tests/autograd/transforms", "tests/autograd/test_outside.py"],
    "nn/parallel/": ["tests/nn/parallel"],
    "optim/": OPTIM,
    "optim/lbfgs.py": ["tests/optim/test_lbfgs.py", "tests/optim/test_defaults.py"],
    "optim/habits.py": ["tests/test_slips.py"],
    "optim/optimizer.py": OPTIM,
    "optim/rows.py": OPTIM,
    "optim/traced.py": ["tests/optim/test_traced.py", "tests/autograd/program/test_together.py"],
    "optim/swa_utils.py": ["tests/optim/test_swa_utils.py", "tests/optim/test_lr_scheduler.py"],
    "optim/lr_scheduler/": ["tests/optim/test_lr_scheduler.py", "tests/optim/test_defaults.py"],
}

PACKAGES = [
    "autograd/engine",
    "autograd/ops",
    "autograd/program",
    "autograd/scipy",
    "autograd/transforms",
    "nn/parallel",
    "optim",
]


def family(path: str) -> str:
    """The beginning of its path by which a module's tests are known."""
    return max([beginning for beginning in OWN if path.startswith(beginning)], key=len, default=path)


@functools.cache  # once for all of a run: files that are written meanwhile are for the next one
def own_tests(path: str) -> list[str]:
    """The test files of a module; and the module itself, with its examples."""
    mirrored = f"tests/{Path(path).parent}/test_{Path(path).stem}.py"
    found: list[str] = []
    for name in OWN.get(family(path), [mirrored]):
        place = ROOT / name
        found += sorted(str(p.relative_to(ROOT)) for p in place.rglob("test_*.py")) if place.is_dir() else [name]
    return [*[name for name in found if (ROOT / name).exists()], path]


def equivalent(path: str, key: str, known: list[dict[str, str]] | None = None) -> str | None:
    """Why a mutant changes nothing that can be seen, if that is known. The table's keys may have a * in them."""
    for row in _table() if known is None else known:
        if row["module"] == path and fnmatch.fnmatchcase(key, row["mutant"].replace("[", "[[]")):
            return row["reason"]
    return None


def _table() -> list[dict[str, str]]:
    rows: list[dict[str, str]] = json.loads((Path(__file__).parent / "equivalent.json").read_text())
    return rows
