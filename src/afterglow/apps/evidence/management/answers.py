"""The shape of a command that answers a question from the trial records, in words or as JSON."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any, Protocol

from django.core.management.base import BaseCommand, CommandError

from afterglow.core.errors import AfterglowError
from afterglow.core.evidence.synthesis.telling import doubts_in_lines


class Answer(Protocol):
    """A report that can be told in plain values."""

    def as_json(self) -> dict[str, Any]:
        """Return everything as plain values."""
        ...


class AnswerCommand(BaseCommand):
    """Takes the question's id and prints its answer; ``--json`` prints the plain values."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Describe what every such command takes."""
        parser.add_argument("id")
        parser.add_argument("--json", action="store_true")

    def answer(self, options: dict[str, Any]) -> Answer:
        """Return the report that the options ask for. May raise AfterglowError."""
        raise NotImplementedError

    def lines(self, told: dict[str, Any]) -> list[str]:
        """Return the answer's plain values as lines, its doubts aside."""
        raise NotImplementedError

    def handle(self, *args: Any, **options: Any) -> None:
        """Answer and print."""
        try:
            told = self.answer(options).as_json()
        except AfterglowError as problem:
            raise CommandError(str(problem)) from problem
        if options["json"]:
            self.stdout.write(json.dumps(told, indent=2, ensure_ascii=False))
        else:
            self.stdout.write("\n".join([*self.lines(told), *doubts_in_lines(told)]))
