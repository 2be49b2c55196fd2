"""The records in Spanish: imported, shown honestly, checked by a named clinician, never stale."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from afterglow.apps.audit.models import AuditEntry
from afterglow.apps.evidence import queries, services
from afterglow.apps.evidence.files import FOLDER
from afterglow.apps.evidence.models import RecordTranslation
from afterglow.apps.evidence.services import Done, Refused
from afterglow.apps.evidence.spoken import Spoken
from afterglow.apps.work.models import Task, TaskState
from afterglow.apps.work.queries import TaskLine
from afterglow.core.errors import InvalidValue
from afterglow.core.permission import Forbidden
from support.evidence import AT, ON, Library

LATER = AT + dt.timedelta(days=1)


def said(library: Library, key: str, language: str = "es") -> Spoken:
    record = library.record(key)
    version = record.current or library.version(key)
    return queries.spoken([version], language)[version.pk]


def texts(library: Library, key: str) -> dict[str, str]:
    newest = library.record(key).translations.first()
    assert newest is not None
    return dict(newest.texts)


def write(library: Library, key: str, given: dict[str, str], **more: Any) -> Any:
    usual: dict[str, Any] = {"by": library.author, "at": AT, "on": ON}
    return services.write_translation(
        record=library.record(key).public_id, language="es", texts=given, **(usual | more)
    )


def sign(library: Library, row: RecordTranslation, **more: Any) -> Any:
    usual: dict[str, Any] = {"by": library.reviewer, "at": AT, "on": ON}
    return services.check_translation(translation=row.public_id, **(usual | more))


def tasks(library: Library, key: str) -> list[str]:
    rows = Task.objects.filter(kind="translate_evidence", subject=library.record(key).public_id)
    return list(rows.order_by("pk").values_list("state", flat=True))


def test_the_import_brings_a_translation_of_everything_that_visitors_read(
    library: Library,
) -> None:
    lines = queries.translation_lines("es")

    assert len(lines) > 150
    assert {line.standing for line in lines} == {"drafted"}
    assert said(library, "C11").words.startswith("La ketamina no está aprobada por la FDA")


def test_importing_again_adds_no_translation(library: Library) -> None:
    before = RecordTranslation.objects.count()

    done = services.import_release(at=LATER)

    assert (done.translated, done.untranslated) == (0, ())
    assert RecordTranslation.objects.count() == before


def test_an_edition_that_changes_one_translation_adds_one(library: Library, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(FOLDER, tmp_path / "evidence"))
    path = folder / "translations" / "es.json"
    body = json.loads(path.read_text(encoding="utf-8"))
    body["texts"]["very low"] = "bajísima"
    path.write_text(json.dumps(body), encoding="utf-8")

    done = services.import_release(at=LATER, folder=folder)

    assert done.translated == 2  # P01 and P02
    assert said(library, "P01").say("very low") == "bajísima"
    assert done.changed == ()


def test_an_edition_with_other_numbers_in_its_spanish_is_refused(tmp_path: Path, db: None) -> None:
    folder = Path(shutil.copytree(FOLDER, tmp_path / "evidence"))
    path = folder / "translations" / "es.json"
    body = json.loads(path.read_text(encoding="utf-8"))
    body["texts"]["7 trials"] = "8 ensayos"
    path.write_text(json.dumps(body), encoding="utf-8")

    with pytest.raises(InvalidValue, match="8 ensayos"):
        services.import_release(at=AT, folder=folder)


def test_a_record_that_says_something_else_is_shown_in_english_and_is_a_task(
    library: Library,
) -> None:
    library.approve("C11")
    assert (said(library, "C11").language, tasks(library, "C11")) == ("es", [])

    library.change("C11", corrected_wording="Ketamine is off-label for depression.")
    library.approve("C11")

    spoken = said(library, "C11")
    assert (spoken.language, spoken.missing) == ("en", True)
    assert spoken.words == "Ketamine is off-label for depression."
    assert tasks(library, "C11") == [TaskState.OPEN]
    assert services.open_translations(at=LATER) == 0


def test_a_change_that_visitors_do_not_read_keeps_the_translation(library: Library) -> None:
    library.approve("P01")
    library.change("P01", scope="adults, unipolar, 24 hours")
    library.approve("P01")

    assert said(library, "P01").language == "es"
    assert tasks(library, "P01") == []


def test_a_new_translation_is_shown_once_another_person_has_checked_it(library: Library) -> None:
    library.approve("C11")
    library.change("C11", corrected_wording="Ketamine is off-label for depression.")
    library.approve("C11")
    given = texts(library, "C11") | {
        "Ketamine is off-label for depression.": "Para la depresión, la ketamina es off-label."
    }

    done = write(library, "C11", given)
    assert isinstance(done, Done)
    assert said(library, "C11").missing

    checked = sign(library, done.row)
    assert isinstance(checked, Done)
    spoken = said(library, "C11")
    assert spoken.words == "Para la depresión, la ketamina es off-label."
    assert spoken.check is not None
    assert spoken.check.checked_by == f"{library.reviewer.full_name}, RN"
    assert tasks(library, "C11") == [TaskState.DONE]


def test_what_waits_for_approval_can_be_translated_before_it_is_in_force(library: Library) -> None:
    library.approve("C11")
    library.change("C11", corrected_wording="Ketamine is off-label for depression.")
    given = texts(library, "C11") | {
        "Ketamine is off-label for depression.": "Para la depresión, la ketamina es off-label."
    }
    sign(library, write(library, "C11", given).row)

    assert said(library, "C11").words.startswith("La ketamina no está aprobada")
    library.approve("C11")
    assert said(library, "C11").words == "Para la depresión, la ketamina es off-label."
    assert tasks(library, "C11") == []


def test_a_translation_with_other_numbers_is_refused_and_the_refusal_kept(
    library: Library,
) -> None:
    given = texts(library, "C12")
    wording = library.version("C12").corrected_wording
    given[wording] = given[wording].replace("12.9", "19.2")

    outcome = write(library, "C12", given)

    assert isinstance(outcome, Refused)
    assert outcome.decision.codes == ("TRANSLATION_NUMBERS_DIFFER",)
    entry = AuditEntry.objects.get(action="evidence-translation-refused")
    assert entry.detail["codes"] == ["TRANSLATION_NUMBERS_DIFFER"]


def test_a_missing_text_is_named(library: Library) -> None:
    outcome = write(library, "C11", {})

    assert isinstance(outcome, Refused)
    assert set(outcome.decision.codes) == {"TRANSLATION_MISSING"}


def test_the_draft_that_came_with_the_edition_is_checked_as_it_is(library: Library) -> None:
    draft = library.record("C11").translations.get()
    again = write(library, "C11", texts(library, "C11"))
    assert again.row == draft

    sign(library, draft)

    spoken = said(library, "C11")
    assert (spoken.translation, spoken.unchecked) == (draft, False)


def test_nobody_checks_their_own_translation(library: Library) -> None:
    given = texts(library, "C11")
    first = next(iter(given))
    done = write(library, "C11", given | {first: given[first] + "!"}, by=library.reviewer)

    outcome = sign(library, done.row)

    assert outcome.decision.codes == ("TRANSLATION_CHECKED_BY_TRANSLATOR",)
    assert isinstance(sign(library, done.row, by=library.director), Done)


def test_only_a_clinician_checks_and_only_a_language_of_the_pages_is_taken(
    library: Library,
) -> None:
    draft = library.record("C11").translations.get()

    with pytest.raises(Forbidden):
        sign(library, draft, by=library.author)
    with pytest.raises(InvalidValue, match="'fr'"):
        services.write_translation(
            record=library.record("C11").public_id,
            language="fr",
            texts={},
            by=library.author,
            at=AT,
            on=ON,
        )


def test_a_translation_of_words_that_are_no_longer_said_cannot_be_checked(
    library: Library,
) -> None:
    draft = library.record("C11").translations.get()
    library.approve("C11")
    library.change("C11", corrected_wording="Ketamine is off-label for depression.")
    library.approve("C11")

    assert sign(library, draft).decision.codes == ("TRANSLATION_OUTDATED",)


def test_a_newer_edition_does_not_displace_what_a_clinician_checked(
    library: Library, tmp_path: Path
) -> None:
    sign(library, library.record("P01").translations.get())
    folder = Path(shutil.copytree(FOLDER, tmp_path / "evidence"))
    path = folder / "translations" / "es.json"
    body = json.loads(path.read_text(encoding="utf-8"))
    body["texts"]["very low"] = "bajísima"
    path.write_text(json.dumps(body), encoding="utf-8")
    services.import_release(at=LATER, folder=folder)

    assert said(library, "P01").say("very low") == "muy baja"


def test_two_translators_do_not_overwrite_each_other(library: Library) -> None:
    given = texts(library, "C11")
    first = next(iter(given))
    write(library, "C11", given | {first: given[first] + "!"}, seen=1)

    with pytest.raises(InvalidValue, match="Nothing was saved"):
        write(library, "C11", given | {first: given[first] + "?"}, seen=1)


def test_checking_twice_is_once(library: Library) -> None:
    draft = library.record("C11").translations.get()

    assert sign(library, draft).row == sign(library, draft).row
    assert draft.checks.count() == 1


def test_english_is_read_from_the_record_itself(library: Library) -> None:
    spoken = said(library, "C11", "en")

    assert (spoken.language, spoken.missing, spoken.translation) == ("en", False, None)


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"language": "en"}, "english_is_not_translated"),
        ({"release": None}, "a_translation_comes_from_a_release_or_a_person"),
        ({"translated_by": ""}, "a_translation_names_who_translated"),
        ({"number": 1}, "one_translation_per_number"),
        ({"origin": "ghost"}, "translation_origin_is_known"),
    ],
)
def test_the_database_refuses_a_translation_that_cannot_be(
    library: Library, changed: dict[str, Any], name: str
) -> None:
    row = library.record("C11").translations.get()
    row.pk, row.public_id, row.number = None, library.record("C12").public_id, 2
    for field, value in changed.items():
        setattr(row, field, value)

    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        row.save(force_insert=True)


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({}, "one_check_per_translation_and_person"),
        ({"checked_by": ""}, "a_translation_check_names_who_checked"),
    ],
)
def test_the_database_refuses_a_check_that_cannot_be(
    library: Library, changed: dict[str, Any], name: str
) -> None:
    row = library.record("C11").translations.get()
    sign(library, row)
    check = row.checks.get()
    check.pk, check.public_id = None, library.record("C12").public_id
    if changed:
        check.by = library.author
    for field, value in changed.items():
        setattr(check, field, value)

    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        check.save(force_insert=True)


def test_a_translation_and_its_check_never_change(library: Library) -> None:
    row = library.record("C11").translations.get()
    sign(library, row)

    for query in (RecordTranslation.objects.filter(pk=row.pk), row.checks.all()):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            query.update(sha256="0" * 64)


def test_the_task_leads_to_the_language_that_is_missing(library: Library, client: Client) -> None:
    library.approve("C11")
    library.change("C11", corrected_wording="Ketamine is off-label for depression.")
    library.approve("C11")
    task = Task.objects.get(kind="translate_evidence")
    client.force_login(library.reviewer)

    page = client.get(TaskLine(task, "", False, False).url, follow=True)

    assert page.request["PATH_INFO"].endswith("/translations/es/")
    assert "Visitors read this record in English" in page.content.decode()


def test_what_a_machine_translated_is_one_task_until_a_clinician_has_checked_all_of_it(
    library: Library, client: Client
) -> None:
    library.approve("C11")
    library.approve("C01")

    assert services.open_translation_checks(at=LATER) == 1
    assert services.open_translation_checks(at=LATER) == 0
    task = Task.objects.get(kind="check_translations")
    client.force_login(library.reviewer)
    page = client.get(TaskLine(task, "", False, False).url, follow=True)
    assert page.request["PATH_INFO"].endswith("/evidence/translations/es/")
    assert page.request["QUERY_STRING"] == "standing=drafted"

    sign(library, library.record("C11").translations.get())
    task.refresh_from_db()
    assert task.state == TaskState.OPEN
    sign(library, library.record("C01").translations.get())
    task.refresh_from_db()
    assert (task.state, task.closed_by) == (TaskState.DONE, library.reviewer.public_id)


def test_the_list_puts_what_is_to_do_first(library: Library, client: Client) -> None:
    library.approve("N-va-dod-cpg-mdd")
    library.change("N-va-dod-cpg-mdd", recommendation="Suggests it after several trials.")
    library.approve("N-va-dod-cpg-mdd")
    sign(library, library.record("C01").translations.get())
    client.force_login(library.author)

    body = client.get("/evidence/translations/es/").content.decode()

    assert body.index("VA/DoD CPG MDD") < body.index(library.version("C01").title)
    assert f"1 of {len(queries.translation_lines('es'))} records were checked" in body
    assert "1 are shown in English" in body
    assert client.get("/evidence/translations/fr/").status_code == 404


def test_the_page_of_a_translation_refuses_with_its_reasons_and_keeps_what_was_typed(
    library: Library, client: Client
) -> None:
    record = library.record("C12")
    words = queries.words_to_translate(record)
    client.force_login(library.author)
    path = f"/evidence/records/{record.public_id}/translations/es/"
    sent = {f"w{at}": "Otra cosa." for at in range(len(words))} | {"seen": "1"}

    answer = client.post(path, sent)

    assert answer.status_code == 409
    assert answer.content.decode().count("Otra cosa.") >= len(words)
    assert "does not state the numbers of the record" in answer.content.decode()


def test_who_may_not_check_sees_no_button_and_is_forbidden(
    library: Library, client: Client
) -> None:
    row = library.record("C11").translations.get()
    client.force_login(library.author)
    path = f"/evidence/records/{library.record('C11').public_id}/translations/es/"

    assert "it says the same" not in client.get(path).content.decode()
    assert client.post(f"/evidence/translations/{row.public_id}/check/").status_code == 403
    client.force_login(library.reviewer)
    assert "it says the same" in client.get(path).content.decode()
