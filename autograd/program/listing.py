"""Lists in a printed program: elements that follow each other are said at once, and what is long is folded."""

from __future__ import annotations

import itertools
import re
import textwrap


def range_from(low: int, high: int, step: int) -> str:
    """The numbers from low to high, or back."""
    text = f"range({high + 1})" if low == 0 else f"range({low}, {high + 1})"
    return text if step > 0 else f"reversed({text})"


_ELEMENT = re.compile(r"(\w+(?:\[\d+\])*)\[(\d+)\]")


def listed(items: list[str], lists: dict[str, list[str]]) -> list[str]:
    """Items as they stand in a list: those of a list at once, those of several lists in turn by a loop."""
    parts = [_ELEMENT.fullmatch(item) for item in items]
    found = [(part[1], int(part[2])) if part else None for part in parts]
    made: list[str] = []
    k = 0
    while k < len(items):
        best = max((_run(found, k, n) for n in range(1, (len(items) - k) // 3 + 1)), default=(0, 0, 0))
        length, n, step = best[0], -best[1], best[2]
        first = found[k]
        if length < 3 or first is None:
            made.append(items[k])
            k += 1
            continue
        times, start = length // n, first[1]
        end = start + step * (times - 1)
        names = [part[0] for part in found[k : k + n] if part is not None]
        if n == 1:
            low, high = min(start, end), max(start, end) + 1
            whole = low == 0 and high == len(lists.get(first[0], ()))
            part = first[0] if whole else f"{first[0]}[{low or ''}:{high}]"
            made.append(f"*{part}" if step > 0 else f"*reversed({part})")
        else:
            over = range_from(min(start, end), max(start, end), step)
            made += [f"*[each[t] for t in {over} for each in ({', '.join(names)})]"]
        k += length
    return made


def _run(found: list[tuple[str, int] | None], k: int, n: int) -> tuple[int, int, int]:
    """From k on, how long the elements of n lists follow each other in turn; minus n; and by what step."""
    first, second = found[k], found[k + n]
    if first is None or second is None or first[0] != second[0] or abs(step := second[1] - first[1]) != 1:
        return 0, -n, 0
    if len({part and part[1] for part in found[k : k + n]}) > 1 or None in found[k : k + n]:
        return 0, -n, 0
    at = k
    while at + n < len(found):
        part, following = found[at], found[at + n]
        if part is None or following is None or following != (part[0], part[1] + step):
            break
        at += 1
    times = (at - k) // n + 1
    return (times * n if times >= 3 else 0), -n, step


_EMPTY = re.compile(r"( *)(\w[\w\[\] +-]*) = (\[\]|\[None\] \* \d+)")
_SEVERAL_EMPTY = 3  # lines


def at_once(lines: list[str]) -> list[str]:
    """The lines with one for several that make empty lists of a kind."""
    made: list[str] = []
    for _, group in itertools.groupby(lines, lambda line: (found := _EMPTY.fullmatch(line)) and found.group(1, 3)):
        run = [*group]
        found = [_EMPTY.fullmatch(line) for line in run]
        if found[0] is None or len(run) < _SEVERAL_EMPTY:
            made += run
        else:
            names = ", ".join(part[2] for part in found if part is not None)
            made.append(f"{found[0][1]}{names} = ({found[0][3]} for _ in range({len(run)}))")
    return made


_OPENS = re.compile(r"return (?=\()|[\w, ]+ = (np\.\w+\()?(?=[\[(])|for [\w, ]+ in zip(?=\()")
_EACH = re.compile(r"(\w+ = \[.* for each in \()([\w, ]+)\)\]")
_SEVERAL = re.compile(r"(\w+(?:, \w+)+) = (\(.* for _ in .*\))")


def gathered(line: str, lists: dict[str, list[str]]) -> str:
    """A line that lists names, with those of a list at once."""
    head = _OPENS.match(line)
    inner, tail = _bracket(line[head.end() :]) if head is not None else ("", "")
    parts = _parts(inner)
    if head is None or len(parts) < 3 or " for " in inner or not re.match(r"[,)]|$", tail):
        return line
    items = listed(parts, lists)
    if len(items) == len(parts):
        return line
    opens = line[head.end()]
    if len(items) == 1 and re.match(r"\*\w+(\[[^]]*\])?$", items[0]) and not head[0].startswith("return"):
        return f"{head[0]}{items[0][1:]}{tail}"
    comma = "," if len(items) == 1 and opens == "(" else ""
    return f"{head[0]}{opens}{', '.join(items)}{comma}{')' if opens == '(' else ']'}{tail}"


def folded(line: str, wide: int) -> list[str]:
    """A line that lists names, on several lines where it is long."""
    text = line.lstrip()
    indent = line[: len(line) - len(text)]
    if several := _SEVERAL.fullmatch(text):
        return [line] if len(line) <= wide else _lines(f"{indent}(", several[1].split(", "), f") = {several[2]}", wide)
    if each := _EACH.fullmatch(text):
        return [line] if len(line) <= wide else _lines(f"{indent}{each[1]}", each[2].split(", "), ")]", wide)
    head = _OPENS.match(text)
    if head is None:
        return [line]
    inner, tail = _bracket(text[head.end() :])
    parts = _parts(inner)
    is_list = len(parts) > 1 and not any(" for " in part and not part.startswith("*") for part in parts)
    if not is_list or not re.match(r"[,)]|$|:$", tail):
        return [line]
    opens, closes = ("(", ")") if text[head.end()] == "(" else ("[", "]")
    return [line] if len(line) <= wide else _lines(f"{indent}{head[0]}{opens}", parts, f"{closes}{tail}", wide)


def _lines(head: str, items: list[str], tail: str, wide: int) -> list[str]:
    indent = head[: len(head) - len(head.lstrip())]
    wide -= 8 + len(indent)
    whole = [item.replace(" ", "\0") if len(item) < wide else item for item in items]
    wrapped = textwrap.wrap(", ".join(whole) + ",", wide, break_on_hyphens=False)
    return [head, *[f"{indent}    {part}".replace("\0", " ") for part in wrapped], f"{indent}{tail}"]


def _bracket(text: str) -> tuple[str, str]:
    """What stands in the bracket that a text begins with, and what follows it."""
    depth = 0
    for k, c in enumerate(text):
        depth += (c in "([{") - (c in ")]}")
        if not depth:
            return text[1:k], text[k + 1 :]
    return text[1:], ""


def _parts(text: str) -> list[str]:
    """What commas separate, outside of brackets."""
    depth, parts = 0, [""]
    for c in text:
        depth += (c in "([{") - (c in ")]}")
        if c == "," and not depth:
            parts.append("")
        else:
            parts[-1] += c
    return [part.strip() for part in parts if part.strip()]
