"""What is asked about a reading or a score that is missing or wrong."""

from __future__ import annotations

from typing import Any

from django.forms import Form
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from afterglow.apps.assessments import queries as assessments
from afterglow.apps.assessments import services as scales
from afterglow.apps.assessments.models import Assessment
from afterglow.apps.assessments.outcomes import Recorded
from afterglow.apps.monitoring import lines
from afterglow.apps.monitoring import services as monitoring
from afterglow.apps.monitoring.models import VitalSign
from afterglow.apps.treatment.forms import infusion as forms
from afterglow.apps.treatment.outcomes import Done, Refused
from afterglow.apps.treatment.shown.missing import lacking_words
from afterglow.apps.treatment.views.asking import Ask, instant_of
from afterglow.core.decisions import Decision
from afterglow.web import formats


class Missed(Ask):
    """Why a reading that was due was not taken."""

    title = gettext_lazy("Why was this reading missed?")
    verb = gettext_lazy("Save the reason")
    template = "treatment/infusion/_ask_missed.html"

    def make_form(self, data: Any = None) -> Form:
        """Carry which reading it is about."""
        due = instant_of(self.request.GET.get("due", ""))
        return forms.MissedForm(data, initial={"due": due.isoformat() if due else ""})

    def context(self) -> dict[str, Any]:
        """Say which reading it is, and what of it was not taken."""
        due = instant_of(self.request.GET.get("due", ""))
        return {"due_at": due, "lacking": lacking_words(self.session, due, at=self.at)}

    def act(self, form: Any) -> Done[Any] | Refused:
        """Save it."""
        missed = monitoring.record_missed_reading(
            **self.stamp,
            due_at=form.cleaned_data["due"],
            reason=form.cleaned_data["reason"],
        )
        return Done(missed, Decision())

    def words(self, done: Done[Any], form: Any) -> str:
        """Say which reading it was."""
        return _("Reading of %(time)s: %(reason)s.") % {
            "time": formats.clock_time(done.row.due_at, self.session.site),
            "reason": done.row.reason,
        }


class Artefact(Ask):
    """A reading that is not to be believed."""

    title = gettext_lazy("Mark as artefact")
    verb = gettext_lazy("Mark as artefact")
    template = "treatment/infusion/_ask_artefact.html"
    form_class = forms.ReasonForm
    done = gettext_lazy("Marked as artefact. The reading stays on record.")

    @property
    def sign(self) -> VitalSign:
        """The reading, of this session and no other: ``?at=`` where a message held several."""
        found = VitalSign.objects.filter(
            lines.stored(self.session.pk),
            session=self.session,
            batch=self.kwargs["batch"],
            code=self.kwargs["sign"],
        ).order_by("-taken_at", "-pk")
        at = instant_of(self.request.GET.get("at", ""))
        row = (found.filter(taken_at=at) if at is not None else found).first()
        if row is None:
            raise Http404("There is no such reading in this session.")
        return row

    def context(self) -> dict[str, Any]:
        """Show the reading and what was measured with it."""
        sign = self.sign
        return {
            "reading": sign,
            "batch": VitalSign.objects.filter(
                lines.stored(self.session.pk),
                session=self.session,
                batch=sign.batch,
                taken_at=sign.taken_at,
            ).order_by("pk"),
        }

    def act(self, form: Any) -> Done[Any] | Refused:
        """Mark it, and the other half of a pressure with it."""
        sign = self.sign
        pressures = ("systolic", "diastolic", "mean")
        same = [sign]
        if sign.code in pressures:
            same = list(
                VitalSign.objects.filter(
                    lines.stored(self.session.pk),
                    session=self.session,
                    batch=sign.batch,
                    taken_at=sign.taken_at,
                    code__in=pressures,
                ).order_by("pk")
            )
        marks = [
            monitoring.mark_artefact(
                reading=each.pk,
                reason=form.cleaned_data["reason"],
                by=self.request.user,
                at=self.at,
            )
            for each in same
        ]
        return Done(marks[0], Decision())


class Correct(Ask):
    """A score that was charted wrongly."""

    title = gettext_lazy("Correct the score")
    verb = gettext_lazy("Save the correction")
    done = gettext_lazy("Corrected. The first score stays on record.")

    @property
    def assessment(self) -> Assessment:
        """The assessment that is corrected."""
        return get_object_or_404(
            Assessment.objects.select_related("instrument"),
            public_id=self.kwargs["assessment"],
            session=self.session,
        )

    def make_form(self, data: Any = None) -> Form:
        """Ask by the version that was answered."""
        return forms.ScoreForm(
            data, instrument=assessments.instrument_of(self.assessment.instrument)
        )

    def act(self, form: Any) -> Done[Any] | Refused:
        """Write the row that replaces it."""
        wrong = self.assessment
        outcome = scales.record_assessment(
            **self.stamp,
            instrument=wrong.instrument_key,
            answers=form.cleaned_data["answer"],
            replaces=wrong.public_id,
            key=form.cleaned_data["key"],
        )
        if isinstance(outcome, Recorded):
            return Done(outcome.row, Decision(), repeated=outcome.repeated)
        return Refused(outcome.decision)
