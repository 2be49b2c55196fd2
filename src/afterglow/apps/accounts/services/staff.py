"""Create and edit staff: who they are, what they may do where, and which papers run out when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from afterglow.apps.accounts import policies
from afterglow.apps.accounts.models import Account, Credential, RoleGrant, StaffProfile
from afterglow.apps.audit import services as audit
from afterglow.apps.places.models import Site
from afterglow.core.decisions import Decision, blocker
from afterglow.core.errors import InvalidValue
from afterglow.core.permission import Forbidden
from afterglow.core.roles import PERMITS, STAFF, Action, CredentialKind, Role


@dataclass(frozen=True, slots=True)
class StaffWords:
    """What may be changed of a member of staff."""

    given_name: str
    family_name: str
    title: str = ""
    email: str = ""
    language: str = "en"
    is_active: bool = True


@transaction.atomic
def create_staff(
    *, username: str, password: str, words: StaffWords, by: Account, at: datetime, on: date
) -> Account:
    """Create a member of staff with a first password. Raises InvalidValue for a name in use.

    They may do nothing until a role is granted.
    """
    policies.check(Action.EDIT_STAFF, by=by, site=None, on=on)
    name = username.strip()
    if Account.objects.filter(username__iexact=name).exists():
        raise InvalidValue(
            "The user name '%(name)s' is in use. Choose another one.",
            name=name,
        )
    account = Account(username=name, **_account_values(words))
    try:
        validate_password(password, account)
    except ValidationError as weak:
        raise InvalidValue(" ".join(weak.messages)) from None
    account.set_password(password)
    account.save()
    StaffProfile.objects.create(account=account, title=words.title)
    audit.record("staff-created", subject=account, by=by, at=at)
    return account


@transaction.atomic
def edit_staff(*, account: UUID, words: StaffWords, by: Account, at: datetime, on: date) -> Account:
    """Change a member of staff. Nobody switches themselves off."""
    policies.check(Action.EDIT_STAFF, by=by, site=None, on=on)
    row = Account.objects.select_for_update(no_key=True).get(public_id=account)
    if row.pk == by.pk and not words.is_active:
        raise InvalidValue("You cannot switch your own account off; ask another administrator.")
    _only_a_superuser_edits_one(row, by)
    values = _account_values(words)
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    profile, _ = StaffProfile.objects.get_or_create(account=row)
    if profile.title != words.title:
        changed.append("title")
        profile.title = words.title
        profile.save()
    for name, value in values.items():
        setattr(row, name, value)
    row.save()
    if changed:
        audit.record("staff-changed", subject=row, by=by, at=at, detail={"fields": changed})
    return row


@transaction.atomic
def grant_role(
    *,
    account: UUID,
    role: Role,
    site: UUID | None,
    by: Account,
    at: datetime,
    on: date,
    starts_on: date | None = None,
    ends_on: date | None = None,
) -> RoleGrant:
    """Grant a staff role at a site, or at every site (None) by who may edit staff at every site.

    A grant that already stands is returned. Raises InvalidValue when it would end before it begins.
    """
    row = Account.objects.select_for_update(no_key=True).get(public_id=account)
    place = None if site is None else Site.objects.get(public_id=site)
    _check_may_edit_at(place, by=by, on=on)
    _only_a_superuser_edits_one(row, by)
    if role not in STAFF:
        raise InvalidValue(
            "%(role)s is not a role of staff.",
            role=role,
        )
    begins = starts_on or on
    if ends_on is not None and ends_on < begins:
        raise InvalidValue(
            "The role would end on %(ends_on)s, before it begins on %(begins)s.",
            ends_on=f"{ends_on:%d %b %Y}",
            begins=f"{begins:%d %b %Y}",
        )
    standing = (
        RoleGrant.objects.filter(account=row, role=role, site=place, starts_on__lte=begins)
        .filter(Q(ends_on=None) | Q(ends_on__gte=begins))
        .first()
    )
    if standing is not None:
        return standing
    grant = RoleGrant.objects.create(
        account=row, role=role, site=place, starts_on=begins, ends_on=ends_on, granted_by=by
    )
    audit.record(
        "role-granted",
        subject=row,
        by=by,
        at=at,
        site=place,
        detail={"role": str(role), "from": begins.isoformat()},
    )
    return grant


@transaction.atomic
def end_grant(*, grant: UUID, by: Account, at: datetime, on: date) -> RoleGrant:
    """End a role: today is its last day. Nobody takes their own last right to edit staff."""
    row = RoleGrant.objects.select_for_update(of=("self",)).get(public_id=grant)
    _check_may_edit_at(row.site, by=by, on=on)
    _only_a_superuser_edits_one(row.account, by)
    if row.account_id == by.pk and Role(row.role) in PERMITS[Action.EDIT_STAFF]:
        raise InvalidValue("You cannot end your own role; ask another administrator.")
    if row.ends_on is not None and row.ends_on <= on:
        return row
    row.ends_on = max(on, row.starts_on)
    row.save()
    audit.record(
        "role-ended",
        subject=row.account,
        by=by,
        at=at,
        site=row.site,
        detail={"role": row.role, "on": row.ends_on.isoformat()},
    )
    return row


@transaction.atomic
def set_credential(
    *,
    account: UUID,
    kind: CredentialKind,
    expires_on: date,
    by: Account,
    at: datetime,
    on: date,
    number: str = "",
    issued_by: str = "",
) -> Credential:
    """File a credential with its expiry. The same one again changes only what differs."""
    policies.check(Action.EDIT_STAFF, by=by, site=None, on=on)
    row = Account.objects.select_for_update(no_key=True).get(public_id=account)
    credential, is_new = Credential.objects.update_or_create(
        account=row,
        kind=kind,
        number=number.strip(),
        defaults={"expires_on": expires_on, "issued_by": issued_by.strip()},
    )
    audit.record(
        "credential-filed" if is_new else "credential-changed",
        subject=row,
        by=by,
        at=at,
        detail={"kind": str(kind), "expires": expires_on.isoformat()},
    )
    return credential


def _account_values(words: StaffWords) -> dict[str, object]:
    return {
        "given_name": words.given_name,
        "family_name": words.family_name,
        "email": words.email,
        "language": words.language,
        "is_active": words.is_active,
    }


def _only_a_superuser_edits_one(row: Account, by: Account) -> None:
    if row.is_superuser and not by.is_superuser:
        raise Forbidden(
            Decision.from_reasons(
                blocker("ACCOUNT_IS_SUPERUSER", "Only a superuser changes this account.")
            )
        )


def _check_may_edit_at(site: Site | None, *, by: Account, on: date) -> None:
    policies.check(Action.EDIT_STAFF, by=by, site=site, on=on)
    if site is None and not policies.is_everywhere(by, PERMITS[Action.EDIT_STAFF], on=on):
        raise Forbidden(
            Decision.from_reasons(
                blocker(
                    "GRANT_EVERYWHERE_NEEDS_EVERYWHERE",
                    "A role at every site is given by an administrator of every site.",
                )
            )
        )
