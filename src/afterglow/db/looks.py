"""One look at the database: what is asked twice while a page is built is read once.

A page is made of panels, and each panel asks by itself for the infusion, its course, the schedule.
Inside ``with looking():`` a function marked ``@read_once`` answers the second time from what it
answered the first time. Only a view that writes nothing opens a look, for one page at one instant;
a service never sees one, so nothing stale can be judged. Outside a look nothing is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from django.db import models

P = ParamSpec("P")
R = TypeVar("R")

_known: ContextVar[dict[Any, Any] | None] = ContextVar("look", default=None)


@contextmanager
def looking() -> Iterator[None]:
    """Open a look; inside another one it is the same look."""
    if _known.get() is not None:
        yield
        return
    token = _known.set({})
    try:
        yield
    finally:
        _known.reset(token)


def read_once(reading: Callable[P, R]) -> Callable[P, R]:
    """Mark a function that only reads: its arguments are rows, keys, times and sequences of them.

    Callers share what it returns and change nothing in it.
    """

    @wraps(reading)
    def asked(*args: P.args, **kwargs: P.kwargs) -> R:
        known = _known.get()
        if known is None:
            return reading(*args, **kwargs)
        key = (reading, *map(_key, args), *((name, _key(kwargs[name])) for name in sorted(kwargs)))
        if key not in known:
            known[key] = reading(*args, **kwargs)
        found: R = known[key]
        return found

    return asked


def _key(value: Any) -> Any:
    if isinstance(value, models.Model):
        return (type(value), value.pk)
    if isinstance(value, list | tuple):
        return tuple(map(_key, value))
    return value
