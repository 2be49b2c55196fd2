"""Find patients, warn of like names, and read what a chart's first line needs."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.db.models import Q
from rapidfuzz import fuzz, process

from afterglow.apps.people.models import (
    Allergy,
    AllergyReview,
    CareTeamMember,
    CurrentMedicine,
    ListState,
    Patient,
)
from afterglow.apps.places.models import Site
from afterglow.core.medicines import benzodiazepines
from afterglow.core.medicines.names import fold

NEAR_NAME: Final = 84
"""How alike two folded names are, of 100, to be called near."""
FOUND_AT_MOST: Final = 20
_DAY_PATTERNS: Final = ("%Y-%m-%d", "%d %b %Y", "%d %B %Y", "%m/%d/%Y", "%d.%m.%Y", "%b %d %Y")


def search_name(family: str, given: str, preferred: str = "") -> str:
    """Return the folded name that searches compare: family, given, preferred."""
    return " ".join(filter(None, (fold(family), fold(given), fold(preferred))))


@dataclass(frozen=True, slots=True)
class Found:
    """One hit of a search; ``near`` says that the spelling differs."""

    patient: Patient
    near: bool = False
    same_name: bool = False


def find_patients(text: str, *, limit: int = FOUND_AT_MOST) -> list[Found]:
    """Return patients by MRN, birth date or name, accents and case apart; near names last."""
    words = text.replace("\x00", "").strip()  # PostgreSQL's text holds no NUL
    if not words:
        return []
    patients = Patient.objects.select_related("home_site")
    if born := _day(words):
        return _marked(list(patients.filter(date_of_birth=born)[:limit]))
    if re.fullmatch(r"[0-9]{3,}", words):
        exact = patients.filter(Q(mrn=words) | Q(mrn__endswith=words) | Q(phone__endswith=words))
        return _marked(list(exact.order_by("mrn")[:limit]))
    wanted = fold(words)
    named = Q()
    for part in wanted.split():
        named &= Q(search_name__contains=part)
    hits = list(patients.filter(named | Q(mrn__iexact=words))[:limit]) if wanted else []
    found = _marked(hits)
    if len(hits) < limit and len(wanted) >= 3:
        found += _near(wanted, {hit.pk for hit in hits}, limit=min(8, limit - len(hits)))
    return found


def _marked(patients: Sequence[Patient]) -> list[Found]:
    names = [_bare_name(patient) for patient in patients]
    return [
        Found(patient, same_name=names.count(name) > 1)
        for patient, name in zip(patients, names, strict=True)
    ]


def _near(wanted: str, without: set[int], *, limit: int) -> list[Found]:
    names = dict(Patient.objects.exclude(pk__in=without).values_list("pk", "search_name"))
    hits = process.extract(
        wanted, names, scorer=fuzz.token_set_ratio, score_cutoff=NEAR_NAME, limit=limit
    )
    hits += process.extract(
        wanted, names, scorer=fuzz.WRatio, score_cutoff=NEAR_NAME + 2, limit=limit
    )
    order = list(dict.fromkeys(int(hit[2]) for hit in hits))[:limit]
    rows = Patient.objects.select_related("home_site").in_bulk(order)
    return [Found(rows[pk], near=True) for pk in order]


def _day(text: str) -> dt.date | None:
    plain = text.replace(",", " ").strip()
    plain = re.sub(r"\s+", " ", plain)
    for pattern in _DAY_PATTERNS:
        try:
            return dt.datetime.strptime(plain, pattern).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    return None


def _bare_name(patient: Patient) -> str:
    return search_name(patient.family_name, patient.given_name)


def same_or_near_names(
    *, family: str, given: str, besides: Patient | None = None, limit: int = 5
) -> list[Patient]:
    """Return other patients whose name is the same or nearly so, most alike first."""
    wanted = search_name(family, given)
    others = Patient.objects.all() if besides is None else Patient.objects.exclude(pk=besides.pk)
    names = {
        pk: search_name(family_name, given_name)
        for pk, family_name, given_name in others.values_list("pk", "family_name", "given_name")
    }
    hits = process.extract(
        wanted, names, scorer=fuzz.token_sort_ratio, score_cutoff=NEAR_NAME + 4, limit=limit
    )
    rows = Patient.objects.in_bulk([hit[2] for hit in hits])
    return [rows[hit[2]] for hit in hits]


def same_names(patient: Patient) -> list[Patient]:
    """Return other patients of the very same name, accents and case apart."""
    start = search_name(patient.family_name, patient.given_name)
    others = Patient.objects.exclude(pk=patient.pk).filter(search_name__startswith=start)
    return [other for other in others if _bare_name(other) == start]


def sites_of(patient: Patient) -> list[Site]:
    """Return the sites where a patient is in care: home, courses and appointments."""
    return list(
        Site.objects.filter(
            Q(pk=patient.home_site_id)
            | Q(courses__patient=patient)
            | Q(appointments__patient=patient)
        )
        .distinct()
        .order_by("name")
    )


def sites_of_id(public_id: UUID) -> list[Site]:
    """Return the sites of a patient's care by the public id; none for an unknown one."""
    patient = Patient.objects.filter(public_id=public_id).first()
    return sites_of(patient) if patient else []


