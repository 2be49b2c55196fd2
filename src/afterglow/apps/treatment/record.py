"""The record as it is signed: one canonical content, from which every copy is printed."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from afterglow.apps.accounts.models import Account, Countersignature
from afterglow.apps.assessments.models import Assessment
from afterglow.apps.medicines.queries import product_names
from afterglow.apps.monitoring.models import (
    Alarm,
    ArtefactMark,
    BodyMassMeasurement,
    DeviceAssignment,
    MissedReading,
    PumpReading,
    QueueCharting,
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
    PumpAction,
    Recovery,
    Refusal,
    SessionEvent,
)
from afterglow.apps.treatment.record_rows import (
    NOBODY_SIGNED_IN,
    fields_json,
    person_name,
    row_json,
    rows_json,
    time_json,
    value_json,
)
from afterglow.apps.treatment.reports.certificate import certificate
from afterglow.apps.visits.models import TreatmentSession

VERSION = 2
"""2: who was with the patient, minute by minute."""


def canonical(content: Any) -> str:
    """Return a record's content as the one text that is hashed."""
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def content_sha256(content: Any) -> str:
    """Return the hash that the signature and the printed record carry."""
    return hashlib.sha256(canonical(content).encode()).hexdigest()


def seen_sha256(session: TreatmentSession, *, by: Account) -> str:
    """Return the hash of what a signer reads: the record's content without who signs and when."""
    content = record_content(session, signed_by=by, at=session.ended_at or session.checked_in_at)
    del content["signed_by"], content["signed_at"]
    return content_sha256(content)


def record_content(
    session: TreatmentSession, *, signed_by: Account, at: datetime
) -> dict[str, Any]:
    """Return everything the signature covers, as plain JSON: codes, exact decimals, UTC times.

    Device readings are pinned by count and hash; those a person charted stand in full, and so do
    the device readings that the trend of the printed record is drawn from (one a minute a sign).
    """
    infusion = queries.infusion_of(session)
    order = infusion.preparation.order if infusion else queries.order_in_force(session)
    nobodys = queries.unsigned_keys(session)
    return {
        "version": VERSION,
        "session": {
            "id": str(session.public_id),
            "date": session.local_date.isoformat(),
            "checked_in_at": time_json(session.checked_in_at),
            "ended_at": time_json(session.ended_at),
            "ending": session.ending,
            "ending_reason": session.ending_reason,
            "room": session.room.name if session.room else "",
            "clinician": person_name(session.clinician),
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
        "consent": _consent(session, until=infusion.started_at if infusion else at),
        "check_in": row_json(CheckIn.objects.filter(session=session)),
        "masses": _masses(session),
        "medicines_today": [fields_json(row) for row in queries.medicines_today(session)],
        "order": _order(order),
        "preparations": [
            _preparation(row)
            for row in Preparation.objects.filter(session=session)
            .select_related("vial__product", "prepared_by", "checked_by__account")
            .order_by("prepared_at", "pk")
        ],
        "infusion": _infusion(infusion, nobodys, at=at),
        "coverage": certificate(session, at=at),
        "medicines_given": [
            {
                **fields_json(row),
                "product": row.product.name,
                "taken_back": _taken_back(row),
            }
            for row in queries.every_medicine(session)
        ],
        "ledger": [
            {**fields_json(row), "vial": row.vial.number}
            for row in LedgerEntry.objects.filter(session=session)
            .select_related("vial", "by", "witness__account", "witness__beside")
            .order_by("sequence")
        ],
        "vital_signs": vital_signs(session),
        "artefacts": [
            {
                "sign": row.vital_sign.code,
                "value": value_json(row.vital_sign.value),
                "unit": row.vital_sign.unit,
                "taken_at": time_json(row.vital_sign.taken_at),
                "is_artefact": row.is_artefact,
                "reason": row.reason,
                "at": time_json(row.at),
                "by": person_name(row.by),
            }
            for row in _marks(session)
        ],
        "missed_readings": rows_json(
            MissedReading.objects.filter(session=session).order_by("due_at")
        ),
        "charted_from_the_queue": [
            {
                "vital_signs": len(row.vital_signs),
                "pump_readings": len(row.pump_readings),
                "is_mismatch": row.is_mismatch,
                "differing": row.differing,
                "reason": row.reason,
                "at": time_json(row.at),
                "by": person_name(row.by),
                "taken_back": _taken_back(row),
            }
            for row in QueueCharting.objects.filter(session=session)
            .select_related("by", "mistake__by")
            .order_by("pk")
        ],
        "pump_readings": _pinned(PumpReading.objects.filter(session=session)),
        "devices": [
            {
                "name": row.device.name,
                "eui64": row.device.eui64,
                "from": time_json(row.during.lower),
                "to": time_json(row.during.upper),
            }
            for row in DeviceAssignment.objects.filter(session=session)
            .select_related("device")
            .order_by("pk")
        ],
        "assessments": [
            {
                "instrument": row.instrument_key,
                "title": row.instrument.title,
                "version": row.instrument.version,
                "answers": row.answers,
                "at": time_json(row.at),
                "by": person_name(row.by),
                "replaced": hasattr(row, "replaced_by"),
                "taken_back": _taken_back(row),
                "scores": [
                    {"name": s.name, "value": value_json(s.value), "band": s.band, "flags": s.flags}
                    for s in row.scores.all()
                ],
            }
            for row in Assessment.objects.filter(session=session)
            .select_related("instrument", "by", "replaced_by", "mistake__by")
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
                "at": time_json(shown.event.at),
                "recorded_at": time_json(shown.event.recorded_at),
                "by": _who(shown.event, nobodys),
                "withdrawn": shown.withdrawn,
            }
            for shown in queries.shown_events(session)
        ],
        "alarms": [
            {
                **fields_json(row),
                "acts": rows_json(row.acts.select_related("by").order_by("at", "pk")),
            }
            for row in Alarm.objects.filter(session=session).order_by("raised_at", "pk")
        ],
        "overrides": _overrides(session),
        "refusals": rows_json(Refusal.objects.filter(session=session).order_by("at")),
        "recovery": row_json(Recovery.objects.filter(session=session)),
        "discharges": rows_json(Discharge.objects.filter(session=session).order_by("at")),
        "signed_by": person_name(signed_by),
        "signed_at": time_json(at),
    }


