"""No refusal is half in one language: the words that rules put beside their numbers, one by one.

Names that a person or a site gave (people, rooms, records) read alike in every language and are
not in the tables.
"""

from __future__ import annotations

import ast
import gc
import importlib
import json
import pkgutil
import re
from collections.abc import Iterator
from decimal import Decimal

import pytest
from babel.messages.pofile import read_po
from django.apps import apps
from django.utils import translation

import afterglow.core
from afterglow.apps.monitoring.models.messages import ReviewReason, ReviewState
from afterglow.apps.treatment.models.infusion import PumpActionKind
from afterglow.apps.treatment.services.doses import dose_reasons
from afterglow.core.catalogue import all_reason_codes
from afterglow.core.decisions import Reason, Severity
from afterglow.core.errors import IllegalTransition
from afterglow.core.evidence.vocabulary import ClaimVerdict
from afterglow.core.lifecycle import Lifecycle
from afterglow.core.monitoring.catalogue import CATALOGUE, VitalSignCode
from afterglow.core.monitoring.entry import read_blood_pressure, read_sign
from afterglow.core.quantities import Dose
from afterglow.core.reason_codes import ReasonCode
from afterglow.core.roles import ACTS, CREDENTIAL_NAMES, ROLE_NAMES
from afterglow.core.treatment.endings import EndingField, InfusionEnding, SessionEnding
from afterglow.web import sentences, translations, value_words

PLACEHOLDER = re.compile(r"%\((\w+)\)")
EXPONENT = re.compile(r"\d[eE][+-]?\d")
ISO = re.compile(r"\d{4}-\d\d-\d\d|\d\dT\d\d")
ENGLISH = frozenset(
    re.findall(
        r"\w+",
        "the is are was were this that these those with which must not has have been before after "
        "and or of for from to at by on it its their your you they what when while who nobody "
        "another again already than only says say",
    )
)
"""Words that no Spanish sentence has."""
NAMES_OF_ITS_OWN = {"otto2021"}
"""A model's name."""
SAID_OTHERWISE = {
    "SESSION_NOT_IN_STATE": {"verb"},  # who reads it has just pressed it
    "PIN_WRONG": {"'try' if left == 1 else 'tries'"},
    "EARLIER_WEIGHT_LOOKS_LIKE_POUNDS": {"compared"},  # made of mass and the mass before
    "WEIGHT_LOOKS_LIKE_POUNDS": {"compared"},
    "WEIGHT_CHANGED_BLOCK": {"said"},
    "WEIGHT_CHANGED_REVIEW": {"said"},
    "READ_BACK_DIFFERS": {"said or 'nothing'"},
    "WEIGHT_NEEDS_SECOND_READING": {"reason.sentence"},  # whose facts it takes over
}
"""What is no fact, or stands in the Spanish in another way."""


def _templates(node: ast.expr) -> list[str]:
    """Every text that an expression may give, with 7 for what is only known when it runs."""
    match node:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.JoinedStr(values=parts):
            return ["".join(str(p.value) if isinstance(p, ast.Constant) else "7" for p in parts)]
        case ast.IfExp(body=one, orelse=other):
            return _templates(one) + _templates(other)
        case ast.BoolOp(values=many):
            return [text for each in many for text in _templates(each)]
    return []


