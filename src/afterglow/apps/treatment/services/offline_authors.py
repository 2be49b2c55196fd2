"""Who typed what a tablet kept: signed in at the time, or named with a PIN that is proved now.

A page that was opened without a connection knows nobody. Who types there gives a name and a PIN;
the PIN comes sealed and is proved here, when the connection is back. What a wrong PIN stands under
is charted by nobody: it waits for a person.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from afterglow.apps.accounts import policies
from afterglow.apps.accounts.models import Account
from afterglow.apps.accounts.services import verify_secret
from afterglow.apps.accounts.services.sealing import NotSealedHere, opened
from afterglow.apps.treatment.services.offline_lines import storable
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.decisions import Decision, blocker
from afterglow.core.permission import Forbidden
from afterglow.core.roles import Action

LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class Claim:
    """The name that was given on a tablet without a connection, and the sealed PIN."""

    login: str
    sealed: tuple[tuple[str, str], ...] = field(repr=False, default=())

    @classmethod
    def of(cls, login: str, sealed: Mapping[str, object]) -> Claim:
        """Read what the tablet sends."""
        parts = tuple(sorted((str(name), str(value)) for name, value in sealed.items()))
        return cls(storable(login).strip()[:LONGEST_NAME], parts)


@dataclass(frozen=True, slots=True)
class Author:
    """Who typed. ``proved``: by their own PIN. ``doubt`` says why nobody may be taken for it."""

    account: Account | None = None
    proved: bool = False
    doubt: Decision = field(default_factory=Decision)


def authors_of(
    claims: Iterable[Claim], *, session: TreatmentSession, tablet: UUID, at: datetime
) -> dict[Claim, Author]:
    """Prove each claim once, however many entries stand under it. Wrong PINs count as ever.

    Not inside a transaction that may be rolled back: the count of wrong ones is kept.
    """
    return {claim: _author(claim, session=session, tablet=tablet, at=at) for claim in set(claims)}


def _author(claim: Claim, *, session: TreatmentSession, tablet: UUID, at: datetime) -> Author:
    account = Account.objects.filter(username__iexact=claim.login, is_active=True).first()
    if account is None:
        return Author(doubt=_unproved(claim.login))
    try:
        secret = _opened(claim, session=session.public_id, tablet=tablet)
    except NotSealedHere:
        return Author(account, doubt=_unproved(claim.login))
    decision = verify_secret(account=account, secret=secret, at=at)
    if decision.refused:
        return Author(account, doubt=_unproved(claim.login) & decision)
    try:
        on = session.site.local_date(at)
        policies.check(Action.CHART, by=account, site=session.site, on=on)
    except Forbidden as no:
        return Author(account, proved=True, doubt=no.decision)
    return Author(account, proved=True)


def seal_of(session: UUID, login: str, tablet: UUID) -> str:
    """Return what a sealed PIN is bound to: this session, this name and the tablet it lies on."""
    return f"{session}|{login}|{tablet}"


def _opened(claim: Claim, *, session: UUID, tablet: UUID) -> str:
    """Return the PIN of a claim. Raises NotSealedHere.

    A page that was kept before tablets were named in the seal binds it to session and name only.
    """
    sealed = dict(claim.sealed)
    try:
        return opened(sealed, about=seal_of(session, claim.login, tablet))
    except NotSealedHere:
        return opened(sealed, about=f"{session}|{claim.login}")


def _unproved(login: str) -> Decision:
    why = blocker(
        "OFFLINE_AUTHOR_NOT_PROVED",
        "The name and PIN given on the tablet while it was offline are not right.",
        seen=login,
    )
    return Decision((why,))
