"""Compare several treatments on the command line: ``afterglow evidence network ID``."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from afterglow.apps.evidence.management.answers import Answer, AnswerCommand
from afterglow.apps.evidence.synthesis import compare_records
from afterglow.core.evidence.synthesis.pooling import Model


class Command(AnswerCommand):
    """Print every comparison of a network after the assumptions it rests on."""

    help = "Compare the treatments of a network of trials."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Describe the options; the same as those of ``afterglow evidence network``."""
        super().add_arguments(parser)
        parser.add_argument("--method", default=Model.REML, choices=[Model.REML, Model.FIXED])

    def answer(self, options: dict[str, Any]) -> Answer:
        """Compare as the options say."""
        return compare_records(options["id"], model=Model(options["method"]))

    def lines(self, told: dict[str, Any]) -> list[str]:
        """Return the assumptions, then every comparison."""
        head = f"{told['title']} ({told['measure']}, {told['method']}; against {told['reference']})"
        lines = [head, *(f"  assumed: {each}" for each in told["assumptions"])]
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
                f"  tau² {told['tau2']:.2f}; Q {told['q']:.2f} on {told['q_df']}, "
                f"p {told['q_p']:.3f}"
            )
        return lines
