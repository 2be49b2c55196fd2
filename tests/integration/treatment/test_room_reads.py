"""What the infusion room reads: few queries, the minute's lowest and highest, raw values, undo."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from afterglow.apps.medicines.models import Product
from afterglow.apps.monitoring.models import ArtefactMark, VitalSign
from afterglow.apps.monitoring.services import record_vital_signs_by_hand
from afterglow.apps.treatment import queries
from afterglow.apps.treatment.models import SessionEvent
from afterglow.apps.treatment.outcomes import Done
from afterglow.apps.treatment.services import charting, infusions
from afterglow.apps.treatment.shown import drug
from afterglow.apps.treatment.shown.grid import grid
from afterglow.core.monitoring.catalogue import VitalSignCode
from afterglow.core.quantities import Dose
from afterglow.core.treatment.endings import InfusionEnding
from afterglow.db.looks import looking
from afterglow.web import clock, formats
from support.infusion_day import Day, infusing, take_vitals
from support.long_infusion import lively_infusion, tell_by_the_minute

pytestmark = pytest.mark.django_db
MOST_QUERIES = 66
"""However long the infusion, a page asks so often at most; it asked 103 times once."""


@pytest.fixture
def day() -> Day:
    return infusing()


@pytest.fixture
def now(day: Day) -> Iterator[datetime]:
    """Twenty-five minutes into the infusion, every minute told by the devices."""
    tell_by_the_minute(day, since=day.started, until=day.minute(25))
    with clock.fixed(day.minute(25)):
        yield day.minute(25)


def signed_in(day: Day) -> Client:
    client = Client(headers={"HX-Request": "true"})
    client.force_login(day.clinician)
    return client


def url(day: Day, name: str, *arguments: object) -> str:
    return reverse(f"treatment:{name}", args=[day.id, *arguments])


# ---- one look


def test_inside_a_look_the_same_question_is_asked_once(day: Day) -> None:
    with CaptureQueriesContext(connection) as asked, looking():
        first = queries.infusion_of(day.session)
        assert queries.infusion_of(day.session) is first
    assert len(asked) == 1


def test_outside_of_a_look_nothing_is_kept(day: Day) -> None:
    with looking():
        queries.infusion_of(day.session)
    with CaptureQueriesContext(connection) as asked:
        queries.infusion_of(day.session)
        queries.infusion_of(day.session)
    assert len(asked) == 2


def test_the_page_asks_no_more_often_when_there_is_more_to_show(day: Day, now: datetime) -> None:
    client = signed_in(day)
    client.get(url(day, "infusion"))  # what a process keeps for its life is read by the first page
    with CaptureQueriesContext(connection) as few:
        assert client.get(url(day, "infusion")).status_code == 200
    for minute in (3, 8, 14, 20):
        take_vitals(day, at=day.minute(minute))
    with CaptureQueriesContext(connection) as more:
        assert client.get(url(day, "infusion")).status_code == 200

    assert len(more) <= len(few)
    assert len(few) <= MOST_QUERIES, [each["sql"][:90] for each in few.captured_queries]


# ---- the graph's data


def test_the_page_carries_the_graph_with_its_limits_and_the_baseline(
    day: Day, now: datetime
) -> None:
    page = signed_in(day).get(url(day, "infusion")).content.decode()
    anew = signed_in(day).get(url(day, "infusion-trend")).json()

    assert '<script id="trend-data" type="application/json">' in page
    assert anew["baseline"]["pressure"] == [124, 78]
    assert {line["sign"] for line in anew["lines"]} >= {"pressure", "heart", "oxygen", "co2"}
    assert any(limit["level"] == "red" for limit in anew["limits"])


# ---- raw values, one tap away


def test_a_cell_leads_to_every_raw_reading_hand_and_device_side_by_side(
    day: Day, now: datetime
) -> None:
    take_vitals(day, at=day.minute(21))
    page = signed_in(day).get(url(day, "infusion")).content.decode()
    address = next(
        part.split('"')[0] for part in page.split('href="')[1:] if part.startswith("raw/heart_rate")
    )
    opened = int(address.rstrip("/").rsplit("/", 1)[1])
    newest = signed_in(day).get(url(day, "infusion-raw", "heart_rate", opened))
    minute = int(day.minute(21).timestamp()) // 60 * 60
    all_of_it = signed_in(day).get(url(day, "infusion-raw", "minute", minute)).content.decode()

    assert newest.status_code == 200
    assert "By hand" in all_of_it
    assert "By device" in all_of_it
    assert "Mark as artefact" in all_of_it


@pytest.mark.parametrize(("line", "since"), [("sausages", 1), ("pressure", 1), ("minute", 10**15)])
def test_what_the_grid_does_not_have_is_not_found(
    day: Day, now: datetime, line: str, since: int
) -> None:
    assert signed_in(day).get(url(day, "infusion-raw", line, since)).status_code == 404


def test_a_stretch_of_one_sign_is_marked_in_one_act_and_nothing_else_with_it(
    day: Day, now: datetime
) -> None:
    client = signed_in(day)
    row = VitalSign.objects.filter(source="device", code="spo2").order_by("-taken_at")[3]
    artefact = url(day, "infusion-artefact", row.batch, "spo2")
    asked = client.get(artefact).content.decode()
    assert "Oxygen saturation" in asked
    assert "mm[Hg]" not in asked
    assert "Heart rate" not in asked  # what is not named is not marked
    last = formats.clock_time(now, day.site)
    first = formats.clock_time(row.taken_at, day.site)

    half = client.post(artefact, {"key": uuid.uuid4(), "reason": "probe off", "since": first})
    back = client.post(
        artefact, {"key": uuid.uuid4(), "reason": "probe off", "since": last, "until": first}
    )
    done = client.post(
        artefact,
        {"key": uuid.uuid4(), "reason": "probe off", "since": first, "until": last},
        headers={"HX-Request": "true"},
    )
    again = client.post(
        artefact, {"key": uuid.uuid4(), "reason": "probe off", "since": first, "until": last}
    )

    begin = row.taken_at.replace(second=0, microsecond=0)
    meant = VitalSign.objects.filter(
        session=day.session, source="device", code="spo2", taken_at__gte=begin, flag=""
    )
    marks = ArtefactMark.objects.filter(session=day.session, reason="probe off")
    assert (half.status_code, back.status_code, again.status_code) == (422, 422, 409)
    assert "the stretch ends before it begins" in back.content.decode()
    assert "are marked already" in again.content.decode()
    assert sorted(marks.values_list("vital_sign_id", flat=True)) == sorted(
        meant.values_list("pk", flat=True)
    )
    assert marks.count() >= 4
    assert f"{marks.count()} readings" in done.content.decode()


def test_a_mark_is_taken_back_with_a_reason_and_both_stay_on_record(
    day: Day, now: datetime
) -> None:
    client = signed_in(day)
    row = VitalSign.objects.filter(source="device", code="systolic").order_by("-taken_at")[0]
    artefact = url(day, "infusion-artefact", row.batch, "systolic")
    believe = url(day, "infusion-believe", row.batch, "systolic")
    client.post(artefact, {"key": uuid.uuid4(), "reason": "the arm moved"})
    minute = int(row.taken_at.timestamp()) // 60 * 60
    listed = client.get(url(day, "infusion-raw", "minute", minute)).content.decode()
    assert "the arm moved" in listed
    assert believe in listed

    unexplained = client.post(believe, {"key": uuid.uuid4(), "reason": ""})
    answer = client.post(believe, {"key": uuid.uuid4(), "reason": "a second cuff agreed"})

    assert (unexplained.status_code, answer.status_code) == (422, 200)
    marks = ArtefactMark.objects.filter(vital_sign=row).order_by("pk")
    assert [(m.is_artefact, m.reason) for m in marks] == [
        (True, "the arm moved"),
        (False, "a second cuff agreed"),
    ]


# ---- the grid


def test_a_column_tells_between_which_values_a_continuous_sign_moved(
    day: Day, now: datetime
) -> None:
    page = signed_in(day).get(url(day, "infusion-panel", "grid")).content.decode()

    assert 'class="cell-range"' in page
    assert "70–78" in page  # the heart rate wanders by four to both sides of 74


def test_an_undo_of_a_column_stays_on_record(day: Day, now: datetime) -> None:
    client = signed_in(day)
    charted = client.post(
        url(day, "infusion-observe"), {"key": uuid.uuid4(), "pressure": "151/91", "spo2": "97"}
    )
    batch = VitalSign.objects.filter(source="hand", value=151).get().batch
    address = url(day, "infusion-undo-entry", batch)
    assert address in charted.content.decode()

    undone = client.post(address)
    client.post(address)  # a second press adds nothing

    assert undone.status_code == 200
    assert VitalSign.objects.filter(batch=batch).count() == 3
    assert (
        list(ArtefactMark.objects.filter(vital_sign__batch=batch).values_list("reason", flat=True))
        == ["entered in error"] * 3
    )
    assert "151/91" not in client.get(url(day, "infusion-panel", "grid")).content.decode()


def test_what_a_device_said_cannot_be_taken_back_as_an_entry(day: Day, now: datetime) -> None:
    batch = VitalSign.objects.filter(source="device").values_list("batch", flat=True)[0]

    assert signed_in(day).post(url(day, "infusion-undo-entry", batch)).status_code == 404
    assert not ArtefactMark.objects.exists()


def test_both_times_are_shown_when_they_are_more_than_a_minute_apart(
    day: Day, now: datetime
) -> None:
    record_vital_signs_by_hand(
        session=day.id,
        readings={VitalSignCode.SYSTOLIC: Decimal(133), VitalSignCode.DIASTOLIC: Decimal(83)},
        taken_at=day.minute(-6),
        by=day.clinician,
        at=day.minute(-6) + timedelta(seconds=90),
        key=uuid.uuid4(),
    )
    page = signed_in(day).get(url(day, "infusion-panel", "grid")).content.decode()

    assert 'class="entered"' in page


def test_nothing_is_carried_forward_into_the_open_column(day: Day, now: datetime) -> None:
    take_vitals(day, at=day.minute(21))
    page = signed_in(day).get(url(day, "infusion-panel", "grid")).content.decode()

    fields = [part.split(">")[0] for part in page.split('<input class="control"')[1:]]
    assert len(fields) > 6
    assert all('value=""' in field for field in fields)


# ---- favourites and macros


def test_a_favourite_is_a_mark_that_has_its_name_already(day: Day, now: datetime) -> None:
    client = signed_in(day)
    said = client.post(url(day, "infusion-mark"), {"key": uuid.uuid4(), "favourite": "OXYGEN_ON"})
    panel = client.get(url(day, "infusion-panel", "events")).content.decode()

    assert said.status_code == 200
    assert SessionEvent.objects.get(kind="mark").label == "Oxygen on"
    assert "Oxygen on" in panel
    assert "Name it" not in panel


def test_a_favourite_that_the_protocol_does_not_have_marks_nothing(day: Day, now: datetime) -> None:
    answer = signed_in(day).post(
        url(day, "infusion-mark"), {"key": uuid.uuid4(), "favourite": "FIREWORKS"}
    )

    assert answer.status_code == 404
    assert not SessionEvent.objects.filter(kind="mark").exists()


def test_the_macro_walks_the_scales_that_are_on_file_and_says_when_it_is_due(
    day: Day, now: datetime
) -> None:
    take_vitals(day, at=day.minute(21))
    panel = signed_in(day).get(url(day, "infusion-panel", "grid")).content.decode()

    assert 'data-macro="moaas dissociation nausea anxiety "' in panel
    assert f'data-remaining-until="{day.minute(31).isoformat()}"' in panel


# ---- the drug rows


def test_each_medicine_has_a_row_with_its_label_its_doses_and_its_total() -> None:
    now = clock.now()
    day = lively_infusion(now=now)

    row = drug.drug_row(day.session, at=now)

    assert row is not None
    assert (row.medicine, row.drug_class) == ("ketamine", "induction")
    assert [str(bar.rate.value.normalize()) for bar in row.bars if not bar.is_future] == [
        "75",
        "6E+1",
    ]
    [other] = row.others
    assert (other.medicine, other.drug_class) == ("ondansetron", "antiemetic")
    assert [dose.dose.value for dose in other.boluses] == [4]
    assert other.total.value == 4
    assert other.per_kg is not None
    assert str(other.per_kg.value) == "0.06"
    assert row.pump_bars == ()


def test_what_was_given_after_the_infusion_still_stands_on_the_axis(day: Day) -> None:
    charting.give_medicine(
        session=day.id,
        product=Product.objects.get(key="ondansetron").public_id,
        dose=Dose.mg(4),
        route="iv",
        indication="nausea",
        by=day.clinician,
        at=day.minute(75),
        key=uuid.uuid4(),
    )

    row = drug.drug_row(day.session, at=day.minute(80))

    assert row is not None
    assert row.axis_from < row.infusion.started_at
    assert row.others[0].boluses[0].at < row.axis_to


def test_what_the_pump_ran_at_is_drawn_beside_what_was_charted_where_they_differ(
    day: Day,
) -> None:
    tell_by_the_minute(day, since=day.started, until=day.minute(20), rates={10: Decimal(40)})

    row = drug.drug_row(day.session, at=day.minute(20))

    assert row is not None
    assert [bar.rate.value for bar in row.pump_bars] == [Decimal(75), Decimal(40)]
    with clock.fixed(day.minute(20)):
        panel = signed_in(day).get(url(day, "infusion-panel", "drug")).content.decode()
        asked = signed_in(day).get(url(day, "infusion-difference")).content.decode()
    assert "drug-axis-pump" in panel
    assert "pump reports" in panel
    assert row.pump is not None
    for account in (row.pump, row.charted):  # nobody decides whose milligrams count without them
        assert f'<td class="numeric">{formats.number(account.dose)}</td>' in asked
        assert f'<td class="numeric">{formats.number(account.volume)}</td>' in asked


def test_a_second_pressure_in_a_column_is_drawn_and_the_first_is_counted(day: Day) -> None:
    take_vitals(day, at=day.minute(-0.4), systolic=124, diastolic=78)
    take_vitals(day, at=day.minute(0.6), systolic=132, diastolic=84)

    with clock.fixed(day.minute(2)):
        html = signed_in(day).get(url(day, "infusion-panel", "grid")).content.decode()

    assert "132/84" in html
    assert "+1</small>" in html


def test_a_column_that_held_a_red_set_stays_red_when_a_normal_one_follows(day: Day) -> None:
    take_vitals(day, at=day.minute(1), systolic=196, diastolic=112, spo2=84)
    take_vitals(day, at=day.minute(2), systolic=124, diastolic=78)
    take_vitals(day, at=day.minute(11), systolic=124, diastolic=78)

    drawn = {line.line.field: line.cells for line in grid(day.session, at=day.minute(12)).lines}

    first, last = drawn["pressure"][-2][1], drawn["pressure"][-1][1]
    assert (first.text, first.more, first.more_level) == ("124/78", 1, "red")
    assert first.level == ""  # what is drawn is normal; what stands beside it is not
    assert first.extreme == "↑196/112"
    assert (drawn["spo2"][-2][1].more_level, drawn["spo2"][-2][1].extreme) == ("red", "↓84")
    assert last.extreme == ""
    with clock.fixed(day.minute(12)):
        html = signed_in(day).get(url(day, "infusion-panel", "grid")).content.decode()
    assert "↑196/112</small>" in html
    assert (last.text, last.more, last.level) == ("124/78", 0, "")


def test_a_reading_that_counts_for_a_set_and_its_recheck_stands_once(day: Day) -> None:
    take_vitals(day, at=day.minute(1), systolic=196, diastolic=112)
    take_vitals(day, at=day.minute(5), systolic=186, diastolic=84)

    [cells] = [
        line.cells
        for line in grid(day.session, at=day.minute(6)).lines
        if line.line.field == "pressure"
    ]

    asked_again = [column.slot.recheck for column, _cell in cells]
    assert asked_again[-1]
    assert [cell.text for _column, cell in cells].count("186/84") == 1
    assert cells[-1][1].text == "186/84"
    assert all(cell.more == 0 for _column, cell in cells)


def test_a_set_that_the_stop_overtook_stays_to_be_seen_and_owes_nothing(day: Day) -> None:
    take_vitals(day, at=day.minute(1), systolic=124, diastolic=78)
    outcome = infusions.record_pump_stopped(
        session=day.id,
        ending=InfusionEnding.STOPPED_BY_CLINICIAN,
        by=day.clinician,
        at=day.minute(11),
        key=uuid.uuid4(),
    )
    assert isinstance(outcome, Done)

    found = grid(day.session, at=day.minute(12))

    left = [column for column in found.columns if column.slot.overtaken]
    assert [column.slot.due_at for column in left] == [day.minute(10)]
    assert not left[0].owes_reason
    client = Client(headers={"HX-Request": "true"})
    client.force_login(day.clinician)
    with clock.fixed(day.minute(12)):
        html = client.get(reverse("treatment:infusion-panel", args=[day.id, "grid"]))
    assert "not taken before the stop" in html.content.decode()
