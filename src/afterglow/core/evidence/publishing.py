"""From draft to published: the steps, who owns each, and what may be published at all."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from afterglow.core.decisions import Decision, Reason
from afterglow.core.evidence import codes
from afterglow.core.evidence.comparatives import comparisons_in, unbacked
from afterglow.core.evidence.comparing import (
    alone_beside_other,
    beside_in_prose,
    beside_its_control,
    compares_alike,
    like_with_like,
)
from afterglow.core.evidence.figures import Figure
from afterglow.core.evidence.vocabulary import ClaimVerdict, FactStatus
from afterglow.core.evidence.writing import (
    absolute_claims,
    bare_numbers,
    loose_numbers,
    pictures_in,
)
from afterglow.core.lifecycle import Lifecycle, Owner


class PublicationState(StrEnum):
    """Where one version of a text stands."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    REVIEWED = "reviewed"
    PUBLISHED = "published"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


class PublicationAct(StrEnum):
    """What a named person did with it."""

    SUBMITTED = "submit"
    RETURNED = "return"
    REVIEWED = "review"
    PUBLISHED = "publish"
    RE_REVIEWED = "re_review"
    SUPERSEDED = "supersede"
    WITHDRAWN = "withdraw"


_S, _A = PublicationState, PublicationAct
PUBLICATION: Final = Lifecycle(
    name="publication",
    initial=_S.DRAFT,
    transitions={
        _S.DRAFT: {_A.SUBMITTED: _S.IN_REVIEW, _A.WITHDRAWN: _S.WITHDRAWN},
        _S.IN_REVIEW: {
            _A.RETURNED: _S.DRAFT,
            _A.REVIEWED: _S.REVIEWED,
            _A.WITHDRAWN: _S.WITHDRAWN,
        },
        _S.REVIEWED: {
            _A.RETURNED: _S.DRAFT,
            _A.PUBLISHED: _S.PUBLISHED,
            _A.WITHDRAWN: _S.WITHDRAWN,
        },
        _S.PUBLISHED: {
            _A.RE_REVIEWED: _S.PUBLISHED,
            _A.SUPERSEDED: _S.SUPERSEDED,
            _A.WITHDRAWN: _S.WITHDRAWN,
        },
        _S.SUPERSEDED: {},
        _S.WITHDRAWN: {},
    },
    owners={
        _S.DRAFT: Owner.FRONT_DESK,
        _S.IN_REVIEW: Owner.PRESCRIBER,
        _S.REVIEWED: Owner.MEDICAL_DIRECTOR,
        _S.PUBLISHED: Owner.MEDICAL_DIRECTOR,
        _S.SUPERSEDED: Owner.MEDICAL_DIRECTOR,
        _S.WITHDRAWN: Owner.MEDICAL_DIRECTOR,
    },
)


@dataclass(frozen=True, slots=True)
class CitedRecord:
    """A record as a text cites it: what was cited, and how the record stands today.

    ``approved_version`` is None when nothing is approved; ``cited_version`` is the version that
    the text was last reviewed against. ``as_correction`` says that the text shows the corrected
    wording and calls the claim what it is, which is the only way to name a wrong one.
    """

    key: str
    exists: bool = True
    approved_version: int | None = None
    cited_version: int | None = None
    verdict: ClaimVerdict | None = None
    status: FactStatus = FactStatus.FROM_MEMORY
    withdrawn: bool = False
    next_review_on: dt.date | None = None
    as_correction: bool = False
    figure_key: str = ""
    figure: Figure | None = None
    figure_keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """One block of a text: its words, what it cites, and whether it is a comparison table."""

    text: str = ""
    cited: tuple[CitedRecord, ...] = ()
    is_comparison: bool = False


@dataclass(frozen=True, slots=True)
class PublicationFacts:
    """What the rule needs to know of a text about to be published.

    ``written`` says that there is something under the title; the title is one of the ``blocks``.
    """

    state: PublicationState
    blocks: tuple[Block, ...]
    content_sha256: str
    reviewed_sha256: str = ""
    author: str = ""
    reviewer: str = ""
    flags: tuple[str, ...] = ()
    written: bool = True


def may_publish(facts: PublicationFacts, *, on: dt.date) -> Decision:
    """Decide whether a reviewed text may go out on a day, with every reason if not."""
    return Decision.from_reasons(
        _step(facts.state, PublicationAct.PUBLISHED),
        _signatures(facts),
        judge_text(facts.blocks, on=on),
    )


def may_review(facts: PublicationFacts, *, reviewer: str, on: dt.date) -> Decision:
    """Decide whether ``reviewer`` may sign the text as medically reviewed."""
    act = (
        PublicationAct.RE_REVIEWED
        if facts.state is PublicationState.PUBLISHED
        else PublicationAct.REVIEWED
    )
    own = (
        codes.AUTHOR_REVIEWS_OWN_TEXT.reason(seen=reviewer)
        if reviewer and reviewer == facts.author
        else None
    )
    return Decision.from_reasons(_step(facts.state, act), own, judge_text(facts.blocks, on=on))


def may_submit(facts: PublicationFacts) -> Decision:
    """Decide whether a draft may be handed to the medical reviewer."""
    return Decision.from_reasons(
        _step(facts.state, PublicationAct.SUBMITTED),
        None if facts.written else codes.NOTHING_WRITTEN.reason(),
    )


