"""A rehearsal: the same asks tell the same story, alarms are the protocol's, what helps helps."""

from __future__ import annotations

import pytest

from afterglow.core.errors import InvalidValue
from afterglow.simulator.rehearsal import Act, Done, Story, plan, rehearse

RAISES = {
    "hypertension": {"SYSTOLIC_HIGH", "SYSTOLIC_RISE"},
    "desaturation": {"SPO2_LOW", "RESPIRATORY_RATE_LOW", "ETCO2_RISE", "ETCO2_HIGH"},
    "emergence-distress": {"SYSTOLIC_RISE", "RESPIRATORY_RATE_HIGH"},
    "extravasation": set(),
    "free-flow": {"PUMP_RATE_DIFFERS"},
}
"""What the room alarms about when nobody acts. A line in the tissue alarms about nothing at all."""


def codes(story: Story) -> set[str]:
    return {one["code"] for one in story.alarms if one["act"] == "raised"}


@pytest.mark.parametrize(("scenario", "expected"), RAISES.items())
def test_each_rehearsal_raises_the_alarms_of_the_protocol(
    scenario: str, expected: set[str]
) -> None:
    assert expected <= codes(rehearse(scenario))


def test_every_rehearsal_is_offered_with_what_is_seen_and_what_helps() -> None:
    assert {script.scenario for script in plan().scripts} == set(RAISES)
    assert all(script.cues and script.answers for script in plan().scripts)
    assert {choice.code for choice in plan().acts} == set(Act)


HELPS = [(str(s.scenario), act, after) for s in plan().scripts for act, after in s.answers.items()]


@pytest.mark.parametrize(("scenario", "helps", "after"), HELPS)
def test_what_helps_ends_what_goes_wrong_each_in_its_time(
    scenario: str, helps: Act, after: int
) -> None:
    alone, helped = rehearse(scenario), rehearse(scenario, [Done(150, helps)])

    assert (alone.answered_s, alone.helped) == (None, ())
    assert (helped.answered_s, helped.helped) == (150 + after, (Done(150, helps),))
    assert len(helped.seen) <= len(alone.seen)


def test_halving_the_rate_and_stopping_both_help_and_the_prescriber_says_what_to_do() -> None:
    halved = rehearse("hypertension", [Done(150, Act.HALVE)])
    assert {frame[5] for frame in halved.frames if frame[0] > 150} == {"37.5"}
    assert max(high for t, high, _ in halved.pressures if t > 900) < max(
        high for t, high, _ in rehearse("hypertension").pressures if t > 900
    )
    stopped = rehearse("desaturation", [Done(120, Act.STOP)])
    assert stopped.frames[-1][2] > rehearse("desaturation").frames[-1][2]

    called = rehearse("desaturation", [Done(130, Act.CALL)])
    assert called.answered_s is None
    assert {"t": 150, "say": plan().script("desaturation").advice} in called.seen


def test_oxygen_brings_the_saturation_back() -> None:
    alone = rehearse("desaturation").frames[-1]
    helped = rehearse("desaturation", [Done(200, Act.AIRWAY)]).frames[-1]

    assert alone[2] < 92 < helped[2]


def test_stopping_the_pump_does_not_stop_a_free_flow_and_a_clamp_does() -> None:
    stopped = rehearse("free-flow", [Done(100, Act.STOP)]).frames
    clamped = rehearse("free-flow", [Done(100, Act.CLAMP)]).frames

    after = [frame for frame in stopped if frame[0] == 110]
    assert after[0][5] == "600"
    assert [frame[5] for frame in clamped if frame[0] == 110] == ["0"]


def test_what_runs_into_the_tissue_is_counted_by_the_pump_and_not_felt() -> None:
    calm = rehearse("extravasation", [Done(60, Act.CANNULA)]).frames
    running = rehearse("extravasation").frames

    assert float(running[-1][6]) > float(calm[-1][6])
    assert {frame[0] for frame in running} == {frame[0] for frame in calm}


@pytest.mark.parametrize(
    ("scenario", "acts", "said"),
    [
        ("earthquake", [], "There is no rehearsal 'earthquake'"),
        ("free-flow", [Done(5000, Act.STOP)], "An act at 5000 s is outside of the 1200 s"),
        ("free-flow", [Done(1, Act.CALL)] * 61, "at most 60 acts, not 61"),
    ],
)
def test_what_cannot_be_rehearsed_says_why(scenario: str, acts: list[Done], said: str) -> None:
    with pytest.raises(InvalidValue, match=said):
        rehearse(scenario, acts)