def vital_signs(session: TreatmentSession) -> dict[str, Any]:
    """Return hand readings in full, device readings one a minute a sign, and the hash of all.

    An artefact, and a value that is not believed, stands beside the believed one of its minute.
    """
    everything = (
        VitalSign.objects.filter(session=session).select_related("by", "device").order_by("pk")
    )
    paper = queries.kept_on_paper(session)
    spoilt = {mark.vital_sign_id: mark for mark in _marks(session)}
    by_hand: list[dict[str, Any]] = []
    trend: list[dict[str, Any]] = []
    seen: set[tuple[str, str, bool]] = set()
    for row in everything:
        mark = spoilt.get(row.pk)
        artefact = mark.reason if mark is not None and mark.is_artefact else ""
        line = {
            "sign": row.code,
            "value": value_json(row.value),
            "unit": row.unit,
            "at": time_json(row.taken_at),
            "flag": row.flag,
            "artefact": artefact,
        }
        if row.by_id is not None:
            by_hand.append(
                {
                    **line,
                    "by": person_name(row.by),
                    "recorded_at": time_json(row.arrived_at),
                    "on_paper_by": paper.get(row.batch, ""),
                }
            )
            continue
        believed = not (artefact or row.flag)
        minute = (row.code, row.taken_at.strftime("%Y%m%d%H%M"), believed)
        if minute not in seen:
            seen.add(minute)
            trend.append({**line, "device": row.device.name if row.device else ""})
    return {"by_hand": by_hand, "trend": trend, "all": _pinned(everything)}


def _marks(session: TreatmentSession) -> QuerySet[ArtefactMark]:
    """Return the artefact marks in order: the last one about a reading holds."""
    return (
        ArtefactMark.objects.filter(session=session)
        .select_related("vital_sign", "by")
        .order_by("at", "pk")
    )


