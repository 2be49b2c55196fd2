"""Icons: lucide drawn inline at 1.5 px, and the shapes that mean something here."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from afterglow.web.assets import icon_file
from afterglow.web.cards import AlarmLevel, Sign

_BODY: Final = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)
_NAME: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")

#: Shapes of VISUAL: carets ∨∧, ●, ◆, ▵, ◇. A shape never depends on its colour.
SIGN_SHAPES: Final[dict[Sign, str]] = {
    Sign.PRESSURE: '<path d="M5 3l7 7 7-7M5 21l7-7 7 7" fill="none" stroke="currentColor" '
    'stroke-width="3" stroke-linecap="round" stroke-linejoin="round"/>',
    Sign.HEART: '<circle cx="12" cy="12" r="8" fill="currentColor"/>',
    Sign.OXYGEN: '<path d="M12 2l9 10-9 10-9-10z" fill="currentColor"/>',
    Sign.BREATH: '<path d="M12 4l9.5 16h-19z" fill="none" stroke="currentColor" '
    'stroke-width="2.5" stroke-linejoin="round"/>',
    Sign.CO2: '<path d="M12 3l8 9-8 9-8-9z" fill="none" stroke="currentColor" '
    'stroke-width="2.5" stroke-linejoin="round"/>',
    Sign.TEMPERATURE: '<rect x="4" y="4" width="16" height="16" fill="none" '
    'stroke="currentColor" stroke-width="2.5"/>',
}
ALARM_SHAPES: Final[dict[AlarmLevel, str]] = {
    AlarmLevel.RED: '<path d="M8 2h8l6 6v8l-6 6H8l-6-6V8z" fill="currentColor"/>',
    AlarmLevel.AMBER: '<path d="M12 2.5l10.5 19h-21z" fill="currentColor"/>',
    AlarmLevel.TECHNICAL: '<rect x="3" y="3" width="18" height="18" rx="2" fill="currentColor"/>',
}
_MARK: Final = {
    AlarmLevel.RED: '<path d="M12 7v6M12 16.6v.4" stroke="var(--alarm-fill)" stroke-width="2.6" '
    'stroke-linecap="round"/>',
    AlarmLevel.AMBER: '<path d="M12 9.5v5M12 18.2v.3" stroke="var(--alarm-fill)" '
    'stroke-width="2.4" stroke-linecap="round"/>',
    AlarmLevel.TECHNICAL: '<path d="M12 7v6M12 16.6v.4" stroke="var(--alarm-fill)" '
    'stroke-width="2.6" stroke-linecap="round"/>',
}


@lru_cache(maxsize=512)
def icon(name: str) -> SafeString:
    """Return lucide icon ``name`` as inline SVG, hidden from readers: the word beside it speaks.

    A name that lucide does not have raises ``LookupError``: the page's author should notice.
    """
    path = icon_file(name)
    if not _NAME.fullmatch(name) or not path.is_file():
        raise LookupError(
            f"There is no lucide icon named {name!r} at {path.parent.name}/. "
            "Check the name, and that `npm ci` has run."
        )
    found = _BODY.search(path.read_text(encoding="utf-8"))
    if found is None:
        raise LookupError(f"The lucide icon {name!r} is not an SVG.")
    body = " ".join(found[1].split())
    return mark_safe(  # noqa: S308  the file comes from the pinned package, not from a person
        f'<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">{body}</svg>'
    )


def sign_shape(sign: Sign | str) -> SafeString:
    """Return the shape of a vital sign as inline SVG in that sign's colour."""
    sign = Sign(sign)
    return format_html(
        '<svg class="shape shape-{}" viewBox="0 0 24 24" aria-hidden="true" focusable="false">'
        "{}</svg>",
        sign.value,
        mark_safe(SIGN_SHAPES[sign]),  # noqa: S308  a constant of this module
    )


def alarm_shape(level: AlarmLevel | str) -> SafeString:
    """Return the octagon, triangle or square of an alarm as inline SVG."""
    level = AlarmLevel(level)
    return format_html(
        '<svg class="alarm-shape" viewBox="0 0 24 24" aria-hidden="true" focusable="false">'
        "{}{}</svg>",
        mark_safe(ALARM_SHAPES[level]),  # noqa: S308  a constant of this module
        mark_safe(_MARK[level]),  # noqa: S308  a constant of this module
    )
