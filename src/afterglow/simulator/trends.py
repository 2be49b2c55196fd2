"""Read a monitor trend: a CSV with one row a minute, as bedside monitors export it.

Values are taken as they are: zeros of a disconnected probe, cuff artefacts, gaps.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from afterglow.core.errors import InvalidValue

NUMERICS = {
    "hr_per_min": "MDC_ECG_HEART_RATE",
    "pulse_per_min": "MDC_PULS_OXIM_PULS_RATE",
    "rr_per_min": "MDC_RESP_RATE",
    "spo2_percent": "MDC_PULS_OXIM_SAT_O2",
}
PRESSURES = {
    "nibp_sys_mmhg": "MDC_PRESS_BLD_NONINV_SYS",
    "nibp_dia_mmhg": "MDC_PRESS_BLD_NONINV_DIA",
    "nibp_mean_mmhg": "MDC_PRESS_BLD_NONINV_MEAN",
}
COLUMNS = ("minute", *NUMERICS, *PRESSURES)
_NUMBER = re.compile(r"-?\d{1,9}(?:\.\d{1,6})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class TrendRow:
    """One row: the minute, and each reading by MDC name.

    A numeric without a value is None (the monitor had none). A cuff column without a value is
    absent (the cuff did not measure).
    """

    line: int
    minute: Decimal
    values: tuple[tuple[str, Decimal | None], ...]


def read_trend(path: Path) -> list[TrendRow]:
    """Return the rows of a trend file.

    Raises InvalidValue, in a sentence with the line and the value seen, for a file that is not
    there, is not text, lacks a column, holds something that is no number, or runs backwards.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidValue(f"{path.name} is not a text file in UTF-8.") from None
    except OSError as error:
        raise InvalidValue(f"{path} cannot be read: {error.strerror}.") from None
    return parse_trend(text.splitlines(), name=path.name)


def parse_trend(lines: Iterable[str], *, name: str) -> list[TrendRow]:
    """Return the rows of a trend; ``name`` is used in error sentences. Raises as read_trend."""
    reader = csv.reader(lines, strict=True)
    try:
        header = [cell.strip() for cell in next(reader, [])]
        _check_header(header, name)
        rows: list[TrendRow] = []
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            row = _row(header, cells, name, reader.line_num)
            if rows and row.minute <= rows[-1].minute:
                raise InvalidValue(
                    f"{name}, line {row.line}: minute {row.minute} does not follow "
                    f"minute {rows[-1].minute}."
                )
            rows.append(row)
    except csv.Error as error:
        raise InvalidValue(f"{name}, line {reader.line_num}: {error}.") from None
    if not rows:
        raise InvalidValue(f"{name} has a header and no rows.")
    return rows


def _check_header(header: list[str], name: str) -> None:
    if not header:
        raise InvalidValue(f"{name} is empty; the first line must name the columns.")
    missing = [column for column in COLUMNS if column not in header]
    if missing:
        raise InvalidValue(
            f"{name} has no column {', '.join(missing)}; it has {', '.join(header)[:200]}."
        )
    twice = sorted({column for column in header if header.count(column) > 1})
    if twice:
        raise InvalidValue(f"{name} has the column {', '.join(twice)[:200]} more than once.")


def _row(header: list[str], cells: list[str], name: str, line: int) -> TrendRow:
    if len(cells) != len(header):
        raise InvalidValue(f"{name}, line {line}: {len(cells)} values for {len(header)} columns.")
    numbers = {
        column: _number(cell.strip(), column, name, line)
        for column, cell in zip(header, cells, strict=True)
        if column in COLUMNS
    }
    minute = numbers["minute"]
    if minute is None or minute < 0:
        raise InvalidValue(f"{name}, line {line}: minute must be a number from 0, not {minute}.")
    values = [(refid, numbers[column]) for column, refid in NUMERICS.items()]
    values += [(r, n) for column, r in PRESSURES.items() if (n := numbers[column]) is not None]
    return TrendRow(line, minute, tuple(values))


def _number(cell: str, column: str, name: str, line: int) -> Decimal | None:
    if not cell:
        return None
    if not _NUMBER.fullmatch(cell):
        raise InvalidValue(f"{name}, line {line}: {column} is {cell[:40]!r}, not a number.")
    return Decimal(cell)
