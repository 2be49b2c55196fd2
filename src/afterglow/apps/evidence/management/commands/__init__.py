"""Management commands of evidence."""
