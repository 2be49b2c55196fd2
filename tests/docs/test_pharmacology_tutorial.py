"""The tutorial's table is what its script prints, and its numbers are those of the reference."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

from afterglow.core.pharmacology import load_model

TUTORIALS = Path(__file__).resolve().parents[2] / "docs" / "tutorials"


@pytest.fixture(scope="module")
def script() -> Any:
    """The tutorial's script, imported from where it stands."""
    spec = importlib.util.spec_from_file_location(
        "compare_ketamine_models", TUTORIALS / "compare_ketamine_models.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_the_tutorials_table_is_what_its_script_prints(script: Any) -> None:
    assert script.table() in (TUTORIALS / "pharmacology.md").read_text()


@pytest.mark.parametrize(
    ("key", "off_peak", "median", "fold"),
    [
        ("otto2021", -15, -11, 1.11),
        ("kamp2020", 37, 0, 1.15),
        ("clements1981", -4, 23, 1.26),
        ("simons2022", 56, -13, 1.31),
        ("perezruixo2021", -33, -27, 1.34),
    ],
)
def test_the_bias_of_each_model_is_the_published_one(
    script: Any, key: str, off_peak: int, median: int, fold: float
) -> None:
    found = script.bias(load_model(key))

    assert round(found["off_peak"]) == off_peak
    assert round(found["ketamine_median"]) == median
    assert round(found["ketamine_fold"], 2) == fold
