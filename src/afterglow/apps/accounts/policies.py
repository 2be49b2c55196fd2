"""May this person do this here? The same answer for buttons (`can`) and services (`check`)."""

from __future__ import annotations

import datetime as dt

from afterglow.apps.accounts.models import Account, RoleGrant
from afterglow.apps.places.models import Site
from afterglow.core.decisions import Decision, Reason, blocker
from afterglow.core.errors import AfterglowError
from afterglow.core.roles import REQUIRES, Action, CredentialKind, Role, permits


class Forbidden(AfterglowError):
    """A person asked for something their roles or credentials do not allow here."""

    def __init__(self, decision: Decision) -> None:
        super().__init__(" ".join(reason.sentence for reason in decision.blockers))
        self.decision = decision


def roles_at(account: Account, site: Site | None, *, on: dt.date) -> frozenset[Role]:
    """Return the roles an account holds at a site on a day; site None asks for any site."""
    held = RoleGrant.objects.filter(account=account, starts_on__lte=on).exclude(ends_on__lt=on)
    return frozenset(
        Role(grant.role)
        for grant in held
        if site is None or grant.site_id is None or grant.site_id == site.pk
    )


def may(action: Action, *, by: Account, site: Site | None, on: dt.date) -> Decision:
    """Decide whether ``by`` may do ``action`` at ``site`` on a day, with every reason if not."""
    reasons: list[Reason] = []
    if not by.is_active:
        reasons.append(blocker("ACCOUNT_INACTIVE", "This account is switched off."))
    roles = roles_at(by, site, on=on)
    if not permits(action, roles):
        held = ", ".join(sorted(roles)) or "none"
        reasons.append(
            blocker(
                "ROLE_NOT_PERMITTED",
                f"Your roles here ({held}) do not include this action ({action}).",
                seen=held,
                limit=str(action),
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
            reasons.append(
                blocker("CREDENTIAL_MISSING", f"No {kind} is on file.", seen="none", limit=kind)
            )
        elif until < on:
            reasons.append(
                blocker(
                    "CREDENTIAL_EXPIRED",
                    f"The {kind} on file ran out on {until:%d %b %Y}.",
                    seen=until.isoformat(),
                    limit=on.isoformat(),
                )
            )
    return reasons


def can(action: Action, *, by: Account, site: Site | None, on: dt.date) -> bool:
    """Whether a button for ``action`` is drawn."""
    return may(action, by=by, site=site, on=on).allowed


def check(action: Action, *, by: Account, site: Site | None, on: dt.date) -> None:
    """Guard a service. Raises Forbidden with every reason."""
    decision = may(action, by=by, site=site, on=on)
    if decision.refused:
        raise Forbidden(decision)
