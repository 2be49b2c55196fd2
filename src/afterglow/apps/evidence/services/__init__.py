"""The verbs of the evidence library."""

from afterglow.apps.evidence.services.importing import Imported, import_release
from afterglow.apps.evidence.services.publications import (
    BlockWords,
    publish,
    publish_due,
    re_review,
    return_to_author,
    review,
    start_publication,
    submit,
    withdraw_publication,
    write_blocks,
)
from afterglow.apps.evidence.services.records import (
    Done,
    Refused,
    approve_version,
    confirm_check,
    open_due_reviews,
    withdraw_record,
    write_record,
    write_version,
)
from afterglow.apps.evidence.services.tasks import open_due_texts
from afterglow.apps.evidence.services.translations import check_translation, write_translation
from afterglow.apps.evidence.services.untranslated import (
    open_translation_checks,
    open_translation_tasks,
    open_translations,
    other_languages,
    unchecked_in,
)

__all__ = [
    "BlockWords",
    "Done",
    "Imported",
    "Refused",
    "approve_version",
    "check_translation",
    "confirm_check",
    "import_release",
    "open_due_reviews",
    "open_due_texts",
    "open_translation_checks",
    "open_translation_tasks",
    "open_translations",
    "other_languages",
    "publish",
    "publish_due",
    "re_review",
    "return_to_author",
    "review",
    "start_publication",
    "submit",
    "unchecked_in",
    "withdraw_publication",
    "withdraw_record",
    "write_blocks",
    "write_record",
    "write_translation",
    "write_version",
]
