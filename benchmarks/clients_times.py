"""A plugin of pytest's that writes each test's outcome, and its seconds of processor time, to the file CLIENTS_TIMES.

Processor time, and not the clock's: other programs on the machine then count less. What is drawn at random, the sizes
and points of tests too, is the same in each run: a test that draws a larger matrix takes a hundred times as long.
"""

from __future__ import annotations

import json
import os
import random
import time
from collections import Counter
from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

_found: dict[str, tuple[str, float]] = {}
_names: dict[str, str] = {}
_counts: Counter[str] = Counter()


def _name(node: str) -> str:
    """A test by its function and its number among that function's: what stands in brackets may be random."""
    if node not in _names:
        function = node.partition("[")[0]
        _counts[function] += 1
        _names[node] = function if function == node else f"{function}[{_counts[function]}]"
    return _names[node]


def _seed() -> None:
    random.seed(0)
    np.random.seed(0)


def pytest_collectstart() -> None:
    _seed()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: Any) -> Generator[None, Any, Any]:
    _seed()
    begin = time.process_time()
    done = yield
    outcome, _ = _found.get(_name(item.nodeid), ("error", 0.0))
    _found[_name(item.nodeid)] = outcome, time.process_time() - begin
    return done


def pytest_runtest_logreport(report: Any) -> None:
    known, _ = _found.get(_name(report.nodeid), ("passed", 0.0))
    _found[_name(report.nodeid)] = (report.outcome if known == "passed" else known), 0.0


def pytest_collectreport(report: Any) -> None:
    if report.failed:
        _found[report.nodeid] = "not collected", 0.0


def pytest_sessionfinish() -> None:
    Path(os.environ["CLIENTS_TIMES"]).write_text(json.dumps(_found))
