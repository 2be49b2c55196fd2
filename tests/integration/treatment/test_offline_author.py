"""A tablet's own half as the server sees it: sealed PINs, chains of pump entries, what is kept."""

from __future__ import annotations

import base64
import json
import os
import random
import re
import uuid
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.test import Client

from afterglow.apps.accounts.models import Account, StaffProfile
from afterglow.apps.accounts.services import lock_screen
from afterglow.apps.accounts.services.sealing import NotSealedHere, opened, public_key
from afterglow.apps.audit.models import AuditEntry
from afterglow.apps.monitoring.models import VitalSign
from afterglow.apps.treatment.models import OfflineEntry, PumpAction, SessionEvent
from afterglow.apps.treatment.models.infusion import EventKind, PumpActionKind
from afterglow.apps.treatment.offline_kit import kit, why_not_kept
from afterglow.apps.treatment.services import charting, offline
from afterglow.apps.treatment.services.infusions import act_on_pump, record_pump_stopped
from afterglow.apps.treatment.services.offline_authors import Claim, seal_of
from afterglow.apps.treatment.services.offline_lines import storable
from afterglow.core.quantities import Rate
from afterglow.core.roles import Role
from afterglow.core.treatment.endings import InfusionEnding
from afterglow.web import clock, kept
from factories import staff
from support.clinic_morning import PIN, with_pin
from support.infusion_day import Day, infusing, signed, taken_over

pytestmark = pytest.mark.django_db

TABLET = uuid.UUID(int=99)


@pytest.fixture
def day() -> Day:
    return infusing()


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def sealed(secret: str, about: str) -> dict[str, str]:
    """Seal as the tablet's script does, with a key pair of its own."""
    theirs = public_key()
    x, y = (
        int.from_bytes(base64.urlsafe_b64decode(theirs[axis] + "="), "big") for axis in ("x", "y")
    )
    numbers = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1())
    mine = ec.generate_private_key(ec.SECP256R1())
    shared = mine.exchange(ec.ECDH(), numbers.public_key())
    key = HKDF(hashes.SHA256(), 32, b"", b"afterglow offline pin v1").derive(shared)
    iv = os.urandom(12)
    point = mine.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    text = AESGCM(key).encrypt(iv, secret.encode(), about.encode())
    return {"key": b64(point), "iv": b64(iv), "text": b64(text)}


def claim(day: Day, login: str, secret: str = PIN) -> Claim:
    return Claim.of(login, sealed(secret, seal_of(day.id, storable(login), TABLET)))


def typed(day: Day, minute: float, kind: str, /, **more: Any) -> offline.Typed:
    by = more.pop("claim", None)
    return offline.Typed(
        key=more.pop("key", None) or uuid.uuid4(),
        kind=kind,
        body=more,
        happened_at=day.minute(minute),
        typed_by=None if by else day.clinician.public_id,
        claim=by,
    )


def sent(
    day: Day, *entries: offline.Typed, minute: float = 20, by: Account | None = None
) -> list[OfflineEntry]:
    kept = offline.take_in(
        session=day.id, tablet=TABLET, entries=entries, by=by or day.second, at=day.minute(minute)
    )
    return list(kept.values())


def note(day: Day, minute: float, **more: Any) -> offline.Typed:
    return typed(day, minute, "note", kind="note", text="Hums.", **more)


def test_a_secret_opens_for_its_session_and_its_name_only() -> None:
    secret = sealed("481926", "one|ada")

    assert opened(secret, about="one|ada") == "481926"
    for about in ("two|ada", "one|mo"):
        with pytest.raises(NotSealedHere):
            opened(secret, about=about)
    for broken in ({}, {"key": "!", "iv": "", "text": ""}, secret | {"text": secret["text"][4:]}):
        with pytest.raises(NotSealedHere):
            opened(broken, about="one|ada")


def test_what_is_proved_by_pin_is_charted_in_the_name_of_who_typed_it(day: Day) -> None:
    with_pin(day.clinician, day.minute(0))

    (entry,) = sent(day, note(day, 12, claim=claim(day, day.clinician.username.upper())))

    event = SessionEvent.objects.get(session=day.session, kind=EventKind.NOTE)
    assert (str(entry.outcome), entry.typed_by, entry.by) == ("charted", day.clinician, day.second)
    assert (event.by, event.at) == (day.clinician, day.minute(12))


