"""What we emit passes the strict validation of a library that is not ours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.exceptions import HL7apyException
from hl7apy.parser import parse_message

from afterglow.interop.hl7v2.ack import Verdict, acknowledge, reject_undecodable
from afterglow.interop.hl7v2.emit import (
    MONITOR_SLOTS,
    PUMP,
    PUMP_SLOTS,
    Reading,
    Sender,
    SentPatient,
    build_oru,
)
from afterglow.interop.hl7v2.message import decode
from afterglow.interop.hl7v2.problems import ErrorCode, ErrorSeverity, Problem
from afterglow.simulator.main import RoomConfig, SimulatedRoom
from afterglow.simulator.pump import Charted
from support import hl7v2_samples as samples

NOW = datetime(2026, 11, 23, 23, 30, 16, tzinfo=UTC)
SENDER = Sender("SIM", samples.EQUIPMENT, point_of_care="INFUSION", room="CHAIR3", bed="1")
ANSWERED = decode(samples.MONITOR)
PROBLEM = Problem(ErrorCode.DATA_TYPE, "'9|7' is not a number.", "OBX[4]-5")


def is_strictly_valid(raw: bytes) -> bool:
    parsed = parse_message(raw.decode(), validation_level=VALIDATION_LEVEL.STRICT)
    return bool(parsed.validate())


@pytest.mark.parametrize("patient", [None, SentPatient("MRN1", "O'Hara & Sons", "Zoë", "19840517")])
def test_a_full_monitor_message_is_strictly_valid(patient: SentPatient | None) -> None:
    readings = [Reading(refid, Decimal("97.5"), NOW) for refid in MONITOR_SLOTS]

    assert is_strictly_valid(
        build_oru(readings, sender=SENDER, control_id="1", sent_at=NOW, patient=patient)
    )


@pytest.mark.parametrize("refid", sorted(MONITOR_SLOTS))
def test_each_reading_alone_with_or_without_a_value_is_strictly_valid(refid: str) -> None:
    for value in (Decimal("-0.5"), None):
        readings = [Reading(refid, value, None)]
        assert is_strictly_valid(build_oru(readings, sender=SENDER, control_id="1", sent_at=NOW))


def test_a_full_pump_message_is_strictly_valid() -> None:
    readings = [
        Reading(refid, "keta|mine" if slot.unit is None else Decimal("52.5"), NOW)
        for refid, slot in PUMP_SLOTS.items()
    ]

    assert is_strictly_valid(
        build_oru(readings, sender=SENDER, control_id="1", sent_at=NOW, device=PUMP)
    )


def test_everything_a_simulated_room_says_in_two_minutes_is_strictly_valid() -> None:
    room = SimulatedRoom(
        RoomConfig("R1", samples.EQUIPMENT, pump_eui64="0011AAFFFE220001"), now=NOW
    )
    room.follow(Charted("1", Decimal("52.5"), Decimal(35), Decimal(1)))
    spoken = [m for n in range(0, 120, 10) for m in room.step(NOW + timedelta(seconds=n))]

    assert len(spoken) > 20
    assert all(is_strictly_valid(m) for m in spoken)


@pytest.mark.parametrize("lines", [samples.MONITOR_LINES, samples.PUMP_LINES])
def test_the_samples_of_the_tests_are_strictly_valid(lines: list[str]) -> None:
    assert is_strictly_valid(samples.wire(lines))


def test_the_oracle_refuses_one_pipe_too_many() -> None:
    wrong = samples.MONITOR.replace(b"|1.1.1.1|97|", b"|1.1.1.1||97|")

    with pytest.raises(HL7apyException):
        is_strictly_valid(wrong)


@pytest.mark.parametrize("verdict", list(Verdict))
@pytest.mark.parametrize("problems", [(), (PROBLEM,), (PROBLEM._replace(location=""),)])
@pytest.mark.parametrize("modes", ["|||NE|AL|", "|||AL|NE|"])
def test_every_answer_is_strictly_valid(
    verdict: Verdict, problems: tuple[Problem, ...], modes: str
) -> None:
    message = decode(samples.monitor(**{"|||NE|AL|": modes}))
    answer = acknowledge(message, verdict, at=NOW, control_id="A1", problems=problems)

    assert answer is not None
    assert is_strictly_valid(answer)


def test_the_answer_to_what_is_no_message_is_readable() -> None:
    problem = Problem(ErrorCode.SEGMENT_SEQUENCE, "No.", "", ErrorSeverity.ERROR)
    answer = reject_undecodable(b"MSH?", problem, at=NOW, control_id="A1")

    assert decode(answer).type == ("ACK", "")
