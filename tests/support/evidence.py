"""A library with everything in it, and the people who work on it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from afterglow.apps.accounts.models import Account
from afterglow.apps.evidence import services
from afterglow.apps.evidence.models import Publication, Record, RecordVersion
from afterglow.apps.evidence.services import BlockWords, Done, Refused
from afterglow.core.roles import Role
from factories import SiteFactory
from factories.base import make_staff
from support.remembered import remembered

AT = dt.datetime(2026, 11, 27, 9, 0, tzinfo=dt.UTC)
ON = AT.date()


@dataclass(frozen=True)
class Library:
    """The imported library and its people; every verb at one time, by who usually does it."""

    author: Account
    reviewer: Account
    director: Account

    def version(self, key: str, number: int | None = None) -> RecordVersion:
        found = RecordVersion.objects.filter(record__key=key)
        row = found.get(number=number) if number else found.order_by("-number").first()
        assert row is not None
        return row

    def approve(self, *keys: str) -> None:
        for key in keys:
            done = services.approve_version(
                version=self.version(key).public_id, by=self.director, at=AT, on=ON
            )
            assert isinstance(done, Done), done

    def change(self, key: str, **body: Any) -> RecordVersion:
        newest = self.version(key)
        return services.write_version(
            record=newest.record.public_id,
            title=newest.title,
            body={**newest.body, **body},
            curation=newest.curation,
            by=self.reviewer,
            at=AT,
            on=ON,
            note="Read again in the paper.",
        )

    def text(
        self, *blocks: BlockWords | str, title: str = "How it works", key: str = "page:how:en"
    ) -> Publication:
        words = [
            BlockWords(f"b{at}", text=block) if isinstance(block, str) else block
            for at, block in enumerate(blocks)
        ]
        return services.start_publication(
            key=key, title=title, blocks=words, by=self.author, at=AT, on=ON
        )

    def submit(self, row: Publication) -> Done[Publication] | Refused:
        return services.submit(publication=row.public_id, by=self.author, at=AT, on=ON)

    def review(self, row: Publication) -> Done[Publication] | Refused:
        return services.review(publication=row.public_id, by=self.reviewer, at=AT, on=ON)

    def publish(self, row: Publication, **when: Any) -> Done[Publication] | Refused:
        return services.publish(publication=row.public_id, by=self.director, at=AT, on=ON, **when)

    def published(self, *blocks: BlockWords | str, **more: Any) -> Publication:
        row = self.text(*blocks, **more)
        for step in (self.submit, self.review, self.publish):
            done = step(row)
            assert isinstance(done, Done), done.decision.codes
        row.refresh_from_db()
        return row

    def record(self, key: str) -> Record:
        return Record.objects.get(key=key)


@remembered
def open_library() -> Library:
    """Import everything and give it an author, a reviewer and a director."""
    SiteFactory.create()
    services.import_release(at=AT)
    return Library(
        author=make_staff(Role.FRONT_DESK),
        reviewer=make_staff(Role.PRESCRIBER),
        director=make_staff(Role.MEDICAL_DIRECTOR),
    )
