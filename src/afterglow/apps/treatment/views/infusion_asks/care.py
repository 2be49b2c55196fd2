"""What is asked about medicines: one given by need."""

from __future__ import annotations

from typing import Any

from django.forms import Form
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from afterglow.apps.treatment import queries
from afterglow.apps.treatment.forms import infusion as forms
from afterglow.apps.treatment.outcomes import Done, Refused
from afterglow.apps.treatment.services import charting
from afterglow.apps.treatment.views.asking import Ask
from afterglow.web import formats


class Drug(Ask):
    """A medicine by need, as the order allows."""

    title = gettext_lazy("Medicine given")
    verb = gettext_lazy("Chart as given")
    template = "treatment/infusion/_ask_drug.html"

    def make_form(self, data: Any = None) -> Form:
        """Offer what the order names."""
        products = queries.medicines_by_need(self.session)
        return forms.DrugForm(data, products=products, **self.place)

    def act(self, form: Any) -> Done[Any] | Refused:
        """Chart it."""
        return charting.give_medicine(
            **self.stamp,
            product=form.product.public_id,
            dose=form.given_dose,
            route=form.route,
            indication=form.for_what,
            key=form.cleaned_data["key"],
            happened_at=form.happened_at,
            above_usual_confirmed=form.cleaned_data["confirmed"],
        )

    def undo(self, done: Done[Any]) -> str:
        """Return the address that strikes it through; it asks why."""
        arguments = [self.session.public_id, done.row.public_id]
        return reverse("treatment:infusion-medicine-error", args=arguments)

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
