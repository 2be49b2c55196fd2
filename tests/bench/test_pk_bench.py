"""What the pharmacology engine costs beside the machine's limit and beside other solvers."""

from __future__ import annotations

import argparse
import platform
from pathlib import Path
from typing import Any

import pytest

from afterglow.config.commands import pk_bench
from afterglow.web import clock

pytestmark = pytest.mark.bench

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "performance.md"
BEGIN, END = "<!-- pk numbers: written by just bench -->", "<!-- end of pk numbers -->"


def test_what_a_population_costs_beside_the_machines_limit() -> None:
    found = pk_bench.run(argparse.Namespace(rounds=15, no_peers=False))
    write_page(found)

    # The targets are 0.5 and 4 million a second; a gate leaves room for a busy machine.
    assert found["curves_over_limit"] >= 0.3
    assert found["summary_patients_per_s"] >= 0.4 * found["write_limit_patients_per_s"]
    assert found["import"]["package_over_numpy"] <= 2
    assert found["kernel_against_general_kernel_max_relative"] < 1e-10


def write_page(found: dict[str, Any]) -> None:
    """Put the numbers between the page's marks."""
    today = clock.now().date().isoformat()
    lines = [
        f"{today}, {platform.system()}, Python {platform.python_version()}; rates are of one core.",
        "",
        "| What | Measured | Target |",
        "|---|---|---|",
        f"| One core writes memory | {found['write_gb_per_s']:.1f} GB/s: a limit of "
        f"{found['write_limit_patients_per_s'] / 1e6:.2f} M patients/s with curves kept | |",
        f"| Every curve kept | {found['curves_over_limit']:.2f} of that limit | 0.5 |",
        f"| Peaks and areas only | {found['summary_patients_per_s'] / 1e6:.2f} M/s | 4 M/s |",
        f"| One patient's 4-hour curve | {found['one_curve_ms']:.2f} ms | a tenth of the page |",
        f"| The band of 400 twins | {found['one_band_of_400_ms']:.1f} ms | a tenth of the page |",
        f"| Import, over importing NumPy | {found['import']['package_over_numpy']:.2f} × | 2 × |",
        "",
        "| Solver | Patients/s | Ketamine error | Norketamine error |",
        "|---|---|---|---|",
        *(row(one) for one in found["solvers"]),
    ]
    text = PAGE.read_text()
    before, rest = text.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    PAGE.write_text(f"{before}{BEGIN}\n\n" + "\n".join(lines) + f"\n\n{END}{after}")


def row(one: dict[str, Any]) -> str:
    """One line of the solvers' table."""
    if one["patients_per_s"] is None:
        return f"| {one['solver']} | {one.get('failed') or 'not installed'} | | |"
    errors = [
        "" if one[key] is None else f"{one[key]:.0e}"
        for key in ("ketamine_error", "norketamine_error")
    ]
    return f"| {one['solver']} | {one['patients_per_s']:,.0f} | {errors[0]} | {errors[1]} |"
