"""Read an emergency: its time zero, its timed steps and drugs, and the buttons it offers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from importlib import resources

from afterglow.apps.medicines.models import Product
from afterglow.apps.treatment.models import SessionEvent
from afterglow.apps.treatment.models.infusion import EventKind
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.cited import Section
from afterglow.core.quantities import Dose


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
