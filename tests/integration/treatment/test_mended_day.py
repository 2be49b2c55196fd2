"""What a newcomer's walk through the day found wrong on its pages, each as it should be."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from afterglow.apps.assessments.services import record_assessment
from afterglow.apps.audit.models import AuditEntry
from afterglow.apps.treatment.facts.readiness import baseline_readings
from afterglow.apps.treatment.models import CheckIn, Signature
from afterglow.apps.treatment.models.infusion import EventKind
from afterglow.apps.treatment.outcomes import Done
from afterglow.apps.treatment.services import charting
from afterglow.apps.treatment.services.deciding import discharge_decision
from afterglow.apps.treatment.shown.alarms import alarm_strip
from afterglow.core.treatment.endings import SessionEnding
from afterglow.web import clock
from afterglow.web.sentences import stored_sentence
from support.infusion_day import (
    Day,
    checked_in,
    discharged,
    infusing,
    prepared,
    recovering,
    score_recovery,
    take_vitals,
)

pytestmark = pytest.mark.django_db


def score_moaas(day: Day, response: int, minute: float) -> None:
    scored = record_assessment(
        session=day.id,
        instrument="moaas",
        answers={"response": response},
        by=day.clinician,
        at=day.minute(minute),
        key=uuid.uuid4(),
    )
    assert hasattr(scored, "row"), scored


def page(client: Client, day: Day, minute: float, path: str) -> str:
    with clock.fixed(day.minute(minute)):
        return client.get(f"/sessions/{day.id}/{path}", follow=True).content.decode()


def test_a_moaas_stands_only_beside_the_sitting_it_was_taken_in() -> None:
    day = prepared()
    take_vitals(day, at=day.minute(-12), moaas=None)
    take_vitals(day, at=day.minute(-6), moaas=5)
    score_moaas(day, 4, -3)

    sittings = baseline_readings(day.session, at=day.minute(-1))

    assert [(s.at, s.systolic_mmhg, s.moaas) for s in sittings] == [
        (day.minute(-12), 124, None),
        (day.minute(-6), 124, 5),
        (day.minute(-3), None, 4),
    ]


def words_of(day: Day, minute: float) -> list[str]:
    strip = alarm_strip(day.session, at=day.minute(minute))
    found = (*strip.bands, *strip.more)
    return [str(band.word) for band in found if band.row.condition == "SEDATION_DEEP"]


def test_moaas_4_is_drowsy_and_3_hard_to_rouse() -> None:
    day = infusing()

    score_moaas(day, 4, 5)
    drowsy = words_of(day, 6)
    score_moaas(day, 3, 7)
    deeper = words_of(day, 8)

    assert (drowsy, deeper) == (["Drowsy"], ["Hard to rouse"])


def test_while_room_air_is_an_open_question_nobody_is_said_to_need_oxygen() -> None:
    day = recovering()
    take_vitals(day, at=day.minute(41))

    decision = discharge_decision(day.session, ending=SessionEnding.COMPLETED, at=day.minute(42))

    assert "OXYGEN_NEEDED" not in decision.codes
    assert "breathes room air" in {r.seen for r in decision if r.code == "DISCHARGE_CHECK_MISSING"}


def test_who_may_not_sign_is_told_who_does(client: Client) -> None:
    day = discharged()
    client.force_login(day.clinician)

    html = page(client, day, 83, "sign/")

    assert "The prescriber signs" in html
    assert day.prescriber.full_name in html
    assert "Sign and lock" not in html


def test_a_vial_of_an_earlier_day_comes_last_with_its_age_and_what_is_left(client: Client) -> None:
    day = checked_in()
    old = day.vial
    old.opened_at = day.arrived - dt.timedelta(days=1, hours=2)
    old.save(update_fields=["opened_at"])
    client.force_login(day.clinician)

    html = page(client, day, -20, f"prepare/?vial={old.public_id}")

    assert "The vial was opened 25 h 40 min ago" in html or "The vial was opened 26 h" in html
    assert "500\u00a0mg left" in html
    assert "Sterile water" not in html


def test_an_order_names_what_the_catalogue_does_not_know_instead_of_hiding_it(
    client: Client,
) -> None:
    day = checked_in(prn=("ondansetron", "no-such-product"))
    client.force_login(day.clinician)

    html = page(client, day, -20, "plan/")

    assert "Ondansetron, no-such-product" in html


def test_the_way_to_a_missed_reading_says_what_is_missing(client: Client) -> None:
    day = infusing()
    take_vitals(day, at=day.minute(1))
    take_vitals(day, at=day.minute(10), moaas=None)
    client.force_login(day.clinician)
    due = (day.started + dt.timedelta(minutes=10)).isoformat().replace("+", "%2B")

    html = page(client, day, 19, f"infusion/missed/?due={due}")

    assert "Not taken: MOAA/S" in html
    assert str(day.session.patient.full_name) in html
    assert html.count("Why was this reading missed?") <= 2


def post(client: Client, day: Day, minute: float, path: str, **data: Any) -> str:
    with clock.fixed(day.minute(minute)):
        return client.post(f"/sessions/{day.id}/{path}", data, follow=True).content.decode()


def test_the_check_in_says_every_mistake_at_once(client: Client) -> None:
    day = checked_in()
    client.force_login(day.clinician)

    html = post(
        client,
        day,
        -20,
        "check-in/",
        alcohol="taken",
        pregnancy_test="negative",
        weight_kg="seventy",
        seen="1",
    )

    assert "Give the day and time." in html
    assert "Give the day of the test." in html
    assert "seventy" in html


def test_consent_is_shown_on_the_pages_of_the_day(client: Client) -> None:
    day = checked_in()
    client.force_login(day.clinician)

    html = page(client, day, -20, "check-in/")

    assert "Consent" in html
    assert "signed" in html


def test_each_part_of_the_recovery_page_is_charted_by_itself(client: Client) -> None:
    day = recovering()
    client.force_login(day.clinician)

    html = page(client, day, 42, "recovery/")

    forms = re.findall(r'<form[^>]*hx-post="[^"]*/recovery/[^>]*>', html)
    assert len(forms) == 5
    for form in forms:
        target = re.search(r'hx-target="#([\w-]+)"', form)
        assert target is not None
        assert f'hx-select="#{target[1]}"' in form
        assert f'id="{target[1]}"' in html
        assert "#may-go" in form


def test_what_only_waits_to_be_filled_in_is_one_line_with_links(client: Client) -> None:
    day = recovering()
    client.force_login(day.clinician)

    html = page(client, day, 42, "recovery/")

    assert "things wait to be filled in" in html
    assert 'href="#moaas"' in html
    assert "Not recorded: IV removed" not in html
    assert "This ending needs on record" not in html
    assert "This ending needs on record" not in page(client, day, 42, "end/?as=aborted")


def test_the_signer_reads_the_record_and_its_draft_and_proves_who_they_are(client: Client) -> None:
    day = discharged()
    day.prescriber.set_password("a long enough word")
    day.prescriber.save()
    client.force_login(day.prescriber)

    html = page(client, day, 83, "sign/")
    with clock.fixed(day.minute(83)):
        draft = client.get(f"/sessions/{day.id}/draft.pdf")
    seen = re.search(r'name="seen" value="(\w{64})"', html)
    assert seen is not None
    wrong = post(client, day, 84, "sign/now/", **{"sign-secret": "not it", "seen": seen[1]})
    unsigned = Signature.objects.count()
    secret = {"sign-secret": "a long enough word"}
    unseen = post(client, day, 85, "sign/now/", **secret, seen="0" * 64)
    now = re.search(r'name="seen" value="(\w{64})"', unseen)
    assert now is not None
    right = post(client, day, 85, "sign/now/", **secret, seen=now[1])

    assert "Readings (" in html
    assert "124/78" in html
    assert draft["Content-Type"] == "application/pdf"
    assert "more tries before it locks" in wrong
    assert unsigned == 0
    assert "has changed since you opened this page" in unseen
    assert AuditEntry.objects.filter(action="draft-read").count() == 1
    assert "Signed and locked" in right


def seen_on(html: str) -> str:
    """Return the hash of what a page to sign shows."""
    found = re.search(r'name="seen" value="([0-9a-f]{64})"', html)
    assert found is not None
    return found[1]


def test_what_was_charted_after_the_page_was_read_is_not_signed_unread(client: Client) -> None:
    day = discharged()
    day.prescriber.set_password("a long enough word")
    day.prescriber.save()
    client.force_login(day.prescriber)
    html = page(client, day, 83, "sign/")
    noted = charting.record_event(
        session=day.id,
        kind=EventKind.NOTE,
        text="Was dizzy in the hall.",
        by=day.clinician,
        at=day.minute(84),
        key=uuid.uuid4(),
    )
    assert isinstance(noted, Done)
    secret = {"sign-secret": "a long enough word"}

    early = post(client, day, 85, "sign/now/", seen=seen_on(html), **secret)
    nothing = post(client, day, 86, "sign/now/", **secret)
    unsigned = Signature.objects.count()
    again = post(client, day, 87, "sign/now/", seen=seen_on(nothing), **secret)

    assert unsigned == 0
    for refused in (early, nothing):
        assert "The record has changed since you opened this page" in refused
        assert "Was dizzy in the hall." in refused
    assert "Signed and locked" in again


def test_the_refusal_of_a_strength_says_it_once_and_offers_no_override(client: Client) -> None:
    day = checked_in()
    day.second.set_password("a long enough word")
    day.second.save()
    client.force_login(day.clinician)

    html = post(
        client,
        day,
        -20,
        "prepare/",
        key=str(uuid.uuid4()),
        vial=str(day.vial.public_id),
        bag_ml="100",
        line_ml="0",
        residual_ml="0",
        label_strength="100",
        label_lot=day.vial.lot,
        label_expiry=day.vial.expires_on.isoformat(),
        drawn_ml="0.7",
        diluent_name="sodium_chloride_0_9",
        username=day.second.username,
        secret="a long enough word",
    )

    assert 'data-code="STRENGTH_DIFFERS"' in html
    assert "STRENGTH_MISMATCH" not in html
    assert "Override with a reason" not in html


def test_an_aldrete_score_does_not_answer_whether_the_patient_breathes_air_now() -> None:
    day = recovering()
    take_vitals(day, at=day.minute(41))
    score_recovery(day, at=day.minute(42))

    decision = discharge_decision(day.session, ending=SessionEnding.COMPLETED, at=day.minute(43))

    asked = {r.seen for r in decision if r.code == "DISCHARGE_CHECK_MISSING"}
    assert "breathes room air" in asked
    assert "OXYGEN_NEEDED" not in decision.codes


def test_a_task_says_whose_it_is(client: Client) -> None:
    day = discharged()
    client.force_login(day.prescriber)

    with clock.fixed(day.minute(83)):
        html = client.get("/tasks/").content.decode()

    assert f"{day.session.patient.full_name}, {day.session.patient.mrn}" in html


def test_a_kept_rule_is_said_in_the_readers_language_where_its_values_were_kept() -> None:
    with translation.override("es"):
        said = stored_sentence("OBSERVED_TOO_SHORT", "English.", seen="3 min", limit="30 min")
        unkept = stored_sentence("OBSERVED_TOO_SHORT", "English.")

    assert "3 min" in said
    assert said != "English."
    assert unkept == "English."


def test_the_check_in_offers_usual_times_and_no_test_that_is_not_due(client: Client) -> None:
    day = checked_in(patient={"could_be_pregnant": True})
    CheckIn.objects.filter(session=day.session).update(pregnancy_test="")
    client.force_login(day.clinician)

    html = page(client, day, -20, "check-in/")

    assert "Last night 20:00" in html
    assert 'data-fills="id_last_solid_at"' in html
    assert 'value="not_due"' not in html
