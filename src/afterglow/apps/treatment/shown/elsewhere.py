"""What rings in other rooms of a site, as every screen draws it: emergencies, unanswered alarms.

No patient is named: whoever passes the screen may read it.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from afterglow.apps.accounts import policies
from afterglow.apps.accounts.models import Account
from afterglow.apps.monitoring.facts import WATCHED
from afterglow.apps.monitoring.models import Alarm
from afterglow.apps.monitoring.services.escalation import unanswered
from afterglow.apps.places.models import Site
from afterglow.apps.treatment import coverages
from afterglow.apps.treatment.emergencies import Emergency, Said, open_emergencies
from afterglow.apps.treatment.shown.alarms import GONE, level_of, word_of
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.roles import Role
from afterglow.core.treatment.calls import CallAct


@dataclass(frozen=True, slots=True)
class Button:
    """One answer that a screen offers."""

    act: CallAct
    words: str
    key: UUID


@dataclass(frozen=True, slots=True)
class CallRow:
    """An emergency as other screens draw it. ``is_own``: on a page of its own patient.

    ``by`` is empty where nobody was signed in.
    """

    session: UUID
    room: str
    since: datetime
    known_at: datetime | None
    by: str
    coming: tuple[Said, ...]
    guiding: tuple[Said, ...]
    ems_called: Said | None
    enough: Said | None
    is_own: bool
    sounds: bool
    buttons: tuple[Button, ...]


@dataclass(frozen=True, slots=True)
class Screen:
    """Who looks, and from where. ``person`` None: nobody is signed in.

    ``here``: the session whose page it is; ``draws``: the session whose emergency the page itself
    draws, so that who is there does not read it twice.
    """

    person: Account | None
    here: str = ""
    draws: frozenset[str] = frozenset()
    is_locked: bool = False


def words_of(act: CallAct, site: Site) -> str:
    """Return what the button of an answer says."""
    if act is CallAct.CALLED_EMS:
        return _("I have called %(number)s") % {"number": site.emergency_number}
    return {
        CallAct.COMING: _("I am on the way"),
        CallAct.STAYING: _("Seen, I stay here"),
        CallAct.GUIDING: _("I open the door and guide them"),
    }[act]


def calls(site: Site, screen: Screen, *, at: datetime) -> list[CallRow]:
    """Return the emergencies of a site that a screen draws, the longest first."""
    there = TreatmentSession.objects.filter(site=site, state__in=WATCHED).select_related("room")
    roles = (
        frozenset()
        if screen.person is None
        else policies.roles_at(screen.person, site, on=site.local_date(at))
    )
    return [
        _call(session, one, site, screen, roles)
        for session, one in open_emergencies(there)
        if not _is_drawn_there(session, one, screen)
    ]


def _is_drawn_there(session: TreatmentSession, one: Emergency, screen: Screen) -> bool:
    """Whether the page itself is enough: nobody is signed in, or who is has to hear nothing more.

    Whoever looks at the room from elsewhere hears it there too, and answers there.
    """
    if str(session.public_id) not in screen.draws:
        return False
    if screen.person is None:
        return True
    there = coverages.open_coverage(session)
    if there is not None and there.clinician_id == screen.person.pk:
        return True
    call, who = one.call(), str(screen.person.pk)
    return call.takes_part(who) and not call.sounds_for(who)


def _call(
    session: TreatmentSession,
    one: Emergency,
    site: Site,
    screen: Screen,
    roles: frozenset[Role],
) -> CallRow:
    call = one.call()
    who = None if screen.person is None else str(screen.person.pk)
    is_own = str(session.public_id) == screen.here
    offered = () if who is None or screen.is_locked else call.offers(who, roles)
    return CallRow(
        session=session.public_id,
        room=session.room.name if session.room else "",
        since=one.time_zero,
        known_at=one.known_at if one.is_known_late else None,
        by="" if one.is_unsigned else one.called.by.get_short_name(),
        coming=tuple(one.coming),
        guiding=tuple(one.guiding),
        ems_called=one.ems_called,
        enough=one.enough,
        is_own=is_own,
        # The room itself, with nobody signed in: whoever is there hears its own alarms.
        sounds=call.sounds_for(who) and not (is_own and who is None),
        buttons=tuple(
            Button(act, words_of(act, site), _key_of(one, act, who or "")) for act in offered
        ),
    )


def _key_of(one: Emergency, act: CallAct, who: str) -> UUID:
    """Return the key of an answer: the same at every look, another one once all are called again.

    A panel that looks again then changes nothing of a form under somebody's finger.
    """
    again = len([step for step in one.steps if step.data.get("code") == CallAct.MORE_HELP])
    return uuid.uuid5(one.called.public_id, f"{act}:{who}:{again}")


def alarms(site: Site, screen: Screen, *, at: datetime) -> list[dict[str, Any]]:
    """Return the alarms of other rooms that nobody answers, the gravest first."""
    rows = (
        unanswered()
        .filter(session__site=site, told_site_at__isnull=False)
        .select_related("session__room")
        .order_by("waits_since", "pk")
    )
    found = [_alarm(row, at) for row in rows if str(row.session.public_id) != screen.here]
    found.sort(key=lambda each: (each["level"] != "red", each["is_gone"]))
    return found


def _alarm(row: Alarm, at: datetime) -> dict[str, Any]:
    return {
        "row": row,
        "level": level_of(row),
        "is_gone": row.condition_gone_at is not None,
        "word": word_of(row),
        "unheard_since": row.since if row.condition == "ROOM_NOT_HEARD" else None,
        "room": row.session.room.name if row.session.room else "",
        "is_silenced": row.silenced_until is not None and row.silenced_until > at,
    }


def sound_of(called: list[CallRow], found: list[dict[str, Any]]) -> str:
    """Return which sound a screen plays for other rooms, or none.

    Whoever silenced an alarm is there: it is drawn, and sounds in no room until it may again.
    """
    if any(each.sounds for each in called):
        return "red"
    heard = (each for each in found if not each["is_silenced"])
    return next((GONE if each["is_gone"] else each["level"] for each in heard), "")
