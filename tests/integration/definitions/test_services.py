"""Definitions: seeded once, never changed, in force when approved, proposed until then."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from afterglow.apps.accounts.models import Account
from afterglow.apps.audit.models import AuditEntry
from afterglow.apps.definitions import queries, seeds, services
from afterglow.apps.definitions.models import Definition, DefinitionApproval, DefinitionKind
from afterglow.core.errors import InvalidValue
from afterglow.core.permission import Forbidden
from afterglow.core.roles import Role
from factories.base import AT, make_staff

pytestmark = pytest.mark.django_db

KEY = "emergency_equipment"
LATER = AT + timedelta(days=1)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with one checklist and the schemas."""
    for folder in (f"checklists/{KEY}", "schemas"):
        shutil.copytree(seeds.DATA / folder, tmp_path / folder)
    return tmp_path


@pytest.fixture
def director() -> Account:
    return make_staff(Role.MEDICAL_DIRECTOR)


def _edit(data: Path, *, version: int = 1, title: str = "Changed") -> None:
    body = json.loads((data / f"checklists/{KEY}/1.json").read_text())
    body |= {"title": title, "version": str(version)}
    (data / f"checklists/{KEY}/{version}.json").write_text(json.dumps(body))


def _in_force(at: object = AT) -> Definition | None:
    return queries.in_force(DefinitionKind.CHECKLIST, KEY, at)  # type: ignore[arg-type]


def _seeded(data: Path) -> Definition:
    services.sync_definitions(at=AT - timedelta(days=1), data=data)
    return Definition.objects.get(key=KEY, version=1)


def test_every_file_that_ships_becomes_one_row_and_a_second_sync_adds_none() -> None:
    first = services.sync_definitions(at=AT)
    again = services.sync_definitions(at=LATER)

    assert len(first.added) == Definition.objects.count() == again.unchanged
    assert again.added == ()
    assert {"dosing_protocol", "consent_text", "checklist", "patient_instructions"} <= set(
        Definition.objects.values_list("kind", flat=True)
    )


def test_a_body_changed_under_its_version_is_refused_and_nothing_is_added(data: Path) -> None:
    _seeded(data)
    _edit(data)
    _edit(data, version=2)

    with pytest.raises(services.DefinitionChanged, match="Give the change a new version, 2"):
        services.sync_definitions(at=AT, data=data)

    assert Definition.objects.count() == 1


def test_the_order_of_keys_in_a_file_changes_nothing(data: Path) -> None:
    _seeded(data)
    file = data / f"checklists/{KEY}/1.json"
    body = json.loads(file.read_text())
    file.write_text(json.dumps(dict(reversed(body.items())), indent=7))

    assert services.sync_definitions(at=AT, data=data).added == ()


@pytest.mark.parametrize(
    ("broken", "sentence"),
    [
        ({"items": []}, "checklist.items"),
        ({"colour": "red"}, "colour"),
        (
            {"items": [{"key": "a", "text": {"value": "A", "unit": "", "status": "sure"}}]},
            "checklist.items",
        ),
        ({"items": [{"key": "a", "text": "no source"}]}, "no source"),
    ],
)
def test_a_body_that_breaks_the_schema_is_refused_by_place(
    data: Path, broken: dict[str, object], sentence: str
) -> None:
    file = data / f"checklists/{KEY}/1.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | broken))

    with pytest.raises(InvalidValue, match=sentence):
        services.sync_definitions(at=AT, data=data)

    assert not Definition.objects.exists()


def test_a_file_whose_name_and_version_differ_is_refused(data: Path) -> None:
    (data / f"checklists/{KEY}/1.json").rename(data / f"checklists/{KEY}/3.json")

    with pytest.raises(InvalidValue, match="says version 1; its path says 3"):
        services.sync_definitions(at=AT, data=data)


def test_a_proposed_version_is_used_until_a_director_approves_one(
    data: Path, director: Account
) -> None:
    first = _seeded(data)
    _edit(data, version=2)
    services.sync_definitions(at=AT - timedelta(hours=1), data=data)
    before = _in_force()

    services.approve_definition(definition=first.public_id, by=director, at=AT)

    assert before is not None
    assert before.version == 2
    assert _in_force(AT) == first
    assert queries.is_approved(first, AT)
    assert not queries.is_approved(first, AT - timedelta(seconds=1))


def test_an_approval_may_begin_later_and_end(data: Path, director: Account) -> None:
    first = _seeded(data)

    services.approve_definition(
        definition=first.public_id,
        by=director,
        at=AT,
        effective_from=LATER,
        effective_to=LATER + timedelta(days=1),
    )

    times = [AT, LATER, LATER + timedelta(hours=23), LATER + timedelta(days=1)]
    assert [queries.is_approved(first, at) for at in times] == [False, True, True, False]


