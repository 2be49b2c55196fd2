"""What is printed: the signed record, the bag's label, the hand-over sheet."""

from __future__ import annotations

import io
import re
import uuid
from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation
from pypdf import PdfReader

from afterglow.apps.accounts.models import Account, Countersignature
from afterglow.apps.assessments import services as scales
from afterglow.apps.audit.models import AuditEntry
from afterglow.apps.documents import rendering
from afterglow.apps.documents.models import Document
from afterglow.apps.documents.rendering import CannotRender
from afterglow.apps.monitoring.models import Alarm, VitalSign
from afterglow.apps.monitoring.services import acknowledge_alarm, mark_artefact
from afterglow.apps.treatment import handover, labels, printed
from afterglow.apps.treatment.models import Override, Preparation, Recovery, Signature
from afterglow.apps.treatment.models.infusion import EventKind, PumpActionKind
from afterglow.apps.treatment.outcomes import Done
from afterglow.apps.treatment.printed import RecordAltered
from afterglow.apps.treatment.record import content_sha256, record_content
from afterglow.apps.treatment.services import (
    accounting,
    charting,
    closing,
    emergency,
    infusions,
    signing,
    weighing,
)
from afterglow.core.decisions import Overrider
from afterglow.core.monitoring.catalogue import VitalSignCode
from afterglow.core.quantities import BodyMass, Rate
from afterglow.core.roles import Role
from afterglow.core.treatment.endings import InfusionEnding, SessionEnding
from afterglow.web import clock
from factories import SiteFactory, staff
from support.clinic_messages import DIASTOLIC, PULSE, SPO2, SYSTOLIC, arrive, oru
from support.infusion_day import (
    WELL,
    Day,
    acknowledge_alarms,
    checked_in,
    discharged,
    infusing,
    prepared,
    take_vitals,
    witness_waste,
)

pytestmark = pytest.mark.django_db


def words_of(pdf: bytes | memoryview) -> str:
    """Return a PDF's text with every space the same and lines joined."""
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(bytes(pdf))).pages]
    return " ".join(" ".join(pages).split())


def from_the_monitor(day: Day, minute: float, **values: str) -> None:
    """Let the monitor send one message."""
    at = day.minute(minute)
    sent = {SYSTOLIC: "systolic", DIASTOLIC: "diastolic", SPO2: "spo2", PULSE: "pulse"}
    told: dict[str, str | None] = {
        ref: values[name] for ref, name in sent.items() if name in values
    }
    arrive(oru(day.monitor, told, at=at, control_id=str(uuid.uuid4())), at=at)


def eventful() -> Day:
    """Walk a day on which much happens, up to a record that may be signed the next morning."""
    day = infusing()
    for minute in (1, 11, 21):
        take_vitals(day, at=day.minute(minute))
    from_the_monitor(day, 5, systolic="131", diastolic="83", spo2="97", pulse="77")
    for minute in (12, 13):
        from_the_monitor(day, minute, systolic="195", diastolic="118", spo2="96", pulse="88")
    for alarm in Alarm.objects.filter(session=day.session, highest_priority="high"):
        acknowledge_alarm(alarm=alarm.public_id, by=day.second, at=day.minute(14), symptomatic=True)
    from_the_monitor(day, 16, systolic="71", diastolic="44", spo2="97", pulse="79")
    for sign in VitalSign.objects.filter(session=day.session, taken_at=day.minute(16)):
        if sign.code in (VitalSignCode.SYSTOLIC, VitalSignCode.DIASTOLIC):
            mark_artefact(
                reading=sign.pk, reason="arm was bent", by=day.clinician, at=day.minute(17)
            )
    charting.record_event(
        session=day.id,
        kind=EventKind.NOTE,
        text="A little queasy; settled with the window open.",
        by=day.clinician,
        at=day.minute(18),
        key=uuid.uuid4(),
    )
    infusions.act_on_pump(
        session=day.id,
        kind=PumpActionKind.CHANGE_RATE,
        rate=Rate.ml_per_h("62.5"),
        reason="Asked for less",
        by=day.clinician,
        at=day.minute(20),
        key=uuid.uuid4(),
        seen_sequence=day.infusion.actions.latest("sequence").sequence,
    )
    infusions.record_pump_stopped(
        session=day.id,
        ending=InfusionEnding.STOPPED_BY_PATIENT,
        by=day.clinician,
        at=day.minute(30),
        key=uuid.uuid4(),
    )
    signing.sign_record(session=day.id, by=day.prescriber, at=day.minute(31))  # refused, and kept
    for minute in (31, 45, 60, 70, 80):
        take_vitals(day, at=day.minute(minute))
    score_well(day, at=day.minute(80))
    closing.save_recovery(
        session=day.id,
        answers=WELL,
        seen_version=Recovery.objects.get(session=day.session).row_version,
        by=day.clinician,
        at=day.minute(80),
    )
    accounted = accounting.account_for_bag(
        session=day.id,
        witness=witness_waste(day, at=day.minute(81)),
        by=day.clinician,
        at=day.minute(81),
        key=uuid.uuid4(),
    )
    assert isinstance(accounted, Done), accounted
    left = closing.discharge(
        session=day.id,
        ending=SessionEnding.STOPPED_BY_PATIENT,
        fields={"reason": "Had enough for today"},
        by=day.clinician,
        at=day.minute(82),
        key=uuid.uuid4(),
    )
    assert isinstance(left, Done), left
    acknowledge_alarms(day, at=day.minute(60 * 20))
    overridden(day)
    return day


