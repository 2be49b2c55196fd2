"""Each action has who may do it and the words of a refusal."""

from __future__ import annotations

from afterglow.core.roles import ACTS, PERMITS, REQUIRES, Action


def test_every_action_has_its_roles_and_its_words() -> None:
    assert set(ACTS) == set(Action)
    assert set(PERMITS) == set(Action)
    assert set(REQUIRES) <= set(Action)
