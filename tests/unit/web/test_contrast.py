"""Every pair of colours that carries words can be read, in light and at night."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import afterglow.web

TOKENS = Path(afterglow.web.__file__).parent / "static/afterglow/css/tokens.css"

TEXT = 7.0  # WCAG AAA, any size
LARGE = 4.5  # WCAG AAA, 24 px and above: the vital numbers
SHAPE = 3.0  # WCAG AA, shapes and lines that mean something

PAIRS = [
    *[(ink, ground, TEXT) for ink in ("ink", "ink-2") for ground in ("paper", "surface", "shade")],
    *[("primary", ground, TEXT) for ground in ("paper", "surface", "sunken", "primary-wash")],
    ("ink", "sunken", TEXT),
    ("ink-2", "sunken", TEXT),
    ("ink", "primary-wash", TEXT),
    ("ink", "done-wash", TEXT),
    ("on-primary", "primary", TEXT),
    ("on-primary", "primary-hover", TEXT),
    ("on-red", "red-fill", TEXT),
    ("on-ketamine", "ketamine", TEXT),
    *[(f"{name}-ink", f"{name}-wash", TEXT) for name in ("red", "amber", "technical", "good")],
    *[(f"{name}-ink", "surface", TEXT) for name in ("red", "amber", "technical", "good")],
    *[("ink", f"{name}-wash", TEXT) for name in ("red", "amber", "technical")],
    *[
        (sign, ground, LARGE)
        for sign in ("pressure", "heart", "oxygen", "breath", "co2")
        for ground in ("paper", "surface", "shade")
    ],
    *[(name, "surface", SHAPE) for name in ("red", "amber", "technical", "good", "line-strong")],
    *[("focus", ground, SHAPE) for ground in ("paper", "surface", "sunken")],
]


def _block(css: str, start: str) -> dict[str, str]:
    body = css[css.index(start) :]
    body = body[body.index("{") + 1 : body.index("}")]
    return dict(re.findall(r"--([a-z0-9-]+):\s*(#[0-9A-Fa-f]{6})\s*;", body))


def _themes() -> dict[str, dict[str, str]]:
    css = TOKENS.read_text(encoding="utf-8")
    light = _block(css, ":root {")
    return {"light": light, "night": light | _block(css, ':root[data-theme="night"]')}


def _luminance(colour: str) -> float:
    def linear(channel: int) -> float:
        share = channel / 255
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(int(colour[at : at + 2], 16)) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_measure_agrees_with_the_known_extremes() -> None:
    assert _contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert _contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", ["light", "night"])
@pytest.mark.parametrize(("ink", "ground", "least"), PAIRS)
def test_words_and_shapes_stand_out_from_their_ground(
    theme: str, ink: str, ground: str, least: float
) -> None:
    colours = _themes()[theme]

    ratio = _contrast(colours[ink], colours[ground])

    assert ratio >= least, f"{ink} on {ground} at {theme}: {ratio:.2f}, needs {least}"


def test_the_device_s_night_and_the_chosen_night_are_the_same() -> None:
    css = TOKENS.read_text(encoding="utf-8")

    by_device = _block(css, ':root:not([data-theme="light"])')
    by_choice = _block(css, ':root[data-theme="night"]')

    assert by_device == by_choice
    assert len(by_choice) > 30
