"""Pool trial records on the command line: ``afterglow evidence pool ID``."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from afterglow.apps.evidence.management.answers import Answer, AnswerCommand
from afterglow.apps.evidence.synthesis import pool_records
from afterglow.core.evidence.synthesis.effects import Measure, ZeroCells
from afterglow.core.evidence.synthesis.pooling import Interval, Model
from afterglow.core.evidence.synthesis.report import Options


class Command(AnswerCommand):
    """Print a pooled estimate with its doubts and what was left out."""

    help = "Pool the trials of a question."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Describe the options; the same as those of ``afterglow evidence pool``."""
        super().add_arguments(parser)
        parser.add_argument("--method", default=Model.REML, choices=[str(m) for m in Model])
        parser.add_argument("--measure", default=None, choices=[str(m) for m in Measure])
        parser.add_argument(
            "--interval", default=Interval.NORMAL, choices=[str(i) for i in Interval]
        )
        parser.add_argument(
            "--zero-cells", default=ZeroCells.ADD_HALF_TO_ALL, choices=[str(z) for z in ZeroCells]
        )

    def answer(self, options: dict[str, Any]) -> Answer:
        """Pool as the options say."""
        how = Options(
            Model(options["method"]),
            Interval(options["interval"]),
            Measure(options["measure"]) if options["measure"] else None,
            ZeroCells(options["zero_cells"]),
        )
        return pool_records(options["id"], how)

    def lines(self, told: dict[str, Any]) -> list[str]:
        """Return the trials with their weights, and the pooled estimate."""
        lines = [f"{told['title']} ({told['measure']}, {told['method']})"]
        for study in told["studies"]:
            lines.append(
                f"  {study['study']:<34} {study['data']:<28} {study['estimate']:7.2f} "
                f"{study['weight_percent']:5.1f} %"
            )
        if (pooled := told["pooled"]) is not None:
            low, high = pooled["ci"]
            lines.append(
                f"  pooled, k = {pooled['k']}: {pooled['estimate']:.2f} ({low:.2f} to {high:.2f}); "
                f"tau² {pooled['tau2']:.2f}, I² {pooled['i2_percent']:.0f} %"
            )
            if pooled["prediction"] is not None:
                low, high = pooled["prediction"]
                lines.append(f"  a new trial would lie between {low:.2f} and {high:.2f}")
        return lines
