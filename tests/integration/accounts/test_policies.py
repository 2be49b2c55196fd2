"""Roles count per site and per day; papers that ran out block what they cover."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from afterglow.apps.accounts import policies
from afterglow.apps.accounts.models import Account, Credential, RoleGrant
from afterglow.apps.audit.policies import may_open_chart
from afterglow.apps.audit.services import break_glass
from afterglow.core.roles import REQUIRES, Action, CredentialKind, Role
from factories.base import AT, TODAY, make_site, make_staff

pytestmark = pytest.mark.django_db

COVERED = [(action, kind) for action, kinds in REQUIRES.items() for kind in sorted(kinds)]


def _director() -> Account:
    return make_staff(Role.MEDICAL_DIRECTOR, site=make_site())


@pytest.mark.parametrize(("action", "kind"), COVERED)
def test_a_credential_that_ran_out_yesterday_blocks_what_it_covers(
    action: Action, kind: CredentialKind
) -> None:
    director = _director()
    director.credentials.filter(kind=kind).update(expires_on=TODAY - timedelta(days=1))

    decision = policies.may(action, by=director, site=None, on=TODAY)

    assert decision.codes == ("CREDENTIAL_EXPIRED",)
    assert "22 Nov 2026" in decision.blockers[0].sentence


@pytest.mark.parametrize(("action", "kind"), COVERED)
def test_a_credential_that_runs_out_today_still_counts(
    action: Action, kind: CredentialKind
) -> None:
    director = _director()
    director.credentials.filter(kind=kind).update(expires_on=TODAY)

    assert policies.can(action, by=director, site=None, on=TODAY)


@pytest.mark.parametrize(("action", "kind"), COVERED)
def test_a_credential_never_filed_blocks_what_it_covers(
    action: Action, kind: CredentialKind
) -> None:
    director = _director()
    director.credentials.filter(kind=kind).delete()

    assert policies.may(action, by=director, site=None, on=TODAY).codes == ("CREDENTIAL_MISSING",)


def test_the_newest_of_two_licences_counts() -> None:
    director = _director()
    Credential.objects.create(
        account=director, kind=CredentialKind.LICENCE, number="old", expires_on=date(2020, 1, 1)
    )

    assert policies.can(Action.SIGN_RECORD, by=director, site=None, on=TODAY)


def test_stopping_an_infusion_never_needs_a_paper() -> None:
    nurse = make_staff(Role.MONITOR, credentials=False)

    assert policies.can(Action.STOP_INFUSION, by=nurse, site=None, on=TODAY)


def test_a_role_at_one_site_is_none_at_another() -> None:
    here, there = make_site(), make_site()
    nurse = make_staff(Role.MONITOR, site=here)

    assert policies.can(Action.CHART, by=nurse, site=here, on=TODAY)
    assert policies.can(Action.CHART, by=nurse, site=here.public_id, on=TODAY)
    assert not policies.can(Action.CHART, by=nurse, site=there, on=TODAY)
    assert not policies.can(Action.CHART, by=nurse, site=there.public_id, on=TODAY)


@pytest.mark.parametrize(
    ("starts", "ends", "may"),
    [(-1, None, True), (0, None, True), (0, 0, True), (1, None, False), (-9, -1, False)],
)
def test_a_grant_counts_from_its_first_to_its_last_day(
    starts: int, ends: int | None, may: bool
) -> None:
    nurse = make_staff()
    RoleGrant.objects.create(
        account=nurse,
        role=Role.MONITOR,
        starts_on=TODAY + timedelta(days=starts),
        ends_on=None if ends is None else TODAY + timedelta(days=ends),
    )

    assert policies.can(Action.CHART, by=nurse, site=None, on=TODAY) is may


def test_an_account_switched_off_may_do_nothing_and_hears_why() -> None:
    nurse = make_staff(Role.MONITOR)
    nurse.is_active = False
    nurse.save()

    assert policies.may(Action.CHART, by=nurse, site=None, on=TODAY).codes == ("ACCOUNT_INACTIVE",)


def test_breaking_the_glass_opens_a_chart_elsewhere_until_it_closes_again() -> None:
    here, there = make_site(), make_site()
    nurse = make_staff(Role.MONITOR, site=here)
    patient = uuid4()
    asked: dict[str, Any] = {"by": nurse, "patient": patient, "sites": [there], "on": TODAY}
    before = may_open_chart(**asked, at=AT)

    opened = break_glass(
        patient=patient, reason="Unconscious in the lobby", by=nurse, at=AT, on=TODAY
    )

    assert "CHART_OUTSIDE_YOUR_SITES" in before.codes
    assert before.refused
    assert may_open_chart(**asked, at=AT).allowed
    assert may_open_chart(**asked, at=opened.expires_at - timedelta(seconds=1)).allowed
    assert may_open_chart(**asked, at=opened.expires_at).refused
    assert may_open_chart(**asked | {"patient": uuid4()}, at=AT).refused


def test_the_front_desk_cannot_break_the_glass() -> None:
    desk = make_staff(Role.FRONT_DESK)

    with pytest.raises(policies.Forbidden, match="do not include"):
        break_glass(patient=uuid4(), reason="Curious about this", by=desk, at=AT, on=TODAY)
