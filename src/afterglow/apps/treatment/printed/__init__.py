"""The signed record as a PDF: rendered from the content that was signed, and from nothing else.

It is made when the record is signed, and again with each addendum; opening it makes nothing.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from afterglow.apps.accounts.models import Account
from afterglow.apps.documents import rendering
from afterglow.apps.documents.models import Document
from afterglow.apps.documents.services import store_document
from afterglow.apps.treatment.models import Signature
from afterglow.apps.treatment.printed import after, before, during, watched
from afterglow.apps.treatment.printed.graph import graph
from afterglow.apps.treatment.printed.readings import artefacts, readings
from afterglow.apps.treatment.printed.words import ENDINGS, Clock, day_words, words
from afterglow.apps.treatment.record import content_sha256, record_content
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.errors import AfterglowError

TEMPLATE = "treatment/record"
KIND = "signed-record"


READ_AT_ONCE = frozenset({"Alarms", "Readings", "Refused", "Overrides"})
"""The tables that stand open before whoever signs."""


class RecordAltered(AfterglowError):
    """The stored content of a signed record no longer has the hash that was signed."""


def keep_record(signature: Signature, *, by: Account, at: datetime) -> Document:
    """Render the record with its addenda and keep it. Raises RecordAltered.

    ``signature`` may be one that is not saved yet: its content is printed, and its hash.
    """
    session = signature.session
    with rendering.document_language():
        data = plain(signature)
        title = f"Infusion record of {day_words(signature.content['session']['date'])}"
    return store_document(
        kind=KIND,
        title=title,
        content=rendering.render(TEMPLATE, data, at=signature.at),
        subject=session,
        by=by,
        at=at,
        template=TEMPLATE,
        patient=session.patient,
        site=session.site,
    )


def draft_record(session: TreatmentSession, *, by: Account, at: datetime) -> bytes:
    """Render the record as it would be signed now by this person, and keep nothing."""
    with rendering.document_language():
        data = plain(_draft(session, by=by, at=at))
        data["title"] = "DRAFT of an infusion record, not signed"
        data["signed"] = f"Not signed. Drafted for {by.full_name}."
    return rendering.render(TEMPLATE, data, at=at)


def read_first(session: TreatmentSession, *, by: Account, at: datetime) -> list[dict[str, Any]]:
    """Return what a signer reads before signing: the tables of the record that hold something.

    They are the record's own, in its one language: what is read is what is signed.
    """
    with rendering.document_language():
        sections = plain(_draft(session, by=by, at=at))["sections"]
    return [
        {
            **each,
            "is_open": each["title"] in READ_AT_ONCE,
            "rows": [[_text(cell) for cell in row] for row in each["rows"]],
        }
        for each in sections
        if each["kind"] == "table" and each["rows"]
    ]


def _draft(session: TreatmentSession, *, by: Account, at: datetime) -> Signature:
    content = record_content(session, signed_by=by, at=at)
    return Signature(session=session, by=by, at=at, content=content, sha256=content_sha256(content))


def _text(cell: Any) -> str:
    return str(cell["text"]) if isinstance(cell, dict) else str(cell)


def kept_record(signature: Signature) -> Document | None:
    """Return the newest printed record of a signature: the one with every addendum so far."""
    return (
        Document.objects.filter(kind=KIND, subject=signature.session.public_id)
        .order_by("-at", "-pk")
        .first()
    )


def plain(signature: Signature) -> dict[str, Any]:
    """Return the record as text for the page: numbers with units, times on the site's clock.

    Raises RecordAltered where the content is not what the hash was made of.
    """
    content = signature.content
    found = content_sha256(content)
    if found != signature.sha256:
        raise RecordAltered(
            f"The record of session {signature.session.public_id} has the hash {found[:16]}…; "
            f"signed was {signature.sha256[:16]}…. It is not printed."
        )
    clock = Clock.of(content)
    patient, site, day = content["patient"], content["site"], content["session"]
    name = f"{patient['family_name']}, {patient['given_name']}"
    born = day_words(patient["date_of_birth"])
    return {
        "title": "Infusion record",
        "footer": f"{name} · born {born} · MRN {patient['mrn']} · {signature.sha256[:12]}…",
        "made": f"{site['name']} · {day_words(day['date'])}",
        "zone": f"Times are those of {clock.zone_words(day['checked_in_at'])}; "
        "another day is named before the time.",
        "glance": _glance(signature, clock),
        "sections": [
            *before.sections(content, clock),
            *during.drip(content, clock),
            *watched.sections(content, clock),
            *during.story(content, clock),
            {"kind": "graph", "title": "Vital signs", **graph(content, clock)},
            readings(content, clock),
            *artefacts(content, clock),
            during.scores(content, clock),
            *after.sections(content, clock),
        ],
        "signature_title": "Signature",
        "signed": f"Signed by {content['signed_by']}, {clock.full(content['signed_at'])}",
        "hash_words": "SHA-256 of the signed content",
        "hash": signature.sha256,
        "addenda_title": "Addenda",
        "addenda": [
            [f"{each.by.full_name}, {clock.full(each.at.isoformat())}", each.text]
            for each in signature.session.addenda.select_related("by").order_by("at", "pk")
        ],
    }


def _glance(signature: Signature, clock: Clock) -> list[list[str]]:
    """Return what one looks for first: whose, how much, when, how it ended."""
    content = signature.content
    patient, day, infusion = content["patient"], content["session"], content["infusion"]
    totals = dict(during.totals(content, clock))
    ran = infusion or {"started_at": None, "ended_at": None}
    born = day_words(patient["date_of_birth"])
    return [
        [
            "Patient",
            f"{patient['family_name']}, {patient['given_name']}",
            f"born {born} · MRN {patient['mrn']}",
        ],
        ["Given", totals["Given"], f"drawn {totals['Drawn']}, wasted {totals['Wasted']}"],
        [
            "Infusion",
            f"{clock.time(ran['started_at'])} – {clock.time(ran['ended_at'])}"
            if infusion
            else "none",
            f"weight {before.mass_today(content) or 'not taken'}",
        ],
        ["Left", clock.time(day["ended_at"]), ENDINGS.get(day["ending"], words(day["ending"]))],
    ]
