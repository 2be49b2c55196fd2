"""Replaying recorded trends over a real socket, and what bad input gets."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from importlib import resources
from pathlib import Path

import pytest

from afterglow.core.errors import InvalidValue
from afterglow.interop.hl7v2.client import Tally
from afterglow.interop.hl7v2.gateway import GatewayServer
from afterglow.interop.hl7v2.message import decode
from afterglow.interop.hl7v2.oru import decode_oru
from afterglow.simulator import replay as player
from afterglow.simulator.main import RoomConfig, SimulatorConfig, run_simulator
from afterglow.simulator.trends import TrendRow, parse_trend, read_trend
from support.memory_store import MemoryStore

pytestmark = pytest.mark.enable_socket
TRENDS = Path(str(resources.files("afterglow").joinpath("data", "monitor_trends")))
HEADER = (
    "minute,hr_per_min,pulse_per_min,rr_per_min,spo2_percent,"
    "nibp_sys_mmhg,nibp_dia_mmhg,nibp_mean_mmhg"
)
DEVICE = "00:11:aa:ff:fe:22:00:01"


def now() -> datetime:
    return datetime.now(UTC)


def trend(*rows: str) -> list[TrendRow]:
    return parse_trend([HEADER, *rows], name="trend.csv")


async def _play(rows: Sequence[TrendRow], store: MemoryStore, speed: str = "100000") -> Tally:
    server = GatewayServer("127.0.0.1", 0, store=store, clock=now)
    await server.start()
    tally = await player.replay(
        rows, device=DEVICE, host="127.0.0.1", port=server.port, speed=Decimal(speed)
    )
    await server.stop()
    return tally


def test_a_whole_recording_arrives_in_order_as_it_was() -> None:
    rows, store = read_trend(TRENDS / "icu_trend_b_72min.csv"), MemoryStore()
    tally = asyncio.run(_play(rows, store))
    reports = [decode_oru(r.raw, default_zone=UTC, received_at=r.received_at) for r in store.kept]

    assert (tally.sent, tally.acknowledged) == (72, 72)
    assert [{o.refid: o.value for o in r.observations} for r in reports] == [
        dict(row.values) for row in rows
    ]
    assert {r.device.equipment_ids for r in reports} == {("0011AAFFFE220001",)}
    assert not [p for r in reports for p in r.problems]


def test_zeros_gaps_and_a_mean_without_its_pair_are_sent_as_they_are() -> None:
    (row,) = trend("0,0,,16.5,97,,,62")

    assert dict(row.values) == {
        "MDC_ECG_HEART_RATE": 0,
        "MDC_PULS_OXIM_PULS_RATE": None,
        "MDC_RESP_RATE": Decimal("16.5"),
        "MDC_PULS_OXIM_SAT_O2": 97,
        "MDC_PRESS_BLD_NONINV_MEAN": 62,
    }


def test_both_recordings_are_read_whole() -> None:
    assert len(read_trend(TRENDS / "icu_trend_a_480min.csv")) == 480
    assert len(read_trend(TRENDS / "icu_trend_b_72min.csv")) == 72


def test_speed_is_how_many_minutes_pass_in_one() -> None:
    store = MemoryStore()
    asyncio.run(_play(trend("0,1,1,1,1,,,", "1,1,1,1,1,,,"), store, "200"))
    first, second = (r.received_at for r in store.kept)

    assert 0.28 < (second - first).total_seconds() < 1.5


def test_playing_a_recording_twice_is_not_a_repeat() -> None:
    store = MemoryStore()
    for _ in range(2):
        asyncio.run(_play(trend("0,1,1,1,1,,,"), store))

    assert len({decode(r.raw).control_id for r in store.kept}) == 2


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ([], "trend.csv is empty; the first line must name the columns."),
        ([HEADER], "trend.csv has a header and no rows."),
        (["minute,hr_per_min"], "trend.csv has no column pulse_per_min, rr_per_min"),
        ([HEADER, "0,x1,1,1,1,,,"], "trend.csv, line 2: hr_per_min is 'x1', not a number."),
        ([HEADER, "0,1,1,1,NaN,,,"], "trend.csv, line 2: spo2_percent is 'NaN', not a number."),
        ([HEADER, "0,1,1,1,1e3,,,"], "trend.csv, line 2: spo2_percent is '1e3', not a number."),
        ([HEADER, "0,1,1,1,1,,,", "1,1"], "trend.csv, line 3: 2 values for 8 columns."),
        ([HEADER, ",1,1,1,1,,,"], "trend.csv, line 2: minute must be a number from 0, not None."),
        (
            [HEADER, "1,1,1,1,1,,,", "1,1,1,1,1,,,"],
            "trend.csv, line 3: minute 1 does not follow minute 1.",
        ),
        ([HEADER + ",minute", "0,1,1,1,1,,,,0"], "trend.csv has the column minute more than once."),
        ([HEADER, '0,"1,1,1,1,,,'], "trend.csv, line 2: unexpected end of data."),
    ],
)
def test_a_bad_file_gets_a_sentence_with_its_line_and_the_value(
    lines: list[str], sentence: str
) -> None:
    with pytest.raises(InvalidValue) as refused:
        parse_trend(lines, name="trend.csv")

    assert str(refused.value).startswith(sentence)


@pytest.mark.parametrize(
    ("file", "device", "speed", "sentence"),
    [
        ("no.csv", DEVICE, "60", "cannot be read: No such file or directory."),
        ("icu_trend_b_72min.csv", "chair 3", "60", "Device 'chair 3' is not an EUI-64"),
        ("icu_trend_b_72min.csv", DEVICE, "0", "The speed is between 0.1 and 100000, not 0."),
        ("icu_trend_b_72min.csv", DEVICE, "fast", "The speed is a number such as 60, not 'fast'."),
        ("icu_trend_b_72min.csv", DEVICE, "-1", "The speed is a number such as 60, not '-1'."),
    ],
)
def test_bad_arguments_get_a_sentence_and_exit_status_2(
    file: str, device: str, speed: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status = player.main(TRENDS / file, device, port=1, speed=speed)

    assert status == 2
    assert sentence in capsys.readouterr().err


def test_a_binary_file_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "picture.csv"
    file.write_bytes(b"\x89PNG\xff\xfe")

    assert player.main(file, DEVICE) == 2
    assert "picture.csv is not a text file in UTF-8." in capsys.readouterr().err


def test_without_a_gateway_the_command_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    status = player.main(TRENDS / "icu_trend_b_72min.csv", DEVICE, port=1)

    assert status == 1
    assert "Nothing answers at 127.0.0.1:1." in capsys.readouterr().err


def test_the_simulator_feeds_its_rooms_until_it_is_stopped() -> None:
    async def run() -> tuple[list[Tally], MemoryStore]:
        store, stop = MemoryStore(), asyncio.Event()
        server = GatewayServer("127.0.0.1", 0, store=store, clock=now)
        await server.start()
        rooms = [
            RoomConfig("R1", "0011AAFFFE220001", "0011AAFFFE220002", seed=1),
            RoomConfig("R2", "0011AAFFFE220003", seed=2),
        ]
        config = SimulatorConfig(rooms, port=server.port, step_s=0.05)
        asyncio.get_running_loop().call_later(0.4, stop.set)
        tallies = await run_simulator(config, stop=stop)
        await server.stop()
        return tallies, store

    tallies, store = asyncio.run(run())

    assert [t.acknowledged == t.sent > 0 for t in tallies] == [True, True]
    assert len(store.kept) == sum(t.sent for t in tallies)
