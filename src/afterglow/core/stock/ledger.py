"""The ledger's arithmetic and its hash chain.

The law, per container and so per site, exact and at any instant::

    received + corrections = given + wasted + lost + in preparation + on hand

*In preparation* is what has been drawn for a session and not yet been given, wasted or returned.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from afterglow.core.errors import InvalidValue

ZERO = Decimal(0)
GENESIS = "0" * 64


class LedgerKind(StrEnum):
    """What moved milligrams. Amounts are positive; the kind says which way."""

    RECEIVED = "received"
    DRAWN = "drawn"
    WASTED = "wasted"
    GIVEN = "given"
    RETURNED = "returned"
    LOST = "lost"
    CORRECTION_UP = "correction_up"
    CORRECTION_DOWN = "correction_down"


@dataclass(frozen=True, slots=True)
class Line:
    """One line. ``in_session`` says that it moves what was drawn, not what is in the vial."""

    kind: LedgerKind
    amount_mg: Decimal
    in_session: bool = False

    def __post_init__(self) -> None:
        if not self.amount_mg.is_finite() or self.amount_mg <= 0:
            raise InvalidValue(f"A ledger line moves {self.amount_mg} mg; it must be more than 0.")
        if self.kind in _OF_SESSIONS and not self.in_session:
            raise InvalidValue(f"A {self.kind} line belongs to a session.")


_OF_SESSIONS = frozenset({LedgerKind.DRAWN, LedgerKind.GIVEN, LedgerKind.RETURNED})


@dataclass(frozen=True, slots=True)
class Balance:
    """Where the milligrams are, in mg."""

    received: Decimal = ZERO
    corrected: Decimal = ZERO
    given: Decimal = ZERO
    wasted: Decimal = ZERO
    lost: Decimal = ZERO
    in_preparation: Decimal = ZERO
    on_hand: Decimal = ZERO

    @property
    def balances(self) -> bool:
        """Whether the law holds. It holds by construction; tests and the verifier ask anyway."""
        return self.received + self.corrected == (
            self.given + self.wasted + self.lost + self.in_preparation + self.on_hand
        )

    @property
    def possible(self) -> bool:
        """Whether nothing is negative: no vial gave more than it held."""
        return self.on_hand >= 0 and self.in_preparation >= 0


def balance(lines: Iterable[Line]) -> Balance:
    """Return where the milligrams of some lines are. The order of lines does not matter."""
    sums: dict[tuple[LedgerKind, bool], Decimal] = {}
    for line in lines:
        sums[line.kind, line.in_session] = sums.get((line.kind, line.in_session), ZERO) + (
            line.amount_mg
        )
    return balance_of_sums(sums)


def balance_of_sums(sums: Mapping[tuple[LedgerKind, bool], Decimal]) -> Balance:
    """Return where the milligrams are, from the sum of each kind within and outside sessions."""
    total = dict.fromkeys(LedgerKind, ZERO)
    from_bag = dict.fromkeys(LedgerKind, ZERO)
    for (kind, in_session), amount in sums.items():
        total[kind] += amount
        if in_session:
            from_bag[kind] += amount
    corrected = total[LedgerKind.CORRECTION_UP] - total[LedgerKind.CORRECTION_DOWN]
    left_the_bag = (
        total[LedgerKind.GIVEN]
        + from_bag[LedgerKind.WASTED]
        + from_bag[LedgerKind.LOST]
        + total[LedgerKind.RETURNED]
    )
    return Balance(
        received=total[LedgerKind.RECEIVED],
        corrected=corrected,
        given=total[LedgerKind.GIVEN],
        wasted=total[LedgerKind.WASTED],
        lost=total[LedgerKind.LOST],
        in_preparation=total[LedgerKind.DRAWN] - left_the_bag,
        on_hand=(
            total[LedgerKind.RECEIVED]
            + corrected
            + total[LedgerKind.RETURNED]
            - total[LedgerKind.DRAWN]
            - (total[LedgerKind.WASTED] - from_bag[LedgerKind.WASTED])
            - (total[LedgerKind.LOST] - from_bag[LedgerKind.LOST])
        ),
    )


def line_sha256(previous: str, fields: Mapping[str, str]) -> str:
    """Return the hash of a line: over its fields, sorted, and the hash of the line before."""
    text = json.dumps({**fields, "previous": previous}, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class ChainBreak:
    """A place where the ledger is not what it was."""

    sequence: int
    sentence: str


def chain_breaks(
    lines: Sequence[tuple[int, str, str, Mapping[str, str]]],
) -> tuple[ChainBreak, ...]:
    """Return every break in a ledger of (sequence, previous, sha256, fields), from line 1 on."""
    breaks: list[ChainBreak] = []
    before = GENESIS
    for expected, (sequence, previous, sha256, fields) in enumerate(lines, start=1):
        if sequence != expected:
            breaks.append(ChainBreak(sequence, f"Line {expected} is missing before {sequence}."))
        if previous != before:
            breaks.append(ChainBreak(sequence, f"Line {sequence} does not follow the one before."))
        if line_sha256(previous, fields) != sha256:
            breaks.append(
                ChainBreak(sequence, f"Line {sequence} was changed after it was written.")
            )
        before = sha256
    return tuple(breaks)
