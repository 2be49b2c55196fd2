"""Rendered, hashed, immutable files."""
