"""What is known of the mutants of a module: which were tried, and which survived.

It is kept in .cache/mutants, a line for each mutant that is tried. found.json, which is checked in, has the names of
those that survived, the statements at the top of modules of which all were tried, and a digest of each mutant that was
tried in others: whoever comes next tries only the rest, and what has changed since.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from tests.mutants.changes import Mutant, mutants
from tests.mutants.table import ROOT, equivalent, own_tests

CACHE = ROOT / ".cache" / "mutants"
FILE = ROOT / "tests" / "mutants" / "found.json"


class Found:
    """The mutants of a module, and what is known of them."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.mutants = mutants(ast.parse((ROOT / path).read_text()))
        self.file = CACHE / (path.replace("/", "+") + ".jsonl")
        self.known: dict[tuple[str, str], dict[str, Any]] = dict(self._checked_in())
        if self.file.exists():
            for line in self.file.read_text().splitlines():
                row = json.loads(line)
                self.known[row["key"], row["state"]] = row

    def _checked_in(self) -> Iterator[tuple[tuple[str, str], dict[str, Any]]]:
        known = kept().get(self.path, {"tried": "", "survived": []})
        whole, alone = set(known["tried"].split()), set(known.get("alone", "").split())
        tried = [mutant for name, which in self._statements() if name in whole for mutant in which]
        for mutant in tried + [mutant for mutant in self.mutants if alone and _digest(mutant) in alone]:
            outcome = "survived" if mutant.key in known["survived"] else "killed"
            yield (mutant.key, mutant.state), {"outcome": outcome, "tests": known["tests"]}

    def _statements(self) -> Iterator[tuple[str, list[Mutant]]]:
        """The mutants of each statement at the top of the module, of its rules and of all of it, with a name for it."""
        of: dict[str, list[Mutant]] = {}
        for mutant in self.mutants:
            of.setdefault(mutant.state, []).append(mutant)
        for all_of_it in of.values():
            rules = [mutant for mutant in all_of_it if mutant.rule]
            yield from ((_name(which), which) for which in (rules, all_of_it) if which)

    def keep(self) -> None:
        """Write what is known into the file that is checked in: the statements of which all is, and the survivors."""
        rows = {m.key: self.known[m.key, m.state] for m in self.mutants if (m.key, m.state) in self.known}
        open_ = {m.key for m in self.mutants if not equivalent(self.path, m.key)}
        before = set(kept().get(self.path, {}).get("survived", ())) - rows.keys()
        survived = sorted(open_ & (before | {key for key, row in rows.items() if row["outcome"] == "survived"}))
        tried = sorted(name for name, which in self._statements() if open_ & {m.key for m in which} <= rows.keys())
        whole = {m.key for name, which in self._statements() if name in tried for m in which}
        alone = sorted(_digest(m) for m in self.mutants if m.key in open_ & rows.keys() - whole)
        now = tests_digest(self.path)
        tests = now if all(key in rows and rows[key]["tests"] == now for key in survived) else "others"
        rest = {path: row for path, row in kept().items() if path != self.path and (ROOT / path).exists()}
        if tried or survived or alone:
            rest[self.path] = {"tests": tests, "tried": " ".join(tried), "survived": survived}
        if alone:
            rest[self.path]["alone"] = " ".join(alone)
        FILE.write_text(json.dumps(dict(sorted(rest.items())), indent=1, ensure_ascii=False) + "\n")
        kept.cache_clear()

    def reason(self, k: int) -> str | None:
        return equivalent(self.path, self.mutants[k].key)

    def outcome(self, k: int) -> str | None:
        """What was found the last time; of a survivor too whose tests have changed since."""
        row = self._row(k)
        return None if row is None else str(row["outcome"])

    def is_known(self, k: int) -> bool:
        """Whether there is nothing to try again: killed once, or survived the tests as they are."""
        row = self._row(k)
        return row is not None and (row["outcome"] == "killed" or row["tests"] == tests_digest(self.path))

    def _row(self, k: int) -> dict[str, Any] | None:
        return self.known.get((self.mutants[k].key, self.mutants[k].state))

    def add(self, k: int, outcome: str, by: str) -> None:
        mutant = self.mutants[k]
        row = {
            "key": mutant.key, "state": mutant.state, "outcome": outcome, "by": by, "tests": tests_digest(self.path)
        }  # fmt: skip
        self.known[mutant.key, mutant.state] = row
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with self.file.open("a") as file:
            file.write(json.dumps(row) + "\n")

    def figures(self, rules: bool = False) -> dict[str, int]:
        """How many there are (in derivative rules), were tried or are equivalent, and survived."""
        which = [k for k, mutant in enumerate(self.mutants) if mutant.rule or not rules]
        count = Counter("equivalent" if self.reason(k) else self.outcome(k) or "open" for k in which)
        run = len(which) - count["open"]
        return {"made": len(which), "run": run, "equivalent": count["equivalent"], "survived": count["survived"]}


@functools.cache
def kept() -> dict[str, Any]:
    """What is checked in, by module."""
    known: dict[str, Any] = json.loads(FILE.read_text()) if FILE.exists() else {}
    return known


def _name(which: list[Mutant]) -> str:
    """By the text of the statement, and by what the mutants of it are called."""
    return hashlib.sha256("\n".join([which[0].state, *(m.key for m in which)]).encode()).hexdigest()[:10]


def _digest(mutant: Mutant) -> str:
    return hashlib.sha256(f"{mutant.key}\n{mutant.state}".encode()).hexdigest()[:8]


@functools.cache
def tests_digest(path: str) -> str:
    """A digest of the sources of a module's own tests, its examples aside."""
    return digest(own_tests(path)[:-1])


def digest(paths: list[str]) -> str:
    """A digest of these files, and of their names."""
    whole = hashlib.sha256()
    for path in paths:
        whole.update(path.encode() + (ROOT / path).read_bytes())
    return whole.hexdigest()[:12]
