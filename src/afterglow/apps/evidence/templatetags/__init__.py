"""Template tags of the evidence library."""
