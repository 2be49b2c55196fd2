"""A site's monthly report on the command line: ``afterglow report coverage MAIN 2026-11``."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from afterglow.apps.places.models import Site
from afterglow.apps.treatment.reports import alarms, coverage
from afterglow.apps.treatment.reports.files import csv_text
from afterglow.apps.treatment.reports.months import month_of
from afterglow.core.errors import InvalidValue
from afterglow.web import clock


class Command(BaseCommand):
    """Write the report of one site and month as CSV, with its sum on the error stream."""

    help = "Write a site's coverage or alarms of one month as CSV."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the report, the site's code and the month."""
        parser.add_argument("report", choices=["coverage", "alarms"])
        parser.add_argument("site")
        parser.add_argument("month", nargs="?", default="")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write it."""
        at = clock.now()
        site = Site.objects.filter(code=options["site"]).first()
        if site is None:
            known = ", ".join(Site.objects.order_by("code").values_list("code", flat=True))
            raise CommandError(
                f"There is no site {options['site'][:20]!r}; known are {known or 'none'}."
            )
        try:
            month = month_of(site, options["month"], at=at)
        except InvalidValue as problem:
            raise CommandError(str(problem)) from problem
        if options["report"] == "alarms":
            found = alarms.month(site, month, at=at)
            self.stdout.write(csv_text(alarms.lines(found)), ending="")
            rate = "–" if found.per_hour is None else f"{found.per_hour:.2f}"
            count = found.total.alarms if found.total else 0
            self.stderr.write(f"{count} alarms in {found.hours:.1f} h: {rate} an hour")
            return
        report = coverage.month(site, month, at=at)
        self.stdout.write(csv_text(coverage.lines(report)), ending="")
        share = "–" if report.share_percent is None else f"{report.share_percent:.2f} %"
        self.stderr.write(
            f"{len(report.infusions)} infusions, {report.whole} covered throughout, "
            f"{report.gaps} gaps, {share} of the time; at most {report.most_one_to_one} running "
            "infusion a clinician"
        )
