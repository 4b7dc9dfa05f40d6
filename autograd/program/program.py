"""The program: statements, the values that come in and those that go out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .values import Statement, Value


class Program:
    """A function of arrays as straight-line statements of NumPy: what `autograd.trace` gives.

    name        of the function
    statements  in the order in which they ran
    inputs      a value for each array or float among the arguments, in their order
    states      the arrays that outlive a call: parameters, buffers, gradients, an optimizer's means
    results     what the function gives, a value for each leaf; None for what is the same at each call
    plain       that, by its place among the results: numbers and texts of Python's
    assigned    what is put in another place than the results: (place, value, or None for None)
    kept        what leaves it besides, for a backward pass to come
    passes      the names of the passes that it has gone through
    source      the program as text: plain NumPy, which runs alone
    arrays      those of the states, by the names under which the printed function takes them
    cost        operations, bytes moved and the most memory at a time: see `Cost`

    >>> program = trace(lambda x: (x * x).sum(), np.ones(3))
    >>> [statement.function.__name__ for statement in program.statements]
    ['multiply', 'sum']
    """

    def __init__(
        self, name: str, statements: list[Statement], inputs: list[Value], states: list[Value],
        results: list[Value | None], assigned: list[tuple[Any, Value | None]], kept: list[Value] | None = None,
        plain: dict[int, Any] | None = None,
    ) -> None:  # fmt: skip
        self.name = name
        self.statements = statements
        self.inputs = inputs
        self.states = states
        self.results = results
        self.assigned = assigned
        self.kept = kept or []
        self.plain = plain or {}
        self.passes: list[str] = []

    def outgoing(self) -> list[Value]:
        """The values that leave the program, each once."""
        found = [*self.results, *(value for _, value in self.assigned), *self.kept]
        return [value for value in dict.fromkeys(found) if value is not None]

    def written(self) -> set[Value]:
        """The roots that any statement changes in place."""
        return {root for statement in self.statements for root in statement.writes}

    def constants(self) -> list[Value]:
        """The constants that statements or results use."""
        used: list[Value] = [v for s in self.statements for v in s.values()] + self.outgoing()
        return [value for value in dict.fromkeys(used) if value.kind == "constant"]

    if TYPE_CHECKING:  # put in place by tracing.py, which stands above those that tell them

        @property
        def source(self) -> str: ...
        @property
        def arrays(self) -> dict[str, Any]: ...
        @property
        def cost(self) -> Any: ...

    def __repr__(self) -> str:
        return f"<program {self.name}: {len(self.statements)} statements>"
