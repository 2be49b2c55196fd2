"""Closing a session: recovery, discharge, signature, and what is added afterwards."""

from __future__ import annotations

import pghistory
from django.db import models

from afterglow.apps.accounts.models import Account, Countersignature
from afterglow.apps.treatment.models.checkin import SuicideScreen
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.treatment.endings import SessionEnding
from afterglow.db.fields import CodeField, one_of
from afterglow.db.models import AppendOnly, PublicModel, VersionedModel
from afterglow.db.triggers import refuse_once_signed


@pghistory.track()
class Recovery(PublicModel, VersionedModel):
    """The discharge criteria as a person found them. Empty means "not checked yet"."""

    session = models.OneToOneField(
        TreatmentSession, on_delete=models.PROTECT, related_name="recovery"
    )
    oriented = models.PositiveSmallIntegerField(
        null=True, help_text="Of person, place and time: 0 to 3."
    )
    steady_gait = models.BooleanField(null=True)
    first_walk_accompanied = models.BooleanField(null=True)
    drank_fluid = models.BooleanField(null=True)
    nausea_controlled = models.BooleanField(null=True)
    dissociation_at_baseline = models.BooleanField(null=True)
    on_room_air = models.BooleanField(null=True)
    iv_removed = models.BooleanField(null=True)
    iv_site_checked = models.BooleanField(null=True)
    iv_site_note = models.CharField(max_length=200, blank=True)
    suicide_asked_at = models.DateTimeField(null=True, help_text="Asked again before leaving.")
    suicide_statement_positive = models.BooleanField(null=True)
    suicide_level = CodeField(SuicideScreen, default=SuicideScreen.NOT_DONE)
    suicide_assessed_by = models.ForeignKey(
        Account, on_delete=models.PROTECT, null=True, related_name="+"
    )
    suicide_assessed_at = models.DateTimeField(null=True)
    safety_plan_given = models.BooleanField(null=True)
    told_no_driving = models.BooleanField(null=True)
    written_instructions = models.BooleanField(null=True)
    phone_24_h_given = models.BooleanField(null=True)
    escort_present = models.BooleanField(null=True)
    escort_is_adult = models.BooleanField(null=True)
    escort_name = models.CharField(max_length=120, blank=True)
    escort_relation = models.CharField(max_length=60, blank=True)
    escort_phone = models.CharField(max_length=40, blank=True)

    class Meta:
        verbose_name = "recovery"
        constraints = [
            one_of("suicide_level", SuicideScreen, name="suicide_level_at_leaving_is_known"),
            models.CheckConstraint(
                condition=models.Q(oriented__isnull=True) | models.Q(oriented__lte=3),
                name="oriented_is_0_to_3",
            ),
        ]
        triggers = [refuse_once_signed()]

    def __str__(self) -> str:
        return f"recovery {self.public_id}"


class Discharge(AppendOnly, PublicModel):
    """The patient left, in one of the ways a session can end, on these facts."""

    session = models.ForeignKey(
        TreatmentSession, on_delete=models.PROTECT, related_name="discharges"
    )
    ending = CodeField(SessionEnding)
    fields = models.JSONField(default=dict, help_text="What this ending must have on record.")
    facts = models.JSONField(help_text="What the rules saw.")
    reasons = models.JSONField(help_text="Every reason, overridden ones marked.")
    agreed_by = models.OneToOneField(
        Countersignature,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="The prescriber who signed in to let somebody go home alone.",
    )
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    key = models.UUIDField(unique=True)

    class Meta(AppendOnly.Meta):
        verbose_name = "discharge"
        constraints = [one_of("ending", SessionEnding, name="discharge_ending_is_known")]
        triggers = [*AppendOnly.Meta.triggers, refuse_once_signed()]

    def __str__(self) -> str:
        return f"discharge {self.public_id}"


class Signature(AppendOnly, PublicModel):
    """A person signed the whole record. From here on nothing under it changes."""

    session = models.OneToOneField(
        TreatmentSession, on_delete=models.PROTECT, related_name="signature"
    )
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    content = models.JSONField(help_text="The record as it was signed, canonical.")
    sha256 = models.CharField(max_length=64)
    document = models.UUIDField(null=True, help_text="The signed PDF.")

    class Meta(AppendOnly.Meta):
        verbose_name = "signature"

    def __str__(self) -> str:
        return f"signature of {self.session}"


class Addendum(AppendOnly, PublicModel):
    """Something said after signing, with author and time."""

    session = models.ForeignKey(TreatmentSession, on_delete=models.PROTECT, related_name="addenda")
    text = models.TextField()
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    key = models.UUIDField(unique=True)

    class Meta(AppendOnly.Meta):
        verbose_name = "addendum"
        constraints = [
            models.CheckConstraint(condition=~models.Q(text=""), name="an_addendum_says_something")
        ]

    def __str__(self) -> str:
        return f"addendum {self.public_id}"
