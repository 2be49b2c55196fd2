"""Append-only tables refuse UPDATE, DELETE and TRUNCATE, whoever asks."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from django.db import IntegrityError, connection, transaction

from afterglow.apps.audit.models import AuditEntry

AT = dt.datetime(2026, 11, 23, 18, 0, tzinfo=dt.UTC)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_auditentry SET action = 'nothing'",
        "DELETE FROM audit_auditentry",
        "TRUNCATE audit_auditentry",
    ],
)
def test_the_audit_refuses_to_change_or_shrink(statement: str) -> None:
    AuditEntry.objects.create(at=AT, action="test", subject_type="test", subject=uuid.uuid4())

    with (
        pytest.raises(IntegrityError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)

    assert AuditEntry.objects.count() == 1
