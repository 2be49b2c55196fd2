"""Forms of a session: text to quantities, nothing written."""
