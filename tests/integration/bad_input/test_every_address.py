"""Every address, sent nonsense in every field: a refusal with words, never a crash, nothing half.

Each request is made as somebody who may do everything, in the middle of a real infusion day, with
one hostile value in every field name that any form or view of the product reads.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django import forms
from django.apps import apps
from django.db import connection, transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

import afterglow
from afterglow.apps.accounts.models import Account
from afterglow.apps.definitions.models import DefinitionKind
from afterglow.apps.monitoring.models import VitalSign
from afterglow.core.roles import Role
from factories import definition, staff
from support.infusion_day import (
    Day,
    checked_in,
    discharged,
    infusing,
    prepared,
    ready,
    recovered,
    signed,
)

pytestmark = pytest.mark.django_db

SOURCES = Path(afterglow.__file__).parent / "apps"
HOSTILE = {
    "nothing": "",
    "letters": "forty",
    "a huge number": "9" * 60,
    "a number past float": "1e400",
    "a negative number": "-5",
    "not a number": "NaN",
    "emoji": "💉🫀",
    "ten thousand characters": "x" * 10_000,
    "a NUL": "a\x00b",
    "right-to-left marks": "\u202eevil\u202c\u200f",
    "a lone surrogate as it would arrive": "%ED%A0%80",
    "the last day": "9999-12-31T23:59",
    "an hour that did not exist": "2026-03-08T02:30",
    "markup": "<script>alert(1)</script>",
}
# An address line is read as text, a day or a place in a stream: fewer kinds of nonsense apply.
IN_THE_ADDRESS = ("letters", "a huge number", "ten thousand characters", "a NUL", "markup")
# Always grows: what was refused is itself recorded, and who looked at a chart.
MAY_GROW = {
    "audit_auditentry",
    "treatment_refusal",
    "events_outboxevent",
    "django_session",
    "accounts_screenlock",
}
CHECKLIST = "data/checklists/emergency_equipment/1.json"
READ = re.compile(r"\b(?:POST|GET)(?:\.get(?:list)?\(|\[)\s*\"(\w+)\"")


def field_names() -> set[str]:
    """Every name that a form declares or a view reads for itself."""
    names: set[str] = set()
    for source in SOURCES.rglob("*.py"):
        names |= set(READ.findall(source.read_text()))
    return names | {name for form in form_classes() for name in form.base_fields}


def form_classes() -> list[Any]:
    """Every form of every app."""
    found: set[Any] = set()
    for config in apps.get_app_configs():
        if not config.name.startswith("afterglow.apps."):
            continue
        package = importlib.import_module(config.name)
        for info in pkgutil.walk_packages(package.__path__, f"{config.name}."):
            if ".forms" in info.name:
                module = importlib.import_module(info.name)
                found |= {
                    each
                    for each in vars(module).values()
                    if isinstance(each, type)
                    and issubclass(each, forms.BaseForm)
                    and each.__module__ == info.name
                }
    return sorted(found, key=lambda each: each.__qualname__)


@dataclass(frozen=True)
class Address:
    """One pattern of the product and the path that stands for it in this day."""

    route: str
    path: str


def addresses(day: Day, values: dict[str, str]) -> list[Address]:
    """Every address of the product's own apps, filled in with what the day holds."""
    return [
        Address(route, "/" + fill(route, values))
        for route, pattern in patterns(get_resolver().url_patterns, "")
        if getattr(pattern.callback, "__module__", "").startswith("afterglow.")
        or "afterglow" in str(getattr(pattern.callback, "view_class", ""))
    ]


def patterns(found: list[Any], before: str) -> Iterator[tuple[str, URLPattern]]:
    for each in found:
        route = before + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from patterns(each.url_patterns, route)
        else:
            yield route, each


def fill(route: str, values: dict[str, str]) -> str:
    def one(found: re.Match[str]) -> str:
        kind, name = found[1] or "str", found[2]
        return values.get(name) or {"uuid": str(uuid.uuid4()), "int": "1"}.get(kind, "pump")

    return re.sub(r"<(?:(\w+):)?(\w+)>", one, route)


