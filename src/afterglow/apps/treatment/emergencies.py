"""Read an emergency: its time zero, its timed steps and drugs, and the buttons it offers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from importlib import resources

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from afterglow.apps.medicines.models import Product
from afterglow.apps.monitoring.facts import WATCHED
from afterglow.apps.treatment.models import SessionEvent
from afterglow.apps.treatment.models.infusion import EventKind
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.cited import Section
from afterglow.core.quantities import Dose
from afterglow.web.cards import AlarmCard, AlarmLevel

COMING = "COMING"
"""The code of the step by which somebody says that they are on the way."""


@dataclass(frozen=True, slots=True)
class Emergency:
    """One emergency of a session."""

    called: SessionEvent
    over: SessionEvent | None

    @property
    def time_zero(self) -> datetime:
        """When it was declared."""
        return self.called.at

    @property
    def is_open(self) -> bool:
        """Whether it goes on."""
        return self.over is None

    def coming(self) -> QuerySet[SessionEvent]:
        """Return the steps by which people said that they are on the way, in order."""
        return (
            SessionEvent.objects.filter(
                session=self.called.session_id,
                kind=EventKind.EMERGENCY_STEP,
                data__code=COMING,
                pk__gt=self.called.pk,
            )
            .select_related("by")
            .order_by("at", "pk")
        )


def open_emergencies(
    sessions: Iterable[TreatmentSession] | QuerySet[TreatmentSession],
) -> list[tuple[TreatmentSession, Emergency]]:
    """Return the emergencies that go on in some sessions, the longest first."""
    by_pk = {session.pk: session for session in sessions if session.state in WATCHED}
    called = set(
        SessionEvent.objects.filter(session__in=by_pk, kind=EventKind.EMERGENCY_CALLED).values_list(
            "session_id", flat=True
        )
    )
    found = [(by_pk[pk], emergency_of(by_pk[pk])) for pk in sorted(called)]
    return sorted(
        ((session, one) for session, one in found if one is not None and one.is_open),
        key=lambda pair: pair[1].time_zero,
    )


def board_cards(sessions: Sequence[TreatmentSession]) -> dict[int, AlarmCard]:
    """Return the band of each session in which an emergency goes on, for the board."""
    return {
        session.pk: AlarmCard(AlarmLevel.RED, gettext_lazy("Emergency"), since=one.time_zero)
        for session, one in open_emergencies(sessions)
    }


def emergency_of(session: TreatmentSession) -> Emergency | None:
    """Return the session's last emergency, or None when there was none."""
    called = (
        SessionEvent.objects.filter(session=session, kind=EventKind.EMERGENCY_CALLED)
        .select_related("by")
        .order_by("-at", "-pk")
        .first()
    )
    if called is None:
        return None
    over = (
        SessionEvent.objects.filter(
            session=session, kind=EventKind.EMERGENCY_OVER, pk__gt=called.pk
        )
        .order_by("at", "pk")
        .first()
    )
    return Emergency(called, over)


@dataclass(frozen=True, slots=True)
class StepButton:
    """One thing that is timed with a tap."""

    code: str
    label: str
    group: str


@dataclass(frozen=True, slots=True)
class DrugButton:
    """One usual dose of one product, given with a tap. ``status`` says how sure the dose is."""

    product: Product
    dose: Dose
    route: str
    status: str
    caution: str


@lru_cache(maxsize=1)
def step_buttons() -> tuple[StepButton, ...]:
    """Return the steps that are offered, in the order in which they are usually taken."""
    file = resources.files("afterglow") / "data" / "emergency" / "steps" / "1.json"
    root = Section("emergency", json.loads(file.read_text(encoding="utf-8")))
    return tuple(
        StepButton(each.word("code"), each.word("label"), each.word("group"))
        for each in root.sections("steps")
    )


def drug_buttons() -> tuple[DrugButton, ...]:
    """Return the usual doses of every product in use but ketamine, the lowest first."""
    found = []
    for product in Product.objects.filter(is_active=True).exclude(medicine="ketamine"):
        for usual in product.prn_doses:
            doses = {
                Decimal(usual[name]["value"]): usual[name]["status"]
                for name in ("dose_low", "dose_high")
                if name in usual and usual[name]["unit"] == "mg"
            }
            for amount, status in sorted(doses.items()):
                found.append(
                    DrugButton(
                        product,
                        Dose.mg(amount),
                        usual.get("route", ""),
                        status,
                        usual.get("caution", ""),
                    )
                )
    return tuple(found)
