"""An engineer writes a profile, tries it on a message and approves it; the queue reads again."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from afterglow.apps.audit.models import AuditEntry
from afterglow.apps.definitions.models import Definition
from afterglow.apps.devices.models import Device, RawMessage
from afterglow.apps.monitoring import services
from afterglow.apps.monitoring.models import ReviewItem, ReviewReason, ReviewState, VitalSign
from afterglow.apps.monitoring.services.profiles import propose_profile
from afterglow.core.permission import Forbidden
from afterglow.core.roles import Role
from factories import DeviceFactory, staff
from support.clinic_messages import PULSE, SPO2, Bed, arrive, bed, later, oru

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"
FORM = {
    "key": "acme-m3",
    "title": "Acme M3",
    "source": "its manual",
    "framing": "mllp",
    "trust": "name",
    "codes": "SpO2-1^ = spo2",
    "sentinels": "respiratory_rate: 0, -1",
    "divide_by": "temperature: 10",
    "units": "",
    "channels": "",
}


def engineer(client: Client, here: Bed) -> None:
    client.force_login(staff(Role.ADMINISTRATOR, site=here.session.site), backend=BACKEND)


def disagreeing(here: Bed, *, second: int = 0, value: str = "61") -> bytes:
    at = later(5, second)
    raw = oru(here.monitor, {PULSE: value}, at=at, control_id=str(second))
    return raw.replace(b"149530^MDC_PULS_OXIM_PULS_RATE", b"150456^MDC_PULS_OXIM_PULS_RATE")


def test_a_message_is_shown_segment_by_segment_as_it_would_be_read(client: Client) -> None:
    here = bed()
    engineer(client, here)
    raw = oru(here.monitor, {SPO2: "97"}, at=later(5), control_id="1")
    own = raw.replace(b"150456^MDC_PULS_OXIM_SAT_O2^MDC", b"SpO2-1^Saturation^99ACME")
    new = reverse("monitoring:new-profile")

    without = client.post(new, {**FORM, "codes": "", "message": own.decode(), "try": "1"})
    with_it = client.post(new, {**FORM, "message": own.decode(), "try": "1"})

    assert without.status_code == with_it.status_code == 200
    assert b"is not a sign we know" in without.content
    assert b"Oxygen saturation 97 %" in with_it.content
    assert b"MSA|AA|1" in with_it.content
    assert not RawMessage.objects.exists(), "what was pasted is not stored"
    assert not Definition.objects.filter(key="acme-m3").exists(), "trying is not saving"


def test_a_captured_message_may_be_tried_and_that_it_was_read_is_on_record(client: Client) -> None:
    here = bed()
    arrive(disagreeing(here), at=later(5))
    message = RawMessage.objects.get()
    engineer(client, here)

    page = client.post(
        reverse("monitoring:new-profile"),
        {**FORM, "captured": str(message.public_id), "try": "1"},
    )

    assert b"Pulse rate 61 /min" in page.content
    assert AuditEntry.objects.filter(action="device-message-read").count() == 1


@pytest.mark.parametrize(
    ("field", "text", "words"),
    [
        ("codes", "SpO2-1", "has no"),
        ("codes", "SpO2-1^ = aura", "is not a sign we know"),
        ("divide_by", "temperature: 0", "must be above 0"),
        ("divide_by", "temperature: ten", "is not a number"),
        ("units", "spo2: mm[Hg]", "is not a unit of spo2"),
        ("key", "Acme M3", "Small letters"),
    ],
)
def test_a_habit_that_cannot_be_is_said(client: Client, field: str, text: str, words: str) -> None:
    here = bed()
    engineer(client, here)

    page = client.post(reverse("monitoring:new-profile"), {**FORM, field: text, "save": "1"})

    assert page.status_code == 422
    assert words in page.content.decode()
    assert not Definition.objects.filter(title="Acme M3").exists()


def test_what_waited_is_read_again_after_its_profile_was_approved(client: Client) -> None:
    here = bed()
    arrive(*(disagreeing(here, second=n, value=str(60 + n)) for n in range(3)), at=later(5, 3))
    item = ReviewItem.objects.order_by("pk")[0]
    engineer(client, here)
    client.post(reverse("monitoring:new-profile"), {**FORM, "save": "1"})
    proposed = Definition.objects.get(key="acme-m3")
    Device.objects.filter(pk=here.monitor.pk).update(profile="acme-m3")
    call = {"item": item.public_id, "by": here.clinician, "at": later(7)}

    too_early = services.reread_group(**call)
    approved = client.post(reverse("monitoring:approve-profile", args=[proposed.public_id]))
    client.force_login(here.clinician, backend=BACKEND)
    page = client.post(reverse("monitoring:reread-review", args=[item.public_id]))

    assert (too_early.settled, too_early.left) == (0, 3)
    assert too_early.refused is not None
    assert "MESSAGE_STILL_WAITS" in too_early.refused.decision.codes
    assert approved.status_code == page.status_code == 302
    assert set(ReviewItem.objects.values_list("state", flat=True)) == {ReviewState.REREAD}
    signs = VitalSign.objects.order_by("pk").values_list("code", "value")
    assert [(code, int(value)) for code, value in signs] == [
        ("pulse_rate", 60),
        ("pulse_rate", 61),
        ("pulse_rate", 62),
    ]
    assert AuditEntry.objects.filter(action="review-item-reread").count() == 3


def test_a_version_is_saved_once_and_the_next_one_beside_it(client: Client) -> None:
    here = bed()
    engineer(client, here)
    url = reverse("monitoring:new-profile")
    for form in (FORM, FORM, {**FORM, "trust": "number"}):
        assert client.post(url, {**form, "save": "1"}).status_code == 302

    assert list(Definition.objects.filter(key="acme-m3").values_list("version", flat=True)) == [
        1,
        2,
    ]
    shown = client.get(reverse("monitoring:profile", args=["acme-m3"]))
    listed = client.get(reverse("monitoring:profiles"))
    assert b"SpO2-1^ = spo2" in shown.content
    assert b"Acme M3" in listed.content


def test_a_nurse_writes_no_profile(client: Client) -> None:
    here = bed()
    client.force_login(here.clinician, backend=BACKEND)

    page = client.post(reverse("monitoring:new-profile"), {**FORM, "save": "1"})

    assert page.status_code == 403
    with pytest.raises(Forbidden):
        propose_profile(
            key="x",
            title="X",
            source="x",
            habits={"framing": "mllp"},
            by=here.clinician,
            at=later(1),
        )


def test_a_line_of_the_queue_is_settled_at_once_and_leads_to_the_next(client: Client) -> None:
    here = bed()
    arrive(*(disagreeing(here, second=n, value=str(60 + n)) for n in range(3)), at=later(5, 3))
    demo = oru(here.monitor, {SPO2: "97"}, at=later(6), control_id="d")
    arrive(demo.replace(b"|||||R|||", b"||DEMO|||R|||"), at=later(6))
    client.force_login(here.clinician, backend=BACKEND)
    first = ReviewItem.objects.filter(reason=ReviewReason.CODE_DISAGREES)[0]
    other = ReviewItem.objects.get(reason=ReviewReason.DEMONSTRATION)

    page = client.get(reverse("monitoring:review", args=[first.public_id]))
    charted = client.post(
        reverse("monitoring:assign-review", args=[first.public_id]),
        {"session": str(here.session.public_id), "trust": "name", "all_alike": "on"},
    )
    rejected = client.post(
        reverse("monitoring:reject-review", args=[other.public_id]), {"reason": "demonstration"}
    )

    assert b'data-key="1"' in page.content, "a session is chosen by one key"
    assert b'data-key="n"' in page.content
    assert charted["Location"] == reverse("monitoring:review", args=[other.public_id])
    assert rejected["Location"] == reverse("monitoring:reviews")
    assert VitalSign.objects.filter(code="pulse_rate").count() == 3
    other.refresh_from_db()
    assert (other.state, other.note) == (ReviewState.REJECTED, "demonstration")


def test_the_next_message_is_captured_while_the_engineer_waits(client: Client) -> None:
    here = bed()
    arrive(disagreeing(here), at=later(5))
    engineer(client, here)
    new, poll = reverse("monitoring:new-profile"), reverse("monitoring:next-message")
    half = {name: text for name, text in FORM.items() if name != "key"}

    page = client.post(new, {**half, "capture": "1"})
    after = RawMessage.objects.get().pk
    waiting = client.get(poll, {"after": after})
    stranger = DeviceFactory.build(eui64="0011AAFFFE99AA99")
    raw = oru(stranger, {SPO2: "93"}, at=later(6), control_id="2")
    arrive(raw.replace(b"150456^MDC_PULS_OXIM_SAT_O2^MDC", b"SpO2-1^Sat^99ACME"), at=later(6))
    come = client.get(poll, {"after": after})
    new_one = RawMessage.objects.latest("pk")
    audits = AuditEntry.objects.filter(action="device-message-read")
    before = audits.count()
    tried = client.post(new, {**FORM, "waited_for": str(new_one.public_id), "try": "1"})

    assert page.status_code == 200
    assert f'hx-get="{poll}?after={after}"' in page.content.decode()
    assert "Acme M3" in page.content.decode(), "what was typed stays"
    assert 'hx-trigger="every 1s"' in waiting.content.decode()
    assert "hx-trigger" not in come.content.decode(), "it waits no longer"
    assert str(new_one.public_id) in come.content.decode()
    told = come.content.decode().replace(str(new_one.public_id), "")
    assert "93" not in told, "nothing of what it says is shown before it is read"
    assert (before, audits.count()) == (0, 1)
    assert "Oxygen saturation 93 %" in tried.content.decode()


def test_a_message_of_another_site_is_not_captured(client: Client) -> None:
    here, elsewhere = bed(), bed()
    engineer(client, here)
    arrive(oru(elsewhere.monitor, {SPO2: "97"}, at=later(5), control_id="1"), at=later(5))
    theirs = RawMessage.objects.get()

    poll = client.get(reverse("monitoring:next-message"), {"after": 0})
    tried = client.post(
        reverse("monitoring:new-profile"),
        {**FORM, "waited_for": str(theirs.public_id), "try": "1"},
    )

    assert str(theirs.public_id) not in poll.content.decode()
    assert tried.status_code == 404


def test_a_message_is_tried_before_the_profile_has_a_name(client: Client) -> None:
    here = bed()
    engineer(client, here)
    raw = oru(here.monitor, {SPO2: "97"}, at=later(5), control_id="1")
    blank = {**FORM, "key": "", "title": "", "source": "", "codes": "", "message": raw.decode()}

    tried = client.post(reverse("monitoring:new-profile"), {**blank, "try": "1"})
    saved = client.post(reverse("monitoring:new-profile"), {**blank, "save": "1"})

    assert tried.status_code == 200
    assert "Oxygen saturation 97 %" in tried.content.decode()
    assert saved.status_code == 422
    assert not Definition.objects.filter(source="").exists()


def test_all_that_is_wrong_with_a_profile_is_said_at_once_with_its_line(client: Client) -> None:
    here = bed()
    engineer(client, here)
    wrong = {
        "codes": "SpO2-1^ = spo2\nhalf a line\n\nX^Y = aura",
        "divide_by": "temperature: 0\nspo2: abc",
        "units": "etco2: bananas",
        "sentinels": "respiratory_rate: none\nspo2: 0\nspo2: 1",
    }

    page = client.post(reverse("monitoring:new-profile"), {**FORM, **wrong, "try": "1"})

    said = page.content.decode()
    assert page.status_code == 422
    for words in (
        "Line 2, “half a line”",
        "Line 4, “X^Y = aura”",
        "Line 1, “temperature: 0”",
        "Line 2, “spo2: abc”",
        "Line 1, “etco2: bananas”",
        "Line 1, “respiratory_rate: none”",
        "Line 3, “spo2: 1”",
    ):
        assert words in said
    assert "Line 1, “SpO2-1^ = spo2”" not in said
    assert "The profile cannot be read" not in said
    assert ".." not in said[said.index("error-summary") : said.index("</ul>", said.index("Line 1"))]


def test_the_engineer_sees_test_and_training_messages_and_nothing_they_say(client: Client) -> None:
    here, elsewhere = bed(), bed()
    training = oru(here.monitor, {SPO2: "93"}, at=later(5), control_id="T1", processing_id="T")
    arrive(training, at=later(5))
    arrive(oru(here.monitor, {SPO2: "94"}, at=later(6), control_id="P1"), at=later(6))
    theirs = oru(elsewhere.monitor, {SPO2: "95"}, at=later(7), control_id="X", processing_id="D")
    arrive(theirs, at=later(7))
    engineer(client, here)
    url = reverse("monitoring:device-messages")

    everything = client.get(url).content.decode()
    only = client.get(url, {"only": "not_for_charts"}).content.decode()
    of_one = client.get(url, {"device": str(here.monitor.public_id)}).content.decode()
    not_ours = client.get(url, {"device": str(elsewhere.monitor.public_id)})
    message = RawMessage.objects.get(control_id="T1")
    chosen = client.get(reverse("monitoring:new-profile"), {"message": str(message.public_id)})

    assert "not for charts: test or training" in only
    assert only.count("Try a profile on it") == 1
    assert everything.count("Try a profile on it") == of_one.count("Try a profile on it") == 2
    assert not_ours.status_code == 404
    assert elsewhere.monitor.name not in everything
    assert f'value="{message.public_id}" selected' in chosen.content.decode()
    client.force_login(here.clinician, backend=BACKEND)
    assert client.get(url).status_code == 403


def test_the_author_is_told_that_a_colleague_should_look(client: Client) -> None:
    here = bed()
    engineer(client, here)
    client.post(reverse("monitoring:new-profile"), {**FORM, "save": "1"})
    url = reverse("monitoring:profile", args=["acme-m3"])

    mine = client.get(url).content.decode()
    engineer(client, here)
    anothers = client.get(url).content.decode()

    assert "You wrote this version" in mine
    assert "You wrote this version" not in anothers
