"""The product's settings with nothing of the product in the way: the bench's references."""

from afterglow.config.settings import *  # noqa: F403 (the same settings, but for two)

ROOT_URLCONF = "bench.bare_urls"
MIDDLEWARE: list[str] = []
