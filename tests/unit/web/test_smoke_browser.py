"""The smoke's browser sends what a page's own form would send."""

from __future__ import annotations

import pytest

from afterglow.config.smoke_browser import Browser, Page, _Reader

HTML = """
<form method="post" action="/other/"><input name="a" value="1"></form>
<form method="post" action="/here/?x=1"><input type="hidden" name="key" value="k1">
<input type="radio" name="escort" value="yes"><input type="radio" name="escort" value="no" checked>
<select name="room"><option value="">-</option><option value="r4" selected>Room 4</option></select>
<textarea name="note">
as typed</textarea><input type="checkbox" name="seen" value="on">
<button name="go">Go</button></form>
"""


def page() -> Page:
    reader = _Reader("http://localhost/here/")
    reader.feed(HTML)
    return Page("http://localhost/here/", 200, HTML, reader.forms)


def test_a_form_holds_what_is_filled_in_and_ticked_beforehand() -> None:
    form = page().form("/here/")

    assert form.values == [("key", "k1"), ("escort", "no"), ("room", "r4"), ("note", "as typed")]
    assert form.choices == {"escort": ["yes", "no"], "room": ["", "r4"], "seen": ["on"]}


def test_a_field_that_the_form_does_not_have_is_an_error_that_names_it() -> None:
    with pytest.raises(AssertionError, match="no field weight"):
        Browser("http://localhost").submit(page(), "/here/", {"weight": "70"})


def test_a_form_that_is_not_there_is_an_error_that_names_those_that_are() -> None:
    with pytest.raises(AssertionError, match="/other/"):
        page().form("/nowhere/")
