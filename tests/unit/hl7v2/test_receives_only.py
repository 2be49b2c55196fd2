"""Afterglow listens to pumps and never programs one: nothing here can even say it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import afterglow

PACKAGE = Path(afterglow.__file__).parent
ORDERS = ("RGV", "^O15", "RGV_O15", "IHE_PCD_003", "RDE^", "OMP^")
"""Words of PCD-03 (RGV^O15, order to a pump) and of other orders of HL7 v2."""
TELLTALE = re.compile(rb"RGV|PCD_003|\^|hl7v2")
"""Without one of these a module has no word of an order, and is not worth parsing."""
KIND = re.compile(r"\b[A-Z]{3}\^[A-Z]\d\d\b")
CLIENT = "afterglow.interop.hl7v2.client"
SPEAKERS = {"config/smoke.py", "simulator/main.py", "simulator/replay.py"}
"""Who connects to an MLLP port: a simulated device and the smoke test, each to our own gateway."""


def texts(tree: ast.AST) -> Iterator[str]:
    """Every text and bytes of a module, docstrings and comments left out."""
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in docstrings:
            if isinstance(node.value, str):
                yield node.value
            elif isinstance(node.value, bytes):
                yield node.value.decode("latin-1")


@cache
def modules() -> tuple[tuple[str, ast.AST], ...]:
    return tuple(
        (path.relative_to(PACKAGE).as_posix(), ast.parse(path.read_text(encoding="utf-8")))
        for path in sorted(PACKAGE.rglob("*.py"))
        if TELLTALE.search(path.read_bytes())
    )


def orders_in(tree: ast.AST) -> set[str]:
    return {word for text in texts(tree) for word in ORDERS if word in text}


def kinds_in(tree: ast.AST) -> set[str]:
    return {kind for text in texts(tree) for kind in KIND.findall(text)}


def sends(tree: ast.AST) -> bool:
    """Whether a module imports the client, in any of the ways to import it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            names = {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
        elif isinstance(node, ast.Import):
            names = {alias.name for alias in node.names}
        else:
            continue
        if CLIENT in names:
            return True
    return False


def test_no_text_of_the_product_is_an_order_to_a_pump() -> None:
    found = {name: orders_in(tree) for name, tree in modules() if orders_in(tree)}

    assert not found


def test_only_simulated_devices_send_hl7_at_all() -> None:
    assert {name for name, tree in modules() if sends(tree)} == SPEAKERS


def test_the_only_kind_of_message_there_are_words_for_is_a_report() -> None:
    assert set().union(*(kinds_in(tree) for _, tree in modules())) == {"ORU^R01"}


@pytest.mark.parametrize(
    "planted",
    [
        'KIND = "RGV^O15^RGV_O15"',
        'KIND = b"RGV^O15^RGV_O15"',
        'PROFILE = f"{name}_IHE_PCD_003"',
        'KIND = f"{code}^O15"',
        'def send():\n    """Send."""\n    return "MSH|" + "RDE^O11"',
    ],
)
def test_a_planted_order_is_found(planted: str) -> None:
    assert TELLTALE.search(planted.encode())
    assert orders_in(ast.parse(planted))


def test_a_planted_kind_of_message_is_found() -> None:
    assert kinds_in(ast.parse('MSH9 = "OMP^O09^OMP_O09"')) == {"OMP^O09"}


@pytest.mark.parametrize(
    "planted",
    [
        "from afterglow.interop.hl7v2.client import send",
        "from afterglow.interop.hl7v2 import client",
        "import afterglow.interop.hl7v2.client as hl7",
    ],
)
def test_a_planted_sender_is_found(planted: str) -> None:
    assert TELLTALE.search(planted.encode())
    assert sends(ast.parse(planted))
