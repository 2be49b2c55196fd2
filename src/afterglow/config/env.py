"""The environment: every variable that Afterglow reads, with its default and its meaning.

docs/reference/settings.md lists the same table; a test keeps the two together.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from afterglow.core.errors import InvalidValue


@dataclass(frozen=True, slots=True)
class Variable:
    """One environment variable."""

    name: str
    default: str
    meaning: str


VARIABLES = (
    Variable("DATABASE_URL", "", "PostgreSQL 15 or newer; empty: the bundled server's"),
    Variable("AFTERGLOW_OWNER_DATABASE_URL", "", "the owner's connection, for migrations"),
    Variable("AFTERGLOW_DATA", ".afterglow", "data folder: secrets, logs, bundled database"),
    Variable("AFTERGLOW_SECRET_KEY", "", "signing key; empty: made once in the data folder"),
    Variable("AFTERGLOW_HOSTS", "localhost,127.0.0.1,[::1]", "host names answered, by commas"),
    Variable("AFTERGLOW_ORIGIN", "http://localhost:8000", "the one origin people open"),
    Variable("AFTERGLOW_DEMO", "", "1: demo accounts and demo notes are shown"),
    Variable("AFTERGLOW_DEBUG", "", "1: error pages with detail; never in production"),
    Variable(
        "AFTERGLOW_MAIL_URL",
        "console:",
        "smtp(s)://user:password@host:port?from=… or console:",
    ),
    Variable("AFTERGLOW_PAGE_THREADS", "8", "pages answered at once, a database connection each"),
    Variable("AFTERGLOW_GATEWAY_HOST", "127.0.0.1", "where the monitor gateway listens"),
    Variable("AFTERGLOW_GATEWAY_PORT", "2575", "where the monitor gateway listens"),
    Variable("AFTERGLOW_GATEWAY_ALLOW", "", "networks that may connect, by commas; empty: any"),
    Variable("AFTERGLOW_GATEWAY_RATE", "200", "messages a second of one connection; 0: no limit"),
    Variable("AFTERGLOW_GATEWAY_CERT", "", "its certificate (PEM file); empty: no TLS"),
    Variable("AFTERGLOW_GATEWAY_KEY", "", "the certificate's key (PEM file)"),
    Variable("AFTERGLOW_GATEWAY_CLIENT_CA", "", "who signs the devices' certificates (PEM file)"),
)
_BY_NAME = {variable.name: variable for variable in VARIABLES}


def read(name: str) -> str:
    """Return a variable's value or its default. Raises KeyError for a name not in the table."""
    return os.environ.get(name) or _BY_NAME[name].default


def flag(name: str) -> bool:
    """Return whether a variable is 1. Raises InvalidValue for anything but 1, 0 or nothing."""
    value = read(name)
    if value not in ("", "0", "1"):
        raise InvalidValue(f"{name} is {value!r}; it must be 1 or 0.")
    return value == "1"


def data_folder() -> Path:
    """Return the data folder as an absolute path."""
    return Path(read("AFTERGLOW_DATA")).expanduser().resolve()


@dataclass(frozen=True, slots=True)
class Mail:
    """Where mail goes."""

    backend: str
    host: str = ""
    port: int = 25
    user: str = ""
    password: str = ""
    tls: bool = False
    sender: str = "afterglow@localhost"


def mail(url: str) -> Mail:
    """Return the mail settings of a URL. Raises InvalidValue for another kind.

    ``console:`` prints; ``smtps://`` speaks STARTTLS; ``?from=`` is the sender's address.
    """
    parts = urlsplit(url)
    if parts.scheme == "console":
        return Mail("django.core.mail.backends.console.EmailBackend")
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise InvalidValue(
            f"AFTERGLOW_MAIL_URL begins with {parts.scheme or 'nothing'!r}; "
            "it must be smtp://host:port, smtps://host:port or console:."
        )
    tls = parts.scheme == "smtps"
    return Mail(
        "django.core.mail.backends.smtp.EmailBackend",
        parts.hostname,
        parts.port or (587 if tls else 25),
        unquote(parts.username or ""),
        unquote(parts.password or ""),
        tls,
        dict(parse_qsl(parts.query)).get("from", "afterglow@localhost"),
    )


def database(url: str) -> dict[str, object]:
    """Return Django's settings for a ``postgresql://`` URL. Raises InvalidValue for another kind.

    A socket folder may be given as ``?host=/folder``.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("postgresql", "postgres"):
        raise InvalidValue(
            f"DATABASE_URL begins with {parts.scheme or 'nothing'!r}; it must be postgresql://."
        )
    query = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", unquote(parts.hostname or "")),
        "PORT": query.pop("port", str(parts.port or "")),
        "OPTIONS": dict(query),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "ATOMIC_REQUESTS": False,
        "TEST": {"TEMPLATE": "template0"},
    }
