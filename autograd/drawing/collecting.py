"""From recorded nodes to a Picture: which boxes and arrows there are, what they are called, and what they say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from ..engine import versions
from ..engine.modes import Entry
from ..engine.node import Leaf, Node, between, walk
from ..engine.tensor import Tensor
from .expressions import UNKNOWN, constants, expression, is_array, literal, saved_values, values_text
from .folding import Block, fold, is_operation
from .formulas import formula_text
from .linking import Link, links, stubs
from .names import Distinct, Names
from .picture import Arrow, Box, Picture
from .scopes import Scopes, common, path
from .steps import steps
from .values import compute_missing, known_values, lacks_an_array, lost_argument, overwritten
from .wording import bytes_text, hooks_text, operations_text, parameters_text, shortened

if TYPE_CHECKING:
    from .sweep import Sweep

LONG = 70
"""An expression of more characters than this is shortened; all of it is in the tooltip."""


def needed_for(roots: Iterable[Node], wrt: Sequence[Tensor] | None) -> list[Node]:
    """The nodes of the graph, newest first; with `wrt`, those on a way from one of these to a result."""
    if wrt is None:
        return walk(roots)
    targets = {tensor._node.order for tensor in wrt if tensor._node is not None}
    roots = list(roots)
    nodes, needed = walk(roots, max(targets, default=0)), between(roots, targets)
    return nodes if needed is None else [node for node in nodes if node.order in needed]


class Collector:
    """Builds the Picture of one graph: it arranges the boxes when it is made, `picture` fills it in.

    size    how many boxes there will be
    closed  the closed part that each node is in, by the node's order; nothing for those that are drawn
    """

    def __init__(
        self, outputs: Sequence[Tensor], nodes: list[Node], names: Names, passes: str, depth: int | None, saved: bool,
        max_nodes: int, evaluate: bool,
    ) -> None:  # fmt: skip
        self.outputs = outputs
        self.nodes = nodes
        self.names = names
        self.passes = passes
        self.saved = saved
        self.evaluate = evaluate
        self.results = {output._node.order for output in outputs if output._node is not None}
        self.scopes = Scopes([node for node in reversed(nodes) if node.plan is not None], names.owners)
        self.closed, self.forced = fold(
            nodes,
            self.scopes,
            depth,
            max_nodes,
            self.results,
            lambda node: len(constants(node, names.arrays)),
            self._stays,
        )
        self.open = [node for node in reversed(nodes) if node.order not in self.closed]
        self.distinct = Distinct()
        self.called: dict[int, str] = {}  # order of a node -> the name of its value
        self.changed = overwritten(nodes)
        self.ids: dict[int, str] = {}  # order of a node -> the box it is in
        self.constants: dict[int, Box] = {}  # id of an array -> its box
        self.boxes: dict[str, Box] = {}
        self.homes: dict[int, tuple[Entry, ...]] = {}  # order of a leaf -> the calls that it stands inside of
        self.paths: dict[int, str] = {}  # order of a leaf -> the path of the module that uses it
        self._arrange()

    def _stays(self, leaf: Node) -> bool:
        """Whether a leaf is shown beside a closed module: one that the user made and named, unlike a parameter."""
        tensor = leaf.tensor() if isinstance(leaf, Leaf) else None
        return type(tensor) is Tensor and self.names.of_node(leaf) is not None

    # ---- which boxes there are, and what they are called -----------------------------------------------------------

    def _arrange(self) -> None:
        self._find_homes()
        self._name()
        self.values = known_values(self.open, (*self.names.tensors, *self.outputs), self.changed)
        named = [array for _, array in self.names.arrays.values()]
        if self.evaluate or (named and any(lacks_an_array(node) for node in self.open)):
            compute_missing(self.open, self.values)
        users: dict[int, list[Node]] = {}
        for node in self.open if named else ():
            for parent in node.parents:
                users.setdefault(parent.order, []).append(node)
        self.told = {
            node.order: lost
            for node in self.open
            if named and (lost := lost_argument(node, self.values, named, users.get(node.order, ())))
        }  # by the order of a node: what it was given that nothing kept
        for n, node in enumerate(self.open, 1):
            self.ids[node.order] = f"n{n}"
        for node in self.open:
            self.boxes[self.ids[node.order]] = self._box(node)
        self._blocks()
        self._loose_results()
        held: dict[int, str] = {}

        def outside(parent: Node) -> str:
            if parent.order not in held:
                held[parent.order] = self._held(parent, len(held) + 1)
            return held[parent.order]

        constant = self._constant if self.passes != "backward" else None
        self.links = links(reversed(self.nodes), self.ids, self.closed, outside, constant, self.names.arrays, self.told)
        for link in self.links:
            if link.k is None:
                self.boxes.setdefault(link.tail, next(box for box in self.constants.values() if box.id == link.tail))
        self._house_constants()
        self.stubs = stubs(self.links)
        flows = Counter(link.tail for link in self.links if link.flows)
        self.sums = {id_: n for id_, n in flows.items() if n > 1 and self.passes != "forward"}
        self.size = len(self.boxes) + len(self.sums) + len(self.stubs)

    def _find_homes(self) -> None:
        """A parameter that only one call uses stands inside of that call; one that several use, beside them."""
        paths: dict[int, str | None] = {}
        for node in self.nodes:
            for parent in node.parents:
                if parent.plan is None and type(parent.tensor() if isinstance(parent, Leaf) else None) is not Tensor:
                    around = self.scopes.around(node)
                    self.homes[parent.order] = common(self.homes.get(parent.order, around), around)
                    if paths.setdefault(parent.order, path(around)) != path(around):
                        paths[parent.order] = None
        self.paths = {order: found for order, found in paths.items() if found}

    def _name(self) -> None:
        """Names for what is shown, and for what comes out of a closed part into something that is shown."""
        wanted = {node.order: node for node in self.open}
        for node in self.open:
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

    # ---- boxes -----------------------------------------------------------------------------------------------------

    def _box(self, node: Node) -> Box:
        name = self.called[node.order]
        lines: list[str] = []
        tooltip: list[str] = []
        text = full = name
        if node.plan is not None:
            computed = expression(node, partial(self._call, node), self.told.get(node.order, {}))
            full = f"{name} = {computed}"
            text = full if len(full) <= LONG else f"{name} = {shortened(computed, LONG - len(name) - 3)}"
            kind = node.plan.primitive.kind
            tooltip.append(f"operation: {node.name}" + (f" ({kind})" if kind else ""))
        if node.scope:
            tooltip.append(f"module: {node.scope}")
        if node.extras is not None and node.extras.source:
            tooltip.append(node.extras.source)
        if node.order in self.changed:
            lines.append("overwritten since")
        hooks = len(node.extras.hooks) if node.extras is not None and self.passes != "forward" else 0
        if hooks:
            lines.append(hooks_text(hooks))
        if self.saved and node.plan is not None:
            lines.append(_saved_text(node, name, partial(self._call, node)))
        value = self.values.get(node.order)
        return Box(
            id=self.ids[node.order], kind="leaf" if node.plan is None else "operation", name=name, text=text, full=full,
            shape=node.shape if type(node.shape) is tuple else None,
            dtype=None if node.dtype is None else str(node.dtype), lines=tuple(lines), tooltip=tuple(tooltip),
            scope=self.scopes.place(self._around(node)), output=node.order in self.results, value=values_text(value),
            hooks=hooks,
        )  # fmt: skip

    def _around(self, node: Node) -> tuple[Entry, ...]:
        """The calls whose frames a node's box stands in."""
        return self.scopes.around(node) if node.plan is not None else self.homes.get(node.order, ())

    def _call(self, node: Node, argument: Any, value: Any) -> str:
        """The name of an argument of `node`, as the picture shows it."""
        assert node.plan is not None
        if argument in node.plan.inputs and value is None:
            return self.called[node.parents[node.plan.inputs.index(argument)].order]
        if is_array(value) and node.name == "checkpoint":  # it keeps what its inputs bundle, and constants
            (bundle,), arrays = node.parents, saved_values(node)["arrays"]
            place = [id(array) for array in arrays].index(id(value))
            if place < len(bundle.parents):
                return self.called[bundle.parents[place].order]
        if is_array(value) and (value.ndim or id(value) in self.names.arrays):
            return self._constant(value).name
        text = literal(value)
        return f"({text})" if text.startswith("-") else text

    def _constant(self, array: Any) -> Box:
        box = self.constants.get(id(array))
        if box is None:
            given = self.names.of_array(array)
            name = self.distinct.take(given) if given is not None else self.distinct.number("c")
            whole = self._wholes.get(id(versions._owner(array))) if given is None else None
            box = self.constants[id(array)] = Box(
                id=f"c{len(self.constants) + 1}", kind="constant", name=name, text=name, full=name,
                shape=tuple(array.shape), dtype=str(array.dtype), value=values_text(array),
                lines=(f"a view of {whole}",) if whole is not None else (),
                tooltip=("a constant: no gradient flows into it",),
            )  # fmt: skip
        return box

    @cached_property
    def _wholes(self) -> dict[int, str]:
        """The names of arrays, by the identity of what owns their memory."""
        return {id(versions._owner(array)): name for name, array in reversed(self.names.arrays.values())}

    def _house_constants(self) -> None:
        """A constant without a name that only one call uses was made inside of it, and stands there."""
        users: dict[str, tuple[Entry, ...]] = {}
        for link in self.links:
            if link.k is None:
                around = self.scopes.around(link.node)
                users[link.tail] = common(users.get(link.tail, around), around)
        for key, box in self.constants.items():
            if self.names.arrays.get(key) is None and users.get(box.id):
                self.boxes[box.id] = replace(box, scope=self.scopes.place(users[box.id]))

    def _held(self, parent: Node, n: int) -> str:
        """An input that needs a gradient in general, but none for this picture: shown as held constant."""
        name = self.called.get(parent.order) or self.distinct.number("h")
        self.boxes[f"h{n}"] = Box(
            id=f"h{n}", kind="constant", name=name, text=name, full=name, shape=parent.shape, dtype=str(parent.dtype),
            value=values_text(self.values.get(parent.order)), tooltip=("held constant here: not on a way to wrt=",),
        )  # fmt: skip
        return f"h{n}"

    def _loose_results(self) -> None:
        """Outputs that stand in no graph: constants, alone in the picture."""
        for output in self.outputs:
            if output._node is None:
                if output.name:
                    self.names.arrays.setdefault(id(output._content), (output.name, output._content))
                box = self._constant(output._content)
                self.constants[id(output._content)] = replace(box, output=True)
        self.boxes.update((box.id, box) for box in self.constants.values() if box.output)

    # ---- closed parts ----------------------------------------------------------------------------------------------

    def _blocks(self) -> None:
        numbered: dict[int, str] = {}
        around: dict[int, tuple[Entry, ...]] = {}  # the calls that all of a part was made in
        for node in self.nodes:
            if node.order in self.closed and node.plan is not None:
                part, made_in = id(self.closed[node.order]), self.scopes.around(node)
                around[part] = common(around.get(part, made_in), made_in)
        for node in reversed(self.nodes):
            block = self.closed.get(node.order)
            if block is None or node.plan is None:
                continue
            if id(block) not in numbered:
                numbered[id(block)] = id_ = f"b{len(numbered) + 1}"
                self.boxes[id_] = self._block(id_, block, block.calls[:-1] if block.calls else around[id(block)])
            self.ids[node.order] = numbered[id(block)]
        for node in self.nodes:
            if node.plan is None and node.order in self.closed:
                self.ids[node.order] = numbered[id(self.closed[node.order])]
        for node in self.nodes:
            if node.order in self.closed and (node.order in self.called or node.order in self.results):
                self._comes_out(node)

    def _block(self, id_: str, block: Block, around: tuple[Entry, ...]) -> Box:
        counts = block.operations.most_common()
        lines = [operations_text(counts)]
        count = self._parameters(block.calls, sum(_size(leaf) for leaf in block.leaves))
        if count:
            lines.append(parameters_text(count))
        text = self._title(block.calls) if block.calls else f"… {block.size:,} operations"
        return Box(
            id=id_, kind="block", text=text, full=text, lines=tuple(lines),
            tooltip=(f"closed: {block.size:,} operations", *(f"{n:,} {name}" for name, n in counts[:20])),
            scope=self.scopes.place(around),
        )  # fmt: skip

    def _title(self, calls: tuple[Entry, ...]) -> str:
        """What a call is called, and the class of the module."""
        *around, label = self.scopes.place(calls)
        names = [name for name, call in zip(around, calls, strict=False) if call[1]]
        kind = self.scopes.kind(calls[-1])
        return ".".join([*names, label]) + (f" · {kind}" if kind else "")

    def _parameters(self, calls: tuple[Entry, ...], inside: int) -> int:
        """How many numbers the parameters of a module are; of one that is not known, those seen `inside` of it."""
        if not calls:
            return inside
        return self.names.counts.get((self.scopes.whole(calls[0]), path(calls), calls[-1][2])) or inside

    def _comes_out(self, node: Node) -> None:
        box = self.boxes[self.ids[node.order]]
        if node.plan is not None:
            shape = " " + str(node.shape) if type(node.shape) is tuple else ""
            name = self.called.get(node.order) or self.names.of_node(node) or "the result"
            lines = (*box.lines, f"gives {name}{shape}")
            self.boxes[box.id] = replace(box, lines=lines, output=box.output or node.order in self.results)

    # ---- the picture -----------------------------------------------------------------------------------------------

    def picture(self, sweep: Sweep | None = None) -> Picture:
        """The whole of it; with a sweep, what that saw is in it, too."""
        boxes = self._measured(sweep) if sweep is not None else dict(self.boxes)
        arrows = self._draw_arrows(boxes, sweep)
        order: dict[str, int] = {}
        for node in self.nodes:
            order.setdefault(self.ids[node.order], node.order)
        return Picture(
            boxes=tuple(boxes.values()), arrows=tuple(arrows), clusters=self._clusters(boxes.values()),
            notes=(*self._notes(), *(sweep.notes if sweep is not None else ())), passes=self.passes,
            steps=tuple(steps(boxes, arrows, order, self.passes)),
        )  # fmt: skip

    def _measured(self, sweep: Sweep) -> dict[str, Box]:
        """The boxes with what the sweep saw at each; at a closed one, the first thing that went wrong inside."""
        boxes = dict(self.boxes)
        for node in self.open:
            id_ = self.ids[node.order]
            alarm = sweep.alarms.get(node.order, "")
            boxes[id_] = replace(boxes[id_], gradient=sweep.gradients.get(node.order), alarm=alarm)
        hidden = [(order, text) for order, text in sweep.alarms.items() if order in self.closed]
        hidden += [(order, text) for (order, _), text in sweep.part_alarms.items() if order in self.closed]
        for order, text in sorted(hidden):
            id_ = self.ids[order]
            boxes[id_] = replace(boxes[id_], alarm=f"inside: {text}")
        return boxes

    def _draw_arrows(self, boxes: dict[str, Box], sweep: Sweep | None) -> list[Arrow]:
        arrows = []
        for id_, n in self.sums.items():
            box = boxes[id_]
            boxes[f"s{id_}"] = Box(
                id=f"s{id_}", kind="sum", text="Σ", full=f"the {n} gradients that reach {box.name or box.text} add up",
                scope=box.scope, of=id_,
            )  # fmt: skip
            arrows.append(Arrow("backward", f"s{id_}", id_, flow=box.gradient))
        for n, link in enumerate(self.links):
            source, target = link.tail, f"s{link.tail}" if link.tail in self.sums else link.tail
            if n in self.stubs:
                box = self._stub(boxes[link.tail], self.stubs[n], link.count, boxes[link.head])
                boxes[box.id], source, target = box, box.id, box.id
            if self.passes != "backward":
                arrows.append(Arrow("forward", source, link.head, link.argument, count=link.count))
            if self.passes != "forward" and link.flows:
                arrows.append(self._backward(link, target, sweep))
        return arrows

    def _stub(self, box: Box, first: int, count: int, at: Box) -> Box:
        name, which = box.name or box.text, str(first) if count == 1 else f"{first}…{first + count - 1}"
        return Box(
            id=f"u{box.id}_{first}", kind="stub", name=name, text=f"{name} [{which}]", full=f"use {which} of {name}",
            scope=at.scope, of=box.id,
        )  # fmt: skip

    def _backward(self, link: Link, target: str, sweep: Sweep | None) -> Arrow:
        node, k = link.node, link.k
        assert k is not None
        flow = sweep.parts.get((node.order, k)) if sweep is not None and link.count == 1 else None
        alarm = sweep.part_alarms.get((node.order, k), "") if sweep is not None and link.count == 1 else ""
        return Arrow(
            "backward", link.head, target, link.argument, self._formulas.get((node.order, k), ""), link.count, flow,
            alarm,
        )  # fmt: skip

    @cached_property
    def _formulas(self) -> dict[tuple[int, int], str]:
        """The VJP of each link to an open box, by the order of the box's node and the position of the parent."""
        found = {}
        for link in self.links:
            node, k = link.node, link.k
            if link.flows and not link.closed and k is not None:
                found[node.order, k] = formula_text(node, k, partial(self._call, node), self.called[node.order])
        return found

    # ---- the rest --------------------------------------------------------------------------------------------------

    def _clusters(self, boxes: Iterable[Box]) -> dict[tuple[str, ...], str]:
        scopes = {box.scope[:n] for box in boxes for n in range(1, len(box.scope) + 1)}
        known: dict[tuple[str, ...], tuple[Entry, ...]] = {}
        inside: Counter[tuple[str, ...]] = Counter()  # of what is in the picture, where the module itself is not known
        for node in self.nodes:
            around = self._around(node)
            if not around:
                continue
            place = self.scopes.place(around)
            for n in range(1, len(place) + 1):
                known.setdefault(place[:n], around[:n])
                if node.plan is None:
                    inside[place[:n]] += _size(node)
        named = {}
        for scope in sorted(scopes):
            kind = self.scopes.kind(known[scope][-1])
            count = self._parameters(known[scope], inside[scope])
            parts = [scope[-1], kind, parameters_text(count) if count else ""]
            named[scope] = " · ".join(filter(None, parts))
        return named

    def _notes(self) -> Iterable[str]:
        hidden = sum(is_operation(node) for node in self.nodes if node.order in self.closed)
        if hidden:
            why = "to stay readable (max_nodes= asks for more)" if self.forced else "as depth asks"
            blocks = len({id(block) for block in self.closed.values()})
            total = sum(is_operation(node) for node in self.nodes)
            yield (
                f"{hidden:,} of {total:,} operations are inside {blocks:,} closed "
                f"box{'es' if blocks > 1 else ''}, {why}"
            )
        if any(UNKNOWN in box.full for box in self.boxes.values()) and any(node.saved is None for node in self.open):
            yield f"a backward pass has freed what was saved: {UNKNOWN} stands for what nobody has kept besides"
        if self.saved:
            owners: dict[int, int] = {}
            for node in self.nodes:
                for value in saved_values(node).values():
                    owners.update((id(versions._owner(array)), array.nbytes) for array in _arrays(value))
            freed = sum(node.saved is None for node in self.nodes)
            yield f"saved for the backward pass: {bytes_text(sum(owners.values()))} in {len(owners):,} arrays" + (
                f"; freed at {freed:,} operations" if freed else ""
            )


def _saved_text(node: Node, called: str, named: Callable[[Any, Any], str]) -> str:
    """What a node keeps, by the names of the picture, and its bytes.

    called  what its own value is called
    named   what an argument is called, given which one it is and its value (None: it is a parent)
    """
    if node.saved is None:
        return "saved: freed"
    assert node.plan is not None
    inputs = node.plan.inputs
    names: list[str] = []
    size = 0
    for argument, value in saved_values(node).items():
        for i, array in enumerate(value if type(value) is tuple else (value,)):
            if is_array(array) and hasattr(array, "nbytes"):
                size += array.nbytes
                which = argument if argument in inputs else (argument, i)
                names.append(called if argument == "out" else named(which, None if which in inputs else array))
    return f"saved: {', '.join(dict.fromkeys(names))} · {bytes_text(size)}" if names else "saved: nothing"


def _arrays(value: Any) -> list[Any]:
    items = value if type(value) is tuple else (value,)
    return [item for item in items if is_array(item) and hasattr(item, "nbytes")]


def _size(node: Node) -> int:
    size = 1
    for n in node.shape:
        size *= n
    return size
