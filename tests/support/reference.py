"""Writes the reference pages that come from the code; ``just fix`` runs it, a test compares."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from afterglow.config.env import VARIABLES
from afterglow.core import catalogue
from afterglow.core.courses.phases import COURSE
from afterglow.core.evidence.publishing import PUBLICATION
from afterglow.core.lifecycle import Lifecycle
from afterglow.core.roles import PERMITS, Action, Role
from afterglow.core.scheduling.appointments import APPOINTMENT
from afterglow.core.treatment.lifecycles import INFUSION, SESSION

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "docs" / "reference"
APPS = ROOT / "src" / "afterglow" / "apps"
SPEC = ROOT / "tests" / "spec"
LIFECYCLES: tuple[Lifecycle, ...] = (APPOINTMENT, SESSION, INFUSION, COURSE, PUBLICATION)  # type: ignore[type-arg]
WEIGHTS = {"blocker": "blocker", "_no": "blocker", "caution": "caution", "info": "info"}
"""How services write a reason, and how much it weighs."""
RULES = ("readiness", "dosing", "drawing", "alarms", "coverage", "discharge", "signing")


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a Markdown table; a bar in a cell is escaped."""
    names = list(head)
    lines = [names, ["---"] * len(names), *rows]
    return "".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines
    )


# -- settings ---------------------------------------------------------------------------------


def settings_page() -> str:
    """The page of every environment variable."""
    opening = (
        "# Settings\n\n"
        "Every variable that Afterglow reads from its environment: written by `just fix`, "
        "compared by a test.\n"
        "`./run` sets what it decides itself (ports, origin, the bundled database).\n\n"
    )
    rows = (
        (f"`{each.name}`", f"`{each.default}`" if each.default else "", each.meaning)
        for each in VARIABLES
    )
    return opening + table(("Variable", "Default", "Meaning"), rows)


# -- reason codes -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """One reason code as the page lists it."""

    subject: str
    code: str
    severity: str
    by: str
    sentence: str


def words(code: str) -> str:
    """Return a code as words: ``medical_director`` is "medical director"."""
    return code.replace("_", " ")


def core_lines() -> list[Line]:
    """Every code that is declared in the core's catalogue."""
    return [
        Line(
            each.subject,
            each.code,
            str(each.severity),
            words(str(each.overridable_by)) if each.severity == "blocker" else "",
            each.pattern,
        )
        for each in catalogue.all_reason_codes()
        if each.code.isupper()
    ]


def said(node: ast.expr) -> str:
    """Return the text of a literal; what is put in at run time is shown as an ellipsis."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(part.value) if isinstance(part, ast.Constant) else "{…}" for part in node.values
        )
    return "{…}"


def service_codes(source: Path) -> Iterator[Line]:
    """Every code that a service writes itself: ``blocker("CODE", "Sentence.")``."""
    app = source.relative_to(APPS).parts[0]
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args):
            continue
        first = node.args[0]
        if not (isinstance(first, ast.Constant) and str(first.value).isupper()):
            continue
        by = next((k.value for k in node.keywords if k.arg == "overridable_by"), None)
        who = words(by.attr.lower()) if isinstance(by, ast.Attribute) else "nobody"
        if node.func.id in WEIGHTS and len(node.args) > 1:
            severity, sentence = WEIGHTS[node.func.id], said(node.args[1])
        elif node.func.id == "declare" and isinstance(node.args[1], ast.Attribute):
            severity, sentence = node.args[1].attr.lower(), said(node.args[2])
        else:
            continue
        yield Line(app, str(first.value), severity, who if severity == "blocker" else "", sentence)


def all_lines() -> list[Line]:
    """Every code, one line each; a code that services word in two ways has both sentences."""
    declared = core_lines()
    known = {each.code for each in declared}
    merged: dict[tuple[str, str], Line] = {}
    for source in sorted(APPS.rglob("*.py")):
        for found in service_codes(source):
            if found.code in known:
                continue
            before = merged.get((found.subject, found.code))
            if before is None:
                merged[found.subject, found.code] = found
                continue
            both = {
                name: "<br>".join(
                    dict.fromkeys([*getattr(before, name).split("<br>"), getattr(found, name)])
                )
                for name in ("severity", "by", "sentence")
            }
            merged[found.subject, found.code] = Line(found.subject, found.code, **both)
    return sorted([*declared, *merged.values()], key=lambda each: (each.subject, each.code))


def reason_codes_page() -> str:
    """The page of every reason code."""
    page = (
        "# Reason codes\n\n"
        "Every reason a decision can give: written by `just fix`, compared by a test. A code never "
        "changes; its sentence may.\n"
        "`{seen}` and `{limit}` are the value seen and the limit of the protocol version in force; "
        "`{…}` is put in by the service.\n"
        "A protocol version may narrow who overrides a code and never widen it. Nobody overrides "
        "what says *nobody*; the medical\n"
        "director may also override what the prescriber may.\n"
    )
    lines = all_lines()
    for subject in dict.fromkeys(each.subject for each in lines):
        rows = (
            (f"`{each.code}`", each.severity, each.by, each.sentence)
            for each in lines
            if each.subject == subject
        )
        page += f"\n## {subject}\n\n" + table(
            ("Code", "Severity", "Who may override", "Sentence"), rows
        )
    return page


# -- lifecycles -------------------------------------------------------------------------------


def state_diagrams_page() -> str:
    """The page of every lifecycle: its diagram and who owns each state."""
    page = (
        "# State diagrams\n\n"
        "Drawn from the tables in the core by `just fix`, compared by a test. The same tables "
        "decide what a service may do and\nwhat the database accepts.\n"
    )
    for each in LIFECYCLES:
        rows = (
            (
                f"`{state}`",
                words(str(each.owners[state])),
                ", ".join(map(words, each.actions(state))),
            )
            for state in each.transitions
        )
        page += f"\n## {each.name.capitalize()}\n\n```mermaid\n{each.mermaid()}```\n\n"
        page += table(("State", "Who moves it on", "What may be done"), rows)
    return page


# -- policies ---------------------------------------------------------------------------------


def policies_page() -> str:
    """The page of every role and action."""
    opening = (
        "# Who may do what\n\n"
        "Written by `just fix` from `afterglow.core.roles`; "
        "`tests/spec/policies` compares every cell with a table that the medical\n"
        "director signs. Buttons and services ask the same function. Some actions also need a "
        "credential in date; stopping an\ninfusion never does.\n\n"
    )
    rows = (
        (f"`{action}`", *("yes" if role in PERMITS[action] else "" for role in Role))
        for action in Action
    )
    return opening + table(("Action", *(words(str(role)) for role in Role)), rows)


# -- rules, from the spec tests ---------------------------------------------------------------


def cells(node: ast.expr) -> list[ast.expr]:
    """Return the elements of one row; ``pytest.param`` is unwrapped, ``*rest`` stays."""
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.param":
        return list(node.args)
    return list(node.elts) if isinstance(node, ast.Tuple) else [node]


def plain(node: ast.expr) -> str:
    """Return a cell as a clinician reads it: literals as they are, code as code."""
    if isinstance(node, ast.Constant):
        return "–" if node.value is None else str(node.value)
    if isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values, strict=True)
        told = (f"{plain(k)}: {ast.unparse(v)}" for k, v in pairs if k is not None)
        return f"`{', '.join(told)}`" if node.keys else "nothing changed"
    return f"`{' '.join(ast.unparse(node).split())}`"


def literal_rows(node: ast.expr, module: Mapping[str, ast.expr]) -> list[ast.expr] | None:
    """Return the rows of a parametrize table that is written out, there or above in the module."""
    if isinstance(node, ast.Name) and node.id in module:
        node = module[node.id]
    if isinstance(node, ast.ListComp):
        source = node.generators[0].iter
        return literal_rows(source, module)
    return list(node.elts) if isinstance(node, ast.List) else None


def sentence(name: str) -> str:
    """Return a test's name as the sentence that it is."""
    return name.removeprefix("test_").replace("_", " ").capitalize() + "."


