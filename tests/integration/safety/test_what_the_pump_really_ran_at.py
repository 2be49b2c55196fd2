"""A rate past the protocol's limit is never set, and is written down where it really ran."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from afterglow.apps.accounts.models import RoleGrant
from afterglow.apps.monitoring.models import Alarm
from afterglow.apps.treatment import queries
from afterglow.apps.treatment.models import PumpAction, SessionEvent
from afterglow.apps.treatment.models.infusion import EventKind, PumpActionKind
from afterglow.apps.treatment.models.offline import OfflineChoice
from afterglow.apps.treatment.outcomes import Done, Refused
from afterglow.apps.treatment.services import (
    charting,
    from_paper,
    infusions,
    lines,
    mistakes,
    offline,
    rates,
)
from afterglow.apps.treatment.shown.events import entries
from afterglow.apps.work.kinds import PUMP_RAN_TOO_FAST
from afterglow.apps.work.models import Task, TaskState
from afterglow.core.quantities import Rate
from afterglow.web import clock
from support.infusion_day import Day, infusing, ready
from support.typed_offline import sent, typed

pytestmark = pytest.mark.django_db

FAST = Rate.ml_per_h("525")
WHY = "A digit too many was typed at the pump."


@pytest.fixture
def day() -> Day:
    return infusing()


def charted(day: Day, minute: float, **more: Any) -> Any:
    return infusions.act_on_pump(
        session=day.id,
        by=day.clinician,
        at=day.minute(minute),
        key=uuid.uuid4(),
        **{"kind": PumpActionKind.CHANGE_RATE, "seen_sequence": 1, **more},
    )


def open_alarms(day: Day) -> set[str]:
    rows = Alarm.objects.filter(session=day.session, ended_at=None, condition_gone_at=None)
    return set(rows.values_list("condition", flat=True))


def test_what_really_ran_is_charted_with_its_reason_an_alarm_and_a_task(day: Day) -> None:
    outcome = charted(day, 10, rate=FAST, really_ran=True, reason=WHY)

    assert isinstance(outcome, Done), outcome
    assert outcome.decision.codes == ("RATE_RAN_ABOVE_HARD_LIMIT",)
    assert (outcome.row.rate_ml_per_h, outcome.row.by) == (FAST, day.clinician)
    alarm = Alarm.objects.get(session=day.session, condition="PUMP_RAN_TOO_FAST")
    assert (alarm.priority, alarm.seen) == ("high", "525 mL/h")
    noted = SessionEvent.objects.get(session=day.session, kind=EventKind.NOTE, label="Deviation")
    assert noted.text.endswith(WHY)
    assert str(rates.fastest_rate(day.infusion)) in noted.text
    task = Task.objects.get(kind=PUMP_RAN_TOO_FAST, subject=day.id)
    prescriber = day.session.course.prescriber
    assert prescriber is not None
    assert task.owner == prescriber.public_id


def test_on_a_spanish_screen_the_deviation_is_said_in_spanish_and_the_reason_as_typed(
    day: Day,
) -> None:
    charted(day, 10, rate=FAST, really_ran=True, reason=WHY)

    with translation.override("es"):
        (shown,) = [each for each in entries(day.refreshed()) if each.kind == "note"]

    assert shown.words == "Desviación"
    assert shown.text.startswith("La bomba")
    assert shown.text.endswith(WHY)
    assert "really ran" not in shown.text


def test_a_prescriber_who_has_left_owns_no_task_that_nobody_else_sees(day: Day) -> None:
    RoleGrant.objects.filter(account=day.session.course.prescriber).delete()

    charted(day, 10, rate=FAST, really_ran=True, reason=WHY)

    assert Task.objects.get(kind=PUMP_RAN_TOO_FAST, subject=day.id).owner is None


def test_without_saying_that_it_ran_and_why_it_is_refused_whatever_the_words(day: Day) -> None:
    as_an_order = charted(day, 10, rate=FAST, reason=WHY)
    without_words = charted(day, 10, rate=FAST, really_ran=True)

    assert as_an_order.decision.codes == ("RATE_ABOVE_HARD_LIMIT",)
    assert without_words.decision.codes == ("RATE_RAN_WITHOUT_REASON",)
    assert PumpAction.objects.filter(infusion=day.infusion).count() == 1
    assert not Task.objects.filter(kind=PUMP_RAN_TOO_FAST).exists()


def test_the_pump_never_resumes_at_a_rate_past_the_limit(day: Day) -> None:
    charted(day, 10, rate=FAST, really_ran=True, reason=WHY)
    charted(day, 11, kind=PumpActionKind.PAUSE, seen_sequence=2)

    resumed = charted(day, 12, kind=PumpActionKind.RESUME, seen_sequence=3)

    assert resumed.row.rate_ml_per_h == day.infusion.preparation.rate_ml_per_h
    assert "PUMP_RAN_TOO_FAST" not in open_alarms(day)


def test_what_was_given_at_that_rate_counts_and_never_more_than_the_bag_held(day: Day) -> None:
    before = queries.given(day.infusion, at=day.minute(10))
    charted(day, 10, rate=FAST, really_ran=True, reason=WHY)

    soon, late = (queries.given(day.infusion, at=day.minute(at)) for at in (11, 60))

    assert float((soon.charted.volume - before.charted.volume).value) == pytest.approx(525 / 60)
    assert late.charted.dose <= day.infusion.preparation.drawn_mg


def test_what_is_said_of_it_stays_as_long_as_its_pump_entry(day: Day) -> None:
    charted(day, 10, rate=FAST, really_ran=True, reason=WHY)
    noted = SessionEvent.objects.get(session=day.session, kind=EventKind.NOTE, label="Deviation")

    undone = charting.withdraw_event(
        session=day.id,
        event=noted.public_id,
        reason="Done",
        by=day.second,
        at=day.minute(11),
        key=uuid.uuid4(),
    )

    assert undone.decision.codes == ("EVENT_CANNOT_BE_WITHDRAWN",)
    [entry] = [one for one in entries(day.session) if one.event == str(noted.public_id)]
    assert (entry.can_withdraw, entry.withdrawn) == (False, False)


def test_taken_back_as_charted_in_error_it_leaves_no_alarm_and_no_task(day: Day) -> None:
    wrong = charted(day, 10, rate=FAST, really_ran=True, reason=WHY).row

    mistakes.take_back_pump_action(
        session=day.id,
        action=wrong.public_id,
        reason="It was 52.5.",
        by=day.clinician,
        at=day.minute(11),
        key=uuid.uuid4(),
    )

    assert "PUMP_RAN_TOO_FAST" not in open_alarms(day)
    assert Task.objects.get(kind=PUMP_RAN_TOO_FAST).state == TaskState.DONE
    note = SessionEvent.objects.get(session=day.session, label="Deviation")
    assert SessionEvent.objects.filter(about=note, kind=EventKind.WITHDRAWN).exists()


@pytest.mark.parametrize("kind", [PumpActionKind.CHANGE_RATE, PumpActionKind.START])
def test_on_paper_it_is_copied_where_it_really_ran(kind: PumpActionKind) -> None:
    day = ready() if kind is PumpActionKind.START else infusing()

    outcome = from_paper.copy_from_paper(
        session=day.id,
        lines=[
            lines.PumpLine(at=day.minute(12), kind=kind, rate=FAST, reason=WHY, really_ran=True),
            lines.PumpLine(at=day.minute(13), kind=PumpActionKind.STOP),
        ],
        kept_by=day.second,
        by=day.clinician,
        at=day.minute(30),
        key=uuid.uuid4(),
        seen_sequence=0 if kind is PumpActionKind.START else 1,
    )

    assert isinstance(outcome, Done), outcome
    assert "RATE_RAN_ABOVE_HARD_LIMIT" in outcome.decision.codes
    ran = PumpAction.objects.filter(infusion__session=day.session, rate_ml_per_h=FAST.value)
    assert ran.exists()
    assert Task.objects.filter(kind=PUMP_RAN_TOO_FAST, subject=day.id).exists()
    # It is over by now, and stays to be seen until somebody has seen it.
    alarm = Alarm.objects.get(session=day.session, condition="PUMP_RAN_TOO_FAST")
    assert (alarm.ended_at, alarm.acknowledged_at) == (None, None)


def test_what_a_tablet_kept_is_settled_as_what_really_ran(day: Day) -> None:
    (entry,) = sent(day, typed(day, 12, "pump", kind="change_rate", rate="525", seen_sequence=1))

    def settled(reason: str, **more: Any) -> Any:
        return offline.settle(
            session=day.id,
            entry=entry.public_id,
            choice=OfflineChoice.CHARTED,
            reason=reason,
            by=day.clinician,
            at=day.minute(25),
            **more,
        )

    plain, silent = settled(WHY), settled("", really_ran=True)
    done = settled(WHY, really_ran=True)

    assert isinstance(plain, Refused)
    assert plain.decision.codes == ("RATE_ABOVE_HARD_LIMIT",)
    assert isinstance(silent, Refused)
    assert silent.decision.codes == ("RATE_RAN_WITHOUT_REASON",)
    assert isinstance(done, Done), done
    step = PumpAction.objects.get(infusion=day.infusion, sequence=2)
    assert (step.rate_ml_per_h, step.at, step.reason) == (FAST, day.minute(12), WHY)


def test_the_room_asks_what_really_ran_only_of_a_rate_it_refused(client: Client, day: Day) -> None:
    client.force_login(day.clinician)
    there = reverse("treatment:infusion-rate", args=[day.id])
    typed_in = {"rate": "525", "seen_sequence": "1", "key": str(uuid.uuid4())}
    with clock.fixed(day.minute(10)):
        asked = client.get(there).content.decode()
        refused = client.post(there, typed_in)
        wordless = client.post(there, typed_in | {"really_ran": "on"})
        done = client.post(there, typed_in | {"really_ran": "on", "reason": WHY}, follow=True)

    assert "really_ran" not in asked
    assert (refused.status_code, wordless.status_code, done.status_code) == (409, 409, 200)
    assert "The pump really ran at this rate" in refused.content.decode()
    assert "RATE_RAN_WITHOUT_REASON" in wordless.content.decode()
    assert PumpAction.objects.get(infusion=day.infusion, sequence=2).rate_ml_per_h == FAST


def test_the_box_lets_no_ordinary_rate_be_called_a_deviation(client: Client, day: Day) -> None:
    client.force_login(day.clinician)
    data = {"rate": "50", "seen_sequence": "1", "key": str(uuid.uuid4()), "really_ran": "on"}
    with clock.fixed(day.minute(10)):
        client.post(reverse("treatment:infusion-rate", args=[day.id]), data)

    assert PumpAction.objects.filter(infusion=day.infusion).count() == 2
    assert not Task.objects.filter(kind=PUMP_RAN_TOO_FAST).exists()


@pytest.mark.parametrize("typed_rate", ["1200.01", "99999", "5250000"])
def test_what_no_pump_runs_at_is_refused_in_words_wherever_it_is_typed(
    client: Client, day: Day, typed_rate: str
) -> None:
    client.force_login(day.clinician)
    data = {"rate": typed_rate, "seen_sequence": "1", "really_ran": "on", "reason": WHY}
    with clock.fixed(day.minute(10)):
        in_the_room = client.post(
            reverse("treatment:infusion-rate", args=[day.id]), data | {"key": str(uuid.uuid4())}
        )
    by_the_verb = charted(day, 11, rate=Rate.ml_per_h(typed_rate), really_ran=True, reason=WHY)

    assert in_the_room.status_code == 422
    said = in_the_room.content.decode().replace("\xa0", " ")
    assert f"{typed_rate} mL/h is above the highest value" in said
    assert "1200 mL/h" in said
    assert by_the_verb.decision.codes == ("RATE_IMPOSSIBLE",)
    assert PumpAction.objects.filter(infusion=day.infusion).count() == 1
