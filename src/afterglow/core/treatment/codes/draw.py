"""Reason codes of drawing a drug from a vial (clinical reference 2.2). Nobody overrides a no."""

from typing import Final

from afterglow.core.reason_codes import Subject

_SUBJECT: Final = Subject("draw")
_no = _SUBJECT.blocker

DRAW_WITHOUT_SIGNED_ORDER: Final = _no(
    "DRAW_WITHOUT_SIGNED_ORDER", "There is no signed order to draw for."
)
VIAL_NOT_IDENTIFIED: Final = _no("VIAL_NOT_IDENTIFIED", "No vial was identified.")
VIAL_OF_OTHER_PRODUCT: Final = _no(
    "VIAL_OF_OTHER_PRODUCT", "The vial holds {seen}; the order is for {limit}."
)
VIAL_AT_OTHER_SITE: Final = _no("VIAL_AT_OTHER_SITE", "The vial belongs to another site.")
VIAL_QUARANTINED: Final = _no("VIAL_QUARANTINED", "The lot {seen} is quarantined or recalled.")
LOT_EXPIRY_UNKNOWN: Final = _no("LOT_EXPIRY_UNKNOWN", "The lot {seen} has no expiry date.")
LOT_EXPIRED: Final = _no("LOT_EXPIRED", "The lot expired on {seen}; today is {limit}.")
VIAL_OPEN_TOO_LONG: Final = _no(
    "VIAL_OPEN_TOO_LONG", "The vial was opened {seen} ago; the limit is {limit}."
)
VIAL_OPENED_EARLIER: Final = _SUBJECT.caution(
    "VIAL_OPENED_EARLIER",
    "The vial was opened {seen} ago and may have served others; it may be used for {limit}. "
    "A sealed one, or one opened today, comes first.",
)
VOLUME_NOT_POSITIVE: Final = _no("VOLUME_NOT_POSITIVE", "The volume to draw is {seen}.")
VIAL_NOT_ENOUGH: Final = _no(
    "VIAL_NOT_ENOUGH", "The volume to draw is {seen}; the vial holds {limit}."
)
STRENGTH_DIFFERS: Final = _no(
    "STRENGTH_DIFFERS", "The vial has {seen}; the plan was made for {limit}."
)
STRENGTH_TENFOLD: Final = _no(
    "STRENGTH_TENFOLD", "The vial has {seen}; the plan was made for {limit}: a tenfold error."
)
UNDILUTED_CONCENTRATE: Final = _no(
    "UNDILUTED_CONCENTRATE",
    "Ketamine of {seen} must be diluted; nothing of {limit} or more goes into a vein undiluted.",
    source="clinical reference 2.2",
)
FINAL_VOLUME_TOO_SMALL: Final = _no(
    "FINAL_VOLUME_TOO_SMALL",
    "The final volume of {seen} is smaller than the {limit} that are drawn into it.",
)
WITNESS_MISSING: Final = _no(
    "WITNESS_MISSING", "A controlled drug is drawn before a witness; nobody has signed in as one."
)
WITNESS_IS_DRAWER: Final = _no("WITNESS_IS_DRAWER", "The witness is the person who draws the drug.")
