"""What ``./test`` runs inside the environment: every check, then every test that is not slow.

Stops at the first check that fails; arguments are passed on to pytest. The last line is pytest's.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY / "tests")]

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
    os.chdir(REPOSITORY)
    pytest = [sys.executable, "-m", "pytest", "-n", "2", "-m", "not slow", "-q", *arguments]
    os.execv(sys.executable, pytest)  # noqa: S606


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
