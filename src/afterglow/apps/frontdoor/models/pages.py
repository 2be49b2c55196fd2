"""Pages, their pictures, old addresses, and the note that something visible changed."""

from __future__ import annotations

import pghistory
from django.conf import settings
from django.db import models

from afterglow.apps.accounts.models import Account
from afterglow.apps.places.models import Site
from afterglow.db.models import PublicModel, VersionedModel


@pghistory.track()
class Page(PublicModel, VersionedModel):
    """One public page in one language. Its words are publications under its key.

    A page of a ``site`` is that site's own version of the page, shown under the site's address. A
    page that nobody has published is nowhere to be seen.
    """

    slug = models.SlugField(max_length=60)
    language = models.CharField(max_length=5, choices=settings.LANGUAGES)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, null=True, related_name="+")
    menu_label = models.CharField(
        max_length=60, blank=True, help_text="Its words in the menu; without any it is not there."
    )
    position = models.PositiveIntegerField(default=100)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = "public page"
        ordering = ["position", "slug", "language"]
        constraints = [
            models.UniqueConstraint(
                fields=["slug", "language", "site"],
                nulls_distinct=False,
                name="one_page_per_address",
            )
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def key(self) -> str:
        """What the publications of this page are called: ``page:how-it-works:en``."""
        tail = f":{self.site.code}" if self.site else ""
        return f"page:{self.slug}:{self.language}{tail}"


class Picture(PublicModel):
    """An uploaded picture. A page shows it by its name and says in words what it shows."""

    name = models.SlugField(max_length=60, unique=True)
    media_type = models.CharField(max_length=20)
    content = models.BinaryField()
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    added_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField()

    class Meta:
        verbose_name = "picture"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


@pghistory.track()
class SiteMark(VersionedModel):
    """Where a site stands on the map of the locations page; a site without one is listed only."""

    site = models.OneToOneField(Site, on_delete=models.CASCADE, related_name="mark")
    latitude = models.DecimalField(max_digits=8, decimal_places=5, help_text="Degrees, north.")
    longitude = models.DecimalField(max_digits=8, decimal_places=5, help_text="Degrees, east.")

    class Meta:
        verbose_name = "place on the map"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(latitude__gte=-90, latitude__lte=90),
                name="latitude_is_on_the_globe",
            ),
            models.CheckConstraint(
                condition=models.Q(longitude__gte=-180, longitude__lte=180),
                name="longitude_is_on_the_globe",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.site} {self.latitude} {self.longitude}"


@pghistory.track()
class Redirect(PublicModel):
    """An address that moved. It is asked only when nothing else answers."""

    old_path = models.CharField(max_length=200, unique=True)
    new_path = models.CharField(max_length=200)
    made_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        verbose_name = "redirect"
        ordering = ["old_path"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(old_path=models.F("new_path")),
                name="a_redirect_leads_elsewhere",
            ),
            models.CheckConstraint(
                condition=models.Q(old_path__startswith="/", new_path__startswith="/"),
                name="a_redirect_stays_in_this_house",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.old_path} → {self.new_path}"


class Change(models.Model):
    """Something that a public page shows was changed. Triggers write these rows.

    The number of rows and the highest key together name a state of the site: both are seen only
    after commit, whatever the order in which transactions end. See ``cache``.
    """

    table_name = models.CharField(max_length=63)

    class Meta:
        verbose_name = "visible change"

    def __str__(self) -> str:
        return f"{self.table_name} {self.pk}"
