"""A small clinic for tests of the supervisor: real PostgreSQL, a real web server, a real family.

``python supervised.py FOLDER PORT`` serves until asked to stop, as ``afterglow serve`` does.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from afterglow.config.folder import FolderLock
from afterglow.config.postgres import FORGETFUL, Cluster
from afterglow.config.services import Place, Service, _web_answers
from afterglow.config.supervisor import StopRequested, Supervisor, stop_on_signals

PARENT_AND_CHILD = (
    "import signal, subprocess, sys, time;"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']);"
    "time.sleep(600)"
)

SERVICES = (
    Service(
        "web",
        "http.server",
        lambda place: ["-m", "http.server", str(place.port), "--bind", "127.0.0.1"],
        _web_answers,
    ),
    Service("family", "time", lambda _place: ["-c", PARENT_AND_CHILD], stop_within_s=0.5),
)


def main(folder: str, port: str) -> int:
    """Serve the small clinic until asked to stop."""
    stop_on_signals()
    place = Place(Path(folder), int(port), gateway_port=0)
    with FolderLock(place.data) as lock:
        lock.note(origin=place.origin)
        cluster = Cluster(place.data / "postgres", settings=FORGETFUL)
        supervisor = Supervisor(place, SERVICES, dict(os.environ), cluster)
        try:
            supervisor.end_leftovers()
            supervisor.start_database()
            supervisor.start_services(within_s=30)
            (place.data / "ready").write_text(str(os.getpid()))
            supervisor.watch()
        except StopRequested:
            pass
        finally:
            supervisor.stop()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
