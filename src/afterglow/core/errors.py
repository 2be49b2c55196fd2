"""Errors that mean a caller broke a promise.

A clinical *no* is never one of these: see ``afterglow.core.decisions``.
"""

from typing import Final

CHANGED_ELSEWHERE: Final = (
    "This %(what)s was changed on another screen (you saw version %(seen)s, it is now version "
    "%(current)s). Nothing of yours was saved; look at it again."
)
"""What ``afterglow.db.models.StaleRow`` says."""


class AfterglowError(Exception):
    """Base of every error this product raises on purpose.

    What a person may read is given as a sentence with its values apart, so that the pages can say
    it in the reader's language (``afterglow.web.sentences.error_words``)::

        raise InvalidValue("A PIN has %(count)s digits.", count=3)

    ``str`` gives the sentence in English. Without values the sentence is taken as it is.
    """

    def __init__(self, sentence: str = "", **values: object) -> None:
        super().__init__(sentence % values if values else sentence)
        self.template = sentence
        self.values = values


class InvalidValue(AfterglowError, ValueError):
    """A value that cannot be what it claims: the message names the value seen and the limit."""


class UnitMismatch(AfterglowError, TypeError):
    """Two quantities were combined that have no meaning together."""


class IllegalTransition(AfterglowError):
    """A lifecycle was asked to take a step its table does not have."""


class Closed(AfterglowError):
    """What was asked for is over: a signed record, a task that somebody ended."""


class RecordLocked(Closed):
    """The record is signed. What is said later is an addendum."""
