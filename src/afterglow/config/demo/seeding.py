"""Seed the demo: what is missing is added, what is stale is closed, and today begins again."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable

from django.db import transaction

from afterglow.apps.accounts.models import Account
from afterglow.apps.definitions.models import Definition, DefinitionKind
from afterglow.apps.definitions.queries import is_approved
from afterglow.apps.definitions.services import approve_definition, sync_definitions
from afterglow.apps.evidence.queries import confirmable
from afterglow.apps.evidence.services import approve_version, import_release
from afterglow.apps.medicines.services import sync_medicines
from afterglow.apps.places.models import Site
from afterglow.config.demo import charts, places, today
from afterglow.config.demo.cast import CHARTS, PASSWORD, PIN, PLACES, STAFF
from afterglow.config.demo.history import walk_earlier_sessions
from afterglow.config.demo.pages import seed_pages
from afterglow.config.demo.stale import close_stale
from afterglow.core.roles import Role

log = logging.getLogger(__name__)

SHIFT_BEFORE = dt.timedelta(hours=6)
SHIFT_AFTER = dt.timedelta(hours=10)
APPROVED = (DefinitionKind.CONSENT_TEXT, DefinitionKind.PATIENT_INSTRUCTIONS)
"""What the demo's director has approved. The dosing protocol stays proposed, and says so."""


def seed(at: dt.datetime, *, now: Callable[[], dt.datetime] | None = None) -> str:
    """Bring the demo to the middle of its day at ``at``; return the sign-ins to print.

    Inventing a clinic takes a while, and a monitor that is silent for half a minute is an alarm: at
    the end the devices say what they would have said until ``now``.
    """
    _open_clinic(at)
    for number in range(len(CHARTS)):
        with transaction.atomic():
            charts.course_of(number, at=at)
    walk_earlier_sessions(at=at)
    close_stale(at=at)
    today.begin(at=at)
    if now is not None:
        today.go_on_speaking(since=at, until=now())
    return sign_ins()


@transaction.atomic
def _open_clinic(at: dt.datetime) -> None:
    long_ago = at - places.BEFORE
    sync_definitions(at=long_ago)
    sync_medicines(at=long_ago)
    import_release(at=long_ago)
    places.open_places(at=at)
    director = Account.objects.get(username="director", is_demo=True)
    for row in Definition.objects.filter(kind__in=APPROVED):
        if not is_approved(row, at):
            approve_definition(definition=row.public_id, by=director, at=long_ago)
    for version in confirmable():
        approve_version(version=version.public_id, by=director, at=long_ago, on=long_ago.date())
    for place in PLACES:
        site = Site.objects.get(code=place.code)
        places.cover(site, since=at - SHIFT_BEFORE, until=at + SHIFT_AFTER)
    people = Account.objects.filter(is_demo=True)
    seed_pages(
        author=people.get(username="desk"),
        reviewer=people.get(username="doctor"),
        director=director,
        at=at,
        on=at.date(),
    )


_ROLE_WORDS = {
    Role.MONITOR: "infusion nurse",
    Role.PRESCRIBER: "prescriber",
    Role.MEDICAL_DIRECTOR: "medical director",
    Role.FRONT_DESK: "front desk",
    Role.CUSTODIAN: "drug custodian",
    Role.ADMINISTRATOR: "administrator",
}


def sign_ins() -> str:
    """Return the sign-ins of the demo, as ./run prints them."""
    lines = [
        f"Demo sign-ins (invented people; the password of each is {PASSWORD}, the PIN {PIN}):",
        *(
            f"  {each.username:<10} {each.given} {each.family}, {_ROLE_WORDS[each.role]}"
            for each in STAFF
            if each.shown
        ),
    ]
    return "\n".join(lines)
