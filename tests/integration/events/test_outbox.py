"""Events are published in the transaction that made them true."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from afterglow.apps.events import services
from afterglow.apps.events.models import OutboxEvent

AT = datetime(2026, 11, 23, 18, 35, tzinfo=UTC)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", ["first", "second"])
def test_committed_events_of_one_test_are_gone_in_the_next(turn: str) -> None:
    assert not OutboxEvent.objects.exists()

    services.publish("infusion-started", topic=uuid4(), subject=uuid4(), site=uuid4(), at=AT)

    assert OutboxEvent.objects.get().event == "infusion-started"
