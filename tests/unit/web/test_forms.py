"""What a person types, and the sentence they get when it cannot be used."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.utils import translation

from afterglow.web.forms import (
    BloodPressureField,
    DecimalField,
    PressurePair,
    WebForm,
    WholeNumberField,
)

WEIGHT = DecimalField(unit="kg", min_value=Decimal(30), max_value=Decimal(250), places=1)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("70.4", "70.4"), ("70,4", "70.4"), (" 70 ", "70"), ("70.0", "70.0"), ("30", "30")],
)
def test_a_number_may_have_a_point_or_a_comma(typed: str, meant: str) -> None:
    assert WEIGHT.clean(typed) == Decimal(meant)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "This field is required."),
        ("7o", "“7o” is not a number. Use digits, with one point or comma, such as 70.4."),
        ("1e2", "“1e2” is not a number. Use digits, with one point or comma, such as 70.4."),
        ("NaN", "“NaN” is not a number. Use digits, with one point or comma, such as 70.4."),
        (
            "1,200",
            "“1,200” can be read in two ways. Write it without a comma, or with a point.",
        ),
        ("70.44", "70.44\xa0kg has 2 digits after the point; the limit is 1."),
        ("29.9", "29.9\xa0kg is below the lowest value that can be entered, 30\xa0kg."),
        ("704", "704\xa0kg is above the highest value that can be entered, 250\xa0kg."),
    ],
)
def test_a_number_that_cannot_be_used_gets_the_value_seen_and_the_limit(
    typed: str, sentence: str
) -> None:
    with pytest.raises(ValidationError) as refusal:
        WEIGHT.clean(typed)

    assert refusal.value.messages == [sentence]


def test_a_whole_number_is_an_int_and_nothing_else() -> None:
    assert WholeNumberField().clean("12") == 12

    with pytest.raises(ValidationError, match=r"2\.5 is not a whole number\."):
        WholeNumberField().clean("2.5")


@pytest.mark.parametrize("typed", ["120/80", " 120 / 80 ", "120 80", "120-80"])
def test_a_blood_pressure_fits_in_one_field(typed: str) -> None:
    assert BloodPressureField().clean(typed) == PressurePair(120, 80)


@pytest.mark.parametrize(
    ("typed", "part"),
    [
        ("120", "“120” is not a blood pressure."),
        ("12O/80", "“12O/80” is not a blood pressure."),
        ("1200/80", "“1200/80” is not a blood pressure."),
        ("80/120", "Diastolic 120 is not below systolic 80. Write the higher number first."),
        ("80/80", "Diastolic 80 is not below systolic 80."),
    ],
)
def test_what_is_not_a_blood_pressure_is_named(typed: str, part: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        BloodPressureField().clean(typed)

    assert refusal.value.messages[0].startswith(part)


class _Form(WebForm):
    weight = DecimalField(unit="kg")
    note = forms.CharField(error_messages={"required": "Say why."})


def test_a_missing_field_asks_plainly_unless_it_has_words_of_its_own() -> None:
    form = _Form({})

    assert form.errors == {"weight": ["Please fill this in."], "note": ["Say why."]}


def test_what_was_typed_is_still_there_after_an_error() -> None:
    form = _Form({"weight": "7o,4", "note": "x"})

    assert not form.is_valid()
    assert 'value="7o,4"' in str(form["weight"])


def test_a_number_that_reads_in_two_ways_is_shown_with_its_point_in_every_language() -> None:
    with translation.override("es"):
        plain = str(_Form(initial={"weight": Decimal("70.4")})["weight"])
        exact = str(_Form(initial={"weight": Decimal("1.125")})["weight"])
        kept = _Form({"weight": "1.125", "note": "x"})

        assert 'value="70,4"' in plain or 'value="70.4"' in plain
        assert 'value="1.125"' in exact
        assert kept.is_valid()
    assert kept.cleaned_data["weight"] == Decimal("1.125")
