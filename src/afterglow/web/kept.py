"""What a browser keeps of the design system so that a page opens without a connection.

A kept page names its files under an address of their own, with the version in it:
``/sessions/kept/<version>/afterglow/js/main.js``. The service worker answers those from its cache
and nothing else; no server has them. So a kept page and its files always belong together, also
after the server was upgraded, and a page from the network never meets a kept file.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Final

from django.contrib.staticfiles import finders
from django.templatetags.static import static

SCOPE: Final = "/sessions/"
"""What the service worker may answer for: the pages of a session, nothing else."""
PREFIX: Final = f"{SCOPE}kept/"
OWN: Final = Path(__file__).parent / "static"
OTHERS: Final = (
    "vendor/htmx/htmx.min.js",
    "vendor/uplot/uPlot.esm.js",
    "vendor/uplot/uPlot.min.css",
    "pharmacology/pharmacology.css",
    "pharmacology/predicted.js",
    "vendor/newsreader/index.css",  # named by every page; its letters are not kept
    *(
        f"vendor/atkinson-{kind}/{name}"
        for kind, font in (("next", "hyperlegible-next"), ("mono", "hyperlegible-mono"))
        for name in (
            "index.css",
            f"files/atkinson-{font}-latin-wght-normal.woff2",
            f"files/atkinson-{font}-latin-ext-wght-normal.woff2",
        )
    ),
)


@lru_cache(maxsize=1)
def names() -> tuple[str, ...]:
    """Return the files of a kept page, each as ``{% static %}`` names it."""
    own = sorted(path.relative_to(OWN).as_posix() for path in OWN.rglob("*") if path.is_file())
    return (*own, *OTHERS)


@lru_cache(maxsize=1)
def version() -> str:
    """Return the version of all files together. Raises FileNotFoundError when one is missing."""
    seal = hashlib.sha256()
    for name in names():
        found = finders.find(name)
        if found is None:
            raise FileNotFoundError(f"{name} is not among the static files.")
        seal.update(f"{name}\0".encode())
        seal.update(Path(found).read_bytes())
    return seal.hexdigest()[:16]


def files() -> dict[str, str]:
    """Return where each file is kept and where it is fetched from, both as addresses."""
    return {f"{PREFIX}{version()}/{name}": static(name) for name in names()}


def as_kept(html: str) -> str:
    """Return a page that names its files by their kept addresses."""
    return html.replace(f'"{static("")}', f'"{PREFIX}{version()}/')
