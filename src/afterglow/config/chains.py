"""The record's own proofs, run over a restored backup: hash chains that must still close.

``python -m afterglow.config.chains`` prints what is wrong, a line each, and exits 1 if anything is.
A check is a function without arguments that returns the problems it found, in sentences.
"""

from __future__ import annotations

import os
import sys

from django.utils.module_loading import import_string

CHECKS: tuple[str, ...] = ()
"""Dotted names, such as ``afterglow.apps.stock.queries.broken_chains``; one line each."""


def problems() -> list[str]:
    """What the checks find wrong in the database that Django is on now."""
    return [problem for name in CHECKS for problem in import_string(name)()]


def main() -> int:
    """Print the problems of the database in ``DATABASE_URL``; exit 1 if there are any."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "afterglow.config.settings")
    import django

    django.setup()
    found = problems()
    sys.stdout.writelines(f"{problem}\n" for problem in found)
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
