"""The certificate of coverage: who was with the patient, minute by minute."""

from __future__ import annotations

from typing import Any

from afterglow.apps.treatment.printed.words import (
    NONE,
    Clock,
    Content,
    facts,
    table,
    toned,
    words,
)

_BEGAN = {
    "start": "Started the infusion",
    "take_over": "Took over",
    "break_cover": "Covered a break",
    "back_from_break": "Back from the break",
    "came_to_uncovered": "Came; nobody was there",
    "pump_stopped": "Recovery",
    "called_back": "Called back",
    "from_paper": "From paper, not signed at the screen",
}


def sections(content: Content, clock: Clock) -> list[dict[str, Any]]:
    """Return the certificate; nothing where drug never ran, or the record is older than it."""
    found = content.get("coverage")
    if not found:
        return []
    return [
        facts("One clinician, one patient", _proof(found, clock)),
        table(
            "With the patient",
            ["From", "To", "Who", "How", "Signed in beside"],
            [_stretch(row, clock) for row in found["stretches"]],
            widths=[0, 0, 1, 1, 1],
            empty="Nobody.",
        ),
    ]


def _proof(found: Content, clock: Clock) -> list[tuple[str, str]]:
    people = dict.fromkeys(
        row["clinician"] for row in found["stretches"] if row["phase"] == "infusing"
    )
    alone = "; ".join(
        f"{clock.exact(gap['from'])} to {clock.exact(gap['to'])}" for gap in found["gaps"]
    )
    return [
        ("Infusion lasted", _span(found["lasted_s"])),
        (
            "Declared with the patient for"
            if "rests_on" in found
            else "Somebody was with the patient for",
            _span(found["covered_s"]),
        ),
        (
            "Nobody was with the patient",
            alone or ("never" if found["whole"] else "less than a second"),
        ),
        *_rests_on(found),
        ("By", ", ".join(people)),
        ("Other running infusions of theirs meanwhile", str(found["elsewhere"] or "none")),
        ("Patients in recovery of theirs meanwhile", str(found["recovering_meanwhile"] or "none")),
    ]


def _rests_on(found: Content) -> list[tuple[str, str]]:
    """Return what the declarations rest on; a record from before it was kept says nothing.

    One from before signatures were counted apart does not say how many were signed.
    """
    rests = found.get("rests_on")
    if rests is None:
        return []
    parts = [
        _counted(rests["declared"], "declaration"),
        f"{rests['signed']} of them signed by PIN or password" if "signed" in rests else "",
        f"{_counted(rests['acts'], 'act')} in the room's record",
        _counted(rests["answers"], "answer"),
    ]
    return [
        ("It rests on", ", ".join(filter(None, parts))),
        (
            "Borne out by them",
            f"{_span(rests['borne_out_s'])}; each counts for "
            f"{_span(rests['each_counts_for_s'])} after it",
        ),
    ]


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _stretch(row: Content, clock: Clock) -> list[Any]:
    how = _BEGAN.get(row["began"], words(row["began"]))
    if row["covers_for"]:
        how += f" of {row['covers_for']} until {clock.time(row['back_by'])}"
    if row["left_reason"]:
        how += f"; left the patient alone: {row['left_reason']}"
    return [
        clock.exact(row["from"]),
        clock.exact(row["to"]) or NONE,
        row["clinician"],
        toned(how, "red" if row["left_reason"] else ""),
        row["signed_beside"] or NONE,
    ]


def _span(seconds: int) -> str:
    return f"{seconds // 60} min {seconds % 60:02d} s"
