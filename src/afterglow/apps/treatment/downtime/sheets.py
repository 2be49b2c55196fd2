"""The paper for a day without the system: one sheet a patient, laid out as the screen is.

It is printed while everything still works (each morning, and when trouble is near) and says what
was charted up to then: who, allergies, dose, limits, the last readings. Every box that the screen
has is on it, so that what was written can be copied back in the same order.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from django.db.models import Q

from afterglow.apps.accounts.models import Account
from afterglow.apps.audit import services as audit
from afterglow.apps.audit.models import AuditEntry
from afterglow.apps.definitions.models import Definition, DefinitionKind
from afterglow.apps.definitions.queries import in_force
from afterglow.apps.documents import rendering
from afterglow.apps.medicines.queries import product_names
from afterglow.apps.monitoring import queries as monitoring
from afterglow.apps.monitoring.protocol import rules_of as monitoring_rules
from afterglow.apps.people import queries as people
from afterglow.apps.people.models import Patient
from afterglow.apps.places.models import Site
from afterglow.apps.scheduling import queries as scheduling
from afterglow.apps.scheduling.models import Appointment
from afterglow.apps.treatment import queries
from afterglow.apps.treatment.downtime.protocol_words import (
    door,
    leaving,
    limits,
    planned_columns,
)
from afterglow.apps.treatment.models import CheckIn, InfusionOrder
from afterglow.apps.treatment.planning import dose_plan
from afterglow.apps.treatment.printed.words import diluent_words, exact
from afterglow.apps.treatment.protocol import rules_of
from afterglow.apps.treatment.shown.events import entries
from afterglow.apps.treatment.shown.grid import Cell, Column, Grid, grid, lines_of
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.monitoring.rules import MonitoringRules
from afterglow.core.monitoring.schedule import SlotState
from afterglow.core.scheduling.appointments import AppointmentState
from afterglow.core.treatment.lifecycles import BEFORE_START, SessionState
from afterglow.web.formats import clock_time, date_time, date_words

TEMPLATE: Final = "treatment/downtime"
COLUMNS: Final = 16
"""Columns of readings on one sheet, as many as stay wide enough for "120/80" by hand."""
_BAG: Final = ("Drawn", "Bag", "Pump", "Vial, lot", "Read back by")
_CARRIED: Final = 4
"""Columns that were charted already and are printed, so that the line goes on."""
_MARK: Final = {"": "", "amber": " !", "red": " !!"}
_TOLD: Final = 9
"""Events that were charted already and are printed, the last ones."""
PRINTED: Final = "downtime-sheet-printed"
_LETTERS: Final = "ACDEFGHJKLMNPQRTUVWXY34679"
"""Letters that nobody takes for another one in handwriting."""
_OVER: Final = (SessionState.DISCHARGED, SessionState.ENDED, SessionState.SIGNED)
_AWAITED: Final = (AppointmentState.BOOKED, AppointmentState.CONFIRMED, AppointmentState.ARRIVED)
Sheet = dict[str, Any]


def sessions_today(site: Site, *, at: datetime) -> Sequence[TreatmentSession]:
    """Return the sessions whose day is not over: today's, and yesterday's that still go on."""
    today = site.local_date(at)
    return list(
        TreatmentSession.objects.filter(site=site, local_date__lte=today)
        .filter(Q(local_date__gte=today - timedelta(days=1)))
        .exclude(state__in=[str(state) for state in _OVER])
        .select_related("patient", "site", "room", "clinician", "course__prescriber", "protocol")
        .order_by("checked_in_at", "pk")
    )


def awaited_today(site: Site, *, at: datetime) -> Sequence[Appointment]:
    """Return today's appointments of people who have not been checked in."""
    today = site.local_date(at)
    taken = set(
        TreatmentSession.objects.filter(site=site, local_date=today).values_list(
            "appointment_id", flat=True
        )
    )
    return [
        row
        for row in scheduling.appointments_between(site, today, today)
        if row.state in _AWAITED and row.pk not in taken
    ]


