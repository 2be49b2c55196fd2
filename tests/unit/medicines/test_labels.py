"""The colours on the screen are those of the label data, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import afterglow
from afterglow.core.medicines.labels import Label, label_of, labels

CSS = Path(afterglow.__file__).parent / "web" / "static" / "afterglow" / "css"
TEXT = (CSS / "clinical.css").read_text(encoding="utf-8")
ROOM = (CSS / "infusion_page.css").read_text(encoding="utf-8")
TOKENS = (CSS / "tokens.css").read_text(encoding="utf-8")


def background(rule: str, text: str) -> str:
    found = re.search(rf"\.{rule} {{[^}}]*?background: ([^;]+);", text)
    assert found, f"no rule .{rule}"
    token = re.fullmatch(r"var\((--[a-z-]+)\)", found[1])
    if token is None:
        return found[1]
    value = re.search(rf"{token[1]}: (#[0-9A-F]{{6}});", TOKENS)
    assert value, token[1]
    return value[1]


@pytest.mark.parametrize("label", [x for x in labels().values() if x.code != "other"], ids=str)
def test_a_label_on_the_screen_has_the_colour_of_its_class(label: Label) -> None:
    drawn = background(f"drug-{label.code}", TEXT)

    assert label.fill in drawn
    assert ("repeating-linear-gradient" in drawn) is label.stripes
    if label.code != "induction":  # ketamine runs as a bar, never as a dose on the axis
        assert label.fill in background(f"bolus-{label.code}", ROOM)


def test_a_class_that_the_standard_does_not_name_is_plain() -> None:
    assert label_of("benzodiazepine").code == "tranquilliser"
    assert label_of("antihypertensive").stripes
    assert label_of("something new").code == "other"
