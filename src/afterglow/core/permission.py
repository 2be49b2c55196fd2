"""Who acts: what the base needs to know of a person, without knowing accounts.

``may`` draws the button and ``check`` guards the service; both ask the same table
(``afterglow.core.roles``) through whoever implements :class:`Actor`.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Protocol

from afterglow.core.decisions import Decision
from afterglow.core.errors import AfterglowError
from afterglow.core.roles import Action, Role


class Actor(Protocol):
    """A person who acts. ``site`` is a site, its public id, or None for "at any site"."""

    @property
    def public_id(self) -> Any:
        """What other rows call the person."""

    def may(self, action: Action, *, site: Any, on: dt.date) -> Decision:
        """Decide whether the person may do ``action`` at ``site`` on a day."""

    def roles_at(self, site: Any, *, on: dt.date) -> frozenset[Role]:
        """Return what the person is at ``site`` on a day."""


class Forbidden(AfterglowError):
    """A person asked for something their roles or credentials do not allow here."""

    def __init__(self, decision: Decision) -> None:
        super().__init__(" ".join(reason.sentence for reason in decision.blockers))
        self.decision = decision


def check(action: Action, *, by: Actor, site: Any, on: dt.date) -> None:
    """Guard a service. Raises Forbidden with every reason."""
    decision = by.may(action, site=site, on=on)
    if decision.refused:
        raise Forbidden(decision)
