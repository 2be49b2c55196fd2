"""Take a patient over, cover a break, leave: each signed by whoever does it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.forms import Form
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from afterglow.apps.accounts.middleware import works_when_locked
from afterglow.apps.accounts.models import Account
from afterglow.apps.treatment import coverages
from afterglow.apps.treatment.facts.coverage import candidates
from afterglow.apps.treatment.forms.coverage import BreakForm, LeaveForm, PresentForm, TakeOverForm
from afterglow.apps.treatment.models import Coverage
from afterglow.apps.treatment.outcomes import Done, Refused
from afterglow.apps.treatment.protocol import rules_of
from afterglow.apps.treatment.services import coverage
from afterglow.apps.treatment.views.asking import Ask, find_session, refused, said
from afterglow.apps.treatment.views.infusion import key_of
from afterglow.core.roles import Action
from afterglow.web import clock, formats
from afterglow.web.requests import StaffRequest
from afterglow.web.sentences import sentence_of


class TakeOver(Ask):
    """Another clinician has the patient from now on."""

    title = gettext_lazy("Take the patient over")
    verb = gettext_lazy("The patient is mine now")
    template = "treatment/infusion/_ask_take_over.html"
    form_class = TakeOverForm

    def make_form(self, data: Any = None) -> Form:
        """Carry who has the patient on this page."""
        now = coverages.open_coverage(self.session)
        return self.form_class(data, initial={"seen": now.public_id if now else None})

    def context(self) -> dict[str, Any]:
        """Show who could take the patient, and who had them so far."""
        people = candidates(self.session, at=self.at)
        names = dict(
            Account.objects.filter(public_id__in=[c.facts.who for c in people]).values_list(
                "public_id", "username"
            )
        )
        return {
            "candidates": [
                {
                    "name": each.facts.name,
                    "username": names.get(UUID(each.facts.who), ""),
                    "is_free": each.is_free,
                    "on_break": each.facts.on_break,
                    "why": " ".join(sentence_of(reason) for reason in each.decision),
                }
                for each in people
            ],
            "now": coverages.open_coverage(self.session),
            "stretches": coverages.coverage_of(self.session),
            "leave_url": reverse("treatment:infusion-leave", args=[self.session.public_id]),
        }

    def act(self, form: Any) -> Done[Coverage] | Refused:
        """Take the patient."""
        return coverage.take_over(
            **self.stamp,
            taker=form.second,
            seen=form.cleaned_data["seen"],
            key=form.cleaned_data["key"],
        )

    def words(self, done: Done[Any], form: Any) -> str:
        """Say who has the patient, and what is to be heeded."""
        said = _("%(who)s has the patient now.") % {"who": done.row.clinician.get_short_name()}
        return " ".join([said, *(sentence_of(reason) for reason in done.decision)])


# Whoever comes to a locked tablet signs for the patient with a PIN of their own: that is the PIN
# that acting there needs. Only whoever locked it unlocks it, and they may be the one who left.
take_over = works_when_locked(TakeOver.as_view())


class Break(TakeOver):
    """Somebody covers a break for a stated time."""

    title = gettext_lazy("Cover a break")
    verb = gettext_lazy("I cover the break")
    form_class = BreakForm

    def make_form(self, data: Any = None) -> Form:
        """Begin with the longest break that the protocol allows."""
        form = super().make_form(data)
        longest = rules_of(self.session.protocol_id).session.coverage.break_at_most
        form.initial["minutes"] = int(longest.total_seconds() // 60)
        return form

    def act(self, form: Any) -> Done[Coverage] | Refused:
        """Cover it."""
        return coverage.take_over(
            **self.stamp,
            taker=form.second,
            seen=form.cleaned_data["seen"],
            key=form.cleaned_data["key"],
            break_for=form.break_for,
        )

    def words(self, done: Done[Any], form: Any) -> str:
        """Say who covers whom until when."""
        row = done.row
        return _("%(who)s covers the break of %(whose)s until %(time)s.") % {
            "who": row.clinician.get_short_name(),
            "whose": row.covers_for.get_short_name(),
            "time": formats.clock_time(row.back_by, self.session.site),
        }


@login_required
@require_POST
def confirm(request: StaffRequest, session: UUID) -> HttpResponse:
    """Record that the clinician on record, who is signed in here, is there: one key."""
    outcome = coverage.confirm_presence(
        session=session, by=request.user, at=clock.now(), key=key_of(request)
    )
    if isinstance(outcome, Refused):
        row = find_session(request, session, action=Action.CHART)
        return refused(request, row, _("With the patient"), outcome.decision)
    words = _("%(who)s is with the patient.") % {"who": outcome.row.label}
    return said(request, session, words)


class Present(Ask):
    """Who is asked for answers on a screen of somebody else's, by PIN."""

    title = gettext_lazy("Are you with the patient?")
    verb = gettext_lazy("I am with the patient")
    form_class = PresentForm

    def make_form(self, data: Any = None) -> Form:
        """Begin with the name of who is asked for."""
        now = coverages.open_coverage(self.session)
        return self.form_class(data, initial={"username": now.clinician.username if now else ""})

    def act(self, form: Any) -> Done[Any] | Refused:
        """Answer."""
        return coverage.confirm_presence(
            **self.stamp, who=form.second, key=form.cleaned_data["key"]
        )

    def words(self, done: Done[Any], form: Any) -> str:
        """Say who is there."""
        return _("%(who)s is with the patient.") % {"who": done.row.label}


class Leave(Ask):
    """The clinician must leave and nobody took over: an alarm begins."""

    title = gettext_lazy("Leave the patient alone")
    verb = gettext_lazy("I leave now")
    variant = "danger"

    def make_form(self, data: Any = None) -> Form:
        """Ask why."""
        return LeaveForm(data)

    def act(self, form: Any) -> Done[Any] | Refused:
        """Write it down."""
        return coverage.leave_alone(
            **self.stamp,
            reason=form.cleaned_data["reason"],
            key=form.cleaned_data["key"],
        )

    def words(self, done: Done[Any], form: Any) -> str:
        """Say what is true now."""
        return _("Nobody is with the patient. Whoever comes takes the patient over here.")
