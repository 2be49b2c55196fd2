"""Rule lists are extension points: a later subject adds a rule and edits nothing."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from afterglow.core.decisions import Reason, blocker, caution
from afterglow.core.errors import InvalidValue
from afterglow.core.treatment.facts import ReadinessFacts
from afterglow.core.treatment.readiness import READINESS
from afterglow.core.treatment.rulebook import RuleList
from afterglow.core.treatment.rules import SessionRules
from support.treatment import READY, RULES


@dataclass(frozen=True)
class Enrolment:
    """What a later subject knows."""

    enrolled: bool


def enrolled(facts: ReadinessFacts, rules: SessionRules) -> Reason | None:
    """Refuse who is known not to be enrolled."""
    known = facts.of(Enrolment)
    return blocker("NOT_ENROLLED", "Not enrolled.") if known and not known.enrolled else None


def two_remarks(facts: ReadinessFacts, rules: SessionRules) -> Iterator[Reason]:
    """Say two things."""
    yield caution("SECOND", "Second.")
    yield caution("FIRST", "First.")


def extended() -> RuleList[ReadinessFacts]:
    """Return the readiness rules with one more, without touching the shipped list."""
    return RuleList("readiness of a later subject", (*READINESS, enrolled))


def test_an_added_rule_sees_the_facts_that_its_subject_added() -> None:
    facts = replace(READY, more=(Enrolment(enrolled=False),))

    assert extended().assess(facts, RULES).codes == ("NOT_ENROLLED",)


def test_an_added_rule_says_nothing_where_its_facts_are_missing() -> None:
    assert extended().assess(READY, RULES).reasons == ()


def test_added_facts_are_found_among_others() -> None:
    facts = replace(READY, more=("something else", Enrolment(enrolled=True)))

    assert facts.of(Enrolment) == Enrolment(enrolled=True)


def test_a_rule_may_say_one_thing_several_or_nothing() -> None:
    rules: RuleList[ReadinessFacts] = RuleList("small", (enrolled, two_remarks))

    assert rules.assess(READY, RULES).codes == ("FIRST", "SECOND")


def test_adding_a_rule_twice_is_adding_it_once() -> None:
    rules: RuleList[ReadinessFacts] = RuleList("small")
    rules.add(enrolled)

    assert rules.add(enrolled) is enrolled
    assert list(rules) == [enrolled]


def test_another_rule_of_the_same_name_is_refused() -> None:
    def impostor(facts: ReadinessFacts, rules: SessionRules) -> None:
        """Say nothing."""

    impostor.__module__, impostor.__qualname__ = enrolled.__module__, enrolled.__qualname__

    with pytest.raises(InvalidValue, match="already has another rule"):
        RuleList("small", (enrolled, impostor))
