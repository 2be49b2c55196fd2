"""Accounts: one person who may sign in, with what they may do and until when."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

import pghistory
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models, transaction
from django.utils import timezone

from afterglow.apps.places.models import Site
from afterglow.core.decisions import Decision
from afterglow.core.roles import Action, CredentialKind, Role
from afterglow.db.fields import CodeField, one_of
from afterglow.db.models import AppendOnly, PublicModel, VersionedModel


class AccountManager(BaseUserManager["Account"]):
    """Makes accounts; a username is kept as it was typed and compared without case."""

    def get_by_natural_key(self, username: str | None) -> Account:
        """Return the account of a username, whatever its case."""
        return self.get(username__iexact=username)

    def create_user(self, username: str, password: str | None = None, **fields: object) -> Account:
        """Create an account. Without a password it can sign in only by passkey or link."""
        account = self.model(username=username, **fields)
        account.set_password(password)
        account.save(using=self._db)
        return account

    def create_superuser(
        self, username: str, password: str | None = None, **fields: object
    ) -> Account:
        """Create the first administrator: a member of staff who may make sites and staff.

        Nobody can grant the first role, so it comes with the account: administrator of every site.
        """
        with transaction.atomic(using=self._db):
            account = self.create_user(
                username, password, **{"is_staff": True, "is_superuser": True, **fields}
            )
            StaffProfile.objects.create(account=account)
            # In force at once in every zone: somewhere it is still yesterday.
            yesterday = timezone.now().date() - dt.timedelta(days=1)
            RoleGrant.objects.create(account=account, role=Role.ADMINISTRATOR, starts_on=yesterday)
        return account


@pghistory.track(exclude=["password", "last_login"])
class Account(AbstractBaseUser, PermissionsMixin, PublicModel):
    """One person who may sign in: staff, patient or partner. E-mail is optional and not unique."""

    username = models.CharField(max_length=80, unique=True)
    given_name = models.CharField(max_length=80)
    family_name = models.CharField(max_length=80)
    email = models.EmailField(blank=True)
    language = models.CharField(max_length=5, default="en")
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False, help_text="May open the administration pages.")
    is_demo = models.BooleanField(default=False, editable=False)

    objects: ClassVar[AccountManager] = AccountManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["given_name", "family_name"]

    class Meta:
        verbose_name = "account"
        constraints = [
            models.UniqueConstraint(
                models.functions.Lower("username"), name="one_account_per_username_whatever_case"
            )
        ]

    def __str__(self) -> str:
        return self.full_name

    @property
    def full_name(self) -> str:
        """Given and family name."""
        return f"{self.given_name} {self.family_name}".strip()

    def get_full_name(self) -> str:
        """Django's name for full_name."""
        return self.full_name

    def get_short_name(self) -> str:
        """Initial and family name, as a record shows who charted."""
        return f"{self.given_name[:1]}. {self.family_name}"

    def may(self, action: Action, *, site: Any, on: dt.date) -> Decision:
        """Decide whether this person may do ``action`` at ``site`` (None: at any site) on a day."""
        from afterglow.apps.accounts import policies  # policies read models

        return policies.may(action, by=self, site=site, on=on)

    def roles_at(self, site: Any, *, on: dt.date) -> frozenset[Role]:
        """Return what this person is at ``site`` (None: at any site) on a day."""
        from afterglow.apps.accounts import policies  # policies read models

        return policies.roles_at(self, site, on=on)


@pghistory.track(exclude=["pin"])
class StaffProfile(PublicModel):
    """What an account is as a member of staff."""

    account = models.OneToOneField(Account, on_delete=models.CASCADE, related_name="staff")
    title = models.CharField(max_length=80, blank=True, help_text="RN, MD, PharmD and so on.")
    pin = models.CharField(max_length=200, blank=True, help_text="Hashed.")
    pin_failures = models.PositiveSmallIntegerField(default=0)
    pin_locked_until = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "staff profile"

    def __str__(self) -> str:
        return f"{self.account}, {self.title}" if self.title else str(self.account)


@pghistory.track()
class PartnerProfile(PublicModel):
    """What an account is as a patient's outside provider."""

    account = models.OneToOneField(Account, on_delete=models.CASCADE, related_name="partner")
    organisation = models.CharField(max_length=120, blank=True)
    discipline = models.CharField(max_length=80)
    phone = models.CharField(max_length=40, blank=True)

    class Meta:
        verbose_name = "partner profile"

    def __str__(self) -> str:
        return str(self.account)


@pghistory.track()
class RoleGrant(PublicModel):
    """An account has a role at one site, or at every site, from a day to a day."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="grants")
    role = CodeField(Role)
    site = models.ForeignKey(
        Site, on_delete=models.PROTECT, null=True, blank=True, help_text="Empty: every site."
    )
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    granted_by = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = "role grant"
        constraints = [
            one_of("role", Role, name="granted_role_is_known"),
            models.CheckConstraint(
                condition=models.Q(ends_on__isnull=True)
                | models.Q(ends_on__gte=models.F("starts_on")),
                name="a_grant_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.role}"


@pghistory.track()
class Credential(PublicModel):
    """A licence, registration or course that runs out and then blocks what it covers."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="credentials")
    kind = CodeField(CredentialKind)
    number = models.CharField(max_length=80, blank=True)
    issued_by = models.CharField(max_length=120, blank=True)
    expires_on = models.DateField()

    class Meta:
        verbose_name = "credential"
        constraints = [one_of("kind", CredentialKind, name="credential_kind_is_known")]

    def __str__(self) -> str:
        return f"{self.kind} {self.account}"


class SignInLink(PublicModel):
    """A short-lived link for a patient or partner. Only its hash is kept; a POST uses it up."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="links")
    token_sha256 = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "sign-in link"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("created_at")),
                name="a_link_expires_after_it_is_made",
            )
        ]

    def __str__(self) -> str:
        return f"link {self.public_id}"


class Countersignature(AppendOnly, PublicModel):
    """A second person signed in for one act, without ending the first person's session."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    beside = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    act = models.CharField(max_length=60)
    subject_type = models.CharField(max_length=80)
    subject = models.UUIDField()
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        verbose_name = "countersignature"
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(account=models.F("beside")),
                name="a_countersignature_is_by_another_person",
            )
        ]

    def __str__(self) -> str:
        return f"{self.act} by {self.account}"


class ScreenLock(VersionedModel):
    """A locked clinical screen: the login session stays, acting needs the PIN."""

    session_key = models.CharField(max_length=40, unique=True)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    locked_at = models.DateTimeField()

    class Meta:
        verbose_name = "screen lock"

    def __str__(self) -> str:
        return f"locked {self.account}"
