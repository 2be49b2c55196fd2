"""Triggers that no session can switch off.

django-pgtrigger's own triggers obey a session setting that skips them. Ours guard the record, so
they are rendered without that door. Migrations name ``FirmTriggerSql``; do not change its template.
"""

from __future__ import annotations

from typing import Any

import pgtrigger
from django.db import models
from pgtrigger import compiler


class FirmTriggerSql(compiler.UpsertTriggerSql):
    """The installation script of a trigger that is always obeyed."""

    def get_template(self) -> str:
        """Return the script."""
        return """
            CREATE OR REPLACE FUNCTION {pgid}()
            RETURNS TRIGGER AS $$
                {declare}
                BEGIN
                    {func}
                END;
            $$ LANGUAGE plpgsql;

            DROP TRIGGER IF EXISTS {pgid} ON {table};
            CREATE {constraint} TRIGGER {pgid}
                {when} {operation} ON {table}
                {timing}
                {referencing}
                FOR EACH {level} {condition}
                EXECUTE PROCEDURE {execute};

            COMMENT ON TRIGGER {pgid} ON {table} IS '{hash}';
        """


class FirmTrigger(pgtrigger.Trigger):
    """A trigger that no session can switch off."""

    def compile(self, model: models.Model) -> Any:
        """Return what migrations keep of the trigger."""
        return compiler.Trigger(
            name=self.name,
            sql=FirmTriggerSql(
                pgid=self.get_pgid(model),
                declare=self.render_declare(model),
                func=self.render_func(model),
                table=model._meta.db_table,
                when=self.when,
                operation=self.operation,
                level=self.level,
                condition=self.render_condition(model),
                execute=self.render_execute(model),
            ),
        )


def append_only() -> list[FirmTrigger]:
    """Return the triggers of a table that only grows."""
    refuse = (
        "RAISE EXCEPTION 'append-only: % refuses %', TG_TABLE_NAME, TG_OP "
        "USING ERRCODE = 'restrict_violation';"
    )
    return [
        FirmTrigger(
            name="append_only_rows",
            level=pgtrigger.Row,
            when=pgtrigger.Before,
            operation=pgtrigger.Update | pgtrigger.Delete,
            func=refuse,
        ),
        FirmTrigger(
            name="append_only_table",
            level=pgtrigger.Statement,
            when=pgtrigger.Before,
            operation=pgtrigger.Truncate,
            func=refuse,
        ),
    ]


def refuse_once_signed(*, path: str = "ROW.session_id") -> FirmTrigger:
    """Return a trigger that refuses INSERT, UPDATE and DELETE once the session is signed.

    ``path`` is SQL that finds the session's id from ``ROW``, for tables that reach it through
    another one.
    """
    new, old = path.replace("ROW.", "NEW."), path.replace("ROW.", "OLD.")
    return FirmTrigger(
        name="refuse_once_signed",
        level=pgtrigger.Row,
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
        declare=[("held", "BIGINT"), ("now_in", "TEXT")],
        func=(
            # Built from constants of this code base, never from what a person typed.
            f"IF TG_OP = 'DELETE' THEN held := {old}; ELSE held := {new}; END IF; "  # noqa: S608
            "SELECT state INTO now_in FROM visits_treatmentsession WHERE id = held; "
            "IF now_in = 'signed' THEN "
            "RAISE EXCEPTION 'session is signed: % refuses %', TG_TABLE_NAME, TG_OP "
            "USING ERRCODE = 'restrict_violation'; END IF; "
            "IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW;"
        ),
    )


def signed_row_is_locked() -> FirmTrigger:
    """Return the trigger that refuses UPDATE and DELETE of a session that is signed."""
    return FirmTrigger(
        name="signed_session_is_locked",
        level=pgtrigger.Row,
        when=pgtrigger.Before,
        operation=pgtrigger.Update | pgtrigger.Delete,
        func=(
            "IF OLD.state = 'signed' THEN "
            "RAISE EXCEPTION 'session % is signed and locked', OLD.public_id "
            "USING ERRCODE = 'restrict_violation'; END IF; "
            "IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW;"
        ),
    )
