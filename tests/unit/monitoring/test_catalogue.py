"""The catalogue: codes that follow the nomenclature, units that are understood."""

from collections import Counter
from decimal import Decimal

import pytest

from afterglow.core.cited import Status
from afterglow.core.errors import InvalidValue
from afterglow.core.monitoring.catalogue import (
    CATALOGUE,
    MDC_TERMS,
    MdcTerm,
    Metric,
    PlausibleRange,
    PumpMetric,
    VitalSignCode,
    definition,
    identify,
    is_no_value,
    term,
)

PARTITION_OF = {"device": 1, "attribute": 1, "metric": 2, "event": 3, "unit": 4}


@pytest.mark.parametrize("row", MDC_TERMS, ids=lambda row: f"{row.refid}-{row.code}")
def test_a_code_is_its_partition_times_65536_plus_its_term(row: MdcTerm) -> None:
    assert row.code == row.partition * 65536 + row.term
    assert 0 < row.term < 65536
    assert row.partition == PARTITION_OF[row.kind]


def test_no_number_stands_twice_in_the_table() -> None:
    assert [code for code, n in Counter(t.code for t in MDC_TERMS).items() if n > 1] == []


def test_every_code_of_the_catalogue_is_a_metric_of_the_table() -> None:
    codes = [code for line in CATALOGUE.values() for code in line.mdc_codes]
    assert len(codes) == len(set(codes))
    assert all((found := term(code)) is not None and found.kind == "metric" for code in codes)


def test_every_accepted_unit_number_is_a_unit_of_the_table_with_that_ucum_code() -> None:
    for line in CATALOGUE.values():
        for conversion in line.conversions:
            for code in conversion.unit_codes:
                unit = term(code)
                assert unit is not None
                assert unit.kind == "unit"
                assert set(unit.ucum) & conversion.ucum


def test_every_metric_has_a_line() -> None:
    assert set(CATALOGUE) == {*VitalSignCode, *PumpMetric}


@pytest.mark.parametrize(
    ("code", "refid", "metric"),
    [
        (150021, "MDC_PRESS_BLD_NONINV_SYS", VitalSignCode.SYSTOLIC),
        (150301, "MDC_PRESS_CUFF_SYS", VitalSignCode.SYSTOLIC),
        (150302, "MDC_PRESS_CUFF_DIA", VitalSignCode.DIASTOLIC),
        (150303, "MDC_PRESS_CUFF_MEAN", VitalSignCode.MEAN),
        (147842, "MDC_ECG_HEART_RATE", VitalSignCode.HEART_RATE),
        (149530, "MDC_PULS_OXIM_PULS_RATE", VitalSignCode.PULSE_RATE),
        (150456, "", VitalSignCode.SPO2),
        (None, "MDC_PULS_OXIM_SAT_O2", VitalSignCode.SPO2),
        (151594, "MDC_CO2_RESP_RATE", VitalSignCode.RESPIRATORY_RATE),
        (151708, "MDC_CONC_AWAY_CO2_ET", VitalSignCode.ETCO2),
        (151728, "MDC_AWAY_CO2_ET", VitalSignCode.ETCO2),
        (157784, "MDC_FLOW_FLUID_PUMP", PumpMetric.PUMP_RATE),
        (157864, "MDC_VOL_FLUID_DELIV", PumpMetric.VOLUME_DELIVERED),
        (157884, "MDC_VOL_FLUID_TBI", PumpMetric.VOLUME_TO_BE_INFUSED),
        (184330, "MDC_DRUG_NAME_TYPE", PumpMetric.DRUG_NAME),
        (69965, "MDC_DEV_MON_PHYSIO_MULTI_PARAM_MDS", None),
        (150020, "MDC_PRESS_BLD_NONINV", None),
    ],
)
def test_number_and_refid_that_agree_give_the_metric(
    code: int | None, refid: str, metric: Metric | None
) -> None:
    found = identify(code, refid)
    assert (found.metric, found.disagreement) == (metric, "")
    assert found.term is not None


