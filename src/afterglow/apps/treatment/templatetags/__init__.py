"""Template tags of the treatment room."""
