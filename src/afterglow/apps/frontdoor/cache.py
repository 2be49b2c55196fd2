"""Published pages, kept until a record changes; never until some time has passed.

Every table that a public page shows has a trigger that adds a row to ``Change`` in the transaction
of the change. A kept page carries the number of rows and the highest key that were visible when it
was made, and how many approvals of definitions, price lists and consents to a story had begun or
ended: those do so at their hour, with no row written. All are read again before it is shown: one
query, right in every process.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from django.db import connection

from afterglow.apps.definitions.models import DefinitionApproval
from afterglow.apps.frontdoor.models import Change, PriceList, Story
from afterglow.apps.places.models import Site
from afterglow.web import clock

MOST: Final = 400
State = tuple[int, int, int]
UNKNOWN: Final[State] = (0, 0, 0)
"""Of a page that is being made."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A page as it is sent, and the state of the records that it was made from."""

    state: State
    body: bytes
    etag: str
    media_type: str = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Ready:
    """A whole answer to a visitor without a session, as it left the house: headers and all."""

    state: State
    body: bytes
    headers: tuple[tuple[str, str], ...]


_STATE: Final = f"""
SELECT count(*), coalesce(max(id), 0), (
    SELECT count(*) FILTER (WHERE effective_from <= %(now)s)
         + count(*) FILTER (WHERE effective_to <= %(now)s)
    FROM {DefinitionApproval._meta.db_table}
) + (
    SELECT count(*) FROM {PriceList._meta.db_table} WHERE effective_at <= %(now)s
) + (
    SELECT count(*) FILTER (WHERE consent_signed_on <= here.today)
         + count(*) FILTER (WHERE consent_until < here.today)
    FROM {Story._meta.db_table}, (
        SELECT (%(now)s AT TIME ZONE coalesce((
            SELECT time_zone FROM {Site._meta.db_table} WHERE is_active ORDER BY id LIMIT 1
        ), 'UTC'))::date AS today
    ) here
)
FROM {Change._meta.db_table}
"""  # noqa: S608 - names of our own tables only

_kept: dict[tuple[str, ...], Kept] = {}
_simulations: dict[tuple[str, ...], Kept] = {}
_ready: dict[str, Ready] = {}
_lock = threading.Lock()


def state_now() -> State:
    """Return what names the present state of everything visible."""
    with connection.cursor() as cursor:
        cursor.execute(_STATE, {"now": clock.now()})
        count, highest, turned = cursor.fetchone()
    return count, highest, turned


def kept_or_made(key: tuple[str, ...], make: Callable[[], Kept | None]) -> Kept | None:
    """Return the page of a key, made anew when anything it may show has changed.

    The state is read before the page is made: a change meanwhile makes the page too old, not wrong.
    """
    return _kept_or_made(_kept, key, make)


def simulation_or_made(key: tuple[str, ...], make: Callable[[], Kept | None]) -> Kept | None:
    """Do the same for a simulated dose; however many are asked for, no page has to make room."""
    return _kept_or_made(_simulations, key, make)


def _kept_or_made(
    shelf: dict[tuple[str, ...], Kept], key: tuple[str, ...], make: Callable[[], Kept | None]
) -> Kept | None:
    state = state_now()
    found = shelf.get(key)
    if found is not None and found.state == state:
        return found
    made = make()
    if made is None:
        return None
    fresh = replace(made, state=state)
    with _lock:
        if len(shelf) >= MOST:
            shelf.clear()
        shelf[key] = fresh
    return fresh


def ready(path: str) -> Ready | None:
    """Return the whole answer of an address when nothing it may show has changed since."""
    found = _ready.get(path)
    if found is None or found.state != state_now():
        return None
    return found


def keep_ready(path: str, answer: Ready) -> None:
    """Keep a whole answer until what it was made from changes."""
    with _lock:
        if len(_ready) >= MOST:
            _ready.clear()
        _ready[path] = answer


def prune() -> int:
    """Forget all but the newest change; return how many went. Kept pages are made once more."""
    newest = Change.objects.order_by("-pk").values_list("pk", flat=True).first()
    if newest is None:
        return 0
    return Change.objects.filter(pk__lt=newest).delete()[0]