def rules_page(folder: str) -> str:
    """The page of one folder of spec tests: every sentence, and every table behind it."""
    page = (
        f"# Rules: {folder}\n\n"
        f"Written by `just fix` from `tests/spec/{folder}`, compared by a test: each sentence is a "
        "test that passes, each\ntable is what it was tried with. `nobody`, `prescriber` and "
        "`director` say who may override.\n"
    )
    for path in sorted((SPEC / folder).glob("test_*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        module: dict[str, ast.expr] = {}
        for node in tree.body:
            target = node.targets[0] if isinstance(node, ast.Assign) else None
            if isinstance(node, ast.AnnAssign) and node.value is not None:
                target = node.target
            if isinstance(target, ast.Name) and isinstance(node, ast.Assign | ast.AnnAssign):
                assert node.value is not None
                module[target.id] = node.value
        about = (ast.get_docstring(tree) or "").splitlines()[0]
        page += f"\n## {about}\n"
        for function in tree.body:
            if isinstance(function, ast.FunctionDef) and function.name.startswith("test_"):
                page += f"\n**{sentence(function.name)}**\n" + _tables(function, module)
    return page


def _tables(function: ast.FunctionDef, module: Mapping[str, ast.expr]) -> str:
    text = ""
    for mark in function.decorator_list:
        if not (isinstance(mark, ast.Call) and ast.unparse(mark.func).endswith("parametrize")):
            continue
        rows = literal_rows(mark.args[1], module)
        if rows is None:
            text += f"\nFor each of {plain(mark.args[1])}.\n"
            continue
        names = _names(mark.args[0])
        found = [cells(row) for row in rows]
        widest = max(len(row) for row in found)
        head = names if len(names) == widest else ["case", *names][-widest:]
        head = [*[""] * (widest - len(head)), *head]
        text += "\n" + table(
            head, ([*map(plain, row), *[""] * (widest - len(row))] for row in found)
        )
    return text


def _names(node: ast.expr) -> list[str]:
    value = ast.literal_eval(node)
    listed = value.split(",") if isinstance(value, str) else list(value)
    return [words(str(name)).strip() for name in listed]


PAGES: Mapping[Path, Callable[[], str]] = {
    REFERENCE / "settings.md": settings_page,
    REFERENCE / "reason_codes.md": reason_codes_page,
    REFERENCE / "state_diagrams.md": state_diagrams_page,
    REFERENCE / "policies.md": policies_page,
    **{
        REFERENCE / "rules" / f"{folder}.md": (lambda folder=folder: rules_page(folder))  # type: ignore[misc]
        for folder in RULES
    },
}
"""Every generated page, and what writes it."""


def stale() -> list[str]:
    """Return the pages whose file is not what would be written now."""
    return [
        str(target.relative_to(ROOT))
        for target, write in PAGES.items()
        if not target.exists() or target.read_text(encoding="utf-8") != write()
    ]


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        # In a process of its own: a test run has declared codes that only tests know.
        sys.exit("\n".join(stale()) or 0)
    for target, write in PAGES.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(write(), encoding="utf-8")
