"""Download a document."""

from __future__ import annotations

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
    audit.record_document_read(document=row, patient=row.patient, by=request.user, at=now)
    response = HttpResponse(queries.bytes_of(row), content_type=row.media_type)
    response["Content-Disposition"] = f'inline; filename="{row.kind}-{row.public_id}.pdf"'
    return response
