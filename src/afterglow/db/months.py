"""Tables that are stored by month: their ids carry the month in which a row was stored.

An id is ``month * 10**12 + n``, where ``month`` counts from 1 for January 2000 (UTC) and ``n`` is
from the table's sequence. So the primary key alone is the partition key: it stays unique over all
months, and foreign keys to the table are ordinary ones (docs/adr/0019-readings-by-month.md).
Migrations name the SQL below; do not change what a released one has run.
"""

# ruff: noqa: S608 (SQL of constants)
from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from django.db.models import Q

ROWS_A_MONTH = 10**12
SLACK = timedelta(days=31)
"""How wrong the server's clock may have been before a look into the past misses a row."""
MONTHS_AHEAD = 3


def number_of(day: date) -> int:
    """Return the number of a day's month: 1 for January 2000."""
    return (day.year - 2000) * 12 + day.month


def first_day_of(number: int) -> date:
    """Return the first day of the month with this number."""
    return date(2000 + (number - 1) // 12, (number - 1) % 12 + 1, 1)


def partition_name(table: str, day: date) -> str:
    """Return the table that holds one month: ``monitoring_vitalsign_2026_11``."""
    return f"{table}_{day:%Y_%m}"


def stored_since(at: datetime, *, now: datetime) -> int:
    """Return an id below those of all rows stored since ``at``, so that older months are not read.

    A month of slack, and never above now, because a clock may have been wrong.
    """
    return number_of((min(at, now) - SLACK).astimezone(UTC).date()) * ROWS_A_MONTH


def stored_after(now: datetime) -> int:
    """Return the lowest id of the month after now's: only a clock that was ahead gave it."""
    return (number_of(now.astimezone(UTC).date()) + 1) * ROWS_A_MONTH


def since(oldest: int) -> Q:
    """Return the bound of a look into the past, given what :func:`stored_since` returned.

    Rows from before there were months carry none in their ids: each may be of any time.
    """
    return Q(pk__gte=oldest) | Q(pk__lt=ROWS_A_MONTH)


def bound(alias: str, oldest: str = "%s") -> str:
    """Return what :func:`since` is in SQL, of a table's alias and a parameter for the oldest."""
    return f"({alias}.id >= {oldest} OR {alias}.id < {ROWS_A_MONTH})"


KEY_SQL = f"afterglow_month(clock_timestamp()) * {ROWS_A_MONTH} + nextval('{{sequence}}')"
"""The number of a row to come, as the default of the table's key gives it."""

MAKE_FUNCTIONS = f"""
CREATE FUNCTION afterglow_month(at timestamptz) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (extract(year FROM at AT TIME ZONE 'UTC')::bigint - 2000) * 12
         + extract(month FROM at AT TIME ZONE 'UTC')::bigint
$$;

-- For queries in SQL: what `stored_since` is in Python.
CREATE FUNCTION afterglow_stored_since(at timestamptz) RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT afterglow_month(least(at, now()) - interval '{SLACK.days} days') * {ROWS_A_MONTH}
$$;

CREATE FUNCTION afterglow_refuse_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'append-only: % refuses %', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation';
END $$;

-- Makes the months that are missing, of every table that is stored by month, as the tables' owner:
-- the application may ask for it and for nothing else. A month of which the default partition holds
-- rows already is left out; `afterglow readings months` tells.
CREATE FUNCTION afterglow_make_months(since date, until date) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    parent text;
    name text;
    month date;
    low bigint;
    astray boolean;
    made integer := 0;
BEGIN
    IF since < date '2000-01-01' OR until > date '2100-12-31' OR until < since
       OR until - since > 3660 THEN
        RAISE EXCEPTION 'months from % to % are not made: at most ten years, 2000 to 2100',
            since, until USING ERRCODE = 'invalid_parameter_value';
    END IF;
    FOR parent IN
        SELECT c.relname FROM pg_class c JOIN pg_partitioned_table p ON p.partrelid = c.oid
        WHERE c.relnamespace = 'public'::regnamespace AND p.partdefid <> 0 ORDER BY c.relname
    LOOP
        FOR month IN SELECT generate_series(
            date_trunc('month', since::timestamp), until::timestamp, interval '1 month')::date
        LOOP
            name := parent || to_char(month, '_YYYY_MM');
            CONTINUE WHEN to_regclass(format('public.%I', name)) IS NOT NULL;
            low := afterglow_month(month::timestamp AT TIME ZONE 'UTC') * {ROWS_A_MONTH};
            EXECUTE format('SELECT EXISTS (SELECT 1 FROM public.%I WHERE id >= %s AND id < %s)',
                parent || '_default', low, low + {ROWS_A_MONTH}) INTO astray;
            CONTINUE WHEN astray;
            EXECUTE format('CREATE TABLE public.%I (LIKE public.%I INCLUDING DEFAULTS '
                'INCLUDING CONSTRAINTS INCLUDING STORAGE)', name, parent);
            EXECUTE format('CREATE TRIGGER append_only_month BEFORE TRUNCATE ON public.%I '
                'FOR EACH STATEMENT EXECUTE FUNCTION public.afterglow_refuse_truncate()', name);
            EXECUTE format('ALTER TABLE public.%I ATTACH PARTITION public.%I '
                'FOR VALUES FROM (%s) TO (%s)', parent, name, low, low + {ROWS_A_MONTH});
            made := made + 1;
        END LOOP;
    END LOOP;
    RETURN made;
END $$;

-- The tables of which the default partition holds rows: a clock was wrong, or nobody made months.
CREATE FUNCTION afterglow_rows_without_month() RETURNS SETOF text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    parent text;
    astray boolean;
BEGIN
    FOR parent IN
        SELECT c.relname FROM pg_class c JOIN pg_partitioned_table p ON p.partrelid = c.oid
        WHERE c.relnamespace = 'public'::regnamespace AND p.partdefid <> 0 ORDER BY c.relname
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT 1 FROM public.%I)', parent || '_default')
            INTO astray;
        IF astray THEN RETURN NEXT parent; END IF;
    END LOOP;
END $$;

"""
LEARN_HOW = f"""
-- Turns a table into one that is stored by month. Rows that it has stay where they are: the table
-- itself becomes the partition `_early`, of ids that carry no month. Nothing is rewritten.
CREATE FUNCTION afterglow_partition_by_month(t text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    early text := t || '_early';
    last_id bigint;
    has_rows boolean;
    one record;
    incoming jsonb;
    outgoing jsonb;
    triggers jsonb;
    indexes jsonb;
BEGIN
    EXECUTE format('SELECT COALESCE(max(id), 0), count(*) > 0 FROM %I', t) INTO last_id, has_rows;
    SELECT COALESCE(jsonb_agg(jsonb_build_object('on', conrelid::regclass::text, 'name', conname,
               'def', pg_get_constraintdef(oid))), '[]') INTO incoming
        FROM pg_constraint WHERE contype = 'f' AND confrelid = t::regclass AND conparentid = 0;
    SELECT COALESCE(jsonb_agg(jsonb_build_object('name', conname,
               'def', pg_get_constraintdef(oid))), '[]') INTO outgoing
        FROM pg_constraint WHERE contype = 'f' AND conrelid = t::regclass AND conparentid = 0;
    SELECT COALESCE(jsonb_agg(jsonb_build_object('name', tgname, 'def', pg_get_triggerdef(oid),
               'comment', obj_description(oid, 'pg_trigger'))), '[]') INTO triggers
        FROM pg_trigger WHERE tgrelid = t::regclass AND NOT tgisinternal;
    SELECT COALESCE(jsonb_agg(jsonb_build_object('name', c.relname, 'primary', i.indisprimary,
               'def', pg_get_indexdef(c.oid))), '[]') INTO indexes
        FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = t::regclass;

    FOR one IN SELECT * FROM jsonb_to_recordset(incoming) AS x("on" text, name text) LOOP
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', one."on", one.name);
    END LOOP;
    FOR one IN SELECT * FROM jsonb_to_recordset(triggers) AS x(name text) LOOP
        EXECUTE format('DROP TRIGGER %I ON %I', one.name, t);
    END LOOP;
    EXECUTE format('ALTER TABLE %I RENAME TO %I', t, early);
    FOR one IN SELECT * FROM jsonb_to_recordset(indexes) AS x(name text) LOOP
        EXECUTE format('ALTER INDEX %I RENAME TO %I', one.name, 'early_' || left(one.name, 57));
    END LOOP;
    EXECUTE format('ALTER TABLE %I ALTER id DROP IDENTITY IF EXISTS', early);
    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS '
        'INCLUDING STORAGE) PARTITION BY RANGE (id)', t, early);
    EXECUTE format('CREATE SEQUENCE %I AS bigint MAXVALUE {ROWS_A_MONTH - 1} OWNED BY %I.id',
        t || '_id_seq', t);
    PERFORM setval(format('%I', t || '_id_seq')::regclass, last_id + 1, false);
    -- Not now(): a transaction may begin before midnight and store after another one's midnight.
    EXECUTE format('ALTER TABLE %I ALTER id SET DEFAULT afterglow_month(clock_timestamp()) '
        '* {ROWS_A_MONTH} + nextval(%L)', t, t || '_id_seq');
    FOR one IN SELECT * FROM jsonb_to_recordset(indexes)
        AS x(name text, "primary" boolean, def text)
    LOOP
        IF one."primary" THEN
            EXECUTE format('ALTER TABLE %I ADD CONSTRAINT %I PRIMARY KEY (id)', t, one.name);
        ELSE
            EXECUTE one.def;
        END IF;
    END LOOP;
    FOR one IN SELECT * FROM jsonb_to_recordset(outgoing) AS x(name text, def text) LOOP
        EXECUTE format('ALTER TABLE %I ADD CONSTRAINT %I %s', t, one.name, one.def);
    END LOOP;
    IF has_rows THEN
        EXECUTE format('CREATE TRIGGER append_only_month BEFORE TRUNCATE ON %I '
            'FOR EACH STATEMENT EXECUTE FUNCTION afterglow_refuse_truncate()', early);
        EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (MINVALUE) TO (%s)',
            t, early, {ROWS_A_MONTH});
    ELSE
        EXECUTE format('DROP TABLE %I', early);
    END IF;
    EXECUTE format('CREATE TABLE %I PARTITION OF %I DEFAULT', t || '_default', t);
    EXECUTE format('CREATE TRIGGER append_only_month BEFORE TRUNCATE ON %I '
        'FOR EACH STATEMENT EXECUTE FUNCTION afterglow_refuse_truncate()', t || '_default');
    FOR one IN SELECT * FROM jsonb_to_recordset(triggers) AS x(name text, def text, comment text)
    LOOP
        EXECUTE one.def;
        EXECUTE format('COMMENT ON TRIGGER %I ON %I IS %L', one.name, t, one.comment);
    END LOOP;
    FOR one IN SELECT * FROM jsonb_to_recordset(incoming) AS x("on" text, name text, def text)
    LOOP
        EXECUTE format('ALTER TABLE %s ADD CONSTRAINT %I %s', one."on", one.name, one.def);
    END LOOP;
    PERFORM afterglow_make_months(now()::date, (now() + interval '{MONTHS_AHEAD} months')::date);
END $$;
"""
FORGET_HOW = "DROP FUNCTION afterglow_partition_by_month(text);"


def partition(table: str) -> str:
    """Return the SQL that stores a table by month from now on."""
    return f"SELECT afterglow_partition_by_month('{table}');"
