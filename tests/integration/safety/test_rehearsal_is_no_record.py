"""A rehearsal never reaches a record: whatever is done in it, no row is written nor changed.

A report, a count or a ledger can only read rows; where there are none, there is nothing that it
would have to leave out.
"""

from __future__ import annotations

import json

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from afterglow.core.roles import Role
from afterglow.simulator.rehearsal import Act, plan
from factories import staff

pytestmark = pytest.mark.django_db
_WRITTEN = "xmin::text || ctid::text"
SCENARIOS = [str(script.scenario) for script in plan().scripts]


def rows() -> dict[str, tuple[int, str]]:
    """How many rows every table has, and the writer of each: ours and the history's.

    A row that is written anew has another ``xmin`` or ``ctid``, so an UPDATE shows as an INSERT
    does. A login's own session is aside.
    """
    tables = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
    counted = {}
    with connection.cursor() as cursor:
        for table in sorted(tables & set(connection.introspection.table_names(cursor))):
            cursor.execute(
                f"SELECT count(*), md5(coalesce(string_agg({_WRITTEN}, ',' ORDER BY tableoid, "  # noqa: S608 - names of our models
                f"ctid), '')) FROM \"{table}\""
            )
            counted[table] = cursor.fetchone()
    counted.pop("django_session")
    return counted


@pytest.fixture
def clients() -> dict[Role, Client]:
    found = {}
    for role in (Role.MONITOR, Role.PRESCRIBER, Role.MEDICAL_DIRECTOR):
        found[role] = Client()
        found[role].force_login(staff(role))
    return found


@pytest.fixture
def client(clients: dict[Role, Client]) -> Client:
    return clients[Role.MONITOR]


def test_the_watch_on_rows_sees_an_update_that_changes_no_count() -> None:
    someone = staff(Role.MONITOR)
    before = rows()
    type(someone).objects.filter(pk=someone.pk).update(language=someone.language)
    after = rows()
    changed = {table for table in before if before[table] != after[table]}
    assert type(someone)._meta.db_table in changed
    assert {table: n for table, (n, _) in before.items() if "event" not in table} == {
        table: n for table, (n, _) in after.items() if "event" not in table
    }


@settings(
    max_examples=24, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    role=st.sampled_from([Role.MONITOR, Role.PRESCRIBER, Role.MEDICAL_DIRECTOR]),
    scenario=st.sampled_from(SCENARIOS),
    did=st.lists(st.tuples(st.integers(0, 1200), st.sampled_from(list(Act))), max_size=5),
)
def test_no_rehearsal_writes_or_changes_a_row_in_any_table(
    clients: dict[Role, Client], role: Role, scenario: str, did: list[tuple[int, Act]]
) -> None:
    client = clients[role]
    before = rows()
    assert len(before) > 100

    client.get(reverse("rehearsal:page"))
    client.get(reverse("rehearsal:room", args=[scenario]))
    told = client.get(
        reverse("rehearsal:story", args=[scenario]),
        {"did": ",".join(f"{at}:{act}" for at, act in did)},
    )

    assert told.status_code == 200
    assert len(json.loads(told.content)["frames"]) > 100
    assert rows() == before


def test_a_rehearsal_is_banded_as_no_patient(client: Client) -> None:
    for address in (
        reverse("rehearsal:page"),
        *(reverse("rehearsal:room", args=[scenario]) for scenario in SCENARIOS),
    ):
        assert "this is not a patient" in client.get(address).content.decode()


def test_what_is_no_rehearsal_is_refused_with_what_was_seen(client: Client) -> None:
    story = reverse("rehearsal:story", args=["free-flow"])

    assert client.get(reverse("rehearsal:room", args=["earthquake"])).status_code == 404
    wrong = client.get(story, {"did": "12:dance"})
    assert wrong.status_code == 422
    assert "12:dance" in wrong.json()["problem"]
    assert client.post(story).status_code == 405
    assert Client().get(story).status_code == 302
