"""A library with everything in it, and the people who work on it."""

from __future__ import annotations

import pytest

from support.evidence import Library, open_library


@pytest.fixture
def library(db: None) -> Library:
    return open_library()
