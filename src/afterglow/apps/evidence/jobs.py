"""What the worker does for the evidence library."""

from __future__ import annotations

from procrastinate.contrib.django import app

from afterglow.apps.evidence import services
from afterglow.web import clock


@app.periodic(cron="15 5 * * *")
@app.task(queueing_lock="open-due-evidence-reviews", pass_context=False)
def open_due_evidence_reviews(timestamp: int) -> int:
    """Every morning: a task for each record and text due for review, and for the translations."""
    now, today = clock.now(), clock.today()
    due = services.open_due_reviews(at=now, on=today) + services.open_due_texts(at=now, on=today)
    return due + services.open_translations(at=now) + services.open_translation_checks(at=now)


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="publish-due-texts", pass_context=False)
def publish_due_texts(timestamp: int) -> int:
    """Every minute: publish the texts whose time has come, unless a record changed meanwhile."""
    out, _refused = services.publish_due(at=clock.now(), on=clock.today())
    return out
