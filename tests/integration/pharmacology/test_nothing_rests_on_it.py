"""A prediction is shown and nothing else: no rule, service, alarm or criterion imports it."""

from __future__ import annotations

import ast
from pathlib import Path

import afterglow

ROOT = Path(afterglow.__file__).parent
PREDICTS = ("afterglow.core.pharmacology", "afterglow.apps.pharmacology", "predicting")
MAY = {
    "apps/definitions/seeds.py",
    "apps/frontdoor/views/simulation.py",
    "apps/treatment/predicting.py",
    "apps/treatment/shown/predicted.py",
    "apps/treatment/urls/before.py",
    "apps/treatment/urls/infusion.py",
    "apps/treatment/views/ordering.py",
    "apps/treatment/views/predicting.py",
    "core/catalogue.py",
}
"""Pages that show it, the seeds that store it, and the list of every reason code."""


def imported(path: Path) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [each.name for each in node.names]
        elif isinstance(node, ast.ImportFrom):
            found += [f"{node.module}.{each.name}" for each in node.names]
    return found


def test_no_rule_alarm_gate_or_criterion_reads_a_predicted_level() -> None:
    readers = {
        path.relative_to(ROOT).as_posix()
        for path in ROOT.rglob("*.py")
        if any(name in each for each in imported(path) for name in PREDICTS)
    }
    own = ("core/pharmacology/", "apps/pharmacology/", "config/commands/pk")

    assert {one for one in readers if not one.startswith(own)} == MAY
