"""The demo's patients: registered, asked about allergies, accepted and consented by services."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal

from afterglow.apps.accounts.models import Account
from afterglow.apps.consent.models import SignatureMethod
from afterglow.apps.consent.services import record_consent
from afterglow.apps.courses.models import Course
from afterglow.apps.courses.services import accept_course, open_course
from afterglow.apps.definitions.models import Definition, DefinitionKind
from afterglow.apps.people import services as people
from afterglow.apps.people.models import CareTeamRole, Patient, SexAtBirth
from afterglow.apps.places.models import Site
from afterglow.apps.treatment.models import Infusion
from afterglow.config.demo.arriving import WalkRefused
from afterglow.config.demo.cast import CHARTS, STAFF, Chart, another
from afterglow.config.demo.places import key
from afterglow.core.quantities import Height
from afterglow.core.roles import Role

PROTOCOL = "iv_ketamine_adult"
CONSENT = "iv_ketamine"
FERTILE_UNTIL = 50
REST = dt.timedelta(days=3)
"""An invented patient who had an infusion is not seen again for this long."""


def prescriber_of(site: Site) -> Account:
    """Return the demo prescriber of a site."""
    return _one_of(site, Role.PRESCRIBER)


def nurses_of(site: Site) -> list[Account]:
    """Return the infusion clinicians of a site, in the order of the cast."""
    names = [each.username for each in STAFF if each.site == site.code and each.role == "monitor"]
    found = {row.username: row for row in Account.objects.filter(username__in=names, is_demo=True)}
    return [found[name] for name in names if name in found]


def _one_of(site: Site, role: Role) -> Account:
    name = next(each.username for each in STAFF if each.site == site.code and each.role == role)
    return Account.objects.get(username=name, is_demo=True)


def chart_of(number: int) -> Chart:
    """Return the ``number``-th invented patient; there is always another one."""
    return CHARTS[number] if number < len(CHARTS) else another(number - len(CHARTS))


def course_of(number: int, *, at: dt.datetime) -> Course:
    """Return the accepted course of an invented patient, made 25 days before ``at`` if new."""
    chart = chart_of(number)
    if course := Course.objects.filter(public_id=key("course", number)).first():
        return course
    site = Site.objects.get(code=chart.site)
    doctor = prescriber_of(site)
    begun = at - dt.timedelta(days=25)
    patient = _register(number, chart, site, by=doctor, at=begun)
    course = open_course(
        key=key("course", number),
        patient=patient.public_id,
        site=site,
        indication=chart.indication[0],
        indication_code=chart.indication[1],
        protocol=_definition(DefinitionKind.DOSING_PROTOCOL, PROTOCOL).public_id,
        by=doctor,
        at=begun,
        prescriber=doctor,
    )
    accepted = accept_course(
        course=course.public_id, seen=course.row_version, eligible=True, by=doctor, at=begun
    )
    if accepted.decision.refused:
        raise WalkRefused("; ".join(reason.sentence for reason in accepted.decision.blockers))
    record_consent(
        key=key("consent", number),
        course=course.public_id,
        text=_definition(DefinitionKind.CONSENT_TEXT, CONSENT).public_id,
        signed_name=f"{chart.given} {chart.family}",
        method=SignatureMethod.ON_SCREEN,
        signed_at=begun,
        by=doctor,
        at=begun,
    )
    course.refresh_from_db()
    return course


def _register(number: int, chart: Chart, site: Site, *, by: Account, at: dt.datetime) -> Patient:
    born = dt.date.fromisoformat(chart.born)
    registered = people.register_patient(
        key=key("patient", number),
        home_site=site,
        details={
            "given_name": chart.given,
            "family_name": chart.family,
            "date_of_birth": born,
            "sex_at_birth": SexAtBirth(chart.sex),
            "could_be_pregnant": chart.sex == SexAtBirth.FEMALE
            and at.year - born.year < FERTILE_UNTIL,
            "height_cm": Height.cm(chart.cm),
            "phone": f"555-01{number % 100:02d}",
        },
        by=by,
        at=at,
        confirmed_different=True,
        is_demo=True,
    )
    patient = registered.patient  # type: ignore[union-attr]  # confirmed: never a question
    if chart.allergy is None:
        people.confirm_no_known_allergies(patient=patient.public_id, by=by, at=at)
    else:
        people.record_allergy(
            key=key("allergy", number),
            patient=patient.public_id,
            substance=chart.allergy[0],
            reaction=chart.allergy[1],
            by=by,
            at=at,
        )
    for name, dose in chart.medicines:
        people.record_medicine(
            key=key("medicine", number, name),
            patient=patient.public_id,
            name=name,
            dose=dose,
            by=by,
            at=at,
        )
    for role, name, organisation in (
        (CareTeamRole.THERAPIST, chart.therapist, "Millbrook Counselling"),
        (CareTeamRole.PRIMARY_CARE, "Dana Whitfield, MD", "Eastgate Family Practice"),
    ):
        people.add_to_care_team(
            key=key("care", number, role),
            patient=patient.public_id,
            details={
                "role": role,
                "name": name,
                "organisation": organisation,
                "phone": f"555-01{(number * 7 + 31) % 100:02d}",
                "release_signed_on": site.local_date(at),
            },
            by=by,
            at=at,
        )
    return patient


def _definition(kind: DefinitionKind, name: str) -> Definition:
    row = Definition.objects.filter(kind=kind, key=name).order_by("-version").first()
    if row is None:
        raise WalkRefused(f"There is no {kind} {name!r}.")
    return row


def weight_now(number: int, *, earlier: int) -> str:
    """Return the patient's weight in kg after ``earlier`` infusions: people change a little."""
    return str(Decimal(chart_of(number).kg) - Decimal("0.3") * earlier)


def rested(numbers: list[int], *, at: dt.datetime) -> list[int]:
    """Return the patients who had no infusion lately and have nothing open or booked now."""
    tired = set(
        Infusion.objects.filter(started_at__gt=at - REST).values_list(
            "session__course__public_id", flat=True
        )
    )
    busy = _busy(at)
    return [number for number in numbers if key("course", number) not in tired | busy]


def _busy(at: dt.datetime) -> set[uuid.UUID]:
    from afterglow.apps.scheduling.models import Appointment

    coming = Appointment.objects.filter(during__endswith__gt=at - dt.timedelta(hours=3)).exclude(
        state__in=["cancelled", "no_show"]
    )
    return set(coming.values_list("course__public_id", flat=True))
