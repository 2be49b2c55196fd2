"""What is asked about one event on the axis."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from afterglow.apps.monitoring.protocol import rules_of
from afterglow.apps.treatment import queries
from afterglow.apps.treatment.forms import infusion as forms
from afterglow.apps.treatment.models import SessionEvent
from afterglow.apps.treatment.models.infusion import EventKind
from afterglow.apps.treatment.outcomes import Done, Refused
from afterglow.apps.treatment.services import charting
from afterglow.apps.treatment.views.asking import Ask
from afterglow.web import formats
from afterglow.web.sentences import name_words


class _Charting(Ask):
    """What puts one event on the axis, at a time of its own, can take it off again."""

    def form_arguments(self) -> dict[str, Any]:
        """Return the clock by which a time is typed."""
        return self.place

    def undo(self, done: Done[Any]) -> str:
        """Return the address that withdraws the event."""
        arguments = [self.session.public_id, done.row.public_id]
        return reverse("treatment:infusion-undo", args=arguments)


class Note(_Charting):
    """A note in words."""

    title = gettext_lazy("Note")
    verb = gettext_lazy("Save the note")
    form_class = forms.NoteForm

    def act(self, form: Any) -> Done[Any] | Refused:
        """Chart it; from paper it says so."""
        paper = form.cleaned_data["from_paper"]
        return charting.record_event(
            **self.stamp,
            kind=EventKind.DOWNTIME_ENTRY if paper else EventKind.NOTE,
            key=form.cleaned_data["key"],
            happened_at=form.happened_at,
            text=form.cleaned_data["text"],
        )

    def words(self, done: Done[Any], form: Any) -> str:
        """Say when it is timed."""
        return _("Note at %(time)s.") % {"time": formats.clock_time(done.row.at, self.session.site)}


KINDS = {
    EventKind.FALL: gettext_lazy("Fall"),
    EventKind.EXTRAVASATION: gettext_lazy("Swelling or pain at the IV site"),
    EventKind.SUICIDAL_STATEMENT: gettext_lazy("Speaks of suicide"),
    EventKind.ADVERSE_EVENT: gettext_lazy("Another adverse event"),
}


class Event(_Charting):
    """A symptom, a request, a fall, extravasation, a statement about suicide."""

    title = gettext_lazy("What happened?")
    template = "treatment/infusion/_ask_event.html"
    form_class = forms.EventForm

    def context(self) -> dict[str, Any]:
        """Offer the protocol's symptoms, those present now to be ended, and the rest."""
        rules = rules_of(self.session).symptoms
        present = {
            str(shown.event.data.get("code"))
            for shown in queries.shown_events(self.session)
            if shown.event.kind == EventKind.SYMPTOM and not shown.withdrawn
        }
        return {
            "symptoms": list(rules.values()),
            "present": [rule for code, rule in rules.items() if code in present],
            "kinds": [(str(kind), words) for kind, words in KINDS.items()],
        }

    def act(self, form: Any) -> Done[Any] | Refused:
        """Chart it."""
        kind, data, label = self._what(form.cleaned_data["what"])
        return charting.record_event(
            **self.stamp,
            kind=kind,
            key=form.cleaned_data["key"],
            happened_at=form.happened_at,
            label=label,
            text=form.cleaned_data["text"],
            data=data,
        )

    def _what(self, what: str) -> tuple[EventKind, dict[str, Any], str]:
        head, _colon, code = what.partition(":")
        rules = rules_of(self.session).symptoms
        if head in ("symptom", "over") and code in rules:
            data: dict[str, Any] = {"code": code}
            if head == "over":
                data["over"] = True
            return EventKind.SYMPTOM, data, rules[code].name
        if head in [str(kind) for kind in KINDS]:
            return EventKind(head), {}, ""
        raise Http404(f"There is no event {head!r}.")

    def words(self, done: Done[Any], form: Any) -> str:
        """Say what was charted, and that a task was opened."""
        if done.row.kind == EventKind.SUICIDAL_STATEMENT:
            return _("Charted. A task is open for the prescriber now. Stay with the patient.")
        label = name_words(done.row.label) or str(KINDS.get(EventKind(done.row.kind), ""))
        return _("%(what)s charted at %(time)s.") % {
            "what": label,
            "time": formats.clock_time(done.row.at, self.session.site),
        }

    def undo(self, done: Done[Any]) -> str:
        """A statement about suicide has no undo."""
        return "" if done.row.kind == EventKind.SUICIDAL_STATEMENT else super().undo(done)


class Name(Ask):
    """A name for a mark that was stamped."""

    title = gettext_lazy("Name the mark")
    verb = gettext_lazy("Save")
    form_class = forms.NameForm

    def act(self, form: Any) -> Done[Any] | Refused:
        """Name it; the stamp keeps its time."""
        subject = get_object_or_404(
            SessionEvent, public_id=self.kwargs["event"], session=self.session
        )
        return charting.record_event(
            **self.stamp,
            kind=EventKind.NAME_MARK,
            key=form.cleaned_data["key"],
            label=form.cleaned_data["label"],
            about=subject.public_id,
        )

    def words(self, done: Done[Any], form: Any) -> str:
        """Say the name."""
        return _("Named: %(name)s.") % {"name": name_words(done.row.label)}


class Undo(Ask):
    """Take an event back; both stay on record."""

    title = gettext_lazy("Undo")
    verb = gettext_lazy("Undo")
    form_class = forms.UndoForm
    done = gettext_lazy("Undone. Both the entry and the undo stay on record.")

    def act(self, form: Any) -> Done[Any] | Refused:
        """Withdraw it."""
        get_object_or_404(SessionEvent, public_id=self.kwargs["event"], session=self.session)
        return charting.withdraw_event(
            **self.stamp,
            event=self.kwargs["event"],
            reason=form.cleaned_data["reason"],
            key=form.cleaned_data["key"],
        )