def score_well(day: Day, *, at: datetime) -> None:
    """Score Aldrete and dissociation as somebody has them who may go home."""
    aldrete = ("activity", "respiration", "circulation", "consciousness", "oxygen")
    for key, answers in (
        ("aldrete", dict.fromkeys(aldrete, 2)),
        ("dissociation", {"dissociation": 0}),
    ):
        scales.record_assessment(
            session=day.id,
            instrument=key,
            answers=answers,
            by=day.clinician,
            at=at,
            key=uuid.uuid4(),
        )


def overridden(day: Day) -> None:
    """Leave an override of the prescriber, who signed in beside the clinician for it alone."""
    at = day.minute(-1)
    Countersignature.objects.create(
        account=day.prescriber,
        beside=day.clinician,
        act="override",
        subject_type="visits.treatmentsession",
        subject=day.id,
        at=at,
    )
    Override.objects.create(
        session=day.session,
        gate="readiness",
        code="BP_ABOVE_START_LIMIT",
        sentence="Systolic 162 mmHg is above the start limit of 160 mmHg.",
        role=Overrider.PRESCRIBER,
        reason="Known white coat; 148 at home this morning",
        by=day.prescriber,
        at=at,
    )


def signed(day: Day, *, minute: float) -> Signature:
    """Sign the record of a day."""
    done = signing.sign_record(session=day.id, by=day.prescriber, at=day.minute(minute))
    assert isinstance(done, Done), done
    return done.row


def test_the_printed_record_tells_the_whole_day() -> None:
    day = eventful()
    signature = signed(day, minute=60 * 21)

    said = words_of(Document.objects.get(public_id=str(signature.document)).content)

    second, clinician, prescriber = (
        f"{who.full_name}, RN" for who in (day.second, day.clinician, day.prescriber)
    )
    wanted = {
        "the zone": "America/New_York (EST, UTC−05:00)",
        "consent": "version 1",
        "consent's hash": signature.content["consent"]["sha256"],
        "check-in": "Last solid food 04:02",
        "arithmetic": "0.5 mg/kg × 70.4 kg",
        "draw's witness": f"Draw witnessed by {second}",
        "strength, vial, expiry": "lot L24-118, expires 28 Dec 2027",
        "diluent": "Diluent sodium chloride 0.9 %",
        "by need": "By need Ondansetron Midazolam Labetalol",
        "rate change": "13:50:00 change rate 62.5 mL/h Asked for less",
        "what the pump said": "the pump reported nothing",
        "a monitor's pressure as numbers": f"13:35 {day.monitor.name} 131/83",
        "a hand reading": f"13:31 by hand, {clinician} 124/78 72 98 14",
        "an artefact": f"13:46 {day.monitor.name} [71]/[44]",
        "why it is one": "artefact: arm was bent",
        "hollow on the graph": "Hollow: marked as an artefact",
        "an event": "A little queasy; settled with the window open.",
        "a red alarm": "Red",
        "who saw it": f"{second}, 13:44:00 yes",
        "amber": "Amber",
        "another day": "24 Nov 2026 09:30:00",
        "criteria": "Walks steadily yes",
        "discharge": "went home, the patient stopped early",
        "its reason": "Had enough for today",
        "override": "Known white coat; 148 at home this morning",
        "override by whom": f"{prescriber}, as prescriber; beside {clinician}",
        "refused": "SESSION_NOT_ENDED",
        "waste": f"Rest of the bag and line after the infusion {clinician} {second}",
        "signed by": f"Signed by {prescriber}, 24 Nov 2026, 10:30",
        "hash": signature.sha256,
    }
    assert {what: words for what, words in wanted.items() if words not in said} == {}