def test_a_number_that_disagrees_with_its_refid_is_followed_and_flagged() -> None:
    found = identify(150456, "MDC_PULS_OXIM_PULS_RATE")
    assert found.metric is VitalSignCode.SPO2
    assert found.disagreement == (
        "150456 is MDC_PULS_OXIM_SAT_O2, and the device calls it MDC_PULS_OXIM_PULS_RATE."
    )


def test_an_unknown_number_with_a_known_refid_is_read_by_its_refid_and_flagged() -> None:
    found = identify(150031, "MDC_PRESS_CUFF_SYS")
    assert found.metric is VitalSignCode.SYSTOLIC
    assert found.disagreement == ("MDC_PRESS_CUFF_SYS is 150301, and the device numbers it 150031.")


def test_what_nobody_knows_has_no_metric_and_no_term() -> None:
    found = identify(999999, "MNDRY_SOMETHING")
    assert (found.metric, found.term, found.disagreement) == (None, None, "")


@pytest.mark.parametrize(
    ("metric", "unit_code", "ucum", "sent", "kept"),
    [
        (VitalSignCode.SYSTOLIC, 266016, "", "142", "142"),
        (VitalSignCode.SYSTOLIC, 265987, "", "16", "120"),
        (VitalSignCode.SYSTOLIC, None, "mm[Hg]", "142.5", "142.5"),
        (VitalSignCode.ETCO2, None, "kPa", "5.1", "38"),
        (VitalSignCode.TEMPERATURE, 266560, "", "98.6", "37.0"),
        (VitalSignCode.TEMPERATURE, 268224, "", "98.6", "37.0"),
        (VitalSignCode.SPO2, 262688, "%", "91.6", "91.6"),
        (VitalSignCode.HEART_RATE, None, "{beat}/min", "88", "88"),
        (PumpMetric.PUMP_RATE, 265266, "mL/h", "26.3", "26.3"),
    ],
)
def test_a_value_comes_to_the_signs_own_unit(
    metric: Metric, unit_code: int | None, ucum: str, sent: str, kept: str
) -> None:
    line = definition(metric)
    conversion = line.conversion_from(unit_code, ucum)
    assert conversion is not None
    assert conversion.apply(Decimal(sent), decimals=line.decimals) == Decimal(kept)


def test_carbon_dioxide_in_percent_is_not_read_as_pressure() -> None:
    assert definition(VitalSignCode.ETCO2).conversion_from(262688, "%") is None


def test_the_unit_number_outranks_the_ucum_code() -> None:
    assert definition(VitalSignCode.SYSTOLIC).conversion_from(262688, "mm[Hg]") is None


def test_oxygen_saturation_carries_both_loinc_codes() -> None:
    assert definition(VitalSignCode.SPO2).loinc == ("59408-5", "2708-6")


def test_text_metrics_have_no_range_and_numbers_have_one() -> None:
    assert definition(PumpMetric.DRUG_NAME).is_text
    assert not definition(VitalSignCode.SPO2).is_text


def test_a_value_is_said_with_its_unit() -> None:
    assert definition(VitalSignCode.SYSTOLIC).with_unit(Decimal("142")) == "142 mmHg"
    assert definition(PumpMetric.PUMP_STATUS).with_unit(Decimal("1")) == "1"


@pytest.mark.parametrize("text", ["", "  ", "---", "NaN", "-999", "8388607", "8388607.0", "-32768"])
def test_a_mark_for_no_value_is_recognised(text: str) -> None:
    assert is_no_value(text)


@pytest.mark.parametrize("text", ["0", "97", "-1", "98.6", "artefact"])
def test_a_value_is_not_taken_for_a_mark(text: str) -> None:
    assert not is_no_value(text)


def test_a_range_that_holds_nothing_cannot_be_built() -> None:
    with pytest.raises(InvalidValue, match="from 5 to 5 holds nothing"):
        PlausibleRange(Decimal(5), Decimal(5), "mm[Hg]", Status.DEFAULT_PROPOSED)


def test_the_ends_of_a_range_belong_to_it() -> None:
    limits = definition(VitalSignCode.SPO2).plausible
    assert limits is not None
    assert limits.holds(limits.lowest)
    assert limits.holds(limits.highest)
    assert not limits.holds(limits.highest + 1)
