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
from afterglow.apps.monitoring.models import Source, VitalSign
from afterglow.apps.treatment.forms import infusion as forms
from afterglow.apps.treatment.forms.artefacts import ArtefactForm
from afterglow.apps.treatment.outcomes import Done, Refused
from afterglow.apps.treatment.shown.missing import lacking_words
from afterglow.apps.treatment.views.asking import Ask, instant_of
from afterglow.core.decisions import Decision
from afterglow.core.monitoring.catalogue import VitalSignCode, definition
from afterglow.web import formats

_PRESSURES = (VitalSignCode.SYSTOLIC, VitalSignCode.DIASTOLIC, VitalSignCode.MEAN)


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
    done = gettext_lazy("Marked as artefact. The reading stays on record.")

    def make_form(self, data: Any = None) -> Form:
        """Return the form: a reason, and from when to when."""
        return ArtefactForm(data, site=self.session.site, at=self.at)

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
        """Show what would be marked, and nothing else."""
        sign = self.sign
        return {"batch": [_in_words(each) for each in self.alike(sign)]}

    def alike(self, sign: VitalSign) -> list[VitalSign]:
        """Return the reading, and the other parts of a pressure with it."""
        if sign.code not in _PRESSURES:
            return [sign]
        return list(
            VitalSign.objects.filter(
                lines.stored(self.session.pk),
                session=self.session,
                batch=sign.batch,
                taken_at=sign.taken_at,
                code__in=_PRESSURES,
            ).order_by("pk")
        )

    def act(self, form: Any) -> Done[Any] | Refused:
        """Mark it, and the other half of a pressure with it; or a whole stretch of its sign."""
        sign = self.sign
        if form.cleaned_data["stretch"]:
            return self._stretch(sign, form)
        marks = [
            monitoring.mark_artefact(
                reading=each.pk,
                reason=form.cleaned_data["reason"],
                by=self.request.user,
                at=self.at,
            )
            for each in self.alike(sign)
        ]
        return Done(marks[0], Decision())

    def _stretch(self, sign: VitalSign, form: Any) -> Done[Any] | Refused:
        since, until, words = form.cleaned_data["stretch"]
        marked = monitoring.mark_stretch(
            **self.stamp,
            signs=_PRESSURES if sign.code in _PRESSURES else (VitalSignCode(sign.code),),
            source=Source(sign.source),
            since=since,
            until=until,
            between=words,
            reason=form.cleaned_data["reason"],
        )
        if isinstance(marked, monitoring.Refused):
            return Refused(marked.decision)
        return Done(marked, Decision())

    def words(self, done: Done[Any], form: Any) -> str:
        """Say how much was marked."""
        if not form.cleaned_data["stretch"]:
            return str(self.done)
        return _("%(count)s readings, %(words)s, marked as artefact. They stay on record.") % {
            "count": len(done.row),
            "words": form.cleaned_data["stretch"][2],
        }


def _in_words(sign: VitalSign) -> dict[str, Any]:
    """Return a reading in the clinic's words: its name, its unit as shown, and who took it."""
    what = definition(VitalSignCode(sign.code))
    by = sign.by.get_short_name() if sign.by else ""
    return {
        "name": what.name,
        "value": sign.value,
        "unit": what.shown_unit,
        "taken_at": sign.taken_at,
        "by": by,
    }


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