def patient_of(public_id: UUID) -> Patient:
    """Return one patient. Raises DoesNotExist."""
    return Patient.objects.select_related("home_site").get(public_id=public_id)


def age(born: dt.date, on: dt.date) -> int:
    """Return completed years on a day; someone born on 29 Feb has a birthday on 1 Mar otherwise."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def active_allergies(patient: Patient) -> list[Allergy]:
    """Return the allergies in force, severest first."""
    order = {"severe": 0, "moderate": 1, "unknown": 2, "mild": 3}
    rows = patient.allergies.filter(state=ListState.ACTIVE).select_related("recorded_by")
    return sorted(rows, key=lambda row: (order[row.severity], row.substance.lower()))


def active_medicines(patient: Patient) -> list[CurrentMedicine]:
    """Return the medicines the patient takes, by name."""
    return list(
        patient.medicines.filter(state=ListState.ACTIVE)
        .select_related("recorded_by")
        .order_by("name")
    )


def care_team_of(patient: Patient, *, on: dt.date) -> list[CareTeamMember]:
    """Return the people around the patient who have not ended by ``on``."""
    current = patient.care_team.filter(Q(ended_on__isnull=True) | Q(ended_on__gt=on))
    return list(current.select_related("partner__account").order_by("role", "name"))


def allergy_words(patient: Patient) -> tuple[str, ...]:
    """Return each allergy in force as a banner shows it: ``Latex (rash)``."""
    return tuple(
        f"{row.substance} ({row.reaction})" if row.reaction else row.substance
        for row in active_allergies(patient)
    )


def allergies_asked(patient: Patient) -> bool:
    """Whether an empty list may be read as "no known allergies"."""
    return patient.allergy_review != AllergyReview.NOT_ASKED


@dataclass(frozen=True, slots=True)
class DiazepamEquivalent:
    """The daily benzodiazepine dose in mg of diazepam, and the medicines it could not count."""

    mg_per_day: Decimal
    uncounted: tuple[str, ...] = ()


def diazepam_equivalent(patient: Patient) -> DiazepamEquivalent:
    """Add up the current benzodiazepines as mg of diazepam a day, by the shipped table (GK)."""
    total, uncounted = Decimal(0), []
    for row in active_medicines(patient):
        if row.drug_class != benzodiazepines.CLASS:
            continue
        daily = row.daily_dose_mg
        equal = None
        if daily is not None:
            equal = benzodiazepines.diazepam_mg(row.medicine_key, daily)
        if equal is None:
            uncounted.append(row.name)
        else:
            total += equal
    return DiazepamEquivalent(total, tuple(uncounted))


def diazepam_equivalent_mg(patient: Patient) -> Decimal | None:
    """Return the daily benzodiazepine dose in mg of diazepam; 0 without any.

    None when a dose or a factor is missing: an unknown amount is not a small one.
    """
    sum_ = diazepam_equivalent(patient)
    return None if sum_.uncounted else sum_.mg_per_day


def recently_registered(site: Site | None, *, limit: int = 12) -> list[Patient]:
    """Return the patients last registered, of one site or of all."""
    rows = Patient.objects.select_related("home_site").order_by("-created_at", "-pk")
    return list((rows.filter(home_site=site) if site else rows)[:limit])
