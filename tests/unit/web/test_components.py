"""Components as markup: what a reader hears, and what a template author gets for a slip."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.template import Context, Template, TemplateSyntaxError
from django.utils import translation

from afterglow.core.decisions import Decision, Overrider, blocker, caution
from afterglow.web import clock, icons
from afterglow.web.cards import AlarmCard, AlarmLevel, PatientCard, Sign, VitalCard
from afterglow.web.style_guide import ExampleForm

AT = datetime(2026, 11, 24, 1, 35, tzinfo=UTC)


def render(source: str, **context: Any) -> str:
    """Render a template with every library loaded, as one line."""
    template = Template("{% load components clinical formats i18n %}" + source)
    return " ".join(template.render(Context(context)).split())


PRESSURE = blocker(
    "BP_ABOVE_START_LIMIT",
    "Systolic 172 mmHg is above the start limit of 160 mmHg.",
    seen="172 mmHg",
    limit="160 mmHg",
    overridable_by=Overrider.PRESCRIBER,
)
CONSENT = blocker("CONSENT_MISSING", "There is no consent in force.")
LORAZEPAM = caution("BENZODIAZEPINE_TODAY", "Lorazepam was taken today.")


def test_a_decision_panel_gives_every_reason_with_its_code_seen_limit_and_who_may_override() -> (
    None
):
    html = render("{% decision_panel d %}", d=Decision.from_reasons(PRESSURE, CONSENT, LORAZEPAM))

    assert html.count('data-code="') == 3
    assert html.index("BP_ABOVE_START_LIMIT") < html.index("BENZODIAZEPINE_TODAY")
    assert "Seen 172 mmHg · limit 160 mmHg" in html
    assert "The prescriber may override this, with a reason" in html
    assert "Nobody may override this" in html
    assert "2 reasons stop this" in html
    assert 'role="alert"' in html


def test_an_overridden_reason_stays_on_the_panel() -> None:
    decision = Decision.from_reasons(PRESSURE).overriding(
        {"BP_ABOVE_START_LIMIT": Overrider.PRESCRIBER}
    )

    html = render("{% decision_panel d %}", d=decision)

    assert "reason-overridden" in html
    assert "Overridden, with a recorded reason" in html
    assert "Yes, with cautions" in html


def test_a_sentence_is_never_markup() -> None:
    html = render("{% decision_panel d %}", d=Decision.from_reasons(caution("X", "<b>Bold</b>.")))

    assert "<b>" not in html
    assert "&lt;b&gt;Bold" in html


@pytest.mark.parametrize(
    ("asked", "allergies", "words"),
    [
        (True, (), "No known allergies"),
        (False, (), "Allergies not asked"),
        (True, ("Latex",), "Latex"),
    ],
)
def test_the_banner_tells_no_allergies_from_nobody_asked(
    asked: bool, allergies: tuple[str, ...], words: str
) -> None:
    card = PatientCard(
        "Rivera, Dana", date(1984, 5, 14), 42, "000123", None, None, allergies, asked
    )

    html = render("{% patient_banner p %}", p=card)

    assert words in html
    assert "No weight today" in html
    assert "14 May 1984" in html
    assert "000123" in html


def test_the_banner_gives_kilograms_and_when_they_were_measured() -> None:
    card = PatientCard("Rivera, Dana", date(1984, 5, 14), 42, "000123", Decimal("70.40"), AT)

    html = render("{% patient_banner p 'America/Denver' %}", p=card)

    assert "70.4\xa0kg".replace("\xa0", " ") in html.replace("\xa0", " ")
    assert "today 18:35" in html


@pytest.mark.parametrize(
    ("level", "shape"), [("red", "M8 2h8l6 6"), ("amber", "M12 2.5l10.5"), ("technical", "<rect")]
)
def test_an_alarm_is_told_by_its_shape_and_its_word(level: str, shape: str) -> None:
    card = AlarmCard(AlarmLevel(level), "SpO2 low", "88 %", "90 %", AT)

    html = render("{% alarm_band a 'UTC' %}", a=card)

    assert shape in html
    assert html.index("SpO2 low") < html.index("88 %") < html.index("90 %") < html.index("01:35")


def test_a_vital_sign_without_a_reading_shows_a_dash_and_says_so() -> None:
    html = render("{% vital_tile v %}", v=VitalCard(Sign.OXYGEN, "SpO2", unit="%"))

    assert "<span data-value>–</span>" in html
    assert "no reading" in html


def test_ketamine_has_the_colour_class_of_induction_agents() -> None:
    assert "drug-induction" in render("{% drug_label 'ketamine' '10 mg/mL' %}")
    assert "drug-tranquilliser" in render("{% drug_label 'Midazolam' %}")
    assert "drug-other" in render("{% drug_label 'saline' %}")


def test_a_field_ties_its_hint_and_its_error_to_its_control() -> None:
    form = ExampleForm({"weight": "704"})

    html = render("{% field form.weight %}", form=form)

    assert 'aria-describedby="id_weight-hint id_weight-error"' in html
    assert 'aria-invalid="true"' in html
    assert 'for="id_weight"' in html
    assert "above the highest value" in html


def test_radios_become_one_group_with_a_legend() -> None:
    html = render("{% field form.fasting %}", form=ExampleForm())

    assert "<legend>Has eaten in the last 6 hours" in html
    assert html.count('type="radio"') == 3


def test_a_button_s_further_names_become_attributes() -> None:
    html = render("{% button 'Stop' 'stop' key='s' hx_post='/stop/' data_x=None %}")

    assert 'hx-post="/stop/"' in html
    assert 'data-key="s"' in html
    assert "data-x" not in html


def test_a_variant_that_does_not_exist_is_refused_with_the_choices() -> None:
    with pytest.raises(TemplateSyntaxError, match="danger, primary"):
        render("{% button 'Go' 'blue' %}")


def test_an_icon_that_does_not_exist_is_refused() -> None:
    with pytest.raises(LookupError, match="no lucide icon named 'dragon'"):
        icons.icon("dragon")
    with pytest.raises(LookupError):
        icons.icon("../package")


def test_only_an_approved_value_goes_without_its_tag() -> None:
    assert "proposed, not approved" in render("{% proposed 'DP' %}")
    assert "proposed, not approved" in render("{% proposed 'GK' %}")
    assert render("{% proposed 'confirmed' %}") == ""


def test_components_speak_spanish() -> None:
    with translation.override("es"):
        html = render("{% decision_panel d %}", d=Decision.from_reasons(CONSENT))

    assert "Nadie puede autorizar una excepción" in html
    assert "1 motivo impide esto" in html


def test_what_a_rule_compared_in_utc_is_read_on_the_clock_of_the_pages_site() -> None:
    late = blocker(
        "PUMP_TIME_OUT_OF_ORDER",
        "23:50:00 is not after the last pump entry at 11:07:26.",
        seen="2026-11-27T04:50:00+00:00",
        limit="2026-11-27T16:07:26.676057+00:00",
    )

    with clock.fixed(AT):
        at_denver = render("{% decision_panel d %}", d=Decision((late,)), site="America/Denver")
        nowhere = render("{% decision_panel d %}", d=Decision((late,)))

    assert "Seen 26 Nov 2026, 21:50:00 · limit 27 Nov 2026, 09:07:26" in at_denver
    assert "Seen 27 Nov 2026, 04:50:00 UTC" in nowhere
    assert "+00:00" not in at_denver + nowhere
