"""Read an emergency: its time zero, its timed steps and drugs, and the buttons it offers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from importlib import resources
from typing import Final

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from afterglow.apps.medicines.models import Product
from afterglow.apps.monitoring.facts import WATCHED
from afterglow.apps.treatment.models import SessionEvent
from afterglow.apps.treatment.models.infusion import EventKind
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.cited import Section
from afterglow.core.quantities import Dose
from afterglow.core.treatment.calls import Call, CallAct, CallStep, became_known_late
from afterglow.web.cards import AlarmCard, AlarmLevel
from afterglow.web.formats import clock_time

SAYS: Final[Mapping[CallAct, str]] = {
    CallAct.COMING: gettext_noop("On the way"),
    CallAct.STAYING: gettext_noop("Knows of the emergency and stays with their patient"),
    CallAct.CALLED_EMS: gettext_noop("Emergency services called"),
    CallAct.GUIDING: gettext_noop("At the door, to bring the emergency services to the room"),
    CallAct.ENOUGH_HELP: gettext_noop("Enough help is here"),
    CallAct.MORE_HELP: gettext_noop("More help is needed"),
}
"""How each answer stands in the record; translated where it is shown."""


UNSIGNED: Final = "unsigned"
"""What is noted of a press where nobody was signed in."""
PRESSED_KEYS: Final = "pressed"
"""Beside it on the mark: the keys of the acts that the press charted."""


@dataclass(frozen=True, slots=True)
class Said:
    """Who said something about an emergency, and when."""

    who: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Emergency:
    """One emergency of a session. ``steps`` in the order in which they came to be known."""

    called: SessionEvent
    over: SessionEvent | None
    steps: tuple[SessionEvent, ...] = ()

    @property
    def time_zero(self) -> datetime:
        """When it was declared."""
        return self.called.at

    @property
    def is_open(self) -> bool:
        """Whether it goes on."""
        return self.over is None

    @property
    def is_unsigned(self) -> bool:
        """Whether it was called where nobody was signed in."""
        return UNSIGNED in self.called.data

    @property
    def known_at(self) -> datetime:
        """When the site came to know of it."""
        return self.called.recorded_at

    @property
    def is_known_late(self) -> bool:
        """Whether it arrived long after it began: from a tablet without a connection, or paper."""
        return became_known_late(began=self.time_zero, known=self.known_at)

    def call(self) -> Call:
        """Return what the rules of the call want to know of it."""
        return Call(
            called_by="" if self.is_unsigned else str(self.called.by_id),
            steps=tuple(
                CallStep(_act(step), str(step.by_id), step.recorded_at) for step in self.steps
            ),
            is_over=not self.is_open,
        )

    def said(self, act: CallAct) -> list[Said]:
        """Return who said ``act`` and when, each person once, in the order of its coming."""
        found: dict[int, Said] = {}
        for step in self.steps:
            if _act(step) is act:
                found.setdefault(step.by_id, Said(step.by.get_short_name(), step.at))
        return list(found.values())

    @property
    def coming(self) -> list[Said]:
        """Who is on the way."""
        return self.said(CallAct.COMING)

    @property
    def ems_called(self) -> Said | None:
        """Who called the emergency services first."""
        return next(iter(self.said(CallAct.CALLED_EMS)), None)

    @property
    def guiding(self) -> list[Said]:
        """Who is at the door."""
        return self.said(CallAct.GUIDING)

    @property
    def enough(self) -> Said | None:
        """Who said last that there is enough help, while that stands."""
        if not self.call().has_enough_help:
            return None
        last = next(s for s in reversed(self.steps) if _act(s) is CallAct.ENOUGH_HELP)
        return Said(last.by.get_short_name(), last.at)


def _act(step: SessionEvent) -> CallAct:
    return CallAct.of(str(step.data.get("code", "")))


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
        session.pk: AlarmCard(
            AlarmLevel.RED,
            gettext_lazy("Emergency"),
            since=one.time_zero,
            facts=" · ".join(_facts(one, session)),
        )
        for session, one in open_emergencies(sessions)
    }


def _facts(one: Emergency, session: TreatmentSession) -> Iterator[str]:
    """What the board says of an emergency besides its word and its time."""
    if one.is_known_late:
        yield _("known here only since %(time)s") % {"time": clock_time(one.known_at, session.site)}
    if one.coming:
        names = ", ".join(each.who for each in one.coming)
        yield _("on the way: %(who)s") % {"who": names}
    else:
        yield _("Nobody has said that they are on the way.")


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
    return Emergency(called, over, _steps(called, over))


def _steps(called: SessionEvent, over: SessionEvent | None) -> tuple[SessionEvent, ...]:
    rows = SessionEvent.objects.filter(
        session=called.session_id, kind=EventKind.EMERGENCY_STEP, pk__gt=called.pk
    )
    if over is not None:
        rows = rows.filter(pk__lt=over.pk)
    return tuple(rows.select_related("by").order_by("pk"))


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
