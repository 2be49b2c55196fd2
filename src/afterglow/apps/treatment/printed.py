"""The signed record as a PDF: rendered from the content that was signed, and from nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from afterglow.apps.accounts.models import Account
from afterglow.apps.documents import rendering
from afterglow.apps.documents.models import Document
from afterglow.apps.documents.services import store_document
from afterglow.apps.treatment.forms.closing import ENDING_WORDS
from afterglow.apps.treatment.models import Signature
from afterglow.core.treatment.endings import SessionEnding
from afterglow.web.formats import date_time, date_words, number, rounding_words

TEMPLATE = "treatment/record"
_TRACES = ("systolic", "diastolic", "heart_rate", "spo2", "respiratory_rate")
_SHOWN = (*_TRACES, "mean", "pulse_rate", "temperature")


def keep_record(signature: Signature, *, by: Account, at: datetime) -> Document:
    """Render the record with its addenda and keep it; the same record is kept once."""
    session = signature.session
    data = plain(signature)
    return store_document(
        kind="signed-record",
        title=_("Infusion record of %(day)s") % {"day": date_words(session.local_date)},
        content=rendering.render(TEMPLATE, data, at=signature.at),
        subject=session,
        by=by,
        at=at,
        template=TEMPLATE,
        patient=session.patient,
        site=session.site,
    )


def plain(signature: Signature) -> dict[str, Any]:
    """Return the record as text for the page: numbers with units, times on the site's clock."""
    content = signature.content
    zone = ZoneInfo(content["site"]["time_zone"])
    patient, day = content["patient"], content["session"]
    name = f"{patient['family_name']}, {patient['given_name']}"
    return {
        "title": _("Infusion record"),
        "footer": f"{name} · MRN {patient['mrn']} · SHA-256 {signature.sha256[:16]}…",
        "made": f"{content['site']['name']}, {_day(day['date'])}",
        "sections": [
            _facts(_("Patient"), _patient(content, name)),
            _facts(_("Session"), _session(content, zone)),
            _facts(_("Order"), _order(content)),
            _table(
                _("Dose plan"),
                [_("Step"), _("Arithmetic"), _("Result")],
                [
                    [step["label"], rounding_words(step["formula"]), step["result"]]
                    for bag in content["preparations"]
                    if not bag["discarded_at"]
                    for step in bag["arithmetic"]
                ],
            ),
            _table(
                _("Preparations"),
                [_("Product"), _("Lot"), _("Drawn"), _("Bag"), _("Prepared"), _("Read back")],
                [_bag(bag, zone) for bag in content["preparations"]],
            ),
            _table(
                _("Pump"),
                [_("Time"), _("What"), _("Rate"), _("Reason"), _("By")],
                [
                    [
                        _clock(row["at"], zone),
                        _words(row["kind"]),
                        f"{_number(row['rate_ml_per_h'])} mL/h",
                        row["reason"],
                        row["by"],
                    ]
                    for row in (content["infusion"] or {}).get("actions", [])
                ],
            ),
            _facts(_("Totals"), _totals(content)),
            _table(
                _("Medicines given"),
                [_("Time"), _("Medicine"), _("Dose"), _("For"), _("By")],
                [
                    [
                        _clock(row["at"], zone),
                        row["product"],
                        f"{_number(row['dose_mg'])} mg {row['route']}",
                        row["indication"],
                        row["by"],
                    ]
                    for row in content["medicines_given"]
                ],
            ),
            _table(
                _("Readings charted by hand"),
                [_("Time"), _("Sign"), _("Value"), _("By")],
                [
                    [_clock(r["at"], zone), _words(r["sign"]), _value(r), r["by"]]
                    for r in content["vital_signs"]["by_hand"]
                ],
            ),
            _table(
                _("Scores"),
                [_("Time"), _("Scale"), _("Score"), _("By")],
                [_score(row, zone) for row in content["assessments"] if not row["replaced"]],
            ),
            _table(
                _("Events"),
                [_("Time"), _("What"), _("Words"), _("By")],
                [
                    [
                        _clock(row["at"], zone),
                        row["label"] or _words(row["kind"]),
                        row["text"] + (_(" (withdrawn)") if row["withdrawn"] else ""),
                        row["by"],
                    ]
                    for row in content["events"]
                ],
            ),
            _table(
                _("Alarms"),
                [_("Raised"), _("What"), _("Acknowledged"), _("By")],
                [
                    [
                        _clock(row["raised_at"], zone),
                        row["sentence"],
                        _clock(row["acknowledged_at"], zone),
                        row.get("acknowledged_by") or "",
                    ]
                    for row in content["alarms"]
                ],
            ),
            _table(
                _("Readings that were missed"),
                [_("Due"), _("Reason"), _("By")],
                [
                    [_clock(row["due_at"], zone), row["reason"], row["by"]]
                    for row in content["missed_readings"]
                ],
            ),
            _table(
                _("Overrides"),
                [_("Time"), _("Rule"), _("Reason"), _("By")],
                [
                    [_clock(row["at"], zone), row["sentence"], row["reason"], row["by"]]
                    for row in content["overrides"]
                ],
            ),
            _table(
                _("Refused"),
                [_("Time"), _("What was tried"), _("Reasons"), _("By")],
                [
                    [
                        _clock(row["at"], zone),
                        _words(row["attempted"]),
                        "; ".join(each["code"] for each in row["reasons"]),
                        row["by"],
                    ]
                    for row in content["refusals"]
                ],
            ),
            _table(
                _("Ledger"),
                [_("Time"), _("What"), _("Amount"), _("By")],
                [
                    [
                        _clock(row["at"], zone),
                        _words(row["kind"]),
                        f"{_number(row['amount_mg'])} mg",
                        row["by"],
                    ]
                    for row in content["ledger"]
                ],
            ),
        ],
        "graph_title": _("Vital signs"),
        "graph": graph(content["vital_signs"], zone),
        "signed": _("Signed by %(who)s, %(when)s")
        % {"who": content["signed_by"], "when": date_time(signature.at, zone)},
        "hash_words": _("SHA-256 of the signed content"),
        "hash": signature.sha256,
        "addenda_title": _("Addenda"),
        "addenda": [
            [date_time(each.at, zone), each.text, each.by.full_name]
            for each in signature.session.addenda.select_related("by").order_by("at")
        ],
    }


