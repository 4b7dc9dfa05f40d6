"""What a program may say of the arguments of a distribution, by PyTorch's names.

It has no effect, as `validate_args` has none.

>>> from nn.distributions import constraints
>>> constraints.interval(0, 1), constraints.positive
(interval(), positive())
"""

from __future__ import annotations

from typing import Any


class Constraint:
    """A set of values, which is named and not asked."""

    def __init__(self, name: str = "Constraint") -> None:
        self.name = name

    def __call__(self, *args: Any, **options: Any) -> Constraint:
        return self

    def __repr__(self) -> str:
        return f"{self.name}()"


_NAMES = (
    "boolean cat corr_cholesky dependent dependent_property greater_than greater_than_eq half_open_interval "
    "independent integer_interval interval less_than lower_cholesky lower_triangular multinomial nonnegative "
    "nonnegative_integer one_hot positive positive_definite positive_integer positive_semidefinite real real_vector "
    "simplex square stack symmetric unit_interval"
)
globals().update({name: Constraint(name) for name in _NAMES.split()})
