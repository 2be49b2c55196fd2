"""Which database a command talks to: the one in ``DATABASE_URL``, else the data folder's own."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from afterglow.config.folder import CannotStart, FolderLock
from afterglow.config.postgres import Cluster, Role

URL = "DATABASE_URL"
OWNER_URL = "AFTERGLOW_OWNER_DATABASE_URL"


@dataclass(frozen=True)
class Urls:
    """Connection URLs; they hold passwords, so never print them. ``cluster`` when it is ours."""

    application: str
    owner: str
    cluster: Cluster | None = None


def urls_of(cluster: Cluster | None) -> Urls:
    """The URLs of our own cluster, or of the server that ``DATABASE_URL`` names."""
    if cluster is not None:
        return Urls(cluster.url(Role.APPLICATION), cluster.url(Role.OWNER), cluster)
    application = os.environ[URL]
    return Urls(application, os.environ.get(OWNER_URL) or application)


@contextlib.contextmanager
def database(data: Path, *, alone: bool = False) -> Iterator[Urls]:
    """Give the database's URLs, starting the data folder's own server for as long as needed.

    With ``alone``, raises CannotStart while Afterglow runs on the folder.
    """
    if os.environ.get(URL):
        yield urls_of(None)
        return
    cluster = Cluster(data / "postgres")
    if not cluster.exists:
        raise CannotStart(
            f"There is no database in {data}. Start ./run once, or set {URL} or --data."
        )
    if not alone and cluster.postmaster() is not None and cluster.answers() is None:
        yield urls_of(cluster)
        return
    with FolderLock(data):
        cluster.start(tied_to_parent=True)
        try:
            yield urls_of(cluster)
        finally:
            cluster.stop()
