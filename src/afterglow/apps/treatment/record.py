"""The record as it is signed: one canonical content, from which every copy is printed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from django.db.models import QuerySet

from afterglow.apps.accounts.models import Account
from afterglow.apps.assessments.models import Assessment
from afterglow.apps.monitoring.models import (
    Alarm,
    ArtefactMark,
    BodyMassMeasurement,
    DeviceAssignment,
    MissedReading,
    PumpReading,
    VitalSign,
)
from afterglow.apps.people.models import Allergy, ListState
from afterglow.apps.stock.models import LedgerEntry
from afterglow.apps.treatment import queries
from afterglow.apps.treatment.models import (
    CheckIn,
    Discharge,
    Infusion,
    InfusionOrder,
    Override,
    Preparation,
    Recovery,
    Refusal,
)
from afterglow.apps.visits.models import TreatmentSession

VERSION = 1
_PLUMBING = frozenset({"id", "row_version", "session", "pgh_context", "pgh_obj", "key"})


def record_content(
    session: TreatmentSession, *, signed_by: Account, at: datetime
) -> dict[str, Any]:
    """Return everything the signature covers, as plain JSON: codes, exact decimals, UTC times.

    Device readings are pinned by count and hash; those a person charted stand in full, and so do
    the device readings that the trend of the printed record is drawn from (one a minute a sign).
    """
    infusion = queries.infusion_of(session)
    order = infusion.preparation.order if infusion else queries.order_in_force(session)
    return {
        "version": VERSION,
        "session": {
            "id": str(session.public_id),
            "date": session.local_date.isoformat(),
            "checked_in_at": _time(session.checked_in_at),
            "ended_at": _time(session.ended_at),
            "ending": session.ending,
            "ending_reason": session.ending_reason,
            "room": session.room.name if session.room else "",
            "clinician": _person(session.clinician),
        },
        "site": {
            "code": session.site.code,
            "name": session.site.name,
            "time_zone": session.site.time_zone,
            "phone": session.site.phone,
        },
        "patient": {
            "mrn": session.patient.mrn,
            "given_name": session.patient.given_name,
            "family_name": session.patient.family_name,
            "date_of_birth": session.patient.date_of_birth.isoformat(),
            "sex_at_birth": session.patient.sex_at_birth,
            "allergy_review": session.patient.allergy_review,
            "allergies": sorted(
                row.substance
                for row in Allergy.objects.filter(patient=session.patient, state=ListState.ACTIVE)
            ),
        },
        "protocol": {
            "key": session.protocol.key,
            "version": session.protocol.version,
            "sha256": session.protocol.sha256,
            "title": session.protocol.title,
        },
        "check_in": _row(CheckIn.objects.filter(session=session)),
        "masses": _rows(BodyMassMeasurement.objects.filter(session=session).order_by("at")),
        "medicines_today": [_fields(row) for row in queries.medicines_today(session)],
        "order": _order(order),
        "preparations": [
            _preparation(row)
            for row in Preparation.objects.filter(session=session)
            .select_related("vial__product", "prepared_by", "checked_by__account")
            .order_by("prepared_at")
        ],
        "infusion": _infusion(infusion, at=at),
        "medicines_given": [
            {**_fields(row), "product": row.product.name}
            for row in queries.medicines_given(session)
        ],
        "ledger": _rows(LedgerEntry.objects.filter(session=session).order_by("sequence")),
        "vital_signs": vital_signs(session),
        "artefacts": _rows(ArtefactMark.objects.filter(session=session).order_by("at")),
        "missed_readings": _rows(MissedReading.objects.filter(session=session).order_by("due_at")),
        "pump_readings": _pinned(PumpReading.objects.filter(session=session)),
        "devices": [
            {
                "name": row.device.name,
                "eui64": row.device.eui64,
                "from": _time(row.during.lower),
                "to": _time(row.during.upper),
            }
            for row in DeviceAssignment.objects.filter(session=session)
            .select_related("device")
            .order_by("pk")
        ],
        "assessments": [
            {
                "instrument": row.instrument_key,
                "version": row.instrument.version,
                "answers": row.answers,
                "at": _time(row.at),
                "by": _person(row.by),
                "replaced": hasattr(row, "replaced_by"),
                "scores": [
                    {"name": s.name, "value": _value(s.value), "band": s.band, "flags": s.flags}
                    for s in row.scores.all()
                ],
            }
            for row in Assessment.objects.filter(session=session)
            .select_related("instrument", "by", "replaced_by")
            .prefetch_related("scores")
            .order_by("at", "pk")
        ],
        "events": [
            {
                "number": shown.number,
                "kind": shown.event.kind,
                "label": shown.label,
                "text": shown.event.text,
                "data": shown.event.data,
                "at": _time(shown.event.at),
                "recorded_at": _time(shown.event.recorded_at),
                "by": _person(shown.event.by),
                "withdrawn": shown.withdrawn,
            }
            for shown in queries.shown_events(session)
        ],
        "alarms": [
            {**_fields(row), "acts": _rows(row.acts.select_related("by").order_by("at", "pk"))}
            for row in Alarm.objects.filter(session=session).order_by("raised_at", "pk")
        ],
        "overrides": _rows(Override.objects.filter(session=session).order_by("at")),
        "refusals": _rows(Refusal.objects.filter(session=session).order_by("at")),
        "recovery": _row(Recovery.objects.filter(session=session)),
        "discharges": _rows(Discharge.objects.filter(session=session).order_by("at")),
        "signed_by": _person(signed_by),
        "signed_at": _time(at),
    }


def vital_signs(session: TreatmentSession) -> dict[str, Any]:
    """Return hand readings in full, device readings one a minute a sign, and the hash of all."""
    everything = VitalSign.objects.filter(session=session).select_related("by").order_by("pk")
    by_hand: list[dict[str, Any]] = []
    trend: list[dict[str, Any]] = []
    seen: set[tuple[str, str]] = set()
    for row in everything:
        line = {
            "sign": row.code,
            "value": _value(row.value),
            "unit": row.unit,
            "at": _time(row.taken_at),
            "flag": row.flag,
        }
        if row.by_id is not None:
            by_hand.append({**line, "by": _person(row.by), "recorded_at": _time(row.arrived_at)})
            continue
        minute = (row.code, row.taken_at.strftime("%Y%m%d%H%M"))
        if minute not in seen:
            seen.add(minute)
            trend.append(line)
    return {"by_hand": by_hand, "trend": trend, "all": _pinned(everything)}


def _pinned(rows: QuerySet[Any]) -> dict[str, Any]:
    """Return how many rows there are and the hash over every column of all of them, in order."""
    digest = hashlib.sha256()
    count = 0
    for values in rows.order_by("pk").values_list().iterator():
        count += 1
        digest.update("\x1f".join(str(_value(value)) for value in values).encode() + b"\n")
    return {"count": count, "sha256": digest.hexdigest()}


def _order(order: InfusionOrder | None) -> dict[str, Any] | None:
    return None if order is None else {**_fields(order), "signed_by": _person(order.signed_by)}


def _preparation(row: Preparation) -> dict[str, Any]:
    second = row.checked_by.account if row.checked_by else None
    return {
        **_fields(row),
        "product": row.vial.product.name,
        "vial": row.vial.number,
        "lot": row.vial.lot,
        "expires_on": row.vial.expires_on.isoformat(),
        "prepared_by": _person(row.prepared_by),
        "checked_by": _person(second),
    }


def _infusion(infusion: Infusion | None, *, at: datetime) -> dict[str, Any] | None:
    if infusion is None:
        return None
    told = queries.given(infusion, at=at)
    return {
        **_fields(infusion),
        "clinician": _person(infusion.clinician),
        "actions": [
            {**_fields(row), "by": _person(row.by)} for row in queries.actions_of(infusion)
        ],
        "charted_ml": _value(told.charted.volume.value),
        "pump_ml": _value(told.pump.volume.value) if told.pump else None,
        "given_mg": _value(told.settled.dose.value),
        "given_by": str(told.settled.source),
        "differences": _rows(infusion.differences.order_by("at")),
    }


def _rows(rows: Iterable[Any]) -> list[dict[str, Any]]:
    return [_fields(row) for row in rows]


def _row(rows: Any) -> dict[str, Any] | None:
    row = rows.first()
    return None if row is None else _fields(row)


def _fields(row: Any) -> dict[str, Any]:
    """Return a row's own columns, people by short name, other rows by public id."""
    out: dict[str, Any] = {}
    for field in row._meta.concrete_fields:
        if field.name in _PLUMBING:
            continue
        value = getattr(row, field.name)
        if field.is_relation:
            out[field.name] = (
                _person(value)
                if isinstance(value, Account)
                else None
                if value is None
                else str(getattr(value, "public_id", value.pk))
            )
        else:
            out[field.name] = _value(value)
    return out


def _person(account: Account | None) -> str:
    """Return a person as a record names them: full name and title."""
    if account is None:
        return ""
    title = getattr(getattr(account, "staff", None), "title", "")
    return f"{account.full_name}, {title}" if title else account.full_name


def _time(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat()


def _value(value: Any) -> Any:
    """Return a value as JSON keeps it: exact decimals and quantities as text, never a float."""
    if value is None or isinstance(value, bool | int | str | list | dict):
        return value
    if isinstance(value, datetime):
        return _time(value)
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "value"):
        return format(value.value, "f")
    if hasattr(value, "quantize"):
        return format(value, "f")
    return str(value)
