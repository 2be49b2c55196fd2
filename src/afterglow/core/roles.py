"""Who may do what: roles, credentials, and the table that buttons and services both ask."""

from __future__ import annotations

from collections.abc import Mapping
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


CLINICAL = frozenset({Role.MONITOR, Role.PRESCRIBER, Role.MEDICAL_DIRECTOR})
STAFF = CLINICAL | {Role.FRONT_DESK, Role.CUSTODIAN, Role.ADMINISTRATOR}


class CredentialKind(StrEnum):
    """A licence that runs out."""

    LICENCE = "licence"
    DEA = "dea"
    ACLS = "acls"
    BLS = "bls"


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
