"""Which addresses of a record a visitor may be sent to: the source itself, never a copy of it.

A record keeps every address at which somebody read it, mirrors included; staff see them all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

_DOI: Final = re.compile(r"10\.\d{4,9}/\S+")
_PMC: Final = re.compile(r"PMC\d+")
_HOST: Final = re.compile(r"https?://(?P<host>[^/:?#@]+)(?=[/:?#]|$)")


@dataclass(frozen=True, slots=True)
class OfficialHosts:
    """Hosts whose owner answers for what stands there, and where DOIs and PMC numbers resolve."""

    hosts: Mapping[str, str]
    doi: str
    pmc: str

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> OfficialHosts:
        """Read the data file. Raises KeyError for one that lacks a part."""
        return cls(dict(body["hosts"]), body["doi"], body["pmc"])

    def official(self, body: Mapping[str, Any], addresses: Iterable[str]) -> tuple[str, ...]:
        """Return the addresses of a record to be shown, its DOI first; empty when none is official.

        ``body`` is the record's, ``addresses`` are all at which it was read. ``http`` becomes
        ``https``; a search string after an article's address is left out.
        """
        found: list[str] = []
        stated = str(body.get("doi", ""))
        if hit := _DOI.match(stated):
            found.append(f"{self.doi}{hit[0]}")
        elif hit := _PMC.fullmatch(stated):
            found.append(f"{self.pmc}{hit[0]}/")
        for address in addresses:
            at = _HOST.match(address)
            if at is not None and at["host"].lower() in self.hosts:
                found.append(self._plain(address))
        if found and found[0].startswith(self.doi):
            found = [each for each in found if "doi.org/" not in each or each == found[0]]
        return tuple(dict.fromkeys(found))

    def _plain(self, address: str) -> str:
        plain = address.replace("http://", "https://", 1)
        if plain.startswith(self.pmc):
            plain = plain.partition("?")[0].rstrip("/") + "/"
        return plain
