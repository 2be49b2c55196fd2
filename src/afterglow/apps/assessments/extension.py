"""What higher apps do about an answer: a positive answer about suicide is acted on at once.

``treatment`` registers one function in its ``AppConfig.ready()``; it is called in the transaction
that writes the answers, so that neither exists without the other.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from afterglow.apps.assessments.models import Assessment

SafetyTeller = Callable[[Assessment, datetime], None]

_on_safety: SafetyTeller | None = None


def act_on_safety(teller: SafetyTeller | None) -> SafetyTeller | None:
    """Register who acts when answers need a person at once; return the one before."""
    global _on_safety
    before, _on_safety = _on_safety, teller
    return before


def tell_safety(assessment: Assessment, at: datetime) -> None:
    """Tell the one who acts. Raises RuntimeError when nobody is registered: never in silence."""
    if _on_safety is None:
        raise RuntimeError("Nobody acts on answers about suicide; register with act_on_safety.")
    _on_safety(assessment, at)
