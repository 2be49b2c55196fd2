"""Chromium for the browser stories: the machine's own, else the one that Playwright keeps."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_chromium() -> str | None:
    """The path of a Chromium on this machine: ``launch(executable_path=…)`` takes it. Or None."""
    for name in NAMES:
        if path := shutil.which(name):
            return path
    home = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache/ms-playwright")
    kept = sorted(home.glob("chromium-*/chrome-linux*/chrome"))
    kept += sorted(home.glob("chromium-*/chrome-mac*/*.app/Contents/MacOS/*"))
    return str(kept[-1]) if kept else None


def install_chromium() -> bool:
    """Fetch Chromium with the system's package manager when root, else with Playwright."""
    attempts = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    if os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=120"]
        attempts.insert(0, [*quiet, "install", "-y", "--no-install-recommends", "chromium"])
        attempts.insert(0, [*quiet, "update"])
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for attempt in attempts:
        subprocess.run(
            attempt, env=environment, stdin=subprocess.DEVNULL, stdout=sys.stderr, check=False
        )
        if find_chromium():
            return True
    return False
