"""A library, and a front door that shows it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from afterglow.web import clock
from support.evidence import Library, open_library
from support.frontdoor import LATER, Door


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with clock.fixed(LATER):
        yield


@pytest.fixture
def library(db: None) -> Library:
    return open_library()


@pytest.fixture
def door(library: Library) -> Door:
    return Door(library)
