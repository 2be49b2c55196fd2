"""The certificate in the signed record, and what a site proves and counts over a month."""

from __future__ import annotations

import csv
import datetime as dt
import io
import uuid
from decimal import Decimal

import pypdf
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from afterglow.apps.accounts.models import Account
from afterglow.apps.documents.rendering import document_language
from afterglow.apps.monitoring import services as monitoring
from afterglow.apps.monitoring.models import Alarm
from afterglow.apps.treatment import coverages, printed
from afterglow.apps.treatment.models import Coverage, Signature
from afterglow.apps.treatment.models.infusion import PumpActionKind
from afterglow.apps.treatment.printed import watched
from afterglow.apps.treatment.printed.words import Clock
from afterglow.apps.treatment.record import content_sha256
from afterglow.apps.treatment.reports import alarms, coverage
from afterglow.apps.treatment.reports.certificate import certificate
from afterglow.apps.treatment.reports.files import csv_text
from afterglow.apps.treatment.reports.months import month_of
from afterglow.apps.treatment.services import coverage as services
from afterglow.apps.treatment.services import infusions, signing
from afterglow.apps.treatment.services.from_paper import copy_from_paper
from afterglow.apps.treatment.services.lines import CoverageLine
from afterglow.apps.treatment.views.reports import condition_words
from afterglow.core.errors import InvalidValue
from afterglow.core.roles import Role
from afterglow.web import clock
from factories import staff
from support.infusion_day import (
    Day,
    discharged,
    infusing,
    recovered,
    recovering,
    take_vitals,
    taken_over,
)

pytestmark = pytest.mark.django_db


def signed(day: Day) -> Signature:
    outcome = signing.sign_record(session=day.id, by=day.prescriber, at=day.minute(200))
    assert not hasattr(outcome, "decision") or not outcome.decision.refused, outcome
    return Signature.objects.get(session=day.session)


def test_the_signed_record_certifies_who_was_with_the_patient() -> None:
    day = discharged()

    signature = signed(day)

    found = signature.content["coverage"]
    assert (found["whole"], found["gaps"], found["elsewhere"]) == (True, [], 0)
    assert [row["began"] for row in found["stretches"]] == ["start", "pump_stopped"]
    assert content_sha256(signature.content) == signature.sha256
    # What is certified is what the hash covers.
    forged = {**signature.content, "coverage": {**found, "covered_s": found["covered_s"] + 1}}
    assert content_sha256(forged) != signature.sha256


def test_the_printed_record_shows_the_certificate_and_an_older_one_prints_without() -> None:
    day = discharged()
    signature = signed(day)
    document = printed.kept_record(signature)
    assert document is not None

    with document_language():
        titles = [section["title"] for section in printed.plain(signature)["sections"]]
        older = {k: v for k, v in signature.content.items() if k != "coverage"}
        signature.content, signature.sha256 = older, content_sha256(older)
        without = [section["title"] for section in printed.plain(signature)["sections"]]

    assert "One clinician, one patient" in titles
    assert set(titles) - set(without) == {"One clinician, one patient", "With the patient"}


def rests_on(day: Day, **without: str) -> str:
    """What the printed certificate says of what it rests on."""
    found = certificate(day.refreshed(), at=day.minute(30))
    assert found is not None
    for name in without:
        del found["rests_on"][name]
    [proof, _table] = watched.sections(
        {"coverage": found}, Clock(day.site.zone, day.session.local_date)
    )
    return str(dict(proof["rows"])["It rests on"])


def test_the_printed_certificate_counts_what_was_signed_apart_from_what_was_declared() -> None:
    started, took, paper = infusing(), infusing(), infusing()
    taken_over(took, to=took.second, at=took.minute(10))
    copy_from_paper(
        session=paper.id,
        lines=[CoverageLine(at=paper.minute(10), to=paper.second.public_id)],
        kept_by=paper.second,
        by=paper.clinician,
        at=paper.minute(20),
        key=uuid.uuid4(),
        seen_sequence=1,
    )

    assert rests_on(started).startswith("1 declaration, 0 of them signed by PIN or password, ")
    assert rests_on(took).startswith("2 declarations, 1 of them signed by PIN or password, ")
    assert rests_on(paper).startswith("2 declarations, 0 of them signed by PIN or password, ")


def test_a_certificate_from_before_signatures_were_counted_says_nothing_of_them() -> None:
    assert "signed" not in rests_on(infusing(), signed="")


def test_a_month_is_the_sites_own_and_says_what_is_no_month() -> None:
    day = infusing()
    november = month_of(day.site, "2026-11", at=day.started)
    assert (november.before, november.text, november.after) == ("2026-10", "2026-11", "2026-12")
    assert day.site.local_date(november.begins) == dt.date(2026, 11, 1)
    assert month_of(day.site, "2026-12", at=day.started).before == "2026-11"
    for text in ("2026-13", "November", "2026-1", "٢٠٢٦-١١"):
        with pytest.raises(InvalidValue, match="is not a month"):
            month_of(day.site, text, at=day.started)


