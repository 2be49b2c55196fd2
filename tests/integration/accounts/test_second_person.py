"""PINs, locked screens, second persons and links."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import translation

from afterglow.apps.accounts import services
from afterglow.apps.accounts.models import (
    Account,
    Countersignature,
    ScreenLock,
    SignInLink,
    StaffProfile,
)
from afterglow.apps.audit.models import AuditEntry
from afterglow.apps.places.models import Site
from afterglow.core.decisions import Decision
from afterglow.core.errors import InvalidValue
from afterglow.core.roles import Role
from afterglow.web import clock
from afterglow.web.sentences import sentence_of
from factories.base import AT, PASSWORD, make_site, make_staff

pytestmark = pytest.mark.django_db

PIN = "204816"


@pytest.fixture
def nurse() -> Account:
    account = make_staff(Role.MONITOR, username="nurse", password=PASSWORD)
    services.set_pin(account=account, pin=PIN, password=PASSWORD, by=account, at=AT)
    return account


@pytest.fixture
def second() -> Account:
    account = make_staff(Role.CUSTODIAN, username="Second", password=PASSWORD)
    services.set_pin(account=account, pin=PIN, password=PASSWORD, by=account, at=AT)
    return account


@pytest.fixture
def bag() -> Site:
    """Anything with a public id can stand for what is signed."""
    return make_site()


def _fail(account: Account, times: int) -> list[Decision]:
    return [services.verify_pin(account=account, pin="999999", at=AT) for _ in range(times)]


# -- PIN ------------------------------------------------------------------------------------


def test_the_right_pin_is_right_and_is_kept_only_as_a_hash(nurse: Account) -> None:
    assert services.verify_pin(account=nurse, pin=PIN, at=AT).allowed
    assert PIN not in StaffProfile.objects.get(account=nurse).pin


def test_the_shipped_hash_of_a_pin_is_a_slow_one(nurse: Account) -> None:
    assert StaffProfile.objects.get(account=nurse).pin.startswith("scrypt$")


@pytest.mark.parametrize(
    ("pin", "sentence"),
    [
        ("12345", "6 to 12 digits; 5 characters"),
        ("1234567890123", "6 to 12 digits; 13 characters"),
        ("20481x", "6 to 12 digits"),
        ("777777", "easily guessed"),
        ("123456", "easily guessed"),
        ("987654", "easily guessed"),
    ],
)
def test_a_weak_pin_is_refused_in_words(nurse: Account, pin: str, sentence: str) -> None:
    with pytest.raises(InvalidValue, match=sentence):
        services.set_pin(account=nurse, pin=pin, password=PASSWORD, by=nurse, at=AT)

    assert services.verify_pin(account=nurse, pin=PIN, at=AT).allowed


def test_a_pin_is_set_with_the_password_and_by_oneself(nurse: Account, second: Account) -> None:
    with pytest.raises(InvalidValue, match="password is not right"):
        services.set_pin(account=nurse, pin="731924", password="guess", by=nurse, at=AT)
    with pytest.raises(InvalidValue, match="Only the person themselves"):
        services.set_pin(account=nurse, pin="731924", password=PASSWORD, by=second, at=AT)


def test_each_wrong_pin_says_how_many_tries_are_left_and_the_fifth_locks(nurse: Account) -> None:
    answers = _fail(nurse, 5)

    assert [one.codes[0] for one in answers] == ["PIN_WRONG"] * 4 + ["PIN_LOCKED"]
    assert "4 more tries" in answers[0].blockers[0].sentence
    assert "1 more try" in answers[3].blockers[0].sentence


def test_a_spanish_reader_is_told_the_tries_left_and_how_long_the_lock_holds(
    nurse: Account,
) -> None:
    with translation.override("es"):
        first, *_between, locked = [sentence_of(one.blockers[0]) for one in _fail(nurse, 5)]

    assert first == "Eso no es correcto. Intentos que quedan antes del bloqueo: 4."
    assert locked == (
        "Demasiados PIN incorrectos: bloqueado 15 min más. Espere, o salga y vuelva a entrar."
    )


def test_a_locked_pin_refuses_the_right_one_until_the_time_is_over(nurse: Account) -> None:
    _fail(nurse, 5)
    almost, over = AT + timedelta(minutes=14, seconds=59), AT + timedelta(minutes=15)

    assert services.verify_pin(account=nurse, pin=PIN, at=almost).codes == ("PIN_LOCKED",)
    assert services.verify_pin(account=nurse, pin=PIN, at=over).allowed


def test_after_the_lock_there_are_five_tries_again(nurse: Account) -> None:
    _fail(nurse, 5)
    over = AT + timedelta(minutes=15)

    answer = services.verify_pin(account=nurse, pin="999999", at=over)

    assert answer.codes == ("PIN_WRONG",)
    assert "4 more tries" in answer.blockers[0].sentence


def test_a_right_pin_forgets_the_wrong_ones_before_it(nurse: Account) -> None:
    _fail(nurse, 4)
    services.verify_pin(account=nurse, pin=PIN, at=AT)

    assert _fail(nurse, 4)[-1].codes == ("PIN_WRONG",)


def test_who_has_no_pin_is_told_so() -> None:
    answer = services.verify_pin(account=make_staff(), pin=PIN, at=AT)

    assert answer.codes == ("PIN_NOT_SET",)


# -- countersign ----------------------------------------------------------------------------


def _sign(
    nurse: Account, bag: Site, username: str = "second", secret: str = PIN
) -> Countersignature | Decision:
    return services.countersign(
        by=services.SecondPerson(username, secret),
        beside=nurse,
        act="read-back",
        subject=bag,
        at=AT,
        site=bag,
    )


@pytest.mark.parametrize("secret", [PIN, PASSWORD])
def test_a_second_person_signs_one_act_by_pin_or_password(
    nurse: Account, second: Account, bag: Site, secret: str
) -> None:
    signature = _sign(nurse, bag, secret=secret)

    assert isinstance(signature, Countersignature)
    assert (signature.account, signature.beside, signature.subject) == (
        second,
        nurse,
        bag.public_id,
    )
    assert AuditEntry.objects.get(action="countersigned").by == second.public_id


@pytest.mark.parametrize(
    ("username", "secret", "code"),
    [
        ("second", "000000", "PIN_WRONG"),
        ("nobody", PIN, "PIN_WRONG"),
        ("nurse", PIN, "SECOND_PERSON_IS_THE_FIRST"),
        ("NURSE ", PASSWORD, "SECOND_PERSON_IS_THE_FIRST"),
    ],
)
def test_a_refused_second_signature_is_recorded_and_signs_nothing(
    nurse: Account, second: Account, bag: Site, username: str, secret: str, code: str
) -> None:
    outcome = _sign(nurse, bag, username, secret)

    assert isinstance(outcome, Decision)
    assert outcome.codes == (code,)
    assert not Countersignature.objects.exists()
    refusal = AuditEntry.objects.get(action="countersignature-refused")
    assert refusal.detail["codes"] == [code]
    assert secret not in str(refusal.detail)


def test_the_front_desk_cannot_be_the_second_person(nurse: Account, bag: Site) -> None:
    make_staff(Role.FRONT_DESK, username="desk", password=PASSWORD)

    outcome = _sign(nurse, bag, "desk", PASSWORD)

    assert isinstance(outcome, Decision)
    assert outcome.codes == ("ROLE_NOT_PERMITTED",)


def test_guessing_as_a_second_person_locks_like_any_guessing(
    nurse: Account, second: Account, bag: Site
) -> None:
    for _ in range(5):
        _sign(nurse, bag, secret="000000")

    outcome = _sign(nurse, bag)

    assert isinstance(outcome, Decision)
    assert outcome.codes == ("PIN_LOCKED",)


def test_a_secret_is_never_printed() -> None:
    assert PIN not in repr(services.SecondPerson("second", PIN))


def test_constraint_a_countersignature_is_by_another_person(nurse: Account, bag: Site) -> None:
    with (
        pytest.raises(DatabaseError, match="a_countersignature_is_by_another_person"),
        transaction.atomic(),
    ):
        Countersignature.objects.create(
            account=nurse,
            beside=nurse,
            act="x",
            subject_type="x",
            subject=bag.public_id,
            at=AT,
        )


# -- locked screens -------------------------------------------------------------------------


@pytest.fixture
def screen(client: Client, nurse: Account) -> Client:
    """A signed-in screen that was locked."""
    client.force_login(nurse)
    client.post(reverse("accounts:lock"))
    return client


def test_a_locked_screen_leads_every_page_to_the_unlock_page(screen: Client) -> None:
    page = screen.get(reverse("notices:list"))

    assert page.status_code == 302
    assert page["Location"] == f"{reverse('accounts:unlock')}?next={reverse('notices:list')}"


@pytest.mark.parametrize("name", ["accounts:choose-site", "accounts:me", "accounts:new-member"])
def test_a_locked_screen_does_nothing(screen: Client, name: str) -> None:
    response = screen.post(reverse(name), {"pin": "1"})

    assert response.status_code == 423
    assert "Nothing was done: the screen is locked." in response.content.decode()


def test_the_pin_unlocks_and_goes_back_to_the_page(screen: Client) -> None:
    back = reverse("notices:list")

    unlocked = screen.post(f"{reverse('accounts:unlock')}?next={back}", {"secret": PIN})

    assert unlocked["Location"] == back
    assert screen.get(back).status_code == 200
    assert not ScreenLock.objects.exists()


def test_a_wrong_pin_leaves_the_screen_locked_and_says_so(screen: Client) -> None:
    refused = screen.post(reverse("accounts:unlock"), {"secret": "000000"})

    assert refused.status_code == 409
    assert "4 more tries before it locks" in refused.content.decode()
    assert ScreenLock.objects.exists()


def test_another_screen_of_the_same_person_stays_open(screen: Client, nurse: Account) -> None:
    other = Client()
    other.force_login(nurse)

    assert other.get(reverse("notices:list")).status_code == 200


def test_signing_out_works_from_a_locked_screen(screen: Client) -> None:
    response = screen.post(reverse("account_logout"))

    assert response.status_code == 302
    assert "_auth_user_id" not in screen.session


def test_locking_twice_is_one_lock(nurse: Account) -> None:
    first = services.lock_screen(session_key="k", by=nurse, at=AT)

    assert services.lock_screen(session_key="k", by=nurse, at=AT) == first


# -- links ----------------------------------------------------------------------------------


@pytest.fixture
def patient() -> Account:
    return Account.objects.create_user("p1", given_name="Ada", family_name="Made-Up")


def test_reading_the_links_page_uses_nothing_up_and_the_button_signs_in_once(
    client: Client, patient: Account
) -> None:
    token = services.create_link(account=patient, by=None, at=AT)
    page = reverse("accounts:enter", kwargs={"token": token})

    with clock.fixed(AT):
        scanned = [client.get(page).status_code for _ in range(3)]
        entered = client.post(page)
        signed_in_as = client.session["_auth_user_id"]
        again = Client().post(page)

    assert scanned == [200, 200, 200]
    assert entered.status_code == 302
    assert signed_in_as == str(patient.pk)
    assert again.status_code == 409


def test_a_link_ends_after_fifteen_minutes(patient: Account) -> None:
    token = services.create_link(account=patient, by=None, at=AT)

    assert services.consume_link(token=token, at=AT + timedelta(minutes=15)) is None


def test_a_new_link_ends_the_one_before(patient: Account) -> None:
    old = services.create_link(account=patient, by=None, at=AT)
    new = services.create_link(account=patient, by=None, at=AT)

    assert services.consume_link(token=old, at=AT) is None
    assert services.consume_link(token=new, at=AT) == patient


def test_only_the_hash_of_a_link_is_kept(patient: Account) -> None:
    token = services.create_link(account=patient, by=None, at=AT)

    assert token not in str(SignInLink.objects.values())


def test_staff_get_no_link(nurse: Account) -> None:
    with pytest.raises(InvalidValue, match="second factor"):
        services.create_link(account=nurse, by=None, at=AT)


def test_an_account_switched_off_cannot_use_its_link(patient: Account) -> None:
    token = services.create_link(account=patient, by=None, at=AT)
    Account.objects.update(is_active=False)

    assert services.consume_link(token=token, at=AT) is None


def test_constraint_a_link_expires_after_it_is_made(patient: Account) -> None:
    with (
        pytest.raises(DatabaseError, match="a_link_expires_after_it_is_made"),
        transaction.atomic(),
    ):
        SignInLink.objects.create(
            account=patient, token_sha256="0" * 64, created_at=AT, expires_at=AT
        )


def test_links_and_locks_that_are_over_are_cleared(patient: Account, nurse: Account) -> None:
    services.create_link(account=patient, by=None, at=AT)
    services.lock_screen(session_key="gone", by=nurse, at=AT)

    assert services.clear_expired(at=AT + timedelta(hours=24)) == 0
    assert services.clear_expired(at=AT + timedelta(hours=25)) == 1
    assert not ScreenLock.objects.exists()
