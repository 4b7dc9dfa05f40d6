"""From recorded nodes to a Picture: which boxes and arrows there are, what they are called, and what they say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from .. import versions
from ..graph import Leaf, Node, walk
from ..modes import Call
from ..tensor import Tensor
from .calls import Calls, common, path
from .expressions import constants, expression, is_array, literal, saved_values, values_text
from .folding import STUBS, Block, fold
from .formulas import formula_text
from .names import Distinct, Names
from .picture import Arrow, Box, Flow, Picture, Step
from .values import compute_missing, known_values

if TYPE_CHECKING:
    from .sweep import Sweep

LONG = 36
"""An expression of more characters than this is shortened; all of it is in the tooltip."""


def needed_for(roots: Iterable[Node], wrt: Sequence[Tensor] | None) -> list[Node]:
    """The nodes of the graph, newest first; with `wrt`, those on a way from one of these to a result."""
    if wrt is None:
        return walk(roots)
    targets = {tensor._node.order for tensor in wrt if tensor._node is not None}
    nodes = walk(roots, max(targets, default=0))
    needed = set(targets)
    for node in reversed(nodes):
        if any(parent.order in needed for parent in node.parents):
            needed.add(node.order)
    return [node for node in nodes if node.order in needed]


class Collector:
    """Builds the Picture of one graph; used once."""

    def __init__(
        self, outputs: Sequence[Tensor], nodes: list[Node], names: Names, passes: str, depth: int | None, saved: bool,
        max_nodes: int, sweep: Sweep | None, evaluate: bool,
    ) -> None:  # fmt: skip
        self.outputs = outputs
        self.nodes = nodes
        self.names = names
        self.passes = passes
        self.saved = saved
        self.sweep = sweep
        self.evaluate = evaluate
        self.inside = {node.order for node in nodes}
        self.results = {output._node.order for output in outputs if output._node is not None}
        self.calls = Calls(node for node in reversed(nodes) if node.plan is not None)
        self.closed, self.forced = fold(
            nodes, self.calls, depth, max_nodes, self.results, lambda node: len(constants(node)), self._stays
        )
        self.distinct = Distinct()
        self.called: dict[int, str] = {}  # order of a node -> the name of its value
        self.ids: dict[int, str] = {}  # order of a node -> the box it is in
        self.constants: dict[int, Box] = {}  # id of an array -> its box
        self.links: list[tuple[str, str, Node | None, int, str]] = []  # from box, to box, consumer, which parent, what
        self.boxes: dict[str, Box] = {}
        self.arrows: list[Arrow] = []
        self.homes: dict[int, tuple[Call, ...]] = {}  # order of a leaf -> the calls that it stands inside of
        self.paths: dict[int, str] = {}  # order of a leaf -> the path of the module that uses it

    def _stays(self, leaf: Node) -> bool:
        """Whether a leaf is shown beside a closed module: one that the user made and named, unlike a parameter."""
        tensor = leaf.tensor() if isinstance(leaf, Leaf) else None
        return type(tensor) is Tensor and self.names.of_node(leaf) is not None

    # ---- the steps -------------------------------------------------------------------------------------------------

    def picture(self) -> Picture:
        open_nodes = [node for node in reversed(self.nodes) if node.order not in self.closed]
        self._find_homes()
        self._name(open_nodes)
        self.values = known_values(open_nodes, (*self.names.tensors, *self.outputs))
        if self.evaluate:
            compute_missing(open_nodes, self.values)
        self._number(open_nodes)
        for node in open_nodes:
            self.boxes[self.ids[node.order]] = self._box(node)
        self._blocks()
        self._loose_results()
        self._link()
        self._draw_arrows()
        return Picture(
            boxes=tuple(self.boxes.values()), arrows=tuple(self.arrows), clusters=self._clusters(),
            notes=tuple(self._notes()), passes=self.passes, steps=tuple(self._steps()),
        )  # fmt: skip

    def _find_homes(self) -> None:
        """A parameter that only one call uses stands inside of that call; one that several use, beside them."""
        paths: dict[int, str | None] = {}
        for node in self.nodes:
            for parent in node.parents:
                if parent.plan is None and type(parent.tensor() if isinstance(parent, Leaf) else None) is not Tensor:
                    around = self.calls.around(node)
                    self.homes[parent.order] = common(self.homes.get(parent.order, around), around)
                    if paths.setdefault(parent.order, path(around)) != path(around):
                        paths[parent.order] = None
        self.paths = {order: found for order, found in paths.items() if found}

    def _name(self, open_nodes: list[Node]) -> None:
        """Names for what is shown, and for what comes out of a closed part into something that is shown."""
        wanted = {node.order: node for node in open_nodes}
        for node in open_nodes:
            wanted.update((parent.order, parent) for parent in node.parents)
        ordered = [wanted[order] for order in sorted(wanted, reverse=True)]
        for node in ordered:
            name = self.names.of_node(node)
            if name is not None:
                if node.order in self.paths and node.order not in self.names.nodes:
                    name = f"{self.paths[node.order]}.{name}"
                self.called[node.order] = self.distinct.take(name)
        for node in ordered:
            if node.order not in self.called:
                self.called[node.order] = self.distinct.number("v" if node.plan is not None else "x")

    def _number(self, open_nodes: list[Node]) -> None:
        for n, node in enumerate(open_nodes, 1):
            self.ids[node.order] = f"n{n}"

    def _box(self, node: Node) -> Box:
        name = self.called[node.order]
        lines: list[str] = []
        tooltip: list[str] = []
        text = full = name
        if node.plan is not None:
            computed = expression(node, lambda argument, value: self._call(node, argument, value))
            full = f"{name} = {computed}"
            text = full if len(full) <= LONG else f"{name} = {_shortened(computed, LONG - len(name) - 3)}"
            kind = node.plan.primitive.kind
            tooltip.append(f"operation: {node.name}" + (f" ({kind})" if kind else ""))
        if node.scope:
            tooltip.append(f"module: {node.scope}")
        if node.extras is not None and node.extras.source:
            tooltip.append(node.extras.source)
        if self.saved and node.plan is not None:
            lines.append(self._saved_text(node))
        value = self.values.get(node.order)
        return Box(
            id=self.ids[node.order], kind="leaf" if node.plan is None else "operation", name=name, text=text, full=full,
            shape=node.shape if type(node.shape) is tuple else None,
            dtype=None if node.dtype is None else str(node.dtype), lines=tuple(lines), tooltip=tuple(tooltip),
            scope=self._place(node),
            output=node.order in self.results, value=values_text(value),
            gradient=self.sweep.gradients.get(node.order) if self.sweep else None,
            alarm=self.sweep.alarms.get(node.order, "") if self.sweep else "",
        )  # fmt: skip

    def _place(self, node: Node) -> tuple[str, ...]:
        return self.calls.place(self.calls.around(node) if node.plan is not None else self.homes.get(node.order, ()))

    def _call(self, node: Node, argument: Any, value: Any) -> str:
        """The name of an argument of `node`, as the picture shows it."""
        assert node.plan is not None
        if argument in node.plan.inputs and value is None:
            return self.called[node.parents[node.plan.inputs.index(argument)].order]
        if is_array(value):
            return self._constant(value).name
        return literal(value)

    def _constant(self, array: Any) -> Box:
        box = self.constants.get(id(array))
        if box is None:
            given = self.names.of_array(array)
            name = self.distinct.take(given) if given is not None else self.distinct.number("c")
            box = self.constants[id(array)] = Box(
                id=f"c{len(self.constants) + 1}", kind="constant", name=name, text=name, full=name,
                shape=tuple(array.shape), dtype=str(array.dtype), value=values_text(array),
                tooltip=("a constant: no gradient flows into it",),
            )  # fmt: skip
        return box

    def _saved_text(self, node: Node) -> str:
        saved = saved_values(node)
        if node.saved is None:
            return "saved: freed"
        arrays = [(name, array) for name, value in saved.items() for array in _arrays(value)]
        if not arrays:
            return "saved: nothing"
        names = ", ".join(dict.fromkeys(name for name, _ in arrays))
        return f"saved: {names} · {bytes_text(sum(array.nbytes for _, array in arrays))}"

    # ---- closed parts ----------------------------------------------------------------------------------------------

    def _blocks(self) -> None:
        numbered: dict[int, str] = {}
        for node in reversed(self.nodes):
            block = self.closed.get(node.order)
            if block is None or node.plan is None:
                continue
            if id(block) not in numbered:
                numbered[id(block)] = id_ = f"b{len(numbered) + 1}"
                self.boxes[id_] = self._block(id_, block)
            self.ids[node.order] = numbered[id(block)]
        for node in self.nodes:
            if node.plan is None and node.order in self.closed:
                self.ids[node.order] = numbered[id(self.closed[node.order])]
        for node in self.nodes:
            if node.order in self.closed and (node.order in self.called or node.order in self.results):
                self._comes_out(node)

    def _block(self, id_: str, block: Block) -> Box:
        most = block.operations.most_common(4)
        rest = len(block.operations) - len(most)
        others = f" and {rest} other kind{'s' if rest > 1 else ''}" if rest else ""
        lines = [", ".join(f"{n:,} {name}" for name, n in most) + others]
        text, place = f"… {block.size:,} operations", self.calls.place(block.calls)
        if block.calls:
            text = self._title(block.calls)
        count = self._parameters(block.calls, sum(_size(leaf) for leaf in block.leaves))
        if count:
            lines.append(parameters_text(count))
        tooltip = [f"{n:,} {name}" for name, n in block.operations.most_common()]
        return Box(
            id=id_, kind="block", text=text, full=text, lines=tuple(lines),
            tooltip=(f"closed: {block.size:,} operations", *tooltip[:20]),
            scope=place[:-1],
        )  # fmt: skip

    def _title(self, calls: tuple[Call, ...]) -> str:
        """What a call is called, and the class of the module."""
        *around, label = self.calls.place(calls)
        names = [name for name, call in zip(around, calls, strict=False) if call[1]]
        return ".".join([*names, label]) + (f" · {calls[-1][2]}" if all(calls[-1][1:]) else "")

    def _parameters(self, calls: tuple[Call, ...], inside: int) -> int:
        """How many numbers the parameters of a module are; of one that is not known, those seen `inside` of it."""
        return (self.names.counts.get((path(calls), calls[-1][2])) if calls else 0) or inside

    def _comes_out(self, node: Node) -> None:
        from dataclasses import replace

        box = self.boxes[self.ids[node.order]]
        if node.plan is not None:
            shape = " " + str(node.shape) if type(node.shape) is tuple else ""
            name = self.called.get(node.order) or self.names.of_node(node) or "the result"
            lines = (*box.lines, f"gives {name}{shape}")
            self.boxes[box.id] = replace(box, lines=lines, output=box.output or node.order in self.results)

    def _loose_results(self) -> None:
        """Outputs that stand in no graph: constants, alone in the picture."""
        for output in self.outputs:
            if output._node is None:
                from dataclasses import replace

                if output.name:
                    self.names._arrays.setdefault(id(output._data), (output.name, output._data))
                box = self._constant(output._data)
                self.constants[id(output._data)] = replace(box, output=True)
        self.boxes.update((box.id, box) for box in self.constants.values() if box.output)

    # ---- arrows ----------------------------------------------------------------------------------------------------

    def _link(self) -> None:
        """One link for each use of a value, those between the same two boxes together where one of them is closed."""
        merged: dict[tuple[str, str], int] = {}
        links: list[tuple[str, str, Node | None, int, str]] = []
        for node in reversed(self.nodes):
            head = self.ids[node.order]
            closed = node.order in self.closed
            if node.plan is None:
                continue
            for k, parent in enumerate(node.parents):
                if parent.order not in self.inside:
                    self._outside(parent)
                tail = self.ids[parent.order]
                if not closed:
                    links.append((tail, head, node, k, argument_name(node.plan.inputs[k])))
                elif tail != head:
                    if (tail, head) not in merged:
                        links.append((tail, head, None, -1, ""))
                    merged[tail, head] = merged.get((tail, head), 0) + 1
            if not closed and self.passes != "backward":
                for argument, array in constants(node):
                    box = self._constant(array)
                    self.boxes.setdefault(box.id, box)
                    links.append((box.id, head, None, -2, argument_name(argument)))
        self.links = links
        self.merged = merged

    def _outside(self, parent: Node) -> None:
        """An input that needs a gradient in general, but none for this picture: shown as held constant."""
        if parent.order not in self.ids:
            id_ = self.ids[parent.order] = f"h{sum(id_.startswith('h') for id_ in self.boxes) + 1}"
            name = self.called.get(parent.order) or self.distinct.number("h")
            self.boxes[id_] = Box(
                id=id_, kind="constant", name=name, text=name, full=name, shape=parent.shape, dtype=str(parent.dtype),
                value=values_text(self.values.get(parent.order)), tooltip=("held constant here: not on a way to wrt=",),
            )  # fmt: skip

    def _draw_arrows(self) -> None:
        uses: dict[str, int] = {}
        flows: dict[str, int] = {}
        for tail, _, _, k, _ in self.links:
            uses[tail] = uses.get(tail, 0) + 1
            if k != -2 and not tail.startswith("h"):
                flows[tail] = flows.get(tail, 0) + 1
        backward = self.passes != "forward"
        sums = {id_ for id_, n in flows.items() if backward and n > 1}
        for id_ in [id_ for id_ in self.boxes if id_ in sums]:
            self._sum(id_, flows[id_])
        turn: dict[str, int] = {}
        for tail, head, node, k, argument in self.links:
            count = self.merged.get((tail, head), 1) if node is None else 1
            source, target = tail, f"s{tail}" if tail in sums else tail
            if uses[tail] > STUBS:
                turn[tail] = turn.get(tail, 0) + 1
                source = target = self._stub(tail, turn[tail], head)
            if self.passes != "backward":
                self.arrows.append(Arrow("forward", source, head, argument, count=count))
            if backward and k != -2 and not tail.startswith("h"):
                self.arrows.append(self._backward(head, target, node, k, argument, count))

    def _sum(self, id_: str, n: int) -> None:
        box = self.boxes[id_]
        self.boxes[f"s{id_}"] = Box(
            id=f"s{id_}", kind="sum", text="Σ", full=f"the {n} gradients that reach {box.name or box.text} add up",
            scope=box.scope, of=id_,
        )  # fmt: skip
        self.arrows.append(Arrow("backward", f"s{id_}", id_, formula="", flow=box.gradient))

    def _stub(self, id_: str, n: int, head: str) -> str:
        box, at = self.boxes[id_], self.boxes[head]
        made = f"u{id_}_{n}"
        name = box.name or box.text
        self.boxes[made] = Box(
            id=made, kind="stub", name=name, text=f"{name} [{n}]", full=f"use {n} of {name}", scope=at.scope, of=id_
        )
        return made

    def _backward(self, tail: str, head: str, node: Node | None, k: int, argument: str, count: int) -> Arrow:
        if node is None:
            return Arrow("backward", tail, head, argument, count=count)

        def named(argument: Any, value: Any) -> str:
            return self._call(node, argument, value)

        formula = formula_text(node, k, named, self.called[node.order])
        flow: Flow | None = None
        alarm = ""
        if self.sweep is not None:
            flow = self.sweep.parts.get((node.order, k))
            alarm = self.sweep.part_alarms.get((node.order, k), "")
        return Arrow("backward", tail, head, argument, formula, count, flow, alarm)

    # ---- the two passes, step by step ------------------------------------------------------------------------------

    def _steps(self) -> Iterable[Step]:
        """In the order of the engine: forward as it was recorded; backward the newest first."""
        newest: dict[str, int] = {}
        leaves = {self.ids[node.order] for node in self.nodes if node.plan is None}
        for node in self.nodes:
            newest.setdefault(self.ids[node.order], node.order)
        order = sorted(newest, key=lambda id_: newest[id_])
        arriving: dict[str, list[tuple[str, str, str]]] = {}
        sending: dict[str, list[tuple[str, str, str]]] = {}
        for arrow in self.arrows:
            head = self.boxes[arrow.head]
            if arrow.kind == "backward" and self.boxes[arrow.tail].kind != "sum":
                target = head.of or head.id
                value = flow_text(arrow.flow)
                arriving.setdefault(target, []).append((arrow.tail, arrow.formula, value))
                sending.setdefault(arrow.tail, []).append((target, arrow.formula, value))
        if self.passes != "backward":
            for id_ in reversed(order):
                box = self.boxes[id_]
                if id_ not in leaves or box.kind == "block":
                    yield Step("forward", id_, box.full, box.value or "")
        if self.passes != "forward":
            for id_ in order:
                box = self.boxes[id_]
                yield Step(
                    "backward", id_, box.name or box.text, flow_text(box.gradient), tuple(arriving.get(id_, ())),
                    tuple(sending.get(id_, ())),
                )  # fmt: skip

    # ---- the rest --------------------------------------------------------------------------------------------------

    def _clusters(self) -> dict[tuple[str, ...], str]:
        scopes = {box.scope[:n] for box in self.boxes.values() for n in range(1, len(box.scope) + 1)}
        known: dict[tuple[str, ...], tuple[Call, ...]] = {}
        inside: dict[tuple[str, ...], int] = {}  # of what is in the picture, where the module itself is not known
        for node in self.nodes:
            around = self.calls.around(node) if node.plan is not None else self.homes.get(node.order, ())
            place = self.calls.place(around)
            for n in range(1, len(place) + 1):
                known.setdefault(place[:n], around[:n])
                if node.plan is None:
                    inside[place[:n]] = inside.get(place[:n], 0) + _size(node)
        named = {}
        for scope in sorted(scopes):
            _, name, kind = known[scope][-1]
            count = self._parameters(known[scope], inside.get(scope, 0))
            parts = [scope[-1], kind if name else "", parameters_text(count) if count else ""]
            named[scope] = " · ".join(filter(None, parts))
        return named

    def _notes(self) -> Iterable[str]:
        hidden = sum(node.plan is not None for node in self.nodes if node.order in self.closed)
        if hidden:
            why = "to stay within max_nodes" if self.forced else "as depth asks"
            blocks = len({id(block) for block in self.closed.values()})
            total = sum(node.plan is not None for node in self.nodes)
            yield (
                f"{hidden:,} of {total:,} operations are inside {blocks:,} closed "
                f"box{'es' if blocks > 1 else ''}, {why}"
            )
        if self.saved:
            owners: dict[int, int] = {}
            for node in self.nodes:
                for value in saved_values(node).values():
                    owners.update((id(versions._owner(array)), array.nbytes) for array in _arrays(value))
            freed = sum(node.saved is None for node in self.nodes)
            yield f"saved for the backward pass: {bytes_text(sum(owners.values()))} in {len(owners):,} arrays" + (
                f"; freed at {freed:,} operations" if freed else ""
            )
        if self.sweep is not None:
            yield from self.sweep.notes


def flow_text(flow: Flow | None) -> str:
    """A gradient in words: its elements if they are few, else its norm."""
    if flow is None:
        return ""
    return flow.value if flow.value is not None else f"norm {flow.norm:.4g}"


def parameters_text(n: int) -> str:
    return f"{n:,} parameter{'s' if n != 1 else ''}"


def argument_name(input: Any) -> str:
    return f"{input[0]}[{input[1]}]" if type(input) is tuple else str(input)


def bytes_text(n: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if n < 1000 or unit == "GB":
            break
        n /= 1000
    return f"{n:.3g} {unit}"


def _arrays(value: Any) -> list[Any]:
    items = value if type(value) is tuple else (value,)
    return [item for item in items if is_array(item) and hasattr(item, "nbytes")]


def _size(node: Node) -> int:
    size = 1
    for n in node.shape:
        size *= n
    return size


def _shortened(computed: str, room: int) -> str:
    """A call with as many of its first arguments as there is room for; anything else cut off."""
    head, bracket, _ = computed.partition("(")
    if not (bracket and head.isidentifier()):
        return computed[: room - 2] + "…"
    depth = end = 0
    for k, character in enumerate(computed[: room - 2]):
        depth += (character in "([{") - (character in ")]}")
        if character == "," and depth == 1:
            end = k
    return f"{computed[:end]}, …)" if end else f"{head}(…)"
