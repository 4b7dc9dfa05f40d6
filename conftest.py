"""Names that the doctests use without importing them."""

from typing import Any

import numpy as np
import pytest

import autograd

collect_ignore_glob = [
    "tests/reference/*", "benchmarks/*",  # scripts that need the libraries they compare with
    "docs/*.py", "docs/maker/*", "notebooks/run.py",  # scripts that draw, that need what an extra installs
]  # fmt: skip


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
