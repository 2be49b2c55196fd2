"""Who a message names beside who is here: two identifiers prove, and two contradict."""

from __future__ import annotations

from datetime import date

import pytest

from afterglow.core.monitoring.identity import Agreement, Identifier, Identity, compare

BORN = date(1984, 5, 14)
HERE = Identity(("000123",), "Ñandú-Rivera", "Dana", BORN)
NUMBER, NAME, BIRTH = Identifier.RECORD_NUMBER, Identifier.NAME, Identifier.BIRTH_DATE


@pytest.mark.parametrize(
    ("named", "proves", "differing"),
    [
        (Identity(("000123",)), True, ()),
        (Identity(("000123",), "NANDU RIVERA", "dana"), True, ()),
        (Identity((), "Ñandú-Rivera", "Dana", BORN), True, ()),
        (Identity((), "Ñandú-Rivera", "Dana"), False, ()),
        (Identity((), "", "", BORN), False, ()),
        (Identity(("000123",), "Ñandú-Rivera"), False, ()),
        (Identity(("000123",), "Rivera", "Dana"), False, (NAME,)),
        (Identity(("000999",)), False, (NUMBER,)),
        (Identity(("000999",), "Ñandú-Rivera", "Dana", BORN), False, (NUMBER,)),
        (Identity(("000123",), "Ñandú-Rivera", "Dana", date(1984, 5, 15)), False, (BIRTH,)),
        (Identity(("000999",), "Doe", "Jane"), False, (NUMBER, NAME)),
        (Identity((), "Doe", "Jane", date(1990, 1, 1)), False, (NAME, BIRTH)),
        (Identity(("000123",), "Doe", "Jane", date(1990, 1, 1)), False, (NAME, BIRTH)),
        (Identity(), False, ()),
    ],
)
def test_two_identifiers_prove_who_it_is_and_two_that_differ_say_that_it_is_another(
    named: Identity, proves: bool, differing: tuple[Identifier, ...]
) -> None:
    found = compare(named, HERE)

    assert found.proves is proves
    assert found.differing == differing
    assert found.contradicts is (len(differing) > 1)


def test_one_of_several_record_numbers_is_enough() -> None:
    assert compare(Identity(("X1", "000123")), HERE).record_number is Agreement.AGREES


def test_what_was_not_said_is_told_apart_from_what_was_said_in_part() -> None:
    found = compare(Identity((), "Ñandú-Rivera"), HERE)

    assert found.name is Agreement.PARTLY
    assert found.record_number is found.birth_date is Agreement.NOT_SAID


def test_nobody_is_named_in_a_log() -> None:
    assert "Dana" not in repr(HERE)
    assert "1984" not in repr(HERE)
