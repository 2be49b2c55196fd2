"""Several statements in one trip: an error costs the trip, and never the connection."""

from __future__ import annotations

import pytest
from django.db import Error, transaction

from afterglow.db.pipelines import KEPT_AFTER, rows_of

PLUS = ("SELECT %s::int + 3", [1])
WORD = ("SELECT %s::text || 'z'", ["a"])
WRONG = ("SELECT 1 / %s::int", [0])


@pytest.mark.django_db(transaction=True)
def test_an_error_outside_a_transaction_leaves_a_connection_that_answers() -> None:
    for _ in range(KEPT_AFTER):
        rows_of(PLUS, WORD)

    with pytest.raises(Error, match="division by zero"):
        rows_of(WRONG, PLUS, WORD)  # the two would be kept by the server at this asking

    for _ in range(KEPT_AFTER + 3):
        assert rows_of(PLUS, WORD) == [[(4,)], [("az",)]]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_savepoint", [True, False])
def test_an_error_in_a_transaction_is_gone_with_its_rollback(is_savepoint: bool) -> None:
    with transaction.atomic():
        for _ in range(KEPT_AFTER):
            rows_of(PLUS, WORD)
        if is_savepoint:
            with pytest.raises(Error, match="division by zero"), transaction.atomic():
                rows_of(WRONG, PLUS, WORD)
            assert rows_of(PLUS, WORD) == [[(4,)], [("az",)]]
    if not is_savepoint:
        with pytest.raises(Error, match="division by zero"), transaction.atomic():
            rows_of(WRONG, PLUS, WORD)

    for _ in range(KEPT_AFTER + 3):
        assert rows_of(PLUS, WORD) == [[(4,)], [("az",)]]