def proved(day: Day) -> coverage.CoverageMonth:
    return coverage.month(day.site, month_of(day.site, "", at=day.started), at=day.minute(120))


def test_a_month_without_gaps_is_proved() -> None:
    day = recovering()
    other = recovering(site=day.site)
    report = proved(day)

    assert [row.session for row in report.infusions] == [day.session, other.session]
    assert (report.whole, report.gaps, report.is_proved) == (2, 0, True)
    assert (report.share_text, report.most_one_to_one) == ("100 %", 1)
    assert {row.most for row in report.recoveries} == {1}
    assert all(row.is_within for row in report.recoveries)


def test_of_an_infusion_from_before_it_was_kept_nothing_is_certified() -> None:
    day, other = recovering(), recovering()
    with connection.cursor() as cursor:  # as the migration leaves it: a recovery and nothing else
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE treatment_coverage DISABLE TRIGGER USER")
        Coverage.objects.filter(session=day.session, phase="infusing").delete()
        cursor.execute("ALTER TABLE treatment_coverage ENABLE TRIGGER USER")

    report = proved(day)

    assert (report.before, report.infusions, report.is_proved) == (1, (), True)
    assert coverages.proof_of(day.session, at=day.minute(120)) is None
    assert certificate(day.session, at=day.minute(120)) is None
    assert proved(other).before == 0
    client = Client()
    client.force_login(staff(Role.MEDICAL_DIRECTOR, site=day.site))
    with clock.fixed(day.minute(120)):
        page = client.get(reverse("treatment:report-coverage"), {"month": "2026-11"})
    assert "1 infusion began before it was kept" in page.content.decode()


def test_a_gap_an_over_long_break_and_a_hand_over_are_all_in_the_month() -> None:
    day = infusing()
    taken_over(day, to=day.second, at=day.minute(5), break_for=dt.timedelta(minutes=5))
    taken_over(day, to=day.clinician, by=day.second, at=day.minute(12))
    taken_over(day, to=day.second, at=day.minute(20))
    services.leave_alone(
        session=day.id, reason="Bell", by=day.second, at=day.minute(30), key=uuid.uuid4()
    )
    taken_over(day, to=day.clinician, at=day.minute(32))

    report = coverage.month(day.site, month_of(day.site, "", at=day.started), at=day.minute(40))

    (row,) = report.infusions
    assert (row.hand_overs, row.breaks, row.overruns) == (1, 1, 1)
    assert [(g.begins, g.ends) for g in row.proof.gaps] == [(day.minute(30), day.minute(32))]
    assert not report.is_proved
    assert report.share_text == "95.00 %"


def test_the_file_names_no_patient_and_starts_no_formula() -> None:
    day = recovering()
    patient = day.session.patient
    Account.objects.filter(pk=day.clinician.pk).update(given_name="=cmd", family_name="X")

    text = csv_text(coverage.lines(proved(day)))
    head, line = list(csv.reader(io.StringIO(text)))

    assert head == list(coverage.HEAD)
    assert dict(zip(head, line, strict=True))["gaps"] == "0"
    assert patient.family_name not in text
    assert dict(zip(head, line, strict=True))["clinicians"].startswith("'=cmd")


# ---- alarms


def alarmed() -> Day:
    """Two red pressures: one is acknowledged after 40 s and acted on, one is seen by nobody."""
    day = infusing()
    take_vitals(day, at=day.minute(5), systolic=190, diastolic=100)
    row = Alarm.objects.get(session=day.session, condition="SYSTOLIC_HIGH")
    monitoring.acknowledge_alarm(
        alarm=row.public_id,
        by=day.clinician,
        at=row.raised_at + dt.timedelta(seconds=40),
        symptomatic=False,
    )
    infusions.act_on_pump(
        session=day.id,
        kind=PumpActionKind.PAUSE,
        by=day.clinician,
        at=day.minute(7),
        key=uuid.uuid4(),
        seen_sequence=1,
    )
    return day


def counted(day: Day) -> alarms.AlarmMonth:
    return alarms.month(day.site, month_of(day.site, "", at=day.started), at=day.minute(60))


def test_the_report_counts_what_was_raised_seen_and_acted_on() -> None:
    day = alarmed()
    report = counted(day)

    (row,) = [each for each in report.rows if each.condition == "SYSTOLIC_HIGH"]
    assert (row.alarms, row.acknowledged, row.median_s, row.acted) == (1, 1, 40.0, 1)
    assert report.total is not None
    since = Alarm.objects.filter(session=day.session, raised_at__gte=day.started)
    assert report.total.alarms == since.count() < Alarm.objects.count()
    assert report.hours == 1.0
    assert report.per_hour == report.total.alarms


