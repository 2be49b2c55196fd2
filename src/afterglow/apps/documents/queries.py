"""Read stored documents."""

from __future__ import annotations

import hashlib
from uuid import UUID

from afterglow.apps.documents.models import Document
from afterglow.core.errors import AfterglowError


class DocumentDamaged(AfterglowError):
    """A stored file no longer has the hash it was stored with."""


def documents_about(subject: UUID) -> list[Document]:
    """Return the documents about a row, newest first, without their bytes."""
    return list(Document.objects.filter(subject=subject).defer("content").order_by("-at", "-pk"))


def bytes_of(document: Document) -> bytes:
    """Return a document's bytes after checking their hash. Raises DocumentDamaged."""
    content = bytes(document.content)
    if hashlib.sha256(content).hexdigest() != document.sha256:
        raise DocumentDamaged(f"Document {document.public_id} does not have its stored hash.")
    return content
