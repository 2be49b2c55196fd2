"""Who is on site: the people who must be there when drug starts, and as long as it runs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from afterglow.apps.accounts import policies
from afterglow.apps.accounts.models import Account, Credential, RoleGrant
from afterglow.apps.places.models import Site
from afterglow.apps.scheduling.models import StaffShift
from afterglow.apps.treatment.models import Infusion
from afterglow.core.monitoring.technical import AbsentHelper, Helper
from afterglow.core.roles import Action, CredentialKind, Role

PRESCRIBERS = (Role.PRESCRIBER, Role.MEDICAL_DIRECTOR)


@dataclass(frozen=True, slots=True)
class Helpers:
    """Whether an ACLS-certified person and a prescriber are on shift."""

    acls: bool
    prescriber: bool


def helpers(site: Site, *, at: datetime) -> Helpers:
    """Say who of those who must be there is on shift, with papers in date today."""
    today = site.local_date(at)
    present = list(
        StaffShift.objects.filter(site=site, during__contains=at).values_list("account", flat=True)
    )
    return Helpers(
        acls=Credential.objects.filter(
            account__in=present, kind=CredentialKind.ACLS, expires_on__gte=today
        ).exists(),
        prescriber=any(
            policies.can(Action.OVERRIDE_AS_PRESCRIBER, by=account, site=site, on=today)
            for account in Account.objects.filter(pk__in=present)
            if policies.roles_at(account, site, on=today) & set(PRESCRIBERS)
        ),
    )


def absent(sessions: Sequence[int], at: datetime) -> Mapping[int, Sequence[AbsentHelper]]:
    """Return who is missing on site for each session whose infusion is not over (paused is not)."""
    running: dict[Site, list[Infusion]] = defaultdict(list)
    for row in Infusion.objects.filter(
        session__in=sessions, started_at__lte=at, ended_at__isnull=True
    ).select_related("session__site"):
        running[row.session.site].append(row)
    missing: dict[int, Sequence[AbsentHelper]] = {}
    for site, rows in running.items():
        gone = list(_gone(site, at))
        for row in rows:
            missing[row.session_id] = [
                AbsentHelper(helper, max(left or row.started_at, row.started_at))
                for helper, left in gone
            ]
    return missing


def _gone(site: Site, at: datetime) -> Iterator[tuple[Helper, datetime | None]]:
    """Yield each kind that nobody on shift is, with the end of the last shift of such a person."""
    here = helpers(site, at=at)
    shifts = StaffShift.objects.filter(site=site, during__endswith__lte=at)
    ended = shifts.order_by("-during__endswith").values_list("during", flat=True)
    if not here.acls:
        holders = Credential.objects.filter(kind=CredentialKind.ACLS).values("account")
        last = ended.filter(account__in=holders).first()
        yield Helper.ACLS, last.upper if last else None
    if not here.prescriber:
        grants = RoleGrant.objects.filter(role__in=PRESCRIBERS).values("account")
        last = ended.filter(account__in=grants).first()
        yield Helper.PRESCRIBER, last.upper if last else None
