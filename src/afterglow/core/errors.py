"""Errors that mean a caller broke a promise.

A clinical *no* is never one of these: see ``afterglow.core.decisions``.
"""


class AfterglowError(Exception):
    """Base of every error this product raises on purpose."""


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
