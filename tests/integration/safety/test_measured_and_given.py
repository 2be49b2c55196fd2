"""Weights, medicines by need and keys: what is measured and given lands where it belongs, once."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from afterglow.apps.accounts.models import Account
from afterglow.apps.accounts.services import lock_screen
from afterglow.apps.audit.models import AuditEntry
from afterglow.apps.medicines.models import Product
from afterglow.apps.monitoring.models import BodyMassMeasurement, BodyMassMistake
from afterglow.apps.people.models import Allergy, ListState
from afterglow.apps.people.services.allergies import substance_code
from afterglow.apps.treatment import queries
from afterglow.apps.treatment.models import CheckIn, MedicineGiven, SessionEvent
from afterglow.apps.treatment.models.infusion import EventKind, PumpActionKind
from afterglow.apps.treatment.outcomes import Done, Refused
from afterglow.apps.treatment.services import (
    charting,
    checkin,
    emergency,
    infusions,
    signing,
    weighing,
)
from afterglow.apps.treatment.services.acting import OfAnotherSession
from afterglow.apps.treatment.services.deciding import readiness_decision
from afterglow.core.quantities import BodyMass, Dose, Rate
from afterglow.core.roles import Role
from afterglow.web import clock
from factories import staff
from support.day_steps import signed_by
from support.infusion_day import Day, checked_in, discharged, infusing, ready

pytestmark = pytest.mark.django_db


def weigh(day: Day, kg: str, minute: float = -20, *, again: bool = False) -> Any:
    return weighing.weigh(
        session=day.id,
        mass=BodyMass.kg(kg),
        by=day.clinician,
        at=day.minute(minute),
        confirmed_unusual=again,
    )


def codes(outcome: Any) -> tuple[str, ...]:
    """Return why something was refused; nothing when it was done."""
    return outcome.decision.codes if isinstance(outcome, Refused) else ()


def take_back(day: Day, mass: BodyMassMeasurement, reason: str = "It was read in pounds.") -> Any:
    return weighing.take_mass_back(
        session=day.id, mass=mass.public_id, reason=reason, by=day.clinician, at=day.minute(-19)
    )


def unweighed() -> Day:
    """A first visit up to the scale: 180 cm, no weight on record."""
    day = checked_in()
    for mass in BodyMassMeasurement.objects.filter(session=day.session):
        BodyMassMistake.objects.create(
            measurement=mass, session=day.session, reason="x", by=day.clinician, at=day.arrived
        )
    type(day.session.patient).objects.filter(pk=day.session.patient_id).update(height_cm=180)
    day.session.patient.refresh_from_db()
    return day


def test_a_first_weight_that_may_be_pounds_is_recorded_only_after_a_second_reading() -> None:
    day = unweighed()

    first = weigh(day, "132")
    sentence = next(r for r in first.decision if r.code == "WEIGHT_NEEDS_SECOND_READING").sentence
    again = weigh(day, "132", again=True)

    assert codes(first)[0] == "WEIGHT_NEEDS_SECOND_READING"
    assert "291" in sentence
    assert "59.9 kg" in sentence
    assert isinstance(again, Done)


def test_an_ordinary_first_weight_asks_nothing() -> None:
    assert isinstance(weigh(unweighed(), "78"), Done)


def test_pounds_that_were_believed_are_taken_back_and_the_true_weight_counts() -> None:
    day = unweighed()
    wrong = weigh(day, "132", again=True).row

    before = weigh(day, "59.9", -18)
    taken = take_back(day, wrong)
    twice = take_back(day, wrong)
    after = weigh(day, "59.9", -17)

    assert "EARLIER_WEIGHT_LOOKS_LIKE_POUNDS" in codes(before)
    assert isinstance(taken, Done)
    assert twice.row == taken.row
    assert isinstance(after, Done)
    assert queries.mass_today(day.session) == after.row
    assert BodyMassMeasurement.objects.filter(pk=wrong.pk).exists()


def test_a_mass_is_taken_back_with_words_and_not_under_a_drawn_bag() -> None:
    day = ready()
    mass = BodyMassMeasurement.objects.get(session=day.session)

    outcome = take_back(day, mass, reason=" ")

    assert set(codes(outcome)) == {"MASS_TAKEN_BACK_WITHOUT_REASON", "MASS_OF_A_DRAWN_BAG"}
    assert not BodyMassMistake.objects.exists()


def test_a_nurse_takes_a_wrong_weight_back_on_its_page() -> None:
    day = unweighed()
    wrong = weigh(day, "132", again=True).row
    client = Client()
    client.force_login(day.clinician)
    page = reverse("treatment:take-mass-back", args=[day.id])

    with clock.fixed(day.minute(-18)):
        shown = client.get(page).content.decode()
        empty = client.post(page, {"mass": wrong.public_id, "reason": ""})
        done = client.post(page, {"mass": wrong.public_id, "reason": "Read in pounds"})

    assert "132 kg" in shown
    assert (empty.status_code, done.status_code) == (422, 302)
    assert queries.mass_today(day.session) is None


def test_an_index_the_prescriber_may_override_is_recorded_and_left_to_the_prescriber() -> None:
    day = unweighed()

    outcome = weigh(day, "262", again=True)

    assert isinstance(outcome, Done)
    assert "BMI_IMPLAUSIBLE" in outcome.decision.codes
    assert "BMI_IMPLAUSIBLE" in readiness_decision(day.refreshed(), at=day.minute(-15)).codes


def test_a_double_click_on_the_scale_or_a_medicine_writes_one_row() -> None:
    day = checked_in()

    def said() -> Any:
        return checkin.record_medicine_today(
            session=day.id, name="Vitamin X", taken_at=None, by=day.clinician, at=day.minute(-20)
        )

    before = BodyMassMeasurement.objects.filter(session=day.session).count()
    weigh(day, "70.4")
    weigh(day, "70.4")
    assert said().row == said().row
    assert BodyMassMeasurement.objects.filter(session=day.session).count() == before + 1


def give(day: Day, name: str, mg: str, **changed: Any) -> Any:
    call: dict[str, Any] = {
        "session": day.id,
        "product": Product.objects.get(key=name).public_id,
        "dose": Dose.mg(mg),
        "route": "IV",
        "indication": "distress",
        "by": day.clinician,
        "at": day.minute(10),
        "key": uuid.uuid4(),
    }
    return charting.give_medicine(**call | changed)


def usual(name: str, low: str, high: str) -> None:
    leaf = {"unit": "mg", "status": "GK", "source": "tests"}
    line = {"dose_low": leaf | {"value": low}, "dose_high": leaf | {"value": high}, "route": "IV"}
    Product.objects.filter(key=name).update(prn_doses=[line])


def test_twenty_times_the_usual_midazolam_is_charted_only_on_the_prescribers_word() -> None:
    day = infusing()
    usual("midazolam", "1", "2")

    asked = give(day, "midazolam", "20")
    ordinary = give(day, "midazolam", "2")
    given = give(day, "midazolam", "20", above_usual_confirmed=True)

    assert codes(asked) == ("DOSE_ABOVE_USUAL",)
    assert ordinary.decision.codes == ()
    assert given.decision.codes == ("DOSE_ABOVE_USUAL",)
    note = SessionEvent.objects.get(session=day.session, kind=EventKind.NOTE)
    assert "20 mg of midazolam is above the usual dose, at most 2 mg" in note.text


@pytest.mark.parametrize(
    ("mg", "code"), [("1000000000", "DOSE_OUT_OF_RANGE"), ("0.00001", "DOSE_OUT_OF_RANGE")]
)
def test_a_dose_that_cannot_be_kept_is_refused_and_not_an_error(mg: str, code: str) -> None:
    day = infusing()
    emergency.declare_emergency(
        session=day.id, by=day.clinician, at=day.minute(5), key=uuid.uuid4()
    )
    client = Client()
    client.force_login(day.clinician)

    with clock.fixed(day.minute(6)):
        answer = client.post(
            reverse("treatment:emergency-drug", args=[day.id]),
            {
                "product": Product.objects.get(key="midazolam").public_id,
                "dose": mg,
                "route": "IV",
                "key": uuid.uuid4(),
            },
        )

    assert answer.status_code in (409, 422)
    assert codes(give(day, "midazolam", mg)) == (code,)
    assert not MedicineGiven.objects.exists()


def allergic(day: Day, substance: str) -> None:
    Allergy.objects.create(
        patient=day.session.patient,
        substance=substance,
        substance_code=substance_code(substance),
        state=ListState.ACTIVE,
        recorded_by=day.clinician,
        recorded_at=day.minute(0),
    )


@pytest.mark.parametrize(
    ("substance", "product"),
    [
        ("reaction to ondansetron", "ondansetron"),
        ("Benzodiazepines", "midazolam"),
        ("IV Versed (rash)", "midazolam"),
    ],
)
def test_an_allergy_in_anybodys_words_stops_the_medicine_by_need(
    substance: str, product: str
) -> None:
    day = infusing()
    allergic(day, substance)

    assert "ALLERGY_TO_MEDICINE" in codes(give(day, product, "1"))


def test_an_allergy_to_ketamine_does_not_stop_the_antiemetic() -> None:
    day = infusing()
    allergic(day, "ketamine")

    assert isinstance(give(day, "ondansetron", "4"), Done)


def test_a_brand_anywhere_in_the_words_is_its_substance() -> None:
    assert substance_code("IV Ketalar") == "ketamine"
    assert substance_code("reaction to Benzethonium chloride") == "benzethonium chloride"
    assert substance_code("penicillin") == ""


def test_allergies_that_nobody_went_through_today_stop_the_start() -> None:
    day = ready()
    CheckIn.objects.filter(session=day.session).update(medicines_reviewed_at=None)

    decision = readiness_decision(day.refreshed(), at=day.minute(-1))

    assert "ALLERGIES_NOT_REVIEWED" in {r.code for r in decision.blockers}


def test_a_witness_of_something_else_is_said_once() -> None:
    day = infusing()
    for_the_waste = signed_by(day.second, day, act="waste", on=day.session, at=day.minute(10))

    refused = give(day, "midazolam", "2", witness=for_the_waste)

    assert codes(refused).count("COUNTERSIGNATURE_NOT_FOR_THIS") == 1


def test_a_key_of_another_session_does_nothing_and_says_so() -> None:
    here, there = infusing(), infusing()
    key = uuid.uuid4()
    mine = charting.record_event(
        session=here.id, kind=EventKind.MARK, by=here.clinician, at=here.minute(3), key=key
    )
    change: dict[str, Any] = {
        "kind": PumpActionKind.CHANGE_RATE,
        "rate": Rate.ml_per_h("40"),
        "seen_sequence": 1,
    }
    pump = uuid.uuid4()
    infusions.act_on_pump(session=here.id, by=here.clinician, at=here.minute(4), key=pump, **change)

    with pytest.raises(OfAnotherSession):
        charting.record_event(
            session=there.id, kind=EventKind.MARK, by=there.clinician, at=there.minute(3), key=key
        )
    with pytest.raises(OfAnotherSession):
        infusions.act_on_pump(
            session=there.id, by=there.clinician, at=there.minute(4), key=pump, **change
        )

    assert isinstance(mine, Done)
    assert not SessionEvent.objects.filter(session=there.session).exists()
    assert there.infusion.actions.count() == 1


def place(day: Day, who: Account, minute: float = -20) -> Any:
    assert day.session.room is not None
    return checkin.assign_place(
        session=day.id,
        room=day.session.room.public_id,
        clinician=who.public_id,
        seen_version=day.refreshed().row_version,
        by=day.clinician,
        at=day.minute(minute),
    )


def test_nobody_is_made_the_clinician_who_may_not_watch_here() -> None:
    day = checked_in()
    gone = staff(Role.MONITOR, site=day.site)
    Account.objects.filter(pk=gone.pk).update(is_active=False)
    gone.refresh_from_db()
    unfit = [
        staff(Role.FRONT_DESK, site=day.site),
        staff(Role.MONITOR, site=infusing().site),
        staff(Role.MONITOR, site=day.site, expires_on=day.session.local_date.replace(year=2020)),
        gone,
    ]

    assert {codes(place(day, who)) for who in unfit} == {("CLINICIAN_MAY_NOT_WATCH",)}
    assert day.refreshed().clinician == day.clinician
    assert isinstance(place(day, staff(Role.MONITOR, site=day.site)), Done)


def locked(day: Day) -> Client:
    """Sign the clinician in and lock the screen."""
    client = Client()
    client.force_login(day.clinician)
    assert client.session.session_key
    lock_screen(session_key=client.session.session_key, by=day.clinician, at=day.minute(1))
    return client


def test_a_locked_screen_stops_the_pump_and_says_that_it_was_locked() -> None:
    day = infusing()
    client = locked(day)

    with clock.fixed(day.minute(5)):
        page = client.get(reverse("treatment:infusion", args=[day.id])).content.decode()
        stopped = client.post(
            reverse("treatment:infusion-stop", args=[day.id]), {"key": uuid.uuid4()}
        )
        noted = client.post(
            reverse("treatment:infusion-mark", args=[day.id]), {"key": uuid.uuid4()}
        )

    day.infusion.refresh_from_db()
    assert reverse("treatment:infusion-stop", args=[day.id]) in page
    assert reverse("treatment:emergency-declare", args=[day.id]) in page
    assert day.session.patient.family_name not in page
    assert stopped.status_code == 302
    assert day.infusion.ended_at == day.minute(5)
    assert noted.status_code == 423
    note = AuditEntry.objects.get(action="acted-on-locked-screen")
    assert note.by == day.clinician.public_id
    assert note.detail["session"] == str(day.id)


def test_a_locked_screen_calls_the_emergency_and_times_its_steps() -> None:
    day = infusing()
    client = locked(day)

    with clock.fixed(day.minute(5)):
        client.post(reverse("treatment:emergency-declare", args=[day.id]), {"key": uuid.uuid4()})
        client.post(
            reverse("treatment:emergency-step", args=[day.id]),
            {"key": uuid.uuid4(), "text": "Airway opened"},
        )
        page = client.get(reverse("treatment:emergency", args=[day.id])).content.decode()

    kinds = SessionEvent.objects.filter(session=day.session).values_list("kind", flat=True)
    assert list(kinds.order_by("pk")) == [EventKind.EMERGENCY_CALLED, EventKind.EMERGENCY_STEP]
    assert reverse("treatment:emergency-step", args=[day.id]) in page
    assert day.session.patient.family_name not in page


@pytest.mark.parametrize("page", ["infusion-mark", "infusion-stop", "emergency-declare"])
def test_a_second_tablet_after_the_signature_is_answered_and_not_an_error(page: str) -> None:
    day = discharged()
    signed = signing.sign_record(session=day.id, by=day.prescriber, at=day.minute(90))
    assert isinstance(signed, Done), signed
    client = Client(raise_request_exception=False)
    client.force_login(day.clinician)

    with clock.fixed(day.minute(91)):
        answer = client.post(reverse(f"treatment:{page}", args=[day.id]), {"key": uuid.uuid4()})

    assert answer.status_code == 409
    assert "signed and locked" in answer.content.decode()


def test_what_a_role_forbids_is_refused_and_written_down() -> None:
    day = infusing()
    client = Client()
    client.force_login(staff(Role.FRONT_DESK, site=day.site))

    with clock.fixed(day.minute(5)):
        answer = client.post(
            reverse("treatment:infusion-mark", args=[day.id]), {"key": uuid.uuid4()}
        )

    assert answer.status_code == 403
    refused = AuditEntry.objects.get(action="request-refused")
    assert refused.detail["codes"] == ["ROLE_NOT_PERMITTED"]
    assert refused.detail["session"] == str(day.id)


def test_the_monitor_does_not_sign_the_record_and_the_prescriber_does() -> None:
    from afterglow.core.permission import Forbidden

    day = discharged()

    with pytest.raises(Forbidden):
        signing.sign_record(session=day.id, by=day.clinician, at=day.minute(90))

    assert isinstance(
        signing.sign_record(session=day.id, by=day.prescriber, at=day.minute(91)), Done
    )


def test_an_expired_licence_gives_no_sedative_and_still_stops_the_pump() -> None:
    from afterglow.core.permission import Forbidden

    day = infusing()
    day.clinician.credentials.update(expires_on=day.session.local_date.replace(year=2020))

    with pytest.raises(Forbidden):
        give(day, "midazolam", "1")
    with pytest.raises(Forbidden):
        infusions.act_on_pump(
            session=day.id,
            kind=PumpActionKind.CHANGE_RATE,
            rate=Rate.ml_per_h(Decimal(20)),
            by=day.clinician,
            at=day.minute(5),
            key=uuid.uuid4(),
            seen_sequence=1,
        )

    called = emergency.declare_emergency(
        session=day.id, by=day.clinician, at=day.minute(6), key=uuid.uuid4()
    )
    assert called.row.at == day.minute(6)
