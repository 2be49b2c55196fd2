"""A stretch of readings of one sign that is not to be believed: one act, one reason."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from afterglow.apps.accounts.models import Account
from afterglow.apps.monitoring.lines import stored
from afterglow.apps.monitoring.models import ArtefactMark, Source, VitalSign
from afterglow.apps.monitoring.outcomes import Refused
from afterglow.apps.monitoring.services import common
from afterglow.apps.monitoring.services.alarms import judge
from afterglow.core.decisions import Decision, Severity
from afterglow.core.monitoring.catalogue import VitalSignCode
from afterglow.core.reason_codes import declare
from afterglow.core.roles import Action

MOST: Final = 2_000
"""Readings of one stretch: half an hour of one sign by the second."""
STRETCH_EMPTY = declare(
    "STRETCH_EMPTY",
    Severity.BLOCKER,
    "No believed reading of this kind lies between {seen}.",
    subject="monitoring",
)
STRETCH_MARKED = declare(
    "STRETCH_MARKED",
    Severity.BLOCKER,
    "The readings of this kind between {seen} are marked already.",
    subject="monitoring",
)
STRETCH_TOO_LONG = declare(
    "STRETCH_TOO_LONG",
    Severity.BLOCKER,
    "{seen} readings lie in this stretch; at most {limit} are marked in one act.",
    subject="monitoring",
)


@transaction.atomic
def mark_stretch(
    *,
    session: UUID,
    signs: Collection[VitalSignCode],
    source: Source,
    since: datetime,
    until: datetime,
    between: str,
    reason: str,
    by: Account,
    at: datetime,
) -> tuple[ArtefactMark, ...] | Refused:
    """Say that every reading of these signs from ``since`` to ``until`` is an artefact.

    Only readings of one source (hand or device), both ends included; those that a person or the
    monitor has judged already are left alone; saying it twice is answered by STRETCH_MARKED. The
    readings stay for ever, and each can be believed again. ``between``: the stretch in the words of
    the site's clock. Raises Forbidden, RecordLocked or DoesNotExist.
    """
    row = common.lock_session(session, action=Action.CHART, by=by, at=at)
    latest = (
        ArtefactMark.objects.filter(session=row)
        .order_by("vital_sign_id", "-at", "-pk")
        .distinct("vital_sign_id")
        .values_list("vital_sign_id", "is_artefact")
    )
    marked = {pk for pk, is_artefact in latest if is_artefact}
    found = VitalSign.objects.filter(
        stored(row.pk),
        session=row,
        code__in=list(signs),
        source=source,
        taken_at__gte=since,
        taken_at__lte=until,
        flag="",
    ).order_by("taken_at", "pk")
    there = list(found[: MOST + len(marked) + 1])
    readings = [each for each in there if each.pk not in marked]
    if not readings:
        why = STRETCH_MARKED if there else STRETCH_EMPTY
        return Refused(Decision.from_reasons([why.reason(seen=between)]))
    if len(readings) > MOST:
        return Refused(
            Decision.from_reasons(
                [STRETCH_TOO_LONG.reason(seen=f"{len(readings)}", limit=f"{MOST}")]
            )
        )
    marks = ArtefactMark.objects.bulk_create(
        ArtefactMark(vital_sign=each, session=row, reason=reason.strip()[:200], by=by, at=at)
        for each in readings
    )
    common.tell(
        "reading-marked-artefact",
        session=row,
        subject=marks[0],
        by=by,
        at=at,
        detail={
            "sign": ", ".join(dict.fromkeys(str(each.code) for each in readings)),
            "since": since.isoformat(),
            "until": until.isoformat(),
            "readings": len(readings),
        },
    )
    judge([row], at=at)
    return tuple(marks)
