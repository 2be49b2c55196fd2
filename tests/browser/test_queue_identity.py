"""A message that names another patient, as a person meets it: keys, second step, way back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from afterglow.apps.accounts.models import Account
from afterglow.apps.monitoring.models import QueueCharting, ReviewItem, VitalSign
from afterglow.interop.hl7v2.emit import SentPatient
from afterglow.web import clock
from browser.test_devices_and_queue import picture, sign_in
from factories import AT
from support.clinic_messages import PULSE, SPO2, arrive, bed, later, oru

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["sign_in"]


def test_a_mismatch_is_charted_only_in_the_second_step_and_can_be_taken_back(
    page: Page,
    live_server: Any,
    sign_in: Callable[[Account], None],
    assert_accessible: Callable[[Page], None],
) -> None:
    with clock.fixed(AT + timedelta(minutes=8)):
        here = bed()
        patient = here.session.patient
        for number, named in (
            ("1", SentPatient("000099", "Doe", "Jane")),
            ("2", SentPatient(patient.mrn, "Doe", "Jane")),
        ):
            raw = oru(
                here.monitor,
                {SPO2: "97", PULSE: "61"},
                at=later(5),
                control_id=number,
                patient=named,
            )
            arrive(raw, at=later(5))
        stranger, doubtful = ReviewItem.objects.order_by("pk")
        sign_in(here.clinician)

        page.goto(live_server.url + reverse("monitoring:review", args=[stranger.public_id]))
        picture(page, "queue-another")
        assert_accessible(page)
        for key in ("1", "c", "Enter"):
            page.keyboard.press(key)
        expect(page.get_by_role("heading", level=1)).to_have_text("Another patient is named")
        assert not VitalSign.objects.exists()

        page.goto(live_server.url + reverse("monitoring:review", args=[doubtful.public_id]))
        picture(page, "queue-doubtful")
        for key in ("1", "c", "Enter"):
            page.keyboard.press(key)
        assert not VitalSign.objects.exists()
        page.get_by_role("link", name="Chart it all the same").click()
        picture(page, "queue-in-spite")
        assert_accessible(page)
        page.get_by_label("Why it is this patient's all the same").fill("I watched it measure her")
        page.get_by_label("Record number of the patient").fill(patient.mrn)
        page.get_by_role("button", name="in spite of it").click()
        expect(page.get_by_text("2 readings charted to the session in")).to_be_visible()
        picture(page, "queue-charted")
        assert_accessible(page)
        assert QueueCharting.objects.get().by == here.clinician

        page.get_by_label("How it came to the wrong patient").fill("It was the patient next door")
        page.get_by_role("button", name="Mark as another patient's").click()
        expect(page.get_by_text("Its readings count no more")).to_be_visible()
        picture(page, "queue-taken-back")
        page.goto(live_server.url + reverse("monitoring:reviews"))
        picture(page, "queue-list")
