"""Compare several treatments on the command line: ``afterglow evidence network ID``."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from afterglow.apps.evidence.synthesis import compare_records
from afterglow.core.errors import AfterglowError
from afterglow.core.evidence.synthesis.networks import NetworkReport
from afterglow.core.evidence.synthesis.pooling import Model


class Command(BaseCommand):
    """Print every comparison of a network after the assumptions it rests on."""

    help = "Compare the treatments of a network of trials."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Describe the options; the same as those of ``afterglow evidence network``."""
        parser.add_argument("id")
        parser.add_argument("--method", default=Model.REML, choices=[Model.REML, Model.FIXED])
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Compare and print."""
        try:
            report = compare_records(options["id"], model=Model(options["method"]))
        except AfterglowError as problem:
            raise CommandError(str(problem)) from problem
        if options["json"]:
            self.stdout.write(json.dumps(report.as_json(), indent=2, ensure_ascii=False))
        else:
            self.stdout.write(in_words(report))


def in_words(report: NetworkReport) -> str:
    """Return a report as lines of text, its assumptions first."""
    told = report.as_json()
    lines = [f"{told['title']} ({told['measure']}, {told['method']}; against {told['reference']})"]
    lines += [f"  assumed: {each}" for each in told["assumptions"]]
    for each in told["comparisons"]:
        low, high = each["ci"]
        trials = (
            "no trial compares them"
            if each["indirect_only"]
            else f"{each['direct_trials']} trials compare them"
        )
        lines.append(
            f"  {each['treatment']} against {each['against']}: "
            f"{each['estimate']:.2f} ({low:.2f} to {high:.2f}); {trials}"
        )
    if told["tau2"] is not None:
        lines.append(
            f"  tau² {told['tau2']:.2f}; Q {told['q']:.2f} on {told['q_df']}, p {told['q_p']:.3f}"
        )
    lines += [f"  refused: {why['sentence']}" for why in told["refused"]]
    lines += [
        f"  left out: {why['sentence']}" for whys in told["left_out"].values() for why in whys
    ]
    lines += [f"  note: {why['sentence']}" for why in told["cautions"]]
    return "\n".join(lines)
