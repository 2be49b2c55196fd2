"""Backups that prove themselves: what was saved, what came back, and that the two agree.

A backup is a folder: ``database.dump`` (pg_dump's own format), ``files.tar`` (what the data folder
keeps beside the database) and ``manifest.json`` (checksums, and the rows of each table counted in
the very snapshot that was dumped).
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from afterglow.config.postgres_binaries import client_bin
from afterglow.core.errors import AfterglowError

FORMAT = 1
KEPT_FILES = ("secret_key", "documents", "holds")
"""Names in the data folder that belong to the clinic's record and are not in the database."""


class BackupFailed(AfterglowError):
    """A backup could not be made, or is not whole; the message says which part and why."""


@dataclass(frozen=True)
class Verified:
    """What a verification looked at, and what it found wrong (nothing, for a good backup)."""

    tables: int
    rows: int
    problems: list[str] = field(default_factory=list)


def make_backup(*, owner_url: str, data: Path, target: Path, at: datetime) -> Path:
    """Save the database and the kept files into a new folder ``target``.

    The folder appears under its name only when it is whole. Raises BackupFailed.
    """
    if target.exists():
        raise BackupFailed(f"{target} exists already; a backup never overwrites another.")
    scratch = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    scratch.mkdir(parents=True, mode=0o700)
    with psycopg.connect(owner_url) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        row = connection.execute("SELECT pg_export_snapshot(), version()").fetchone()
        assert row is not None  # noqa: S101
        snapshot, version = row
        _client(
            "pg_dump",
            owner_url,
            *("--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}"),
            f"--file={scratch / 'database.dump'}",
        )
        rows = count_rows(connection)
    with tarfile.open(scratch / "files.tar", "w") as archive:
        for name in KEPT_FILES:
            if (data / name).exists():
                archive.add(data / name, arcname=name)
    files = {path.name: _sha256(path) for path in sorted(scratch.iterdir())}
    manifest = {
        "format": FORMAT,
        "made_at": at.astimezone(UTC).isoformat(),
        "server": version,
        "sha256": files,
        "rows": rows,
    }
    (scratch / "manifest.json").write_text(json.dumps(manifest, indent=1, sort_keys=True))
    for path in scratch.iterdir():
        path.chmod(0o600)
        with path.open("rb") as written:
            os.fsync(written.fileno())
    scratch.rename(target)
    return target


def read_manifest(backup: Path) -> dict[str, Any]:
    """A backup's manifest, after its files are checked against it. Raises BackupFailed."""
    try:
        manifest: dict[str, Any] = json.loads((backup / "manifest.json").read_text())
    except (OSError, ValueError) as problem:
        raise BackupFailed(f"{backup} is not a backup: its manifest {problem}.") from problem
    if manifest.get("format") != FORMAT:
        raise BackupFailed(
            f"{backup} has format {manifest.get('format')!r}; this version reads {FORMAT}."
        )
    for name, expected in manifest["sha256"].items():
        path = backup / name
        if not path.exists():
            raise BackupFailed(f"{backup} is not whole: {name} is missing.")
        if (seen := _sha256(path)) != expected:
            raise BackupFailed(
                f"{path} is damaged: its sha256 is {seen[:12]}…, the manifest says {expected[:12]}…"
            )
    return manifest


def restore_into(*, owner_url: str, backup: Path) -> None:
    """Load a backup into an empty database. Raises BackupFailed if it holds tables."""
    with psycopg.connect(owner_url) as connection:
        if tables := count_rows(connection):
            raise BackupFailed(
                f"The database already holds {len(tables)} tables; restore into an empty one."
            )
    _client(
        "pg_restore",
        owner_url,
        *("--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction"),
        f"--dbname={conninfo_to_dict(owner_url).get('dbname', '')}",
        str(backup / "database.dump"),
    )


@contextmanager
def staged_files(*, backup: Path, data: Path) -> Iterator[Callable[[], None]]:
    """Unpack what the data folder keeps beside the database; the value yielded puts it in place.

    Unpacking is what can fail (a full disk), so it happens before anything of the present changes.
    """
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=data) as folder:
        with tarfile.open(backup / "files.tar") as archive:
            archive.extractall(folder, filter="data")

        def put() -> None:
            for path in sorted(Path(folder).rglob("*")):
                if path.is_file():
                    kept = data / path.relative_to(folder)
                    kept.parent.mkdir(parents=True, exist_ok=True)
                    path.replace(kept)

        yield put


def verify(
    *, owner_url: str, backup: Path, check: Callable[[str], list[str]] = lambda _url: []
) -> Verified:
    """Restore into a scratch database, compare every table's rows, run ``check`` on it, drop it.

    ``check`` gets the scratch database's URL and returns what is wrong. The owner must be allowed
    to create databases. Raises BackupFailed when the backup cannot even be read or loaded.
    """
    manifest = read_manifest(backup)
    name = f"afterglow_verify_{secrets.token_hex(6)}"
    url = make_conninfo(owner_url, dbname=name)
    create_database(owner_url, name)
    try:
        restore_into(owner_url=url, backup=backup)
        with psycopg.connect(url) as connection:
            seen = count_rows(connection)
        problems = [
            f"table {table}: {seen.get(table, 'no')} rows came back, "
            f"{manifest['rows'].get(table, 'none')} were saved"
            for table in sorted({*seen, *manifest["rows"]})
            if seen.get(table) != manifest["rows"].get(table)
        ]
        problems += check(url)
        return Verified(len(seen), sum(seen.values()), problems)
    finally:
        _on_server(owner_url, sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))


def create_database(owner_url: str, name: str) -> None:
    """Make an empty database that the owner owns. Raises BackupFailed without the right to."""
    try:
        _on_server(
            owner_url,
            sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)),
        )
    except psycopg.errors.InsufficientPrivilege as problem:
        raise BackupFailed(
            "The database's owner may not create databases, which this needs: "
            "ALTER ROLE … CREATEDB."
        ) from problem


def count_rows(connection: psycopg.Connection[Any]) -> dict[str, int]:
    """The exact number of rows in each table of the public schema; months count in their table."""
    names = connection.execute(
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition "
        "AND relnamespace = 'public'::regnamespace ORDER BY relname"
    ).fetchall()
    counts = {}
    for (name,) in names:
        row = connection.execute(
            sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(name))
        ).fetchone()
        counts[name] = int(row[0]) if row else 0
    return counts


def _on_server(owner_url: str, statement: sql.Composed) -> None:
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute(statement)


def _client(program: str, url: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs; the password travels in its environment, not in ``ps``."""
    facts = conninfo_to_dict(url)
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD"}
    names |= {"dbname": "PGDATABASE", "sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT"}
    given = {variable: str(facts[name]) for name, variable in names.items() if facts.get(name)}
    done = subprocess.run(  # noqa: S603
        [str(client_bin() / program), "--no-password", *arguments],
        env={**os.environ, **given},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BackupFailed(f"{program} failed: {done.stderr.strip()}")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
