"""Who sees and does what, where a name may travel, and what a wall clock means."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse

import afterglow
from afterglow.apps.accounts import queries as accounts
from afterglow.apps.accounts.models import Account, Countersignature, StaffProfile
from afterglow.apps.accounts.services import SecondPerson, countersign, create_link
from afterglow.apps.audit.models import AuditEntry
from afterglow.apps.audit.services import break_glass
from afterglow.apps.consent.models import Consent
from afterglow.apps.definitions.services import retire_definition
from afterglow.apps.medicines.models import Product
from afterglow.apps.scheduling.times import latest_instant
from afterglow.apps.treatment.forms.infusion import DrugForm
from afterglow.apps.treatment.models import Preparation
from afterglow.apps.treatment.outcomes import Refused
from afterglow.apps.treatment.services import preparation
from afterglow.apps.treatment.services.deciding import readiness_decision
from afterglow.apps.work import services as work
from afterglow.apps.work.models import Task
from afterglow.config.live_access import Kind, again
from afterglow.core.decisions import Decision
from afterglow.core.dosing import Diluent
from afterglow.core.errors import InvalidValue
from afterglow.core.lifecycle import Owner
from afterglow.core.quantities import Volume
from afterglow.core.roles import Action, CredentialKind, Role, permits
from afterglow.core.treatment.lifecycles import SESSION, SessionState
from afterglow.web import clock
from factories import PASSWORD, AccountFactory, PatientFactory, SiteFactory, staff
from support.infusion_day import Day, checked_in, infusing, ready, signed_by, witness_draw

pytestmark = pytest.mark.django_db

PACKAGE = Path(afterglow.__file__).parent


def seen_by(person: Account, day: Day, name: str = "treatment:infusion") -> Any:
    client = Client()
    client.force_login(person)
    with clock.fixed(day.minute(5)):
        return client.get(reverse(name, args=[day.id]))


@pytest.mark.parametrize("role", [Role.FRONT_DESK, Role.CUSTODIAN])
def test_who_is_no_clinician_opens_no_session(role: Role) -> None:
    day = infusing()

    assert seen_by(staff(role, site=day.site), day).status_code == 403


def test_the_front_desk_sees_who_it_is_and_nothing_clinical() -> None:
    day = infusing()
    patient = day.session.patient
    address = reverse("visits:chart", args=[patient.public_id])
    client = Client()

    def shown(person: Account) -> str:
        client.force_login(person)
        with clock.fixed(day.minute(5)):
            return client.get(address).content.decode()

    desk, nurse = shown(staff(Role.FRONT_DESK, site=day.site)), shown(day.clinician)

    assert patient.mrn in desk
    assert 'id="allergies"' in desk
    for part in ("sessions", "orders", "medicines", "documents"):
        assert f'id="{part}"' not in desk
        assert f'id="{part}"' in nurse


def test_who_broke_the_glass_reads_the_whole_infusion_page_and_its_stream() -> None:
    day = infusing()
    stranger = staff(Role.MONITOR, site=SiteFactory.create())
    before = again(Kind.SESSION, day.id, stranger.pk).status
    break_glass(
        patient=day.session.patient.public_id,
        reason="Collapsed here",
        by=stranger,
        at=clock.now() - dt.timedelta(minutes=1),
        on=day.session.local_date,
    )

    client = Client()
    client.force_login(stranger)
    panel = reverse("treatment:infusion-panel", args=[day.id, "grid"])

    assert before == 403
    assert client.get(panel).status_code == 200
    assert again(Kind.SESSION, day.id, stranger.pk).status == 200


def test_a_search_carries_no_name_in_an_address() -> None:
    patient = PatientFactory.create(family_name="Quillfeather", search_name="quillfeather dana")
    client = Client()
    client.force_login(staff(Role.FRONT_DESK, site=patient.home_site))
    page, part = reverse("people:patients"), reverse("people:search")

    plain = client.post(page, {"q": "Quillfeather"})
    htmx = client.post(part, {"q": "Quillfeather"}, headers={"HX-Request": "true"})
    by_address = client.get(page, {"q": "Quillfeather"})

    assert patient.mrn in plain.content.decode()
    assert patient.mrn in htmx.content.decode()
    assert 'value="Quillfeather"' not in by_address.content.decode()
    assert 'method="post"' in by_address.content.decode()


def test_no_view_reads_a_name_from_an_address_and_no_form_sends_one() -> None:
    who = r"(q|name|mrn|born|date_of_birth|family_name|given_name|email|phone)"
    read = re.compile(rf"GET(\.get\(|\[)[\"']{who}[\"']")
    sent = re.compile(rf"[?&]{who}=")

    found = [
        path.name
        for path in (*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.html"))
        if read.search(text := path.read_text(encoding="utf-8")) or sent.search(text)
    ]

    assert found == []


def test_a_patient_named_as_the_second_person_does_not_become_staff() -> None:
    day = infusing()
    patient = AccountFactory.create(username="dana")
    patient.set_password(PASSWORD)
    patient.save()

    outcome = countersign(
        by=SecondPerson("dana", PASSWORD),
        beside=day.clinician,
        act="read-back",
        subject=day.session,
        at=day.minute(5),
        site=day.site,
    )

    assert isinstance(outcome, Decision)
    assert not StaffProfile.objects.filter(account=patient).exists()
    assert create_link(account=patient, by=None, at=day.minute(6))


def test_who_signs_by_the_lifecycle_may_sign_by_the_roles() -> None:
    assert SESSION.owners[SessionState.DISCHARGED] is Owner.PRESCRIBER
    assert permits(Action.SIGN_RECORD, frozenset({Role.PRESCRIBER}))
    assert not permits(Action.SIGN_RECORD, frozenset({Role.MONITOR}))


@pytest.mark.parametrize(
    "action",
    [Action.STOP_INFUSION, Action.CHART, Action.ACKNOWLEDGE_ALARM, Action.START_INFUSION],
)
def test_only_what_gives_drug_needs_a_paper(action: Action) -> None:
    day = infusing()
    day.clinician.credentials.filter(kind=CredentialKind.LICENCE).delete()

    allowed = day.clinician.may(action, site=day.site, on=day.session.local_date).allowed

    assert allowed is (action is not Action.START_INFUSION)


def start_blocks(day: Day) -> set[str]:
    decision = readiness_decision(day.refreshed(), at=day.minute(-1))
    return {reason.code for reason in decision.blockers}


def test_a_consent_whose_own_time_is_over_stops_the_start() -> None:
    day = ready()
    consent = Consent.objects.get(course=day.session.course)
    copy = Consent.objects.get(pk=consent.pk)
    copy.pk = None
    copy.public_id = uuid.uuid4()
    copy.signed_at = consent.signed_at + dt.timedelta(hours=1)
    copy.expires_on = day.session.local_date - dt.timedelta(days=1)
    copy.save(force_insert=True)

    assert "CONSENT_SUPERSEDED" in start_blocks(day) or "CONSENT_EXPIRED" in start_blocks(day)


def test_a_consent_to_a_retired_text_stops_the_start_though_no_newer_one_is_there() -> None:
    day = ready()
    text = Consent.objects.get(course=day.session.course).text
    before = start_blocks(day)

    retire_definition(definition=text.public_id, by=staff(Role.MEDICAL_DIRECTOR), at=day.minute(-5))

    assert before == set()
    assert {code for code in start_blocks(day) if code.startswith("CONSENT")}


DENVER = ZoneInfo("America/Denver")


def typed(at: dt.datetime, when: str) -> DrugForm:
    site = SiteFactory.create(time_zone="America/Denver")
    product = Product.objects.create(key="x", medicine="x", name="X")
    form = DrugForm(
        {"key": uuid.uuid4(), "when": when, "what": "x", "dose": "1"},
        products=[product],
        site=site,
        at=at,
    )
    form.is_valid()
    return form


def test_ten_to_two_typed_at_ten_past_two_after_the_clocks_went_back_is_twenty_minutes_ago() -> (
    None
):
    at = dt.datetime(2026, 11, 1, 9, 10, tzinfo=dt.UTC)  # 02:10, the second time round is over

    assert typed(at, "01:50").happened_at == at - dt.timedelta(minutes=20)


def test_ten_to_two_typed_in_the_first_round_is_the_first_one() -> None:
    at = dt.datetime(2026, 11, 1, 7, 55, tzinfo=dt.UTC)  # 01:55, before the clocks go back

    assert typed(at, "01:50").happened_at == at - dt.timedelta(minutes=5)


def test_a_time_that_the_clocks_skipped_is_refused_with_a_sentence() -> None:
    at = dt.datetime(2026, 3, 8, 9, 40, tzinfo=dt.UTC)  # 03:40: 02:00 to 03:00 did not occur

    form = typed(at, "02:30")

    assert "does not occur" in str(form.errors["when"])


def test_a_time_still_to_come_is_yesterdays() -> None:
    at = dt.datetime(2026, 11, 24, 7, 10, tzinfo=dt.UTC)  # 00:10

    assert typed(at, "23:50").happened_at == at - dt.timedelta(minutes=20)


def test_no_clock_shows_a_time_that_does_not_occur() -> None:
    with pytest.raises(InvalidValue, match="does not occur"):
        latest_instant(
            dt.date(2026, 3, 8),
            dt.time(2, 30),
            DENVER,
            until=dt.datetime(2026, 3, 8, 12, tzinfo=dt.UTC),
        )


EVENING = dt.datetime(2026, 11, 24, 1, 0, tzinfo=dt.UTC)
"""17:00 on the 23rd in Los Angeles; the 24th in UTC."""


def last_day(role: Role) -> Account:
    """Somebody whose role ends with the 23rd in Los Angeles."""
    site = SiteFactory.create(time_zone="America/Los_Angeles")
    person = staff(role, site=site)
    person.grants.update(ends_on=dt.date(2026, 11, 23))
    return person


def test_a_role_ends_with_the_day_of_its_site_and_not_of_greenwich() -> None:
    person = last_day(Role.MONITOR)
    midnight = EVENING + dt.timedelta(hours=7)

    assert len(accounts.sites_of(person, at=EVENING)) == 1
    assert accounts.sites_of(person, at=midnight) == []


def test_a_late_task_is_told_to_who_still_has_the_role_at_the_site() -> None:
    director = last_day(Role.MEDICAL_DIRECTOR)
    site = director.grants.get().site
    assert site is not None
    work.open_task(
        kind="suicide_positive",
        subject=site,
        site=site,
        by=None,
        at=EVENING - dt.timedelta(hours=2),
    )

    work.escalate_overdue(at=EVENING)

    assert Task.objects.get().escalated_at == EVENING
    from afterglow.apps.notices.models import Notice

    assert Notice.objects.filter(to=director.public_id).exists()


def test_a_second_person_signs_on_the_day_of_the_site() -> None:
    person = last_day(Role.MONITOR)
    site = person.grants.get().site
    assert site is not None

    outcome = countersign(
        by=SecondPerson(person.username, PASSWORD),
        beside=staff(Role.MONITOR, site=site),
        act="witness",
        subject=site,
        at=EVENING,
        site=site,
    )

    assert not isinstance(outcome, Decision)


def test_a_stale_page_is_refused_and_written_down() -> None:
    day = infusing()
    client = Client()
    client.force_login(day.clinician)
    Task.objects.all().delete()
    task = work.open_task(
        kind="follow_up", subject=day.session, site=day.site, by=None, at=day.minute(1)
    )
    work.complete_task(
        task=task.public_id,
        by=day.clinician,
        at=day.minute(2),
        on=day.session.local_date,
        outcome="Called",
    )

    with clock.fixed(day.minute(5)):
        answer = client.post(reverse("work:take", args=[task.public_id]))

    assert answer.status_code == 409
    assert "already done" in answer.content.decode()
    refused = AuditEntry.objects.get(action="request-refused")
    assert refused.detail["codes"] == ["TaskIsClosed"]


def test_a_signature_of_a_second_person_serves_once_soon_and_beside_who_asked() -> None:
    day = checked_in()
    at = day.minute(-15)

    def tried(signature: Countersignature) -> tuple[str, ...]:
        outcome = draw(day, at=at, witness=signature)
        return outcome.decision.codes if isinstance(outcome, Refused) else ()

    old = witness_draw(day, at=at - dt.timedelta(minutes=16))
    others = Countersignature.objects.create(
        account=day.second,
        beside=day.prescriber,
        act="draw",
        subject_type="visits.treatmentsession",
        subject=day.id,
        at=at,
    )
    another_act = signed_by(day.second, day, act="read-back", on=day.session, at=at)
    another_row = signed_by(day.second, day, act="draw", on=day.vial, at=at)
    good = witness_draw(day, at=at)

    for bad in (old, others, another_act, another_row):
        assert "COUNTERSIGNATURE_NOT_FOR_THIS" in tried(bad)
    assert tried(good) == ()
    made = Preparation.objects.get(session=day.session)
    again = preparation.check_preparation_read_back(
        session=day.id,
        read_back=preparation.expected_read_back(made),
        second=good,
        by=day.clinician,
        at=at,
    )
    assert isinstance(again, Refused)
    assert again.decision.codes == ("COUNTERSIGNATURE_NOT_FOR_THIS",)


def draw(day: Day, *, at: dt.datetime, witness: Countersignature) -> Any:
    return preparation.prepare(
        session=day.id,
        vial=day.vial.public_id,
        label_strength=day.vial.strength_mg_per_ml,
        drawn=Volume.ml("0.7"),
        diluent_name="sodium_chloride_0_9",
        diluent=Diluent(Volume.ml("50"), line=Volume.ml("0"), residual=Volume.ml("0")),
        by=day.clinician,
        at=at,
        key=uuid.uuid4(),
        witness=witness,
    )
