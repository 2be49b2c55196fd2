"""What a site states that its care costs. A list is never changed; a later one takes its place."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from afterglow.apps.accounts.models import Account
from afterglow.apps.places.models import Site
from afterglow.core.frontdoor_prices import PriceStage
from afterglow.db.fields import CodeField, one_of
from afterglow.db.models import AppendOnly, PublicModel


class PriceList(AppendOnly, PublicModel):
    """The prices of one site from one day on. One without lines says that none is stated."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="price_lists")
    currency = models.CharField(max_length=3, default="USD", help_text="ISO 4217.")
    effective_from = models.DateField(help_text="The first day, by the site's own calendar.")
    effective_at = models.DateTimeField(help_text="The beginning of that day.")
    stated_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    stated_at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        verbose_name = "price list"
        ordering = ["-effective_at", "-pk"]
        indexes = [models.Index(fields=["site", "effective_at"], name="price_lists_by_day")]

    def __str__(self) -> str:
        return f"{self.site} {self.effective_from}"


class PriceEntry(AppendOnly):
    """One price of a list, in the words of each language."""

    price_list = models.ForeignKey(PriceList, on_delete=models.PROTECT, related_name="entries")
    place = models.PositiveSmallIntegerField()
    stage = CodeField(PriceStage)
    name_en = models.CharField(max_length=80)
    name_es = models.CharField(max_length=80)
    includes_en = models.CharField(max_length=240, blank=True)
    includes_es = models.CharField(max_length=240, blank=True)
    amount = models.DecimalField(max_digits=9, decimal_places=2)
    times = models.PositiveSmallIntegerField(help_text="How many the first course has.")

    class Meta(AppendOnly.Meta):
        verbose_name = "price"
        ordering = ["place"]
        constraints = [
            one_of("stage", PriceStage, name="price_stage_is_known"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="a_price_is_not_below_nothing"),
            models.CheckConstraint(
                condition=Q(stage=PriceStage.OTHER, times=0)
                | (~Q(stage=PriceStage.OTHER) & Q(times__gte=1)),
                name="only_the_first_course_is_counted",
            ),
            models.CheckConstraint(
                condition=~Q(name_en="") & ~Q(name_es=""), name="a_price_has_words_in_each_language"
            ),
            models.UniqueConstraint(fields=["price_list", "place"], name="one_price_per_place"),
            models.UniqueConstraint(
                fields=["price_list"],
                condition=Q(stage=PriceStage.DRIP),
                name="one_price_is_the_drip",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name_en} {self.amount}"
