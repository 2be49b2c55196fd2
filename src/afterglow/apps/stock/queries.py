"""Read the ledger: where every milligram is, and whether the chain is whole."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC
from decimal import Decimal
from typing import Any

from django.db.models import (
    BooleanField,
    DecimalField,
    ExpressionWrapper,
    Q,
    QuerySet,
    Sum,
)
from django.db.models.functions import Cast

from afterglow.apps.places.models import Site
from afterglow.apps.stock.models import LedgerEntry, Vial
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.stock import (
    Balance,
    ChainBreak,
    LedgerKind,
    Line,
    balance,
    balance_of_sums,
    chain_breaks,
)


def hashed_fields(entry: LedgerEntry) -> dict[str, str]:
    """Return what a line's hash covers, as text."""
    return {
        "site": str(entry.site.public_id),
        "sequence": str(entry.sequence),
        "vial": str(entry.vial.public_id),
        "kind": str(entry.kind),
        "amount_mg": f"{entry.amount_mg.value:.4f}",
        "volume_ml": "" if entry.volume_ml is None else f"{entry.volume_ml.value:.4f}",
        "session": "" if entry.session is None else str(entry.session.public_id),
        "reason": entry.reason,
        "by": str(entry.by.public_id),
        "witness": "" if entry.witness is None else str(entry.witness.public_id),
        "corrects": "" if entry.corrects is None else str(entry.corrects.public_id),
        "at": entry.at.astimezone(UTC).isoformat(),
        "key": str(entry.key),
    }


def _sums(entries: QuerySet[LedgerEntry]) -> dict[Any, dict[tuple[LedgerKind, bool], Decimal]]:
    """Add lines up in the database: for each vial, by kind and whether within a session."""
    found: dict[Any, dict[tuple[LedgerKind, bool], Decimal]] = defaultdict(dict)
    within = ExpressionWrapper(Q(session__isnull=False), output_field=BooleanField())
    amount = Sum(Cast("amount_mg", DecimalField(max_digits=20, decimal_places=4)))
    grouped = entries.order_by().annotate(within=within).values("vial", "kind", "within")
    for row in grouped.annotate(amount=amount):
        found[row["vial"]][LedgerKind(row["kind"]), row["within"]] = row["amount"]
    return found


def _together(each: Iterable[Mapping[tuple[LedgerKind, bool], Decimal]]) -> Balance:
    total: dict[tuple[LedgerKind, bool], Decimal] = defaultdict(Decimal)
    for sums in each:
        for key, amount in sums.items():
            total[key] += amount
    return balance_of_sums(total)


def _lines(entries: Iterable[LedgerEntry]) -> Iterable[Line]:
    for entry in entries:
        yield Line(LedgerKind(entry.kind), entry.amount_mg.value, entry.session_id is not None)


def vial_balance(vial: Vial) -> Balance:
    """Return where a vial's milligrams are now."""
    return _together(_sums(LedgerEntry.objects.filter(vial=vial)).values())


def session_balance(vial: Vial, session: TreatmentSession) -> Balance:
    """Return what was drawn from a vial for a session, and where it went."""
    return _together(_sums(LedgerEntry.objects.filter(vial=vial, session=session)).values())


def site_balance(site: Site) -> Balance:
    """Return where a site's milligrams are now."""
    return _together(_sums(LedgerEntry.objects.filter(site=site)).values())


def vial_balances(vials: Iterable[Vial]) -> dict[int, Balance]:
    """Return where the milligrams of several vials are, by the vial's key, in one query."""
    wanted = [vial.pk for vial in vials]
    sums = _sums(LedgerEntry.objects.filter(vial__in=wanted))
    return {pk: balance_of_sums(sums.get(pk, {})) for pk in wanted}


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One line of a vial's statement, and what the vial holds after it, in mg."""

    entry: LedgerEntry
    on_hand: Decimal


def statement(vial: Vial) -> list[StatementLine]:
    """Return every line of a vial, the first first, with the balance after each."""
    entries = list(
        LedgerEntry.objects.filter(vial=vial)
        .select_related("by", "witness__account", "session")
        .order_by("sequence")
    )
    on_hand = Decimal(0)
    shown = []
    for entry in entries:
        on_hand += balance(_lines([entry])).on_hand  # a balance is a sum, line by line
        shown.append(StatementLine(entry, on_hand))
    return shown


def open_vials(site: Site) -> QuerySet[Vial]:
    """Return the vials of a site that are not closed, the first to expire first."""
    return (
        Vial.objects.filter(site=site, closed_at__isnull=True)
        .select_related("product")
        .order_by("expires_on", "number")
    )


def broken_links(site: Site) -> tuple[ChainBreak, ...]:
    """Return every place where a site's ledger is not what it was written as."""
    entries = (
        LedgerEntry.objects.filter(site=site)
        .select_related("site", "vial", "session", "by", "witness", "corrects")
        .order_by("sequence")
    )
    return chain_breaks(
        [(e.sequence, e.previous_sha256, e.sha256, hashed_fields(e)) for e in entries]
    )
