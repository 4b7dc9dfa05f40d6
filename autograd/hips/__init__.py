"""The faces for code written for HIPS autograd: its modules, over this engine.

They are imported by the names that they have there: `autograd.extend`, `autograd.core`, `autograd.misc.optimizers` and
so on lead here, each to one module, which is loaded when first asked for. From the bottom up, each importing only what
stands before it:

    wrap_util, basics, vector_space, numpy_vspaces, vectors, boxes, numpy_boxes, numpy_vjps
    pulling, redeclaring, extend, tracer, builtins, core
    differential_operators, test_util, util
    misc
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.machinery import ModuleSpec
from types import ModuleType

MODULES = (
    "builtins", "core", "differential_operators", "extend", "misc", "misc.fixed_points", "misc.flatten",
    "misc.optimizers", "misc.tracers", "numpy.numpy_boxes", "numpy.numpy_vjps", "numpy.numpy_vspaces", "test_util",
    "tracer", "util", "wrap_util",
)  # fmt: skip
"""The names within `autograd` that lead here."""

_PLACES = {f"autograd.{name}": f"autograd.hips.{name.removeprefix('numpy.')}" for name in MODULES}


class _Faces:
    """Finds and loads a module by its name in HIPS autograd: it is the module of this folder, under a second name."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        return ModuleSpec(name, _Faces, loader_state=[]) if name in _PLACES else None  # type: ignore[arg-type]

    @staticmethod
    def create_module(spec: ModuleSpec) -> ModuleType:
        module = import_module(_PLACES[spec.name])
        spec.loader_state.append(module.__spec__)
        return module

    @staticmethod
    def exec_module(module: ModuleType) -> None:
        """The module has run; only what it says of where it comes from was overwritten.

        What it has imported of its folder has its second name at once, for to import it by that later would put it in
        the place of what the folder has by the same name, as the function `autograd.misc.flatten`.
        """
        assert module.__spec__ is not None
        (module.__spec__,) = module.__spec__.loader_state
        for name, place in _PLACES.items():
            if place in sys.modules:
                sys.modules.setdefault(name, sys.modules[place])


sys.meta_path.insert(0, _Faces)  # type: ignore[arg-type] # before the folders of packages are searched
