"""The dialogs of the infusion page. Each asks one thing and calls one service."""

from __future__ import annotations

from typing import Any

from django.forms import Form
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from afterglow.apps.accounts import queries as people
from afterglow.apps.accounts.models import Account
from afterglow.apps.assessments import queries as assessments
from afterglow.apps.assessments import services as scales
from afterglow.apps.assessments.models import Assessment
from afterglow.apps.assessments.outcomes import Recorded
from afterglow.apps.medicines.models import Product
from afterglow.apps.monitoring import services as monitoring
from afterglow.apps.monitoring.models import VitalSign
from afterglow.apps.monitoring.protocol import rules_of
from afterglow.apps.treatment import queries
from afterglow.apps.treatment.forms import infusion as forms
from afterglow.apps.treatment.models import SessionEvent
from afterglow.apps.treatment.models.infusion import EventKind, PumpActionKind
from afterglow.apps.treatment.outcomes import Done, Refused
from afterglow.apps.treatment.services import charting, infusions, pump
from afterglow.apps.treatment.views.asking import Ask, instant_of, saved_words
from afterglow.core.decisions import Decision
from afterglow.core.roles import CLINICAL, Action
from afterglow.core.treatment.endings import InfusionEnding
from afterglow.web import formats
from afterglow.web.sentences import name_words


class Rate(Ask):
    """A new rate at the pump."""

    title = gettext_lazy("Rate change")
    verb = gettext_lazy("Chart the new rate")
    template = "treatment/infusion/_ask_rate.html"
    action = Action.RUN_INFUSION

    def make_form(self, data: Any = None) -> Form:
        """Carry the last pump entry that is on this screen now."""
        last = self.last
        return forms.RateForm(
            data,
            site=self.session.site,
            at=self.at,
            initial={"seen_sequence": last.sequence if last else 0},
        )

    @property
    def last(self) -> Any:
        """The last pump entry."""
        infusion = queries.infusion_of(self.session)
        actions = queries.actions_of(infusion) if infusion else ()
        return actions[-1] if actions else None

    def context(self) -> dict[str, Any]:
        """Show the fastest rate that the protocol allows, and slower ones for one tap."""
        infusion = queries.infusion_of(self.session)
        last = self.last
        if infusion is None or last is None:
            return {}
        shares = infusions.slower_shares(infusion)
        return {
            "fastest": infusions.fastest_rate(infusion),
            "quick": [
                (share, formats.number(last.rate_ml_per_h.value * share / 100, 1))
                for share in shares
                if last.rate_ml_per_h > queries.STOPPED
            ],
        }

    def act(self, form: Any) -> Done[Any] | Refused:
        """Chart it."""
        return infusions.act_on_pump(
            session=self.session.public_id,
            kind=PumpActionKind.CHANGE_RATE,
            by=self.request.user,
            at=self.at,
            key=form.cleaned_data["key"],
            seen_sequence=form.cleaned_data["seen_sequence"],
            happened_at=form.happened_at,
            rate=form.new_rate,
            reason=form.cleaned_data["reason"],
        )

    def words(self, done: Done[Any], form: Any) -> str:
        """Say the rate and since when."""
        return _("Rate %(rate)s mL/h since %(time)s.") % {
            "rate": formats.number(done.row.rate_ml_per_h),
            "time": formats.clock_seconds(done.row.at, self.session.site),
        }


class _Charting(Ask):
    """What puts one event on the axis can take it off again."""

    def undo(self, done: Done[Any]) -> str:
        """Return the address that withdraws the event."""
        arguments = [self.session.public_id, done.row.public_id]
        return reverse("treatment:infusion-undo", args=arguments)


