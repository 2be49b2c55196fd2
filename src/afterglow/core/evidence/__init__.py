"""Evidence: what is known, how well, what may be said of it, and beside what it may stand."""
