"""What the style guide shows: one made-up value for each state of each component."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django import forms

from afterglow.core.decisions import Decision, Overrider, blocker, caution, info
from afterglow.web.cards import (
    AlarmCard,
    AlarmLevel,
    PatientCard,
    Sign,
    Tab,
    TimelineEntry,
    VitalCard,
)
from afterglow.web.forms import BloodPressureField, DecimalField, WebForm, WholeNumberField
from afterglow.web.shell import Link, Shell, SiteChoice

ZONE = "America/Denver"


class ExampleForm(WebForm):
    """Every kind of control."""

    name = forms.CharField(label="Name on the escort's licence", max_length=80)
    weight = DecimalField(
        label="Weight today",
        unit="kg",
        min_value=Decimal(30),
        max_value=Decimal(250),
        places=1,
        help_text="In kilograms, without shoes.",
    )
    pressure = BloodPressureField(label="Blood pressure")
    count = WholeNumberField(label="Vials on the shelf", required=False)
    fasting = forms.ChoiceField(
        label="Has eaten in the last 6 hours",
        choices=[("no", "No"), ("clear", "Clear fluids only"), ("yes", "Yes")],
        widget=forms.RadioSelect,
    )
    reason = forms.ChoiceField(
        label="Reason", choices=[("", "Choose…"), ("request", "Patient's request")]
    )
    remark = forms.CharField(label="Remark", widget=forms.Textarea(attrs={"rows": 3}))
    witnessed = forms.BooleanField(label="A second person has read this back", required=False)


def examples(at: datetime) -> dict[str, Any]:
    """Return the context of the style guide, as if everything happened just before ``at``."""
    return {
        "shell": _shell(),
        "site": ZONE,
        "patient": patient(at),
        "other_patient": PatientCard(
            name="Rivera, Dana",
            born=date(1991, 2, 3),
            age=35,
            mrn="000467",
            allergies=("Latex (rash)", "Ondansetron (long QT)"),
            same_name=True,
        ),
        "form": ExampleForm(
            initial={"weight": Decimal("70.4"), "fasting": "no", "remark": "Calm, talking."}
        ),
        "wrong_form": ExampleForm(
            {
                "wrong-weight": "704",
                "wrong-pressure": "80/120",
                "wrong-count": "2,5",
                "wrong-name": "Sam Okafor",
            },
            prefix="wrong",
        ),
        "refusal": refusal(),
        "overridden": refusal().overriding({"BP_ABOVE_START_LIMIT": Overrider.PRESCRIBER}),
        "cautions": Decision.from_reasons(
            caution(
                "BENZODIAZEPINE_TODAY",
                "Lorazepam 0.5 mg was taken 5 hours ago; it can weaken the effect.",
                seen="5 h",
                limit="8 h",
            ),
            info("FIRST_INFUSION", "This is the first infusion of the course."),
        ),
        "yes": Decision(),
        "alarms": alarms(at),
        "vitals": vitals(at),
        "timeline": timeline(at),
        "trend": trend(at),
        "started": at - timedelta(minutes=18, seconds=30),
        "ends": at + timedelta(minutes=21, seconds=30),
        "due": at + timedelta(seconds=72),
        "columns": [at - timedelta(minutes=5 * back, seconds=30) for back in range(8, 0, -1)],
        "tabs": (
            Tab("Timeline", "#timeline", current=True),
            Tab("Tasks", "#tasks", count=2),
            Tab("Documents", "#documents"),
        ),
    }


def _shell() -> Shell:
    return Shell(
        user_name="J. Okafor",
        user_role="Infusion clinician",
        home_url="/design/",
        nav=(
            Link("Board", "#board", "layout-dashboard", current=True),
            Link("Patients", "#patients", "users"),
            Link("Drug cabinet", "#stock", "pill-bottle"),
            Link("Tasks", "#tasks", "list-checks"),
        ),
        sites=(SiteChoice("1", "Boulder", current=True), SiteChoice("2", "Denver")),
        site_switch_url="/design/",
        search_url="/design/",
        account_url="#account",
        lock_url="#lock",
        sign_out_url="#out",
        demo=True,
    )


def patient(at: datetime) -> PatientCard:
    """Return a patient who does not exist."""
    return PatientCard(
        name="Rivera, Dana",
        born=date(1984, 5, 14),
        age=42,
        mrn="000123",
        weight_kg=Decimal("70.4"),
        weighed_at=at - timedelta(hours=1),
    )


def refusal() -> Decision:
    """Return a decision with a reason of each kind."""
    return Decision.from_reasons(
        blocker(
            "BP_ABOVE_START_LIMIT",
            "Systolic 172 mmHg is above the start limit of 160 mmHg. "
            "Repeat in 5 minutes or ask the prescriber.",
            seen="172 mmHg",
            limit="160 mmHg",
            overridable_by=Overrider.PRESCRIBER,
        ),
        blocker("CONSENT_MISSING", "There is no consent in force for this patient."),
        caution(
            "BASELINE_OLD",
            "The baseline pressure is 28 minutes old; the window is 30 minutes.",
            seen="28 min",
            limit="30 min",
        ),
        info("FASTING_CONFIRMED", "The patient has eaten nothing since 07:30."),
    )


def alarms(at: datetime) -> tuple[AlarmCard, ...]:
    """Return an alarm of each level, and one that is acknowledged."""
    return (
        AlarmCard(
            AlarmLevel.RED,
            "SpO2 low",
            "88 %",
            "90 %",
            at,
            "1",
            acknowledge_url="#acknowledge",
            silence_url="#silence",
            silence_words="Silence 2 min",
        ),
        AlarmCard(
            AlarmLevel.AMBER,
            "Systolic high",
            "172 mmHg",
            "160 mmHg",
            at,
            "2",
            acknowledge_url="#acknowledge",
        ),
        AlarmCard(
            AlarmLevel.TECHNICAL,
            "No reading from the monitor",
            "45 s",
            "30 s",
            at,
            "3",
            acknowledge_url="#acknowledge",
        ),
        AlarmCard(
            AlarmLevel.AMBER,
            "Heart rate high",
            "124 /min",
            "120 /min",
            at - timedelta(minutes=4),
            "4",
            acknowledged_by="J. Okafor",
            acknowledged_at=at,
        ),
    )


def vitals(at: datetime) -> tuple[VitalCard, ...]:
    """Return one number of each sign: fresh, in alarm, stale and missing."""
    return (
        VitalCard(Sign.HEART, "HR", "88", "/min", at=at),
        VitalCard(Sign.PRESSURE, "BP", "172/98", "", "(123)", at=at, alarm=AlarmLevel.AMBER),
        VitalCard(Sign.OXYGEN, "SpO2", "97", "%", at=at),
        VitalCard(Sign.BREATH, "RR", "14", "/min", at=at - timedelta(minutes=2), stale=True),
        VitalCard(Sign.CO2, "EtCO2", "", "mmHg"),
    )


def timeline(at: datetime) -> tuple[TimelineEntry, ...]:
    """Return a session's first hour."""
    minute = timedelta(minutes=1)
    return (
        TimelineEntry(at - 62 * minute, "Checked in", "M. Lindqvist", "log-in"),
        TimelineEntry(at - 40 * minute, "Weight 70.4 kg", "J. Okafor", "weight"),
        TimelineEntry(
            at - 18 * minute,
            "Infusion started, 26.3 mL/h",
            "J. Okafor",
            "play",
            "35 mg over 40 min, 0.50 mg/kg",
        ),
        TimelineEntry(at, "Patient says the room is breathing", "J. Okafor", "sticky-note"),
    )


