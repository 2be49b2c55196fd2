"""What ``./test`` runs inside the environment: every check, then every test that is not slow.

Stops at the first check that fails; arguments are passed on to pytest. Tests that follow live
streams run apart, after the others: the outbox shows nothing past the oldest open transaction of
the whole server, and a test beside them may keep one open for half a minute. Their stories run
browser, servers and monitors at once, so one that fails is tried a second time; the summary names
it as RERUN. That is a fault to put right (CONTRIBUTING), not a pass to be proud of.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY / "tests")]

NO_TESTS = 5
PROGRAMS = REPOSITORY / ".venv" / "bin"
CHECKS = (
    ("ruff", "check", "."),
    ("ruff", "format", "--check", "."),
    ("mypy",),
    ("lint-imports", "--no-logo"),
)


def main(arguments: list[str]) -> int:
    """Run everything; return the first exit status that is not 0."""
    from afterglow.config.assets import make_assets
    from support.chromium import find_chromium, install_chromium

    make_assets()
    if find_chromium() is None:
        sys.stderr.write("Fetching Chromium for the browser stories …\n")
        if not install_chromium():
            sys.stderr.write("No Chromium could be installed; the browser stories will fail.\n")
    for name, *rest in CHECKS:
        sys.stderr.write(f"· {name} {' '.join(rest)}\n")
        done = subprocess.run(
            [str(PROGRAMS / name), *rest],
            cwd=REPOSITORY,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        if done.returncode:
            sys.stderr.write(f"./test stops here: {name} found something to put right.\n")
            return done.returncode
    sys.stderr.flush()
    codes = [
        _pytest("not slow and not streams", arguments),
        _pytest("not slow and streams", ["--reruns", "1", "-r", "R", *arguments]),
    ]
    return next((code for code in codes if code), 0)


def _pytest(marked: str, arguments: list[str]) -> int:
    """Run the tests that are marked so on two cores; none at all is no failure."""
    command = [sys.executable, "-m", "pytest", "-n", "2", "-m", marked, "-q", *arguments]
    done = subprocess.run(command, cwd=REPOSITORY, stdin=subprocess.DEVNULL, check=False)
    return 0 if done.returncode == NO_TESTS else done.returncode


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
