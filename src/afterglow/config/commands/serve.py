"""``afterglow serve``: the whole of Afterglow, started, watched and stopped in order."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg

from afterglow.config.assets import make_assets
from afterglow.config.bootstrap import CannotSetUp, say
from afterglow.config.connection import OWNER_URL, URL, Urls, urls_of
from afterglow.config.folder import (
    CannotStart,
    FolderLock,
    check_port,
    choose_demo,
    free_port,
)
from afterglow.config.postgres import Cluster
from afterglow.config.services import SERVICES, Place
from afterglow.config.supervisor import (
    ServiceFailed,
    StopRequested,
    Supervisor,
    stop_on_signals,
)
from afterglow.core.errors import AfterglowError

WEB_PORT = 8000
GATEWAY_PORT = 2575
CLI = [sys.executable, "-P", "-m", "afterglow.config.cli"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options of ``serve``, which are also those of ``./run``."""
    parser.add_argument("--port", type=int, default=WEB_PORT, help="where the pages are served")
    parser.add_argument(
        "--gateway-port", type=int, default=GATEWAY_PORT, help="where monitors send to"
    )
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument(
        "--demo", action="store_true", default=None, dest="demo", help="with a clinic to look at"
    )
    kind.add_argument("--no-demo", action="store_false", dest="demo", help="an empty clinic")
    parser.add_argument(
        "--smoke",
        action="store_true",
        help="in a folder of its own: run one whole infusion day, print one JSON object, end",
    )


def run(options: argparse.Namespace) -> int:
    """Serve until asked to stop; with ``--smoke``, until the day is over."""
    stop_on_signals()
    try:
        return _smoke() if options.smoke else _serve(options)
    except (CannotStart, CannotSetUp, ServiceFailed, AfterglowError) as no:
        say(str(no))
        return 1
    except StopRequested:
        return 0


def _serve(options: argparse.Namespace) -> int:
    place = Place(options.data, options.port, options.gateway_port)
    with FolderLock(place.data) as lock:
        lock.note(origin=place.origin)
        (place.data / "static").mkdir(exist_ok=True)
        own_server = bool(os.environ.get(URL))
        demo = choose_demo(place.data, asked=options.demo, own_server=own_server)
        cluster = None if own_server else Cluster(place.data / "postgres")
        supervisor = make_supervisor(place, demo=demo, simulate=demo, cluster=cluster)
        try:
            sign_ins = bring_up(supervisor, demo=demo)
            say(f"Afterglow is ready at {place.origin}")
            if sign_ins:
                say(sign_ins)
            supervisor.watch()
        except StopRequested:
            say("Stopping …")
        finally:
            supervisor.stop()
    return 0


def make_supervisor(
    place: Place, *, demo: bool, simulate: bool, cluster: Cluster | None
) -> Supervisor:
    """A supervisor of every service that this installation has."""
    services = [
        service for service in SERVICES if service.exists and (simulate or not service.only_in_demo)
    ]
    environment = {
        **os.environ,
        "AFTERGLOW_DATA": str(place.data),
        "AFTERGLOW_ORIGIN": os.environ.get("AFTERGLOW_ORIGIN") or place.origin,
        "AFTERGLOW_DEMO": "1" if demo else "",
        "AFTERGLOW_GATEWAY_HOST": place.gateway_host,
        "AFTERGLOW_GATEWAY_PORT": str(place.gateway_port),
        "DJANGO_SETTINGS_MODULE": "afterglow.config.settings",
        "PYTHONUNBUFFERED": "1",
    }
    environment.pop(OWNER_URL, None)  # only migrations run as the owner
    return Supervisor(place, services, environment, cluster)