def _reason_calls() -> Iterator[tuple[str, ast.Call]]:
    for path in sorted(translations.PACKAGE.rglob("*.py")):
        where = path.relative_to(translations.PACKAGE)
        if path.name in translations.NO_REASONS or where.parts[0] in ("interop", "simulator"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            called = translations._called(node)
            if called == "reason" or called.strip("_") in translations.GIVES_REASON:
                yield where.as_posix(), node


def _values_written_by_rules() -> list[str]:
    found = {
        part
        for where, call in _reason_calls()
        if where != "core/reason_codes.py"
        for keyword in call.keywords
        if keyword.arg in ("seen", "limit")
        for text in _templates(keyword.value)
        for part in text.split(", ")
        if part
    }
    return sorted(found)


def _constructs() -> set[str]:
    found: set[str] = set()

    def walk(node: object) -> None:
        if isinstance(node, dict):
            found.update({node["construct"]} if isinstance(node.get("construct"), str) else ())
            for each in node.values():
                walk(each)
        elif isinstance(node, list):
            for each in node:
                walk(each)

    for path in (translations.PACKAGE / "data").rglob("*.json"):
        if "instruments" in path.parts:
            walk(json.loads(path.read_text(encoding="utf-8")))
    return found


def _lifecycle_words() -> set[str]:
    for module in pkgutil.walk_packages(afterglow.core.__path__, "afterglow.core."):
        importlib.import_module(module.name)
    tables = [one for one in gc.get_objects() if isinstance(one, Lifecycle)]
    shipped = [one for one in tables if one.name != "light"]  # a test's own
    return {
        str(word)
        for one in shipped
        for state, actions in one.transitions.items()
        for word in (one.name, state, *actions)
    }


def _enumerated() -> list[str]:
    codes = (
        SessionEnding,
        InfusionEnding,
        EndingField,
        PumpActionKind,
        ClaimVerdict,
        ReviewReason,
        ReviewState,
    )
    rows = [one for one in apps.get_models() if hasattr(one, "save_version")]
    words = {
        *(str(each) for enum in codes for each in enum),
        *_lifecycle_words(),
        *_constructs(),
        *ACTS.values(),
        *ROLE_NAMES.values(),
        *CREDENTIAL_NAMES.values(),
        *(sign.name for sign in CATALOGUE.values()),
        *(str(one._meta.verbose_name) for one in rows if one.__module__.startswith("afterglow")),
    }
    return sorted(part for word in words for part in word.split(", ") if part != "Drug")


def _unsaid(values: list[str]) -> list[str]:
    with translation.override("es"):
        return [value for value in values if value_words.said(value) is None]


def test_every_value_that_a_rule_writes_is_said_in_spanish() -> None:
    assert set(_unsaid(_values_written_by_rules())) == NAMES_OF_ITS_OWN


def test_every_state_act_sign_question_and_row_is_said_in_spanish() -> None:
    assert _unsaid(_enumerated()) == []


def test_a_value_with_one_word_that_nobody_translated_is_found() -> None:
    with translation.override("es"):
        assert value_words.said("30 to 300 bananas") is None
        assert value_words.said("9 for Banana") is None


@pytest.fixture(scope="module")
def spanish() -> dict[str, str]:
    with translations.po_file("es").open("rb") as text:
        catalogue = read_po(text, locale="es")
    return {str(m.id): str(m.string) for m in catalogue if m.context == sentences.REASON}


def _bare(expression: str) -> str:
    """An expression without what only says it nicely: words, dates, units."""
    return re.sub(r"[_' ]|\b(?:words|str|said_day|replace|capitalize)\b|[().,]", "", expression)


def _written() -> Iterator[tuple[str, set[str], dict[str, str]]]:
    """Each refusal that a module writes: its code, what its English names, what it hands over."""
    for _where, call in _reason_calls():
        code = call.args[0] if call.args else None
        if not isinstance(code, ast.Constant) or any(
            isinstance(text, ast.Constant) and "{" in str(text.value) for text in call.args[1:]
        ):  # a declaration: its pattern is judged as one
            continue
        given = {k.arg: ast.unparse(k.value) for k in call.keywords if k.arg}
        named = {
            ast.unparse(part.value)
            for text in call.args[1:]
            for each in ast.walk(text)
            if isinstance(each, ast.JoinedStr)
            for part in each.values
            if isinstance(part, ast.FormattedValue)
        }
        yield str(code.value), named, given


def _key(code: str, given: dict[str, str], spanish: dict[str, str]) -> str:
    facts = [name for name in given if name not in ("seen", "limit", "overridable_by", "facts")]
    whole = ":".join((code, *sorted(facts)))
    return whole if whole in spanish else code


def test_a_spanish_refusal_names_every_fact_that_the_english_one_names(
    spanish: dict[str, str],
) -> None:
    left_out = {}
    for code, named, given in _written():
        shown = set(PLACEHOLDER.findall(spanish[_key(code, given, spanish)]))
        handed = "|".join(_bare(words) for name, words in given.items() if name in shown)
        lacking = {each for each in named if _bare(each) not in handed}
        if lacking:
            left_out[code] = lacking

    assert left_out == SAID_OTHERWISE


def test_a_spanish_refusal_asks_for_no_value_that_is_not_handed_over(
    spanish: dict[str, str],
) -> None:
    asked = {
        code: spanish[_key(code, given, spanish)]
        for code, _named, given in _written()
        if "facts" not in given
        and not set(PLACEHOLDER.findall(spanish[_key(code, given, spanish)])) <= set(given)
    }

    assert asked == {}


@pytest.mark.parametrize("declared", all_reason_codes(), ids=lambda each: each.code)
def test_a_declared_reason_is_wholly_spanish_and_leaves_out_no_value(
    declared: ReasonCode, spanish: dict[str, str]
) -> None:
    reason = declared.reason(seen="7.25 mg", limit="12:34:56")

    with translation.override("es"):
        said = sentences.sentence_of(reason)

    assert said != reason.sentence
    assert ("7.25 mg" in said) is ("7.25 mg" in reason.sentence)
    assert ("12:34:56" in said) is ("12:34:56" in reason.sentence)


def test_no_spanish_refusal_and_no_value_has_an_english_word_or_an_open_brace() -> None:
    with translations.po_file("es").open("rb") as text:
        said = {
            (message.context, message.id): str(message.string)
            for message in read_po(text, locale="es")
            if message.context in sentences.SAID_BY_DATA
        }

    assert not [key for key, words in said.items() if "{" in words]
    assert not {
        key: found
        for key, words in said.items()
        if (found := ENGLISH & set(re.findall(r"\w+", PLACEHOLDER.sub("", words.lower()))))
    }


def test_no_rule_hands_over_the_time_of_a_machine() -> None:
    handed = [
        (where, ast.unparse(keyword.value))
        for where, call in _reason_calls()
        for keyword in call.keywords
        if "isoformat" in ast.unparse(keyword.value)
    ]

    assert handed == []


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize(
    "seen",
    [
        "2026-11-27T04:10:00+00:00",
        "2026-11-27T16:07:26.676057+00:00",
        "2026-11-27 23:50:00",
        "2026-11-27",
    ],
)
def test_no_reason_is_shown_with_the_time_of_a_machine(language: str, seen: str) -> None:
    sentence = f"It was charted at {seen}."
    known = Reason("PAPER_STOP_TWICE", Severity.BLOCKER, sentence, seen, seen)
    unknown = Reason("NOBODY_KNOWS_THIS", Severity.BLOCKER, sentence, seen, seen)

    with translation.override(language):
        shown = [
            words
            for reason in (known, unknown)
            for words in (sentences.sentence_of(reason), sentences.limit_words(reason))
        ]

    assert not [words for words in shown if ISO.search(words)]
    assert all("2026" in words for words in shown)


@pytest.mark.parametrize(
    ("code", "seen", "limit", "said"),
    [
        (
            "ENTRY_OUT_OF_RANGE",
            "Systolic pressure 400 mmHg",
            "30 to 300 mmHg",
            "Presión sistólica 400 mmHg está fuera del intervalo plausible de 30 a 300 mmHg.",
        ),
        (
            "ENTRY_NOT_A_NUMBER",
            "Heart rate “abc”",
            "a whole number in /min",
            "Frecuencia cardíaca “abc” no es un número; escriba un número entero en /min.",
        ),
        (
            "NOT_WATCHED_NOW",
            "checked_in",
            "infusing or recovery",
            "La sesión está en el estado «llegada registrada»; se releva a un paciente en "
            "infusión o recuperación.",
        ),
        (
            "CREDENTIAL_EXPIRED",
            "BLS, 5 Jan 2026",
            "",
            "Una credencial del profesional clínico ha vencido: BLS, 5 ene 2026.",
        ),
    ],
)
def test_a_refusal_is_wholly_spanish_with_its_numbers(
    code: str, seen: str, limit: str, said: str
) -> None:
    reason = Reason(code, Severity.BLOCKER, "English.", seen, limit)

    with translation.override("es"):
        assert sentences.sentence_of(reason) == said


def test_a_weight_that_may_be_pounds_is_told_in_spanish_with_every_number() -> None:
    facts = (("mass", "155.2 kg"), ("pounds", "342.2 lb"), ("kilograms", "70.4 kg"))
    reason = Reason(
        "WEIGHT_NEEDS_SECOND_READING",
        Severity.BLOCKER,
        "English.",
        "no height",
        "60 kg/m²",
        facts=facts,
    )

    with translation.override("es"):
        assert sentences.sentence_of(reason) == (
            "No hay peso anterior con el que comparar (sin talla): 155.2 kg son 342.2 lb; si la "
            "báscula mostraba libras, son 70.4 kg. Pese otra vez y confirme que la báscula "
            "muestra kilogramos."
        )


def test_an_english_reader_sees_no_code_and_no_underscore() -> None:
    reason = Reason(
        "NOTHING_TO_OVERRIDE", Severity.BLOCKER, "CONSENT_MISSING does not block anything now."
    )
    step = IllegalTransition(
        "A %(name)s that is %(state)s cannot %(action)s; it can: %(allowed)s.",
        name="session",
        state="checked_in",
        action="sign",
        allowed="begin_preparation, cancel",
    )

    assert "CONSENT_MISSING" not in sentences.sentence_of(reason)
    assert sentences.sentence_of(reason).startswith("“")
    assert sentences.error_words(step) == (
        "A session that is checked in cannot sign; it can: begin preparation, cancel."
    )


@pytest.mark.parametrize("sign", [s for s in VitalSignCode if CATALOGUE[s].plausible is not None])
def test_a_refused_entry_shows_no_exponent_and_no_mixture(sign: VitalSignCode) -> None:
    for text in ("999999", "-999999", "abc", "1.23456"):
        for reason in read_sign(sign, text).decision.blockers:
            with translation.override("es"):
                spanish = sentences.sentence_of(reason)
                assert value_words.said(reason.seen) is not None
                assert reason.limit == "" or value_words.said(reason.limit) is not None
            assert not EXPONENT.search(reason.sentence + spanish)


def test_no_dose_and_no_pressure_is_refused_with_an_exponent() -> None:
    doses = [dose_reasons(Dose(Decimal(mg))) for mg in ("3E+7", "1E-9", "0E+2")]
    pressure = read_blood_pressure("4000/30").decision.blockers

    said = " ".join(reason.sentence for each in (*doses, pressure) for reason in each)
    assert "30000000 mg is outside 0.0001 to 1000000 mg" in said
    assert not EXPONENT.search(said)


def _said_in_spanish(value: str) -> str:
    with translation.override("es"):
        return sentences.value_words(value)


def test_months_fluids_and_protocols_are_said_in_words_and_not_by_their_keys() -> None:
    assert _said_in_spanish("December 2026") == "diciembre de 2026"
    assert sentences.value_words("December 2026") == "December 2026"
    assert _said_in_spanish("iv_ketamine_adult version 3") == "ketamina IV, adultos versión 3"
    assert _said_in_spanish("sodium_chloride_0_9, dextrose_5") == (
        "cloruro de sodio al 0.9 %, dextrosa al 5 %"
    )


@pytest.mark.parametrize(
    ("kept", "english", "spanish"),
    [
        (
            "Typed offline: pump change rate 60 mL/h",
            "Typed offline: pump change rate 60 mL/h",
            "Escrito sin conexión: bomba: cambio de velocidad 60 mL/h",
        ),
        (
            "Typed offline: systolic 138, diastolic 86, moaas 4",
            "Typed offline: systolic 138, diastolic 86, MOAA/S 4",
            "Escrito sin conexión: sistólica 138, diastólica 86, MOAA/S 4",
        ),
        (
            "Typed offline: Note: open",
            "Typed offline: Note: open",
            "Escrito sin conexión: Nota: open",
        ),
        (
            "1 set of readings, 2 pump entries",
            "1 set of readings, 2 pump entries",
            "1 conjunto de lecturas, 2 anotaciones de la bomba",
        ),
    ],
)
def test_what_the_record_says_in_english_is_shown_in_the_readers_language(
    kept: str, english: str, spanish: str
) -> None:
    with translation.override("es"):
        assert sentences.recorded_words(kept) == spanish
    assert sentences.recorded_words(kept).replace("moaas", "MOAA/S") == english
