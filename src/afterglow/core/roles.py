"""Who may do what: roles, credentials, and the table that buttons and services both ask."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum


class Role(StrEnum):
    """What a person is at one site."""

    FRONT_DESK = "front_desk"
    MONITOR = "monitor"
    PRESCRIBER = "prescriber"
    MEDICAL_DIRECTOR = "medical_director"
    CUSTODIAN = "custodian"
    ADMINISTRATOR = "administrator"
    PARTNER = "partner"
    PATIENT = "patient"


ROLE_NAMES: Mapping[Role, str] = {
    Role.FRONT_DESK: "front desk",
    Role.MONITOR: "infusion clinician",
    Role.PRESCRIBER: "prescriber",
    Role.MEDICAL_DIRECTOR: "medical director",
    Role.CUSTODIAN: "drug custodian",
    Role.ADMINISTRATOR: "administrator",
    Role.PARTNER: "partner",
    Role.PATIENT: "patient",
}
"""What a sentence calls a role; the codes stay in the record."""

CLINICAL = frozenset({Role.MONITOR, Role.PRESCRIBER, Role.MEDICAL_DIRECTOR})
STAFF = CLINICAL | {Role.FRONT_DESK, Role.CUSTODIAN, Role.ADMINISTRATOR}


class CredentialKind(StrEnum):
    """A licence that runs out."""

    LICENCE = "licence"
    DEA = "dea"
    ACLS = "acls"
    BLS = "bls"


CREDENTIAL_NAMES: Mapping[str, str] = {
    CredentialKind.LICENCE: "licence",
    CredentialKind.DEA: "DEA registration",
    CredentialKind.ACLS: "ACLS",
    CredentialKind.BLS: "BLS",
}
"""What a sentence calls a credential."""


class Action(StrEnum):
    """Everything a person can be allowed to do. The code never changes."""

    VIEW_BOARD = "board.view"
    VIEW_DEMOGRAPHICS = "chart.demographics"
    VIEW_CHART = "chart.view"
    BREAK_GLASS = "chart.break_glass"
    EDIT_PATIENT = "patient.edit"
    EDIT_ALLERGIES = "patient.allergies"
    EDIT_CARE_TEAM = "patient.care_team"
    BOOK_APPOINTMENT = "appointment.book"
    ACCEPT_COURSE = "course.accept"
    EDIT_COURSE = "course.edit"
    RECORD_CONSENT = "consent.record"
    SIGN_ORDER = "order.sign"
    CHECK_IN = "session.check_in"
    PREPARE = "session.prepare"
    CHECK_PREPARATION = "session.check_preparation"
    START_INFUSION = "infusion.start"
    RUN_INFUSION = "infusion.run"
    CHART = "session.chart"
    GIVE_MEDICINE = "medicine.give"
    STOP_INFUSION = "infusion.stop"
    ACKNOWLEDGE_ALARM = "alarm.acknowledge"
    ANSWER_EMERGENCY = "emergency.answer"
    OVERRIDE_AS_PRESCRIBER = "override.prescriber"
    OVERRIDE_AS_DIRECTOR = "override.director"
    DISCHARGE = "session.discharge"
    SIGN_RECORD = "record.sign"
    ADD_ADDENDUM = "record.addendum"
    RECEIVE_STOCK = "stock.receive"
    DRAW_STOCK = "stock.draw"
    WITNESS = "stock.witness"
    CHECK_EQUIPMENT = "site.check_equipment"
    REVIEW_MESSAGES = "device.review"
    EDIT_DEVICES = "device.edit"
    APPROVE_DEFINITION = "definition.approve"
    EDIT_SITES = "site.edit"
    EDIT_STAFF = "staff.edit"
    DO_TASK = "task.do"
    VIEW_REPORTS = "report.view"
    VIEW_EVIDENCE = "evidence.view"
    EDIT_EVIDENCE = "evidence.edit"
    APPROVE_EVIDENCE = "evidence.approve"
    WRITE_PAGE = "page.write"
    REVIEW_PAGE = "page.review"
    PUBLISH_PAGE = "page.publish"


ACTS: Mapping[Action, str] = {
    Action.VIEW_BOARD: "see the board",
    Action.VIEW_DEMOGRAPHICS: "see who a patient is",
    Action.VIEW_CHART: "read a chart",
    Action.BREAK_GLASS: "open a chart in an emergency",
    Action.EDIT_PATIENT: "change a patient's details",
    Action.EDIT_ALLERGIES: "change allergies",
    Action.EDIT_CARE_TEAM: "change the care team",
    Action.BOOK_APPOINTMENT: "book appointments",
    Action.ACCEPT_COURSE: "accept a patient for treatment",
    Action.EDIT_COURSE: "change a course of treatment",
    Action.RECORD_CONSENT: "record consent",
    Action.SIGN_ORDER: "sign an order",
    Action.CHECK_IN: "check a patient in",
    Action.PREPARE: "prepare a bag",
    Action.CHECK_PREPARATION: "check a prepared bag",
    Action.START_INFUSION: "start an infusion",
    Action.RUN_INFUSION: "run an infusion",
    Action.CHART: "chart",
    Action.GIVE_MEDICINE: "give a medicine",
    Action.STOP_INFUSION: "stop an infusion",
    Action.ACKNOWLEDGE_ALARM: "acknowledge an alarm",
    Action.ANSWER_EMERGENCY: "answer an emergency",
    Action.OVERRIDE_AS_PRESCRIBER: "override as prescriber",
    Action.OVERRIDE_AS_DIRECTOR: "override as medical director",
    Action.DISCHARGE: "discharge a patient",
    Action.SIGN_RECORD: "sign the record",
    Action.ADD_ADDENDUM: "add to a signed record",
    Action.RECEIVE_STOCK: "receive stock",
    Action.DRAW_STOCK: "draw from stock",
    Action.WITNESS: "witness a discard",
    Action.CHECK_EQUIPMENT: "check the emergency equipment",
    Action.REVIEW_MESSAGES: "settle the review queue",
    Action.EDIT_DEVICES: "change devices",
    Action.APPROVE_DEFINITION: "approve definitions",
    Action.EDIT_SITES: "change sites",
    Action.EDIT_STAFF: "change staff",
    Action.DO_TASK: "do tasks",
    Action.VIEW_REPORTS: "see the reports",
    Action.VIEW_EVIDENCE: "read the evidence",
    Action.EDIT_EVIDENCE: "write evidence",
    Action.APPROVE_EVIDENCE: "approve evidence",
    Action.WRITE_PAGE: "write public pages",
    Action.REVIEW_PAGE: "review public pages",
    Action.PUBLISH_PAGE: "publish public pages",
}
"""What a sentence calls an action, after "to"; each has Spanish words under "reason value"."""


PERMITS: Mapping[Action, frozenset[Role]] = {
    Action.VIEW_BOARD: STAFF,
    Action.VIEW_DEMOGRAPHICS: STAFF - {Role.ADMINISTRATOR},
    Action.VIEW_CHART: CLINICAL,
    Action.BREAK_GLASS: CLINICAL,
    Action.EDIT_PATIENT: CLINICAL | {Role.FRONT_DESK},
    Action.EDIT_ALLERGIES: CLINICAL,
    Action.EDIT_CARE_TEAM: CLINICAL | {Role.FRONT_DESK},
    Action.BOOK_APPOINTMENT: CLINICAL | {Role.FRONT_DESK},
    Action.ACCEPT_COURSE: frozenset({Role.PRESCRIBER, Role.MEDICAL_DIRECTOR}),
    Action.EDIT_COURSE: CLINICAL,
    Action.RECORD_CONSENT: CLINICAL,
    Action.SIGN_ORDER: frozenset({Role.PRESCRIBER, Role.MEDICAL_DIRECTOR}),
    Action.CHECK_IN: CLINICAL,
    Action.PREPARE: CLINICAL,
    Action.CHECK_PREPARATION: CLINICAL | {Role.CUSTODIAN},
    Action.START_INFUSION: CLINICAL,
    Action.RUN_INFUSION: CLINICAL,
    Action.CHART: CLINICAL,
    Action.GIVE_MEDICINE: CLINICAL,
    Action.STOP_INFUSION: CLINICAL,
    Action.ACKNOWLEDGE_ALARM: CLINICAL,
    Action.ANSWER_EMERGENCY: STAFF,
    Action.OVERRIDE_AS_PRESCRIBER: frozenset({Role.PRESCRIBER, Role.MEDICAL_DIRECTOR}),
    Action.OVERRIDE_AS_DIRECTOR: frozenset({Role.MEDICAL_DIRECTOR}),
    Action.DISCHARGE: CLINICAL,
    Action.SIGN_RECORD: frozenset({Role.PRESCRIBER, Role.MEDICAL_DIRECTOR}),
    Action.ADD_ADDENDUM: CLINICAL,
    Action.RECEIVE_STOCK: frozenset({Role.CUSTODIAN, Role.MEDICAL_DIRECTOR}),
    Action.DRAW_STOCK: CLINICAL | {Role.CUSTODIAN},
    Action.WITNESS: CLINICAL | {Role.CUSTODIAN},
    Action.CHECK_EQUIPMENT: CLINICAL,
    Action.REVIEW_MESSAGES: CLINICAL,
    Action.EDIT_DEVICES: frozenset({Role.ADMINISTRATOR, Role.MEDICAL_DIRECTOR}),
    Action.APPROVE_DEFINITION: frozenset({Role.MEDICAL_DIRECTOR}),
    Action.EDIT_SITES: frozenset({Role.ADMINISTRATOR, Role.MEDICAL_DIRECTOR}),
    Action.EDIT_STAFF: frozenset({Role.ADMINISTRATOR, Role.MEDICAL_DIRECTOR}),
    Action.DO_TASK: STAFF,
    Action.VIEW_REPORTS: frozenset({Role.PRESCRIBER, Role.MEDICAL_DIRECTOR, Role.ADMINISTRATOR}),
    Action.VIEW_EVIDENCE: STAFF,
    Action.EDIT_EVIDENCE: CLINICAL,
    Action.APPROVE_EVIDENCE: frozenset({Role.MEDICAL_DIRECTOR}),
    Action.WRITE_PAGE: CLINICAL | {Role.FRONT_DESK, Role.ADMINISTRATOR},
    Action.REVIEW_PAGE: frozenset({Role.PRESCRIBER, Role.MEDICAL_DIRECTOR}),
    Action.PUBLISH_PAGE: frozenset({Role.MEDICAL_DIRECTOR, Role.ADMINISTRATOR}),
}

REQUIRES: Mapping[Action, frozenset[CredentialKind]] = {
    Action.SIGN_ORDER: frozenset({CredentialKind.LICENCE, CredentialKind.DEA}),
    Action.ACCEPT_COURSE: frozenset({CredentialKind.LICENCE}),
    Action.PREPARE: frozenset({CredentialKind.LICENCE}),
    Action.CHECK_PREPARATION: frozenset({CredentialKind.LICENCE}),
    Action.START_INFUSION: frozenset({CredentialKind.LICENCE, CredentialKind.BLS}),
    Action.RUN_INFUSION: frozenset({CredentialKind.LICENCE}),
    Action.GIVE_MEDICINE: frozenset({CredentialKind.LICENCE}),
    Action.DISCHARGE: frozenset({CredentialKind.LICENCE}),
    Action.DRAW_STOCK: frozenset({CredentialKind.LICENCE}),
    Action.WITNESS: frozenset({CredentialKind.LICENCE}),
    Action.OVERRIDE_AS_PRESCRIBER: frozenset({CredentialKind.LICENCE}),
    Action.OVERRIDE_AS_DIRECTOR: frozenset({CredentialKind.LICENCE}),
    Action.SIGN_RECORD: frozenset({CredentialKind.LICENCE}),
    Action.APPROVE_EVIDENCE: frozenset({CredentialKind.LICENCE}),
    Action.REVIEW_PAGE: frozenset({CredentialKind.LICENCE}),
}
"""What must be in date for an action.

Stopping, charting what happened, acknowledging an alarm and calling for help never need a paper.
"""


def said_roles(roles: Iterable[Role | str]) -> str:
    """Return roles as a sentence names them, in the order of their table; ``none`` for none."""
    held = {str(role) for role in roles}
    return ", ".join(name for role, name in ROLE_NAMES.items() if role in held) or "none"


def may_close_task(roles: frozenset[Role], *, owner_role: str, escalate_to_role: str) -> bool:
    """Whether one of ``roles`` may take or end a task of ``owner_role``.

    A monitor's task may be any clinician's; every other one is its owner's role's, or of who hears
    about it when it is late.
    """
    wanted = {owner_role, escalate_to_role} | (CLINICAL if owner_role == Role.MONITOR else set())
    return bool({str(role) for role in roles} & {str(role) for role in wanted})


def permits(action: Action, roles: frozenset[Role]) -> bool:
    """Whether any of ``roles`` may do ``action``."""
    return bool(PERMITS[action] & roles)
