"""Pages of the evidence library, by subject."""
