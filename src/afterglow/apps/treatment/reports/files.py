"""A report as a file that a spreadsheet opens, and that starts no formula there."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_text(lines: Iterable[Iterable[object]]) -> str:
    """Return the lines as CSV: commas, CRLF, quotes where needed.

    A cell that would begin a formula gets an apostrophe before it; numbers stay as they are.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    for line in lines:
        writer.writerow([_cell(each) for each in line])
    return out.getvalue()


def _cell(value: object) -> object:
    text = str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(_FORMULA) else value