def unsigned(day: Day, *, minute: float) -> Signature:
    """Return what would be signed now, unsaved: the record of a day that is not over."""
    at = day.minute(minute)
    content = record_content(day.refreshed(), signed_by=day.prescriber, at=at)
    return Signature(
        session=day.session,
        by=day.prescriber,
        at=at,
        content=content,
        sha256=content_sha256(content),
    )


def test_a_weight_that_was_taken_back_is_said_to_be_wrong_and_is_not_the_weight_of_today() -> None:
    day = checked_in()
    at = day.minute(-20)
    wrong = weighing.weigh(session=day.id, mass=BodyMass.kg("73.5"), by=day.clinician, at=at)
    assert isinstance(wrong, Done), wrong
    weighing.take_mass_back(
        session=day.id,
        mass=wrong.row.public_id,
        reason="Weighed with the wheelchair",
        by=day.second,
        at=day.minute(-19),
    )

    said = words_of(
        printed.keep_record(unsigned(day, minute=-18), by=day.prescriber, at=at).content
    )

    assert "Weight today 70.4 kg" in said
    assert "73.5 kg entered in error, does not count: Weighed with the wheelchair" in said
    assert day.second.full_name in said.split("wheelchair")[1][:40]


def test_the_signed_content_names_the_witness_and_the_consent() -> None:
    day = prepared()

    content = unsigned(day, minute=-15).content

    drawn = content["ledger"][0]["witness"]
    assert drawn["who"] == f"{day.second.full_name}, RN"
    assert drawn["beside"] == f"{day.clinician.full_name}, RN"
    assert content["preparations"][0]["checked_by"] == f"{day.second.full_name}, RN"
    consent = content["consent"]
    assert (consent["key"], consent["version"]) == ("iv_ketamine", 1)
    assert consent["explained_by"] == f"{day.prescriber.full_name}, RN"
    assert consent["withdrawn"] is None


def test_a_record_whose_content_is_not_what_was_signed_is_not_printed() -> None:
    day = prepared()
    altered = unsigned(day, minute=-15)
    altered.content["patient"]["given_name"] = "Somebody"

    with pytest.raises(RecordAltered, match="It is not printed"):
        printed.plain(altered)


def test_the_record_is_the_same_file_for_whoever_opens_it() -> None:
    day = discharged()
    kept = Document.objects.get(public_id=str(signed(day, minute=90).document))

    with clock.fixed(day.minute(95)):
        for reader in (day.clinician, speaks_spanish(day)):
            answer = opened(reader, "record-pdf", day)
            assert answer.content == bytes(kept.content)

    assert Document.objects.filter(kind="signed-record").count() == 1
    read = AuditEntry.objects.filter(action="document-read", subject=kept.public_id)
    assert read.count() == 2


def test_an_addendum_prints_the_record_anew_and_the_first_print_stays() -> None:
    day = discharged()
    signature = signed(day, minute=90)
    signing.add_addendum(
        session=day.id, text="Slept well.", by=day.clinician, at=day.minute(99), key=uuid.uuid4()
    )
    given, day.clinician.family_name = day.clinician.full_name, "Renamed"
    day.clinician.save()

    with clock.fixed(day.minute(100)):
        said = words_of(opened(day.second, "record-pdf", day).content)

    assert f"{given}, 23 Nov 2026, 15:09 Slept well." in said
    first = Document.objects.get(public_id=str(signature.document))
    assert "Slept well." not in words_of(first.content)


