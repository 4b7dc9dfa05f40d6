"""A program as a picture: a box for each printed line, with the names of the printed text, in two clusters."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import Any

from ..program.printing import Page
from ..program.program import Program
from .picture import Arrow, Box, Picture, Step

CLUSTERS: dict[tuple[str, ...], str] = {("forward",): "forward", ("backward",): "backward"}


def picture_of(program: Program, max_nodes: int) -> Picture:
    """Its statements as boxes, and who uses what another one makes as arrows.

    Of a program that has more lines than `max_nodes`, those of a module that follow each other are one box.
    """
    whole = _Reader(program).picture(closed=False)
    return whole if len(whole.boxes) <= max_nodes else _Reader(program).picture(closed=True)


class _Reader:
    """The printed text, being read: what it says is what is drawn."""

    def __init__(self, program: Program) -> None:
        page = Page(program)
        text = page.text(rows=True)
        self.lines = text.splitlines()
        self.function = next(
            n for n in ast.parse(text).body if isinstance(n, ast.FunctionDef) and n.name == program.name
        )
        self.values = {name: value for value, name in page.names.items()}
        self.slopes = {slope for value in page.names for slope in value.slopes}
        self.boxes: dict[str, Box] = {}
        self.arrows: list[Arrow] = []
        self.makers: dict[str, str] = {}  # by a name, the box of the line that has changed it last

    def picture(self, closed: bool) -> Picture:
        *parts, (_, _, last) = self._parts(closed)
        for passed, module, nodes in parts:
            self._box(passed, module, nodes)
        outputs = {self._maker(name) for name in _used(last[0]) if name in self.values}
        boxes = tuple([replace(box, output=box.id in outputs) for box in self.boxes.values()])
        scopes = {box.scope for box in boxes}
        clusters = {scope: text for scope, text in CLUSTERS.items() if scope in scopes}
        steps = tuple([Step(box.scope[0], box.id, box.text) for box in boxes if box.scope])
        notes = ("The lines of a module are drawn as one box.",) if closed else ()
        return Picture(boxes, tuple(self.arrows), clusters, notes, steps=steps)

    def _parts(self, closed: bool) -> list[tuple[str, str, list[ast.stmt]]]:
        """What is to be a box each: the pass, the module that a comment names, and the lines; last what is returned."""
        found: list[tuple[str, str, list[ast.stmt]]] = []
        passed, module, at = "forward", "", self.function.lineno
        for node in self.function.body:
            for line in self.lines[at : node.lineno - 1]:
                if line.strip() in ("# forward", "# backward"):
                    passed, module = line.strip()[2:], ""
                elif line.strip().startswith("# "):
                    module = line.strip()[2:]
            at = node.end_lineno or node.lineno
            if closed and found and found[-1][:2] == (passed, module) and not isinstance(node, ast.Return):
                found[-1][2].append(node)
            else:
                found.append((passed, module, [node]))
        return found

    def _box(self, passed: str, module: str, nodes: list[ast.stmt]) -> None:
        """A box for a line, a loop, or the lines of a module, and an arrow from each that it uses."""
        before: dict[str, str] = {}
        changed: dict[str, None] = {}
        for node in nodes:
            before |= {
                n: self._maker(n) for n in _used(node) if n in self.values and n not in before and n not in changed
            }
            changed |= dict.fromkeys(name for name in _changed(node) if name in self.values)
        lines = [line.strip() for line in self.lines[nodes[0].lineno - 1 : nodes[-1].end_lineno]]
        one = nodes[0] if len(nodes) == 1 else None
        about: dict[str, Any] = {"kind": "operation", "text": " ".join(lines), "full": " ".join(lines)}
        if isinstance(one, ast.For):
            head = f"for each {ast.unparse(one.target).strip('()')}"
            about |= {"kind": "block", "text": head, "lines": tuple([ast.unparse(line) for line in one.body])}
        elif one is None:
            about |= {"kind": "block", "text": module or f"{len(lines)} lines", "full": ""}
        elif len(changed) == 1:
            value = self.values[next(iter(changed))]
            about |= {"name": next(iter(changed)), "shape": value.shape, "dtype": value.dtype.name}
        id_ = self._add(scope=(passed,), tooltip=(module,) if module else (), **about)
        for name, maker in before.items():
            gradient = self.boxes[maker].scope == ("backward",)
            self.arrows.append(Arrow("backward" if gradient else "forward", maker, id_, argument=name))
        self.makers.update(dict.fromkeys(changed, id_))

    def _maker(self, name: str) -> str:
        """The box that a name has come from last: at first its own, as an input or a constant."""
        if name not in self.makers:
            value = self.values[name]
            kind = "leaf" if value in self.slopes else "constant"
            self.makers[name] = self._add(kind=kind, name=name, text=name, shape=value.shape, dtype=value.dtype.name)
        return self.makers[name]

    def _add(self, **fields: Any) -> str:
        id_ = f"n{len(self.boxes)}"
        self.boxes[id_] = Box(id_, **fields)
        return id_


def _used(node: ast.stmt) -> list[str]:
    """The names that a line uses, each once, with those that it changes in place."""
    names = [n for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)]
    names += [n.target for n in ast.walk(node) if isinstance(n, ast.AugAssign) and isinstance(n.target, ast.Name)]
    return list(dict.fromkeys(n.id for n in sorted(names, key=lambda n: (n.lineno, n.col_offset))))


def _changed(node: ast.stmt) -> list[str]:
    """The names that a line gives or changes: as a target, in a part, or as `out=`; of a loop those of its rows."""
    targets: list[ast.expr] = []
    for part in ast.walk(node):
        if isinstance(part, ast.Assign):
            targets += part.targets
        elif isinstance(part, ast.AugAssign):
            targets.append(part.target)
        elif isinstance(part, ast.keyword) and part.arg == "out":
            targets.append(part.value)
    found: list[str] = []
    for target in targets:
        for part in target.elts if isinstance(target, ast.Tuple) else (target,):
            while isinstance(part, ast.Subscript):
                part = part.value
            if isinstance(part, ast.Name):
                found.append(part.id)
    if isinstance(node, ast.For) and isinstance(node.iter, ast.Tuple):
        several = isinstance(node.target, ast.Tuple)
        given = [n.id for n in ast.walk(node.target) if isinstance(n, ast.Name)]
        rows = [row.elts if several and isinstance(row, ast.Tuple) else [row] for row in node.iter.elts]
        found = [ast.unparse(row[k]) for row in rows for k, name in enumerate(given) if name in found]
    return list(dict.fromkeys(found))
