"""The road of the retention rule: proposed as shipped, approved on its page, then in force."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.test import Client
from django.urls import reverse

from afterglow.apps.definitions import services as definitions
from afterglow.apps.definitions.models import Definition, DefinitionKind
from afterglow.apps.monitoring.services import archiving
from afterglow.core.roles import Role
from afterglow.web import clock
from factories import staff
from support.clinic_messages import bed
from support.months import sign, store_in

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 27, 9, tzinfo=UTC)


def test_the_medical_director_approves_the_rule_on_its_page_and_then_months_may_leave(
    client: Client,
) -> None:
    definitions.sync_definitions(at=datetime(2019, 1, 1, tzinfo=UTC))
    rule = Definition.objects.get(kind=DefinitionKind.READINGS_RETENTION)
    here = bed()
    store_in(date(2019, 11, 1), here)
    sign(here)
    page = reverse("definitions:definition", args=[rule.public_id])
    backend = "django.contrib.auth.backends.ModelBackend"

    def codes() -> tuple[str, ...]:
        (found,) = archiving.survey(before=date(2019, 12, 1), at=AT)
        return found.decision.codes

    before = codes()
    client.force_login(staff(Role.MEDICAL_DIRECTOR), backend=backend)
    with clock.fixed(datetime(2026, 11, 27, 8, tzinfo=UTC)):
        listed = client.get(reverse("definitions:list"))
        shown = client.get(page)
        done = client.post(reverse("definitions:approve", args=[rule.public_id]))

    assert before == ("ARCHIVE_RULE_NOT_APPROVED",)
    assert page in listed.content.decode(), "the list leads to it"
    assert "72" in shown.content.decode(), "how long is said before it is approved"
    assert done.status_code == 302
    assert codes() == ()
