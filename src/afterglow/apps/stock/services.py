"""Write the ledger: receive, draw, give, waste, return, lose, correct. Each line holds the last."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID, uuid5

from django.db import transaction

from afterglow.apps.accounts import policies
from afterglow.apps.accounts.models import Account, Countersignature
from afterglow.apps.accounts.services import cannot_serve
from afterglow.apps.audit import services as audit
from afterglow.apps.events import services as events
from afterglow.apps.medicines.models import Product
from afterglow.apps.places.models import Site
from afterglow.apps.stock import queries
from afterglow.apps.stock.models import LedgerEntry, Vial
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.errors import AfterglowError, Closed, InvalidValue
from afterglow.core.quantities import Dose, Volume
from afterglow.core.roles import Action
from afterglow.core.stock import LedgerKind, line_sha256
from afterglow.core.stock.ledger import GENESIS

REST_REMOVED = "vial-rest-removed"
"""What the witness signs, on the vial whose rest is removed."""


class NotEnoughInVial(Closed):
    """More was to leave a vial than it holds."""


@transaction.atomic
def receive_vial(
    *,
    site: Site,
    product: Product,
    number: str,
    lot: str,
    expires_on: dt.date,
    contents: Volume,
    by: Account,
    at: dt.datetime,
    key: UUID,
) -> Vial:
    """Receive one full vial into a site's stock. The same key again returns the same vial."""
    policies.check(Action.RECEIVE_STOCK, by=by, site=site, on=site.local_date(at))
    if line := LedgerEntry.objects.filter(key=key).first():
        return line.vial
    if product.strength_mg_per_ml is None:
        raise AfterglowError(f"{product} has no strength on file, so it cannot be counted.")
    vial = Vial.objects.create(
        site=site,
        product=product,
        number=number,
        lot=lot,
        expires_on=expires_on,
        strength_mg_per_ml=product.strength_mg_per_ml,
        contents_ml=contents,
    )
    amount = product.strength_mg_per_ml * contents
    write_line(
        LedgerKind.RECEIVED, vial=vial, amount=amount, volume=contents, by=by, at=at, key=key
    )
    return vial


@transaction.atomic
def receive_vials(
    *,
    site: Site,
    product: Product,
    numbers: Sequence[str],
    lot: str,
    expires_on: dt.date,
    contents: Volume,
    by: Account,
    at: dt.datetime,
    key: UUID,
) -> list[Vial]:
    """Receive the vials of one delivery: all of them or none. Safe to repeat with the same key.

    Raises InvalidValue when the product may not be held, the lot is out of date, or a number is
    given twice or already stands on another vial of the site.
    """
    policies.check(Action.RECEIVE_STOCK, by=by, site=site, on=site.local_date(at))
    keys = {number: uuid5(key, number) for number in numbers}
    if known := list(Vial.objects.filter(ledger__key__in=keys.values()).order_by("number")):
        return known
    if not product.is_active or not product.is_fda_approved:
        raise InvalidValue(
            "%(product)s is not an FDA-approved product that this practice holds.",
            product=product,
        )
    today = site.local_date(at)
    if expires_on < today:
        raise InvalidValue(
            "The expiry %(expires_on)s is past; today is %(today)s. An expired vial is not "
            "received.",
            expires_on=f"{expires_on:%d %b %Y}",
            today=f"{today:%d %b %Y}",
        )
    if len(keys) != len(numbers):
        raise InvalidValue("A number is given twice; each vial has its own.")
    taken = Vial.objects.filter(site=site, number__in=numbers).values_list("number", flat=True)
    if taken:
        raise InvalidValue(
            "These numbers stand on vials of this site already: %(taken)s.",
            taken=", ".join(taken),
        )
    return [
        receive_vial(
            site=site,
            product=product,
            number=number,
            lot=lot,
            expires_on=expires_on,
            contents=contents,
            by=by,
            at=at,
            key=keys[number],
        )
        for number in numbers
    ]


