"""What is asked about the pump: a rate, how it ended, whose account is right."""

from __future__ import annotations

from typing import Any

from django.forms import Form
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from afterglow.apps.treatment import queries
from afterglow.apps.treatment.forms import infusion as forms
from afterglow.apps.treatment.models.infusion import PumpActionKind
from afterglow.apps.treatment.outcomes import Done, Refused
from afterglow.apps.treatment.services import differences, infusions, pump, rates
from afterglow.apps.treatment.shown.drug import drug_row
from afterglow.apps.treatment.views.asking import Ask
from afterglow.core.roles import Action
from afterglow.core.treatment.endings import InfusionEnding
from afterglow.web import clock, formats


class Rate(Ask):
    """A new rate at the pump."""

    title = gettext_lazy("Rate change")
    verb = gettext_lazy("Chart the new rate")
    template = "treatment/infusion/_ask_rate.html"
    action = Action.RUN_INFUSION

    def make_form(self, data: Any = None) -> Form:
        """Carry the last pump entry that is on this screen now."""
        last, infusion = self.last, queries.infusion_of(self.session)
        form = forms.RateForm(
            data,
            **self.place,
            runs_at=self._runs_at(last, data),
            fastest=rates.fastest_rate(infusion) if infusion else None,
            initial={"seen_sequence": last.sequence if last else 0},
        )
        if data is None:
            del form.fields["really_ran"]  # asked only of a rate that was refused
        return form

    def _runs_at(self, last: Any, data: Any) -> Any:
        """Return the charted rate; None where it stands still or this very form charted it."""
        if last is None or last.rate_ml_per_h == queries.STOPPED:
            return None
        return None if data and str(last.key) == data.get("key") else last.rate_ml_per_h

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
        shares, fastest = rates.slower_shares(infusion), rates.fastest_rate(infusion)
        return {
            "fastest": fastest,
            "quick": [
                (share, formats.number(last.rate_ml_per_h.value * share / 100, 1))
                for share in shares
                if queries.STOPPED.value < last.rate_ml_per_h.value * share / 100 <= fastest.value
            ],
        }

    def act(self, form: Any) -> Done[Any] | Refused:
        """Chart it."""
        return infusions.act_on_pump(
            **self.stamp,
            kind=PumpActionKind.CHANGE_RATE,
            key=form.cleaned_data["key"],
            seen_sequence=form.cleaned_data["seen_sequence"],
            happened_at=form.happened_at,
            rate=form.new_rate,
            reason=form.cleaned_data["reason"],
            really_ran=form.cleaned_data["really_ran"],
        )

    def undo(self, done: Done[Any]) -> str:
        """Return the address that strikes it through."""
        arguments = [self.session.public_id, done.row.public_id]
        return reverse("treatment:infusion-pump-error", args=arguments)

    def words(self, done: Done[Any], form: Any) -> str:
        """Say the rate and since when."""
        return _("Rate %(rate)s mL/h since %(time)s.") % {
            "rate": formats.number(done.row.rate_ml_per_h),
            "time": formats.clock_seconds(done.row.at, self.session.site),
        }


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
            **self.stamp,
            ending=InfusionEnding(form.cleaned_data["ending"]),
            reason=form.cleaned_data["reason"],
            seen_version=form.cleaned_data["seen_version"],
        )


class Difference(Ask):
    """Which account is right where pump and chart differ."""

    title = gettext_lazy("Pump and chart differ")
    verb = gettext_lazy("Save")
    form_class = forms.DifferenceForm
    template = "treatment/infusion/_ask_difference.html"

    def context(self) -> dict[str, Any]:
        """Show both accounts, so that nobody decides the milligrams of the record blind."""
        return {"drug": drug_row(self.session, at=clock.now())}

    def act(self, form: Any) -> Done[Any] | Refused:
        """Save it."""
        return differences.resolve_pump_difference(
            **self.stamp,
            truth=form.cleaned_data["truth"],
            reason=form.cleaned_data["reason"],
        )
