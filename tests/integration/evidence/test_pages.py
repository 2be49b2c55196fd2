"""The pages of the library: who sees what, what a form changes, and what a refusal answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from afterglow.apps.accounts.models import Account
from afterglow.apps.evidence.forms import RecordForm
from afterglow.apps.evidence.models import Publication, Record, RecordVersion
from afterglow.config import cli
from afterglow.core.evidence.library import check_content
from afterglow.core.evidence.publishing import PublicationState
from afterglow.core.evidence.vocabulary import RecordKind
from afterglow.core.roles import CredentialKind, Role
from afterglow.web import clock
from factories.base import make_staff
from support.evidence import AT, Library

Visit = Callable[[Account], Client]


@pytest.fixture(autouse=True)
def _now() -> Any:
    with clock.fixed(AT):
        yield


@pytest.fixture
def visit() -> Visit:
    def one(account: Account) -> Client:
        client = Client()
        client.force_login(account)
        return client

    return one


def filled(form: RecordForm, **changed: Any) -> dict[str, Any]:
    """What a browser would post when the person changes these fields only."""
    values = {name: form[name].value() for name in form.fields}
    plain = {name: "" if value is None else value for name, value in values.items()}
    return {name: value for name, value in plain.items() if value is not False} | changed


def test_the_list_filters_and_links(library: Library, visit: Visit) -> None:
    page = visit(library.author).get("/evidence/?kind=claim&verdict=wrong")

    body = page.content.decode()
    assert page.status_code == 200
    assert "14 records of" in body
    assert f"/evidence/records/{library.record('C24').public_id}/" in body
    assert str(library.record("C01").public_id) not in body


@pytest.mark.parametrize("query", ["kind=rumour", "verdict=fine", "standing=lost"])
def test_a_filter_that_does_not_exist_is_refused(
    library: Library, visit: Visit, query: str
) -> None:
    assert visit(library.author).get(f"/evidence/?{query}").status_code == 422


def test_every_record_has_a_page_and_an_edit_form_that_changes_nothing_by_itself(
    library: Library, visit: Visit
) -> None:
    client = visit(library.reviewer)
    for kind in RecordKind:
        for record in Record.objects.filter(kind=kind)[:4]:
            assert client.get(f"/evidence/records/{record.public_id}/").status_code == 200
    for version in RecordVersion.objects.select_related("record"):
        form = RecordForm(version=version)
        bound = RecordForm(filled(form, change_note="x"), version=version)
        assert bound.is_valid(), (version, bound.errors)
        body, curation = bound.content()
        assert body == version.body, version
        check_content(RecordKind(version.record.kind), version.record.key, body, curation)
        assert curation.get("figures") == version.curation.get("figures"), version


def test_a_person_who_read_the_paper_confirms_its_counts(library: Library, visit: Visit) -> None:
    record = library.record("T03")
    form = RecordForm(version=library.version("T03"))

    answer = visit(library.reviewer).post(
        f"/evidence/records/{record.public_id}/edit/",
        filled(
            form,
            **{
                "change_note": "Read table 2 of the paper.",
                "f-curation-counts": "confirmed",
                "f-body-from_memory_unconfirmed": "",
                "f-body-status": "confirmed",
            },
        ),
    )

    assert answer.status_code == 302
    version = library.version("T03")
    figure = version.figure("arm1-response")
    assert (version.number, version.status, version.from_memory) == (2, "confirmed", [])
    assert figure is not None
    assert figure.status == "confirmed"


def test_a_figure_and_a_fact_can_be_added(library: Library, visit: Visit) -> None:
    record = library.record("C01")
    form = RecordForm(version=library.version("C01"))
    new = "f-curation-figures-1"

    visit(library.reviewer).post(
        f"/evidence/records/{record.public_id}/edit/",
        filled(
            form,
            **{
                "change_note": "The label says so.",
                "f-body-facts-3-fact": "Marketed as Ketalar.",
                f"{new}-key": "marketed",
                f"{new}-words": "marketed since",
                f"{new}-kind": "regulatory",
                f"{new}-measure": "year",
                f"{new}-value": "1971",
                f"{new}-status": "confirmed",
            },
        ),
    )

    version = library.version("C01")
    assert [figure.key for figure in version.figures] == ["approved", "marketed"]
    assert [fact["fact"] for fact in version.facts][3] == "Marketed as Ketalar."


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("change_note", "", "Please fill this in"),
        ("f-body-arms-0-responders", "48", "48 responders of 47 people"),
        ("seen", "9", "You edited version 9"),
    ],
)
def test_a_version_that_cannot_be_is_answered_with_a_sentence(
    library: Library, visit: Visit, field: str, value: str, said: str
) -> None:
    form = RecordForm(version=library.version("T03"))
    changed = {"change_note": "x", "f-body-caution": "Look again.", field: value}

    answer = visit(library.reviewer).post(
        f"/evidence/records/{library.record('T03').public_id}/edit/", filled(form, **changed)
    )

    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert library.version("T03").number == 1


def test_approve_check_and_withdraw_from_the_page(library: Library, visit: Visit) -> None:
    client = visit(library.director)
    record, version = library.record("T17"), library.version("T17")

    client.post(f"/evidence/versions/{version.public_id}/approve/", {"note": ""})
    client.post(f"/evidence/versions/{version.public_id}/check/", {"note": ""})
    page = client.get(f"/evidence/records/{record.public_id}/").content.decode()
    assert "Approved" in page
    assert library.director.full_name in page
    assert client.post(f"/evidence/records/{record.public_id}/withdraw/", {}).status_code == 422
    client.post(f"/evidence/records/{record.public_id}/withdraw/", {"note": "Retracted."})

    record.refresh_from_db()
    assert record.is_withdrawn


def test_a_refused_approval_answers_409_with_every_reason(library: Library, visit: Visit) -> None:
    version = library.version("T02")

    answer = visit(library.director).post(
        f"/evidence/versions/{version.public_id}/approve/", {"note": ""}
    )

    assert answer.status_code == 409
    assert "RECORD_FROM_MEMORY" in answer.content.decode()


def test_who_may_not_approve_sees_no_button_and_is_forbidden(
    library: Library, visit: Visit
) -> None:
    client = visit(library.author)
    version = library.version("T17")
    page = client.get(f"/evidence/records/{version.record.public_id}/").content.decode()

    assert "Approve version" not in page
    assert "Write a new version" not in page
    for path in (
        f"/evidence/versions/{version.public_id}/approve/",
        f"/evidence/versions/{version.public_id}/check/",
    ):
        assert client.post(path, {"note": ""}).status_code == 403


def test_a_patient_and_a_visitor_see_nothing(library: Library, visit: Visit) -> None:
    paths = ["/evidence/", "/evidence/due/", "/evidence/texts/", "/evidence/syntheses/"]
    paths.append(f"/evidence/records/{library.record('T17').public_id}/")
    for path in paths:
        assert visit(make_staff(Role.PATIENT)).get(path).status_code == 403
        assert Client().get(path).status_code == 302


def test_the_steps_of_a_text_from_its_page(library: Library, visit: Visit) -> None:
    library.approve("P01")
    row = library.text("Ketamine [[P01#response-ketamine]], saline [[P01#response-saline]].")
    path = f"/evidence/texts/{row.public_id}"

    visit(library.author).post(f"{path}/submit/")
    assert visit(library.reviewer).post(f"{path}/return/", {"note": ""}).status_code == 422
    visit(library.reviewer).post(f"{path}/return/", {"note": "Say in whom."})
    visit(library.author).post(f"{path}/submit/")
    visit(library.reviewer).post(f"{path}/review/", {"note": ""})
    assert visit(library.director).post(f"{path}/publish/", {"publish_at": "x"}).status_code == 422
    visit(library.director).post(f"{path}/publish/", {"publish_at": "2026-12-24T08:00"})
    row.refresh_from_db()
    assert (row.state, row.publish_at is not None) == (PublicationState.REVIEWED, True)
    visit(library.director).post(f"{path}/publish/", {"publish_at": ""})

    page = visit(library.director).get(f"{path}/").content.decode()
    assert "27.4\u202f%" in page
    assert Publication.objects.get(pk=row.pk).state == PublicationState.PUBLISHED
    visit(library.director).post(f"{path}/withdraw/", {"note": "Old."})
    assert Publication.objects.get(pk=row.pk).state == PublicationState.WITHDRAWN
    again = visit(library.reviewer).post(f"{path}/return/", {"note": "x"}, follow=True)
    assert "it can: nothing" in again.content.decode()


def test_a_refused_review_answers_409_with_the_words_it_found(
    library: Library, visit: Visit
) -> None:
    row = library.text("IV ketamine 75 % versus SSRIs 30 %")
    library.submit(row)

    answer = visit(library.reviewer).post(f"/evidence/texts/{row.public_id}/review/", {"note": ""})

    assert answer.status_code == 409
    assert answer.content.decode().count("EVIDENCE_BARE_NUMBER") >= 2


def test_the_synthesis_page_shows_every_number_of_its_plot_in_a_table(
    library: Library, visit: Visit
) -> None:
    page = visit(library.author).get("/evidence/syntheses/single-infusion/?method=dl")

    body = page.content.decode()
    assert "3.39 (1.90 to 6.05)" in body
    assert "<svg" in body
    for study in ("Murrough 2013", "Su 2017", "Su 2023", "Lii 2023"):
        assert body.count(study) >= 3  # in the plot, in the table, without it
    assert "Standard error of the logarithm" in body
    for error in ("0.527", "0.702", "0.556", "0.623"):  # the square roots of metafor's vi
        assert error in body
    assert "COUNTS_FROM_MEMORY" in body


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("early-crossovers/", 200, "the same people are in both arms"),
        ("repeated-symptoms/?measure=SMD", 200, "SMD"),
        ("single-infusion/?method=magic", 422, "magic"),
        ("single-infusion/?measure=SMD", 422, "SMD"),
        ("no-such-question/", 404, ""),
    ],
)
def test_the_synthesis_page_says_what_it_cannot_do(
    library: Library, visit: Visit, path: str, status: int, said: str
) -> None:
    page = visit(library.author).get(f"/evidence/syntheses/{path}")

    assert page.status_code == status
    assert said in page.content.decode()


def test_the_command_pools(library: Library, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("pool_evidence", "repeated-infusion", method="dl", measure="OR", json=True)
    told = json.loads(capsys.readouterr().out)
    call_command("pool_evidence", "early-crossovers")
    words = capsys.readouterr().out

    assert round(told["pooled"]["estimate"], 2) == 4.79
    assert (told["method"], told["measure"]) == ("dl", "OR")
    assert "left out: Berman 2000 is a crossover" in words
    with pytest.raises(CommandError, match="known are single-infusion"):
        call_command("pool_evidence", "x")


def test_a_network_is_shown_with_its_assumptions_first(library: Library, visit: Visit) -> None:
    page = visit(library.author)
    listed = page.get("/evidence/syntheses/").content.decode()
    shown = page.get("/evidence/networks/ketamine-and-its-controls/").content.decode()
    refused = page.get("/evidence/networks/ketamine-and-esketamine/").content.decode()

    assert "/evidence/networks/ketamine-and-its-controls/" in listed
    for body in (shown, refused):
        assert body.index("Transitivity") < body.index("No trial with an unwelcome result")
    assert shown.index("Transitivity") < shown.index("Every treatment against every other")
    assert "none: by way of others only" in shown
    assert "Every treatment against every other" not in refused
    assert "No chain of trials links" in refused
    assert page.get("/evidence/networks/nothing/").status_code == 404


def test_the_command_prints_a_network_after_its_assumptions(
    library: Library,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://x@localhost/x")  # Django is connected
    monkeypatch.setenv("AFTERGLOW_DATA", str(tmp_path))

    assert cli.main(["evidence", "network", "ketamine-and-its-controls"]) == 0
    words = capsys.readouterr().out
    assert cli.main(["evidence", "network", "ketamine-and-its-controls", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)

    assert words.index("assumed: Transitivity") < words.index("IV ketamine against")
    assert "no trial compares them" in words
    assert len(told["assumptions"]) == 5
    with pytest.raises(CommandError, match="known are ketamine-and-its-controls"):
        call_command("compare_evidence", "x")


def test_a_director_without_a_licence_is_told_so(library: Library, visit: Visit) -> None:
    library.director.credentials.filter(kind=CredentialKind.LICENCE).delete()
    version = library.version("T17")

    answer = visit(library.director).post(
        f"/evidence/versions/{version.public_id}/approve/", {"note": ""}
    )

    assert answer.status_code == 403
    assert library.record("T17").current is None


def test_the_command_line_pools_from_the_database(
    library: Library,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://x@localhost/x")  # Django is connected
    monkeypatch.setenv("AFTERGLOW_DATA", str(tmp_path))
    words = ["evidence", "pool", "single-infusion", "--method", "dl", "--measure", "OR", "--json"]

    assert cli.main(words) == 0

    told = json.loads(capsys.readouterr().out)
    assert round(told["pooled"]["estimate"], 2) == 3.39


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["evidence"], "ACTION"),
        (["evidence", "pool"], "required"),
        (["evidence", "pool", "nothing"], "known are single-infusion"),
        (["evidence", "pool", "single-infusion", "--method", "magic"], "invalid choice: 'magic'"),
    ],
)
def test_bad_arguments_end_with_a_sentence(
    library: Library,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    words: list[str],
    said: str,
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://x@localhost/x")  # Django is connected
    monkeypatch.setenv("AFTERGLOW_DATA", str(tmp_path))
    try:
        status: object = cli.main(words)
    except SystemExit as asked:
        status = asked.code

    assert status not in (0, None)
    assert said in capsys.readouterr().err
