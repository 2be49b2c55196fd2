"""Store documents: byte for byte, hashed, for ever."""

from __future__ import annotations

import hashlib
from datetime import datetime
from uuid import UUID

from django.db import models, transaction

from afterglow.apps.audit import services as audit
from afterglow.apps.audit.services import HasPublicId
from afterglow.apps.documents.models import Document
from afterglow.apps.documents.rendering import template_sha256
from afterglow.core.errors import InvalidValue


@transaction.atomic
def store_document(
    *,
    kind: str,
    title: str,
    content: bytes,
    subject: models.Model,
    by: HasPublicId | None,
    at: datetime,
    template: str = "",
    patient: HasPublicId | None = None,
    site: HasPublicId | None = None,
    media_type: str = "application/pdf",
) -> Document:
    """Keep a file for ever. The same bytes of the same kind about the same row are kept once.

    Raises InvalidValue for a patient's document without a site: the site decides who may open it.
    """
    if patient is not None and site is None:
        raise InvalidValue("A patient's document needs the site it was made at; none was given.")
    sha256 = hashlib.sha256(content).hexdigest()
    about: UUID = subject.public_id  # type: ignore[attr-defined]
    kept = Document.objects.filter(kind=kind, subject=about, sha256=sha256).first()
    if kept is not None:
        return kept
    document = Document.objects.create(
        kind=kind,
        title=title,
        media_type=media_type,
        content=content,
        sha256=sha256,
        template_sha256=template_sha256(template) if template else "",
        subject_type=audit.subject_type(subject),
        subject=about,
        patient=None if patient is None else patient.public_id,
        site=None if site is None else site.public_id,
        by=None if by is None else by.public_id,
        at=at,
    )
    audit.record(
        "document-stored",
        subject=document,
        by=by,
        at=at,
        site=site,
        patient=patient,
        detail={"kind": kind, "sha256": sha256},
    )
    return document
