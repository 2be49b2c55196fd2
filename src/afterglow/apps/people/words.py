"""The words of people's codes, in the reader's language."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from afterglow.apps.people.models import AllergySeverity, CareTeamRole, SexAtBirth

Words = str | Promise

SEX: Final[dict[str, Words]] = {
    SexAtBirth.FEMALE: _("Female"),
    SexAtBirth.MALE: _("Male"),
    SexAtBirth.UNKNOWN: _("Not known"),
}
SEVERITY: Final[dict[str, Words]] = {
    AllergySeverity.MILD: _("Mild"),
    AllergySeverity.MODERATE: _("Moderate"),
    AllergySeverity.SEVERE: _("Severe"),
    AllergySeverity.UNKNOWN: _("Not known"),
}
CARE_TEAM_ROLE: Final[dict[str, Words]] = {
    CareTeamRole.THERAPIST: _("Therapist"),
    CareTeamRole.PSYCHIATRIST: _("Psychiatrist"),
    CareTeamRole.PRIMARY_CARE: _("Primary care"),
    CareTeamRole.EMERGENCY_CONTACT: _("Emergency contact"),
    CareTeamRole.OTHER: _("Other"),
}
