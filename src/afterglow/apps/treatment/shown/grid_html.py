"""The grid's cells as HTML, written in one pass.

A template draws every other part of the page. The grid of a long recovery has hundreds of cells,
each with branches of its own, and drawing them by template took a third of the whole page's time
(docs/reference/performance.md). Every text goes through ``escape`` here, words and numbers alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.forms import Form
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from afterglow.apps.places.models import Site
from afterglow.apps.treatment.shown.grid import Cell, Column, Grid, GridLine
from afterglow.core.treatment.lifecycles import SessionState
from afterglow.web import icons
from afterglow.web.formats import clock_seconds, clock_time


def grid_rows(
    grid: Grid, entry: Form | None, *, site: Site, locked: bool, typing: bool
) -> SafeString:
    """Return the rows of the grid: past columns, and the open one with its fields.

    Addresses are relative to the infusion page. A locked screen gets no links and no fields; one
    that is kept for a time without connection has its fields, and opens them to who gives a PIN.
    """
    words = _Words()
    parts = [
        part
        for number, line in enumerate(grid.lines)
        for part in _row(
            line, entry if typing else None, words, site=site, locked=locked, first=number == 0
        )
    ]
    return mark_safe("".join(parts))  # noqa: S308 - every text in it was escaped


def draw(context: dict[str, Any]) -> None:
    """Add the rows of the grid to a page's context, where it holds a grid.

    A signed record keeps its links to what was read, and takes no digit more.
    """
    if "grid" in context:
        signed = context["session"].state == SessionState.SIGNED
        context["grid_rows"] = grid_rows(
            context["grid"],
            None if signed else context.get("entry"),
            site=context["site"],
            locked=context.get("locked", False),
            typing=context.get("kept", False) or not context.get("locked", False),
        )


class _Words:
    """The words of a cell, translated once for all of them."""

    def __init__(self) -> None:
        self.hand = escape(_("h"))
        self.by_hand = escape(_("by hand"))
        self.by_device = escape(_("from the monitor"))
        self.error = escape(_("entered in error"))
        self.paper = escape(_("from paper, measured by %(who)s"))
        self.late = escape(_("entered late"))
        self.entered = escape(_("entered"))
        self.missed = escape(_("missed"))
        self.overtaken = escape(_("not taken before the stop"))
        self.why = escape(_("missed: why?"))
        self.now = escape(_("now"))
        self.more = escape(_("more readings in this column: tap to see them"))
        self.extreme = escape(_("out of its limits in this column, before the last reading"))
        self.range = escape(_("lowest and highest in this column"))


def _row(
    line: GridLine, entry: Form | None, words: _Words, *, site: Site, locked: bool, first: bool
) -> Iterator[str]:
    label = escape(str(line.line.label))
    shape = icons.sign_shape(line.line.shape) if line.line.shape else ""
    more = "" if line.is_shown else f' hidden data-on-demand="{line.line.field}"'
    yield f'<tr{more}><th scope="row">{shape}{label}</th>'
    for column, cell in line.cells:
        yield _cell(line.line.field, column, cell, words, site=site, locked=locked, first=first)
    yield f'<td class="is-open">{_field(line, entry, label, words)}</td></tr>'


def _cell(
    field: str,
    column: Column,
    cell: Cell,
    words: _Words,
    *,
    site: Site,
    locked: bool,
    first: bool,
) -> str:
    if not cell.text and cell.struck:
        return f"<td>{_struck(cell, words)}</td>"
    if not cell.text:
        return _empty(column, words, locked=locked, first=first)
    text: str = escape(cell.text)
    if not locked and cell.assessment:
        text = _link(f"scores/{cell.assessment}/correct/", text)
    elif not locked:
        text = _link(
            f"raw/{field}/{int(column.slot.opens_at.timestamp())}/",
            text,
            title=_whence(cell, words, site),
        )
    if cell.by_hand:
        text += f'<span class="cell-hand" title="{words.by_hand}">{words.hand}</span>'
    if cell.paper:
        who = words.paper % {"who": escape(cell.paper)}
        text += (
            f'<span class="cell-paper" title="{who}">▤'
            f'<span class="visually-hidden">{who}</span></span>'
        )
    if cell.other:
        text += (
            f' <span class="{_small("cell-other", cell.other_level)}" title="{words.by_hand}">'
            f"{escape(cell.other)}{words.hand}</span>"
        )
    if cell.struck:
        text += f" {_struck(cell, words)}"
    if cell.extreme:
        text += (
            f' <small class="{_small("cell-range", cell.more_level)}" title="{words.extreme}">'
            f"{escape(cell.extreme)}</small>"
        )
    if cell.more:
        level = "" if cell.extreme else cell.more_level
        text += (
            f' <small class="{_small("cell-range", level)}" title="{words.more}">'
            f"+{cell.more}</small>"
        )
    if cell.spread:
        text += (
            f' <small class="{_small("cell-range", cell.spread_level)}" title="{words.range}">'
            f"{escape(cell.spread)}</small>"
        )
    if cell.late:
        text += _stamp(cell.late, words.late, site, "late")
    elif cell.entered:
        text += _stamp(cell.entered, words.entered, site, "entered")
    level = f"is-{cell.level}" if cell.level else ""
    late = " is-late" if cell.late else ""
    return f'<td class="{level}{late}">{text}</td>' if level or late else f"<td>{text}</td>"


def _small(name: str, level: str) -> str:
    return f"{name} is-{level}" if level else name


def _struck(cell: Cell, words: _Words) -> str:
    return f'<s class="cell-struck" title="{words.error}">{escape(cell.struck)}</s>'


def _empty(column: Column, words: _Words, *, locked: bool, first: bool) -> str:
    if not column.is_missed:
        return "<td></td>"
    text: str = '<span aria-hidden="true">·</span>'
    if first and column.owes_reason and not locked:
        due = column.slot.due_at.isoformat().replace("+", "%2B")
        text = _link(f"missed/?due={due}", words.why, "event-link")
    elif first:
        reason = words.overtaken if column.slot.overtaken else words.missed
        text = escape(column.slot.reason) or reason
    return f'<td class="is-missed">{text}</td>'


def _whence(cell: Cell, words: _Words, site: Site) -> str:
    """When and by what it was read: of one minute, grid, graph and tile may show three."""
    if cell.reading is None:
        return ""
    source = words.by_hand if cell.by_hand else words.by_device
    return f"{clock_seconds(cell.reading.taken_at, site)} {source}"


def _link(address: str, text: str, name: str = "cell", *, title: str = "") -> str:
    """An address that opens in the dialog; without scripts it is a page of its own."""
    said = f' title="{title}"' if title else ""
    return f'<a class="{name}" data-ask href="{address}"{said}>{text}</a>'


def _stamp(at: datetime, words: str, site: Site, name: str) -> str:
    return f' <span class="{name}" title="{words}">{clock_time(at, site)}</span>'


def _field(line: GridLine, entry: Form | None, label: str, words: _Words) -> str:
    name, kind = line.line.field, line.line.entry
    if entry is None or name not in entry.fields:
        return ""
    bound = entry[name]
    typed = escape(bound.value() or "")
    keys = "decimal" if kind == "decimal" else "numeric"
    wrong = ' aria-invalid="true"' if bound.errors else ""
    hint = f' data-most="{line.line.most}"' if line.line.most is not None else ""
    hint += f' data-least="{line.line.least}"' if line.line.least is not None else ""
    return (
        f'<input class="control" name="{name}" id="entry-{name}" value="{typed}" '
        f'data-entry="{kind}" data-code="{name}" data-name="{label}" inputmode="{keys}" '
        f'autocomplete="off" maxlength="12" aria-describedby="grid-unsaved" '
        f'aria-label="{label} {words.now}"{hint}{wrong}>'
    )
