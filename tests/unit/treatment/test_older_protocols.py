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

HASHES = {
    1: "7a7a5bdfdea7bcdaa1624c3aa782d60bf8b5e9a86ee7330447c2c4c722824457",
    2: "e37255df9f8bac4488f14dd7025e259960b37b7e67a4acfd1bb927b04c23b077",
    3: "a5c08a26cd7cf75365d859320cd3fb8d10fbbaaedab4a8e82687e58365b366ab",
}
NEWEST = 4


def shipped(version: int) -> dict[str, Any]:
    folder = seeds.DATA / "protocols" / "iv_ketamine_adult" / str(version)
    return next(
        seed.body
        for seed in seeds.found()
        if (seed.key, seed.version) == (folder.parent.name, version)
    )


@pytest.mark.parametrize("version", HASHES)
def test_an_older_version_is_as_it_was_so_that_a_database_that_holds_it_comes_up(
    version: int,
) -> None:
    assert seeds.body_hash(shipped(version)) == HASHES[version]


@pytest.mark.parametrize("version", HASHES)
def test_a_session_of_an_older_version_is_judged_and_passed_on_as_under_the_newest(
    version: int,
) -> None:
    old, new = (MonitoringRules.parse(shipped(n)["monitoring"]) for n in (version, NEWEST))

    assert "late_after" not in shipped(version)["monitoring"]["schedule"]
    assert (old.technical, old.pump, old.alarms) == (new.technical, new.pump, new.alarms)
    assert old.schedule == new.schedule
    assert old.technical.nobody_with_patient_priority is AlarmPriority.HIGH
    before, after = (
        SessionRules.from_section(Section("session", shipped(n)["session"]))
        for n in (version, NEWEST)
    )
    assert before.coverage == after.coverage
    DosingRules.parse(Section("dosing", shipped(version)["dosing"]))


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