def test_an_alarm_long_before_the_act_was_not_followed_by_it() -> None:
    day = infusing()
    take_vitals(day, at=day.minute(5), systolic=190, diastolic=100)
    infusions.act_on_pump(
        session=day.id,
        kind=PumpActionKind.PAUSE,
        by=day.clinician,
        at=day.minute(10.1) + dt.timedelta(minutes=1),
        key=uuid.uuid4(),
        seen_sequence=1,
    )
    (row,) = [each for each in counted(day).rows if each.condition == "SYSTOLIC_HIGH"]
    assert row.acted == 0
    assert row.median_s is None


def test_the_normal_end_of_an_infusion_is_no_action_upon_an_alarm() -> None:
    day = recovered()
    Alarm.objects.create(
        session=day.session,
        condition="SPO2_LOW",
        priority="medium",
        present_priority="medium",
        highest_priority="medium",
        kind="physiological",
        sentence="Low.",
        raised_at=day.minute(39),
    )
    (row,) = [each for each in counted(day).rows if each.condition == "SPO2_LOW"]
    assert (row.alarms, row.acted) == (1, 0)


@pytest.mark.parametrize(
    ("count", "acted", "cries"), [(4, 0, False), (5, 0, True), (10, 1, True), (10, 2, False)]
)
def test_a_limit_cries_wolf_when_hardly_anything_is_done(
    count: int, acted: int, cries: bool
) -> None:
    row = alarms.ConditionRow("X", "physiological", count, 0, 0, 0, 0, None, None, acted, 0, 0)
    assert row.cries_wolf is cries
    assert Decimal(alarms.rules().cries_wolf_up_to_percent) == 10


def test_a_share_just_past_the_limit_does_not_read_as_the_limit() -> None:
    def row(count: int, acted: int) -> alarms.ConditionRow:
        return alarms.ConditionRow("X", "technical", count, 0, 0, 0, 0, None, None, acted, 0, 0)

    assert (row(29, 3).acted_text, row(29, 3).cries_wolf) == ("3 (10.3 %)", False)
    assert (row(269, 27).acted_text, row(269, 27).cries_wolf) == ("27 (10.037 %)", False)
    assert (row(30, 3).acted_text, row(30, 3).cries_wolf) == ("3 (10 %)", True)


@pytest.mark.parametrize(
    ("red", "said"), [(0, "Drowsy"), (3, "Hard to rouse"), (1, "Hard to rouse / Drowsy")]
)
def test_the_report_calls_a_condition_what_the_room_called_it(red: int, said: str) -> None:
    row = alarms.ConditionRow(
        "SEDATION_DEEP", "physiological", 3, red, 3 - red, 0, 0, None, None, 0, 0, 0
    )
    assert str(condition_words(row)) == said


# ---- pages and the command


@pytest.fixture
def director() -> Client:
    client = Client()
    client.force_login(staff(Role.MEDICAL_DIRECTOR))
    return client


@pytest.mark.parametrize("name", ["report-coverage", "report-alarms"])
def test_the_pages_and_their_files_open_for_the_director_and_for_no_monitor(
    name: str, director: Client
) -> None:
    day = alarmed()
    url = reverse(f"treatment:{name}")
    with clock.fixed(day.minute(60)):
        page = director.get(url)
        file = director.get(url, {"csv": "", "month": ""})
        wrong = director.get(url, {"month": "2026-13"})
        other = Client()
        other.force_login(day.clinician)
        refused = other.get(url)

    assert page.status_code == 200, page.content.decode()
    assert file["Content-Type"].startswith("text/csv")
    assert (wrong.status_code, refused.status_code) == (404, 403)
    assert day.session.patient.family_name not in page.content.decode()


def test_the_command_writes_the_same_file(capsys: pytest.CaptureFixture[str]) -> None:
    day = alarmed()
    with clock.fixed(day.minute(60)):
        for name in ("coverage", "alarms"):
            call_command("site_report", name, day.site.code, "")
        written = capsys.readouterr()
        assert csv_text(coverage.lines(proved_at(day, 60))) in written.out
        assert "1 infusions, 1 covered throughout, 0 gaps, 100.00 %" in written.err
        with pytest.raises(CommandError, match="There is no site 'NOWHERE'"):
            call_command("site_report", "coverage", "NOWHERE", "")
        with pytest.raises(CommandError, match="is not a month"):
            call_command("site_report", "coverage", day.site.code, "May")


def proved_at(day: Day, minute: float) -> coverage.CoverageMonth:
    at = day.minute(minute)
    return coverage.month(day.site, month_of(day.site, "", at=at), at=at)


def test_the_paper_itself_carries_the_certificate() -> None:
    day = discharged()
    document = printed.kept_record(signed(day))
    assert document is not None
    pages = pypdf.PdfReader(io.BytesIO(bytes(document.content))).pages
    text = " ".join(page.extract_text() for page in pages)
    assert "One clinician, one patient" in text
    assert day.clinician.family_name in text
