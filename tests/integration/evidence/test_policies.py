"""Every role and every step of a text, and papers that ran out."""

from __future__ import annotations

import contextlib
import datetime as dt
from typing import Any

import pytest

from afterglow.apps.evidence import services
from afterglow.apps.evidence.services import BlockWords
from afterglow.core.errors import IllegalTransition
from afterglow.core.permission import Forbidden
from afterglow.core.roles import PERMITS, Action, Role
from factories import staff
from factories.base import make_staff
from support.evidence import AT, ON, Library

pytestmark = pytest.mark.django_db

STEPS: dict[str, tuple[Action, Any]] = {
    "start": (
        Action.WRITE_PAGE,
        lambda row, who: services.start_publication(
            key="k2", title="x", blocks=[BlockWords("b", "x")], by=who, at=AT, on=ON
        ),
    ),
    "write": (
        Action.WRITE_PAGE,
        lambda row, who: services.write_blocks(
            publication=row.public_id, title="x", blocks=[], by=who, at=AT, on=ON
        ),
    ),
    "submit": (
        Action.WRITE_PAGE,
        lambda row, who: services.submit(publication=row.public_id, by=who, at=AT, on=ON),
    ),
    "return": (
        Action.REVIEW_PAGE,
        lambda row, who: services.return_to_author(
            publication=row.public_id, why="x", by=who, at=AT, on=ON
        ),
    ),
    "review": (
        Action.REVIEW_PAGE,
        lambda row, who: services.review(publication=row.public_id, by=who, at=AT, on=ON),
    ),
    "re-review": (
        Action.REVIEW_PAGE,
        lambda row, who: services.re_review(publication=row.public_id, by=who, at=AT, on=ON),
    ),
    "publish": (
        Action.PUBLISH_PAGE,
        lambda row, who: services.publish(publication=row.public_id, by=who, at=AT, on=ON),
    ),
    "withdraw": (
        Action.PUBLISH_PAGE,
        lambda row, who: services.withdraw_publication(
            publication=row.public_id, why="x", by=who, at=AT, on=ON
        ),
    ),
}


@pytest.mark.parametrize("role", list(Role))
def test_every_role_and_every_step_of_a_text(library: Library, role: Role) -> None:
    person = make_staff(role)
    for name, (action, step) in STEPS.items():
        row = library.text("Words.", key=f"k:{name}")
        library.submit(row)
        if role in PERMITS[action]:
            with contextlib.suppress(IllegalTransition):  # permitted, not possible from here
                step(row, person)
        else:
            with pytest.raises(Forbidden):
                step(row, person)


def test_a_reviewer_whose_licence_ran_out_does_not_sign(library: Library) -> None:
    late = staff(Role.PRESCRIBER, expires_on=dt.date(2026, 1, 1))
    row = library.text("Words.")
    library.submit(row)

    with pytest.raises(Forbidden, match="licence"):
        services.review(publication=row.public_id, by=late, at=AT, on=ON)
