"""The planner's pages: a plan predicted, two plans side by side, and what is not drawn."""

from __future__ import annotations

import pytest
from django.test import Client

from afterglow.web import clock
from support import pk_definitions
from support.infusion_day import Day, checked_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def day() -> Day:
    pk_definitions.seed()
    return checked_in()


def get(day: Day, path: str, query: dict[str, str] | None = None, *, status: int = 200) -> str:
    client = Client()
    client.force_login(day.prescriber)
    with clock.fixed(day.minute(-5)):
        response = client.get(path, query or {})
    assert response.status_code == status, response.content.decode()[:2000]
    return response.content.decode().replace("\xa0", " ")


def test_a_plan_is_drawn_with_its_band_beside_a_second_one_and_says_what_it_is(day: Day) -> None:
    plan = get(day, f"/sessions/{day.id}/plan/")
    predicted = f"/sessions/{day.id}/plan/predicted/"
    more = get(
        day,
        predicted,
        {"dose": "0.5", "minutes": "40", "other_dose": "0.75", "other_minutes": "40"},
    )
    longer = get(
        day, predicted, {"dose": "0.5", "minutes": "40", "other_dose": "0.5", "other_minutes": "60"}
    )

    for words in (
        "Modelled, not measured",
        "Otto 2021",
        "proposed, not approved",
        "Fitted to: healthy adults",
        "10.1007/s00228-021-03104-1",
        "read in a repository that transcribes the paper",
        "highest about",
        "effect_site.ke0",
    ):
        assert words in plan
    assert plan.count('class="pk-band pk-plasma-first"') == 1
    assert (more.count('class="pk-band'), more.count('<th scope="col">0.75 mg/kg over 40')) == (
        2,
        1,
    )
    assert (
        "highest level is 1.50 times the first&#x27;s, its whole area 1.50 times"
        in more.replace("first's", "first&#x27;s")
    )
    assert "its whole area 1.00 times" in longer
    assert "highest level is 0.8" in longer
    assert "Dose reckoned on" in more


def test_what_the_model_or_the_form_cannot_take_is_said_and_nothing_is_drawn(day: Day) -> None:
    predicted = f"/sessions/{day.id}/plan/predicted/"
    beyond = get(day, predicted, {"dose": "2", "minutes": "40"})

    assert "Nothing is drawn for 2 mg/kg over 40 min" in beyond
    assert "Too far outside what the model was fitted to for a prediction" in beyond
    assert "pk-band" not in beyond
    for query, words in (
        ({"dose": "-1", "minutes": "40"}, "-1"),
        ({"dose": "much", "minutes": "40"}, "“much” is not a number"),
        ({"dose": "0.5", "minutes": "40", "other_dose": "1"}, "A second plan needs a dose"),
        ({"dose": "0.5", "minutes": "0"}, "0 min"),
    ):
        refused = get(day, predicted, query, status=422)
        assert words in refused
        assert "pk-band" not in refused


def test_the_planner_needs_no_patient_follows_approval_and_draws_no_retired_model(
    day: Day,
) -> None:
    query = {"weight": "70", "age": "40", "dose": "0.5", "minutes": "40"}
    assert Client().get("/planner/", query).status_code == 302
    proposed = get(day, "/planner/", query)
    pk_definitions.approve_all(at=day.minute(-20))
    approved = get(day, "/planner/", query)
    child = get(day, "/planner/", {**query, "age": "15"})
    pk_definitions.retire("otto2021", at=day.minute(-10))
    retired = get(day, "/planner/", query)

    assert "proposed, not approved" in proposed
    assert "proposed, not approved" not in approved
    assert "effect_site.ke0" in approved
    assert "describes adults, not a patient of 15 years" in child
    assert "pk-band" in approved
    assert "pk-band" not in child
    assert "pk-band" not in retired
    assert "No pharmacological model is in force" in retired
    assert "pk-band" not in get(day, f"/sessions/{day.id}/plan/")
