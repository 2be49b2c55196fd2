"""Hazards of the record: what was changed behind the application's back is found."""

from __future__ import annotations

import pytest
from django.db import connection

from afterglow.apps.stock.models import LedgerEntry
from afterglow.apps.treatment.models import Signature
from afterglow.apps.treatment.outcomes import Done
from afterglow.apps.treatment.services import signing
from afterglow.config import chains
from afterglow.core.stock import LedgerKind
from support.infusion_day import Day, discharged

pytestmark = pytest.mark.django_db


def open_up(table: str) -> None:
    """Take a table's triggers away for the rest of this test's transaction, as its owner can."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")


def signed() -> Day:
    day = discharged()
    outcome = signing.sign_record(session=day.id, by=day.prescriber, at=day.minute(90))
    assert isinstance(outcome, Done), outcome
    return day


def test_a_ledger_line_changed_by_somebody_with_the_whole_database_is_found() -> None:
    signed()
    table = LedgerEntry._meta.db_table
    line = LedgerEntry.objects.get(kind=LedgerKind.DRAWN)
    assert chains.stock_ledgers() == []

    open_up(table)
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET amount_mg = amount_mg - 5 WHERE id = %s", [line.pk])  # noqa: S608

    (found,) = chains.stock_ledgers()
    assert f"line {line.sequence}" in found


def test_a_signed_record_changed_by_somebody_with_the_whole_database_is_found() -> None:
    day = signed()
    table = Signature._meta.db_table
    assert chains.signed_records() == []

    open_up(table)
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET content = content || '{{\"note\": 1}}'")  # noqa: S608

    assert chains.signed_records() == [
        f"signed record of session {day.id}: its content does not give its hash"
    ]
