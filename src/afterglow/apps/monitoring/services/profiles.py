"""Device profiles: an engineer writes a version, sees how messages would be read, and approves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q, QuerySet

from afterglow.apps.accounts import policies
from afterglow.apps.accounts.models import Account
from afterglow.apps.audit import services as audit
from afterglow.apps.definitions import seeds
from afterglow.apps.definitions import services as definitions
from afterglow.apps.definitions.models import Definition, DefinitionKind
from afterglow.apps.devices.models import MessageOutcome, RawMessage
from afterglow.apps.monitoring.explaining import Explained, explain
from afterglow.apps.monitoring.incoming import HowToRead
from afterglow.apps.places.models import Site
from afterglow.core.monitoring.device_profile import parse_profile
from afterglow.core.roles import Action
from afterglow.db import months
from afterglow.web import clock

KIND = DefinitionKind.DEVICE_PROFILE
LISTED = 100
"""How many messages the engineer's page lists."""
ARRIVED = 20
"""How many of the last messages of a site may be chosen to try a profile on."""


@transaction.atomic
def propose_profile(
    *, key: str, title: str, source: str, habits: Mapping[str, Any], by: Account, at: datetime
) -> Definition:
    """Add the next version of a profile, proposed: it changes no reading until it is approved.

    The same habits again return the version that stands. Raises InvalidValue or Forbidden.
    """
    policies.check(Action.EDIT_DEVICES, by=by, site=None, on=at.date())
    last = latest_profile(key)
    number = last.version + 1 if last is not None else 1
    seed = _seed(key, number, title, source, habits)
    if last is not None and _plain(last.body) == _plain(seed.body):
        return last
    row, _ = definitions.add_version(seed, at=at, by=by)
    return row


def latest_profile(key: str) -> Definition | None:
    """Return the newest version of a profile, approved or not."""
    return Definition.objects.filter(kind=KIND, key=key).order_by("-version").first()


def preview(
    *, content: bytes, habits: Mapping[str, Any], zone: ZoneInfo, at: datetime
) -> Explained:
    """Return how a message would be read by some habits. Nothing is stored. Raises InvalidValue."""
    profile = parse_profile({"key": "preview", "version": 1, **habits})
    return explain(content, HowToRead(zone, profile), at=at)


def captured_message(*, message: UUID, site: Site, by: Account, at: datetime) -> RawMessage:
    """Return a stored message for an engineer to read; that it was read is on record.

    Raises Forbidden, or DoesNotExist for a message of another site.
    """
    policies.check(Action.EDIT_DEVICES, by=by, site=site, on=site.local_date(at))
    row = _of_site(site).get(public_id=message)
    audit.record("device-message-read", subject=row, by=by, at=at, site=site)
    return row


def arrived_at(site: Site, *, besides: str = "", limit: int = ARRIVED) -> list[RawMessage]:
    """Return the last messages of a site's devices, and of devices nobody knows, newest first.

    Those of the last months: a site that is quiet is not looked for through years. ``besides``
    names one more that was chosen elsewhere.
    """
    rows = list(_lately(site).defer("content").order_by("-pk")[:limit])
    chosen = waited_for(besides, site=site) if besides else None
    return rows if chosen is None or chosen in rows else [chosen, *rows]


def messages_of(
    site: Site, *, outcome: MessageOutcome | None = None, device: UUID | None = None
) -> list[RawMessage]:
    """Return the last messages of a site without what they say, newest first, as they are sorted.

    Those of devices that nobody knows are every site's.
    """
    rows = _lately(site).defer("content")
    if outcome is not None:
        rows = rows.filter(outcome=outcome)
    if device is not None:
        rows = rows.filter(device__public_id=device)
    return list(rows.order_by("-pk")[:LISTED])


def first_after(key: int, *, site: Site) -> RawMessage | None:
    """Return the first of those messages that came after another one, or None while none has."""
    return _lately(site).defer("content").filter(pk__gt=key).order_by("pk").first()


def waited_for(message: str, *, site: Site) -> RawMessage | None:
    """Return the message that a page says it waited for, if it is one that this site may see."""
    try:
        return _of_site(site).defer("content").filter(public_id=UUID(message)).first()
    except ValueError:
        return None


def _of_site(site: Site) -> QuerySet[RawMessage]:
    """A device that nobody has registered may stand anywhere: its messages are every site's."""
    return RawMessage.objects.select_related("device").filter(Q(device__site=site) | Q(device=None))


def _lately(site: Site) -> QuerySet[RawMessage]:
    now = clock.now()
    return _of_site(site).filter(pk__gte=months.stored_since(now, now=now))


def _seed(key: str, number: int, title: str, source: str, habits: Mapping[str, Any]) -> seeds.Seed:
    body = {"key": key, "version": number, "title": title, "source": source, **habits}
    seeds.check_body(KIND, body)
    parse_profile(body)
    return seeds.Seed(KIND, key, number, title, source, body)


def _plain(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: part for name, part in body.items() if name != "version"}
