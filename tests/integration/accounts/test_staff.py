"""Staff: who may make them, grant roles and file papers; and how they sign in."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.core.cache import cache
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from afterglow.apps.accounts import policies, queries, services
from afterglow.apps.accounts.models import Account, Credential, RoleGrant
from afterglow.apps.audit.models import AuditEntry
from afterglow.apps.places.models import Site
from afterglow.core.errors import InvalidValue
from afterglow.core.permission import Forbidden
from afterglow.core.roles import Action, CredentialKind, Role
from factories.base import AT, PASSWORD, TODAY, make_site, make_staff

pytestmark = pytest.mark.django_db

WORDS = services.StaffWords(given_name="Sam", family_name="New", title="RN")


@pytest.fixture
def boss() -> Account:
    return make_staff(Role.ADMINISTRATOR, username="boss")


@pytest.fixture
def site() -> Site:
    return make_site()


def _who(by: Account) -> dict[str, Any]:
    return {"by": by, "at": AT, "on": TODAY}


def _create(boss: Account, **changes: Any) -> Account:
    values = {"username": "sam", "password": PASSWORD, "words": WORDS, **_who(boss)}
    return services.create_staff(**values | changes)


def _grant(
    account: Account, by: Account, site: Site | None, role: Role = Role.MONITOR
) -> RoleGrant:
    where: UUID | None = None if site is None else site.public_id
    return services.grant_role(account=account.public_id, role=role, site=where, **_who(by))


def test_a_new_member_may_do_nothing_until_a_role_is_granted(boss: Account, site: Site) -> None:
    sam = _create(boss)
    before = policies.can(Action.CHART, by=sam, site=site, on=TODAY)

    _grant(sam, boss, site)

    assert not before
    assert policies.can(Action.CHART, by=sam, site=site, on=TODAY)
    assert queries.sites_of(sam, at=AT) == [site]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"username": "BOSS"}, "'BOSS' is in use"),
        ({"password": "short"}, "at least 12 characters"),
        ({"password": "password1234"}, "too common"),
    ],
)
def test_a_bad_name_or_password_is_refused_in_words(
    boss: Account, changes: dict[str, str], sentence: str
) -> None:
    with pytest.raises(InvalidValue, match=sentence):
        _create(boss, **changes)

    assert Account.objects.count() == 1


def test_a_nurse_cannot_make_staff() -> None:
    with pytest.raises(Forbidden):
        _create(make_staff(Role.MONITOR))


def test_an_administrator_of_one_site_gives_no_role_at_another_or_everywhere(site: Site) -> None:
    local = make_staff(Role.ADMINISTRATOR, site=site)
    sam = _create(local)

    _grant(sam, local, site)

    with pytest.raises(Forbidden):
        _grant(sam, local, make_site())
    with pytest.raises(Forbidden, match="administrator of every site"):
        _grant(sam, local, None)


def test_nobody_but_a_superuser_changes_a_superuser(boss: Account, site: Site) -> None:
    root = Account.objects.create_superuser("root", given_name="R", family_name="Root")

    with pytest.raises(Forbidden, match="Only a superuser"):
        services.edit_staff(account=root.public_id, words=WORDS, **_who(boss))
    with pytest.raises(Forbidden, match="Only a superuser"):
        _grant(root, boss, site)


def test_the_same_role_again_is_the_same_grant(boss: Account, site: Site) -> None:
    sam = _create(boss)

    assert _grant(sam, boss, site) == _grant(sam, boss, site)


def test_a_patients_role_is_not_granted_to_staff(boss: Account, site: Site) -> None:
    with pytest.raises(InvalidValue, match="patient is not a role of staff"):
        _grant(_create(boss), boss, site, Role.PATIENT)


def test_an_ended_role_counts_today_and_not_tomorrow(boss: Account, site: Site) -> None:
    sam = _create(boss)
    grant = _grant(sam, boss, site)

    services.end_grant(grant=grant.public_id, **_who(boss))

    tomorrow = TODAY + timedelta(days=1)
    assert policies.can(Action.CHART, by=sam, site=site, on=TODAY)
    assert not policies.can(Action.CHART, by=sam, site=site, on=tomorrow)


def test_nobody_locks_themselves_out(boss: Account) -> None:
    mine = boss.grants.get()

    with pytest.raises(InvalidValue, match="cannot end your own role"):
        services.end_grant(grant=mine.public_id, **_who(boss))
    off = services.StaffWords("B", "Oss", is_active=False)
    with pytest.raises(InvalidValue, match="cannot switch your own account off"):
        services.edit_staff(account=boss.public_id, words=off, **_who(boss))


def test_a_credential_filed_again_is_renewed_and_the_old_date_stays_in_history(
    boss: Account,
) -> None:
    sam = _create(boss)
    who = {"account": sam.public_id, "kind": CredentialKind.ACLS, "number": "A1", **_who(boss)}

    services.set_credential(expires_on=date(2026, 12, 1), **who)
    services.set_credential(expires_on=date(2028, 12, 1), **who)

    assert sam.credentials.get().expires_on == date(2028, 12, 1)
    history = sam.credentials.get().events.order_by("pgh_id")  # type: ignore[attr-defined]
    assert [one.expires_on.year for one in history] == [2026, 2028]


def test_who_holds_a_role_at_a_site(boss: Account, site: Site) -> None:
    here = make_staff(Role.PRESCRIBER, site=site)
    everywhere = make_staff(Role.MEDICAL_DIRECTOR)
    make_staff(Role.PRESCRIBER, site=make_site())

    found = queries.who_holds(
        frozenset({Role.PRESCRIBER, Role.MEDICAL_DIRECTOR}), site=site, on=TODAY
    )

    assert set(found) == {here, everywhere}


# -- pages ----------------------------------------------------------------------------------


def test_a_member_is_made_given_a_role_and_a_credential_on_the_pages(
    client: Client, boss: Account, site: Site
) -> None:
    client.force_login(boss)
    names = {"given_name": "Sam", "family_name": "New", "language": "en", "is_active": "on"}

    client.post(reverse("accounts:new-member"), names | {"username": "sam", "password": PASSWORD})
    sam = Account.objects.get(username="sam")
    who = {"account": sam.public_id}
    client.post(
        reverse("accounts:grant", kwargs=who),
        {"role": "monitor", "site": str(site.public_id), "starts_on": "2020-01-01"},
    )
    client.post(
        reverse("accounts:credential", kwargs=who), {"kind": "acls", "expires_on": "2030-01-31"}
    )
    client.post(reverse("accounts:member", kwargs=who), names | {"title": "RN"})
    page = client.get(reverse("accounts:member", kwargs=who)).content.decode()

    sam.refresh_from_db()
    assert sam.grants.get().site == site
    assert sam.staff.title == "RN"
    assert "31 Jan 2030" in page
    assert "PASSWORD" not in str(list(AuditEntry.objects.values()))


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("accounts:grant", {"role": "king"}, "not one of the available choices"),
        (
            "accounts:grant",
            {"role": "monitor", "starts_on": "2026-02-02", "ends_on": "2026-02-01"},
            "before it begins on 2 Feb 2026",
        ),
        ("accounts:credential", {"kind": "acls", "expires_on": "soon"}, "Enter a valid date"),
        ("accounts:member", {"given_name": ""}, "Please fill this in."),
    ],
)
def test_bad_input_gets_a_sentence_and_saves_nothing(
    client: Client, boss: Account, name: str, data: dict[str, str], sentence: str
) -> None:
    sam = _create(boss)
    client.force_login(boss)

    response = client.post(reverse(name, kwargs={"account": sam.public_id}), data)

    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert not sam.grants.exists()
    assert not sam.credentials.exists()


# -- signing in -----------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def no_earlier_tries() -> None:
    cache.clear()


def _sign_in(client: Client, password: str = PASSWORD) -> Any:
    return client.post(reverse("account_login"), {"login": "Nurse", "password": password})


def test_a_password_alone_leads_to_setting_up_a_second_factor(client: Client) -> None:
    make_staff(Role.MONITOR, username="nurse", password=PASSWORD)

    _sign_in(client)

    page = client.get(reverse("notices:list"))
    assert (page.status_code, page["Location"]) == (302, reverse("mfa_activate_totp"))


def test_a_demo_account_signs_in_by_password_alone(client: Client) -> None:
    nurse = make_staff(Role.MONITOR, username="nurse", password=PASSWORD)
    Account.objects.filter(pk=nurse.pk).update(is_demo=True)

    _sign_in(client)

    assert client.get(reverse("notices:list")).status_code == 200


def test_a_password_and_the_apps_code_open_the_house(client: Client) -> None:
    nurse = make_staff(Role.MONITOR, username="nurse", password=PASSWORD)
    secret = "JBSWY3DPEHPK3PXP"
    TOTP.activate(nurse, secret)
    code = format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))
    _sign_in(client)
    halfway = client.get(reverse("notices:list"))

    client.post(reverse("mfa_authenticate"), {"code": code})

    assert Authenticator.objects.filter(user=nurse, type="totp").count() == 1
    assert halfway.status_code == 302
    assert client.get(reverse("notices:list")).status_code == 200


def test_a_wrong_password_says_so_without_saying_which_was_wrong(client: Client) -> None:
    make_staff(username="nurse", password=PASSWORD)

    response = _sign_in(client, "not-the-password")

    assert "are not correct" in response.content.decode()
    assert "_auth_user_id" not in client.session


def test_guessing_passwords_is_slowed_down(client: Client) -> None:
    make_staff(username="nurse", password=PASSWORD)
    for _ in range(5):
        _sign_in(client, "not-the-password")

    response = _sign_in(client)

    assert "Too many failed login attempts" in response.content.decode()
    assert "_auth_user_id" not in client.session


def test_signing_up_creates_nobody(client: Client) -> None:
    client.post(
        reverse("account_signup"),
        {"username": "me", "password1": PASSWORD, "password2": PASSWORD},
    )

    assert not Account.objects.exists()


# -- constraints ----------------------------------------------------------------------------


def test_constraint_one_account_per_username_whatever_case() -> None:
    make_staff(username="nurse")

    with (
        pytest.raises(DatabaseError, match="one_account_per_username_whatever_case"),
        transaction.atomic(),
    ):
        make_staff(username="NURSE")


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"role": "king"}, "granted_role_is_known"),
        ({"ends_on": date(2019, 12, 31)}, "a_grant_ends_after_it_begins"),
    ],
)
def test_constraints_of_a_grant(changes: dict[str, Any], constraint: str) -> None:
    make_staff(Role.MONITOR)

    with pytest.raises(DatabaseError, match=constraint), transaction.atomic():
        RoleGrant.objects.update(**changes)


def test_constraint_credential_kind_is_known() -> None:
    make_staff()

    with pytest.raises(DatabaseError, match="credential_kind_is_known"), transaction.atomic():
        Credential.objects.update(kind="fishing")
