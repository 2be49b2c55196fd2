"""One way to save a form: 422 for what a field needs, 409 with both versions when it was changed.

A view builds the form, and :func:`save` calls the service. ``seen`` is the row version that was on
screen; when somebody saved first, the page shows what they saved beside what was typed, and the
person decides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from afterglow.core.errors import IllegalTransition, InvalidValue
from afterglow.db.models import StaleRow
from afterglow.web.cards import Words
from afterglow.web.sentences import error_words

TEMPLATE = "web/edit.html"


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that is now another than what was typed."""

    label: Words
    yours: str
    theirs: str


def save(
    request: HttpRequest,
    form: forms.Form,
    act: Callable[[], str | Mapping[str, Any]],
    *,
    page: Mapping[str, Any],
    current: Callable[[], Mapping[str, Any]] | None = None,
    template: str = TEMPLATE,
) -> HttpResponse:
    """Show the form, or save it by ``act`` and go where that says.

    ``act`` returns a URL, or extra context when the service refused (answered 409). InvalidValue
    becomes a sentence above the form; StaleRow shows ``current()`` beside what was typed.
    """
    if request.method != "POST":
        return render(request, template, {**page, "form": form})
    if not form.is_valid():
        return render(request, template, {**page, "form": form}, status=422)
    try:
        outcome = act()
    except InvalidValue as problem:
        form.add_error(None, error_words(problem))
        return render(request, template, {**page, "form": form}, status=422)
    except IllegalTransition as problem:
        form.add_error(None, error_words(problem))
        return render(request, template, {**page, "form": form}, status=409)
    except StaleRow as stale:
        now = dict(current()) if current is not None else {}
        context = {
            **page,
            "form": again(form, seen=stale.current),
            "stale": error_words(stale),
            "differences": differences(form, now),
        }
        return render(request, template, context, status=409)
    if isinstance(outcome, str):
        return redirect(outcome)
    return render(request, template, {**page, "form": form, **outcome}, status=409)


def differences(form: forms.Form, now: Mapping[str, Any]) -> list[Difference]:
    """Return the visible fields whose value now differs from what was typed."""
    found = []
    for bound in form.visible_fields():
        if bound.name not in now:
            continue
        yours, theirs = form.cleaned_data.get(bound.name), now[bound.name]
        if _words(bound.field, yours) != _words(bound.field, theirs):
            found.append(
                Difference(bound.label, _words(bound.field, yours), _words(bound.field, theirs))
            )
    return found


def _words(field: forms.Field, value: Any) -> str:
    if value is None or value == "":
        return "–"
    choices = dict(getattr(field, "choices", ()))
    if isinstance(value, list | tuple):
        return ", ".join(str(choices.get(each, each)) for each in value) or "–"
    if value in choices:
        return str(choices[value])
    if isinstance(value, bool):
        return "✓" if value else "–"
    return str(getattr(value, "value", value))


def again(form: forms.Form, *, seen: int) -> forms.Form:
    """Return the form as typed, every choice kept, about the version that is there now."""
    data = form.data.copy()  # type: ignore[attr-defined]  # a QueryDict
    data["seen"] = str(seen)
    form.data = data
    return form