def print_sheets(
    site: Site, *, only: TreatmentSession | None = None, by: Account, at: datetime
) -> bytes:
    """Return one PDF with two pages a patient of today, and one empty form at the end.

    ``only``: the sheet of one session. That somebody printed a patient's sheet is written down.
    """
    with rendering.document_language():
        if only is not None:
            people_of = [(only.patient, session_sheet(only, at=at))]
        else:
            people_of = [
                (row.patient, session_sheet(row, at=at)) for row in sessions_today(site, at=at)
            ]
            people_of += [
                (row.patient, appointment_sheet(row, at=at)) for row in awaited_today(site, at=at)
            ]
        sheets = [sheet for _patient, sheet in people_of]
        if only is None:
            sheets.append(empty_sheet(site, at=at))
        content = rendering.render(
            TEMPLATE,
            {"title": "Paper record", "site": _site(site), "sheets": sheets},
            at=at,
        )
    digest = hashlib.sha256(content).hexdigest()
    for patient, sheet in people_of:
        audit.record(
            PRINTED,
            subject=patient,
            by=by,
            at=at,
            site=site,
            patient=patient,
            detail={"sheet": sheet["code"], "sha256": digest},
        )
    return content


def session_sheet(session: TreatmentSession, *, at: datetime) -> Sheet:
    """Return the sheet of a session as it stands: what was charted, and room for what comes."""
    site = session.site
    shown = grid(session, at=at)
    mass = queries.mass_today(session)
    prescriber = session.course.prescriber
    check_in = CheckIn.objects.filter(session=session).first()
    carried = _carried(shown, site)
    return {
        "code": _code(session.public_id, at),
        "made": f"Printed {date_time(at, site)}. What came after stands on this paper alone.",
        "who": _who(session.patient, on=session.local_date),
        "mass": exact(mass.mass_kg.value, "kg") if mass else "",
        "day": [
            ["Room", session.room.name if session.room else ""],
            ["Watched by", session.clinician.full_name if session.clinician else ""],
            ["Prescriber", prescriber.full_name if prescriber else ""],
            ["Escort", _escort(check_in)],
            ["Stands at", _stands(session)],
        ],
        "plan": _session_plan(session, at=at),
        "limits": limits(monitoring_rules(session)),
        "lines": [str(line.line.label) for line in shown.lines if line.is_shown],
        "carried": carried,
        "columns": _columns(session, len(carried), at=at),
        "told": [
            [clock_time(entry.at, site), f"{entry.words} {entry.text}".strip(), entry.by]
            for entry in entries(session)
            if not entry.withdrawn and not entry.is_private
        ][-_TOLD:],
        "door": door(rules_of(session.protocol_id).session)
        if session.state in BEFORE_START
        else [],
        "leaving": leaving(rules_of(session.protocol_id).session),
    }


def appointment_sheet(row: Appointment, *, at: datetime) -> Sheet:
    """Return the sheet of somebody who is expected: identity, the order of the day, empty boxes."""
    site = row.site
    today = site.local_date(at)
    order = queries.standing_orders(today).filter(course__patient=row.patient).first()
    protocol = order.protocol if order else None
    return {
        **empty_sheet(site, at=at, protocol=protocol),
        "code": _code(row.public_id, at),
        "made": f"Printed {date_time(at, site)}. Nothing was charted of this day by then.",
        "who": _who(row.patient, on=today),
        "day": [
            ["Room", row.room.name],
            ["Watched by", row.clinician.full_name],
            ["Expected", clock_time(row.during.lower, site)],
            ["Prescriber", order.signed_by.full_name if order else ""],
            ["Escort", ""],
        ],
        "plan": _order_lines(order) if order else [["Order", ""]],
    }


