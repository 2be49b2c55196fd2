"""Messages to people, with delivery state."""
