"""``afterglow backup``, ``restore`` and ``verify``."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from afterglow.config import backup as backups
from afterglow.config.commands.database import bring_up_to_date
from afterglow.config.connection import OWNER_URL, URL, Urls, database
from afterglow.config.postgres import DATABASE, Role

AddCommand = Callable[[str, str], argparse.ArgumentParser]


def add_commands(command: AddCommand) -> None:
    """Describe the three commands."""
    make = command("backup", "save the database and the clinic's files into a new folder")
    make.add_argument("folder", type=Path, nargs="?", help="default: DATA/backups/TIME")
    make.add_argument("--verify", action="store_true", help="restore it into a scratch database")
    check = command("verify", "restore a backup into a scratch database and compare everything")
    check.add_argument("folder", type=Path)
    back = command("restore", "put a backup in the place of the present database")
    back.add_argument("folder", type=Path)
    back.add_argument(
        "--replace",
        action="store_true",
        help="although the present database holds tables; it is kept under another name",
    )


def run(options: argparse.Namespace) -> int:
    """Do one of the three; what it did goes to stdout in one sentence."""
    match options.command:
        case "backup":
            return _backup(options)
        case "verify":
            with database(options.data) as urls:
                return _verify(urls, options.folder)
        case _:
            return _restore(options)


def _say(sentence: str) -> None:
    sys.stdout.write(f"{sentence}\n")


def _backup(options: argparse.Namespace) -> int:
    at = datetime.now(UTC)
    folder = options.folder or options.data / "backups" / at.strftime("%Y-%m-%dT%H%M%SZ")
    with database(options.data) as urls:
        made = backups.make_backup(
            owner_url=urls.owner, data=options.data, target=folder.absolute(), at=at
        )
        _say(f"Backup made: {made}")
        return _verify(urls, made) if options.verify else 0


def _verify(urls: Urls, folder: Path) -> int:
    found = backups.verify(owner_url=urls.owner, backup=folder, check=_check_chains)
    for problem in found.problems:
        _say(problem)
    if found.problems:
        _say(f"The backup is NOT good: {len(found.problems)} problems.")
        return 1
    _say(f"The backup is good: {found.tables} tables, {found.rows} rows came back the same.")
    return 0


def _check_chains(url: str) -> list[str]:
    """Run the record's own checks on a restored database, in a process that knows only that one."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", "afterglow.config.chains"],
        env={**os.environ, URL: url_of(url), OWNER_URL: ""},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in (0, 1):
        return [f"the record's own checks could not run: {done.stderr.strip()[-400:]}"]
    return done.stdout.splitlines()


def url_of(conninfo: str) -> str:
    """A ``postgresql://`` URL of libpq's keyword form."""
    from urllib.parse import quote, urlencode

    facts = conninfo_to_dict(conninfo)
    who = quote(str(facts.pop("user", "")), safe="")
    if password := facts.pop("password", None):
        who += f":{quote(str(password), safe='')}"
    name = quote(str(facts.pop("dbname", "")), safe="")
    rest = {key: str(value) for key, value in facts.items() if value is not None}
    return f"postgresql://{who}@/{name}?{urlencode(rest)}"


def _restore(options: argparse.Namespace) -> int:
    backups.read_manifest(options.folder)
    if os.environ.get(URL):
        with (
            database(options.data) as urls,
            backups.staged_files(backup=options.folder, data=options.data) as put_files,
        ):
            backups.restore_into(owner_url=urls.owner, backup=options.folder)
            put_files()
            bring_up_to_date(urls)
        _say("Restored.")
        return 0
    with database(options.data, alone=True) as urls:
        return _restore_beside(urls, options)


def _restore_beside(urls: Urls, options: argparse.Namespace) -> int:
    """Load into a new database and swap names, so that a failed restore changes nothing."""
    assert urls.cluster is not None  # noqa: S101
    with psycopg.connect(urls.owner) as connection:
        held = backups.count_rows(connection)
    if held and not options.replace:
        raise backups.BackupFailed(
            f"The present database holds {len(held)} tables. Say --replace to put the backup in "
            "its place; the present one is kept under another name."
        )
    stamp = datetime.now(UTC).strftime("%Y%m%d_%H%M%S")
    fresh, before = f"{DATABASE}_restored_{stamp}", f"{DATABASE}_before_{stamp}"
    backups.create_database(urls.owner, fresh)
    backups.restore_into(owner_url=make_conninfo(urls.owner, dbname=fresh), backup=options.folder)
    swap = [
        sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(old), sql.Identifier(new))
        for old, new in ((DATABASE, before), (fresh, DATABASE))
    ]
    with backups.staged_files(backup=options.folder, data=options.data) as put_files:
        with psycopg.connect(urls.cluster.url(Role.ADMIN, "postgres")) as server:
            for statement in swap:  # one transaction: both names change or neither
                server.execute(statement)
        put_files()
    bring_up_to_date(urls)
    _say(f"Restored. The database as it was is kept as {before}.")
    return 0
