"""Why somebody may not be the clinician of a session, said of them and not to them."""

from __future__ import annotations

from typing import Final

from afterglow.apps.accounts.models import Account
from afterglow.core.decisions import Decision, Reason, blocker

WHY_NOT: Final = {
    "ROLE_NOT_PERMITTED": "the role does not include it",
    "ACCOUNT_INACTIVE": "the account is switched off",
    "CREDENTIAL_MISSING": "not on file",
    "CREDENTIAL_EXPIRED": "run out",
}
"""What a sentence about somebody else says of each reason against them."""


def may_not_watch(person: Account, may: Decision) -> Reason:
    """Return the reason that says why somebody may not be the clinician of a session."""
    why = ", ".join(
        f"{WHY_NOT[each.code]}: {each.seen}"
        if each.code.startswith("CREDENTIAL")
        else WHY_NOT[each.code]
        for each in may.blockers
    )
    return blocker(
        "CLINICIAN_MAY_NOT_WATCH",
        f"{person.get_short_name()} may not watch an infusion here today: {why}.",
        seen=person.get_short_name(),
        limit=why,
    )
