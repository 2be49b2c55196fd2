"""Sample device messages; nobody in them exists."""

from __future__ import annotations

from datetime import UTC, datetime

EQUIPMENT = "0011AAFFFE223344"
ARRIVAL = datetime(2026, 11, 23, 23, 30, 16, tzinfo=UTC)
"""Just after the readings of MONITOR, which were taken at UTC-5."""

_HEADER = (
    r"MSH|^~\&|ICU_GW^00A0C9FFFE123456^EUI-64|KETCLINIC^1.2.3.4.5.6^ISO|KETPLATFORM|KETCLINIC"
    "|20261123183015-0500||ORU^R01^ORU_R01|MSG000042|P|2.6|||NE|AL|USA|UNICODE UTF-8"
    "|||IHE_PCD_001^IHE PCD^1.3.6.1.4.1.19376.1.6.1.1.1^ISO"
)
_BEAT = "264864^MDC_DIM_BEAT_PER_MIN^MDC^{beat}/min^{beat}/min^UCUM"
_MMHG = "266016^MDC_DIM_MMHG^MDC^mm[Hg]^mm[Hg]^UCUM"
_ID = f"{EQUIPMENT}^^{EQUIPMENT}^EUI-64"

MONITOR_LINES = [
    _HEADER,
    "PID|||MRN000123^^^KETCLINIC^MR||Rivera^Dana^^^^^L||19840517|F",
    "PV1||O|INFUSION^CHAIR3^1^KETCLINIC",
    "OBR|1|INF20261123-07^KETPLATFORM^1.2.3.4.5.6^ISO|GW-7781^ICU_GW^00A0C9FFFE123456^EUI-64"
    "|182777000^monitoring of patient^SCT|||20261123183000-0500|20261123183015-0500",
    f"OBX|1||69965^MDC_DEV_MON_PHYSIO_MULTI_PARAM_MDS^MDC|1.0.0.0|||||||X|||||||{_ID}",
    "OBX|2||69642^MDC_DEV_ANALY_SAT_O2_VMD^MDC|1.1.0.0|||||||X",
    "OBX|3||69643^MDC_DEV_ANALY_SAT_O2_CHAN^MDC|1.1.1.0|||||||X",
    "OBX|4|NM|150456^MDC_PULS_OXIM_SAT_O2^MDC|1.1.1.1|97|262688^MDC_DIM_PERCENT^MDC^%^%^UCUM"
    "|90-100||||R|||20261123183014-0500",
    f"OBX|5|NM|149530^MDC_PULS_OXIM_PULS_RATE^MDC|1.1.1.2|88|{_BEAT}|50-120||||R"
    "|||20261123183014-0500",
    "OBX|6||69854^MDC_DEV_METER_PRESS_BLD_VMD^MDC|1.2.0.0|||||||X",
    "OBX|7||70687^MDC_DEV_PRESS_BLD_NONINV_CHAN^MDC|1.2.1.0|||||||X",
    f"OBX|8|NM|150021^MDC_PRESS_BLD_NONINV_SYS^MDC|1.2.1.1|142|{_MMHG}|90-160||||R"
    "|||20261123182940-0500",
    f"OBX|9|NM|150022^MDC_PRESS_BLD_NONINV_DIA^MDC|1.2.1.2|88|{_MMHG}|50-100||||R"
    "|||20261123182940-0500",
    f"OBX|10|NM|150023^MDC_PRESS_BLD_NONINV_MEAN^MDC|1.2.1.3|106|{_MMHG}|||||R"
    "|||20261123182940-0500",
    "OBX|11||69798^MDC_DEV_ECG_VMD^MDC|1.3.0.0|||||||X",
    f"OBX|12|NM|147842^MDC_ECG_HEART_RATE^MDC|1.3.0.1|88|{_BEAT}|50-120||||R|||20261123183014-0500",
    "OBX|13||69682^MDC_DEV_ANALY_AWAY_MULTI_PARAM_VMD^MDC|1.4.0.0|||||||X",
    f"OBX|14|NM|151708^MDC_CONC_AWAY_CO2_ET^MDC|1.4.0.1|38|{_MMHG}|30-50||||R"
    "|||20261123183014-0500",
    "OBX|15|NM|151594^MDC_CO2_RESP_RATE^MDC|1.4.0.2|14"
    "|264928^MDC_DIM_RESP_PER_MIN^MDC^{breath}/min^{breath}/min^UCUM|8-25||||R"
    "|||20261123183014-0500",
]
PUMP_LINES = [
    _HEADER.replace("MSG000042", "MSG000043"),
    "OBR|1|INF-1^KETPLATFORM|GW-1^ICU_GW|69985^MDC_DEV_PUMP_INFUS_MDS^MDC"
    "|||20261123180000-0500|20261123180005-0500",
    f"OBX|1||69985^MDC_DEV_PUMP_INFUS_MDS^MDC|1.0.0.0|||||||X|||||||{_ID}",
    "OBX|2||69986^MDC_DEV_PUMP_INFUS_VMD^MDC|1.1.0.0|||||||X",
    "OBX|3|ST|184330^MDC_DRUG_NAME_TYPE^MDC|1.1.0.1|ketamine||||||R",
    "OBX|4|CWE|184508^MDC_PUMP_STAT^MDC|1.1.0.2|^pump-status-infusing^MDC||||||R",
    "OBX|5|NM|157784^MDC_FLOW_FLUID_PUMP^MDC|1.1.0.3|100"
    "|265266^MDC_DIM_MILLI_L_PER_HR^MDC^mL/h^mL/h^UCUM|||||R|||20261123180004-0500",
    "OBX|7|NM|157884^MDC_VOL_FLUID_TBI^MDC|1.1.0.5|67|263762^MDC_DIM_MILLI_L^MDC^mL^mL^UCUM|||||R",
    "OBX|9|NM|157864^MDC_VOL_FLUID_DELIV^MDC|1.1.0.7|6.8"
    "|263762^MDC_DIM_MILLI_L^MDC^mL^mL^UCUM|||||R|||20261123180004-0500",
]


def wire(lines: list[str]) -> bytes:
    """Return the lines as they travel."""
    return "".join(f"{line}\r" for line in lines).encode()


def monitor(**replacements: str) -> bytes:
    """Return the monitor message with texts replaced: ``monitor(**{"|97|": "|xx|"})``."""
    text = wire(MONITOR_LINES).decode()
    for old, new in replacements.items():
        assert old in text, f"{old} is not in the sample"
        text = text.replace(old, new)
    return text.encode()


MONITOR = wire(MONITOR_LINES)
PUMP = wire(PUMP_LINES)