def test_the_label_says_what_hangs_on_the_pole() -> None:
    day = prepared()
    assert day.preparation is not None

    with clock.fixed(day.minute(-10)):
        said = words_of(opened(day.clinician, "label", day).content)

    patient = day.session.patient
    for words in (
        f"{patient.family_name}, {patient.given_name}",
        f"Born 14 May 1984 · MRN {patient.mrn}",
        "KETAMINE 35 mg in 50 mL in sodium chloride 0.9 %",
        "75 mL/h over 40 min, 50 mL",
        "IV infusion by pump · 0.7 mg/mL",
        f"Ordered 0.5 mg/kg over 40 min by {day.prescriber.get_short_name()}",
        "iv_ketamine_adult v4",
        f"Vial {day.vial.number} · lot L24-118 · expires 28 Dec 2027",
        f"by {day.clinician.get_short_name()} · read back by {day.second.get_short_name()}",
        "Use before 23 Nov 2026, 17:12",
    ):
        assert words in said
    assert (
        AuditEntry.objects.filter(action="document-read", by=day.clinician.public_id).count() == 1
    )


def test_the_label_is_the_same_for_a_reader_of_spanish_and_has_no_comma_in_a_number() -> None:
    day = prepared(kg="71.3")
    assert day.preparation is not None
    bag = Preparation.objects.get(pk=day.preparation.pk)
    first = labels.keep_label(bag, by=day.clinician, at=day.minute(-10))
    with translation.override("es"):
        second = labels.keep_label(bag, by=day.second, at=day.minute(-9))

    assert second.pk == first.pk
    assert "mL/h" in words_of(first.content)
    assert not re.search(r"\d,\d", words_of(first.content))


def test_a_long_name_makes_the_label_smaller_and_never_a_second_page() -> None:
    day = prepared(patient={"family_name": "Wolfe" * 9, "given_name": "Maximiliana"})
    assert day.preparation is not None

    kept = labels.keep_label(day.preparation, by=day.clinician, at=day.minute(-10))

    assert len(PdfReader(io.BytesIO(bytes(kept.content))).pages) == 1
    assert "Use before" in words_of(kept.content)


def test_a_label_that_does_not_fit_is_refused() -> None:
    day = prepared()
    assert day.preparation is not None
    data = labels.plain(day.preparation) | {"name": "Wolfeschlegelstein " * 40}

    with pytest.raises(CannotRender, match="does not fit on 100 × 60 mm"):
        rendering.render(labels.TEMPLATE, data)


def test_the_hand_over_sheet_is_in_english_with_points_for_a_reader_of_spanish() -> None:
    day = infusing(kg="71.3")
    at = day.minute(7)
    emergency.declare_emergency(session=day.id, by=day.clinician, at=at, key=uuid.uuid4())
    with clock.fixed(at), translation.override("es"):
        kept = handover.keep_sheet(day.refreshed(), by=day.clinician, at=at)

    said = words_of(kept.content)
    assert "Emergency hand-over" in said
    assert "Weight today 71.3 kg" in said
    assert not re.search(r"\d,\d", said)


def test_somebody_of_another_site_is_given_no_paper() -> None:
    day = discharged()
    signed(day, minute=90)
    stranger = staff(Role.MONITOR, Role.PRESCRIBER, site=SiteFactory.create())

    with clock.fixed(day.minute(95)):
        answers = [
            opened(stranger, address, day)
            for address in ("label", "record-pdf", "emergency-sheet-pdf")
        ]

    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert Document.objects.count() == 1
    assert not AuditEntry.objects.filter(action="document-read").exists()


def speaks_spanish(day: Day) -> Account:
    """Return a clinician of the site who reads the pages in Spanish."""
    return staff(Role.MONITOR, site=day.site, language="es")


def opened(reader: Account, address: str, day: Day) -> Any:
    """Return what a signed-in person gets at an address of the session."""
    client = Client()
    client.force_login(reader)
    return client.get(reverse(f"treatment:{address}", args=[day.id]))
