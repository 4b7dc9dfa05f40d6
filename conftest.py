"""Names that the doctests use without importing them."""

import importlib.util
from typing import Any

import numpy as np
import pytest

import autograd

collect_ignore_glob = [
    "tests/reference/*", "tests/mutants/*", "benchmarks/*",  # scripts that need the libraries they compare with
    "docs/*.py", "docs/maker/*", "notebooks/run.py",  # scripts that draw, that need what an extra installs
]  # fmt: skip

EXAMPLES = {  # whose examples need a library that an extra installs
    "scipy": ["autograd/scipy/*", "autograd/scipy/stats/*", "docs/guides/from-hips-autograd.md"],
    "matplotlib": ["notebooks/lecture.py"],
}
MISSING = [name for name in EXAMPLES if importlib.util.find_spec(name) is None]
collect_ignore_glob += [pattern for name in MISSING for pattern in EXAMPLES[name]]


def pytest_report_header() -> list[str]:
    return [f"without {name}: left out are the examples in {', '.join(EXAMPLES[name])}" for name in MISSING]


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
