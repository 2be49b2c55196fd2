"""Management commands of medicines."""