def test_an_approval_cannot_end_before_it_begins(data: Path, director: Account) -> None:
    first = _seeded(data)

    with pytest.raises(InvalidValue, match="which is not after it begins"):
        services.approve_definition(definition=first.public_id, by=director, at=AT, effective_to=AT)


def test_a_retired_version_is_not_in_force(data: Path, director: Account) -> None:
    first = _seeded(data)
    services.approve_definition(definition=first.public_id, by=director, at=AT)

    services.retire_definition(definition=first.public_id, by=director, at=LATER)

    assert _in_force(AT) == first
    assert _in_force(LATER) is None


def test_approving_twice_is_one_approval(data: Path, director: Account) -> None:
    first = _seeded(data)

    one = services.approve_definition(definition=first.public_id, by=director, at=AT)
    two = services.approve_definition(definition=first.public_id, by=director, at=LATER)

    assert one == two
    assert AuditEntry.objects.filter(action="definition-approved").count() == 1


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.MEDICAL_DIRECTOR])
def test_only_a_medical_director_approves(data: Path, role: Role) -> None:
    first = _seeded(data)

    with pytest.raises(Forbidden):
        services.approve_definition(definition=first.public_id, by=make_staff(role), at=AT)

    assert not DefinitionApproval.objects.exists()


def test_the_page_shows_each_leaf_with_source_and_approves_by_post(
    client: Client, data: Path, director: Account
) -> None:
    first = _seeded(data)
    client.force_login(director)
    page = reverse("definitions:definition", kwargs={"definition": first.public_id})

    before = client.get(page).content.decode()
    client.post(reverse("definitions:approve", kwargs={"definition": first.public_id}))
    after = client.get(page).content.decode()

    assert "items[0].text" in before
    assert "clinical reference 3.5" in before
    assert "Proposed, not approved" in before
    assert "Retire" in after
    assert "Approve this version" not in after


def test_a_nurse_sees_no_approve_button_and_a_forged_post_is_refused(
    client: Client, data: Path
) -> None:
    first = _seeded(data)
    client.force_login(make_staff(Role.MONITOR))
    kwargs = {"definition": first.public_id}

    page = client.get(reverse("definitions:definition", kwargs=kwargs))
    forged = client.post(reverse("definitions:approve", kwargs=kwargs))

    assert "Approve this version" not in page.content.decode()
    assert forged.status_code == 403


def test_the_command_says_what_it_added_and_fails_in_words(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    call_command("sync_definitions", skip_checks=True)
    assert f"added checklist/{KEY}/1" in capsys.readouterr().out

    monkeypatch.setattr(seeds.Seed, "sha256", "0" * 64)
    with pytest.raises(CommandError, match="was changed"):
        call_command("sync_definitions", skip_checks=True)


def _row(**changes: object) -> Definition:
    values = {
        "kind": "checklist",
        "key": "k",
        "version": 1,
        "title": "t",
        "source": "s",
        "body": {},
        "sha256": "0" * 64,
        "created_at": AT,
    }
    return Definition.objects.create(**values | changes)


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({}, "one_definition_per_version"),
        ({"kind": "poem"}, "definition_kind_is_known"),
        ({"version": 0}, "definition_version"),
    ],
)
def test_constraints_of_a_definition(changes: dict[str, object], constraint: str) -> None:
    _row()

    with pytest.raises(DatabaseError, match=constraint), transaction.atomic():
        _row(**changes)


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"act": "liked"}, "approval_act_is_known"),
        ({"effective_to": AT}, "approval_ends_after_it_begins"),
    ],
)
def test_constraints_of_an_approval(changes: dict[str, object], constraint: str) -> None:
    values = {
        "definition": _row(),
        "act": "approved",
        "by": make_staff().public_id,
        "at": AT,
        "effective_from": AT,
    }

    with pytest.raises(DatabaseError, match=constraint), transaction.atomic():
        DefinitionApproval.objects.create(**values | changes)


def test_both_languages_say_the_same_things_at_discharge() -> None:
    services.sync_definitions(at=AT)
    body = Definition.objects.get(key="discharge").body["languages"]

    english, spanish = ([part["key"] for part in body[code]["sections"]] for code in ("en", "es"))

    assert english == spanish


def test_the_consent_text_holds_all_fourteen_elements() -> None:
    services.sync_definitions(at=AT)
    consent = Definition.objects.get(kind=DefinitionKind.CONSENT_TEXT)

    sources = [leaf.source for leaf in queries.cited_leaves(consent)]

    assert [
        any(f"element {number}" == source.split("; ")[0].split("11.3 ")[1] for source in sources)
        for number in range(1, 15)
    ] == [True] * 14
