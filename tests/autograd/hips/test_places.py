"""Every path by which code for HIPS autograd imports leads to one module, in whatever order it is imported."""

import subprocess
import sys
from importlib import import_module

import pytest

from autograd.hips import MODULES


@pytest.mark.parametrize("name", MODULES)
def test_each_name_is_one_module(name):
    module = import_module(f"autograd.{name}")
    place = f"autograd.hips.{name.removeprefix('numpy.')}"
    assert module is import_module(place) is sys.modules[place]
    assert module.__spec__.name == module.__name__ == place


def run(*lines):
    done = subprocess.run([sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_a_name_may_be_imported_before_anything_else():
    for name in ("autograd.misc.optimizers", "autograd.numpy.numpy_boxes", "autograd.extend"):
        assert run("from importlib import import_module", f"print(import_module({name!r}).__name__)")


def test_a_function_stays_where_its_module_is_imported():
    said = run(
        "import autograd.misc.flatten", "from autograd.misc import flatten", "print(callable(flatten))",
        "import sys", "print('autograd.hips.misc.flatten' in sys.modules)",
    )  # fmt: skip
    assert said == ["True", "True"]


def test_names_of_the_package_are_loaded_when_they_are_asked_for():
    said = run(
        "import sys, autograd", "print(any(name.startswith('autograd.hips.') for name in sys.modules))",
        "print(autograd.extend.__name__, autograd.make_vjp.__name__)",
    )  # fmt: skip
    assert said == ["False", "autograd.hips.extend", "make_vjp"]


def test_what_is_not_there_is_not_found():
    for name in ("autograd.extends", "autograd.misc.nothing", "autograd.engine.extend"):
        with pytest.raises(ModuleNotFoundError, match=name):
            import_module(name)
