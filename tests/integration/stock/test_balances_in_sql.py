"""The sums that the database makes are those of the core's ledger, line by line."""

from __future__ import annotations

import datetime as dt
import uuid
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from afterglow.apps.stock import queries, services
from afterglow.apps.stock.models import LedgerEntry, Vial
from afterglow.core.quantities import Dose, Volume
from afterglow.core.roles import Role
from afterglow.core.stock import LedgerKind, Line, balance
from factories import AT, KetamineFactory, SiteFactory, staff
from support.infusion_day import Day, discharged

pytestmark = pytest.mark.django_db


def added_up_by_the_core(**which: Any) -> Any:
    return balance(
        Line(LedgerKind(row.kind), row.amount_mg.value, row.session_id is not None)
        for row in LedgerEntry.objects.filter(**which)
    )


def agree(day: Day) -> None:
    vials = list(Vial.objects.filter(site=day.site))
    assert queries.site_balance(day.site) == added_up_by_the_core(site=day.site)
    together = queries.vial_balances(vials)
    for vial in vials:
        expected = added_up_by_the_core(vial=vial)
        assert queries.vial_balance(vial) == together[vial.pk] == expected
        assert queries.session_balance(vial, day.session) == added_up_by_the_core(
            vial=vial, session=day.session
        )


OF_SESSIONS = (LedgerKind.DRAWN, LedgerKind.GIVEN, LedgerKind.RETURNED)
MOVES = st.lists(
    st.tuples(
        st.sampled_from(OF_SESSIONS),
        st.decimals(min_value="0.0001", max_value="60", places=4),
        st.integers(0, 2),
    ),
    min_size=1,
    max_size=12,
)


@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(moves=MOVES)
def test_database_and_core_agree_about_every_ledger(
    day: Day, vials: list[Vial], moves: list[tuple[LedgerKind, Decimal, int]]
) -> None:
    before = LedgerEntry.objects.count()

    for kind, amount, number in moves:
        with suppress(services.NotEnoughInVial):
            services.write_line(
                kind,
                vial=vials[number],
                amount=Dose.mg(str(amount)),
                session=day.session,
                by=day.clinician,
                at=AT,
                key=uuid.uuid4(),
            )

    event(f"{LedgerEntry.objects.count() - before} lines")
    agree(day)


@pytest.fixture
def day() -> Day:
    return discharged()


@pytest.fixture
def vials(day: Day) -> list[Vial]:
    custodian = staff(Role.CUSTODIAN, site=day.site)
    return [
        services.receive_vial(
            site=day.site,
            product=KetamineFactory.create(),
            number=f"P{number}",
            lot="L",
            expires_on=day.site.local_date(AT) + dt.timedelta(days=400),
            contents=Volume.ml("5"),
            by=custodian,
            at=AT,
            key=uuid.uuid4(),
        )
        for number in range(3)
    ]


def test_a_day_with_a_bag_and_its_waste_is_added_up_alike(day: Day, vials: list[Vial]) -> None:
    agree(day)
    assert queries.vial_balance(day.vial).given > 0


def test_a_site_without_a_line_holds_nothing() -> None:
    site = SiteFactory.create()

    assert queries.site_balance(site) == balance([])
    assert queries.vial_balances([]) == {}
