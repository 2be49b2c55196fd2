"""The record's own proofs, run over a restored backup: hashes that must still hold.

``python -m afterglow.config.chains`` prints what is wrong, a line each, and exits 1 if anything is.
A check is a function without arguments that returns the problems it found, in sentences.
"""

from __future__ import annotations

import os
import sys


def stock_ledgers() -> list[str]:
    """Every site's drug ledger, line by line against its hashes."""
    from afterglow.apps.places.models import Site
    from afterglow.apps.stock.queries import broken_links

    return [
        f"drug ledger of site {site.public_id}, line {found.sequence}: {found.sentence}"
        for site in Site.objects.order_by("pk")
        for found in broken_links(site)
    ]


def signed_records() -> list[str]:
    """Every signed record's content against the hash that its signature carries."""
    from afterglow.apps.treatment.models import Signature
    from afterglow.apps.treatment.record import content_sha256

    rows = Signature.objects.select_related("session").order_by("pk")
    return [
        f"signed record of session {row.session.public_id}: its content does not give its hash"
        for row in rows.iterator(chunk_size=100)
        if content_sha256(row.content) != row.sha256
    ]


CHECKS = (stock_ledgers, signed_records)


def main() -> int:
    """Print the problems of the database in ``DATABASE_URL``; exit 1 if there are any."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "afterglow.config.settings")
    import django

    django.setup()
    found = [problem for check in CHECKS for problem in check()]
    sys.stdout.writelines(f"{problem}\n" for problem in found)
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
