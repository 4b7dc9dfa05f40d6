"""Lines that repeat with other names are printed as a loop over the names, as the updates of all parameters."""

from __future__ import annotations

import re
from collections.abc import Callable

_NAME = re.compile(r"(?<![\w.'\"])[A-Za-z_]\w*(?!\w*['\"])")
_LONGEST = 12  # lines of a loop's body
_LEAST = 3  # times that a loop runs


def looped(lines: list[str], names: set[str], free: Callable[[str], str]) -> list[str]:
    """The lines of a function's body with loops for what repeats.

    names  those of the program's values
    free   gives a name that is not taken yet, like the one that is wanted
    """
    made: list[str] = []
    k = 0
    while k < len(lines):
        found = _repeat(lines, k, names)
        if found is None:
            made.append(lines[k])
            k += 1
            continue
        n, times, columns = found
        made += _loop(lines[k : k + n], columns, free)
        k += n * times
    return made


def _names(line: str, names: set[str]) -> list[str]:
    return [name for name in _NAME.findall(line) if name in names]


def _template(block: list[str], names: set[str]) -> tuple[tuple[str, ...], list[str]]:
    """The lines with numbers for names, and the names by their numbers."""
    order: dict[str, int] = {}

    def number(match: re.Match[str]) -> str:
        name = match[0]
        return f"<{order.setdefault(name, len(order))}>" if name in names else name

    return tuple([_NAME.sub(number, line) for line in block]), list(order)


def _repeat(lines: list[str], start: int, names: set[str]) -> tuple[int, int, list[list[str]]] | None:
    """Of what repeats from here on: the lines of one time, how often, and for each name that changes, its names."""
    for n in range(1, _LONGEST + 1):
        first, order = _template(lines[start : start + n], names)
        if any(not line or line.startswith(("#", "return", "assert")) for line in first) or len(first) < n:
            return None
        rows = [order]
        while True:
            at = start + n * len(rows)
            text, row = _template(lines[at : at + n], names)
            if text != first:
                break
            rows.append(row)
        columns = [list(column) for column in zip(*rows, strict=True)]
        if len(rows) >= _LEAST and _independent(lines, start, n, rows, names):
            return n, len(rows), columns
    return None


def _independent(lines: list[str], start: int, n: int, rows: list[list[str]], names: set[str]) -> bool:
    """Whether nothing that one time gives a name to is used outside of it, and not all is the same."""
    if all(row == rows[0] for row in rows):
        return False
    for k in range(len(rows)):
        block = range(start + k * n, start + (k + 1) * n)
        given = _given([lines[i] for i in block])
        if any(name in given for i, line in enumerate(lines) if i not in block for name in _names(line, names)):
            return False
    return True


def _given(block: list[str]) -> set[str]:
    """The names that are given in a block."""
    matches = [re.match(r"(\w+(?:, \w+)*),? = ", line) for line in block]
    return {name for match in matches if match for name in match[1].split(", ")}


def _loop(block: list[str], columns: list[list[str]], free: Callable[[str], str]) -> list[str]:
    given = _given(block)
    moving = [column for column in columns if len(set(column)) > 1 and column[0] not in given]
    called = {column[0]: free(_stem(column)) for column in moving}
    rows = [", ".join(row) for row in zip(*moving, strict=True)]
    head = ", ".join(called.values())
    body = [_NAME.sub(lambda match: called.get(match[0], match[0]), line) for line in block]
    listed = [f"    ({row})," if len(moving) > 1 else f"    {row}," for row in rows]
    return [f"for {head} in (", *listed, "):", *[f"    {line}" for line in body]]


def _stem(column: list[str]) -> str:
    """What a loop calls that which is called differently each time."""
    if all(name.startswith("d_") for name in column):
        return "gradient"
    stems = {re.sub(r"_\d+$", "", name) for name in column}
    return stems.pop() if len(stems) == 1 else "parameter"
