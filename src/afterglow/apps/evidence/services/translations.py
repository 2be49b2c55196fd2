"""Write and check what a record says in another language."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from uuid import UUID

from django.db import transaction

from afterglow.apps.accounts.models import Account
from afterglow.apps.audit import services as audit
from afterglow.apps.evidence import facts, queries
from afterglow.apps.evidence.models import Record, RecordTranslation, TranslationCheck
from afterglow.apps.evidence.services.records import Done, Refused, signed_name
from afterglow.apps.evidence.services.tasks import settle_tasks
from afterglow.apps.evidence.services.untranslated import (
    TRANSLATE_TASK,
    other_languages,
    settle_translation_checks,
)
from afterglow.core.errors import InvalidValue
from afterglow.core.evidence.library import content_hash
from afterglow.core.evidence.translating import TranslationOrigin, judge_translation, may_check
from afterglow.core.permission import check
from afterglow.core.roles import Action


@transaction.atomic
def write_translation(
    *,
    record: UUID,
    language: str,
    texts: Mapping[str, str],
    by: Account,
    at: dt.datetime,
    on: dt.date,
    note: str = "",
    seen: int | None = None,
) -> Done[RecordTranslation] | Refused:
    """Translate a record: every public text of what is in force, and of what waits for approval.

    Visitors see it once another person has checked it; until then what was shown stays. Refused
    with every reason: a text that is missing, or one that states other numbers than the record.
    The same words again add nothing. ``seen`` is the number of the newest translation the person
    had on screen; raises InvalidValue when somebody was faster, and for an unknown language.
    """
    check(Action.WRITE_PAGE, by=by, site=None, on=on)
    if language not in other_languages():
        raise InvalidValue(
            "Pages are not shown in '%(language)s'; the languages are: %(known)s.",
            language=language,
            known=", ".join(other_languages()),
        )
    row = Record.objects.select_for_update(of=("self",)).get(public_id=record)
    words = queries.words_to_translate(row)
    pairs = {each: texts.get(each, "").strip() for each in words}
    newest = row.translations.filter(language=language).first()
    number = 0 if newest is None else newest.number
    if newest is not None and newest.sha256 == content_hash(pairs, {}):
        return Done(newest)
    if seen is not None and seen != number:
        raise InvalidValue(
            "You worked on translation %(seen)s of %(key)s, and it is now at %(number)s. "
            "Nothing was saved; look at the new one first.",
            seen=seen,
            key=row.key,
            number=number,
        )
    decision = judge_translation(pairs, words)
    if decision.refused:
        detail = {"key": row.key, "language": language, "codes": list(decision.codes)}
        audit.record("evidence-translation-refused", subject=row, by=by, at=at, detail=detail)
        return Refused(decision)
    made = RecordTranslation.objects.create(
        record=row,
        language=language,
        number=number + 1,
        texts=pairs,
        sha256=content_hash(pairs, {}),
        origin=TranslationOrigin.PERSON,
        translated_by=signed_name(by),
        translated_on=on,
        created_by=by,
        created_at=at,
        note=note.strip()[:500],
    )
    made_of = {"key": row.key, "language": language, "number": made.number, "sha256": made.sha256}
    audit.record("evidence-translated", subject=row, by=by, at=at, detail=made_of)
    return Done(made, decision)


@transaction.atomic
def check_translation(
    *, translation: UUID, by: Account, at: dt.datetime, on: dt.date, note: str = ""
) -> Done[TranslationCheck] | Refused:
    """Sign, as a clinician, that a translation says what the record says; visitors see the name.

    Refused for one's own translation and for one of words that the record no longer says. Its
    task is finished. Checking twice is once.
    """
    check(Action.REVIEW_PAGE, by=by, site=None, on=on)
    row = RecordTranslation.objects.select_related("created_by").get(public_id=translation)
    record = Record.objects.select_for_update(of=("self",)).get(pk=row.record_id)
    same = row.checks.filter(by=by).first()
    if same is not None:
        return Done(same)
    decision = may_check(facts.translation_facts(row), checker=str(by.public_id))
    detail: dict[str, object] = {
        "key": record.key,
        "language": row.language,
        "number": row.number,
    }
    if decision.refused:
        detail["codes"] = list(decision.codes)
        audit.record("evidence-check-refused", subject=record, by=by, at=at, detail=detail)
        return Refused(decision)
    made = TranslationCheck.objects.create(
        translation=row,
        by=by,
        checked_by=signed_name(by),
        checked_on=on,
        sha256=row.sha256,
        note=note.strip()[:500],
        recorded_at=at,
    )
    audit.record("evidence-translation-checked", subject=record, by=by, at=at, detail=detail)
    settle_tasks(
        kind=TRANSLATE_TASK,
        subject=record,
        by=by,
        at=at,
        outcome=note.strip() or "Translated and checked.",
        key=f"{TRANSLATE_TASK}:{record.public_id}:{row.language}:",
    )
    settle_translation_checks(row.language, by=by, at=at)
    return Done(made, decision)
