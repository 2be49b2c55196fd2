"""Laws of a rehearsal: it is a function of what was asked, and an act changes nothing before it."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from afterglow.simulator.rehearsal import Act, Done, plan, rehearse

scenarios = st.sampled_from([str(script.scenario) for script in plan().scripts])
acts = st.lists(
    st.builds(Done, at_s=st.integers(0, 1200), act=st.sampled_from(list(Act))), max_size=6
)


@settings(max_examples=12, deadline=None)
@given(scenarios, acts)
def test_the_same_asks_give_the_same_story(scenario: str, done: list[Done]) -> None:
    assert rehearse(scenario, done) == rehearse(scenario, list(reversed(done)))


@settings(max_examples=12, deadline=None)
@given(scenarios, acts, st.integers(100, 1200), st.sampled_from(list(Act)))
def test_an_act_changes_nothing_that_came_before_it(
    scenario: str, done: list[Done], at_s: int, act: Act
) -> None:
    before = [one for one in done if one.at_s < at_s]

    alone, acted = rehearse(scenario, before), rehearse(scenario, [*before, Done(at_s, act)])

    assert [f for f in alone.frames if f[0] < at_s] == [f for f in acted.frames if f[0] < at_s]
    assert [a for a in alone.alarms if a["t"] < at_s] == [a for a in acted.alarms if a["t"] < at_s]


@settings(max_examples=12, deadline=None)
@given(scenarios, acts)
def test_signs_stay_within_what_a_monitor_can_show(scenario: str, done: list[Done]) -> None:
    story = rehearse(scenario, done)

    assert all(0 <= f[2] <= 100 and 20 <= f[1] <= 260 and 0 <= f[3] <= 60 for f in story.frames)
    given_ml = [float(f[6]) for f in story.frames]
    assert given_ml == sorted(given_ml)
    assert given_ml[-1] <= 50
