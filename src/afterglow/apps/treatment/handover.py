"""The hand-over sheet of an emergency: everything so far, for those who take the patient on."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from afterglow.apps.accounts.models import Account
from afterglow.apps.documents import rendering
from afterglow.apps.documents.models import Document
from afterglow.apps.documents.services import store_document
from afterglow.apps.people.models import ListState
from afterglow.apps.treatment import queries
from afterglow.apps.treatment.emergencies import emergency_of
from afterglow.apps.treatment.models import CheckIn
from afterglow.apps.treatment.shown import drug, events, grid, header
from afterglow.apps.visits.models import TreatmentSession
from afterglow.web.formats import clock_seconds, clock_time, date_time, date_words, mg, number

TEMPLATE = "treatment/handover"


def sheet(session: TreatmentSession, *, at: datetime) -> dict[str, Any]:
    """Return what the sheet says at ``at``: who, allergies, drugs, readings, every timed event."""
    found = emergency_of(session)
    medicines = session.patient.medicines.filter(state=ListState.ACTIVE).order_by("name")
    top = header.header(session, at=at)
    return {
        "session": session,
        "site": session.site,
        "at": at,
        "header": top,
        "plan_note": _plan_note(top),
        "emergency": found,
        "drug": drug.drug_row(session, at=at),
        "given": queries.medicines_given(session),
        "today": queries.medicines_today(session),
        "medicines": list(medicines),
        "check_in": CheckIn.objects.get(session=session),
        "entries": events.entries(session),
        "grid": grid.grid(session, at=at),
        "clinician": session.clinician,
        "prescriber": session.course.prescriber,
    }


def keep_sheet(session: TreatmentSession, *, by: Account, at: datetime) -> Document:
    """Render the sheet as a PDF and keep it: what was handed over can be shown later."""
    with rendering.document_language():
        data = _plain(sheet(session, at=at))
    return store_document(
        kind="emergency-hand-over",
        title=data["title"],
        content=rendering.render(TEMPLATE, data, at=at),
        subject=session,
        by=by,
        at=at,
        template=TEMPLATE,
        patient=session.patient,
        site=session.site,
    )


def _plain(said: dict[str, Any]) -> dict[str, Any]:
    """Return the sheet as text for the page: every number with its unit, every time local."""
    session: TreatmentSession = said["session"]
    site = session.site
    patient = said["header"].patient
    row: drug.DrugRow | None = said["drug"]
    found = said["emergency"]
    zero = found.time_zero if found else None
    return {
        "title": _("Emergency hand-over"),
        "made": _("Made %(time)s at %(site)s, %(phone)s")
        % {"time": date_time(said["at"], site), "site": site.name, "phone": site.phone},
        "who": [
            [_("Patient"), patient.name],
            [_("Born"), f"{date_words(patient.born)} ({patient.age})"],
            [_("MRN"), patient.mrn],
            [_("Weight today"), f"{number(patient.weight_kg)} kg" if patient.weight_kg else "–"],
            [_("Allergies"), _allergies(patient)],
            [_("Escort"), _escort(said["check_in"])],
            [_("Prescriber"), said["prescriber"].full_name],
            [_("Watched by"), said["clinician"].full_name if said["clinician"] else "–"],
        ],
        "drug_title": _("Infusion"),
        "drug": _drug(row, said["header"], site),
        "given_title": _("Other medicines given"),
        "given": [
            [
                clock_time(g.at, site),
                f"{g.product.medicine.capitalize()} {mg(g.dose_mg)} {g.route}",
                g.indication,
            ]
            for g in said["given"]
        ],
        "taking_title": _("Takes at home"),
        "taking": [f"{m.name} {m.dose}".strip() for m in said["medicines"]],
        "zero": _("Time zero %(time)s") % {"time": clock_seconds(zero, site)} if zero else "",
        "log_title": _("What happened"),
        "log": [
            [
                clock_seconds(e.at, site),
                _since(zero, e.at),
                e.words + (f": {e.text}" if e.text else ""),
                e.by,
            ]
            for e in said["entries"]
            if not e.withdrawn
        ],
        "grid_title": _("Readings"),
        "times": [clock_time(c.slot.due_at, site) for c in said["grid"].columns][-10:],
        "rows": [
            [str(line.line.label), *([cell.text or "–" for _c, cell in line.cells][-10:])]
            for line in said["grid"].lines
        ],
        "footer": f"{patient.name} · MRN {patient.mrn}",
    }


def _plan_note(top: header.Header) -> str:
    """Return how the drawn dose was to run: over how long, and per kilogram."""
    if top.order is None:
        return ""
    over = _("over %(minutes)s min") % {"minutes": number(top.order.minutes)}
    return f"{over}, {number(top.order.dose_mg_per_kg)} mg/kg"


def _drug(row: drug.DrugRow | None, top: header.Header, site: object) -> list[list[str]]:
    if row is None:
        return []
    infusion = row.infusion
    lines = [
        [_("Drug"), f"{row.medicine.capitalize()} {row.strength}"],
        [_("Planned"), f"{mg(top.drawn)} {_plan_note(top)}" if top.drawn else "–"],
        [_("Started"), clock_seconds(infusion.started_at, site)],
        [
            _("Stopped"),
            clock_seconds(infusion.ended_at, site) if infusion.ended_at else _("still running"),
        ],
        [_("Given, charted"), f"{mg(row.charted.dose)}, {number(row.charted.per_kg)} mg/kg"],
    ]
    if row.pump is not None:
        told = f"{mg(row.pump.dose)}, {number(row.pump.per_kg)} mg/kg"
        lines.append([_("Given, by the pump"), told])
    return lines


def _allergies(patient: Any) -> str:
    if patient.allergies:
        return ", ".join(patient.allergies)
    return _("No known allergies") if patient.allergies_asked else _("Allergies not asked")


def _escort(check_in: CheckIn) -> str:
    said = (check_in.escort_name, check_in.escort_relation, check_in.escort_phone)
    return ", ".join(part for part in said if part) or "–"


def _since(zero: datetime | None, at: datetime) -> str:
    if zero is None:
        return ""
    span: timedelta = at - zero
    seconds = int(span.total_seconds())
    sign, seconds = ("−", -seconds) if seconds < 0 else ("+", seconds)
    return f"{sign}{seconds // 60}:{seconds % 60:02d}"
