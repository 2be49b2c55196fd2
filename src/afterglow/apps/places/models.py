"""Where care happens: sites with their zone and hours, rooms, and the equipment check."""

from __future__ import annotations

import datetime as dt
import zoneinfo

import pghistory
from django.db import models

from afterglow.db.models import AppendOnly, PublicModel, VersionedModel


@pghistory.track()
class Site(PublicModel, VersionedModel):
    """One clinic of the organisation."""

    code = models.SlugField(max_length=20, unique=True)
    name = models.CharField(max_length=120)
    time_zone = models.CharField(max_length=60, help_text="IANA name, such as America/New_York.")
    address = models.TextField(blank=True)
    phone = models.CharField(max_length=40)
    after_hours_phone = models.CharField(max_length=40, help_text="Answered 24 hours.")
    emergency_number = models.CharField(max_length=20, default="911")
    is_active = models.BooleanField(default=True)
    shows_predicted_level = models.BooleanField(
        default=True,
        db_default=True,
        help_text="Whether the infusion page shows the modelled level.",
    )

    class Meta:
        verbose_name = "site"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        """The site's time zone: what "today" means here."""
        return zoneinfo.ZoneInfo(self.time_zone)

    def local_date(self, at: dt.datetime) -> dt.date:
        """Return the calendar day it is here at an instant."""
        return at.astimezone(self.zone).date()


@pghistory.track()
class SiteHours(models.Model):
    """When a site is open on one weekday, by its own clock. A closed day has no row."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="hours")
    weekday = models.PositiveSmallIntegerField(help_text="Monday is 0.")
    opens = models.TimeField()
    closes = models.TimeField()

    class Meta:
        verbose_name = "site hours"
        ordering = ["weekday"]
        constraints = [
            models.UniqueConstraint(fields=["site", "weekday"], name="one_opening_per_weekday"),
            models.CheckConstraint(
                condition=models.Q(weekday__gte=0, weekday__lte=6),
                name="weekday_is_0_to_6",
            ),
            models.CheckConstraint(
                condition=models.Q(closes__gt=models.F("opens")),
                name="closes_after_it_opens",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.site} {self.weekday}"


@pghistory.track()
class Room(PublicModel, VersionedModel):
    """A room where a patient is treated."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="rooms")
    name = models.CharField(max_length=60)
    point_of_care = models.CharField(
        max_length=60,
        blank=True,
        help_text="What monitors call it in PV1-3, such as INFUSION^CHAIR3.",
    )
    is_active = models.BooleanField(default=True)

    class Meta:
        verbose_name = "room"
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["site", "name"], name="one_room_of_a_name_per_site")
        ]

    def __str__(self) -> str:
        return self.name


class EquipmentCheck(AppendOnly, PublicModel):
    """Somebody checked the emergency equipment of a site today, item by item."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="equipment_checks")
    local_date = models.DateField()
    at = models.DateTimeField()
    by = models.UUIDField()
    items = models.JSONField(help_text="Item code to true (in order) or false, by the checklist.")
    passed = models.BooleanField()
    note = models.TextField(blank=True)

    class Meta(AppendOnly.Meta):
        verbose_name = "equipment check"
        indexes = [models.Index(fields=["site", "local_date"], name="equipment_by_day")]

    def __str__(self) -> str:
        return f"{self.site} {self.local_date}"
