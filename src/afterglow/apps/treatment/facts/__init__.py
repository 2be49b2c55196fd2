"""What the core rules need to know of a session, gathered in one function per rule list."""
