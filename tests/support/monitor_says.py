"""What the monitor of a bed says, with a vendor's habit in it, and what the chart made of it."""

from __future__ import annotations

from decimal import Decimal

from afterglow.apps.monitoring.models import ReviewItem, VitalSign
from support.clinic_messages import SPO2, Bed, later, oru

NOW = later(5)
STAMP = f"{NOW:%Y%m%d%H%M%S}+0000"


def said(here: Bed, values: dict[str, str | None], control_id: str = "1") -> str:
    """What the monitor of a bed says now, as text that a test can change as a vendor would."""
    return oru(here.monitor, values, at=NOW, control_id=control_id).decode()


def spo2(here: Bed, *values: int) -> list[bytes]:
    """One message for each saturation, a second apart."""
    return [
        oru(here.monitor, {SPO2: str(v)}, at=later(4, n), control_id=str(n))
        for n, v in enumerate(values)
    ]


def charted() -> list[tuple[str, Decimal | int]]:
    """Every believed reading: sign and value, in the order of the chart."""
    rows = VitalSign.objects.filter(flag="").order_by("pk").values_list("code", "value")
    return [(code, value) for code, value in rows]


def waits() -> list[str]:
    """Why messages wait for a person."""
    return list(ReviewItem.objects.order_by("pk").values_list("reason", flat=True))


def changed(text: str, *swaps: tuple[str, str]) -> bytes:
    """Return a message with its text changed; what is to be changed must be there."""
    for old, new in swaps:
        assert old in text, old
        text = text.replace(old, new)
    return text.encode()
