"""A browser of the standard library: pages, cookies, redirects, and forms filled in by name.

It sends what the page's own form would send: hidden fields, what is ticked beforehand, the CSRF
token. A field that the form does not have is an error, so a renamed field is noticed.
"""

from __future__ import annotations

import html
import http.client
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urljoin, urlsplit

MOST_REDIRECTS = 5


@dataclass
class Form:
    """One form of a page: where it goes, what it holds, and which fields it has."""

    action: str
    method: str
    values: list[tuple[str, str]] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    choices: dict[str, list[str]] = field(default_factory=dict)


@dataclass
class Page:
    """One answer of the server."""

    url: str
    status: int
    body: str
    forms: list[Form] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The words of the page, without tags."""
        bare = re.sub(r"<(script|style)\b.*?</\1>", " ", self.body, flags=re.S)
        return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", bare))).strip()

    def form(self, action: str) -> Form:
        """Return the form whose address ends so, one that posts before one that only asks.

        Raises AssertionError with those there are.
        """
        found = [each for each in self.forms if each.action.split("?")[0].endswith(action)]
        if found:
            return min(found, key=lambda each: each.method != "post")
        there = ", ".join(each.action for each in self.forms)
        raise AssertionError(
            f"{self.url} ({self.status}) has no form to …{action}; it has: {there}"
        )

    def problem(self) -> str:
        """What the page says is wrong: errors and reasons, or its first words."""
        found = re.findall(
            r'class="(?:[^"]*\b(?:error|reason|errorlist)\b[^"]*)"[^>]*>(.*?)</', self.body, re.S
        )
        words = [re.sub(r"<[^>]+>|\s+", " ", each).strip() for each in found]
        main = self.text
        return " | ".join(filter(None, map(html.unescape, words))) or main[:600]


class _Reader(HTMLParser):
    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self.forms: list[Form] = []
        self._open: Form | None = None
        self._select = ""
        self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            target = urljoin(self.url, given.get("action") or self.url)
            self._open = Form(urlsplit(target).path, given.get("method", "get").lower())
            self.forms.append(self._open)
        elif self._open is not None and tag in ("input", "select", "textarea", "option"):
            self._field(tag, given, self._open)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area and self._open is not None:
            self._open.values.append((self._area, data.removeprefix("\n")))

    def _field(self, tag: str, given: dict[str, str], form: Form) -> None:
        name, kind = given.get("name", ""), given.get("type", "text")
        if tag == "option":
            if self._select:
                form.choices.setdefault(self._select, []).append(given.get("value", ""))
                if "selected" in given:
                    form.values.append((self._select, given.get("value", "")))
            return
        if not name:
            return
        form.names.add(name)
        if tag == "select":
            self._select = name
        elif tag == "textarea":
            self._area = name
        elif kind in ("radio", "checkbox"):
            form.choices.setdefault(name, []).append(given.get("value", "on"))
            if "checked" in given:
                form.values.append((name, given.get("value", "on")))
        elif kind != "submit":
            form.values.append((name, given.get("value", "")))


class Browser:
    """One person's browser: its own cookies, its own sign-in."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self._cookies: dict[str, str] = {}

    def get(self, address: str) -> Page:
        """Open a page, following redirects."""
        return self._follow("GET", address, None, "")

    def submit(
        self, page: Page, action: str, values: Mapping[str, str | list[str]] | None = None
    ) -> Page:
        """Fill in and send the page's form to ``action``; return the page that it leads to."""
        form = page.form(action)
        given = values or {}
        if missing := sorted(set(given) - form.names):
            raise AssertionError(
                f"The form {form.action} has no field {', '.join(missing)}; "
                f"it has {', '.join(sorted(form.names))}."
            )
        sent = [(name, value) for name, value in form.values if name not in given]
        for name, value in given.items():
            sent += [(name, each) for each in (value if isinstance(value, list) else [value])]
        return self._follow("POST", form.action, sent, page.url)

    def _follow(
        self, method: str, address: str, data: list[tuple[str, str]] | None, referer: str
    ) -> Page:
        for _ in range(MOST_REDIRECTS):
            status, location, body, url = self._once(method, address, data, referer)
            if status not in (301, 302, 303, 307):
                page = Page(url, status, body)
                reader = _Reader(url)
                reader.feed(body)
                page.forms = reader.forms
                return page
            method, data, address = "GET", None, urljoin(url, location)
        raise AssertionError(f"{address} leads round in circles.")

    def _once(
        self, method: str, address: str, data: list[tuple[str, str]] | None, referer: str
    ) -> tuple[int, str, str, str]:
        parts = urlsplit(urljoin(self.origin + "/", address))
        where = parts.path + (f"?{parts.query}" if parts.query else "")
        headers = {
            "Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items()),
            "Accept": "text/html",
            "Accept-Language": "en",
        }
        body = None
        if data is not None:
            body = urlencode(data).encode()
            headers |= {
                "Content-Type": "application/x-www-form-urlencoded",
                "Origin": self.origin,
                "Referer": referer or self.origin + "/",
            }
        connection = http.client.HTTPConnection(urlsplit(self.origin).netloc, timeout=30)
        try:
            connection.request(method, where, body, headers)
            answer = connection.getresponse()
            text = answer.read().decode("utf-8", "replace")
            for line in answer.headers.get_all("Set-Cookie") or []:
                for name, morsel in SimpleCookie(line).items():
                    self._cookies[name] = morsel.value
            return answer.status, answer.headers.get("Location", ""), text, self.origin + where
        finally:
            connection.close()
