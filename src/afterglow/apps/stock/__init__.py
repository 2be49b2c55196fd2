"""Vials and the ledger of every milligram."""
