"""What the patient said on arrival, as the day's rules read it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from afterglow.apps.assessments.models import Assessment
from afterglow.apps.people.models import ListState
from afterglow.apps.people.queries import diazepam_equivalent_mg
from afterglow.apps.treatment import queries
from afterglow.apps.treatment.models import CheckIn, Recovery, SessionEvent
from afterglow.apps.treatment.models.checkin import SuicideScreen
from afterglow.apps.treatment.models.infusion import EventKind
from afterglow.apps.treatment.protocol import rules_of
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.treatment.facts import (
    Antihypertensive,
    Cpap,
    CssrsLevel,
    DayFacts,
    PregnancyTest,
    SuicideFacts,
)
from afterglow.core.treatment.readiness import awaits_assessment

PHQ9, ITEM_9, CSSRS = "phq9", "9", "cssrs_screener"
SEDATIVES = frozenset({"z_drug", "gabapentinoid", "barbiturate"})
_LEVELS = {
    SuicideScreen.NONE: CssrsLevel.NONE,
    SuicideScreen.LOW: CssrsLevel.LOW,
    SuicideScreen.MODERATE: CssrsLevel.MODERATE,
    SuicideScreen.HIGH: CssrsLevel.HIGH,
}


def day_facts(session: TreatmentSession, check_in: CheckIn) -> DayFacts:
    """Gather the check-in answers. Medicine answers are None until the list was gone through.

    They are None as well while a medicine named at the door has no class: nobody knows what it is.
    """
    today = queries.medicines_today(session)
    unknown = any(row.taken_at and not row.drug_class and row.medicine_id is None for row in today)
    reviewed = check_in.medicines_reviewed_at is not None and not unknown
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
    """Gather what was asked, said and found about suicide today; the worst counts.

    It may be at the door, in the chair, on leaving, or in a scale of the session.
    """
    said = (
        SessionEvent.objects.filter(session=session, kind=EventKind.SUICIDAL_STATEMENT)
        .order_by("-at")
        .first()
    )
    leaving = Recovery.objects.get(session=session)
    scales = _suicide_scales(session)
    rows = (check_in, leaving)
    asked = [row.suicide_asked_at for row in rows]
    asked += [each.at for each in scales if each.is_yes or not any(asked)]
    positive = [row.suicide_statement_positive for row in rows] + [s.positive for s in scales]
    if said:
        asked.append(said.at)
        positive.append(True)
    items = [check_in.phq9_item9, *(each.item9 for each in scales)]
    levels = [_LEVELS.get(SuicideScreen(row.suicide_level)) for row in rows]
    assessed = [row.suicide_assessed_at for row in rows]
    assessed += [each.at for each in scales if each.level is not None]
    return SuicideFacts(
        asked_at=max(filter(None, asked), default=None),
        item9=max((each for each in items if each is not None), default=None),
        statement_positive=any(positive) if set(positive) != {None} else None,
        level=_worst([*levels, *(each.level for each in scales)]),
        assessed_at=max(filter(None, assessed), default=None),
        safety_plan_given=check_in.safety_plan_given or bool(leaving.safety_plan_given),
    )


@dataclass(frozen=True, slots=True)
class _Scale:
    """One scale that asks about suicide; ``positive`` is a yes in a screen not finished."""

    at: datetime
    item9: int | None = None
    level: CssrsLevel | None = None
    positive: bool | None = None

    @property
    def is_yes(self) -> bool:
        return bool(self.item9 or self.positive or self.level)


def suicide_awaits_assessment(session: TreatmentSession) -> bool:
    """Whether something positive was said about suicide and nobody has assessed it since."""
    facts = suicide_facts(session, CheckIn.objects.get(session=session))
    return awaits_assessment(facts, rules_of(session.protocol_id).session)


def _suicide_scales(session: TreatmentSession) -> list[_Scale]:
    rows = Assessment.objects.filter(
        session=session, replaced_by=None, instrument_key__in=(PHQ9, CSSRS)
    ).prefetch_related("scores")
    scales = []
    for row in rows:
        if row.instrument_key == PHQ9:
            if row.answers.get(ITEM_9) is not None:
                scales.append(_Scale(row.at, item9=int(row.answers[ITEM_9])))
            continue
        band = next((score.band for score in row.scores.all() if score.name == "total"), "")
        level = _LEVELS[SuicideScreen(band)] if band else None
        open_yes = True if level is None and any(row.answers.values()) else None
        scales.append(_Scale(row.at, level=level, positive=open_yes))
    return scales


def _worst(levels: list[CssrsLevel | None]) -> CssrsLevel | None:
    return max((level for level in levels if level is not None), default=None)
