"""Afterglow listens to pumps and never programs one: nothing here can even say it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import afterglow

PACKAGE = Path(afterglow.__file__).parent
ORDERS = ("RGV", "^O15", "RGV_O15", "IHE_PCD_003", "RDE^", "OMP^")
"""Words of PCD-03 (RGV^O15, order to a pump) and of other orders of HL7 v2."""
TELLTALE = re.compile(rb"RGV|PCD_003|\^|hl7v2\.client")
"""Without one of these a module has no word of an order, and is not worth parsing."""
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


def test_no_text_of_the_product_is_an_order_to_a_pump() -> None:
    found = {
        (name, word)
        for name, tree in modules()
        for text in texts(tree)
        for word in ORDERS
        if word in text
    }

    assert not found


def test_only_simulated_devices_send_hl7_at_all() -> None:
    senders = {
        name
        for name, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "afterglow.interop.hl7v2.client"
    }

    assert senders == SPEAKERS


def test_the_only_kind_of_message_there_are_words_for_is_a_report() -> None:
    said = {
        kind
        for _, tree in modules()
        for text in texts(tree)
        for kind in re.findall(r"\b[A-Z]{3}\^[A-Z]\d\d\b", text)
    }

    assert said == {"ORU^R01"}