def test_what_stands_under_a_wrong_pin_waits_for_a_person(day: Day, client: Client) -> None:
    with_pin(day.clinician, day.minute(0))
    wrong = claim(day, day.clinician.username, "111112")
    entries = [note(day, 10 + n, claim=wrong) for n in range(8)]

    first = sent(day, *entries)
    again = sent(day, *entries)

    assert {str(entry.outcome) for entry in first} == {"conflict"}
    assert [entry.pk for entry in again] == [entry.pk for entry in first]
    assert first[0].reasons[0]["code"] == "OFFLINE_AUTHOR_NOT_PROVED"
    assert not SessionEvent.objects.filter(session=day.session, kind=EventKind.NOTE).exists()
    # Eight entries and a second sending are one wrong PIN.
    assert StaffProfile.objects.get(account=day.clinician).pin_failures == 1
    client.force_login(day.second)
    with clock.fixed(day.minute(25)):
        page = client.get(f"/sessions/{day.id}/offline/").content.decode()
    assert f"gave the name {day.clinician.username} on a locked tablet" in page


def test_a_sealed_pin_that_was_copied_to_another_tablet_opens_nothing_there(day: Day) -> None:
    with_pin(day.clinician, day.minute(0))
    login = day.clinician.username
    stolen = Claim.of(login, sealed(PIN, seal_of(day.id, login, uuid.UUID(int=98))))
    before = Claim.of(login, sealed(PIN, f"{day.id}|{login}"))  # a page kept before the upgrade

    outcomes = sent(day, note(day, 12, claim=stolen), note(day, 13, claim=before))

    assert [str(entry.outcome) for entry in outcomes] == ["conflict", "charted"]


@pytest.mark.parametrize("login", ["nobody", "", "\ud83d", "a\0b"])
def test_a_name_that_nobody_has_proves_nothing(day: Day, login: str) -> None:
    (entry,) = sent(day, note(day, 12, claim=claim(day, login)))

    assert (str(entry.outcome), entry.claimed) == ("conflict", storable(login))


def test_a_right_pin_of_somebody_who_may_not_chart_waits_with_the_reason(day: Day) -> None:
    desk = with_pin(staff(Role.FRONT_DESK, site=day.site), day.minute(0))

    (entry,) = sent(day, note(day, 12, claim=claim(day, desk.username)))

    assert str(entry.outcome) == "conflict"
    assert entry.reasons[0]["code"] == "ROLE_NOT_PERMITTED"


def change(day: Day, minute: float, rate: str, **more: Any) -> offline.Typed:
    return typed(day, minute, "pump", kind="change_rate", rate=rate, **more)


def test_a_rate_builds_on_the_tablets_own_rate_before_it(day: Day) -> None:
    first = change(day, 10, "50", seen_sequence=1)
    second = change(day, 12, "40", seen_sequence=1, after=str(first.key))

    assert [str(each.outcome) for each in sent(day, first, second)] == ["charted", "charted"]


def other_tablet(day: Day, minute: float) -> None:
    act_on_pump(
        session=day.id,
        kind=PumpActionKind.CHANGE_RATE,
        by=day.clinician,
        at=day.minute(minute),
        key=uuid.uuid4(),
        seen_sequence=1,
        rate=Rate.ml_per_h("60"),
    )


def test_a_rate_that_builds_on_one_that_was_not_charted_is_not_charted_either(day: Day) -> None:
    first = change(day, 10, "50", seen_sequence=1)
    second = change(day, 12, "40", seen_sequence=2, after=str(first.key))
    stop = typed(day, 15, "pump", kind="stop", after=str(second.key))
    other_tablet(day, 11)

    outcomes = [str(each.outcome) for each in sent(day, first, second, stop)]

    assert outcomes == ["conflict", "conflict", "charted"]  # a stop waits for nothing
    day.infusion.refresh_from_db()
    assert day.infusion.ended_at == day.minute(15)