def trend(at: datetime) -> dict[str, Any]:
    """Return an hour of made-up readings with a gap, an artefact, limits and events."""

    def ago(minutes: float) -> str:
        return (at - timedelta(minutes=minutes)).isoformat()

    readings: list[dict[str, Any]] = []
    for step in range(96):
        back = 48 - step / 2
        lift = max(0, 18 - int(back)) if back < 18 else 0
        readings.append({"sign": "heart", "at": ago(back), "value": 72 + lift + step * 7 % 5})
        readings.append({"sign": "breath", "at": ago(back), "value": 14 + step * 5 % 3})
        if not 22 < back < 26:
            noisy = step == 60
            value = 71 if noisy else 97 - step * 3 % 2
            readings.append({"sign": "oxygen", "at": ago(back), "value": value, "artefact": noisy})
    pressures = ((45, 128, 78), (40, 131, 80), (20, 134, 82), (15, 142, 86), (10, 151, 90))
    for back, high, low in (*pressures, (5, 158, 93), (1, 172, 98)):
        readings.append({"sign": "pressure", "at": ago(back), "systolic": high, "diastolic": low})
    return {
        "zone": ZONE,
        "readings": readings,
        "limits": [
            {"sign": "pressure", "value": 160, "level": "amber"},
            {"sign": "oxygen", "value": 90, "level": "red"},
        ],
        "events": [
            {"at": ago(18.5), "mark": 1, "words": "Infusion started"},
            {"at": ago(7), "mark": 2, "words": "Rate 52.5 to 40 mL/h"},
        ],
        "level": [
            {"at": ago(18.5 - m), "low": m * 4.2, "mid": m * 5.5, "high": m * 7}
            for m in range(0, 31)
        ],
        "level_max": 280,
    }
