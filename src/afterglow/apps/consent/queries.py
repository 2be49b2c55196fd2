"""Read consents and whether they hold."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from afterglow.apps.consent.models import Consent
from afterglow.apps.courses.models import Course
from afterglow.apps.people.models import Patient


class ConsentState(StrEnum):
    """Whether a consent holds on a day."""

    IN_FORCE = "in_force"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class ConsentLine:
    """A consent and whether it holds."""

    consent: Consent
    state: ConsentState


def consents_of(patient: Patient, *, on: dt.date) -> list[ConsentLine]:
    """Return a patient's consents, newest first, with whether each holds on a day."""
    rows = (
        Consent.objects.filter(patient=patient)
        .select_related("text", "course", "explained_by", "withdrawal__by")
        .order_by("-signed_at", "-pk")
    )
    return [ConsentLine(row, state_of(row, on=on)) for row in rows]


def state_of(consent: Consent, *, on: dt.date) -> ConsentState:
    """Return whether a consent holds on a day."""
    if hasattr(consent, "withdrawal"):
        return ConsentState.WITHDRAWN
    if consent.expires_on is not None and consent.expires_on < on:
        return ConsentState.EXPIRED
    return ConsentState.IN_FORCE


def in_force(course: Course, *, on: dt.date) -> Consent | None:
    """Return the newest consent of a course that holds on a day, or None."""
    for row in course.consents.select_related("text", "withdrawal").order_by("-signed_at", "-pk"):
        if state_of(row, on=on) is ConsentState.IN_FORCE:
            return row
    return None


def consent_of(public_id: UUID) -> Consent:
    """Return one consent with what its page shows. Raises DoesNotExist."""
    return Consent.objects.select_related(
        "patient__home_site", "course__site", "text", "explained_by", "withdrawal__by"
    ).get(public_id=public_id)
