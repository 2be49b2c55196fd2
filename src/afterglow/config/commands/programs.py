"""``afterglow gateway``, ``watch``, ``worker`` and ``simulator``: programs of their own."""

from __future__ import annotations

import gc
import importlib
import importlib.util
import sys
from pathlib import Path

from afterglow.config.commands.database import set_up_django
from afterglow.config.connection import database
from afterglow.config.services import PROGRAMS


def run(data: Path, name: str, arguments: list[str]) -> int:
    """Run a program's ``main`` with its own arguments, after Django is set up."""
    module = PROGRAMS[name]
    try:
        found = importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        found = False
    if not found:
        sys.stderr.write(f"This installation has no program behind `afterglow {name}`.\n")
        return 1
    with database(data) as urls:
        set_up_django(urls.application)
        program = importlib.import_module(module)
        let_rest()
        return int(program.main(arguments))


def let_rest() -> None:
    """Take what was loaded so far out of the collector's rounds: each would stop all for 50 ms."""
    gc.collect()
    gc.freeze()
