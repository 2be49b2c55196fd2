"""Components every page may use. ``{% load components %}``; markup in templates/components/."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from django import template
from django.forms import BoundField
from django.forms.utils import flatatt
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from afterglow.web import icons
from afterglow.web.cards import Tab, TimelineEntry, Words
from afterglow.web.fields import describe_field

register = template.Library()

BUTTONS: Final = frozenset({"primary", "secondary", "quiet", "danger", "stop"})
CHIPS: Final = frozenset({"neutral", "good", "active", "caution", "danger", "technical", "done"})


def _attributes(names: dict[str, Any]) -> SafeString:
    """Turn ``hx_post="/x"`` into `` hx-post="/x"``; None and False leave the attribute out."""
    return flatatt({key.rstrip("_").replace("_", "-"): value for key, value in names.items()})


def _known(value: str, allowed: frozenset[str], what: str) -> str:
    if value not in allowed:
        raise template.TemplateSyntaxError(
            f"{what} {value!r} does not exist; choose from {', '.join(sorted(allowed))}."
        )
    return value


@register.simple_tag
def icon(name: str) -> SafeString:
    """Draw a lucide icon. Put a word beside it."""
    return icons.icon(name)


@register.inclusion_tag("components/button.html")
def button(
    label: Words,
    variant: str = "secondary",
    *,
    icon: str = "",
    key: str = "",
    href: str = "",
    type: str = "submit",
    disabled: bool = False,
    large: bool = False,
    **attributes: Any,
) -> dict[str, object]:
    """Draw a button, or a link that looks like one when ``href`` is given.

    ``variant``: primary, secondary, quiet, danger, stop. ``key`` is a one-key shortcut, shown as a
    hint and obeyed by keys.js. Further names become attributes: ``hx_post=url`` → ``hx-post``.
    """
    return {
        "label": label,
        "variant": _known(variant, BUTTONS, "Button variant"),
        "icon": icon,
        "key": key,
        "href": href,
        "type": type,
        "disabled": disabled,
        "large": large,
        "attributes": _attributes(attributes),
    }


@register.simple_block_tag
def card(
    content: str, title: Words = "", *, icon: str = "", id: str = "", level: int = 2, kind: str = ""
) -> SafeString:
    """Frame ``content`` as a card: ``{% card "Readiness" %}…{% endcard %}``."""
    return SafeString(
        render_to_string(
            "components/card.html",
            {
                "content": content,
                "title": title,
                "icon": icon,
                "id": id,
                "heading": f"h{level}",
                "kind": kind,
            },
        )
    )


@register.simple_block_tag
def table(
    content: str, caption: Words, *, kind: str = "", hide_caption: bool = False
) -> SafeString:
    """Frame ``<thead>…<tbody>…`` as a data table that scrolls by itself on a narrow screen."""
    return SafeString(
        render_to_string(
            "components/table.html",
            {"content": content, "caption": caption, "kind": kind, "hide_caption": hide_caption},
        )
    )


@register.inclusion_tag("components/field.html")
def field(bound: BoundField, **options: Any) -> dict[str, object]:
    """Draw a form field: label, hint, control, and each error as a sentence, tied for readers.

    Radios and check boxes become a choice group. Options: ``unit="kg"``, ``hint=``, ``label=``,
    ``wide=True``, and attributes for the control (``hx_post=…``, ``autofocus=True``).
    """
    return describe_field(bound, options)


@register.inclusion_tag("components/form_errors.html")
def form_errors(form: Any) -> dict[str, object]:
    """Draw what is wrong with a form, at its top, with a link to each field."""
    return {
        "form": form,
        "fields": [bound for bound in form if bound.errors and not bound.is_hidden],
        "general": form.non_field_errors(),
    }


@register.inclusion_tag("components/form_fields.html")
def form_fields(form: Any) -> dict[str, object]:
    """Draw a whole form's errors and fields in order (not the ``<form>`` nor its buttons)."""
    return {"form": form}


@register.simple_block_tag
def fieldset(content: str, legend: Words, *, hint: Words = "") -> SafeString:
    """Group fields under one legend."""
    return SafeString(
        render_to_string(
            "components/fieldset.html", {"content": content, "legend": legend, "hint": hint}
        )
    )


@register.inclusion_tag("components/chip.html")
def chip(word: Words, kind: str = "neutral", *, icon: str = "") -> dict[str, object]:
    """Draw a state as a word in a chip: neutral, good, active, caution, danger, technical, done."""
    return {"word": word, "kind": _known(kind, CHIPS, "Chip kind"), "icon": icon}


@register.inclusion_tag("components/proposed.html")
def proposed(status: str = "DP") -> dict[str, object]:
    """Mark a value as proposed, not approved; a confirmed one (``confirmed``) draws nothing."""
    return {"status": str(status)}


@register.inclusion_tag("components/key_hint.html")
def key_hint(key: str) -> dict[str, object]:
    """Show which key does this."""
    return {"key": key}


@register.simple_block_tag
def facts(content: str, *, kind: str = "") -> SafeString:
    """Frame ``{% fact %}`` lines as a definition list."""
    return SafeString(render_to_string("components/facts.html", {"content": content, "kind": kind}))


@register.inclusion_tag("components/fact.html")
def fact(term: Words, value: object, *, note: Words = "", status: str = "") -> dict[str, object]:
    """Draw one term with its value, inside ``{% facts %}``; ``status`` adds "proposed"."""
    return {"term": term, "value": value, "note": note, "status": str(status)}


@register.inclusion_tag("components/timeline.html")
def timeline(entries: Iterable[TimelineEntry], site: object = None) -> dict[str, object]:
    """Draw what happened, one line each, in the order given; times in the zone of ``site``."""
    return {"entries": list(entries), "site": site}


@register.inclusion_tag("components/tabs.html")
def tabs(items: Sequence[Tab], label: Words) -> dict[str, object]:
    """Draw tabs as links; the current page is marked for eyes and readers."""
    return {"items": items, "label": label}


@register.simple_block_tag
def dialog(content: str, id: str, title: Words, *, icon: str = "") -> SafeString:
    """Frame ``content`` as a native dialog; a button with ``data_opens=id`` opens it."""
    return SafeString(
        render_to_string(
            "components/dialog.html", {"content": content, "id": id, "title": title, "icon": icon}
        )
    )


@register.inclusion_tag("components/undo_toast.html", takes_context=True)
def undo_toast(
    context: template.Context, words: Words, undo_url: str = "", **hidden: Any
) -> dict[str, object]:
    """Say what changed, with an undo that is itself recorded. Further names are posted with it."""
    return {
        "words": words,
        "undo_url": undo_url,
        "hidden": hidden,
        "csrf_token": context.get("csrf_token", ""),
    }


@register.simple_block_tag
def empty_state(content: str, title: Words, *, icon: str = "") -> SafeString:
    """Say that there is nothing here and what to do, over the glow."""
    return SafeString(
        render_to_string(
            "components/empty_state.html", {"content": content, "title": title, "icon": icon}
        )
    )


@register.simple_block_tag
def notice(content: str, kind: str = "neutral", *, title: Words = "") -> SafeString:
    """Frame a remark inside a page: neutral, good, caution, danger, technical."""
    return SafeString(
        render_to_string(
            "components/notice.html",
            {"content": content, "kind": _known(kind, CHIPS, "Notice kind"), "title": title},
        )
    )
