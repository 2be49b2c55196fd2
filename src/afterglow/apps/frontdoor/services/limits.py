"""How often one place may send a public form; nobody's address is kept."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import connection, transaction

from afterglow.apps.frontdoor.models import FormPress
from afterglow.core.cited import Section

FILE: Final = Path(__file__).resolve().parents[3] / "data" / "frontdoor" / "form_limits.json"
KEPT: Final = dt.timedelta(days=1)


@lru_cache(maxsize=1)
def _body() -> dict[str, Any]:
    return dict(json.loads(FILE.read_text(encoding="utf-8")))


@lru_cache(maxsize=1)
def simulation_steps() -> dict[str, Decimal]:
    """Return the steps of the public simulation's controls: ``dose`` in mg/kg, ``minutes``."""
    rules = Section("simulation", _body()["simulation"])
    return {
        "dose": rules.number("step_dose", unit="mg/kg"),
        "minutes": rules.number("step_minutes", unit="min"),
    }


@lru_cache(maxsize=1)
def _limits() -> dict[str, tuple[int, dt.timedelta]]:
    body = _body()
    found = {}
    for form in ("contact", "referral", "danger", "newsletter", "simulation"):
        rules = Section(form, body[form])
        found[form] = (
            int(rules.number("most", unit="1")),
            dt.timedelta(minutes=float(rules.number("within", unit="min"))),
        )
    return found


@transaction.atomic
def press(*, form: str, sender: str, at: dt.datetime) -> dt.timedelta | None:
    """Count one sending of a form; return None when it may pass, else how long to wait.

    ``sender`` is where it came from; only a keyed hash of it and of the day is written. Two
    sendings at once are counted one after the other. A refused one is not counted, so waiting
    helps.
    """
    most, within = _limits()[form]
    name = _hashed(form, sender, at)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [form + name])
    times = FormPress.objects.filter(form=form, sender=name, at__gt=at - within).order_by("at")
    seen = list(times.values_list("at", flat=True))
    if len(seen) >= most:
        return max(seen[-most] + within - at, dt.timedelta(minutes=1))
    FormPress.objects.create(form=form, sender=name, at=at)
    return None


def forget_presses(*, at: dt.datetime) -> int:
    """Remove what no limit needs any more; return how many rows went."""
    return FormPress.objects.filter(at__lte=at - KEPT).delete()[0]


def _hashed(form: str, sender: str, at: dt.datetime) -> str:
    words = f"{form}|{at:%Y-%m-%d}|{sender}"
    return hmac.new(settings.SECRET_KEY.encode(), words.encode(), hashlib.sha256).hexdigest()