def bring_up(supervisor: Supervisor, *, demo: bool) -> str:
    """Do every step from nothing to ready; return the demo's sign-ins, if there are any."""
    place = supervisor.place
    supervisor.end_leftovers()
    check_port(place.port, "--port")
    check_port(place.gateway_port, "--gateway-port")
    make_assets()
    say("Starting the database …")
    supervisor.start_database()
    urls = urls_of(supervisor.cluster)
    supervisor.environment[URL] = urls.application
    say("Bringing the tables up to date …")
    sign_ins = supervisor.run_step(
        [*CLI, "prepare", *(["--demo"] if demo else [])], _owner_environment(urls)
    )
    say("Starting the clinic's processes …")
    supervisor.start_services()
    return sign_ins.strip()


def _owner_environment(urls: Urls) -> dict[str, str]:
    return {URL: urls.application, OWNER_URL: urls.owner}


def _smoke() -> int:
    """One whole infusion day against a fresh Afterglow of its own."""
    began = time.monotonic()
    os.environ.pop(URL, None)
    os.environ.pop("AFTERGLOW_ORIGIN", None)
    folder = Path(tempfile.mkdtemp(prefix="afterglow-smoke-"))
    place = Place(folder, free_port(), free_port())
    cluster = Cluster(folder / "postgres")
    supervisor = make_supervisor(place, demo=True, simulate=False, cluster=cluster)
    result: dict[str, object] = {}
    try:
        with FolderLock(folder):
            sign_ins = bring_up(supervisor, demo=True)
            (folder / "sign-ins.txt").write_text(sign_ins)
            ready_s = round(time.monotonic() - began, 2)
            say(f"Ready at {place.origin} after {ready_s} s; driving one infusion day …")
            result = _drive(supervisor)
            _count_stored(result, cluster)
            timings = result.setdefault("timings", {})
            if isinstance(timings, dict):
                timings["ready_s"] = ready_s
    except (CannotStart, CannotSetUp, ServiceFailed, AfterglowError) as problem:
        result["failed"] = str(problem)
    except StopRequested as asked:
        result["failed"] = f"it was asked to stop ({asked}) before the day was over"
    finally:
        supervisor.stop()
    sys.stdout.write(json.dumps(result) + "\n")
    if "failed" in result:
        say(f"The smoke run failed: {result['failed']}\nIts folder is kept: {folder}")
        return 1
    cluster.remove()
    shutil.rmtree(folder, ignore_errors=True)
    return 0


def _count_stored(result: dict[str, object], cluster: Cluster) -> None:
    """Count in the database what the driver's devices sent: the driver cannot see every message."""
    with psycopg.connect(urls_of(cluster).application, autocommit=True) as connection:
        for _ in range(100):  # what is acknowledged is charted a moment later
            if connection.execute("SELECT 1 FROM devices_journaledmessage").fetchone() is None:
                break
            time.sleep(0.1)
        row = connection.execute(
            "SELECT count(*) FROM devices_rawmessage"
            " WHERE sending_facility LIKE 'SMOKE%' AND outcome = 'charted'"
        ).fetchone()
    stored = row[0] if row else 0
    result["messages_stored"] = stored
    if stored != result.get("messages_acknowledged") and "failed" not in result:
        acknowledged = result.get("messages_acknowledged")
        result["failed"] = f"{acknowledged} messages were acknowledged and {stored} are stored"


def _drive(supervisor: Supervisor) -> dict[str, object]:
    """Run the driver as a process of its own while the supervisor keeps watch; parse its answer."""
    place = supervisor.place
    answer = place.data / "smoke.json"
    with answer.open("wb") as out, (place.data / "logs" / "smoke.log").open("ab") as log:
        driver = subprocess.Popen(
            [sys.executable, "-P", "-m", "afterglow.config.smoke"],
            env=supervisor.environment,
            cwd=place.data,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=log,
        )
        supervisor.watch(until=lambda: driver.poll() is not None)
    result: dict[str, object] = {}
    with contextlib.suppress(ValueError):
        result = json.loads(answer.read_text())
    if driver.returncode and "failed" not in result:
        tail = (place.data / "logs" / "smoke.log").read_text(errors="replace").splitlines()[-8:]
        result["failed"] = f"the driver ended (exit {driver.returncode}): " + " | ".join(tail)
    return result