@transaction.atomic
def write_off_rest(
    *,
    vial: UUID,
    kind: LedgerKind,
    reason: str,
    by: Account,
    witness: Countersignature,
    at: dt.datetime,
    key: UUID,
) -> LedgerEntry:
    """Waste, or account as lost, everything a vial still holds, and close it.

    A witness signs either. Safe to repeat with the same key. Raises InvalidValue for another kind,
    without a reason, where the witness signed something else, and where the vial holds nothing.
    """
    row = Vial.objects.select_for_update(of=("self",)).select_related("site").get(public_id=vial)
    policies.check(Action.DRAW_STOCK, by=by, site=row.site, on=row.site.local_date(at))
    if line := LedgerEntry.objects.filter(key=key).first():
        return line
    if kind not in (LedgerKind.WASTED, LedgerKind.LOST):
        raise InvalidValue(
            "The rest of a vial is wasted or lost, not %(kind)s.",
            kind=kind,
        )
    if not reason.strip():
        raise InvalidValue("Say why: the ledger keeps a reason for everything that was not given.")
    unfit = cannot_serve(witness, act=REST_REMOVED, subject=row, by=by, at=at)
    if unfit is not None:
        raise InvalidValue(unfit.sentence)
    held = queries.vial_balance(row).on_hand
    if held <= 0:
        raise InvalidValue(
            "Vial %(number)s holds %(mg)s; there is nothing to remove.",
            number=row.number,
            mg=_mg(held, 1),
        )
    line = write_line(
        kind,
        vial=row,
        amount=Dose(held),
        reason=reason.strip(),
        witness=witness,
        by=by,
        at=at,
        key=key,
    )
    row.closed_at = at
    row.save_version(seen=row.row_version, fields=["closed_at"])
    return line


@transaction.atomic
def write_line(
    kind: LedgerKind,
    *,
    vial: Vial,
    amount: Dose,
    by: Account,
    at: dt.datetime,
    key: UUID,
    volume: Volume | None = None,
    session: TreatmentSession | None = None,
    witness: Countersignature | None = None,
    reason: str = "",
    corrects: LedgerEntry | None = None,
) -> LedgerEntry:
    """Add one line to a site's ledger. The same key again returns the same line.

    The site's row is locked, so that lines are numbered and chained one after another. Raises
    NotEnoughInVial when the vial, or what was drawn from it for the session, would go below zero.
    """
    site = Site.objects.select_for_update(of=("self",), no_key=True).get(pk=vial.site_id)
    if line := LedgerEntry.objects.filter(key=key).first():
        return line
    last = LedgerEntry.objects.filter(site=site).order_by("-sequence").first()
    entry = LedgerEntry(
        site=site,
        sequence=last.sequence + 1 if last else 1,
        vial=vial,
        kind=kind,
        amount_mg=amount,
        volume_ml=volume,
        session=session,
        reason=reason,
        by=by,
        witness=witness,
        corrects=corrects,
        at=at,
        key=key,
        previous_sha256=last.sha256 if last else GENESIS,
    )
    entry.sha256 = line_sha256(entry.previous_sha256, queries.hashed_fields(entry))
    entry.save(force_insert=True)
    _refuse_overdraft(vial, session)
    audit.record(
        f"stock.{kind}",
        subject=entry,
        by=by,
        at=at,
        site=site,
        detail={"amount_mg": str(amount.value), "vial": str(vial.public_id)},
    )
    events.publish(
        "ledger-line-written",
        topic=session.public_id if session else site.public_id,
        subject=entry.public_id,
        site=site.public_id,
        at=at,
    )
    return entry


def _refuse_overdraft(vial: Vial, session: TreatmentSession | None) -> None:
    held = queries.vial_balance(vial)
    if held.on_hand < 0:
        raise NotEnoughInVial(
            "Vial %(number)s holds %(lacking)s less than this needs. Nothing was recorded.",
            number=vial.number,
            lacking=_mg(held.on_hand, -1),
        )
    if session is not None:
        drawn = queries.session_balance(vial, session)
        if drawn.in_preparation < 0:
            raise NotEnoughInVial(
                "%(amount)s more would leave than was drawn from vial %(number)s for this "
                "session. Nothing was recorded.",
                amount=_mg(drawn.in_preparation, -1),
                number=vial.number,
            )


def _mg(amount: Decimal, sign: int) -> str:
    return str(Dose(amount * sign))