def empty_sheet(site: Site, *, at: datetime, protocol: Definition | None = None) -> Sheet:
    """Return a form with nobody's name on it, by the site's newest protocol."""
    chosen = protocol or _protocol_in_force(at)
    rules = MonitoringRules.parse(chosen.body["monitoring"]) if chosen else None
    day = rules_of(chosen.pk).session if chosen else None
    return {
        "code": "",
        "made": f"Printed {date_time(at, site)}.",
        "who": [["Name", ""], ["Born", ""], ["MRN", ""], ["Allergies", ""]],
        "mass": "",
        "day": [["Room", ""], ["Watched by", ""], ["Prescriber", ""], ["Escort", ""]],
        "plan": [[label, ""] for label in ("Order", *_BAG)],
        "limits": limits(rules) if rules else [],
        "lines": _lines(at),
        "carried": [],
        "columns": planned_columns(rules, COLUMNS) if rules else [""] * COLUMNS,
        "told": [],
        "door": door(day) if day else [],
        "leaving": leaving(day) if day else [],
    }


def _protocol_in_force(at: datetime) -> Definition | None:
    """Return the protocol of the newest version in force, for whom no order names one."""
    kind = DefinitionKind.DOSING_PROTOCOL
    keys = Definition.objects.filter(kind=kind, created_at__lte=at).values_list("key", flat=True)
    found = [in_force(kind, key, at) for key in sorted(set(keys))]
    return max((row for row in found if row), key=lambda row: row.created_at, default=None)


def _code(of: UUID, at: datetime) -> str:
    """Return what a sheet is called by hand: six letters that one can read out."""
    digest = hashlib.sha256(f"{of} {at.isoformat()}".encode()).digest()
    return "".join(_LETTERS[byte % len(_LETTERS)] for byte in digest[:6])


class SheetKnown(StrEnum):
    """Whose sheet of paper a code names, as far as is written down."""

    OURS = "ours"
    ANOTHER_PATIENTS = "another_patients"
    NOBODYS = "nobodys"


COPIED_WITHIN: Final = timedelta(days=60)
"""A sheet is copied the same day; one printed longer ago is nobody's that the page still knows."""


def whose_sheet(code: str, patient: Patient, *, at: datetime) -> SheetKnown:
    """Return whether a sheet of this code was printed for the patient, another, or nobody.

    Those of the last 60 days are looked at: the audit log has no index by a sheet's code.
    """
    printed = AuditEntry.objects.filter(
        action=PRINTED, at__gte=at - COPIED_WITHIN, detail__sheet=code
    )
    if printed.filter(patient=patient.public_id).exists():
        return SheetKnown.OURS
    return SheetKnown.ANOTHER_PATIENTS if printed.exists() else SheetKnown.NOBODYS


def _lines(at: datetime) -> list[str]:
    """Return the rows of the screen's grid, in its order, without those that only some need."""
    return [str(line.label) for line in lines_of(at=at) if not line.on_demand]


def _site(site: Site) -> dict[str, str]:
    return {
        "name": site.name,
        "phone": site.phone,
        "emergency": site.emergency_number,
        "after_hours": site.after_hours_phone,
    }


def _who(patient: Patient, *, on: date) -> list[list[str]]:
    asked = people.allergies_asked(patient)
    allergies = ", ".join(people.allergy_words(patient))
    return [
        ["Name", patient.full_name],
        ["Born", f"{date_words(patient.date_of_birth)} ({people.age(patient.date_of_birth, on)})"],
        ["MRN", patient.mrn],
        ["Allergies", allergies or ("No known allergies" if asked else "NOT ASKED")],
    ]


def _escort(said: CheckIn | None) -> str:
    if said is None:
        return ""
    return ", ".join(p for p in (said.escort_name, said.escort_phone) if p)


def _stands(session: TreatmentSession) -> str:
    infusion = queries.infusion_of(session)
    if infusion is None:
        return str(session.state).replace("_", " ")
    started = clock_time(infusion.started_at, session.site)
    if infusion.ended_at is not None:
        return f"drip {started} to {clock_time(infusion.ended_at, session.site)}"
    return f"drip runs since {started}"


