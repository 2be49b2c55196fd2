"""How a bound form field is drawn: which control, what describes it, what went wrong."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.safestring import SafeString

_GROUPS = (forms.RadioSelect, forms.CheckboxSelectMultiple)


def describe_field(bound: BoundField, options: dict[str, Any]) -> dict[str, object]:
    """Return the template's context for one field; ``options`` come from ``{% field %}``."""
    options = dict(options)
    widget = bound.field.widget
    unit = options.pop("unit", getattr(bound.field, "unit", ""))
    hint = options.pop("hint", bound.help_text)
    label = options.pop("label", bound.label)
    wide = options.pop("wide", False)
    group = isinstance(widget, _GROUPS)
    identifier = bound.auto_id
    described = [f"{identifier}-hint"] if hint else []
    described += [f"{identifier}-error"] if bound.errors else []
    attributes: dict[str, Any] = {k.replace("_", "-"): v for k, v in options.items()}
    if described:
        attributes["aria-describedby"] = " ".join(described)
    if bound.errors and not group:
        attributes["aria-invalid"] = "true"
    return {
        "bound": bound,
        "control": _control(bound, attributes),
        "label": label,
        "hint": hint,
        "unit": unit,
        "wide": wide,
        "group": group,
        "check": isinstance(widget, forms.CheckboxInput),
        "hidden": bound.is_hidden,
        "id": identifier,
        "described_by": attributes.get("aria-describedby", ""),
        "choices": list(bound.subwidgets) if group else [],
        "optional": not bound.field.required and getattr(bound.field, "says_optional", True),
    }


def _control(bound: BoundField, attributes: dict[str, Any]) -> SafeString:
    widget = bound.field.widget
    kind = "select" if isinstance(widget, forms.Select) else "input"
    if isinstance(widget, forms.Textarea):
        kind = "textarea"
    given = str(widget.attrs.get("class", ""))
    return bound.as_widget(attrs={"class": f"control control-{kind} {given}".strip(), **attributes})
