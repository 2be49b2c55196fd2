"""The tutorial's bold words that name a button or a link are words of the interface."""

from __future__ import annotations

import re
from pathlib import Path

from afterglow.web import translations

PAGE = (Path(__file__).resolve().parents[2] / "docs/tutorials/first-infusion.md").read_text("utf-8")
NOT_A_BUTTON = re.compile(r"mistake|^(?:board|read back|no)$")


def test_every_button_that_the_tutorial_names_is_there() -> None:
    said = {words.rstrip(".:") for words in re.findall(r"\*\*([^*]+)\*\*", PAGE)}
    buttons = {words for words in said if not NOT_A_BUTTON.search(words)}
    interface = {
        str(message.id).split(" %(")[0] for message in translations.extract(translations.PACKAGE)
    }

    assert len(buttons) >= 6
    assert sorted(buttons - interface) == []
