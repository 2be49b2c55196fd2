"""The one command line: ``afterglow``. docs/reference/commands.md lists what it can do."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from pathlib import Path

from afterglow.config.commands import (
    backups,
    database,
    evidence,
    monitor,
    pk,
    programs,
    readings,
    report,
    serve,
)
from afterglow.config.folder import CannotStart, default_data_folder
from afterglow.config.postgres_binaries import PostgresUnavailable
from afterglow.config.services import PROGRAMS
from afterglow.core.errors import AfterglowError

BENCH = "afterglow.config.gateway_bench.command"
PASSED_ON = {
    "manage": "one of Django's commands: afterglow manage createsuperuser",
    "gateway": "take bedside-monitor messages (HL7 over MLLP); `gateway bench` measures it",
    "charter": "chart what the gateway has put on disk",
    "judge": "judge the alarms of sessions that just got readings",
    "watch": "raise overdue and alarm conditions as time passes",
    "worker": "run background jobs",
    "simulator": "a patient, a monitor and a pump in the demo's rooms",
    "evidence": "pool trial records: afterglow evidence pool single-infusion --method reml",
    "monitor": "play a recorded monitor trend: afterglow monitor replay FILE --device ID",
    "readings": "months of readings: afterglow readings months, archive --before 2019-12, restore",
    "report": "a site's month as CSV: afterglow report coverage|alarms SITE 2026-11",
    "pk": "ketamine pharmacology: afterglow pk simulate, models, population, bench",
}
"""Commands whose arguments belong to the program behind them."""


def parser() -> argparse.ArgumentParser:
    """The whole command line, also for the reference page that a test compares with it."""
    whole = argparse.ArgumentParser(
        prog="afterglow", description="Run and look after an Afterglow clinic."
    )
    whole.add_argument("--data", type=_folder, default=None, help="data folder")
    commands = whole.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, help_text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=help_text, description=help_text)
        added.add_argument(
            "--data", type=_folder, default=argparse.SUPPRESS, help="data folder (AFTERGLOW_DATA)"
        )
        return added

    serve.add_arguments(command("serve", "start everything and keep it running; ./run calls this"))
    command("migrate", "bring the tables up to date, as their owner")
    command("prepare", "migrate and seed what a start needs").add_argument(
        "--demo", action="store_true", help="seed the demo clinic"
    )
    backups.add_commands(command)
    for name, help_text in PASSED_ON.items():
        commands.add_parser(name, help=help_text, add_help=False)
    return whole


def _folder(text: str) -> Path:
    return Path(text).expanduser().absolute()


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line asks; return the exit status."""
    words = sys.argv[1:] if arguments is None else arguments
    for index, word in enumerate(words):
        if word in PASSED_ON:
            options, rest = parser().parse_args(words[: index + 1]), words[index + 1 :]
            break
        if not word.startswith("-") and (index == 0 or words[index - 1] != "--data"):
            options, rest = parser().parse_args(words), []
            break
    else:
        options, rest = parser().parse_args(words), []
    options.data = options.data or default_data_folder()
    os.environ["AFTERGLOW_DATA"] = str(options.data)
    try:
        return _do(options, rest)
    except (CannotStart, PostgresUnavailable, AfterglowError) as no:
        sys.stderr.write(f"{no}\n")
        return 1


def _do(options: argparse.Namespace, rest: list[str]) -> int:
    match options.command:
        case "serve":
            return serve.run(options)
        case "migrate":
            return database.migrate(options.data)
        case "prepare":
            return database.prepare(options)
        case "manage":
            return database.manage(options.data, rest)
        case "evidence":
            return evidence.main(options.data, rest)
        case "monitor":
            return monitor.main(rest)
        case "readings":
            return readings.main(options.data, rest)
        case "report":
            return report.main(options.data, rest)
        case "pk":
            return pk.main(rest)
        case "gateway" if rest[:1] == ["bench"]:
            return int(importlib.import_module(BENCH).main(rest[1:]))
        case name if name in PROGRAMS:
            return programs.run(options.data, name, rest)
        case _:
            return backups.run(options)


if __name__ == "__main__":
    raise SystemExit(main())
