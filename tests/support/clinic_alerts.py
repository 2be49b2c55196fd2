"""What devices tell beside their readings: an alarm (PCD-04) and an event (PCD-10)."""

from __future__ import annotations

from afterglow.apps.devices.models import Device
from support.clinic_messages import later


def alert(device: Device, *, phase: str, state: str = "active", minute: float = 5) -> bytes:
    """A low saturation as a monitor tells it."""
    stamp = f"{later(minute):%Y%m%d%H%M%S}+0000"
    lines = [
        f"MSH|^~\\&|GW^{device.eui64}^EUI-64|CLINIC|AFTERGLOW|CLINIC|{stamp}||ORU^R40^ORU_R40"
        f"|{phase}{minute}|P|2.6|||AL|NE||UNICODE UTF-8|||IHE_PCD_ACM_001",
        f"OBR|1|1|77^GW^{device.eui64}^EUI-64|196616^MDC_EVT_ALARM^MDC|||{stamp}",
        f"OBX|1|CWE|196616^MDC_EVT_ALARM^MDC|1.1.1.1.1|196674^MDC_EVT_LO_VAL_LT_LIM^MDC"
        f"||||||R|||{stamp}||||{device.eui64}^^{device.eui64}^EUI-64",
        "OBX|2|NM|150456^MDC_PULS_OXIM_SAT_O2^MDC|1.1.1.1.2|87|262688^MDC_DIM_PERCENT^MDC"
        f"||L~PH~SP|||R|||{stamp}",
        f"OBX|3|ST|68481^MDC_ATTR_EVENT_PHASE^MDC|1.1.1.1.3|{phase}||||||R",
        f"OBX|4|ST|68482^MDC_ATTR_ALARM_STATE^MDC|1.1.1.1.4|{state}||||||R",
    ]
    return "".join(f"{line}\r" for line in lines).encode()


def event(device: Device, refid: str, code: int, *, minute: float = 5) -> bytes:
    """An event as a pump tells it."""
    stamp = f"{later(minute):%Y%m%d%H%M%S}+0000"
    lines = [
        f"MSH|^~\\&|GW^{device.eui64}^EUI-64|CLINIC|AFTERGLOW|CLINIC|{stamp}||ORU^R42^ORU_R42"
        f"|{refid}|P|2.6|||AL|NE||UNICODE UTF-8",
        f"OBR|1|1|8^GW|69985^MDC_DEV_PUMP_INFUS_MDS^MDC|||{stamp}",
        f"OBX|1|CWE|68487^MDC_ATTR_EVT_COND^MDC|1.1.0.1|{code}^{refid}^MDC||||||R|||{stamp}",
        "OBX|2|CWE|68488^MDC_ATTR_EVT_SOURCE^MDC|1.1.0.2|69986^MDC_DEV_PUMP_INFUS_VMD^MDC||||||R",
    ]
    return "".join(f"{line}\r" for line in lines).encode()
