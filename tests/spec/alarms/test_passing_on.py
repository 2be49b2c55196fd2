"""Who hears of an alarm that nobody acknowledges, and when: for a clinician to sign."""

import datetime as dt
from dataclasses import replace

import pytest

from afterglow.core.errors import InvalidValue
from afterglow.core.monitoring.alarm_state import AlarmActKind, Waiting, to_be_told
from afterglow.core.monitoring.conditions import AlarmPriority
from support.monitoring import RULES, minute

SITE, PRESCRIBER = AlarmActKind.TOLD_SITE, AlarmActKind.TOLD_PRESCRIBER

# priority, seconds it has waited, told already → told now
TABLE = [
    ("high", 29, (), ()),
    ("high", 30, (), (SITE,)),
    ("high", 89, (SITE,), ()),
    ("high", 90, (SITE,), (PRESCRIBER,)),
    ("high", 90, (), (SITE, PRESCRIBER)),
    ("high", 3600, (SITE, PRESCRIBER), ()),
    ("medium", 119, (), ()),
    ("medium", 120, (), (SITE,)),
    ("medium", 300, (SITE,), (PRESCRIBER,)),
    ("low", 86_400, (), ()),
]


@pytest.mark.parametrize(("priority", "waited", "told", "now"), TABLE)
def test_an_alarm_is_passed_on(
    priority: str,
    waited: int,
    told: tuple[AlarmActKind, ...],
    now: tuple[AlarmActKind, ...],
) -> None:
    waiting = Waiting(
        AlarmPriority(priority),
        minute(0),
        told_site=SITE in told,
        told_prescriber=PRESCRIBER in told,
    )
    at = minute(0) + dt.timedelta(seconds=waited)
    assert to_be_told(waiting, RULES.alarms, at) == now


def test_while_somebody_has_silenced_it_nobody_else_is_told_and_then_at_once() -> None:
    waiting = Waiting(AlarmPriority.HIGH, minute(0), silenced_until=minute(2))
    assert to_be_told(waiting, RULES.alarms, minute(1.9)) == ()
    assert to_be_told(waiting, RULES.alarms, minute(2)) == (SITE, PRESCRIBER)


def test_what_came_and_went_is_told_to_the_site_once_and_to_no_prescriber() -> None:
    waiting = Waiting(AlarmPriority.HIGH, minute(0), condition_gone=True)
    assert to_be_told(waiting, RULES.alarms, minute(0.4)) == ()
    assert to_be_told(waiting, RULES.alarms, minute(0.5)) == (SITE,)
    told = Waiting(AlarmPriority.HIGH, minute(0), condition_gone=True, told_site=True)
    assert to_be_told(told, RULES.alarms, minute(60)) == ()


def test_the_prescriber_never_hears_before_the_site() -> None:
    rules = RULES.alarms
    with pytest.raises(InvalidValue, match="the site hears first"):
        replace(
            rules,
            tell_site_after=rules.tell_prescriber_after,
            tell_prescriber_after=rules.tell_site_after,
        )
