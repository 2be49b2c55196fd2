"""Documents: rendered exactly or not at all, kept byte for byte, opened by who may."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from afterglow.apps.audit.models import AuditEntry
from afterglow.apps.documents import queries, rendering, services
from afterglow.apps.documents.models import Document
from afterglow.apps.places.models import Site
from afterglow.core.errors import InvalidValue
from afterglow.core.roles import Role
from factories.base import AT, make_site, make_staff

TEXT = {
    "title": "After your infusion",
    "language": "en",
    "intro": "Take care; #danger *not bold* $x$ @nobody.",
    "footer": "version 1",
    "sections": [{"heading": "Going home", "text": "Leave with the adult you named."}],
}


def _words(pdf: bytes) -> str:
    return " ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def _fonts(pdf: bytes) -> set[str]:
    page: Any = PdfReader(io.BytesIO(pdf)).pages[0]
    return {str(font.get_object()["/BaseFont"]) for font in page["/Resources"]["/Font"].values()}


def test_a_document_says_what_the_data_say_and_takes_none_of_it_as_markup() -> None:
    words = _words(rendering.render("documents/text", TEXT))

    assert "Leave with the adult you named." in words
    assert "#danger *not bold* $x$ @nobody." in words


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("Łukasz Żółć", "Łukasz Żółć"),
        ("Юлия", "Юлия"),
        ("王小明", "[U+738B][U+5C0F][U+660E]"),
        ("Zoe 😀\N{ZERO WIDTH SPACE}", "Zoe [U+1F600]"),
    ],
)
def test_a_letter_that_no_font_can_draw_is_printed_by_its_number(name: str, printed: str) -> None:
    words = _words(rendering.render("documents/text", {**TEXT, "intro": name}))

    assert printed in words


def test_a_document_is_set_in_our_fonts() -> None:
    fonts = _fonts(rendering.render("documents/text", TEXT))

    assert fonts
    assert all("AtkinsonHyperlegible" in font for font in fonts)


def test_the_same_words_give_the_same_bytes() -> None:
    first = rendering.render("documents/text", TEXT, at=AT)

    assert rendering.render("documents/text", TEXT, at=AT) == first


@pytest.mark.parametrize("template", ["documents/nothing", "documents/../x", "", "documents/"])
def test_an_unknown_template_is_refused_by_name(template: str) -> None:
    with pytest.raises(rendering.CannotRender, match="There is no document template"):
        rendering.render(template, {})


def test_data_that_the_template_misses_are_an_error() -> None:
    with pytest.raises(rendering.CannotRender, match="footer"):
        rendering.render("documents/text", {"title": "T"})


def test_a_missing_font_is_an_error_and_not_another_font(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "documents" / "typst").mkdir(parents=True)
    (tmp_path / "documents" / "typst" / "odd.typ").write_text('#set text(font: "No Such")\nHello')
    monkeypatch.setattr(rendering, "APPS", tmp_path)

    with pytest.raises(rendering.CannotRender, match="unknown font family: no such"):
        rendering.render("documents/odd", {})


@pytest.fixture
def site(db: None) -> Site:
    return make_site()


def _store(site: Site, *, patient: object = None) -> Document:
    return services.store_document(
        kind="letter",
        title="A letter",
        content=b"%PDF-1.7 made up",
        subject=site,
        site=site,
        patient=patient,  # type: ignore[arg-type]
        by=None,
        at=AT,
        template="documents/text",
    )


def test_a_stored_document_keeps_its_bytes_and_their_hash(site: Site) -> None:
    stored = Document.objects.get(pk=_store(site).pk)

    assert queries.bytes_of(stored) == b"%PDF-1.7 made up"
    assert stored.sha256 == hashlib.sha256(b"%PDF-1.7 made up").hexdigest()
    assert stored.template_sha256 == rendering.template_sha256("documents/text")


def test_storing_the_same_bytes_again_keeps_one(site: Site) -> None:
    assert _store(site) == _store(site)
    assert [one.kind for one in queries.documents_about(site.public_id)] == ["letter"]


def test_damaged_bytes_are_never_handed_out(site: Site) -> None:
    stored = _store(site)
    stored.content = b"other bytes"

    with pytest.raises(queries.DocumentDamaged):
        queries.bytes_of(stored)


def test_a_stored_document_cannot_be_changed(site: Site) -> None:
    _store(site)

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Document.objects.update(content=b"forged")


class _Patient:
    def __init__(self) -> None:
        self.public_id = uuid4()


def test_a_download_is_audited_and_refused_to_who_may_not_open_the_chart(
    client: Client, site: Site
) -> None:
    stored = _store(site, patient=_Patient())
    page = reverse("documents:download", kwargs={"document": stored.public_id})
    client.force_login(make_staff(Role.ADMINISTRATOR))
    refused = client.get(page)
    nurse = make_staff(Role.MONITOR, site=site)
    client.force_login(nurse)

    given = client.get(page)

    assert refused.status_code == 403
    assert given.content == b"%PDF-1.7 made up"
    read = AuditEntry.objects.get(action="document-read")
    assert (read.by, read.patient) == (nurse.public_id, stored.patient)


def test_a_nurse_of_another_site_cannot_download_a_patients_document(
    client: Client, site: Site
) -> None:
    stored = _store(site, patient=_Patient())
    client.force_login(make_staff(Role.MONITOR, site=make_site()))

    response = client.get(reverse("documents:download", kwargs={"document": stored.public_id}))

    assert response.status_code == 403


def test_a_patients_document_needs_a_site(site: Site) -> None:
    with pytest.raises(InvalidValue, match="needs the site"):
        services.store_document(
            kind="letter",
            title="A letter",
            content=b"x",
            subject=site,
            patient=_Patient(),
            by=None,
            at=AT,
        )
