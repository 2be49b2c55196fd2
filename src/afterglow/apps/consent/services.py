"""Record and withdraw consent: who agreed to which version of which text, and until when."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import transaction
from rapidfuzz import fuzz

from afterglow.apps.accounts import policies
from afterglow.apps.accounts.models import Account
from afterglow.apps.audit import services as audit
from afterglow.apps.consent.models import Consent, ConsentWithdrawal, SignatureMethod
from afterglow.apps.courses.models import Course
from afterglow.apps.definitions.models import Definition, DefinitionKind
from afterglow.apps.events import services as events
from afterglow.apps.people.models import Patient
from afterglow.core.cited import Section
from afterglow.core.errors import InvalidValue
from afterglow.core.medicines.names import fold
from afterglow.core.roles import Action

LIKE_THE_NAME: Final = 75
"""How alike the signed and the charted name are, of 100, to need no second look."""


@dataclass(frozen=True, slots=True)
class NameDiffers:
    """Nothing was saved: the typed name is not the patient's. Look again, or say who signed."""

    signed_name: str
    patient_name: str


@transaction.atomic
def record_consent(
    *,
    key: UUID,
    course: UUID,
    text: UUID,
    signed_name: str,
    method: SignatureMethod,
    signed_at: dt.datetime,
    by: Account,
    at: dt.datetime,
    name_confirmed: bool = False,
    document: UUID | None = None,
) -> Consent | NameDiffers:
    """Record that a patient signed one version of a consent text, explained by ``by``.

    The same key again returns the same consent. It runs out after the text's own ``valid_for``.
    Raises InvalidValue for a text that is none, an empty name, or a signature after ``at``.
    """
    row = Course.objects.select_related("site", "patient").get(public_id=course)
    policies.check(Action.RECORD_CONSENT, by=by, site=row.site, on=row.site.local_date(at))
    if existing := Consent.objects.filter(public_id=key).first():
        if existing.course_id != row.pk:
            raise InvalidValue(
                "The key %(key)s was already used for another course.",
                key=key,
            )
        return existing
    definition = Definition.objects.get(public_id=text)
    if definition.kind != DefinitionKind.CONSENT_TEXT:
        raise InvalidValue(
            "%(definition)s is a %(kind)s, not a consent text.",
            definition=definition,
            kind=definition.kind,
        )
    name = signed_name.strip()
    if not name:
        raise InvalidValue("The name under the consent is empty.")
    if signed_at > at:
        raise InvalidValue(
            "The signature is dated %(signed_at)s UTC, which lies in the future.",
            signed_at=f"{signed_at:%d %b %Y %H:%M}",
        )
    if not name_confirmed and not is_like(name, row.patient):
        audit.record(
            "record-consent-refused",
            subject=row,
            by=by,
            at=at,
            site=row.site,
            patient=row.patient,
            detail={"text": str(definition), "codes": ["NAME_DIFFERS"]},
        )
        return NameDiffers(name, f"{row.patient.given_name} {row.patient.family_name}")
    consent = Consent.objects.create(
        public_id=key,
        patient=row.patient,
        course=row,
        text=definition,
        signed_name=name,
        method=method,
        signed_at=signed_at,
        expires_on=expires_on(definition, row.site.local_date(signed_at)),
        explained_by=by,
        recorded_at=at,
        document=document,
    )
    detail = {"text": str(definition), "sha256": definition.sha256, "method": str(method)}
    _tell("consent-recorded", consent, subject=consent, by=by, at=at, detail=detail)
    return consent


@transaction.atomic
def withdraw_consent(
    *, consent: UUID, by: Account, at: dt.datetime, reason: str = ""
) -> ConsentWithdrawal:
    """Record that the patient took a consent back. It counts from ``at``; twice is once."""
    row = Consent.objects.select_related("course__site", "patient").get(public_id=consent)
    site = row.course.site
    policies.check(Action.RECORD_CONSENT, by=by, site=site, on=site.local_date(at))
    withdrawal, is_new = ConsentWithdrawal.objects.get_or_create(
        consent=row, defaults={"at": at, "by": by, "reason": reason.strip()}
    )
    if is_new:
        _tell("consent-withdrawn", row, subject=withdrawal, by=by, at=at, detail={})
    return withdrawal


def expires_on(text: Definition, signed: dt.date) -> dt.date | None:
    """Return the last day a consent to this text holds, or None when the text names no limit."""
    section = Section("consent_text", text.body)
    if not section.has("valid_for"):
        return None
    return signed + dt.timedelta(days=int(section.number("valid_for", unit="d")))


def is_like(name: str, patient: Patient) -> bool:
    """Whether a signed name is nearly the patient's, whatever its order, accents and case."""
    charted = fold(f"{patient.given_name} {patient.family_name}")
    return bool(fuzz.token_sort_ratio(fold(name), charted) >= LIKE_THE_NAME)


def _tell(
    what: str,
    consent: Consent,
    *,
    subject: Consent | ConsentWithdrawal,
    by: Account,
    at: dt.datetime,
    detail: dict[str, str],
) -> None:
    site, patient = consent.course.site, consent.patient
    audit.record(what, subject=subject, by=by, at=at, site=site, patient=patient, detail=detail)
    events.publish(
        what, topic=patient.public_id, subject=subject.public_id, site=site.public_id, at=at
    )