def test_a_stop_whose_answer_was_lost_is_the_same_stop(day: Day) -> None:
    key = uuid.uuid4()
    record_pump_stopped(
        session=day.id,
        ending=InfusionEnding.COMPLETED,
        by=day.clinician,
        at=day.minute(12),
        key=key,
    )

    (entry,) = sent(day, typed(day, 11.9, "pump", kind="stop", key=key))

    assert str(entry.outcome) == "charted"
    assert PumpAction.objects.filter(infusion=day.infusion, kind="stop").count() == 1


def test_a_mark_is_named_by_the_key_it_was_stamped_with(day: Day) -> None:
    mark = typed(day, 10, "note", kind="mark")
    name = typed(day, 12, "name", about=str(mark.key), label="First tears")
    stray = typed(day, 13, "name", about=str(uuid.uuid4()), label="Nothing")

    outcomes = sent(day, mark, name, stray)

    assert [str(each.outcome) for each in outcomes] == ["charted", "charted", "refused"]
    assert outcomes[2].reasons[0]["code"] == "MARK_NOT_CHARTED"
    stamped = SessionEvent.objects.get(key=mark.key)
    assert SessionEvent.objects.get(kind=EventKind.NAME_MARK).about == stamped


def test_a_symptom_that_has_passed_is_over(day: Day) -> None:
    code = next(iter(kit(day.session, day.clinician, at=day.minute(1))["symptoms"]))
    (entry,) = sent(day, typed(day, 12, "note", kind="symptom", code=code, over=True))

    assert str(entry.outcome) == "charted"
    assert SessionEvent.objects.get(key=entry.key).data == {"code": code, "over": True}


def test_a_clock_that_is_a_moment_ahead_loses_nothing_and_one_far_ahead_is_refused(
    day: Day,
) -> None:
    near = typed(day, 20.5, "readings", readings={"spo2": "97"})
    far = typed(day, 25, "readings", readings={"spo2": "97"})

    outcomes = sent(day, near, far)

    assert [str(each.outcome) for each in outcomes] == ["charted", "refused"]
    assert VitalSign.objects.get(batch=near.key).taken_at == day.minute(20)
    assert outcomes[0].happened_at == day.minute(20.5)  # what the tablet said is kept


@pytest.mark.parametrize("seed", range(4))
def test_however_a_tablet_sends_what_it_has_each_entry_is_charted_once(day: Day, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 (an order, not a secret)
    entries = [note(day, 5 + n / 10) for n in range(8)]
    entries += [typed(day, 6 + n, "readings", readings={"spo2": "9" + str(n)}) for n in range(8)]
    lost_answer = chance.choice(entries[:8])
    charting.record_event(
        session=day.id,
        kind=EventKind.NOTE,
        by=day.clinician,
        at=lost_answer.happened_at,
        key=lost_answer.key,
        text="Hums.",
    )

    for _ in range(6):
        sent(day, *chance.choices(entries, k=chance.randint(1, 16)))
    outcomes = sent(day, *entries)

    assert {str(each.outcome) for each in outcomes} == {"charted"}
    assert SessionEvent.objects.filter(session=day.session, kind=EventKind.NOTE).count() == 8
    oxygen = VitalSign.objects.filter(batch__in=[each.key for each in entries])
    assert sorted(oxygen.values_list("taken_at", flat=True)) == [
        day.minute(6 + n) for n in range(8)
    ]


# -- what is kept ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind",
    [
        EventKind.NOTE,
        EventKind.MARK,
        EventKind.ADVERSE_EVENT,
        EventKind.FALL,
        EventKind.EXTRAVASATION,
        EventKind.SUICIDAL_STATEMENT,
    ],
)
def test_what_is_kept_names_no_patient(client: Client, day: Day, kind: EventKind) -> None:
    client.force_login(day.clinician)
    patient = day.session.patient
    charting.record_event(
        session=day.id,
        kind=kind,
        by=day.clinician,
        at=day.minute(3),
        key=uuid.uuid4(),
        label="Ottilie" if kind is EventKind.MARK else "",
        text="Speaks of her sister Ottilie.",
    )

    with clock.fixed(day.minute(5)):
        page = client.get(f"/sessions/{day.id}/infusion/kept/").content.decode()
        facts = client.get(f"/sessions/{day.id}/infusion/kit.json").content.decode()

    for word in (patient.family_name, patient.mrn, str(patient.public_id), "Ottilie"):
        assert word not in page
        assert word not in facts
    assert "data-kept" in page
    assert "toast" not in page
    assert 'name="pressure"' in page  # it takes readings
    assert '"/static/' not in page
    assert f'"/sessions/kept/{kept.version()}/afterglow/js/main.js"' in page
    named = set(re.findall(r'(?:href|src)="(/sessions/kept/[^"]+)"', page))
    assert named <= set(json.loads(facts)["files"])
    assert all(f"/{name}" in facts for name in ("afterglow/worker.js", "vendor/htmx/htmx.min.js"))