def _consent(session: TreatmentSession, *, until: datetime) -> dict[str, Any] | None:
    """Return the consent that held when the infusion began: text, name, and who explained it."""
    found = (
        session.course.consents.filter(signed_at__lte=until)
        .exclude(expires_on__lt=session.local_date)
        .exclude(withdrawal__at__lte=until)
        .select_related("text", "explained_by", "withdrawal__by")
        .order_by("-signed_at", "-pk")
        .first()
    )
    if found is None:
        return None
    taken_back = getattr(found, "withdrawal", None)
    return {
        "key": found.text.key,
        "version": found.text.version,
        "sha256": found.text.sha256,
        "title": found.text.title,
        "signed_name": found.signed_name,
        "method": str(found.method),
        "signed_at": time_json(found.signed_at),
        "expires_on": value_json(found.expires_on),
        "explained_by": person_name(found.explained_by),
        "withdrawn": fields_json(taken_back) if taken_back else None,
    }


def _masses(session: TreatmentSession) -> list[dict[str, Any]]:
    """Return every mass of the day; one that was entered in error says so, and by whom."""
    rows = (
        BodyMassMeasurement.objects.filter(session=session)
        .select_related("by", "mistake__by")
        .order_by("at", "pk")
    )
    return [
        {
            **fields_json(row),
            "taken_back": _taken_back(row),
        }
        for row in rows
    ]


def _taken_back(row: Any) -> dict[str, Any] | None:
    """Return who said that an entry was made in error, when and why; None where it stands."""
    mistake = getattr(row, "mistake", None)
    if mistake is None:
        return None
    second = getattr(mistake, "seconded", None)
    return {
        "by": person_name(mistake.by),
        "at": time_json(mistake.at),
        "reason": mistake.reason,
        **({"second": person_name(second.account)} if second else {}),
    }


def _overrides(session: TreatmentSession) -> list[dict[str, Any]]:
    """Return the overrides; who signed in only for one is shown with the person at the tablet."""
    signed = {
        (row.account_id, row.at): row.beside
        for row in Countersignature.objects.filter(
            act="override", subject=session.public_id
        ).select_related("beside")
    }
    return [
        {**fields_json(row), "beside": person_name(signed.get((row.by_id, row.at)))}
        for row in Override.objects.filter(session=session).select_related("by").order_by("at")
    ]


_ADDED = ("device_at",)
"""Columns that came after records were signed: hashed last, and only where a row has them."""


def _pinned(rows: QuerySet[Any]) -> dict[str, Any]:
    """Return how many rows there are and the hash over every column of all of them, in order."""
    digest = hashlib.sha256()
    count = 0
    names = [field.attname for field in rows.model._meta.concrete_fields]
    names = sorted(names, key=lambda name: name in _ADDED)
    for values in rows.order_by("pk").values_list(*names).iterator():
        count += 1
        if values[-1] is None and names[-1] in _ADDED:
            values = values[:-1]
        digest.update("\x1f".join(str(value_json(value)) for value in values).encode() + b"\n")
    return {"count": count, "sha256": digest.hexdigest()}


def _order(order: InfusionOrder | None) -> dict[str, Any] | None:
    return (
        None
        if order is None
        else {
            **fields_json(order),
            "prn_names": product_names(order.prn),
            "signed_by": person_name(order.signed_by),
        }
    )


def _preparation(row: Preparation) -> dict[str, Any]:
    second = row.checked_by.account if row.checked_by else None
    return {
        **fields_json(row),
        "product": row.vial.product.name,
        "medicine": row.vial.product.medicine,
        "vial": row.vial.number,
        "lot": row.vial.lot,
        "expires_on": row.vial.expires_on.isoformat(),
        "prepared_by": person_name(row.prepared_by),
        "checked_by": person_name(second),
    }


def _who(row: SessionEvent | PumpAction, nobodys: frozenset[UUID]) -> str:
    return NOBODY_SIGNED_IN if row.key in nobodys else person_name(row.by)


def _infusion(
    infusion: Infusion | None, nobodys: frozenset[UUID], *, at: datetime
) -> dict[str, Any] | None:
    if infusion is None:
        return None
    told = queries.given(infusion, at=at)
    return {
        **fields_json(infusion),
        "clinician": person_name(infusion.clinician),
        "actions": [
            {
                **fields_json(row),
                "by": _who(row, nobodys),
                "taken_back": _taken_back(row),
            }
            for row in queries.every_action(infusion)
        ],
        "charted_ml": value_json(told.charted.volume.value),
        "pump_ml": value_json(told.pump.volume.value) if told.pump else None,
        "given_mg": value_json(told.settled.dose.value),
        "given_by": str(told.settled.source),
        "differences": rows_json(infusion.differences.order_by("at")),
    }