def rows() -> dict[str, int]:
    """How many rows each table holds that a refused request must not touch."""
    tables = sorted(set(connection.introspection.table_names()) - MAY_GROW)
    with connection.cursor() as cursor:
        cursor.execute(
            " UNION ALL ".join(f"SELECT '{t}', count(*) FROM {t}" for t in tables)  # noqa: S608
        )
        return dict(cursor.fetchall())


def everybody(day: Day) -> Client:
    """A browser of somebody who holds every role everywhere."""
    account = staff(*Role, site=None)
    return signed_in(account)


def signed_in(account: Account) -> Client:
    browser = Client(raise_request_exception=False)
    browser.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
    return browser


def values_of(day: Day) -> dict[str, str]:
    """What the day's addresses are filled with: the newest row of each kind that has one."""
    values = {
        "session": str(day.id),
        "patient": str(day.session.patient.public_id),
        "course": str(day.session.course.public_id),
        "site": str(day.site.public_id),
    }
    for model in apps.get_models():
        names = {field.name for field in model._meta.local_fields}
        name = model.__name__.lower()
        newest: Any = model._default_manager.order_by("-pk").first() if "public_id" in names else 0
        if newest:
            values.setdefault(name, str(newest.public_id))
    measured = VitalSign.objects.order_by("-pk").first()
    return {
        "batch": str(measured.batch) if measured else "",
        "sign": measured.code if measured else "",
        "gate": "readiness",
        "instrument": "aldrete",
        "event": values.get("sessionevent", ""),
        "medicine": values.get("currentmedicine", ""),
        "member": values.get("careteammember", ""),
        "account": values.get("account", ""),
        "person": values.get("account", ""),
        "shift": values.get("staffshift", ""),
        "item": values.get("reviewitem", ""),
        **values,
    }


def sweep(day: Day, method: str, *, below: str = "") -> tuple[int, list[str]]:
    """Send every hostile value to every address; return how many were sent, and what went wrong.

    ``below``: only to the addresses that begin so.
    """
    checklist = json.loads((SOURCES.parent / CHECKLIST).read_text())
    definition(DefinitionKind.CHECKLIST, "emergency_equipment", checklist)
    browser = everybody(day)
    names = sorted(field_names())
    before = rows()
    sent, wrong = 0, []
    wanted = [a for a in addresses(day, values_of(day)) if a.route.startswith(below)]
    for address in wanted:
        for what in HOSTILE if method == "post" else IN_THE_ADDRESS:
            value = HOSTILE[what]
            point = transaction.savepoint()
            response = getattr(browser, method)(address.path, dict.fromkeys(names, value))
            sent += 1
            if response.status_code >= 500:
                wrong.append(f"{method} {address.route} with {what}: {response.status_code}")
            if response.status_code >= 400 and (now := rows()) != before:
                grown = [table for table in now if now[table] != before.get(table)]
                wrong.append(f"{method} {address.route} with {what} was refused, wrote {grown}")
            transaction.savepoint_rollback(point)
            if response.status_code == 405:
                break
    return sent, wrong


def test_every_form_is_found() -> None:
    assert len(form_classes()) > 20
    assert {"family_name", "key", "when"} <= field_names()


@pytest.mark.parametrize("method", ["post", "get"])
def test_no_address_breaks_while_an_infusion_runs(method: str) -> None:
    sent, wrong = sweep(infusing(), method)

    assert sent > 200
    assert wrong == []


@pytest.mark.slow
@pytest.mark.parametrize("method", ["post", "get"])
@pytest.mark.parametrize("walk", [checked_in, prepared, ready, recovered, discharged, signed])
def test_no_address_breaks_wherever_the_day_stands(walk: Callable[[], Day], method: str) -> None:
    sent, wrong = sweep(walk(), method, below="sessions/")

    assert sent > 100
    assert wrong == []
