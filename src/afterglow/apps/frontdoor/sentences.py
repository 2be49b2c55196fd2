"""The words of a letter as plain text: every number with the record it comes from."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _

from afterglow.apps.evidence.models import Publication
from afterglow.apps.evidence.queries import ShownCitation, public_addresses, spoken
from afterglow.apps.evidence.spoken import Spoken
from afterglow.apps.evidence.templatetags.evidence import figure_value
from afterglow.apps.frontdoor import markup
from afterglow.apps.frontdoor.ours import our_number
from afterglow.core.frontdoor import BlockKind, kind_of_anchor
from afterglow.web import clock


def letter_words(publication: Publication, citations: Mapping[str, ShownCitation]) -> str:
    """Return a letter as plain text in the language of its key, ``letter:spring:es``."""
    language = publication.key.split(":")[2]
    versions = {each.version.pk: each.version for each in citations.values() if each.version}
    said = spoken(versions.values(), language)
    lines: list[str] = []
    for block in publication.blocks:
        if kind_of_anchor(block["anchor"]) is BlockKind.DESCRIPTION:
            continue
        for part in markup.parts(block["text"]):
            mark = "- " if part.kind in ("points", "steps") else ""
            for line in filter(None, [part.words, *part.lines, *map(" · ".join, part.rows)]):
                lines += [mark + _plain(line, citations, said), ""]
    return "\n".join(lines).strip()


def _plain(line: str, citations: Mapping[str, ShownCitation], said: Mapping[int, Spoken]) -> str:
    words = []
    for span in markup.spans(line):
        cited = citations.get(span.words) if span.kind == "cite" else None
        if span.kind == "ours":
            ours = our_number(span.words, at=clock.now())
            words.append(ours.value if ours else _("(number withheld)"))
        elif span.kind != "cite":
            words.append(span.words)
        elif cited is None or cited.withheld or cited.version is None:
            words.append(_("(number withheld)"))
        else:
            addresses = public_addresses(cited.version)
            record = said[cited.version.pk]
            where = f"({addresses[0] if addresses else record.words})"
            figure = cited.figure
            value = "" if figure is None else f"{figure_value(record.figure(figure))} "
            words.append(f"{value}{where}")
    return "".join(words)
