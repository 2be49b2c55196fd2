"""The language a person reads Afterglow in."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction

from afterglow.apps.accounts.models import Account
from afterglow.apps.audit import services as audit
from afterglow.core.errors import InvalidValue


@transaction.atomic
def choose_language(*, language: str, by: Account, at: datetime) -> Account:
    """Read every page and message in ``language`` from now on. The same one again does nothing.

    Raises InvalidValue for a language that the pages do not have.
    """
    known = [code for code, _name in settings.LANGUAGES]
    if language not in known:
        raise InvalidValue(
            "The pages have no language '%(language)s'; they have %(known)s.",
            language=language,
            known=known,
        )
    row = Account.objects.select_for_update(no_key=True).get(pk=by.pk)
    if row.language == language:
        return row
    before, row.language = row.language, language
    row.save(update_fields=["language"])
    audit.record(
        "language-chosen", subject=row, by=by, at=at, detail={"from": before, "to": language}
    )
    return row
