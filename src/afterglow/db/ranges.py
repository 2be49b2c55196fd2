"""No two at once: exclusion constraints without the btree_gist extension.

Two integers are "the same" when the one-element ranges over them overlap, which GiST can index by
itself. That is why primary keys are bigint.
"""

from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import BigIntegerRangeField, RangeOperators
from django.db.models import F, Func, Q, Value


def only_one_at_a_time(
    owner: str, *, name: str, during: str = "during", when: Q | None = None
) -> ExclusionConstraint:
    """Return the constraint that rows of one ``owner`` never overlap in time.

    ``when`` limits it to some rows, such as those that are not cancelled.
    """
    same = Func(
        F(owner),
        F(owner),
        Value("[]"),
        function="int8range",
        output_field=BigIntegerRangeField(),
    )
    return ExclusionConstraint(
        name=name,
        expressions=[(same, RangeOperators.OVERLAPS), (during, RangeOperators.OVERLAPS)],
        condition=when,
    )
