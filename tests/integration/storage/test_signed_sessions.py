"""Nothing that hangs on a signed session is added to, changed or removed, by table and by verb."""

# ruff: noqa: S608 (statements are built from the names of our own tables)
from __future__ import annotations

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, models, transaction

from afterglow.apps.treatment.outcomes import Done
from afterglow.apps.treatment.services import signing
from afterglow.apps.visits.models import TreatmentSession
from afterglow.db.models import is_append_only
from support.infusion_day import Day, discharged

pytestmark = pytest.mark.django_db

HANGS_ON_A_SESSION = [
    model
    for config in apps.get_app_configs()
    if config.name.startswith("afterglow.apps.")
    for model in config.get_models()
    if not model.__name__.endswith("Event") or model.__name__ == "SessionEvent"
    if any(f.related_model is TreatmentSession for f in model._meta.local_fields)
]

# Tables that may still grow under a signed session, each with its reason.
GROWS_AFTERWARDS = {
    "treatment.Signature": "it is what signs",
    "treatment.Addendum": "text after signing, with author and time",
    "stock.LedgerEntry": "a miscount found later is corrected by a new line",
    "devices.RawMessage": "what arrives is kept",
    "treatment.OfflineEntry": "what a tablet typed offline is kept, and charts nothing then",
    "monitoring.ReviewItem": "a message that waited is settled, without charting it",
    "monitoring.SignChannel": "which probe is believed; nothing is charted by it once signed",
    "treatment.RoomShown": "when a screen showed the room; it says nothing of the patient",
    "monitoring.DeviceAssignment": "a device is released after the patient left",
}

REFUSALS = ("session is signed", "permission denied", "closed once and never changed")


def signed() -> Day:
    day = discharged()
    outcome = signing.sign_record(session=day.id, by=day.prescriber, at=day.minute(90))
    assert isinstance(outcome, Done), outcome
    day.refreshed()
    return day


def triggers_of(model: type[models.Model]) -> set[str]:
    return {trigger.name for trigger in getattr(model._meta, "triggers", [])}


def test_every_table_under_a_session_is_locked_with_it_or_says_why_not() -> None:
    unlocked = {
        model._meta.label
        for model in HANGS_ON_A_SESSION
        if "refuse_once_signed" not in triggers_of(model)
    }

    assert unlocked <= set(GROWS_AFTERWARDS)


def test_every_table_under_such_a_table_is_locked_too() -> None:
    locked = [m for m in HANGS_ON_A_SESSION if "refuse_once_signed" in triggers_of(m)]

    unlocked = {
        model._meta.label
        for model in apps.get_models()
        if model.__module__.startswith("afterglow.apps.")
        if any(f.related_model in locked and f.name[:4] != "pgh_" for f in model._meta.local_fields)
        if not model._meta.label.endswith("Event") or model._meta.label == "treatment.SessionEvent"
        if "refuse_once_signed" not in triggers_of(model)
    }

    assert unlocked <= set(GROWS_AFTERWARDS)


def test_rows_of_a_signed_session_refuse_insert_update_and_delete(application_role: str) -> None:
    day = signed()
    locked = [m for m in HANGS_ON_A_SESSION if "refuse_once_signed" in triggers_of(m)]
    filled = [m for m in locked if m._default_manager.filter(session=day.session).exists()]
    refused: set[tuple[str, str]] = set()

    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {application_role}")
        for model in filled:
            for verb, statement in statements(model, day.session.pk).items():
                try:
                    with transaction.atomic():
                        cursor.execute(statement)
                except DatabaseError as error:
                    if any(words in str(error) for words in REFUSALS):
                        refused.add((model._meta.label, verb))

    assert len(filled) >= 9
    assert refused == {(m._meta.label, v) for m in filled for v in ("INSERT", "UPDATE", "DELETE")}


def statements(model: type[models.Model], session: int) -> dict[str, str]:
    """One statement a verb, against the rows of one session."""
    table = connection.ops.quote_name(model._meta.db_table)
    columns = [f.column for f in model._meta.local_fields if not f.primary_key]
    names = ", ".join(connection.ops.quote_name(str(column)) for column in columns)
    which = f"WHERE session_id = {session}"
    return {
        "INSERT": f"INSERT INTO {table} ({names}) SELECT {names} FROM {table} {which} LIMIT 1",
        "UPDATE": f"UPDATE {table} SET session_id = session_id {which}",
        "DELETE": f"DELETE FROM {table} {which}",
    }


def test_the_signed_session_itself_refuses_update_and_delete(application_role: str) -> None:
    day = signed()
    table = TreatmentSession._meta.db_table

    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {application_role}")
        for statement in (
            f"UPDATE {table} SET state = 'discharged' WHERE id = %s",
            f"DELETE FROM {table} WHERE id = %s",
        ):
            with pytest.raises(DatabaseError, match="signed and locked"), transaction.atomic():
                cursor.execute(statement, [day.session.pk])


def test_what_must_only_grow_does() -> None:
    growing = {model._meta.label for model in apps.get_models() if is_append_only(model)}

    assert growing >= {
        "audit.AuditEntry",
        "devices.RawMessage",
        "documents.Document",
        "monitoring.VitalSign",
        "monitoring.PumpReading",
        "stock.LedgerEntry",
        "treatment.Signature",
        "treatment.Addendum",
        "treatment.PumpAction",
        "treatment.MedicineGiven",
        "treatment.SessionEvent",
        "treatment.Refusal",
        "treatment.Override",
        "consent.Consent",
    }
