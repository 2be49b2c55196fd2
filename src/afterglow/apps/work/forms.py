"""Forms of the task list."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from afterglow.web.forms import WebForm


class CloseTaskForm(WebForm):
    """How a task ended."""

    outcome = forms.CharField(label=_("What was done"), max_length=1000)
    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=1)
    cancel = forms.BooleanField(label=_("It is no longer needed (cancel)"), required=False)
