"""Which answer a sender gets, and what it says."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from afterglow.interop.hl7v2.ack import Verdict, acknowledge, objection, reject_undecodable
from afterglow.interop.hl7v2.message import decode
from afterglow.interop.hl7v2.problems import ErrorCode, ErrorSeverity, Problem
from support import hl7v2_samples as samples

AT = datetime(2026, 11, 23, 23, 30, 17, tzinfo=UTC)


def code_for(accept: str, application: str, verdict: Verdict) -> str:
    message = decode(samples.monitor(**{"|||NE|AL|": f"|||{accept}|{application}|"}))
    answer = acknowledge(message, verdict, at=AT, control_id="A1")
    return decode(answer).named("MSA").__next__().get(1) if answer else "silence"


@pytest.mark.parametrize(
    ("accept", "application", "accepted", "failed", "rejected"),
    [
        ("", "", "AA", "AE", "AR"),
        ("NE", "AL", "AA", "AE", "AR"),
        ("", "AL", "AA", "AE", "AR"),
        ("AL", "AL", "AA", "AE", "AR"),
        ("AL", "NE", "CA", "CE", "CR"),
        ("AL", "", "CA", "CE", "CR"),
        ("NE", "NE", "silence", "silence", "silence"),
        ("NE", "ER", "silence", "AE", "AR"),
        ("NE", "SU", "AA", "silence", "silence"),
        ("ER", "NE", "silence", "CE", "CR"),
        ("AL", "ER", "CA", "AE", "AR"),
        ("al", "ne", "CA", "CE", "CR"),
    ],
)
def test_the_sender_chooses_the_answer_it_wants(
    accept: str, application: str, accepted: str, failed: str, rejected: str
) -> None:
    seen = [code_for(accept, application, verdict) for verdict in Verdict]

    assert seen == [accepted, failed, rejected]


def test_an_answer_names_the_message_and_goes_back_the_way_it_came() -> None:
    raw = acknowledge(decode(samples.MONITOR), Verdict.ACCEPT, at=AT, control_id="A1")
    assert raw is not None
    answer = decode(raw)
    msa = answer.first("MSA")

    assert msa is not None
    assert msa.get(2) == "MSG000042"
    assert answer.header.get(3) == "KETPLATFORM"
    assert answer.header.raw(5) == "ICU_GW^00A0C9FFFE123456^EUI-64"
    assert answer.type == ("ACK", "R01")
    assert answer.control_id == "A1"
    assert answer.header.get(7) == "20261123233017+0000"


def test_every_warning_goes_back_with_its_place_code_and_severity() -> None:
    problem = Problem(ErrorCode.DATA_TYPE, "'9|7' is not a number.", "OBX[4]-5")
    raw = acknowledge(
        decode(samples.MONITOR), Verdict.ACCEPT, at=AT, control_id="A1", problems=[problem]
    )
    assert raw is not None
    (err,) = decode(raw).named("ERR")

    assert err.raw(2) == "OBX^4^5"
    assert err.raw(3) == "102^Data type error^HL70357"
    assert err.get(4) == "W"
    assert err.get(8) == "'9|7' is not a number."


def test_a_flood_of_warnings_is_cut_at_twenty() -> None:
    problems = [Problem(ErrorCode.DATA_TYPE, "No.", f"OBX[{n}]-5") for n in range(1, 100)]
    raw = acknowledge(
        decode(samples.MONITOR), Verdict.ACCEPT, at=AT, control_id="A1", problems=problems
    )

    assert raw is not None
    assert len(list(decode(raw).named("ERR"))) == 20


def test_an_old_version_gets_no_err_segment_it_cannot_read() -> None:
    message = decode(samples.monitor(**{"|P|2.6|": "|P|2.3|"}))
    problem = Problem(ErrorCode.DATA_TYPE, "No.", "OBX[4]-5")
    raw = acknowledge(message, Verdict.ACCEPT, at=AT, control_id="A1", problems=[problem])

    assert raw is not None
    assert [s.name for s in decode(raw).segments] == ["MSH", "MSA"]


def test_the_answer_speaks_with_the_separators_of_the_sender() -> None:
    message = decode(b"MSH#*!@%#APP*X#FAC#####ORU*R01#7#P#2.6\r")
    raw = acknowledge(message, Verdict.ACCEPT, at=AT, control_id="A1")

    assert raw is not None
    assert raw.startswith(b"MSH#*!@%###APP*X#FAC#")
    assert decode(raw).type == ("ACK", "R01")


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("ORU^R01^ORU_R01", "ADT^A01^ADT_A01", ErrorCode.MESSAGE_TYPE),
        ("ORU^R01^ORU_R01", "ORU^W01^ORU_W01", ErrorCode.EVENT),
        ("|P|2.6|", "|P|3.0|", ErrorCode.VERSION),
        ("|P|2.6|", "|T|2.6|", ErrorCode.PROCESSING_ID),
        ("|P|2.6|", "|D|2.6|", ErrorCode.PROCESSING_ID),
        ("|MSG000042|", "||", ErrorCode.MISSING_FIELD),
    ],
)
def test_what_we_do_not_read_is_named(old: str, new: str, code: ErrorCode) -> None:
    problem = objection(decode(samples.monitor(**{old: new})))

    assert problem is not None
    assert (problem.code, problem.severity) == (code, ErrorSeverity.ERROR)


def test_a_monitor_message_meets_no_objection() -> None:
    assert objection(decode(samples.MONITOR)) is None


@pytest.mark.parametrize(
    ("raw", "echoed"),
    [
        (b"MSH|^~\\&|A|B|C|D|1||ORU^R01|ID7|P|2.6", "ID7"),
        (b"MSH|^^^^|A|B|C|D|1||ORU^R01|ID7|P|2.6", "ID7"),
        (b"not a message", ""),
        (b"", ""),
    ],
)
def test_what_is_no_message_is_rejected_with_the_id_it_shows(raw: bytes, echoed: str) -> None:
    problem = Problem(ErrorCode.SEGMENT_SEQUENCE, "No.", "", ErrorSeverity.ERROR)
    answer = decode(reject_undecodable(raw, problem, at=AT, control_id="A1"))
    msa = answer.first("MSA")

    assert msa is not None
    assert (msa.get(1), msa.get(2)) == ("AR", echoed)
