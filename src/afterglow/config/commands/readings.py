"""``afterglow readings``: the months that readings are stored in, and their archive."""

from __future__ import annotations

import argparse
import re
import sys
from datetime import date
from pathlib import Path

from afterglow.config.commands.database import set_up_django
from afterglow.config.connection import database
from afterglow.core.errors import InvalidValue

_MONTH = re.compile(r"(2[01][0-9]{2})-(0[1-9]|1[0-2])")


def parser() -> argparse.ArgumentParser:
    """The command line of ``afterglow readings``."""
    whole = argparse.ArgumentParser(prog="afterglow readings")
    actions = whole.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("months", help="each month's size; 1 when rows lie outside of all months")
    keep = actions.add_parser("archive", help="say what could go into files; --apply does it")
    keep.add_argument("--before", required=True, help="only months before this one, as 2019-12")
    keep.add_argument("--to", type=Path, default=None, help="folder; default: DATA/archive")
    keep.add_argument("--apply", action="store_true", help="write the files, remove the rows")
    for name, words in (
        ("verify", "compare a file with its own manifest; needs no database"),
        ("restore", "put an archived month back into the database"),
    ):
        actions.add_parser(name, help=words).add_argument("file", type=Path)
    return whole


def month(text: str) -> date:
    """Read a month. Raises InvalidValue for anything but YYYY-MM."""
    found = _MONTH.fullmatch(text)
    if found is None:
        raise InvalidValue(f"{text!r} is no month; write it as 2019-12.")
    return date(int(found[1]), int(found[2]), 1)


def main(data: Path, arguments: list[str]) -> int:
    """Do what was asked, as the tables' owner; 0 when it was done."""
    options = parser().parse_args(arguments)
    if options.action == "verify":
        return _verify(options.file)
    before = month(options.before) if options.action == "archive" else None
    with database(data) as urls:
        set_up_django(urls.owner)
        if options.action == "months":
            return _months()
        if before is not None:
            return _archive(before, options.to or data / "archive", apply=options.apply)
        return _restore(options.file)


def _say(sentence: str) -> None:
    sys.stdout.write(f"{sentence}\n")


def _verify(file: Path) -> int:
    from afterglow.apps.monitoring import archive_files

    archive = archive_files.read(file)
    rows = ", ".join(f"{m.rows} of {table}" for table, m in archive.members.items())
    _say(f"The archive of {archive.part} is whole: {rows}. sha256 {archive.sha256}")
    return 0


def _months() -> int:
    from afterglow.apps.monitoring.months import default_rows
    from afterglow.apps.monitoring.services import archiving
    from afterglow.web import clock

    parts = archiving.standing()
    for each in parts:
        size = f"{each['bytes'] / 1_000_000:.1f} MB" if each["filled"] else "empty"
        _say(f"{each['table']} {each['part'].replace('_', '-')}: {size}")
    astray, missing = default_rows(), archiving.missing_months(parts, at=clock.now())
    for table in astray:
        _say(f"{table} holds rows outside of all months: a clock was wrong, or no months were made")
    for table in missing:
        _say(f"{table} is missing: is the worker running?")
    return 1 if astray or missing else 0


def _archive(before: date, folder: Path, *, apply: bool) -> int:
    from afterglow.apps.monitoring.models import ReadingsArchive
    from afterglow.apps.monitoring.services import archiving
    from afterglow.web import clock

    found = archiving.survey(before=before, at=clock.now())
    if not found:
        _say(f"There are no readings from before {before:%Y-%m}.")
    refused = 0
    for each in found:
        name = each.part.name.replace("_", "-")
        what = f"{name}: {each.rows} rows of {len(each.sessions)} sessions"
        decision = each.decision
        if apply:
            done = archiving.archive(part=each.part.name, folder=folder, at=clock.now())
            if isinstance(done, ReadingsArchive):
                _say(f"{what} are now in {folder / done.file_name}, sha256 {done.sha256}")
                continue
            decision = done
        if decision.refused:
            refused += 1
            _say(f"{what} stay:")
            for reason in decision.reasons:
                _say(f"  {reason.sentence} ({reason.code})")
        else:
            _say(f"{what} would go into {folder}. Nothing was done: say --apply.")
    return 1 if refused and apply else 0


def _restore(file: Path) -> int:
    from afterglow.apps.monitoring.services import archiving
    from afterglow.web import clock

    done = archiving.restore(path=file.absolute(), at=clock.now())
    _say(f"{done.part.replace('_', '-')} is back: {sum(done.rows.values())} rows.")
    return 0
