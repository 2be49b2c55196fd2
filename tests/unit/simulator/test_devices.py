"""The simulated monitor and pump, read back through the codec."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from afterglow.core.errors import InvalidValue
from afterglow.interop.hl7v2.emit import Sender
from afterglow.interop.hl7v2.message import decode
from afterglow.interop.hl7v2.oru import decode_oru
from afterglow.interop.hl7v2.panels import pump_states
from afterglow.interop.hl7v2.report import Observation, ObservationReport, PumpState
from afterglow.simulator.main import RoomConfig, SimulatedRoom
from afterglow.simulator.monitor import Monitor, MonitorSettings
from afterglow.simulator.patient import Person, SimulatedPatient
from afterglow.simulator.pump import Charted, Pump, PumpStatus
from afterglow.simulator.scenarios import Scenario

NOW = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
MONITOR, PUMP = "0011AAFFFE220001", "0011AAFFFE220002"
OXYGEN, PULSE, SYSTOLIC = 150456, 149530, 150021


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def read(raw: bytes | None, at: datetime = NOW) -> ObservationReport:
    assert raw is not None
    return decode_oru(raw, default_zone=UTC, received_at=at)


def values(report: ObservationReport) -> dict[int | None, Decimal | str | None]:
    return {o.mdc_code: o.value for o in report.observations}


def monitor(settings: MonitorSettings | None = None) -> Monitor:
    patient = SimulatedPatient(Person(), seed=1)
    return Monitor(Sender("SIM", MONITOR), patient, now=NOW, settings=settings)


def pump() -> Pump:
    device = Pump(Sender("SIM", PUMP), now=NOW)
    device.load(drug="ketamine", volume_ml=Decimal(35), mg_per_ml=Decimal(1))
    return device


def state(device: Pump, at: datetime) -> PumpState:
    (found,) = pump_states(read(device.report(at)).observations)
    return found


def number(reading: Observation | None) -> Decimal | str | None:
    assert reading is not None
    return reading.value


def test_numerics_come_at_their_interval_and_the_cuff_at_its_own() -> None:
    device = monitor(MonitorSettings(pressure_every=timedelta(minutes=5)))
    spoken = [(n, m) for n in range(0, 660) if (m := device.tick(after(n))) is not None]

    assert [n for n, _ in spoken[:5]] == [0, 2, 4, 6, 8]
    assert [n for n, m in spoken if SYSTOLIC in values(read(m))] == [20, 320, 620]


def test_the_cuff_measures_on_demand() -> None:
    device = monitor()
    for n in range(0, 60):
        device.tick(after(n))
    device.measure_pressure(after(60))
    spoken = [(n, m) for n in range(60, 120) if (m := device.tick(after(n))) is not None]

    assert [n for n, m in spoken if SYSTOLIC in values(read(m))] == [80]


def test_the_pressures_of_one_cuff_reading_are_one_panel() -> None:
    device = monitor()
    for n in range(0, 20):
        device.tick(after(n))
    (panel,) = read(device.tick(after(20))).panels

    assert panel.systolic is not None
    assert panel.diastolic is not None
    assert panel.mean is not None


def test_a_monitor_whose_clock_is_wrong_says_its_own_time() -> None:
    device = monitor(MonitorSettings(clock_offset=timedelta(minutes=-7)))
    report = read(device.tick(NOW))

    assert report.sent_at == NOW - timedelta(minutes=7)
    assert {o.device_time for o in report.observations} == {NOW - timedelta(minutes=7)}


def test_a_probe_that_came_off_sends_zeros() -> None:
    device = monitor()
    device.scenario = Scenario.PROBE_OFF
    seen = values(read(device.tick(NOW)))

    assert (seen[OXYGEN], seen[PULSE]) == (Decimal(0), Decimal(0))


def test_two_monitors_and_two_power_cycles_never_share_a_message_id() -> None:
    first, again = monitor(), monitor()
    ids = [decode(device.tick(NOW) or b"").control_id for device in (first,)]
    again = Monitor(first.sender, first.patient, now=after(1))
    ids.append(decode(again.tick(after(1)) or b"").control_id)

    assert len(set(ids)) == 2


def test_a_pump_counts_what_it_gives_exactly() -> None:
    device = pump()
    device.command(Decimal("52.5"))
    for second in range(1, 601):
        device.advance(after(second))

    assert device.delivered_ml == Decimal("8.75")
    assert number(state(device, after(600)).rate) == Decimal("52.5")
    assert number(state(device, after(600)).delivered) == Decimal("8.8")


def test_a_pump_stops_by_itself_when_the_volume_is_in() -> None:
    device = pump()
    device.command(Decimal(60))
    device.advance(after(3600))

    assert (device.delivered_ml, device.rate_ml_per_h) == (Decimal(35), Decimal(0))
    assert number(state(device, after(3600)).status) == PumpStatus.COMPLETE


def test_a_paused_pump_gives_nothing_and_says_so() -> None:
    device = pump()
    device.command(Decimal(60))
    device.advance(after(60))
    device.command(Decimal(0))
    device.advance(after(600))

    assert device.delivered_ml == 1
    assert number(state(device, after(600)).status) == PumpStatus.PAUSED


def test_free_flow_shows_a_rate_that_nobody_ordered() -> None:
    device = pump()
    device.command(Decimal("52.5"))
    device.scenario = Scenario.FREE_FLOW
    device.advance(after(60))

    assert number(state(device, after(60)).rate) == 600
    assert device.delivered_ml == 10


@pytest.mark.parametrize("rate", ["-1", "-0.1"])
def test_a_pump_does_not_run_backwards(rate: str) -> None:
    with pytest.raises(InvalidValue, match=rate):
        pump().command(Decimal(rate))


def test_a_pump_without_a_bag_does_not_start() -> None:
    with pytest.raises(InvalidValue, match="bag"):
        Pump(Sender("SIM", PUMP), now=NOW).command(Decimal(10))


def test_a_pump_that_follows_the_chart_does_what_is_charted() -> None:
    device = Pump(Sender("SIM", PUMP), now=NOW)
    charted = Charted("a", Decimal("52.5"), Decimal(35), Decimal(1))

    assert device.follow(charted)
    assert not device.follow(charted)
    device.advance(after(240))
    assert device.delivered_ml == Decimal("3.5")
    device.follow(Charted("a", Decimal(30), Decimal(35), Decimal(1)))
    assert (device.rate_ml_per_h, device.delivered_ml) == (Decimal(30), Decimal("3.5"))
    device.follow(None)
    assert device.rate_ml_per_h == 0
    device.follow(Charted("b", Decimal(30), Decimal(20), Decimal(2)))
    assert (device.delivered_ml, device.volume_ml) == (Decimal(0), Decimal(20))


def test_a_room_that_meets_an_infusion_under_way_has_a_patient_who_feels_it() -> None:
    room = SimulatedRoom(RoomConfig("R1", MONITOR, PUMP), now=NOW)
    room.follow(
        Charted("a", Decimal("52.5"), Decimal(35), Decimal(1), delivered_ml=Decimal("17.5"))
    )

    assert room.patient.concentration_ng_per_ml > 80
    assert room.pump is not None
    assert room.pump.delivered_ml == Decimal("17.5")


def test_what_flows_from_the_pump_reaches_the_patient() -> None:
    room = SimulatedRoom(RoomConfig("R1", MONITOR, PUMP), now=NOW)
    room.follow(Charted("a", Decimal("52.5"), Decimal(35), Decimal(1)))
    for n in range(1, 2401):
        room.step(after(n))

    assert room.patient.concentration_ng_per_ml == pytest.approx(177, rel=0.03)


@pytest.mark.parametrize("eui64", ["", "0011", "0011aafffe220001", "0011AAFFFE22000G"])
def test_a_device_id_that_is_no_eui_64_is_refused(eui64: str) -> None:
    with pytest.raises(InvalidValue, match="EUI-64"):
        Sender("SIM", eui64)
