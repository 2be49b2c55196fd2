"""A message that names another patient: who may chart it, how, what is kept, and the way back."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from afterglow.apps.audit.models import AuditEntry
from afterglow.apps.monitoring import pumps, queries, services
from afterglow.apps.monitoring.facts import last_pump_readings
from afterglow.apps.monitoring.models import (
    ArtefactMark,
    ChartingMistake,
    DeviceNotification,
    PumpReading,
    QueueCharting,
    ReviewItem,
    ReviewReason,
    ReviewState,
    VitalSign,
)
from afterglow.apps.monitoring.services import InSpite
from afterglow.apps.monitoring.services.reviews import Settled
from afterglow.apps.monitoring.told import told
from afterglow.apps.treatment.models import Infusion
from afterglow.apps.treatment.outcomes import Done
from afterglow.apps.treatment.printed.during import story
from afterglow.apps.treatment.printed.words import Clock
from afterglow.apps.treatment.record import record_content
from afterglow.apps.treatment.services import infusions
from afterglow.apps.treatment.shown.drug import drug_row
from afterglow.apps.work.models import Task, TaskState
from afterglow.core.permission import Forbidden
from afterglow.core.quantities import Volume
from afterglow.core.roles import Role
from afterglow.core.treatment.endings import InfusionEnding
from afterglow.core.treatment.lifecycles import SessionState
from afterglow.interop.hl7v2.emit import SentPatient
from factories import SessionFactory, staff
from support.clinic_alerts import alert
from support.clinic_messages import (
    DELIVERED,
    PULSE,
    RATE,
    SPO2,
    Bed,
    arrive,
    bed,
    later,
    oru,
)
from support.infusion_day import infusing

pytestmark = pytest.mark.django_db

WHY = "The monitor kept the last patient's number; I watched it measure her"


def named(here: Bed, *differing: str) -> SentPatient:
    """The patient in the chair as a monitor names her, apart from what differs."""
    patient = here.session.patient
    return SentPatient(
        "000999" if "number" in differing else patient.mrn,
        "Doe" if "name" in differing else patient.family_name,
        "Jane" if "name" in differing else patient.given_name,
        "19900101" if "birth" in differing else f"{patient.date_of_birth:%Y%m%d}",
    )


def mismatch(here: Bed, *differing: str, values: dict[str, str | None] | None = None) -> ReviewItem:
    """A message that waits because it names somebody else in these identifiers."""
    raw = oru(
        here.monitor,
        values or {SPO2: "97", PULSE: "61"},
        at=later(5),
        control_id="1",
        patient=named(here, *differing),
    )
    arrive(raw, at=later(5))
    item = ReviewItem.objects.get()
    assert item.reason == ReviewReason.PATIENT_MISMATCH
    assert not VitalSign.objects.exists()
    return item


def chart(item: ReviewItem, here: Bed, in_spite: InSpite | None = None) -> object:
    return services.assign_review(
        item=item.public_id,
        session=here.session.public_id,
        by=here.clinician,
        at=later(9),
        in_spite=in_spite,
    )


def in_spite(here: Bed, reason: str = WHY) -> InSpite:
    return InSpite(reason, here.session.patient.mrn)


@pytest.mark.parametrize(
    "differing",
    [("number", "name"), ("number", "birth"), ("name", "birth"), ("number", "name", "birth")],
)
def test_where_two_identifiers_differ_nobody_charts_it_whatever_is_said(
    differing: tuple[str, ...],
) -> None:
    here = bed()
    item = mismatch(here, *differing)

    refused = chart(item, here, in_spite(here))

    assert isinstance(refused, services.Refused)
    assert refused.decision.codes == ("MESSAGE_IS_ANOTHERS",)
    assert not VitalSign.objects.exists()
    assert not QueueCharting.objects.exists()
    item.refresh_from_db()
    assert item.state == ReviewState.OPEN


@pytest.mark.parametrize("differing", ["number", "name", "birth"])
def test_where_one_differs_a_person_charts_it_with_a_reason_and_is_on_record(
    differing: str,
) -> None:
    here = bed()
    item = mismatch(here, differing)

    plain = chart(item, here)
    short = chart(item, here, in_spite(here, "ok"))
    other = chart(item, here, InSpite(WHY, "000999"))
    done = chart(item, here, in_spite(here))

    for refused, code in (
        (plain, "MESSAGE_DOES_NOT_PROVE_WHO"),
        (short, "MESSAGE_DOES_NOT_PROVE_WHO"),
        (other, "MISMATCH_READ_BACK_DIFFERS"),
    ):
        assert isinstance(refused, services.Refused)
        assert refused.decision.codes == (code,)
    assert isinstance(done, Settled)
    kept = QueueCharting.objects.get()
    assert (kept.by, kept.at, kept.session, kept.reason) == (
        here.clinician,
        later(9),
        here.session,
        WHY,
    )
    assert kept.is_mismatch
    assert len(kept.differing) == 1
    assert kept.vital_signs == list(VitalSign.objects.order_by("pk").values_list("pk", flat=True))
    entry = AuditEntry.objects.get(action="review-item-assigned-in-spite-of-a-mismatch")
    assert entry.by == here.clinician.public_id
    assert AuditEntry.objects.filter(action="review-assignment-refused").count() == 3


def test_a_name_alone_needs_the_second_step_too() -> None:
    here = bed()
    patient = here.session.patient
    raw = oru(
        here.monitor,
        {SPO2: "97"},
        at=later(5),
        control_id="1",
        patient=SentPatient("", patient.family_name, patient.given_name),
    )
    arrive(raw, at=later(5))
    item = ReviewItem.objects.get()

    plain = chart(item, here)
    done = chart(item, here, in_spite(here))

    assert isinstance(plain, services.Refused)
    assert isinstance(done, Settled)
    assert QueueCharting.objects.get().differing == []


def test_whom_the_message_proves_gets_it_without_a_second_step() -> None:
    here = bed()
    other = SessionFactory.create(site=here.session.site, state=SessionState.INFUSING)
    patient = other.patient
    raw = oru(
        here.monitor,
        {SPO2: "97"},
        at=later(5),
        control_id="1",
        patient=SentPatient(patient.mrn, patient.family_name, patient.given_name),
    )
    arrive(raw, at=later(5))
    item = ReviewItem.objects.get()

    done = services.assign_review(
        item=item.public_id, session=other.public_id, by=here.clinician, at=later(9)
    )

    assert isinstance(done, Settled)
    assert not QueueCharting.objects.get().is_mismatch


def test_all_messages_of_a_line_are_never_charted_in_spite_of_a_mismatch() -> None:
    here = bed()
    item = mismatch(here, "name")

    group = services.assign_group(
        item=item.public_id, session=here.session.public_id, by=here.clinician, at=later(9)
    )

    assert (group.settled, group.left) == (0, 1)
    assert not VitalSign.objects.exists()


def test_reading_it_again_never_charts_a_mismatch() -> None:
    here = bed()
    item = mismatch(here, "name")

    outcome = services.reread_review(item=item.public_id, by=here.clinician, at=later(9))

    assert isinstance(outcome, services.Refused)
    assert not VitalSign.objects.exists()


def test_the_database_refuses_a_mismatch_without_a_reason() -> None:
    here = bed()
    item = mismatch(here, "name")

    with pytest.raises(DatabaseError), transaction.atomic():
        QueueCharting.objects.create(
            message=item.message,
            session=here.session,
            is_mismatch=True,
            differing=["name"],
            by=here.clinician,
            at=later(9),
        )


def test_what_was_charted_to_the_wrong_patient_stays_and_counts_no_more() -> None:
    here = bed()
    item = mismatch(here, "name")
    chart(item, here, in_spite(here))
    assert queries.latest_readings(here.session, at=later(9))

    nothing = services.take_back_charting(
        item=item.public_id, reason=" no ", by=here.clinician, at=later(10)
    )
    made = services.take_back_charting(
        item=item.public_id, reason="It was the patient next door", by=here.clinician, at=later(10)
    )
    again = services.take_back_charting(
        item=item.public_id, reason="It was the patient next door", by=here.clinician, at=later(11)
    )

    assert isinstance(nothing, services.Refused)
    assert nothing.decision.codes == ("TAKING_BACK_NEEDS_A_REASON",)
    assert isinstance(made, ChartingMistake)
    assert again == made
    assert VitalSign.objects.count() == 2
    assert ArtefactMark.objects.count() == 2
    assert queries.latest_readings(here.session, at=later(12)) == ()
    item.refresh_from_db()
    assert (item.state, item.session) == (ReviewState.OPEN, None)
    assert Task.objects.filter(kind="review_message", state=TaskState.OPEN).exists()
    assert AuditEntry.objects.filter(action="charting-taken-back").count() == 1


def test_it_is_not_charted_to_the_same_patient_again_but_to_whom_it_belongs() -> None:
    here = bed()
    other = SessionFactory.create(site=here.session.site, state=SessionState.INFUSING)
    other.patient.family_name, other.patient.given_name = "Doe", "Jane"
    other.patient.save()
    item = mismatch(here, "name")
    chart(item, here, in_spite(here))
    services.take_back_charting(
        item=item.public_id, reason="It was the patient next door", by=here.clinician, at=later(10)
    )

    same = chart(item, here, in_spite(here))
    right = services.assign_review(
        item=item.public_id,
        session=other.public_id,
        by=here.clinician,
        at=later(11),
        in_spite=InSpite(WHY, other.patient.mrn),
    )

    assert isinstance(same, services.Refused)
    assert same.decision.codes == ("MESSAGE_WAS_TAKEN_BACK",)
    assert isinstance(right, Settled)
    assert set(VitalSign.objects.filter(session=other).values_list("code", flat=True)) == {
        "spo2",
        "pulse_rate",
    }
    assert queries.latest_readings(here.session, at=later(12)) == ()


def test_a_pump_that_was_another_patients_counts_no_more() -> None:
    here = bed()
    first = oru(here.pump, {RATE: "52.5", DELIVERED: "1.5"}, at=later(4), control_id="1")
    arrive(first, at=later(4))
    raw = oru(
        here.pump,
        {RATE: "120", DELIVERED: "30"},
        at=later(5),
        control_id="2",
        patient=named(here, "name"),
    )
    arrive(raw, at=later(5))
    item = ReviewItem.objects.get()
    chart(item, here, in_spite(here))
    key = here.session.pk

    def rate() -> Decimal:
        told = last_pump_readings([key])[key].rate_ml_per_h
        assert told is not None
        return told.value

    def counted() -> Volume | None:
        tolerance = Volume.ml("0.1")
        return pumps.delivered_since(key, since=later(3), at=later(20), tolerance=tolerance)

    assert rate() == Decimal(120)
    assert counted() == Volume.ml("30")

    services.take_back_charting(
        item=item.public_id, reason="It was the pump next door", by=here.clinician, at=later(10)
    )

    assert PumpReading.objects.count() == 2
    assert rate() == Decimal("52.5")
    assert counted() == Volume.ml("1.5")
    assert pumps.last_counted(key, since=later(3), at=later(20)) == later(4)
    rates = pumps.rates_since(key, since=later(3), at=later(20), silent_after=later(5) - later(0))
    assert [each.value for _, each in rates.rates] == [Decimal("52.5")]


def test_a_signed_record_takes_nothing_back() -> None:
    here = bed()
    item = mismatch(here, "name")
    chart(item, here, in_spite(here))
    type(here.session).objects.filter(pk=here.session.pk).update(state=SessionState.SIGNED)

    with pytest.raises(services.RecordLocked):
        services.take_back_charting(
            item=item.public_id, reason="It was next door", by=here.clinician, at=later(10)
        )


def test_what_nobody_charted_cannot_be_taken_back() -> None:
    here = bed()
    item = mismatch(here, "name")

    with pytest.raises(QueueCharting.DoesNotExist):
        services.take_back_charting(
            item=item.public_id, reason="It was next door", by=here.clinician, at=later(10)
        )


def test_the_front_desk_takes_nothing_back() -> None:
    here = bed()
    item = mismatch(here, "name")
    chart(item, here, in_spite(here))

    with pytest.raises(Forbidden):
        services.take_back_charting(
            item=item.public_id,
            reason="It was next door",
            by=staff(Role.FRONT_DESK, site=here.session.site),
            at=later(10),
        )


def sign_in(client: Client, here: Bed) -> None:
    client.force_login(here.clinician, backend="django.contrib.auth.backends.ModelBackend")


def test_the_page_shows_both_identities_and_every_value_with_its_time(client: Client) -> None:
    here = bed()
    item = mismatch(here, "number", "name")
    sign_in(client, here)
    patient = here.session.patient

    page = client.get(reverse("monitoring:review", args=[item.public_id])).content.decode()
    direct = client.get(
        reverse("monitoring:assign-in-spite", args=[item.public_id, here.session.public_id])
    )

    for said in ("Doe", "Jane", "000999", patient.mrn, patient.full_name, here.monitor.name):
        assert said in page
    assert "97 %" in page
    assert page.count("differs") == 2
    assert "two identifiers differ" in page
    assert "Chart it here" not in page
    assert "in-spite" not in page
    assert direct.status_code == 302


def test_the_second_step_asks_for_a_reason_and_the_record_number(client: Client) -> None:
    here = bed()
    item = mismatch(here, "name")
    sign_in(client, here)
    url = reverse("monitoring:assign-in-spite", args=[item.public_id, here.session.public_id])
    words = {"reason": WHY, "record_number": here.session.patient.mrn, "seen": "1"}

    first = client.get(reverse("monitoring:review", args=[item.public_id])).content.decode()
    posted = client.post(
        reverse("monitoring:assign-review", args=[item.public_id]),
        {"session": str(here.session.public_id), "seen": "1"},
    )
    empty = client.post(url, {"seen": "1"})
    wrong = client.post(url, words | {"record_number": "000999"})
    step = client.get(url).content.decode()
    done = client.post(url, words, follow=True).content.decode()
    queue = client.get(reverse("monitoring:reviews")).content.decode()

    assert url in first
    assert 'data-key="c"' not in first
    assert posted.status_code == 409
    assert empty.status_code == 422
    assert wrong.status_code == 409
    assert 'data-key="c"' not in step
    assert "2 readings charted to the session in" in done
    assert here.clinician.full_name in done
    assert WHY.replace("'", "&#x27;") in done
    assert "name differs" in done
    assert "Settled lately" in queue


def test_the_page_of_a_settled_message_offers_the_way_back(client: Client) -> None:
    here = bed()
    item = mismatch(here, "name")
    chart(item, here, in_spite(here))
    sign_in(client, here)
    url = reverse("monitoring:take-back-review", args=[item.public_id])

    blank = client.post(url, {"reason": ""})
    done = client.post(url, {"reason": "It was the patient next door"}, follow=True)

    assert blank.status_code == 422
    page = done.content.decode()
    assert "Its readings count no more" in page
    assert "it was charted there before, and taken back" in page
    assert "in-spite" not in page
    assert "It was the patient next door" in page


def test_an_alarm_of_a_device_that_was_anothers_is_told_no_more() -> None:
    here = bed()
    raw = alert(here.pump, phase="start")
    arrive(raw, at=later(5))
    [row] = DeviceNotification.objects.all()
    assert told(here.session)
    message = row.message
    charting = QueueCharting.objects.create(
        message=message,
        session=here.session,
        notifications=[row.pk],
        by=here.clinician,
        at=later(6),
    )
    ChartingMistake.objects.create(
        charting=charting,
        message=message,
        session=here.session,
        notifications=[row.pk],
        reason="It was next door",
        by=here.clinician,
        at=later(7),
    )

    assert told(here.session) == ()


def test_a_message_that_cannot_be_read_says_so_before_the_press(client: Client) -> None:
    here = bed()
    arrive(b"garbled", at=later(5))
    item = ReviewItem.objects.get()
    sign_in(client, here)

    page = client.get(reverse("monitoring:review", args=[item.public_id])).content.decode()

    assert "It cannot be charted" in page
    assert "Chart it here" not in page
    assert 'data-key="x"' in page
    assert 'data-key="r"' in page
    rejected = page[page.index(reverse("monitoring:reject-review", args=[item.public_id])) :]
    assert "button-primary" in rejected


def test_a_time_in_the_future_is_said_with_how_far_by_the_sites_clock(client: Client) -> None:
    here = bed()
    raw = oru(
        here.monitor, {SPO2: "97"}, at=later(5), control_id="1", measured_at=later(15, seconds=20)
    )
    arrive(raw, at=later(5))
    item = ReviewItem.objects.get()
    assert item.reason == ReviewReason.FUTURE_TIME
    sign_in(client, here)

    page = client.get(reverse("monitoring:review", args=[item.public_id])).content.decode()
    zone = here.session.site.zone

    assert f"{later(15, seconds=20).astimezone(zone):%H:%M:%S}" in page
    arrived = f"{later(5).astimezone(zone):%H:%M:%S}"
    assert f"no: its time is 10 min after it arrived at {arrived}" in page
    assert "It cannot be charted" in page


def test_a_pumps_agreement_that_was_another_pumps_is_taken_back_with_it() -> None:
    day = infusing()
    stopped = infusions.record_pump_stopped(
        session=day.id,
        ending=InfusionEnding.COMPLETED,
        by=day.clinician,
        at=day.minute(10),
        key=uuid.uuid4(),
    )
    assert isinstance(stopped, Done), stopped
    here = Bed(day.session, day.monitor, day.pump)
    zero: dict[str, str | None] = {RATE: "0", DELIVERED: "12.50"}
    mismatched = oru(
        day.pump, zero, at=day.minute(11), control_id="p11", patient=named(here, "name")
    )
    arrive(mismatched, at=day.minute(11))
    item = ReviewItem.objects.get()
    charted = services.assign_review(
        item=item.public_id,
        session=day.id,
        by=day.clinician,
        at=day.minute(12),
        in_spite=in_spite(here),
    )
    assert isinstance(charted, Settled), charted

    def agreed_at() -> datetime | None:
        return Infusion.objects.get(session=day.session).pump_agreed_at

    by_mistake = agreed_at()
    services.take_back_charting(
        item=item.public_id, reason="It was the pump next door", by=day.clinician, at=day.minute(13)
    )
    taken_back = agreed_at()
    arrive(oru(day.pump, zero, at=day.minute(14), control_id="p14"), at=day.minute(14))

    assert by_mistake == day.minute(11)
    assert taken_back is None
    assert agreed_at() == day.minute(14)
    row = drug_row(day.session, at=day.minute(15))
    assert row is not None
    assert not row.waits_for_pump
    said = AuditEntry.objects.filter(action__startswith="pump-agree").order_by("pk")
    assert list(said.values_list("action", flat=True)) == [
        "pump-agreed",
        "pump-agreement-taken-back",
        "pump-agreed",
    ]


def test_an_agreement_that_another_report_bears_out_moves_to_that_report() -> None:
    day = infusing()
    infusions.record_pump_stopped(
        session=day.id,
        ending=InfusionEnding.COMPLETED,
        by=day.clinician,
        at=day.minute(10),
        key=uuid.uuid4(),
    )
    here = Bed(day.session, day.monitor, day.pump)
    zero: dict[str, str | None] = {RATE: "0", DELIVERED: "12.50"}
    mismatched = oru(
        day.pump, zero, at=day.minute(11), control_id="p11", patient=named(here, "name")
    )
    arrive(mismatched, at=day.minute(11))
    item = ReviewItem.objects.get()
    services.assign_review(
        item=item.public_id,
        session=day.id,
        by=day.clinician,
        at=day.minute(12),
        in_spite=in_spite(here),
    )
    arrive(oru(day.pump, zero, at=day.minute(12), control_id="p12"), at=day.minute(12))

    services.take_back_charting(
        item=item.public_id, reason="It was the pump next door", by=day.clinician, at=day.minute(13)
    )

    assert Infusion.objects.get(session=day.session).pump_agreed_at == day.minute(12)


def test_a_settled_message_says_by_whom_and_when(client: Client) -> None:
    here = bed()
    item = mismatch(here, "number", "name")
    services.reject_review(
        item=item.public_id, reason="Another room's monitor", by=here.clinician, at=later(9)
    )
    sign_in(client, here)

    page = client.get(reverse("monitoring:review", args=[item.public_id])).content.decode()

    assert f"by {here.clinician.full_name}" in page
    assert f"{later(9).astimezone(here.session.site.zone):%H:%M}" in page
    assert "Another room&#x27;s monitor" in page


def test_the_record_says_what_was_charted_in_spite_of_a_mismatch_and_what_was_taken_back() -> None:
    here = bed()
    item = mismatch(here, "name")
    chart(item, here, in_spite(here))
    services.take_back_charting(
        item=item.public_id, reason="It was the patient next door", by=here.clinician, at=later(10)
    )

    content = record_content(here.session, signed_by=here.clinician, at=later(11))
    sections = story(content, Clock.of(content))

    [kept] = content["charted_from_the_queue"]
    assert (kept["vital_signs"], kept["differing"], kept["reason"]) == (2, ["name"], WHY)
    assert kept["taken_back"]["reason"] == "It was the patient next door"
    said = str(sections)
    assert "Charted from the review queue" in said
    assert "did not prove who it was (name)" in said
    assert "ENTERED IN ERROR: It was the patient next door" in said
