"""The outbox: what happened, for screens and other systems, ids only."""