def test_a_kept_page_draws_no_message_and_leaves_it_to_the_page_that_is_looked_at(
    client: Client, day: Day
) -> None:
    client.force_login(day.clinician)
    address = f"/sessions/{day.id}/from-paper/"
    form = {"key": str(uuid.uuid4()), "kept_by": str(day.second.public_id), "seen_sequence": "1"}
    form |= {"n0-what": "note", "n0-text": "Hums."}
    form["n0-when"] = day.minute(10).astimezone(day.site.zone).strftime("%H:%M")

    with clock.fixed(day.minute(20)):
        copied = client.post(address, form)
        kept_page = client.get(f"/sessions/{day.id}/infusion/kept/").content.decode()
        looked_at = client.get(f"/sessions/{day.id}/infusion/").content.decode()

    assert copied.status_code == 302
    assert "Copied from paper" not in kept_page
    assert "Copied from paper" in looked_at


def test_the_worker_answers_for_sessions_only_and_the_policy_allows_it(client: Client) -> None:
    answer = client.get("/sessions/worker.js")

    assert answer.headers["Service-Worker-Allowed"] == "/sessions/"
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert "worker-src 'self'" in answer.headers["Content-Security-Policy"]
    assert kept.version() in answer.content.decode()


def test_a_tablet_keeps_nothing_of_a_session_that_is_over_or_handed_over(day: Day) -> None:
    assert why_not_kept(day.session, day.clinician) == ""
    assert why_not_kept(day.session, day.second) == ""

    taken_over(day, to=day.second, at=day.minute(5))

    assert why_not_kept(day.refreshed(), day.clinician) == "handed_over"
    assert why_not_kept(day.session, day.second) == ""


def test_a_tablet_keeps_nothing_of_a_signed_session() -> None:
    day = signed()

    assert why_not_kept(day.session, day.clinician) == "over"
    assert kit(day.session, day.clinician, at=day.minute(100))["files"] == {}


def test_a_locked_screen_sends_a_stop_and_what_is_under_a_pin_and_holds_the_rest(
    client: Client, day: Day
) -> None:
    with_pin(day.second, day.minute(0))
    client.force_login(day.clinician)
    lock_screen(session_key=str(client.session.session_key), by=day.clinician, at=day.minute(1))
    entries = [
        note(day, 10),
        note(day, 11, claim=claim(day, day.second.username)),
        typed(day, 12, "pump", kind="stop"),
    ]
    body = {"tablet": str(TABLET), "entries": [as_sent(each) for each in entries]}

    with clock.fixed(day.minute(20)):
        answer = client.post(
            f"/sessions/{day.id}/offline/", json.dumps(body), content_type="application/json"
        )
        page = client.get(f"/sessions/{day.id}/offline/")

    outcomes = {each["key"]: each["outcome"] for each in answer.json()["entries"]}
    assert [outcomes[str(each.key)] for each in entries] == ["locked", "charted", "charted"]
    assert not OfflineEntry.objects.filter(key=entries[0].key).exists()
    assert page.status_code == 302
    # The stop was in the name of who is signed in there; the note had a PIN of its own.
    [noted] = AuditEntry.objects.filter(action="acted-on-locked-screen")
    stop = OfflineEntry.objects.get(key=entries[2].key)
    assert (noted.by, noted.detail["entry"]) == (day.clinician.public_id, str(stop.public_id))


def as_sent(entry: offline.Typed) -> dict[str, Any]:
    by = entry.claim
    return {
        "key": str(entry.key),
        "kind": entry.kind,
        "body": dict(entry.body),
        "happened_at": entry.happened_at.isoformat(),
        "typed_by": str(entry.typed_by) if entry.typed_by else None,
        "claim": {"login": by.login, "sealed": dict(by.sealed)} if by else None,
    }
