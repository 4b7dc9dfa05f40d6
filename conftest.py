"""Names that the doctests use without importing them."""

import doctest
import importlib.util
from typing import Any

import numpy as np
import pytest

import autograd

collect_ignore_glob = [
    "tests/reference/*", "tests/mutants/*", "benchmarks/*",  # scripts that need the libraries they compare with
    "docs/*.py", "docs/maker/*", "notebooks/run.py",  # scripts that draw, that need what an extra installs
]  # fmt: skip

EXTRAS = {  # what the extras install, by the name that it is imported by
    "scipy": ["autograd/scipy/*", "autograd/scipy/stats/*", "autograd/scipy/sparse/*"],  # whose examples need it
    "sklearn": ["nn/sklearn.py"],
    "matplotlib": ["notebooks/lecture.py"],
    "numba": ["autograd/program/native/numba_*.py"],
    **dict.fromkeys(
        [
            "safetensors",
            "networkx",
            "tqdm",
            "PIL",
            "nbformat",
            "nbclient",
            "dask",
            "distributed",
            "joblib",
            "pygraphviz",
            "threadpoolctl",
            "mpi4py",
        ],
        (),
    ),
}
MISSING = [name for name in EXTRAS if importlib.util.find_spec(name) is None]
collect_ignore_glob += [pattern for name in MISSING for pattern in EXTRAS[name]]


def pytest_report_header() -> list[str]:
    return [f"without {', '.join(MISSING)}: what needs it is skipped"] if MISSING else []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: Any) -> Any:
    """With the minimal install, what needs a library that an extra installs is skipped, and says which."""
    try:
        return (yield)
    except Exception as error:
        if (name := _lacking(error)) is not None:
            pytest.skip(f"needs {name}")
        raise


def _lacking(error: BaseException) -> str | None:
    """The library that is not installed and that an error comes from."""
    for failure in getattr(error, "failures", [error]):  # a doctest's are several
        if isinstance(failure, doctest.UnexpectedException):
            failure = failure.exc_info[1]
        words = getattr(failure, "got", str(failure))
        if isinstance(failure, ImportError):
            return next((name for name in MISSING if name in words), None)
        if "no renderer was found" in words or "to see drawings, install Graphviz" in words:
            return "Graphviz or pygraphviz"
    return None


@pytest.fixture(autouse=True)
def names(doctest_namespace: dict[str, Any]) -> None:
    doctest_namespace.update({name: getattr(autograd, name) for name in autograd.__all__}, np=np, autograd=autograd)


_states: dict[str, Any] = {}


@pytest.fixture(autouse=True)
def draws(request: pytest.FixtureRequest) -> None:
    """Each test draws the same numbers from its module's generators, whichever tests ran before it."""
    module = getattr(request, "module", None)
    for name, value in vars(module).items() if module else ():
        if isinstance(value, np.random.Generator):
            value.bit_generator.state = _states.setdefault(f"{module.__name__}.{name}", value.bit_generator.state)
