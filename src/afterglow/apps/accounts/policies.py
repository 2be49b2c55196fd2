"""May this person do this here? The same answer for buttons (`can`) and services (`check`)."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.db.models import Q

from afterglow.apps.accounts.models import Account, RoleGrant
from afterglow.apps.places.models import Site
from afterglow.core.decisions import Decision, Reason, Severity, blocker
from afterglow.core.permission import Forbidden
from afterglow.core.reason_codes import declare
from afterglow.core.roles import (
    ACTS,
    CREDENTIAL_NAMES,
    PERMITS,
    REQUIRES,
    Action,
    CredentialKind,
    Role,
    permits,
    said_roles,
)
from afterglow.core.treatment.codes.readiness import CREDENTIAL_EXPIRED, CREDENTIAL_MISSING
from afterglow.core.treatment.saying import day

__all__ = ["Forbidden", "can", "check", "may", "roles_at"]

ROLE_NOT_PERMITTED = declare(
    "ROLE_NOT_PERMITTED",
    Severity.BLOCKER,
    "Your roles here ({seen}) do not include this. Needed to {limit}.",
    subject="accounts",
)

Where = Site | UUID | None
"""A site, its public id, or None for "at any site"."""


def roles_at(account: Account, site: Where, *, on: dt.date) -> frozenset[Role]:
    """Return the roles an account holds at a site on a day; site None asks for any site."""
    held = RoleGrant.objects.filter(account=account, starts_on__lte=on).exclude(ends_on__lt=on)
    if isinstance(site, UUID):
        held = held.filter(Q(site=None) | Q(site__public_id=site))
    elif site is not None:
        held = held.filter(Q(site=None) | Q(site=site))
    return frozenset(Role(role) for role in held.values_list("role", flat=True))


def may(action: Action, *, by: Account, site: Where, on: dt.date) -> Decision:
    """Decide whether ``by`` may do ``action`` at ``site`` on a day, with every reason if not."""
    reasons: list[Reason] = []
    if not by.is_active:
        reasons.append(blocker("ACCOUNT_INACTIVE", "This account is switched off."))
    roles = roles_at(by, site, on=on)
    if not permits(action, roles):
        reasons.append(
            ROLE_NOT_PERMITTED.reason(
                seen=said_roles(roles), limit=f"{ACTS[action]}: {said_roles(PERMITS[action])}"
            )
        )
    reasons.extend(_expired(by, REQUIRES.get(action, frozenset()), on=on))
    return Decision.from_reasons(reasons)


def _expired(by: Account, kinds: frozenset[CredentialKind], *, on: dt.date) -> list[Reason]:
    latest: dict[str, dt.date] = {}
    for credential in by.credentials.filter(kind__in=kinds):
        latest[credential.kind] = max(
            credential.expires_on, latest.get(credential.kind, dt.date.min)
        )
    reasons = []
    for kind in sorted(kinds):
        until = latest.get(kind)
        if until is None:
            reasons.append(CREDENTIAL_MISSING.reason(seen=CREDENTIAL_NAMES[kind]))
        elif until < on:
            said = f"{CREDENTIAL_NAMES[kind]}, {day(until)}"
            reasons.append(CREDENTIAL_EXPIRED.reason(seen=said))
    return reasons


def can(action: Action, *, by: Account, site: Where, on: dt.date) -> bool:
    """Whether a button for ``action`` is drawn."""
    return may(action, by=by, site=site, on=on).allowed


def check(action: Action, *, by: Account, site: Where, on: dt.date) -> None:
    """Guard a service. Raises Forbidden with every reason."""
    decision = may(action, by=by, site=site, on=on)
    if decision.refused:
        raise Forbidden(decision)


def is_everywhere(account: Account, roles: frozenset[Role], *, on: dt.date) -> bool:
    """Whether the account holds one of ``roles`` at every site, not only at some."""
    held = RoleGrant.objects.filter(account=account, site=None, role__in=roles, starts_on__lte=on)
    return held.exclude(ends_on__lt=on).exists()
