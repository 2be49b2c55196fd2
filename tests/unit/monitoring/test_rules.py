"""The monitoring section is read whole, or refused with the place that is wrong."""

import copy
from typing import Any

import pytest

from afterglow.core.cited import Status, leaves
from afterglow.core.errors import InvalidValue
from afterglow.core.monitoring.rules import MonitoringRules
from support.monitoring import RULES, monitoring_body


def changed(path: str, key: str, value: Any) -> dict[str, Any]:
    body = copy.deepcopy(monitoring_body())
    at: Any = body
    for step in path.split("."):
        at = at[int(step)] if step.isdigit() else at[step]
    at[key] = value
    return body


def leaf(value: str, unit: str) -> dict[str, str]:
    return {"value": value, "unit": unit, "status": "DP", "source": "a test"}


def test_every_number_of_the_section_has_a_source() -> None:
    assert all(each.source for each in leaves(monitoring_body()))


def test_proposed_numbers_make_the_section_need_approval() -> None:
    assert RULES.needs_approval


def test_a_limit_carries_the_weakest_status_of_its_numbers() -> None:
    by_code = {(limit.code, limit.priority.value): limit for limit in RULES.limits}
    assert by_code["ETCO2_HIGH", "medium"].status is Status.GENERAL_KNOWLEDGE
    assert by_code["SYSTOLIC_RISE", "high"].status is Status.DEFAULT_PROPOSED
    assert by_code["SYSTOLIC_RISE", "high"].is_relative
    assert not by_code["ETCO2_HIGH", "medium"].is_relative


@pytest.mark.parametrize(
    ("path", "key", "value", "sentence"),
    [
        ("limits.0", "sign", "mood", r"limits\[0\].sign is 'mood', which is not in the"),
        ("limits.0", "below", leaf("9", "mmHg"), r"limits\[0\] has 2 bounds; a limit has one"),
        ("limits.0", "rise_at_least", leaf("9", "mmHg"), "needs either one bound or a rise"),
        ("limits.0", "at_or_above", leaf("160", "kPa"), "is in kPa; mmHg is needed"),
        ("limits.0", "priority", leaf("urgent", ""), "is 'urgent'; it must be one of low"),
        ("limits.5", "confirm_within", leaf("0", "s"), "is 0 s; it must be above 0"),
        ("schedule", "grace", leaf("-1", "min"), "is -1 min; it must be above 0"),
        ("schedule", "infusing_every", leaf("0", "min"), "is 0 min; it must be above 0"),
        ("schedule", "baseline_readings", leaf("1.5", "1"), "is 1.5; a whole number from 1"),
        ("schedule", "baseline_readings", leaf("0", "1"), "is 0; a whole number from 1"),
        ("schedule.late_after", "mood", leaf("9", "min"), "names 'mood', which is not in the"),
        ("schedule.late_after", "spo2", leaf("0", "min"), "is 0 min; it must be above 0"),
        ("schedule", "late_priority", leaf("mute", ""), "is 'mute'; it must be one of low"),
        ("gaps", "factor", leaf("0.5", "1"), "factor is 0.5; it must be at least 1"),
        ("symptoms.0", "name", "", "name is ''; a word is needed"),
    ],
)
def test_a_wrong_section_is_refused_with_its_place(
    path: str, key: str, value: Any, sentence: str
) -> None:
    with pytest.raises(InvalidValue, match=sentence):
        MonitoringRules.parse(changed(path, key, value))


def test_a_limit_without_any_number_is_refused() -> None:
    body = monitoring_body()
    del body["limits"][0]["at_or_above"]
    with pytest.raises(InvalidValue, match="needs either one bound or a rise"):
        MonitoringRules.parse(body)
