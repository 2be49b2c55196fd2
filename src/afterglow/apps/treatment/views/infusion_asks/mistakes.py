"""What is asked when an entry is taken back, and an entry in all its words."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from afterglow.apps.monitoring.services.readings import ENTERED_IN_ERROR
from afterglow.apps.treatment.forms import infusion as forms
from afterglow.apps.treatment.models import MedicineGiven, PumpAction
from afterglow.apps.treatment.outcomes import Done, Refused
from afterglow.apps.treatment.services import mistakes
from afterglow.apps.treatment.shown.events import entries
from afterglow.apps.treatment.views.asking import Ask, find_session, is_htmx, last_pump_action
from afterglow.core.roles import Action
from afterglow.web.requests import StaffRequest


class MedicineError(Ask):
    """A medicine that was charted in error."""

    title = gettext_lazy("This medicine was charted in error")
    verb = gettext_lazy("Strike it through")
    variant = "danger"

    @property
    def given(self) -> MedicineGiven:
        """The medicine."""
        found: MedicineGiven = get_object_or_404(
            MedicineGiven.objects.select_related("product"),
            public_id=self.kwargs["medicine"],
            session=self.session,
        )
        return found

    def make_form(self, data: Any = None) -> Form:
        """Ask why, and of a controlled one who seconds it."""
        form = forms.ControlledErrorForm if self.given.product.schedule else forms.ErrorForm
        return form(data)

    def act(self, form: Any) -> Done[Any] | Refused:
        """Take it back."""
        return mistakes.take_back_medicine(
            session=self.session.public_id,
            medicine=self.kwargs["medicine"],
            reason=form.cleaned_data["reason"],
            second=getattr(form, "second", None),
            by=self.request.user,
            at=self.at,
            key=form.cleaned_data["key"],
        )

    def words(self, done: Done[Any], form: Any) -> str:
        """Say what follows, and that stock is another matter."""
        return _(
            "Struck through; observation time, totals and what is due are reckoned without it. "
            "Stock was not changed: if it left the cabinet, waste it or put it back there."
        )


class PumpError(Ask):
    """A rate, a pause or a resume that was charted in error."""

    title = gettext_lazy("This pump entry was charted in error")
    verb = gettext_lazy("Strike it through")
    action = Action.RUN_INFUSION

    def make_form(self, data: Any = None) -> Form:
        """Ask why; the toast's own undo says "entered in error"."""
        get_object_or_404(
            PumpAction, public_id=self.kwargs["entry"], infusion__session=self.session
        )
        return forms.UndoForm(data)

    def act(self, form: Any) -> Done[Any] | Refused:
        """Take it back."""
        return mistakes.take_back_pump_action(
            session=self.session.public_id,
            action=self.kwargs["entry"],
            reason=form.cleaned_data["reason"] or ENTERED_IN_ERROR,
            by=self.request.user,
            at=self.at,
            key=form.cleaned_data["key"],
        )

    def words(self, done: Done[Any], form: Any) -> str:
        """Say that the rate before it counts, and that the pump is another matter."""
        return _(
            "Struck through; the milligrams are reckoned with the rate before it. "
            "Nothing was sent to the pump: look at the pump itself."
        )


@login_required
@require_safe
def entry(request: StaffRequest, session: UUID, number: int) -> HttpResponse:
    """Show one entry of the axis with all its words, both times and who."""
    row = find_session(request, session, action=Action.VIEW_CHART)
    found = next((one for one in entries(row) if one.number == number), None)
    if found is None:
        raise Http404("The axis has no entry of that number.")
    part = "treatment/infusion/_entry.html"
    context = {
        "session": row,
        "site": row.site,
        "entry": found,
        "title": found.words,
        "last": last_pump_action(row),
        "part": part,
    }
    layout = part if is_htmx(request) else "treatment/infusion/ask_page.html"
    return render(request, layout, context)
