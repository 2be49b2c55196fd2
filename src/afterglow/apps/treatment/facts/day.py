"""What the patient said on arrival, as the day's rules read it."""

from __future__ import annotations

from afterglow.apps.people.models import ListState
from afterglow.apps.people.queries import diazepam_equivalent_mg
from afterglow.apps.treatment import queries
from afterglow.apps.treatment.models import CheckIn, Recovery, SessionEvent
from afterglow.apps.treatment.models.checkin import SuicideScreen
from afterglow.apps.treatment.models.infusion import EventKind
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.treatment.facts import (
    Antihypertensive,
    Cpap,
    CssrsLevel,
    DayFacts,
    PregnancyTest,
    SuicideFacts,
)

SEDATIVES = frozenset({"z_drug", "gabapentinoid", "barbiturate"})
_LEVELS = {
    SuicideScreen.NONE: CssrsLevel.NONE,
    SuicideScreen.LOW: CssrsLevel.LOW,
    SuicideScreen.MODERATE: CssrsLevel.MODERATE,
    SuicideScreen.HIGH: CssrsLevel.HIGH,
}


def day_facts(session: TreatmentSession, check_in: CheckIn) -> DayFacts:
    """Gather the check-in answers. Medicine answers are None until the list was gone through."""
    reviewed = check_in.medicines_reviewed_at is not None
    today = queries.medicines_today(session)
    classes = {
        row.drug_class for row in session.patient.medicines.filter(state=ListState.ACTIVE)
    } | {row.drug_class for row in today}

    def taken(*names: str) -> bool | None:
        if not reviewed:
            return None
        return any(row.drug_class in names and row.taken_at for row in today)

    def takes(name: str) -> bool | None:
        return name in classes if reviewed else None

    return DayFacts(
        alcohol_or_drugs_asked=check_in.alcohol_or_drugs_asked,
        alcohol_or_drugs_last_at=check_in.alcohol_or_drugs_last_at,
        appears_intoxicated=check_in.appears_intoxicated,
        cannabis_asked=check_in.cannabis_asked,
        cannabis_last_at=check_in.cannabis_last_at,
        theophylline=takes("theophylline"),
        maoi=takes("maoi"),
        benzodiazepine_diazepam_mg_per_day=diazepam_equivalent_mg(session.patient)
        if reviewed
        else None,
        benzodiazepine_taken_today=taken("benzodiazepine"),
        opioid_taken_today=taken("opioid"),
        sedative_taken_today=taken(*SEDATIVES),
        stimulant_taken_today=taken("stimulant"),
        decongestant_taken_today=check_in.decongestant_taken_today,
        antihypertensive=Antihypertensive(check_in.antihypertensive)
        if check_in.antihypertensive
        else None,
        pregnancy=PregnancyTest(check_in.pregnancy_test) if check_in.pregnancy_test else None,
        pregnancy_tested_on=check_in.pregnancy_tested_on,
        last_solid_at=check_in.last_solid_at,
        last_clear_fluid_at=check_in.last_clear_fluid_at,
        glp1_agonist=check_in.glp1_agonist,
        acutely_ill=check_in.acutely_ill,
        cpap=Cpap(check_in.cpap) if check_in.cpap else None,
    )


def suicide_facts(session: TreatmentSession, check_in: CheckIn) -> SuicideFacts:
    """Gather what was asked and said about suicide today: at the door, in the chair, on leaving."""
    said = (
        SessionEvent.objects.filter(session=session, kind=EventKind.SUICIDAL_STATEMENT)
        .order_by("-at")
        .first()
    )
    leaving = Recovery.objects.get(session=session)
    asked = (check_in.suicide_asked_at, said.at if said else None, leaving.suicide_asked_at)
    positive = (
        check_in.suicide_statement_positive,
        True if said else None,
        leaving.suicide_statement_positive,
    )
    last = leaving if leaving.suicide_assessed_at else check_in
    return SuicideFacts(
        asked_at=max(filter(None, asked), default=None),
        item9=check_in.phq9_item9,
        statement_positive=any(positive) if set(positive) != {None} else None,
        level=_LEVELS.get(SuicideScreen(last.suicide_level)),
        assessed_at=last.suicide_assessed_at,
        safety_plan_given=check_in.safety_plan_given or bool(leaving.safety_plan_given),
    )
