"""Download a document."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from afterglow.apps.audit import policies
from afterglow.apps.audit import services as audit
from afterglow.apps.documents import queries
from afterglow.apps.documents.models import Document
from afterglow.core.permission import check
from afterglow.core.roles import Action
from afterglow.web import clock
from afterglow.web.requests import StaffRequest


@login_required
@require_safe
def download(request: StaffRequest, document: UUID) -> HttpResponse:
    """Give the file to who may open the chart it belongs to, and note that it was read."""
    row = get_object_or_404(Document, public_id=document)
    now, today = clock.now(), clock.today(request.site)
    if row.patient is None:
        check(Action.VIEW_BOARD, by=request.user, site=row.site, on=today)
    else:
        policies.check_can_open_chart(
            by=request.user, patient=row.patient, sites=[row.site], at=now, on=today
        )
    return give(request, row, at=now)


def give(
    request: StaffRequest, document: Document, *, at: datetime, name: str = ""
) -> HttpResponse:
    """Give a stored file and note that it was read. Every page that hands out a file ends here.

    Whether the person may read it was asked before. ``name`` is the file's, without a patient in
    it. Raises DocumentDamaged when the bytes are no longer those that were stored.
    """
    content = queries.bytes_of(document)
    audit.record_document_read(document=document, patient=document.patient, by=request.user, at=at)
    response = HttpResponse(content, content_type=document.media_type)
    file_name = name or f"{document.kind}-{document.public_id}.pdf"
    response["Content-Disposition"] = f'inline; filename="{file_name}"'
    return response
