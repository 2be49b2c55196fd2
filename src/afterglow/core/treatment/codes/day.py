"""Reason codes of the day of treatment (clinical reference 1.1, 6 and 11)."""

from typing import Final

from afterglow.core.decisions import Overrider
from afterglow.core.reason_codes import Subject

_SUBJECT: Final = Subject("day")
_no = _SUBJECT.blocker
_caution = _SUBJECT.caution
_PRESCRIBER: Final = Overrider.PRESCRIBER
_DIRECTOR: Final = Overrider.MEDICAL_DIRECTOR
_INTERACTIONS: Final = "clinical reference 6"

DAY_QUESTION_NOT_ASKED: Final = _no("DAY_QUESTION_NOT_ASKED", "Not asked today: {seen}.")
INTOXICATED: Final = _no(
    "INTOXICATED", "The patient appears intoxicated.", by=_DIRECTOR, source="clinical reference 1.1"
)
ALCOHOL_OR_DRUGS_RECENT: Final = _no(
    "ALCOHOL_OR_DRUGS_RECENT",
    "Alcohol or a drug that was not prescribed was taken {seen} ago; the limit is {limit}.",
    by=_DIRECTOR,
    source="clinical reference 1.1",
)
CANNABIS_RECENT: Final = _caution(
    "CANNABIS_RECENT",
    "Cannabis was taken {seen} ago; {limit} without it are advised.",
    source=_INTERACTIONS,
)
THEOPHYLLINE_TAKEN: Final = _no(
    "THEOPHYLLINE_TAKEN",
    "The patient takes theophylline or aminophylline, which must not be given with ketamine.",
    source=_INTERACTIONS,
)
MAOI_TAKEN: Final = _no(
    "MAOI_TAKEN",
    "The patient takes an MAO inhibitor: the blood pressure may rise.",
    by=_PRESCRIBER,
    source=_INTERACTIONS,
)
BENZODIAZEPINE_ABOVE_LIMIT: Final = _caution(
    "BENZODIAZEPINE_ABOVE_LIMIT",
    "The patient takes benzodiazepines worth {seen} of diazepam a day; above {limit} they may "
    "weaken the effect. They are never stopped at once.",
    source=_INTERACTIONS,
)
BENZODIAZEPINE_TAKEN_TODAY: Final = _caution(
    "BENZODIAZEPINE_TAKEN_TODAY",
    "A benzodiazepine was taken today: expect more sedation.",
    source=_INTERACTIONS,
)
OPIOID_TAKEN_TODAY: Final = _caution(
    "OPIOID_TAKEN_TODAY",
    "An opioid was taken today: expect more sedation and a slower recovery.",
    source=_INTERACTIONS,
)
SEDATIVE_TAKEN_TODAY: Final = _caution(
    "SEDATIVE_TAKEN_TODAY",
    "A sedative (Z-drug, gabapentinoid, barbiturate) was taken today: expect more sedation.",
    source=_INTERACTIONS,
)
STIMULANT_TAKEN_TODAY: Final = _no(
    "STIMULANT_TAKEN_TODAY",
    "A stimulant was taken today: the blood pressure may rise.",
    by=_PRESCRIBER,
    source=_INTERACTIONS,
)
DECONGESTANT_TAKEN_TODAY: Final = _caution(
    "DECONGESTANT_TAKEN_TODAY",
    "A decongestant was taken today: the blood pressure may rise.",
    source=_INTERACTIONS,
)
ANTIHYPERTENSIVE_MISSED: Final = _caution(
    "ANTIHYPERTENSIVE_MISSED",
    "The morning dose of the blood-pressure medicine was missed.",
    source=_INTERACTIONS,
)
PREGNANCY_TEST_DUE: Final = _no(
    "PREGNANCY_TEST_DUE",
    "A pregnancy test is due and has not been done today.",
    by=_DIRECTOR,
    source="clinical reference 1.3",
)
PREGNANT: Final = _no(
    "PREGNANT", "The pregnancy test is positive.", by=_DIRECTOR, source="clinical reference 1.1"
)
NOT_FASTED_SOLIDS: Final = _no(
    "NOT_FASTED_SOLIDS",
    "The last solid food was {seen} ago; the site asks for {limit}.",
    by=_PRESCRIBER,
    source="clinical reference 11.2",
)
NOT_FASTED_FLUIDS: Final = _no(
    "NOT_FASTED_FLUIDS",
    "The last clear fluid was {seen} ago; the site asks for {limit}.",
    by=_PRESCRIBER,
    source="clinical reference 11.2",
)
GLP1_AGONIST_TAKEN: Final = _caution(
    "GLP1_AGONIST_TAKEN",
    "The patient takes a GLP-1 agonist: the stomach may be full in spite of fasting.",
    source="clinical reference 11.2",
)
ACUTELY_ILL: Final = _no(
    "ACUTELY_ILL",
    "The patient is acutely ill or has an infection.",
    by=_PRESCRIBER,
    source="clinical reference 1.1",
)
CPAP_FORGOTTEN: Final = _caution(
    "CPAP_FORGOTTEN",
    "The patient has sleep apnoea and did not bring the CPAP machine.",
    source="clinical reference 11.1",
)