def graph(vital_signs: Mapping[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    """Return the traces as points in a box of 1 × 1, with the clock below and the values beside.

    A trace breaks where nothing was read for ten minutes: a gap stays a gap.
    """
    rows = [
        (row["sign"], datetime.fromisoformat(row["at"]), Decimal(row["value"]))
        for row in (*vital_signs["trend"], *vital_signs["by_hand"])
        if row["sign"] in _TRACES and row["value"] is not None and not row["flag"]
    ]
    if not rows:
        return {"traces": [], "times": [], "values": []}
    first, last = min(r[1] for r in rows), max(r[1] for r in rows)
    span = max((last - first).total_seconds(), 60.0)
    low, high = Decimal(0), max(Decimal(200), *(r[2] for r in rows))
    traces = []
    for sign in _TRACES:
        points = sorted((at, value) for name, at, value in rows if name == sign)
        pieces: list[list[list[float]]] = []
        before: datetime | None = None
        for at, value in points:
            if before is None or (at - before).total_seconds() > 600:
                pieces.append([])
            pieces[-1].append(
                [
                    round((at - first).total_seconds() / span, 4),
                    round(float(1 - (value - low) / (high - low)), 4),
                ]
            )
            before = at
        traces.append({"sign": sign, "words": _words(sign), "pieces": pieces})
    times = [first + (last - first) * step / 4 for step in range(5)]
    return {
        "traces": traces,
        "times": [f"{each.astimezone(zone):%H:%M}" for each in times],
        "values": [str(int(high - (high - low) * step / 4)) for step in range(5)],
    }


def _facts(title: str, rows: Iterable[list[str]]) -> dict[str, Any]:
    return {"kind": "facts", "title": title, "rows": [r for r in rows if r[1]], "head": []}


def _table(title: str, head: list[str], rows: list[list[str]]) -> dict[str, Any]:
    return {"kind": "table", "title": title, "head": head, "rows": rows}


def _patient(content: Mapping[str, Any], name: str) -> list[list[str]]:
    patient = content["patient"]
    last = content["masses"][-1] if content["masses"] else None
    return [
        [_("Name"), name],
        [_("Born"), _day(patient["date_of_birth"])],
        [_("MRN"), patient["mrn"]],
        [_("Weight today"), f"{_number(last['mass_kg'])} kg" if last else ""],
        [_("Allergies"), ", ".join(patient["allergies"]) or _words(patient["allergy_review"])],
    ]


def _session(content: Mapping[str, Any], zone: ZoneInfo) -> list[list[str]]:
    day, protocol = content["session"], content["protocol"]
    ending = ENDING_WORDS[SessionEnding(day["ending"])] if day["ending"] else ""
    return [
        [_("Checked in"), _clock(day["checked_in_at"], zone)],
        [_("Ended"), f"{_clock(day['ended_at'], zone)} {ending}".strip()],
        [_("Reason"), day["ending_reason"]],
        [_("Room"), day["room"]],
        [_("Watched by"), day["clinician"]],
        [_("Protocol"), f"{protocol['key']} v{protocol['version']}"],
    ]


def _order(content: Mapping[str, Any]) -> list[list[str]]:
    order = content["order"]
    if order is None:
        return [[_("Order"), _("none")]]
    return [
        [_("Dose"), f"{_number(order['dose_mg_per_kg'])} mg/kg"],
        [_("Over"), f"{_number(order['minutes'])} min"],
        [_("Reckoned on"), order["mass_basis"] or _("as the protocol says")],
        [_("Past a soft limit because"), order["soft_limit_reason"]],
        [_("Signed by"), order["signed_by"]],
    ]


def _bag(bag: Mapping[str, Any], zone: ZoneInfo) -> list[str]:
    drawn = f"{_number(bag['drawn_ml'])} mL = {_number(bag['drawn_mg'])} mg"
    gone = _(" (discarded)") if bag["discarded_at"] else ""
    return [
        bag["product"],
        bag["lot"],
        drawn + gone,
        f"{_number(bag['bag_ml'])} mL, {_number(bag['rate_ml_per_h'])} mL/h",
        f"{bag['prepared_by']}, {_clock(bag['prepared_at'], zone)}",
        f"{bag['checked_by']}, {_clock(bag['checked_at'], zone)}" if bag["checked_at"] else "–",
    ]


def _totals(content: Mapping[str, Any]) -> list[list[str]]:
    infusion = content["infusion"]
    if infusion is None:
        return [[_("Infused"), _("nothing")]]
    lines = content["ledger"]

    def total(kind: str) -> str:
        amounts = [Decimal(line["amount_mg"]) for line in lines if line["kind"] == kind]
        return f"{number(sum(amounts, Decimal(0)))} mg"

    return [
        [_("Drawn"), total("drawn")],
        [_("Given"), total("given")],
        [_("Wasted"), total("wasted")],
        [_("By the chart"), f"{_number(infusion['charted_ml'])} mL"],
        [_("By the pump"), f"{_number(infusion['pump_ml'])} mL" if infusion["pump_ml"] else "–"],
    ]


def _score(row: Mapping[str, Any], zone: ZoneInfo) -> list[str]:
    total = next((s for s in row["scores"] if s["name"] == "total"), None)
    value = "" if total is None or total["value"] is None else _number(total["value"])
    return [_clock(row["at"], zone), f"{row['instrument']} v{row['version']}", value, row["by"]]


def _value(row: Mapping[str, Any]) -> str:
    value = "–" if row["value"] is None else _number(row["value"])
    return f"{value} {row['unit']}"


def _number(text: str) -> str:
    exact = Decimal(text)
    return number(exact.quantize(Decimal("0.0001")) if exact.as_tuple().exponent else exact)


def _clock(text: str | None, zone: ZoneInfo) -> str:
    return f"{datetime.fromisoformat(text).astimezone(zone):%H:%M:%S}" if text else ""


def _day(text: str) -> str:
    return date_words(datetime.fromisoformat(text).date())


def _words(code: str) -> str:
    """Return a code as words: ``record_pump_stopped`` reads "record pump stopped"."""
    return str(code).replace("_", " ").replace("-", " ")
