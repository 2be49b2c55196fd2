"""The database's own net under a signed record: rows that hang on it are refused once it is signed."""

from __future__ import annotations

from typing import Any

import pgtrigger


def refuse_once_signed(session_column: str = "session_id", *, path: str = "") -> Any:
    """Return a trigger that refuses INSERT, UPDATE and DELETE once the session is signed.

    ``path`` is SQL that finds the session's id from ``NEW`` or ``OLD`` (written ``ROW.``) where the
    table has no column of its own, such as ``(SELECT session_id FROM … WHERE id = ROW.infusion_id)``.
    """
    expression = path or f"ROW.{session_column}"
    new = expression.replace("ROW.", "NEW.")
    old = expression.replace("ROW.", "OLD.")
    return pgtrigger.Trigger(
        name="refuse_once_signed",
        level=pgtrigger.Row,
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
        declare=[("held", "BIGINT"), ("now_in", "TEXT")],
        func=(
            f"IF TG_OP = 'DELETE' THEN held := {old}; ELSE held := {new}; END IF; "
            "SELECT state INTO now_in FROM visits_treatmentsession WHERE id = held; "
            "IF now_in = 'signed' THEN "
            "RAISE EXCEPTION 'session is signed: % refuses %', TG_TABLE_NAME, TG_OP "
            "USING ERRCODE = 'restrict_violation'; END IF; "
            "IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW;"
        ),
        ignorable=False,
    )
