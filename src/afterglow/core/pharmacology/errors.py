"""What the pharmacology engine refuses, by name. Every message has the value seen and the limit."""

from __future__ import annotations

from afterglow.core.errors import InvalidValue


class UnknownModel(InvalidValue):
    """No model, route, state or analyte has that name; the message lists those there are."""


class BadDose(InvalidValue):
    """A dose, rate or duration that no syringe or pump could give."""


class BadTimes(InvalidValue):
    """Times that are not finite, not sorted, or before the first moment."""


class OverlappingInfusions(InvalidValue):
    """Two constant infusions by one route at one moment."""


class OutsideRange(InvalidValue):
    """A patient's weight, age or another covariate that no person has."""


class UnconfirmedParameter(InvalidValue):
    """The result would stand on numbers from memory [M] or on proposals [P].

    Ask for them explicitly with ``accept_unconfirmed=True``; the output then names them.
    """
