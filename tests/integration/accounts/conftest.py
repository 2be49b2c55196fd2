"""A quick hash for made-up passwords; one test looks at the real one."""

from __future__ import annotations

import pytest
from pytest_django import Settings


@pytest.fixture(autouse=True)
def quick_hash(request: pytest.FixtureRequest, settings: Settings) -> None:
    """Hash with MD5 in these tests: the shipped hash is slow on purpose."""
    if "shipped" not in request.node.name:
        settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
