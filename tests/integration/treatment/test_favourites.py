"""Favourites are those of the protocol that a session runs under, a clinic's own among them."""

from __future__ import annotations

from typing import Any

from afterglow.apps.definitions.models import Definition, DefinitionKind
from afterglow.apps.treatment.favourites import favourites_for


def protocol(key: str, version: int, **body: Any) -> Definition:
    return Definition(kind=DefinitionKind.DOSING_PROTOCOL, key=key, version=version, body=body)


OWN = {"favourites": [{"code": "HAND", "label": "Hand held"}], "macros": []}


def test_a_session_under_a_later_version_keeps_the_shipped_favourites() -> None:
    first = favourites_for(protocol("iv_ketamine_adult", 1))
    second = favourites_for(protocol("iv_ketamine_adult", 2))

    assert len(first.marks) > 5
    assert second == first


def test_a_clinics_own_protocol_has_its_own_favourites() -> None:
    found = favourites_for(protocol("harbour_street", 3, infusion_room=OWN))

    assert [mark.label for mark in found.marks] == ["Hand held"]
    assert found.macros == ()


def test_one_derived_from_a_shipped_protocol_has_its_parents() -> None:
    derived = favourites_for(protocol("harbour_street", 1, meta={"parent": "iv_ketamine_adult"}))

    assert derived == favourites_for(protocol("iv_ketamine_adult", 2))


def test_one_that_says_nothing_has_none() -> None:
    assert favourites_for(protocol("harbour_street", 1)).marks == ()
