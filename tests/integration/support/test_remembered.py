"""A day that is laid down again is the day that was walked."""

from __future__ import annotations

import pytest
from django.db import connection

from support import infusion_day

pytestmark = pytest.mark.django_db
CHANGE_LOGS = {"frontdoor_change"}
"""A line a statement, however many rows it wrote; walking takes more statements."""


def rows() -> dict[str, int]:
    with connection.cursor() as cursor:
        counted = {}
        names = set(connection.introspection.table_names(cursor)) - CHANGE_LOGS
        for name in sorted(names):
            cursor.execute(f'SELECT count(*) FROM "{name}"')  # noqa: S608
            counted[name] = cursor.fetchone()[0]
    return counted


def walked(minutes: int) -> dict[str, int]:
    infusion_day.infusing(minutes=minutes)
    return rows()


def test_the_first_day_of_a_test_is_as_complete_as_one_that_was_walked() -> None:
    infusion_day.infusing(minutes=41)
    laid = rows()

    walked = infusion_day.infusing.__wrapped__  # type: ignore[attr-defined]

    walked(minutes=41)
    both = rows()
    assert {name: 2 * number for name, number in laid.items() if number != both[name]} == {
        name: number for name, number in both.items() if number != laid[name]
    }
