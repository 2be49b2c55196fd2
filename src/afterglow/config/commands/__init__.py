"""What ``afterglow`` can do, one module a subject."""
