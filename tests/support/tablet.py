"""A signed-in browser at one session's pages, at one moment of its day."""

from __future__ import annotations

import uuid
from typing import Any

from django.apps import apps
from django.test import Client
from django.urls import reverse

from afterglow.apps.accounts.models import Account
from afterglow.web import clock
from factories import PASSWORD
from support.infusion_day import (
    Day,
)

Fields = dict[str, Any]

MAY_GROW = ("audit_", "events_", "django_", "treatment_refusal", "accounts_countersignature")
"""What a refusal may leave behind: that it was tried, and by whom."""


def second(day: Day, who: Account | None = None) -> Fields:
    """A second person signs in with the password that the factories give."""
    return {"username": (who or day.second).username, "secret": PASSWORD}


class Tablet:
    """One signed-in browser at one session, at one moment of the day."""

    def __init__(self, day: Day, account: Account | None = None, *, minute: float = 0) -> None:
        self.day, self.at = day, day.minute(minute)
        self.client = Client()
        self.client.force_login(account or day.clinician)

    def url(self, name: str, *arguments: object) -> str:
        return reverse(f"treatment:{name}", args=[self.day.id, *arguments])

    def post(self, name: str, *arguments: object, **fields: Any) -> Any:
        with clock.fixed(self.at):
            return self.client.post(self.url(name, *arguments), fields)

    def get(self, name: str, *arguments: object) -> str:
        with clock.fixed(self.at):
            answer = self.client.get(self.url(name, *arguments))
        assert answer.status_code == 200, answer.content.decode()
        return answer.content.decode()


def draw_fields(day: Day) -> Fields:
    """What is typed when 35 mg are drawn into a bag of 100 mL, a second person watching."""
    return {
        "key": uuid.uuid4(),
        "vial": day.vial.public_id,
        "label_strength": "50",
        "label_lot": day.vial.lot,
        "label_expiry": day.vial.expires_on.isoformat(),
        "drawn_ml": "0.7",
        "diluent_name": "sodium_chloride_0_9",
        "bag_ml": "100",
        **second(day),
    }


def rows() -> dict[str, int]:
    """How many rows each table holds that a refused request must not touch."""
    return {
        model._meta.db_table: model._default_manager.count()
        for model in apps.get_models()
        if model._meta.managed
        and not model._meta.proxy
        and not model._meta.db_table.startswith(MAY_GROW)
    }
