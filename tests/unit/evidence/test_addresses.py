"""A visitor is sent to the source itself, never to a copy of it."""

from __future__ import annotations

import pytest

from afterglow.apps.evidence.files import edition, official_hosts
from afterglow.core.evidence.addresses import OfficialHosts

HOSTS = OfficialHosts(
    {"pmc.ncbi.nlm.nih.gov": "NLM", "www.fda.gov": "FDA", "www.doi.org": "DOI"},
    "https://doi.org/",
    "https://pmc.ncbi.nlm.nih.gov/articles/",
)


@pytest.mark.parametrize(
    ("body", "read_at", "shown"),
    [
        ({}, ["https://www.scribd.com/document/1"], ()),
        ({}, ["https://www.fda.gov.copy.example/1", "https://evil.example/www.fda.gov"], ()),
        ({}, ["http://www.fda.gov/drugs"], ("https://www.fda.gov/drugs",)),
        ({"doi": "none"}, [], ()),
        ({"doi": "10.1/short"}, [], ()),
        (
            {"doi": "10.1176/appi.ajp.163.1.28"},
            ["https://www.doi.org/10.1176/APPI.AJP.163.1.28", "https://x.example/copy"],
            ("https://doi.org/10.1176/appi.ajp.163.1.28",),
        ),
        (
            {"doi": "PMC4851268"},
            ["http://pmc.ncbi.nlm.nih.gov/articles/PMC4851268?term=a"],
            ("https://pmc.ncbi.nlm.nih.gov/articles/PMC4851268/",),
        ),
    ],
)
def test_only_what_answers_for_itself_is_shown(
    body: dict[str, str], read_at: list[str], shown: tuple[str, ...]
) -> None:
    assert HOSTS.official(body, read_at) == shown


def test_no_record_of_the_library_leads_to_a_copy() -> None:
    known = official_hosts()
    for record in edition().records:
        read_at = [*record.body.get("confirmed_at", ())]
        for fact in record.body.get("facts", ()):
            read_at += fact["confirmed_at"] if isinstance(fact, dict) else ()
        for address in known.official(record.body, read_at):
            host = address.split("/")[2]
            assert address.startswith("https://"), address
            assert host in known.hosts, (record.key, address)
