"""When the room asks whether somebody is with the patient, and what an answer is worth."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from afterglow.core.monitoring.conditions import AlarmPriority
from afterglow.core.monitoring.presence import (
    UNANSWERED,
    Doubt,
    PresenceFacts,
    PresenceRules,
    borne_out,
    presence_conditions,
    question,
)

CAME = datetime(2026, 11, 27, 10, tzinfo=UTC)
RULES = PresenceRules(timedelta(minutes=20), timedelta(seconds=60), AlarmPriority.MEDIUM)
HERE = PresenceFacts(who="Okafor", last_sign_at=CAME, one_to_one=True)


def minute(number: float) -> datetime:
    return CAME + timedelta(minutes=number)


def said(facts: PresenceFacts, number: float) -> list[tuple[str, str]]:
    found = presence_conditions(facts, RULES, nobody=AlarmPriority.HIGH, at=minute(number))
    return [(each.code, str(each.priority)) for each in found]


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"elsewhere_at": minute(5)}, Doubt.ELSEWHERE),
        ({"shift_over_at": minute(5)}, Doubt.SHIFT_OVER),
        ({"signed_out_at": minute(5)}, Doubt.SIGNED_OUT),
        ({}, Doubt.SILENT),
    ],
)
def test_the_room_asks_and_unanswered_it_is_nobody(changed: dict[str, Any], why: Doubt) -> None:
    facts = replace(HERE, **changed)
    since = 5 if changed else 20

    asked = question(facts, RULES, at=minute(since))

    assert asked is not None
    assert (asked.why, asked.since) == (why, minute(since))
    assert said(facts, since - 0.1) == []
    assert said(facts, since + 0.5) == [("PRESENCE_NOT_CERTAIN", "medium")]
    assert said(facts, since + 1) == [("NOBODY_WITH_PATIENT", "high")]


@pytest.mark.parametrize(
    ("shown", "code"),
    [
        (None, "NOBODY_WITH_PATIENT"),  # nobody noted it: nothing is claimed
        (19.9, "ROOM_NOT_HEARD"),
        (20, "NOBODY_WITH_PATIENT"),
        (20.5, "NOBODY_WITH_PATIENT"),
        (-30, "ROOM_NOT_HEARD"),
    ],
)
def test_a_room_of_which_no_screen_was_heard_since_it_was_asked_is_said_to_be_unheard(
    shown: float | None, code: str
) -> None:
    facts = replace(HERE, shown_at=None if shown is None else minute(shown))

    assert said(facts, 20.5) == [("PRESENCE_NOT_CERTAIN", "medium")]
    assert said(facts, 21) == [(code, "high")]
    (condition,) = presence_conditions(facts, RULES, nobody=AlarmPriority.HIGH, at=minute(21))
    assert (condition.since == facts.shown_at) is (code == "ROOM_NOT_HEARD")
    assert condition.about == UNANSWERED


def test_a_later_sign_answers_what_spoke_against_it() -> None:
    facts = replace(HERE, elsewhere_at=minute(5), last_sign_at=minute(6))

    assert said(facts, 10) == []
    assert said(facts, 26) == [("PRESENCE_NOT_CERTAIN", "medium")]


def test_in_recovery_an_act_for_another_patient_speaks_against_nothing() -> None:
    assert said(replace(HERE, one_to_one=False, elsewhere_at=minute(5)), 10) == []


def test_one_declaration_bears_out_no_more_than_the_time_until_the_room_asks() -> None:
    whole = borne_out([CAME], begins=CAME, ends=minute(40), for_so_long=RULES.ask_after)
    acted = borne_out(
        [minute(30), CAME, minute(15), minute(16)],
        begins=CAME,
        ends=minute(40),
        for_so_long=RULES.ask_after,
    )

    assert whole == timedelta(minutes=20)
    assert acted == timedelta(minutes=40)
