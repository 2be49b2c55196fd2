"""What pages read of instruments and their answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from afterglow.apps.assessments.models import Assessment
from afterglow.apps.definitions.models import ApprovalAct, Definition, DefinitionKind
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.instruments.definition import Instrument
from afterglow.core.instruments.parsing import parse_instrument
from afterglow.db.looks import read_once

CHAIR = ("moaas", "dissociation", "nausea", "anxiety")
"""The scales that are asked in the chair, in the order of the grid."""


@lru_cache(maxsize=128)
def _parse(definition_pk: int) -> Instrument:
    # A definition never changes, so its parsed form may be kept for as long as the process lives.
    return parse_instrument(Definition.objects.get(pk=definition_pk).body)


def instrument_of(definition: Definition) -> Instrument:
    """Return the parsed instrument of a definition."""
    return _parse(definition.pk)


def forget() -> None:
    """Forget parsed instruments; for tests, whose databases reuse keys."""
    _parse.cache_clear()


def instrument_in_use(key: str, *, at: datetime) -> Definition:
    """Return the newest version of an instrument that is not retired. Raises DoesNotExist."""
    retired = Definition.objects.filter(
        approvals__act=ApprovalAct.RETIRED, approvals__effective_from__lte=at
    )
    return (
        Definition.objects.filter(kind=DefinitionKind.INSTRUMENT, key=key)
        .exclude(pk__in=retired.values("pk"))
        .order_by("-version")[:1]
        .get()
    )


@read_once
def instruments_in_use(
    keys: Sequence[str] = CHAIR, *, at: datetime
) -> Mapping[str, tuple[Definition, Instrument]]:
    """Return the versions in use of some instruments, by key; one not on file is left out."""
    retired = Definition.objects.filter(
        approvals__act=ApprovalAct.RETIRED, approvals__effective_from__lte=at
    )
    rows = (
        Definition.objects.filter(kind=DefinitionKind.INSTRUMENT, key__in=keys)
        .exclude(pk__in=retired.values("pk"))
        .order_by("version")
    )
    newest = {row.key: row for row in rows}
    return {key: (newest[key], instrument_of(newest[key])) for key in keys if key in newest}


@dataclass(frozen=True, slots=True)
class Answered:
    """One assessment that counts, with its total and what it says."""

    row: Assessment
    total: Decimal | None
    band: str


@read_once
def answered(
    session: TreatmentSession, *, until: datetime, keys: Sequence[str] = CHAIR
) -> tuple[Answered, ...]:
    """Return a session's assessments, corrections applied, in order of clinical time."""
    rows = (
        Assessment.objects.filter(
            session=session,
            instrument_key__in=keys,
            at__lte=until,
            replaced_by__isnull=True,
            mistake__isnull=True,
        )
        .select_related("by", "instrument")
        .prefetch_related("scores")
        .order_by("at", "pk")
    )
    return tuple(_answered(row) for row in rows)


@read_once
def taken_back(
    session: TreatmentSession, *, until: datetime, keys: Sequence[str] = CHAIR
) -> tuple[Answered, ...]:
    """Return a session's assessments that were entered in error, in order of clinical time."""
    rows = (
        Assessment.objects.filter(
            session=session, instrument_key__in=keys, at__lte=until, mistake__isnull=False
        )
        .select_related("by", "instrument")
        .prefetch_related("scores")
        .order_by("at", "pk")
    )
    return tuple(_answered(row) for row in rows)


def _answered(row: Assessment) -> Answered:
    total = next((score for score in row.scores.all() if score.name == "total"), None)
    return Answered(row, total.value if total else None, total.band if total else "")


def latest(
    session: TreatmentSession, *, at: datetime, keys: Sequence[str] = CHAIR
) -> Mapping[str, Answered]:
    """Return the last assessment of each instrument that was answered."""
    return {each.row.instrument_key: each for each in answered(session, until=at, keys=keys)}
