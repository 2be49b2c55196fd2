"""Forms of the audit."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from afterglow.web.forms import WebForm


class BreakGlassForm(WebForm):
    """Why a chart must be read now."""

    reason = forms.CharField(
        label=_("Why do you need this chart now?"),
        help_text=_("The privacy officer reads this. Access ends after 12 hours."),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=1000,
    )