def _session_plan(session: TreatmentSession, *, at: datetime) -> list[list[str]]:
    bag = queries.preparation_in_use(session)
    order = bag.order if bag else queries.order_in_force(session)
    if order is None:
        return [["Order", "none signed by then"]]
    lines = _order_lines(order)
    if bag is not None:
        actions = queries.actions_of(running) if (running := queries.infusion_of(session)) else ()
        rate = actions[-1].rate_ml_per_h if actions else bag.rate_ml_per_h
        checked = bag.checked_by.account.full_name if bag.checked_by else ""
        return [
            *lines,
            ["Drawn", exact(bag.drawn_mg.value, "mg") + f" ({exact(bag.drawn_ml.value, 'mL')})"],
            [
                "Bag",
                f"{exact(bag.bag_ml.value, 'mL')} in {diluent_words(bag.diluent)}, "
                f"{exact(bag.concentration_mg_per_ml.value, 'mg/mL')}",
            ],
            ["Pump", f"{exact(rate.value, 'mL/h')}, {exact(bag.to_be_infused_ml.value, 'mL')}"],
            ["Vial, lot", f"{bag.vial.number}, {bag.vial.lot}"],
            ["Read back by", checked],
        ]
    planned = dose_plan(session, at=at).plan
    if planned is not None:
        lines.append(["Comes to", f"{exact(planned.drawn.value, 'mg')}, not drawn yet"])
    return [
        *lines,
        *([label, ""] for label in ("Drawn", "Bag", "Pump", "Vial, lot", "Read back by")),
    ]


def _order_lines(order: InfusionOrder) -> list[list[str]]:
    lines = [
        [
            "Order",
            f"{exact(order.dose_mg_per_kg, 'mg/kg')} over {exact(order.minutes, 'min')}, "
            f"{order.signed_by.full_name}",
        ],
        ["By need", "; ".join(product_names(order.prn))],
    ]
    if order.maximum_mg is not None:
        lines.append(["At most", exact(order.maximum_mg.value, "mg")])
    return lines


def _carried(shown: Grid, site: Site) -> list[list[str]]:
    """Return the last columns that hold something: time, then one text a line."""
    drawn = [line for line in shown.lines if line.is_shown]
    filled = [
        (column, [_on_paper(cells[index][1]) for cells in (line.cells for line in drawn)])
        for index, column in enumerate(shown.columns)
    ]
    return [
        [clock_time(_taken_at(column), site), *texts] for column, texts in filled if any(texts)
    ][-_CARRIED:]


def _on_paper(cell: Cell) -> str:
    """Return a cell as the paper carries it: "98 (84–98)!!" says the lowest, and that it is red.

    Paper has no colour: one mark stands for amber, two for red.
    """
    small = cell.extreme or cell.spread
    text = f"{cell.text} ({small})" if cell.text and small else cell.text
    return f"{text}{_MARK[cell.worst]}" if text else ""


def _taken_at(column: Column) -> datetime:
    """Return when the first reading of a column was taken, or when it was due."""
    taken = [cell.reading.taken_at for cell in column.cells.values() if cell.reading]
    return min(taken, default=column.slot.due_at)


def _columns(session: TreatmentSession, carried: int, *, at: datetime) -> list[str]:
    """Return the heads of the empty columns: the clock times that are planned, then blanks."""
    room = COLUMNS - carried
    if queries.infusion_of(session) is None:
        order = queries.order_in_force(session)
        minutes = timedelta(minutes=float(order.minutes)) if order else None
        return planned_columns(monitoring_rules(session), room, lasts=minutes)
    waiting = (SlotState.DUE, SlotState.OVERDUE, SlotState.UPCOMING)
    due = [
        clock_time(slot.due_at, session.site)
        for slot in monitoring.schedule(session, at=at)
        if slot.state in waiting and slot.due_at >= at - timedelta(minutes=30)
    ]
    return (due + [""] * room)[:room]
