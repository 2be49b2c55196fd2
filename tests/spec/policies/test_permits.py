"""Every role and action, cell by cell, against the written table."""

from __future__ import annotations

from pathlib import Path

import pytest

from afterglow.core.roles import PERMITS, Action, Role, permits

COLUMNS = (
    Role.FRONT_DESK,
    Role.MONITOR,
    Role.PRESCRIBER,
    Role.MEDICAL_DIRECTOR,
    Role.CUSTODIAN,
    Role.ADMINISTRATOR,
    Role.PARTNER,
    Role.PATIENT,
)
LINES = [
    line.split()
    for line in Path(__file__).with_name("permits.txt").read_text().splitlines()
    if not line.startswith("#")
]
CELLS = [
    (Action(action), role, mark == "x")
    for action, *marks in LINES
    for role, mark in zip(COLUMNS, marks, strict=True)
]


@pytest.mark.parametrize(
    ("action", "role", "permitted"), CELLS, ids=[f"{a}-{r}" for a, r, _ in CELLS]
)
def test_a_role_may_do_what_the_table_says(action: Action, role: Role, permitted: bool) -> None:
    assert permits(action, frozenset({role})) is permitted


def test_the_table_has_every_action_and_role_once() -> None:
    assert [line[0] for line in LINES] == [action.value for action in Action]
    assert set(COLUMNS) == set(Role)
    assert set(PERMITS) == set(Action)


@pytest.mark.parametrize("action", list(Action), ids=str)
def test_nobody_without_a_role_may_do_anything(action: Action) -> None:
    assert not permits(action, frozenset())
