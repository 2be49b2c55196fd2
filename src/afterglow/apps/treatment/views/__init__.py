"""Pages of a session, one module a page."""
