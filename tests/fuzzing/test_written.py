"""Random steps as text: some of fixed seeds, and that one that is wrong would be noticed."""

from __future__ import annotations

from typing import Any

import pytest

from autograd.program.native import NUMPY
from tests.fuzzing import written
from tests.fuzzing.written import Written, printed_difference, shortest_lines, write, written_difference


@pytest.mark.parametrize("seed", [1, 2, 5, 34, 1011, 1247, 2176, 5159])
def test_written_steps_do_what_the_engine_does(seed: int) -> None:
    program = write(seed)
    for found in (written_difference(program, NUMPY), printed_difference(program)):
        assert found is None or found.startswith("refused"), f"{found}\n{program.text()}"


def test_a_step_that_differs_is_noticed_and_shown_by_the_fewest_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    class Wrong(written.Compiled):
        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            made = super().__call__(*args, **kwargs)
            return made | {"v1": made["v1"] * 2} if "v1" in made else made

    monkeypatch.setattr(written, "Compiled", Wrong)
    program = Written(["v0 = x + 1", "v1 = y * 2", "v2 = np.tanh(x)"], 3)
    found = written_difference(program, NUMPY)
    assert found is not None
    assert found.startswith("call 0, result: v1: ")
    fewest = shortest_lines(program, lambda p: written_difference(p, NUMPY) is not None)
    assert fewest.lines == ["v1 = y * 2"]
