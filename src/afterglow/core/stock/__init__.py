"""Stock: every milligram of a controlled medicine, exact, at any instant."""

from afterglow.core.stock.ledger import (
    Balance,
    ChainBreak,
    LedgerKind,
    Line,
    balance,
    balance_of_sums,
    chain_breaks,
    line_sha256,
)

__all__ = [
    "Balance",
    "ChainBreak",
    "LedgerKind",
    "Line",
    "balance",
    "balance_of_sums",
    "chain_breaks",
    "line_sha256",
]
