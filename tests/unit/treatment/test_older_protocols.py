"""An older version of the protocol is still judged; what shipped stays as it was."""

from typing import Any

import pytest

from afterglow.apps.definitions import seeds
from afterglow.core.cited import Section
from afterglow.core.dosing.rules import DosingRules
from afterglow.core.errors import InvalidValue
from afterglow.core.monitoring.conditions import AlarmPriority
from afterglow.core.monitoring.rules import MonitoringRules
from afterglow.core.older_protocols import completed
from afterglow.core.treatment.rules import SessionRules

VERSION_1 = "7a7a5bdfdea7bcdaa1624c3aa782d60bf8b5e9a86ee7330447c2c4c722824457"


def shipped(version: int) -> dict[str, Any]:
    folder = seeds.DATA / "protocols" / "iv_ketamine_adult" / str(version)
    return next(
        seed.body
        for seed in seeds.found()
        if (seed.key, seed.version) == (folder.parent.name, version)
    )


def test_the_first_version_is_as_it_was_so_that_a_database_that_holds_it_comes_up() -> None:
    assert seeds.body_hash(shipped(1)) == VERSION_1


def test_a_session_of_the_first_version_is_judged_and_passed_on_as_under_the_second() -> None:
    old, new = (MonitoringRules.parse(shipped(n)["monitoring"]) for n in (1, 2))

    assert "nobody_with_patient_priority" not in shipped(1)["monitoring"]["technical"]
    assert (old.technical, old.pump, old.alarms) == (new.technical, new.pump, new.alarms)
    assert old.technical.nobody_with_patient_priority is AlarmPriority.HIGH
    before, after = (
        SessionRules.from_section(Section("session", shipped(n)["session"])) for n in (1, 2)
    )
    assert before.coverage == after.coverage
    DosingRules.parse(Section("dosing", shipped(1)["dosing"]))


def test_what_a_version_says_itself_is_never_overwritten() -> None:
    body = shipped(1)["monitoring"]
    only_red = {"high": {"value": "10", "unit": "s", "status": "DP", "source": "a clinic"}}
    body["alarms"] |= {"tell_site_after": only_red, "tell_prescriber_after": only_red}

    rules = MonitoringRules.parse(body).alarms

    assert list(rules.tell_site_after) == [AlarmPriority.HIGH]
    assert completed("monitoring", body)["alarms"]["tell_site_after"] is only_red


def test_a_definition_without_a_whole_section_is_broken_and_not_old() -> None:
    body = shipped(1)["monitoring"]
    del body["technical"]
    with pytest.raises(InvalidValue, match="technical is missing"):
        MonitoringRules.parse(body)
