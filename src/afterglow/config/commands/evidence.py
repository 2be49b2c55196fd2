"""``afterglow evidence``: the trial records pooled on the command line."""

from __future__ import annotations

import argparse
from pathlib import Path

from afterglow.config.connection import database
from afterglow.core.evidence.synthesis.effects import Measure, ZeroCells
from afterglow.core.evidence.synthesis.pooling import Interval, Model


def parser() -> argparse.ArgumentParser:
    """The command line of ``afterglow evidence``."""
    whole = argparse.ArgumentParser(prog="afterglow evidence")
    actions = whole.add_subparsers(dest="action", required=True, metavar="ACTION")
    pool = actions.add_parser("pool", help="pool the trials of a question, with every doubt")
    pool.add_argument("id", help="the question, such as single-infusion")
    pool.add_argument("--method", default="reml", choices=[str(model) for model in Model])
    pool.add_argument("--measure", choices=[str(measure) for measure in Measure])
    pool.add_argument("--interval", default="normal", choices=[str(each) for each in Interval])
    pool.add_argument("--zero-cells", default="all", choices=[str(each) for each in ZeroCells])
    pool.add_argument("--json", action="store_true", help="everything, as JSON")
    network = actions.add_parser(
        "network", help="compare several treatments at once, with the assumptions that takes"
    )
    network.add_argument("id", help="the network, such as ketamine-and-its-controls")
    network.add_argument("--method", default="reml", choices=["reml", "fixed"])
    network.add_argument("--json", action="store_true", help="everything, as JSON")
    return whole


def main(data: Path, arguments: list[str]) -> int:
    """Answer from the records of the clinic's database; 0 when there is an answer."""
    options = parser().parse_args(arguments)
    with database(data) as urls:
        from afterglow.config.commands.database import set_up_django

        set_up_django(urls.application)
        from django.core.management import CommandError, call_command

        from afterglow.core.errors import AfterglowError

        given = {name: value for name, value in vars(options).items() if name != "action"}
        command = "pool_evidence" if options.action == "pool" else "compare_evidence"
        try:
            call_command(command, given.pop("id"), **given)
        except CommandError as problem:
            raise AfterglowError(str(problem)) from problem
    return 0
