"""The strings of the pages and their Spanish."""

from __future__ import annotations

import re

from babel.messages.pofile import read_po

from afterglow.web import translations

WEB = translations.PACKAGE / "web"
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")


def test_strings_of_python_and_of_templates_are_found() -> None:
    found = {str(message.id) for message in translations.extract(WEB)}

    assert "Please fill this in." in found
    assert "Skip to the content" in found
    assert any("reason stops this" in words for words in found)


def test_everything_the_pages_say_has_spanish_words() -> None:
    assert translations.missing("es") == []


def test_no_translation_drops_or_invents_a_value() -> None:
    with translations.po_file("es").open("rb") as text:
        catalog = read_po(text, locale="es")

    wrong = [
        (message.id, message.string)
        for message in catalog
        if message.id and message.string and message.context is None
        for english, spanish in [(str(message.id), str(message.string))]
        if set(PLACEHOLDER.findall(english)) != set(PLACEHOLDER.findall(spanish))
    ]

    assert wrong == []
