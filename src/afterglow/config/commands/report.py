"""``afterglow report``: a site's month as CSV."""

from __future__ import annotations

import argparse
from pathlib import Path

from afterglow.config.connection import database


def parser() -> argparse.ArgumentParser:
    """The command line of ``afterglow report``."""
    whole = argparse.ArgumentParser(prog="afterglow report")
    whole.add_argument("report", choices=["coverage", "alarms"], help="which report")
    whole.add_argument("site", help="the site's code")
    whole.add_argument("month", nargs="?", default="", help="such as 2026-11; the present one")
    return whole


def main(data: Path, arguments: list[str]) -> int:
    """Write the report of the clinic's database to standard output; 0 when there is one."""
    options = parser().parse_args(arguments)
    with database(data) as urls:
        from afterglow.config.commands.database import set_up_django

        set_up_django(urls.application)
        from django.core.management import CommandError, call_command

        from afterglow.core.errors import AfterglowError

        try:
            call_command("site_report", options.report, options.site, options.month)
        except CommandError as problem:
            raise AfterglowError(str(problem)) from problem
    return 0