def judge_text(blocks: Iterable[Block], *, on: dt.date) -> tuple[Reason, ...]:
    """Return every reason that the words and citations of a text give, state and signers aside."""
    reasons: list[Reason] = []
    shown: list[list[Figure]] = []
    for block in blocks:
        reasons += [codes.BARE_NUMBER.reason(seen=each.words) for each in bare_numbers(block.text)]
        reasons += [
            codes.LOOSE_NUMBER.reason(seen=each.words) for each in loose_numbers(block.text)
        ]
        reasons += [
            codes.ABSOLUTE_CLAIM.reason(seen=each.words) for each in absolute_claims(block.text)
        ]
        reasons += [codes.PICTURE_UNREAD.reason(seen=name) for name in pictures_in(block.text)]
        for cited in block.cited:
            reasons.extend(judge_citation(cited, on=on))
        figures = [cited.figure for cited in block.cited if cited.figure is not None]
        compare = like_with_like if block.is_comparison else beside_in_prose
        reasons.extend(compare(figures).reasons)
        reasons.extend(beside_its_control(figures).reasons)
        alike = compares_alike(figures)
        arms = {arm for figure in figures for arm in (figure.intervention, figure.comparator)}
        reasons += [
            codes.COMPARED_IN_WORDS.reason(seen=words)
            for words, at in comparisons_in(block.text)
            if not alike or unbacked(block.text, at, arms)
        ]
        shown.append(figures)
    return (*reasons, *alone_beside_other(shown).reasons)


def judge_citation(cited: CitedRecord, *, on: dt.date) -> tuple[Reason, ...]:
    """Return every reason that one citation gives."""
    if not cited.exists:
        return (codes.RECORD_UNKNOWN.reason(seen=cited.key),)
    return tuple(reason for reason in _citation(cited, on) if reason is not None)


def _citation(cited: CitedRecord, on: dt.date) -> Iterable[Reason | None]:
    figure = cited.figure
    if cited.withdrawn:
        yield codes.RECORD_WITHDRAWN.reason(seen=cited.key)
    if cited.figure_key and figure is None:
        yield codes.FIGURE_UNKNOWN.reason(
            seen=f"{cited.key}#{cited.figure_key}", limit=", ".join(cited.figure_keys) or "none"
        )
    if cited.approved_version is None:
        yield codes.RECORD_NOT_APPROVED.reason(seen=cited.key)
    elif cited.cited_version is not None and cited.cited_version != cited.approved_version:
        yield codes.CITES_OLD_VERSION.reason(
            seen=f"{cited.key} version {cited.cited_version}",
            limit=f"version {cited.approved_version}",
        )
    # A figure of a claim's correction was checked by itself; the claim's own words were not.
    if cited.verdict is not None and not cited.as_correction:
        if cited.verdict.blocks:
            yield codes.VERDICT_BLOCKS.reason(
                seen=f"{cited.key} is {cited.verdict}", limit=cited.verdict
            )
        elif cited.verdict.needs_correction:
            yield codes.ONLY_CORRECTION.reason(seen=f"{cited.key} is {cited.verdict}")
    if figure is not None and figure.needs_record and figure.status is not FactStatus.CONFIRMED:
        yield codes.FIGURE_FROM_MEMORY.reason(seen=figure.ref)
    if cited.status is FactStatus.PARTLY_CONFIRMED:
        yield codes.PARTLY_CONFIRMED.reason(seen=cited.key)
    if cited.next_review_on is not None and cited.next_review_on < on:
        yield codes.REVIEW_OVERDUE.reason(seen=cited.key, limit=f"{cited.next_review_on:%d %b %Y}")


def _signatures(facts: PublicationFacts) -> Iterable[Reason]:
    if not facts.reviewer:
        yield codes.NOT_REVIEWED.reason()
        return
    if facts.reviewer == facts.author:
        yield codes.AUTHOR_REVIEWS_OWN_TEXT.reason(seen=facts.reviewer)
    if facts.reviewed_sha256 != facts.content_sha256:
        yield codes.CHANGED_SINCE_REVIEW.reason(
            seen=facts.content_sha256[:12], limit=facts.reviewed_sha256[:12]
        )
    for flag in facts.flags:
        yield codes.STILL_FLAGGED.reason(seen=flag)


def _step(state: PublicationState, act: PublicationAct) -> Reason | None:
    if PUBLICATION.can(state, act):
        return None
    allowed = ", ".join(each.replace("_", " ") for each in PUBLICATION.actions(state))
    return codes.WRONG_STATE.reason(seen=state.replace("_", " "), limit=allowed or "nothing")


@dataclass(frozen=True, slots=True)
class VersionFacts:
    """What the rule needs to know of a record's version about to be approved.

    ``stated`` are the numbers that its words state and no figure of it stands behind.
    """

    name: str
    status: FactStatus
    writer: str = ""
    withdrawn: bool = False
    stated: tuple[str, ...] = ()


def may_approve(facts: VersionFacts, *, approver: str) -> Decision:
    """Decide whether ``approver`` may approve a version of a record."""
    reasons: list[Reason] = []
    if facts.withdrawn:
        reasons.append(codes.RECORD_WITHDRAWN.reason(seen=facts.name))
    if facts.writer and facts.writer == approver:
        reasons.append(codes.APPROVER_WROTE_IT.reason(seen=approver))
    reasons += [
        codes.RECORD_WORDS_STATE_NUMBER.reason(seen=each, limit=facts.name) for each in facts.stated
    ]
    if facts.status is FactStatus.FROM_MEMORY:
        reasons.append(codes.RECORD_FROM_MEMORY.reason(seen=facts.name))
    if facts.status is FactStatus.PARTLY_CONFIRMED:
        reasons.append(codes.RECORD_PARTLY_CONFIRMED.reason(seen=facts.name))
    return Decision.from_reasons(reasons)
