"""An archive of readings as a file: a tar of one compressed CSV a table, and a manifest.

The manifest names each member with its sha256, its rows and its columns, so that the file proves
itself without a database. Reading one never trusts it: everything is checked before it is used.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import os
import re
import tarfile
import tempfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from afterglow.core.errors import AfterglowError

FORMAT = 1
MANIFEST = "manifest.json"
_PART = re.compile(r"early|[0-9]{4}_(0[1-9]|1[0-2])")
_UNREADABLE = (
    OSError,
    EOFError,
    tarfile.TarError,
    zlib.error,
    csv.Error,
    KeyError,
    TypeError,
    ValueError,
)
csv.field_size_limit(64 << 20)


class ArchiveDamaged(AfterglowError):
    """A file is no whole archive of readings; the message says which part and why."""


@dataclass(frozen=True, slots=True)
class Member:
    """One table in the file: its columns in order, how many rows, and the hash of the CSV."""

    table: str
    columns: tuple[str, ...]
    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Archive:
    """A whole and undamaged file."""

    path: Path
    part: str
    members: Mapping[str, Member]
    sessions: tuple[int, ...]
    sha256: str


def write(
    path: Path,
    *,
    part: str,
    tables: Iterable[tuple[str, Iterable[bytes]]],
    sessions: Iterable[int],
    about: Mapping[str, Any],
) -> Archive:
    """Write a new file of CSV pieces, on disk and readable by its owner only, and read it back.

    Raises ArchiveDamaged when the file exists or does not come back as it was written.
    """
    if path.exists():
        raise ArchiveDamaged(f"{path} exists already; an archive never overwrites another.")
    draft = path.with_name(f".{path.name}.part")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with _private(draft) as file, tarfile.open(fileobj=file, mode="w") as tar:
            members = [_add(tar, table, pieces, path.parent) for table, pieces in tables]
            manifest = {
                "format": FORMAT,
                "part": part,
                "sessions": sorted(sessions),
                **about,
                "members": [
                    {"table": m.table, "columns": m.columns, "rows": m.rows, "sha256": m.sha256}
                    for m in members
                ],
            }
            told = json.dumps(manifest, indent=1).encode()
            _put(tar, MANIFEST, io.BytesIO(told), len(told))
            file.flush()
        with draft.open("rb") as file:
            os.fsync(file.fileno())
        back = read(draft)
        if back.members != {m.table: m for m in members}:
            raise ArchiveDamaged(f"{draft} does not come back as it was written.")
        draft.rename(path)
        _sync(path.parent)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    return Archive(path, part, back.members, back.sessions, back.sha256)


def read(path: Path) -> Archive:
    """Return what a file holds, after every member is compared with the manifest.

    Raises ArchiveDamaged.
    """
    try:
        with tarfile.open(path) as tar:
            manifest = json.loads(_member(tar, MANIFEST).read())
            if manifest.get("format") != FORMAT or not _PART.fullmatch(str(manifest.get("part"))):
                raise ArchiveDamaged(
                    f"{path} has format {manifest.get('format')!r} and part "
                    f"{manifest.get('part')!r}; this version reads format {FORMAT}."
                )
            members = {
                each["table"]: Member(
                    each["table"], tuple(each["columns"]), int(each["rows"]), each["sha256"]
                )
                for each in manifest["members"]
            }
            for member in members.values():
                _check(path, tar, member)
            sessions = tuple(int(each) for each in manifest["sessions"])
    except _UNREADABLE as problem:
        raise ArchiveDamaged(
            f"{path} is no archive of readings: {type(problem).__name__}, {problem}"
        ) from problem
    with path.open("rb") as file:
        whole = hashlib.file_digest(file, "sha256").hexdigest()
    return Archive(path, manifest["part"], members, sessions, whole)


@contextmanager
def content(archive: Archive, table: str) -> Iterator[gzip.GzipFile]:
    """Open one table's CSV, with its header."""
    with (
        tarfile.open(archive.path) as tar,
        gzip.open(_member(tar, f"{table}.csv.gz")) as csv_file,
    ):
        yield csv_file


def _add(tar: tarfile.TarFile, table: str, pieces: Iterable[bytes], folder: Path) -> Member:
    """Compress one table into the tar, hashing what goes in; a month may outgrow the memory."""
    digest = hashlib.sha256()
    with tempfile.TemporaryFile(dir=folder) as packed:
        with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as file:
            for piece in pieces:
                digest.update(piece)
                file.write(piece)
        _put(tar, f"{table}.csv.gz", packed, packed.tell())
        packed.seek(0)
        with gzip.open(packed) as again:
            columns, rows = _count(again)
    return Member(table, columns, rows, digest.hexdigest())


def _count(file: Any) -> tuple[tuple[str, ...], int]:
    lines = csv.reader(io.TextIOWrapper(file, encoding="utf-8", newline=""))
    columns = tuple(next(lines))
    return columns, sum(1 for _ in lines)


def _check(path: Path, tar: tarfile.TarFile, member: Member) -> None:
    with gzip.open(_member(tar, f"{member.table}.csv.gz")) as file:
        seen = hashlib.file_digest(file, "sha256").hexdigest()
    if seen != member.sha256:
        raise ArchiveDamaged(
            f"{path} is damaged: {member.table} has sha256 {seen[:12]}…, the manifest says "
            f"{member.sha256[:12]}…"
        )
    with gzip.open(_member(tar, f"{member.table}.csv.gz")) as file:
        columns, rows = _count(file)
    if (columns, rows) != (member.columns, member.rows):
        raise ArchiveDamaged(
            f"{path} is damaged: {member.table} has {rows} rows, the manifest says {member.rows}."
        )


def _member(tar: tarfile.TarFile, name: str) -> IO[bytes]:
    file = tar.extractfile(name)
    if file is None:
        raise ValueError(f"{name} is no file")
    return file


def _put(tar: tarfile.TarFile, name: str, body: IO[bytes], size: int) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o600
    body.seek(0)
    tar.addfile(entry, body)


def _private(path: Path) -> IO[bytes]:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")


def _sync(folder: Path) -> None:
    """Put a folder's new name on disk too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