class Note(_Charting):
    """A note in words."""

    title = gettext_lazy("Note")
    verb = gettext_lazy("Save the note")

    def make_form(self, data: Any = None) -> Form:
        """Return the form."""
        return forms.NoteForm(data, site=self.session.site, at=self.at)

    def act(self, form: Any) -> Done[Any] | Refused:
        """Chart it; from paper it says so."""
        paper = form.cleaned_data["from_paper"]
        return charting.record_event(
            session=self.session.public_id,
            kind=EventKind.DOWNTIME_ENTRY if paper else EventKind.NOTE,
            by=self.request.user,
            at=self.at,
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

    def make_form(self, data: Any = None) -> Form:
        """Return the form."""
        return forms.EventForm(data, site=self.session.site, at=self.at)

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
            session=self.session.public_id,
            kind=kind,
            by=self.request.user,
            at=self.at,
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


class Drug(Ask):
    """A medicine by need, as the order allows."""

    title = gettext_lazy("Medicine given")
    verb = gettext_lazy("Chart as given")
    template = "treatment/infusion/_ask_drug.html"

    def make_form(self, data: Any = None) -> Form:
        """Offer what the order names."""
        order = queries.order_in_force(self.session)
        named = order.prn if order else []
        products = [
            product
            for product in Product.objects.filter(is_active=True)
            if product.key in named or product.medicine in named
        ]
        return forms.DrugForm(data, products=products, site=self.session.site, at=self.at)

    def act(self, form: Any) -> Done[Any] | Refused:
        """Chart it."""
        return charting.give_medicine(
            session=self.session.public_id,
            product=form.product.public_id,
            dose=form.given_dose,
            route=form.route,
            indication=form.for_what,
            by=self.request.user,
            at=self.at,
            key=form.cleaned_data["key"],
            happened_at=form.happened_at,
            above_usual_confirmed=form.cleaned_data["confirmed"],
        )

    def words(self, done: Done[Any], form: Any) -> str:
        """Say what was given, and that a sedative restarts the clock."""
        given = done.row
        words = _("%(name)s %(dose)s given at %(time)s.") % {
            "name": given.product.medicine.capitalize(),
            "dose": formats.mg(given.dose_mg),
            "time": formats.clock_time(given.at, self.session.site),
        }
        if given.is_sedative:
            words += " " + _("The observation time starts again.")
        return words


class HandOver(Ask):
    """Another clinician watches from now on."""

    title = gettext_lazy("Hand over")
    verb = gettext_lazy("Hand over")

    def make_form(self, data: Any = None) -> Form:
        """Offer the clinicians of the site, but who has the patient now."""
        day = self.session.site.local_date(self.at)
        staff = people.who_holds(CLINICAL, site=self.session.site, on=day)
        choices = [
            (str(one.public_id), one.full_name)
            for one in staff
            if one.pk != self.session.clinician_id
        ]
        return forms.HandOverForm(data, people=choices)

    def act(self, form: Any) -> Done[Any] | Refused:
        """Chart it."""
        return charting.hand_over(
            session=self.session.public_id,
            to=Account.objects.get(public_id=form.cleaned_data["to"]),
            by=self.request.user,
            at=self.at,
            key=form.cleaned_data["key"],
        )

    def words(self, done: Done[Any], form: Any) -> str:
        """Say who has the patient."""
        return _("%(who)s has the patient now.") % {"who": done.row.label}


class Explain(Ask):
    """How the infusion ended, said after the stop."""

    title = gettext_lazy("How did the infusion end?")
    verb = gettext_lazy("Save")

    def make_form(self, data: Any = None) -> Form:
        """Begin with what is on record."""
        infusion = queries.infusion_of(self.session)
        if infusion is None:
            raise Http404("No infusion was started.")
        return forms.ExplainForm(
            data,
            initial={
                "ending": infusion.ending,
                "reason": infusion.ending_reason,
                "seen_version": infusion.row_version,
            },
        )

    def act(self, form: Any) -> Done[Any] | Refused:
        """Save it."""
        return pump.explain_stop(
            session=self.session.public_id,
            ending=InfusionEnding(form.cleaned_data["ending"]),
            reason=form.cleaned_data["reason"],
            seen_version=form.cleaned_data["seen_version"],
            by=self.request.user,
            at=self.at,
        )

    def words(self, done: Done[Any], form: Any) -> str:
        """Say that it is saved."""
        return saved_words()


class Difference(Ask):
    """Which account is right where pump and chart differ."""

    title = gettext_lazy("Pump and chart differ")
    verb = gettext_lazy("Save")

    def make_form(self, data: Any = None) -> Form:
        """Return the form."""
        return forms.DifferenceForm(data)

    def act(self, form: Any) -> Done[Any] | Refused:
        """Save it."""
        return infusions.resolve_pump_difference(
            session=self.session.public_id,
            truth=form.cleaned_data["truth"],
            reason=form.cleaned_data["reason"],
            by=self.request.user,
            at=self.at,
        )

    def words(self, done: Done[Any], form: Any) -> str:
        """Say that it is saved."""
        return saved_words()


class Missed(Ask):
    """Why a reading that was due was not taken."""

    title = gettext_lazy("Why was this reading missed?")
    verb = gettext_lazy("Save the reason")
    template = "treatment/infusion/_ask_missed.html"

    def make_form(self, data: Any = None) -> Form:
        """Carry which reading it is about."""
        due = instant_of(self.request.GET.get("due", ""))
        return forms.MissedForm(data, initial={"due": due.isoformat() if due else ""})

    def act(self, form: Any) -> Done[Any] | Refused:
        """Save it."""
        missed = monitoring.record_missed_reading(
            session=self.session.public_id,
            due_at=form.cleaned_data["due"],
            reason=form.cleaned_data["reason"],
            by=self.request.user,
            at=self.at,
        )
        return Done(missed, Decision())

    def words(self, done: Done[Any], form: Any) -> str:
        """Say which reading it was."""
        return _("Reading of %(time)s: %(reason)s.") % {
            "time": formats.clock_time(done.row.due_at, self.session.site),
            "reason": done.row.reason,
        }


class Name(Ask):
    """A name for a mark that was stamped."""

    title = gettext_lazy("Name the mark")
    verb = gettext_lazy("Save")

    def make_form(self, data: Any = None) -> Form:
        """Return the form."""
        return forms.NameForm(data)

    def act(self, form: Any) -> Done[Any] | Refused:
        """Name it; the stamp keeps its time."""
        subject = get_object_or_404(
            SessionEvent, public_id=self.kwargs["event"], session=self.session
        )
        return charting.record_event(
            session=self.session.public_id,
            kind=EventKind.NAME_MARK,
            by=self.request.user,
            at=self.at,
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

    def make_form(self, data: Any = None) -> Form:
        """Return the form."""
        return forms.UndoForm(data)

    def act(self, form: Any) -> Done[Any] | Refused:
        """Withdraw it."""
        get_object_or_404(SessionEvent, public_id=self.kwargs["event"], session=self.session)
        return charting.withdraw_event(
            session=self.session.public_id,
            event=self.kwargs["event"],
            reason=form.cleaned_data["reason"],
            by=self.request.user,
            at=self.at,
            key=form.cleaned_data["key"],
        )

    def words(self, done: Done[Any], form: Any) -> str:
        """Say that the undo is on record."""
        return _("Undone. Both the entry and the undo stay on record.")


class Artefact(Ask):
    """A reading that is not to be believed."""

    title = gettext_lazy("Mark as artefact")
    verb = gettext_lazy("Mark as artefact")
    template = "treatment/infusion/_ask_artefact.html"

    @property
    def sign(self) -> VitalSign:
        """The reading, of this session and no other: ``?at=`` where a message held several."""
        found = VitalSign.objects.filter(
            session=self.session, batch=self.kwargs["batch"], code=self.kwargs["sign"]
        ).order_by("-taken_at", "-pk")
        at = instant_of(self.request.GET.get("at", ""))
        row = (found.filter(taken_at=at) if at is not None else found).first()
        if row is None:
            raise Http404("There is no such reading in this session.")
        return row

    def make_form(self, data: Any = None) -> Form:
        """Return the form."""
        return forms.ReasonForm(data)

    def context(self) -> dict[str, Any]:
        """Show the reading and what was measured with it."""
        sign = self.sign
        return {
            "reading": sign,
            "batch": VitalSign.objects.filter(
                session=self.session, batch=sign.batch, taken_at=sign.taken_at
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

    def words(self, done: Done[Any], form: Any) -> str:
        """Say that it stays."""
        return _("Marked as artefact. The reading stays on record.")


class Correct(Ask):
    """A score that was charted wrongly."""

    title = gettext_lazy("Correct the score")
    verb = gettext_lazy("Save the correction")

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
            session=self.session.public_id,
            instrument=wrong.instrument_key,
            answers=form.cleaned_data["answer"],
            replaces=wrong.public_id,
            by=self.request.user,
            at=self.at,
            key=form.cleaned_data["key"],
        )
        if isinstance(outcome, Recorded):
            return Done(outcome.row, Decision(), repeated=outcome.repeated)
        return Refused(outcome.decision)

    def words(self, done: Done[Any], form: Any) -> str:
        """Say that both stay."""
        return _("Corrected. The first score stays on record.")
